/** One thing measured in several rounds: what every mode of `portacl bench` gives. */
import { median } from './median.js';

export const MEASUREMENT_UNITS = [
  ...(['packets/s', 'lookups/s', 'flows/s', 'connections/s', 'updates/s'] as const),
  ...(['ns/packet', 'ns/lookup', 'ns/flow', 's', 'bytes', 'bytes/flow', 'bytes/rule'] as const),
] as const;
export type MeasurementUnit = (typeof MEASUREMENT_UNITS)[number];

export interface Measurement {
  /** With `at` and `unit` unlike any other of a report. */
  readonly name: string;
  /** How many flows, rules or the like; null where it is measured but once. */
  readonly at: number | null;
  readonly unit: MeasurementUnit;
  /** Of every round, and their median. */
  readonly rounds: readonly number[];
  readonly median: number;
  /** Of the same work piece by piece, all rounds together. */
  readonly latency: Latency | null;
}

/** How long pieces of work took, in nanoseconds; a percentile is exact to a sixteenth. */
export interface Latency {
  /** What a piece is, e.g. `batch of 64 packets`. */
  readonly of: string;
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
}

export function measurement(
  name: string,
  unit: MeasurementUnit,
  rounds: readonly number[],
  more: { readonly at?: number; readonly latency?: Latency | null } = {},
): Measurement {
  const { at = null, latency = null } = more;
  return { name, at, unit, rounds, median: median(rounds), latency };
}

/** Whether a larger number is the better one. */
export const isRate = (unit: MeasurementUnit): boolean => unit.endsWith('/s');

/** How many pieces took at most so many nanoseconds, by nanoseconds. */
export type LatencyCounts = Map<number, number>;

/** Adds pairs of nanoseconds and how many took them (NativeEngineMeasurement.latencies). */
export function addLatencies(counts: LatencyCounts, pairs: ArrayLike<number>): void {
  for (let i = 0; i + 1 < pairs.length; i += 2) addLatency(counts, pairs[i]!, pairs[i + 1]);
}

export function addLatency(counts: LatencyCounts, ns: number, times = 1): void {
  counts.set(ns, (counts.get(ns) ?? 0) + times);
}

/** Null where nothing was counted. A percentile is the time that so many pieces did not exceed. */
export function latencyOf(of: string, counts: LatencyCounts): Latency | null {
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const count = sorted.reduce((sum, [, times]) => sum + times, 0);
  if (count === 0) return null;
  const within = (share: number): number => {
    let left = Math.ceil(count * share);
    return sorted.find(([, times]) => (left -= times) <= 0)![0];
  };
  return {
    of,
    count,
    mean: sorted.reduce((sum, [ns, times]) => sum + ns * times, 0) / count,
    ...{ p50: within(0.5), p90: within(0.9), p99: within(0.99), p999: within(0.999) },
    most: sorted.at(-1)![0],
  };
}
