/** The reports of `portacl bench` for people. */
import type { BenchResult } from './bench-flows.js';
import type { BenchComparison } from './compare-bench.js';
import { deviation } from './compare-bench.js';
import { isRate } from './measurement.js';
import { fullText, nanosecondsText, percentText, short, valueText } from './value-text.js';
import type { BenchCaptureReport, CaptureReaderTimes } from './bench-capture.js';
import type { BenchRulesReport } from './bench-rules.js';
import { median } from './median.js';
import { refusalText } from '../report/search-text.js';
import { grouped, label, textTable, type Column } from '../report/text-table.js';

const million = (rate: number): string => (rate / 1e6).toFixed(2);

export function benchRulesText(report: BenchRulesReport): string {
  const { algorithm, why, tableRules, everywhereRules, longestList, threads } = report;
  const lines: readonly (readonly [string, string])[] = [
    ['rules', `${grouped(report.ruleCount)} of group ${report.group} in ${report.rules}`],
    [
      'packets',
      `${grouped(report.packets)}, ${report.trace}; ${grouped(report.unmatched)} meet no rule`,
    ],
    ['cpu', `${report.cpu}, kernel ${report.kernel}`],
    ['algorithm', `${algorithm}: ${why}`],
    ...report.refusals.map((refusal) => ['', refusalText(refusal)] as const),
    [
      '',
      `${grouped(tableRules)} rules in tables, ${grouped(everywhereRules)} in the list for every packet, longest list ${grouped(longestList)}`,
    ],
    [
      'build',
      `${(report.buildSeconds * 1000).toFixed(2)} ms, ${report.bytesPerRule.toFixed(1)} bytes a rule`,
    ],
    [
      'lookups',
      `${million(report.lookupsPerSecond)} M/s, median of ${report.repetitions.length}; ${report.nanosecondsPerLookup.toFixed(1)} ns each${threads === 1 ? '' : ` on each of ${threads} threads`}`,
    ],
    ['each', report.repetitions.map(million).join(' ')],
    [
      'verified',
      `${grouped(report.verified)} answers against the linear search, ${grouped(report.wrong)} differ`,
    ],
    ['memory', `${short(report.peakBytes)}B at most, Node included`],
  ];
  return linesText(lines) + costsText(report);
}

/** Nothing where no costs were asked for. */
function costsText({ costs }: BenchRulesReport): string {
  if (costs.length === 0) return '';
  const rows = costs.map(({ rule, index, savedNs, noiseNs, savedBytes, algorithmWithout }) => [
    label(rule ?? ''),
    grouped(index + 1),
    nanosecondsText(savedNs),
    `± ${nanosecondsText(noiseNs)}`,
    savedNs > noiseNs ? 'slow' : 'noise',
    `${short(savedBytes)}B`,
    algorithmWithout,
  ]);
  return `\nwhat a lookup gains without a rule\n${textTable(COST_COLUMNS, rows)}\n`;
}

const COST_COLUMNS: readonly Column[] = [
  { title: 'rule' },
  ...['place', 'gain', 'noise'].map((title): Column => ({ title, align: 'right' })),
  { title: '' },
  { title: 'memory', align: 'right' },
  { title: 'then searched as' },
];

const numbers = (...titles: readonly string[]): Column[] =>
  titles.map((title) => ({ title, align: 'right' }));

/** Medians, how much their rounds scatter, and latencies of what was measured piece by piece. */
export function measurementsText({ measurements }: BenchResult): string {
  const rows = measurements.map((each) => {
    const { name, at, unit, rounds, median: middle, latency } = each;
    const scatter = middle === 0 ? 0 : (deviation(rounds) / Math.abs(middle)) * 100;
    const times = latency && [latency.mean, latency.p50, latency.p90, latency.p99, latency.p999];
    return [
      name,
      at === null ? '' : grouped(at),
      fullText(middle, unit),
      `± ${scatter.toFixed(1)} %`,
      String(rounds.length),
      ...(times?.map(nanosecondsText) ?? ['', '', '', '', '']),
    ];
  });
  const columns = [
    { title: 'what' },
    ...numbers('at', 'median', 'scatter', 'rounds', 'mean', 'p50', 'p90', 'p99', 'p99.9'),
  ];
  const of = [...new Set(measurements.flatMap(({ latency }) => latency?.of ?? []))];
  const note = of.length === 0 ? '' : `latencies are of each ${of.join(', ')}\n`;
  return `${textTable(columns, rows)}\n${note}`;
}

