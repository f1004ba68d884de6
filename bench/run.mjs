// `npm run bench`: how fast captures are replayed, next to what only reading them costs.
//
//   node bench/run.mjs [--smoke] [--packets N] [--flows N] [--passes N] [--compare BASE] [--html FILE]
//
// First the whole capture, with libpcap's bare read loop, pcap-parser and our replay in turn, so
// that a busy neighbour hits all of them; medians and ratios to libpcap. Then the library's replay
// on a small capture, one benchmark a policy. Last reading and parsing alone, of 64 bytes and of
// IMIX, next to libpcap with the same parsing, and of the latter compressed, next to the
// decompressor alone; and what `portacl bench --measure` measures. The result is a report that
// --compare BASE.json and --html FILE take as those of `portacl bench` do. --smoke only shows that
// everything runs.
import Benchmark from 'benchmark';
import { spawnSync } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pcapParser from 'pcap-parser';
import { makeCapture } from './make-capture.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
if (!existsSync(path.join(here, '../dist/index.js'))) {
  console.error('The package is not built. Run: npm run build');
  process.exit(1);
}
const {
  BENCH_MEASURES,
  aboutBench,
  benchCapture,
  benchCaptureText,
  benchMeasure,
  benchPageHtml,
  compareBench,
  comparisonText,
  measurementsText,
  readBenchReport,
  replay,
} = await import('../dist/index.js');
const { POLICIES, compilePolicy } = await import('./policies.mjs');

const { values: args } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    packets: { type: 'string' },
    flows: { type: 'string' },
    passes: { type: 'string' },
    compare: { type: 'string' },
    html: { type: 'string' },
  },
});
// What is wrong with it is said before anything is measured.
const base = args.compare === undefined ? null : readBenchReport(args.compare);
const size = {
  packets: Number(args.packets ?? (args.smoke ? 50_000 : 2_000_000)),
  flows: Number(args.flows ?? (args.smoke ? 2_000 : 65_536)),
};
const passes = Number(args.passes ?? (args.smoke ? 1 : 7));

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Seconds that `work` takes; it must come to `packets` packets. */
async function timed(work, packets) {
  const begin = performance.now();
  const counted = await work();
  const seconds = (performance.now() - begin) / 1000;
  if (counted !== packets) throw new Error(`read ${counted} packets of ${packets}`);
  return seconds;
}

/** The compiled driver, or a text that says why there is none. */
function buildLibpcapLoop() {
  const out = path.join(tmpdir(), `portacl-libpcap-loop-${process.pid}`);
  const source = path.join(here, 'libpcap-loop.cc');
  const built = spawnSync('g++', ['-O2', '-std=c++20', source, '-o', out, '-lpcap'], {
    encoding: 'utf8',
  });
  if (built.error) return 'g++ could not be started';
  if (built.status !== 0) return 'it does not build; is libpcap-dev installed?';
  process.on('exit', () => rmSync(out, { force: true }));
  return { program: out };
}

