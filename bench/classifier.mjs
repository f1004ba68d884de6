// `node bench/classifier.mjs SET...`: our classifier and librte_acl on ClassBench rule sets, in turn
// within one process, so that a busy neighbour hits both.
//
//   node bench/classifier.mjs [--draw zipf] [--packets N] [--passes N] [--json FILE] [--drawn N] [SET...]
//
// A SET is a ClassBench rule set, plain or .xz; --drawn takes N rules of draw-rules.mjs as well. Needs g++, pkg-config and Debian's libdpdk-dev; without them it
// says so and measures nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { classBenchGroup, parseClassBenchRules } from '../dist/bench/classbench.js';
import { programOfGroup } from '../dist/bench/bench-rules.js';
import { drawTrace, encodeKeys } from '../dist/bench/traces.js';
import { encodeProgram } from '../dist/program/encode.js';
import { drawRules } from './draw-rules.mjs';
import { buildPeerDriver } from './peer-driver.mjs';

const PEER = 'librte_acl AVX512x32';

const { values: args, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: {
    draw: { type: 'string', default: 'uniform' },
    packets: { type: 'string', default: String(1 << 20) },
    passes: { type: 'string', default: '7' },
    json: { type: 'string' },
    drawn: { type: 'string' },
  },
});
if (sets.length === 0 && args.drawn === undefined) {
  console.error('usage: node bench/classifier.mjs [--draw uniform|zipf] SET...');
  process.exit(2);
}

function readSet(file) {
  if (!file.endsWith('.xz')) return readFileSync(file, 'utf8');
  return execFileSync('xz', ['-dc', file], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

function race(driver, name, rules) {
  const folder = mkdtempSync(path.join(tmpdir(), 'portacl-classifier-'));
  try {
    const group = classBenchGroup(rules);
    const program = path.join(folder, 'program');
    const keys = path.join(folder, 'keys');
    writeFileSync(program, encodeProgram(programOfGroup(group)));
    const packets = drawTrace(group.rules, args.draw, Number(args.packets));
    writeFileSync(keys, encodeKeys(packets));
    const run = spawnSync(driver, [program, keys, args.passes], { encoding: 'utf8' });
    const line = run.stdout.trim().split('\n').at(-1);
    if (!line?.startsWith('{')) throw new Error(`${name}: ${run.stderr}`);
    return { set: name, ...JSON.parse(line) };
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

const driver = buildPeerDriver('versus-librte-acl', 'librte_acl');
if (driver !== null) {
  const results = [];
  const named = sets.map((file) => [
    path.basename(file, '.xz'),
    () => parseClassBenchRules(readSet(file), file),
  ]);
  if (args.drawn !== undefined) {
    const count = Number(args.drawn);
    named.push([`${count} drawn rules`, () => drawRules(count, 1)]);
  }
  for (const [name, read] of named) {
    results.push(race(driver, name, read()));
    console.error(`${results.at(-1).set} done`);
  }
  print(results);
  if (args.json) writeFileSync(args.json, `${JSON.stringify(results, null, 2)}\n`);
  if (results.some(({ wrong, differ }) => wrong + differ > 0)) {
    console.error('answers differ');
    process.exit(1);
  }
}
