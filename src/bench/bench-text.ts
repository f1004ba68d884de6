/** The report of `portacl bench --rules` for people. */
import type { BenchRulesReport } from './bench-rules.js';
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
  return lines.map(([name, value]) => `${name.padEnd(10)} ${value}\n`).join('');
}