/** The time is the driver's own: starting a process is no part of reading. */
function libpcapSeconds(program, file) {
  const { stdout, stderr, status } = spawnSync(program, [file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`libpcap-loop: ${stderr}`);
  return JSON.parse(stdout).seconds;
}

function countWithPcapParser(file) {
  return new Promise((resolve, reject) => {
    let packets = 0;
    const parser = pcapParser.parse(createReadStream(file, { highWaterMark: 1 << 20 }));
    parser.on('packet', () => packets++);
    parser.on('end', () => resolve(packets));
    parser.on('error', reject);
  });
}

async function replayed(file, compiled, options) {
  const { report, errors } = await replay([file], compiled, options);
  if (errors.length > 0) throw errors[0];
  return report.total.packets;
}

/** Every contestant once a pass, in turn; the order is turned round in every other pass. */
async function race(file) {
  const loop = buildLibpcapLoop();
  const contestants = [];
  if (typeof loop === 'string') console.log(`libpcap bare loop: skipped, ${loop}`);
  else contestants.push(['libpcap bare loop', () => libpcapSeconds(loop.program, file)]);
  for (const policy of POLICIES) {
    const compiled = compilePolicy(policy);
    const run = (options) => () => timed(() => replayed(file, compiled, options), size.packets);
    contestants.push([`replay, ${policy.name}`, run({})]);
    if (policy.inOtherWays) {
      contestants.push([`replay, ${policy.name}, no unified flows`, run({ unifiedFlows: false })]);
      const threads = Math.min(cpus().length, 8);
      contestants.push([`replay, ${policy.name}, ${threads} threads`, run({ threads })]);
    }
  }
  contestants.push([
    'pcap-parser, reading only',
    () => timed(() => countWithPcapParser(file), size.packets),
  ]);

  const seconds = new Map(contestants.map(([name]) => [name, []]));
  if (!args.smoke) for (const [, run] of contestants) await run(); // warm caches of every kind
  for (let pass = 0; pass < passes; pass++) {
    const order = pass % 2 === 0 ? contestants : [...contestants].reverse();
    for (const [name, run] of order) seconds.get(name).push(await run());
  }
  const rate = (name) => size.packets / median(seconds.get(name));
  const baseline = seconds.has('libpcap bare loop') ? rate('libpcap bare loop') : null;
  return contestants.map(([name]) => ({
    name,
    packetsPerSecond: rate(name),
    toLibpcap: baseline === null ? null : rate(name) / baseline,
    seconds: seconds.get(name),
  }));
}

/** The library's replay as a user calls it, on a capture small enough for many runs. */
function librarySuite(file, packets) {
  const suite = new Benchmark.Suite();
  for (const policy of POLICIES) {
    const compiled = compilePolicy(policy);
    suite.add(policy.name, {
      defer: true,
      ...(args.smoke ? { maxTime: 0.1, minSamples: 2 } : { maxTime: 3 }),
      fn: (deferred) => {
        replayed(file, compiled, {}).then(
          () => deferred.resolve(),
          (error) => {
            console.error(error);
            process.exit(1);
          },
        );
      },
    });
  }
  return new Promise((resolve) => {
    suite.on('complete', function () {
      resolve(
        Array.from(this, ({ name, hz, stats }) => ({
          name,
          packetsPerSecond: hz * packets,
          marginPercent: stats.rme,
          samples: stats.sample.length,
        })),
      );
    });
    suite.run({ async: true });
  });
}

/** The capture through gzip; made when it is not there. */
async function gzipped(file) {
  const compressed = `${file}.gz`;
  if (existsSync(compressed)) return compressed;
  const unfinished = `${compressed}.${process.pid}`;
  await pipeline(createReadStream(file), createGzip({ level: 1 }), createWriteStream(unfinished));
  renameSync(unfinished, compressed);
  return compressed;
}

/** Reading, header parsing and flow hashes, as `portacl bench --capture` measures them. */
async function readAlone() {
  const imix = makeCapture({ ...size, packets: size.packets / 2, mix: 'imix' });
  const reports = [];
  for (const capture of [makeCapture(size), imix, await gzipped(imix)]) {
    const report = await benchCapture({ capture, repetitions: passes });
    console.log(`\n${benchCaptureText(report)}`.trimEnd());
    reports.push({ ...report, capture: path.basename(capture) });
  }
  return reports;
}

/** As `portacl bench --measure`, one after the other. */
async function measureAll() {
  const measurements = [];
  for (const measure of BENCH_MEASURES) {
    const result = await benchMeasure(measure, { smoke: args.smoke });
    print(measure, []);
    console.log(measurementsText(result).trimEnd());
    measurements.push(...result.measurements);
  }
  return measurements;
}

/** Peers of parts, each in turn with ours within one process; nothing where they are not installed. */
function racePeers() {
  const kept = path.join(tmpdir(), `portacl-peers-${process.pid}.json`);
  const results = (title, script, ...more) => {
    print(title, []);
    const { status } = spawnSync(
      process.execPath,
      [path.join(here, script), '--json', kept, ...more],
      { stdio: 'inherit' },
    );
    if (status !== 0) throw new Error(`${script} failed`);
    if (!existsSync(kept)) return [];
    const read = JSON.parse(readFileSync(kept, 'utf8'));
    rmSync(kept);
    return read;
  };
  const tables = results('flow tables', 'flow-table.mjs', ...(args.smoke ? ['--smoke'] : []));
  const few = ['--packets', '20000', '--passes', '1'];
  const rules = results('rules', 'classifier.mjs', '--drawn', '1000', ...(args.smoke ? few : []));
  const lookups = (name, at, rounds) => ({
    ...{ name, at, unit: 'lookups/s', rounds, median: median(rounds), latency: null },
  });
  return [
    ...tables.flatMap(({ flows, queries, contestants }) =>
      contestants.map(({ name, seconds }) =>
        lookups(
          `flow table: ${name}`,
          flows,
          seconds.map((each) => queries / each),
        ),
      ),
    ),
    ...rules.flatMap(({ set, millionPerSecond }) =>
      Object.entries(millionPerSecond).map(([name, rate]) =>
        lookups(`${set}: ${name}`, null, [rate * 1e6]),
      ),
    ),
  ];
}

/** Rounds of something that was measured here. */
const measured = (name, rounds) => ({
  ...{ name, at: null, unit: 'packets/s', rounds, median: median(rounds), latency: null },
});

/** Beside what every report says of the machine. */
function madeBy() {
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: here,
    encoding: 'utf8',
  });
  const dirty = spawnSync('git', ['status', '--porcelain', '-uno'], {
    cwd: here,
    encoding: 'utf8',
  });
  const compiler = spawnSync('c++', ['--version'], { encoding: 'utf8' });
  return {
    commit: `${commit.stdout?.trim() || 'unknown'}${dirty.stdout?.trim() ? '+changes' : ''}`,
    compiler: compiler.stdout?.split('\n')[0] ?? 'unknown',
  };
}

