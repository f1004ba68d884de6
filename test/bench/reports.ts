/** Reports of benchmarks that nobody ran. */
import { BENCH_VERSION, type BenchReport } from '../../src/bench/bench-report.js';
import { measurement, type Measurement } from '../../src/bench/measurement.js';
import { Random } from '../oracle/random.js';

const ABOUT = {
  ...{ command: 'bench --measure flows', date: '2026-01-02T03:04:05.678Z', portacl: '0.1.0' },
  ...{ node: 'v20.20.0', cpu: 'a CPU', cores: 2, memoryBytes: 8 << 30, system: 'linux 6.1.0 x64' },
  loadAverage: 0.5,
};

export const reportOf = (
  measurements: readonly Measurement[],
  about: Partial<BenchReport['about']> = {},
): BenchReport => ({ version: BENCH_VERSION, about: { ...ABOUT, ...about }, measurements });

/** Rounds around a number; `scatter` is about the standard deviation, as a share of it. */
export function roundsAround(
  middle: number,
  scatter: number,
  count: number,
  random: Random,
): number[] {
  // Twelve drawn evenly make nearly a normal one.
  const normal = (): number =>
    Array.from({ length: 12 }, () => random.next()).reduce((a, b) => a + b) - 6;
  return Array.from({ length: count }, () => middle * (1 + scatter * normal()));
}

export const rate = (rounds: readonly number[]): Measurement =>
  measurement('replay', 'packets/s', rounds);
