// `node bench/instructions.mjs`: instructions of fixed work, counted by callgrind, held against
// bench/instructions.json. They do not depend on what else the machine does, so this is a guard for
// every run of the checks.
//
//   node bench/instructions.mjs            counts, and fails where there are more than 3 % more
//   node bench/instructions.mjs --update   writes what was counted
//
// Counts are of one compiler; with another one, or without valgrind or CMake, nothing is guarded
// and the output says so. The AVX2 kernel is counted: valgrind knows no AVX-512.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { programOfGroup } from '../dist/bench/bench-rules.js';
import { classBenchGroup } from '../dist/bench/classbench.js';
import { drawTrace, encodeKeys } from '../dist/bench/traces.js';
import { encodeProgram } from '../dist/program/encode.js';
import { drawRules } from './draw-rules.mjs';
import { makeCapture } from './make-capture.mjs';
import { POLICIES, compilePolicy } from './policies.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const EXPECTED = path.join(root, 'bench/instructions.json');
/** Of a count: what alignment and the C library may change. Fewer instructions are no fault. */
const TOLERANCE = 0.03;
const KEYS = 20_000;
const PACKETS = 30_000;
const FLOWS = 1000;

function succeed(command, args, options = {}) {
  const run = spawnSync(command, args, { encoding: 'utf8', cwd: root, ...options });
  return run.status === 0 ? run : null;
}

function skip(why) {
  console.log(`instructions: skipped, ${why}`);
  process.exit(0);
}

/** As CMake sees it: "GNU 12.2". */
function compiler(build) {
  const cache = succeed('cmake', ['-L', '-N', build])?.stdout ?? '';
  return /PORTACL_COMPILER:\w+=(.*)/.exec(cache)?.[1] ?? 'unknown';
}

function buildWork() {
  const build = path.join('build', 'guard');
  const configure = ['-S', 'native', '-B', build, '-DPORTACL_GUARD=ON'];
  if (!succeed('cmake', configure)) skip('CMake or its compiler is missing');
  if (!succeed('cmake', ['--build', build, '--target', 'instructions', '-j', '2'])) {
    throw new Error('bench/instructions.cc does not build');
  }
  return { binary: path.join(root, build, 'instructions'), compiler: compiler(build) };
}

/** Files of every piece of work, in `folder`. */
function makeWork(folder) {
  const write = (name, bytes) => {
    const file = path.join(folder, name);
    writeFileSync(file, bytes);
    return file;
  };
  const lookups = [
    ['tables', 500],
    ['rows', 5000],
    ['both', 5000],
    ['lists', 5000],
  ].map(([algorithm, count]) => {
    const group = classBenchGroup(drawRules(count, 1));
    const program = write(`program-${count}`, encodeProgram(programOfGroup(group)));
    const keys = write(`keys-${count}`, encodeKeys(drawTrace(group.rules, 'uniform', KEYS)));
    return { name: `lookup in ${algorithm}`, args: ['lookup', program, keys, algorithm] };
  });
  const capture = makeCapture({ packets: PACKETS, flows: FLOWS });
  const replays = POLICIES.map((policy, index) => ({
    name: `replay, ${policy.name}`,
    args: ['replay', write(`policy-${index}`, compilePolicy(policy).program), capture],
  }));
  return [...lookups, ...replays];
}

/** Instructions for each lookup or packet. */
function count(binary, { name, args }, folder) {
  const out = path.join(folder, 'callgrind.out');
  const run = spawnSync(
    'valgrind',
    [
      '--tool=callgrind',
      '--toggle-collect=measured_work',
      `--callgrind-out-file=${out}`,
      binary,
      ...args,
    ],
    { encoding: 'utf8', env: { ...process.env, PORTACL_KERNEL: 'avx2' } },
  );
  const collected = /Collected : (\d+)/.exec(run.stderr)?.[1];
  if (run.status !== 0 || collected === undefined) throw new Error(`${name}: ${run.stderr}`);
  return Math.round((Number(collected) / Number(run.stdout)) * 10) / 10;
}

if (!succeed('valgrind', ['--version'])) skip('valgrind is missing');
const { binary, compiler: name } = buildWork();
const folder = mkdtempSync(path.join(tmpdir(), 'portacl-instructions-'));
try {
  const expected = JSON.parse(readFileSync(EXPECTED, 'utf8'));
  const update = process.argv.includes('--update');
  const known = expected[name];
  if (known === undefined && !update) {
    skip(`nothing is known of ${name}; known: ${Object.keys(expected).join(', ')}`);
  }
  const counted = {};
  let worse = 0;
  for (const work of makeWork(folder)) {
    const each = count(binary, work, folder);
    counted[work.name] = each;
    const wanted = known?.[work.name];
    const change = wanted === undefined ? NaN : each / wanted - 1;
    if (!(change <= TOLERANCE)) worse++;
    console.log(
      `${work.name.padEnd(24)} ${each.toFixed(1).padStart(8)} instructions, expected ${wanted ?? 'nothing'}`,
    );
  }
  if (update) {
    writeFileSync(EXPECTED, `${JSON.stringify({ ...expected, [name]: counted }, null, 2)}\n`);
  } else if (worse > 0) {
    console.error(
      `${worse} counts are higher by more than ${TOLERANCE * 100} %; when that is meant: --update`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
