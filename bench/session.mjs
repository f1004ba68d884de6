// What a packet costs through JavaScript: one by one, and in batches of 1,000.
//
//   node bench/session.mjs [--smoke]
//
// CPU time, not wall time: neighbours on the machine count less. Prints JSON: every pass and the median.
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

if (!existsSync(fileURLToPath(new URL('../dist/index.js', import.meta.url)))) {
  console.error('The package is not built. Run: npm run build');
  process.exit(1);
}
const { Session, Simulator, compileHost, normaliseHost, policyFromValue, tcp } =
  await import('../dist/index.js');

const smoke = process.argv.includes('--smoke');
const PACKETS = smoke ? 2_000 : 300_000;
const PASSES = smoke ? 1 : 7;
const BATCH = 1000;

const web = { Id: 'web', Action: 'Allow', Direction: 'In', Protocols: '6', LocalPorts: '80' };
const policy = { Type: 'ACL', Settings: { ...web, Priority: 200, RuleType: 'Switch' } };
const { host } = normaliseHost({
  documents: [policyFromValue([policy], 'web.json', { strict: true })],
  platform: { windows: 'ltsc2022', driver: 'L2Bridge', isolation: 'process' },
  strict: true,
});
const compiled = compileHost(host);
const tuple = { dir: 'in', proto: 6, src: '10.9.9.9', sport: 4000, dst: '10.1.0.5', dport: 80 };
const packet = () =>
  tcp('10.9.9.9:4000', '10.1.0.5:80', { dir: 'in', flags: 'PA', payload: 'x'.repeat(100) });

/** CPU nanoseconds for each of `count` packets. */
function cost(count, work) {
  const begin = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begin);
  return ((user + system) * 1000) / count;
}

const session = new Session(compiled);
const simulator = new Simulator(compiled);
const one = packet();
const batch = Array.from({ length: BATCH }, packet);
const WAYS = {
  send: () => {
    for (let i = 0; i < PACKETS; i++) session.send(one);
  },
  sendAll: () => {
    for (let i = 0; i < PACKETS; i += BATCH) session.sendAll(batch);
  },
  simulator: () => {
    for (let i = 0; i < PACKETS; i++) simulator.judge([tuple]);
  },
};

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const results = Object.entries(WAYS).map(([way, work]) => {
  work(); // once for the compiler
  const ns = Array.from({ length: PASSES }, () => Math.round(cost(PACKETS, work)));
  return { way, median_ns: median(ns), ns };
});
console.log(JSON.stringify({ cpu: cpus()[0]?.model, node: process.version, results }, null, 2));
