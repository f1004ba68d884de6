// `node bench/classifier.mjs SET...`: our classifier and librte_acl on ClassBench rule sets, in turn
// within one process, so that a busy neighbour hits both.
//
//   node bench/classifier.mjs [--draw zipf] [--packets N] [--passes N] [--json FILE] SET...
//
// A SET is a ClassBench rule set, plain or .xz. Needs CMake, g++ and Debian's libdpdk-dev; without them it
// says so and measures nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { classBenchGroup, parseClassBenchRules } from '../dist/bench/classbench.js';
import { programOfGroup } from '../dist/bench/bench-rules.js';
import { drawTrace, encodeKeys } from '../dist/bench/traces.js';
import { encodeProgram } from '../dist/program/encode.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const PEER = 'librte_acl AVX512x32';

const { values: args, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: {
    draw: { type: 'string', default: 'uniform' },
    packets: { type: 'string', default: String(1 << 20) },
    passes: { type: 'string', default: '7' },
    json: { type: 'string' },
  },
});
if (sets.length === 0) {
  console.error('usage: node bench/classifier.mjs [--draw uniform|zipf] SET...');
  process.exit(2);
}

/** The driver, built; or null where its parts are missing. */
function buildDriver() {
  const build = path.join(root, 'build/peers');
  const configure = ['-S', path.join(root, 'native'), '-B', build, '-DPORTACL_PEERS=ON'];
  const compile = ['--build', build, '--target', 'versus_librte_acl'];
  for (const step of [configure, compile]) {
    const { status, stderr } = spawnSync('cmake', step, { encoding: 'utf8' });
    if (status !== 0) {
      console.log(`librte_acl: skipped, the driver does not build; is libdpdk-dev installed?`);
      if (stderr) console.log(stderr.trim().split('\n').slice(-3).join('\n'));
      return null;
    }
  }
  return path.join(build, 'versus_librte_acl');
}

function readSet(file) {
  if (!file.endsWith('.xz')) return readFileSync(file, 'utf8');
  return execFileSync('xz', ['-dc', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

function race(driver, file) {
  const folder = mkdtempSync(path.join(tmpdir(), 'portacl-classifier-'));
  try {
    const group = classBenchGroup(parseClassBenchRules(readSet(file), file));
    const program = path.join(folder, 'program');
    const keys = path.join(folder, 'keys');
    writeFileSync(program, encodeProgram(programOfGroup(group)));
    const packets = drawTrace(group.rules, args.draw, Number(args.packets));
    writeFileSync(keys, encodeKeys(packets));
    const run = spawnSync(driver, [program, keys, args.passes], { encoding: 'utf8' });
    const line = run.stdout.trim().split('\n').at(-1);
    if (!line?.startsWith('{')) throw new Error(`${file}: ${run.stderr}`);
    return { set: path.basename(file, '.xz'), ...JSON.parse(line) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const geomean = (numbers) =>
  Math.exp(numbers.reduce((sum, x) => sum + Math.log(x), 0) / numbers.length);

function print(results) {
  const header = [
    'set',
    'rules',
    'algorithm',
    'ours M/s',
    'peer M/s',
    'ratio',
    'one by one',
    'ratio',
  ];
  const rows = results.map((r) => {
    const rate = r.millionPerSecond;
    return [
      r.set,
      r.rules,
      r.algorithm,
      rate.portacl.toFixed(1),
      rate[PEER].toFixed(1),
      (rate.portacl / rate[PEER]).toFixed(2),
      rate['portacl single'].toFixed(1),
      (rate['portacl single'] / rate['librte_acl single']).toFixed(2),
      `${(r.buildSeconds * 1000).toFixed(1)} ms`,
      (r.peerBuildSeconds / r.buildSeconds).toFixed(0),
      (r.bytes / r.rules).toFixed(0),
      (r.peerBytes / r.bytes).toFixed(1),
    ];
  });
  const names = [...header, 'build', 'faster', 'B/rule', 'smaller'];
  console.log(`| ${names.join(' | ')} |\n|${names.map(() => ' --- |').join('')}`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  const ratios = results.map((r) => r.millionPerSecond.portacl / r.millionPerSecond[PEER]);
  console.log(
    `\ngeometric mean over ${PEER}: ${geomean(ratios).toFixed(2)} of ${ratios.length} sets`,
  );
}

const driver = buildDriver();
if (driver !== null) {
  const results = [];
  for (const file of sets) {
    results.push(race(driver, file));
    console.error(`${results.at(-1).set} done`);
  }
  print(results);
  if (args.json) writeFileSync(args.json, `${JSON.stringify(results, null, 2)}\n`);
  if (results.some(({ wrong, differ }) => wrong + differ > 0)) {
    console.error('answers differ');
    process.exit(1);
  }
}
