// What the whole process costs before and around a small job: CPU time and wall time, medians.
//
//   node bench/start-up.mjs [--smoke]
//
// CPU time counts neighbours on the machine less; `node` alone is the floor. Prints JSON.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
if (!existsSync(program)) {
  console.error('The package is not built. Run: npm run build');
  process.exit(1);
}

const RUNS = process.argv.includes('--smoke') ? 1 : 21;
const example = 'examples/web-pod';
const WAYS = {
  'node alone': ['-e', '0'],
  'portacl --help': [program, '--help'],
  'portacl replay, 2,203 packets': [
    ...[program, 'replay', `${example}/capture.pcap`, '--host', `${example}/host.yaml`],
  ],
};

// The CPU time of children is known to their shell alone.
const SCRIPT = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null';

/** Milliseconds of one run. */
function cost(args) {
  const { status, stderr } = spawnSync('bash', ['-c', SCRIPT, 'bash', process.execPath, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  const times = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  if (status !== 0 || times.some(Number.isNaN)) throw new Error(stderr);
  const [user, system, wall] = times.map((seconds) => Math.round(seconds * 1000));
  return { cpu: user + system, wall };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const runs = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
// In turn, so that a busy minute meets all of them.
for (let i = 0; i < RUNS; i++) {
  for (const [way, args] of Object.entries(WAYS)) runs[way].push(cost(args));
}
const results = Object.entries(runs).map(([way, each]) => ({
  way,
  median_cpu_ms: median(each.map(({ cpu }) => cpu)),
  median_wall_ms: median(each.map(({ wall }) => wall)),
  least_wall_ms: Math.min(...each.map(({ wall }) => wall)),
}));
const machine = { cpu: cpus()[0]?.model, load: loadavg()[0], node: process.version };
console.log(JSON.stringify({ ...machine, runs: RUNS, results }, null, 2));
