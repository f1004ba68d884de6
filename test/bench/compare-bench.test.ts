/** `bench --compare`: what counts as noise. Numbers are drawn; nothing is timed. */
import { describe, expect, it } from 'vitest';

import { compareBench, type BenchVerdict } from '../../src/bench/compare-bench.js';
import { measurement } from '../../src/bench/measurement.js';
import { Random } from '../oracle/random.js';
import { rate, reportOf, roundsAround } from './reports.js';

const SEED = 20_260_301;
const PAIRS = 500;

const verdict = (before: readonly number[], now: readonly number[]): BenchVerdict =>
  compareBench(reportOf([rate(before)]), reportOf([rate(now)])).rows[0]!.verdict;

/** Of pairs of reports, `now` times as fast, how many have each verdict. */
function counted(now: number, scatter: number): Record<BenchVerdict, number> {
  const random = new Random(SEED);
  const counts = { worse: 0, better: 0, same: 0, unknown: 0, missing: 0, new: 0 };
  for (let i = 0; i < PAIRS; i++) {
    const before = roundsAround(1e7, scatter, 7, random);
    counts[verdict(before, roundsAround(1e7 * now, scatter, 7, random))]++;
  }
  return counts;
}

describe(`of ${PAIRS} drawn pairs of reports (seed ${SEED})`, () => {
  it('finds all that are a fifth slower on a quiet machine', () => {
    expect(counted(0.8, 0.01)).toMatchObject({ worse: PAIRS });
  });

  it('finds none slower whose rounds scatter little around the same number', () => {
    expect(counted(1, 0.01)).toMatchObject({ same: PAIRS });
  });

  it('takes the scatter of a busy machine for noise', () => {
    const { worse, better, same } = counted(1, 0.15);
    expect(same).toBeGreaterThan(PAIRS * 0.96);
    expect(worse + better).toBe(PAIRS - same);
  });

  it('finds most that are half as fast on a busy machine', () => {
    expect(counted(0.5, 0.1).worse).toBeGreaterThan(PAIRS * 0.9);
  });

  it('calls what is a fifth faster better', () => {
    expect(counted(1.25, 0.01)).toMatchObject({ better: PAIRS });
  });
});

describe('a comparison', () => {
  it('lets 5 % pass and no more, where rounds are all the same', () => {
    const before = [1000, 1000, 1000];
    expect(verdict(before, [951, 951, 951])).toBe('same');
    expect(verdict(before, [949, 949, 949])).toBe('worse');
    expect(verdict(before, [1051, 1051, 1051])).toBe('better');
  });

  it('is about medians: one slow round says nothing', () => {
    expect(verdict([100, 101, 99, 100, 100], [100, 101, 12, 99, 100])).toBe('same');
  });

  it('says nothing of less than three rounds', () => {
    expect(verdict([100, 100, 100], [10, 10])).toBe('unknown');
    expect(verdict([100], [10, 10, 10])).toBe('unknown');
  });

  it('knows which way each unit is better', () => {
    const both = (unit: 'ns/packet' | 'bytes/flow', before: number, now: number): BenchVerdict =>
      compareBench(
        reportOf([measurement('x', unit, [before, before, before])]),
        reportOf([measurement('x', unit, [now, now, now])]),
      ).rows[0]!.verdict;
    expect(both('ns/packet', 10, 20)).toBe('worse');
    expect(both('ns/packet', 20, 10)).toBe('better');
    expect(both('bytes/flow', 60, 90)).toBe('worse');
  });

  it('names what only one of the reports has, and fails for neither', () => {
    const few = (name: string, at?: number): ReturnType<typeof measurement> =>
      measurement(name, 'packets/s', [1, 1, 1], at === undefined ? {} : { at });
    const { rows, regressions } = compareBench(
      reportOf([few('a'), few('b', 1000)]),
      reportOf([few('a'), few('b', 10_000)]),
    );
    expect(rows.map(({ name, at, verdict: found }) => [name, at, found])).toEqual([
      ['a', null, 'same'],
      ['b', 10_000, 'new'],
      ['b', 1000, 'missing'],
    ]);
    expect(regressions).toBe(0);
  });

  it('says what else is not the same', () => {
    const { differences } = compareBench(reportOf([]), reportOf([], { cpu: 'another', cores: 8 }));
    expect(differences).toEqual(['cpu: a CPU before, another now', 'cores: 2 before, 8 now']);
  });

  it('takes no note of where results go', () => {
    const by = (command: string): ReturnType<typeof reportOf> => reportOf([], { command });
    const found = (before: string, now: string): readonly string[] =>
      compareBench(by(before), by(now)).differences;
    expect(
      found('bench --capture a --json', 'bench --capture a --compare=b -q --html c.html'),
    ).toEqual([]);
    expect(found('bench --capture a --json', 'bench --capture b --json')).toEqual([
      'command: bench --capture a before, bench --capture b now',
    ]);
  });
});