const million = (rate) => (rate / 1e6).toFixed(2);
function print(title, rows) {
  console.log(`\n${title}`);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  for (const [name, ...cells] of rows) console.log(`  ${name.padEnd(width)}  ${cells.join('  ')}`);
}

const about = {
  ...aboutBench(`npm run bench ${process.argv.slice(2).join(' ')}`.trim()),
  ...madeBy(),
};
console.log(
  `${about.cpu}, ${about.cores} cores, Node ${about.node}, ${about.compiler}, ${about.commit}`,
);
const file = makeCapture(size);
const whole = await race(file);
print(
  `${size.packets} packets of 64 bytes, ${size.flows} flows, median of ${passes}`,
  whole.map(({ name, packetsPerSecond, toLibpcap }) => [
    name,
    `${million(packetsPerSecond).padStart(8)} M packets/s`,
    toLibpcap === null ? '' : `${toLibpcap.toFixed(2)} of libpcap`,
  ]),
);
const few = { packets: args.smoke ? 5_000 : 100_000, flows: args.smoke ? 200 : 4_096 };
const library = await librarySuite(makeCapture(few), few.packets);
print(
  `${few.packets} packets, ${few.flows} flows, through the library (benchmark ${Benchmark.version})`,
  library.map(({ name, packetsPerSecond, marginPercent, samples }) => [
    name,
    `${million(packetsPerSecond).padStart(8)} M packets/s`,
    `±${marginPercent.toFixed(1)} % of ${samples} samples`,
  ]),
);

const reading = await readAlone();
const measurements = [
  ...whole.map(({ name, seconds }) =>
    measured(
      `whole capture: ${name}`,
      seconds.map((each) => size.packets / each),
    ),
  ),
  ...reading.flatMap((report) =>
    report.measurements.map((each) => ({ ...each, name: `${report.capture}: ${each.name}` })),
  ),
  ...(await measureAll()),
  ...racePeers(),
];
const results = path.join(here, 'results');
mkdirSync(results, { recursive: true });
const name = `${about.date.replace(/[:.]/g, '-')}${args.smoke ? '-smoke' : ''}.json`;
const kept = { version: 1, about, measurements, size, passes, whole, few, library, reading };
writeFileSync(path.join(results, name), `${JSON.stringify(kept, null, 2)}\n`);
console.log(`\nkept in ${path.join('bench', 'results', name)}`);

if (args.html !== undefined) writeFileSync(args.html, benchPageHtml(kept, base ? [base] : []));
if (base !== null) {
  const comparison = compareBench(base, kept);
  console.log(`\n${comparisonText(comparison)}`);
  if (comparison.regressions > 0) process.exitCode = 3;
}

// The target of the first slice; see README.md. A smoke run is too short to say anything.
const missed = whole.filter(
  ({ name: each, toLibpcap }) => each.startsWith('replay') && toLibpcap !== null && toLibpcap < 1,
);
if (!args.smoke && missed.length > 0) {
  console.log(
    `slower than libpcap's bare loop: ${missed.map(({ name: each }) => each).join('; ')}`,
  );
}
