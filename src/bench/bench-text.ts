/** The reports of `portacl bench` for people. */
import type { BenchCaptureReport, CaptureReaderTimes } from './bench-capture.js';
import type { BenchRulesReport } from './bench-rules.js';
import { median } from './median.js';
import { refusalText } from '../report/search-text.js';
import { grouped } from '../report/text-table.js';

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
  ];
  return linesText(lines);
}

const linesText = (lines: readonly (readonly [string, string])[]): string =>
  lines.map(([name, value]) => `${name.padEnd(12)} ${value}`.trimEnd() + '\n').join('');

/** What reading, header parsing and flow hashes cost, next to another reader. */
export function benchCaptureText(report: BenchCaptureReport): string {
  const { compression, readers, skipped, ratio, agrees } = report;
  const compressed = compression === null ? '' : ` (${compression})`;
  const found = `${grouped(report.packets)} packets, ${grouped(report.bytes)} bytes, ${grouped(report.hashed)} with a flow`;
  const against =
    compression === null ? 'libpcap, processor time' : 'the decompressor alone, wall clock';
  return linesText([
    ['capture', `${report.capture}${compressed}: ${found}`],
    ['cpu', report.cpu],
    ...readers.flatMap((times) => readerLines(times, report)),
    ...skipped.map(({ name, why }) => [name, `left out: ${why}`] as const),
    ...(ratio === null ? [] : [['ratio', `${ratio.toFixed(2)} times ${against}`] as const]),
    ...(agrees === null
      ? []
      : [['verified', agrees ? 'both found the same flows' : 'the flows found DIFFER'] as const]),
  ]);
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
