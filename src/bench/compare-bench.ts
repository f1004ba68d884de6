/**
 * Two reports held against each other. What counts as noise: docs/PERFORMANCE.md, "Comparing".
 *
 * A median is worse than it was when it is worse by more than {@link TOLERANCE}, and by more than
 * three times what the rounds of both scatter together: the root of the sum of the squares of their
 * median absolute deviations, each times 1.4826, which makes it the standard deviation of normal
 * numbers. Less than {@link ROUNDS_MIN} rounds do not show how much they scatter, and say nothing.
 */
import type { BenchReport } from './bench-report.js';
import { isRate, type Measurement } from './measurement.js';
import { median } from './median.js';

/** Of the median before; less is not worth a look, however quiet the machine. */
export const TOLERANCE = 0.05;
export const ROUNDS_MIN = 3;
const DEVIATIONS = 3;
const NORMAL_DEVIATION = 1.4826;

/** `unknown`: too few rounds. `missing`: measured before, not now. `new`: the other way round. */
export type BenchVerdict = 'worse' | 'better' | 'same' | 'unknown' | 'missing' | 'new';

export interface ComparedMeasurement {
  readonly name: string;
  readonly at: number | null;
  readonly unit: Measurement['unit'];
  /** Medians. */
  readonly before: number | null;
  readonly now: number | null;
  /** Share of `before`, larger than 0 where it is worse; null where one is missing. */
  readonly worseBy: number | null;
  /** Share of `before` within which it counts as the same. */
  readonly noise: number | null;
  readonly verdict: BenchVerdict;
}

export interface BenchComparison {
  readonly rows: readonly ComparedMeasurement[];
  /** How many are worse. */
  readonly regressions: number;
  /** What is not the same of the machines or versions, each in words; rates then compare little. */
  readonly differences: readonly string[];
}

export function compareBench(before: BenchReport, now: BenchReport): BenchComparison {
  const earlier = new Map(before.measurements.map((each) => [keyOf(each), each]));
  const rows = now.measurements.map((each) => {
    const old = earlier.get(keyOf(each));
    earlier.delete(keyOf(each));
    return old === undefined ? single(each, 'new') : compared(old, each);
  });
  rows.push(...[...earlier.values()].map((each) => single(each, 'missing')));
  return {
    rows,
    regressions: rows.filter(({ verdict }) => verdict === 'worse').length,
    differences: differences(before, now),
  };
}

/** What makes measurements of several reports the same. */
export const keyOf = ({ name, at, unit }: Measurement): string => `${name}\0${at ?? ''}\0${unit}`;

function compared(before: Measurement, now: Measurement): ComparedMeasurement {
  const { name, at, unit } = now;
  const loss = isRate(unit) ? before.median - now.median : now.median - before.median;
  const base = Math.abs(before.median);
  const scatter = DEVIATIONS * Math.hypot(deviation(before.rounds), deviation(now.rounds));
  const noise = Math.max(TOLERANCE * base, scatter);
  const share = (value: number): number => (base === 0 ? 0 : value / base);
  const few = Math.min(before.rounds.length, now.rounds.length) < ROUNDS_MIN;
  const verdict = few ? 'unknown' : loss > noise ? 'worse' : loss < -noise ? 'better' : 'same';
  return {
    ...{ name, at, unit, before: before.median, now: now.median },
    ...{ worseBy: share(loss), noise: share(noise), verdict },
  };
}

function single(each: Measurement, verdict: 'missing' | 'new'): ComparedMeasurement {
  const { name, at, unit, median: value } = each;
  const [before, now] = verdict === 'new' ? [null, value] : [value, null];
  return { name, at, unit, before, now, worseBy: null, noise: null, verdict };
}

/** Median absolute deviation, scaled. */
export function deviation(rounds: readonly number[]): number {
  if (rounds.length === 0) return 0;
  const middle = median(rounds);
  return NORMAL_DEVIATION * median(rounds.map((round) => Math.abs(round - middle)));
}

function differences(before: BenchReport, now: BenchReport): readonly string[] {
  const facts = [before, now].map(({ about }) => ({
    ...about,
    command: measuredBy(about.command),
  }));
  const [was, is] = facts as [BenchReport['about'], BenchReport['about']];
  const names = ['cpu', 'cores', 'system', 'node', 'command'] as const;
  return names
    .filter((name) => was[name] !== is[name])
    .map((name) => `${name}: ${was[name]} before, ${is[name]} now`);
}

/** A command without what only says where results go. */
const measuredBy = (command: string): string =>
  command.replaceAll(/ --(?:(?:compare|html|against)[ =]\S+|json|quiet)(?= |$)| -q(?= |$)/g, '');