/** One line each, and what was found. */
export function comparisonText({ rows, regressions, differences }: BenchComparison): string {
  const cells = rows.map(({ name, at, unit, before, now, worseBy, noise, verdict }) => [
    name,
    at === null ? '' : grouped(at),
    before === null ? '' : valueText(before, unit),
    now === null ? '' : valueText(now, unit),
    worseBy === null ? '' : percentText(isRate(unit) ? -worseBy : worseBy),
    noise === null ? '' : `± ${(noise * 100).toFixed(1)} %`,
    verdict,
  ]);
  const columns = [
    { title: 'what' },
    ...numbers('at', 'before', 'now', 'change', 'noise'),
    { title: 'verdict' },
  ];
  const found =
    regressions === 0 ? 'nothing is worse' : `${regressions} of ${rows.length} are worse`;
  const other = differences.map((line) => `not the same: ${line}\n`).join('');
  return `${textTable(columns, cells)}\n${other}${found}\n`;
}

const linesText = (lines: readonly (readonly [string, string])[]): string =>
  lines.map(([name, value]) => `${name.padEnd(12)} ${value}`.trimEnd() + '\n').join('');

/** What reading, header parsing and flow hashes cost, next to another reader. */
export function benchCaptureText(report: BenchCaptureReport): string {
  const { readers, skipped, agrees, compression } = report;
  const compressed = compression === null ? '' : ` (${compression})`;
  const found = `${grouped(report.packets)} packets, ${grouped(report.bytes)} bytes, ${grouped(report.hashed)} with a flow`;
  return linesText([
    ['capture', `${report.capture}${compressed}: ${found}`],
    ['cpu', report.cpu],
    ...readers.flatMap((times) => readerLines(times, report)),
    ...skipped.map(({ name, why }) => [name, `left out: ${why}`] as const),
    ...ratioLines(report),
    ...(agrees === null
      ? []
      : [['verified', agrees ? 'both found the same flows' : 'the flows found DIFFER'] as const]),
    ['memory', `${short(report.peakBytes)}B at most, Node included`],
    ...roomLines(report),
  ]);
}

function ratioLines({
  compression,
  ratio,
  costRatio,
  programRatio,
}: BenchCaptureReport): readonly (readonly [string, string])[] {
  if (ratio === null) return [];
  if (compression === null) return [['ratio', `${ratio.toFixed(2)} times libpcap, processor time`]];
  const cost = costRatio === null ? '' : `, for ${costRatio.toFixed(2)} times its processor time`;
  return [
    ['ratio', `${ratio.toFixed(2)} times as fast as the decompressor alone by the clock${cost}`],
    ...(programRatio === null
      ? []
      : ([
          [
            '',
            `${programRatio.toFixed(2)} times as fast as the program ${compression} by the clock`,
          ],
        ] as const)),
  ];
}

/** What each room costs, and the latencies of batches where verdicts were given. */
function roomLines({ measurements }: BenchCaptureReport): readonly (readonly [string, string])[] {
  const rooms = measurements.filter(({ name }) => name.startsWith('room '));
  const latency = measurements.find((each) => each.latency !== null)?.latency;
  const times = latency && [latency.p50, latency.p90, latency.p99, latency.p999];
  return [
    ...rooms.map(({ name, median: ns, rounds }): [string, string] => {
      const scatter = nanosecondsText(deviation(rounds));
      const rate = ns > 0 ? `, ${million(1e9 / ns)} M packets/s` : '';
      return [name, `${nanosecondsText(ns)} a packet${rate}, rounds scatter by ${scatter}`];
    }),
    ...(latency && times
      ? ([
          [
            'latency',
            `${times.map(nanosecondsText).join(', ')} at p50, p90, p99, p99.9; mean ${nanosecondsText(latency.mean)}, of ${grouped(latency.count)} times a ${latency.of}`,
          ],
        ] as const)
      : []),
  ];
}

function readerLines(
  { name, wallSeconds, cpuSeconds, ...rate }: CaptureReaderTimes,
  { bytes, threads }: BenchCaptureReport,
): readonly (readonly [string, string])[] {
  const rates = (packets: number, seconds: readonly number[]): string =>
    `${million(packets)} M packets/s, ${(bytes / median(seconds) / 1e9).toFixed(2)} GB/s`;
  const each = `${rate.nanosecondsPerPacket.toFixed(1)} ns a packet`;
  const by = name === 'replay' && threads > 1 ? ` on ${threads} threads` : '';
  return [
    [
      name,
      `${rates(rate.packetsPerCpuSecond, cpuSeconds)} of processor time, ${each}, median of ${cpuSeconds.length}`,
    ],
    ['', `${rates(rate.packetsPerSecond, wallSeconds)} by the clock${by}`],
    ['', `each: ${cpuSeconds.map((seconds) => (seconds * 1e3).toFixed(1)).join(' ')} ms`],
  ];
}
