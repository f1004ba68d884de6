// `node bench/flow-table.mjs`: our flow table, rte_hash and std::unordered_map, in turn within one process,
// so that a busy neighbour hits all of them.
//
//   node bench/flow-table.mjs [--flows N] [--queries N] [--passes N] [--smoke] [--json FILE]
//
// From 1,000 flows to --flows in steps of ten. Needs g++, pkg-config and Debian's libdpdk-dev; without them it
// says so and measures nothing.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { flowSizes } from '../dist/bench/bench-flows.js';
import { buildPeerDriver } from './peer-driver.mjs';

const { values: args } = parseArgs({
  options: {
    flows: { type: 'string' },
    queries: { type: 'string' },
    passes: { type: 'string' },
    smoke: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const flows = Number(args.flows ?? (args.smoke ? 1000 : 1_000_000));
const queries = args.queries ?? (args.smoke ? '10000' : String(1 << 22));
const passes = args.passes ?? (args.smoke ? '1' : '7');

/** @throws {Error} where the driver fails or answers differ */
function race(driver, size) {
  const run = spawnSync(driver, [String(size), queries, passes], { encoding: 'utf8' });
  const line = run.stdout.trim().split('\n').at(-1);
  if (run.status !== 0 || !line?.startsWith('{')) {
    throw new Error(`${size} flows: ${line} ${run.stderr}`);
  }
  return JSON.parse(line);
}

const driver = buildPeerDriver('versus-rte-hash', 'rte_hash');
if (driver !== null) {
  const results = flowSizes(flows).map((size) => race(driver, size));
  const names = results[0].contestants.map(({ name }) => name);
  console.log(
    `| flows | ${names.map((name) => `${name} M/s`).join(' | ')} | ratio to the best peer |`,
  );
  console.log(`|${' ---: |'.repeat(names.length + 2)}`);
  for (const { flows: size, contestants } of results) {
    const [ours, ...peers] = contestants.map(({ millionPerSecond }) => millionPerSecond);
    const cells = [ours, ...peers].map((rate) => rate.toFixed(1));
    console.log(`| ${size} | ${cells.join(' | ')} | ${(ours / Math.max(...peers)).toFixed(2)} |`);
  }
  if (args.json) writeFileSync(args.json, `${JSON.stringify(results, null, 2)}\n`);
}
