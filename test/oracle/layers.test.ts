/**
 * Layers of a dumped port: the engine against the reference on drawn layers, groups and rules; with and
 * without unified flows, stateless, and under changes of policy. `PORTACL_SEED`, `PORTACL_ROUNDS` and
 * `PORTACL_PACKETS` as in engine.test.ts.
 */
import { describe, expect, it } from 'vitest';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import {
  type Case,
  EngineJudge,
  type Judge,
  ReferenceJudge,
  findDifference,
} from './compare-judges.js';
import { withFewerLayers, withFurther, withLayers } from './draw-layers.js';
import { drawTuples } from './draw-tuples.js';
import { drawUpdates, type UpdateMode } from './draw-update.js';
import { drawHost } from './draw.js';
import { Random } from './random.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 100);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 33_150);
const PACKETS = Number(process.env['PORTACL_PACKETS'] ?? 150);

function drawCase(seed: number, mode: UpdateMode | null): Case {
  const random = new Random(seed);
  const host = withLayers(random, drawHost(random));
  const tuples = withFurther(random, drawTuples(random, host, PACKETS));
  const drawn = mode === null ? [] : drawUpdates(random, host, mode, PACKETS);
  const updates = drawn.map((update) => ({
    ...update,
    host: withFewerLayers(random, update.host),
  }));
  return { host, tuples, updates };
}

function compare(
  mode: UpdateMode | null,
  judges: (host: NormalisedHost) => readonly [Judge, Judge],
): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const found = findDifference(drawCase(seed, mode), judges);
    if (found !== null) expect.fail(`seed ${seed}: ${found}`);
  }
}

describe('layers of a dumped port', () => {
  it('judge as the reference does', () => {
    compare(null, (host) => [new ReferenceJudge(host), new EngineJudge(host, true)]);
  });

  it('judge the same without unified flows', () => {
    compare(null, (host) => [new EngineJudge(host, true), new EngineJudge(host, false)]);
  });

  it('ask every packet when stateless', () => {
    compare(null, (host) => [new ReferenceJudge(host, true), new EngineJudge(host, true, true)]);
  });

  it.each(['keep', 'reevaluate', 'reset'] as const)('change with their policy, %s', (mode) => {
    compare(mode, (host) => [new ReferenceJudge(host), new EngineJudge(host, true)]);
  });

  it('are met by the drawn packets, each answer often enough', () => {
    const reasons = new Map<string, number>();
    const count = (name: string): void => void reasons.set(name, (reasons.get(name) ?? 0) + 1);
    for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
      const { host, tuples } = drawCase(seed, null);
      const judge = new ReferenceJudge(host);
      for (const tuple of tuples) {
        for (const { stage, verdict, reason } of judge.judge(tuple)) {
          if (stage === 'switch') count(`${verdict} ${reason}`);
        }
      }
    }
    const wanted = [
      ...['allow rule', 'drop rule', 'drop implicit-deny', 'allow default-allow'],
      ...['allow established', 'allow related', 'drop fragment-without-first', 'drop flow-limit'],
    ];
    expect(wanted.filter((name) => (reasons.get(name) ?? 0) < 5)).toEqual([]);
  });
});
