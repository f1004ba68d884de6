/**
 * What every kind of layer on a port is held to, on drawn cases: the engine against the reference, with
 * and without unified flows, stateless, and under changes of policy. `PORTACL_SEED`, `PORTACL_ROUNDS`
 * and `PORTACL_PACKETS` as in engine.test.ts.
 */
import { expect, it } from 'vitest';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import {
  type Case,
  EngineJudge,
  type Judge,
  ReferenceJudge,
  findDifference,
} from './compare-judges.js';
import type { UpdateMode } from './update.js';

export const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 100);
export const PACKETS = Number(process.env['PORTACL_PACKETS'] ?? 150);

/** A case of its own for each seed, without updates where there is no mode. */
export type DrawCase = (seed: number, mode: UpdateMode | null) => Case;

/** `ROUNDS` seeds from the one asked for, or else from this one. */
export function seedsFrom(first: number): number[] {
  const from = Number(process.env['PORTACL_SEED'] ?? first);
  return Array.from({ length: ROUNDS }, (_, index) => from + index);
}

/** The tests of one kind of layer; to be called where tests are described. */
export function itJudgesAlike(seeds: readonly number[], drawCase: DrawCase): void {
  const compare = (
    mode: UpdateMode | null,
    judges: (host: NormalisedHost) => readonly [Judge, Judge],
  ): void => {
    for (const seed of seeds) {
      const found = findDifference(drawCase(seed, mode), judges);
      if (found !== null) expect.fail(`seed ${seed}: ${found}`);
    }
  };

  it('judge as the reference does', () => {
    compare(null, (host) => [new ReferenceJudge(host), new EngineJudge(host, true)]);
  });

  it('judge the same without unified flows', () => {
    compare(null, (host) => [new EngineJudge(host, true), new EngineJudge(host, false)]);
  });

  it('judge every packet from an empty state when stateless', () => {
    compare(null, (host) => [new ReferenceJudge(host, true), new EngineJudge(host, true, true)]);
  });

  it.each(['keep', 'reevaluate', 'reset'] as const)('change with their policy, %s', (mode) => {
    compare(mode, (host) => [new ReferenceJudge(host), new EngineJudge(host, true)]);
  });
}
