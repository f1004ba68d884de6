/** Layers of a dumped port, on drawn layers, groups and rules: see compare-layers.ts. */
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../cli/run.js';
import { type Case, ReferenceJudge, askReplay } from './compare-judges.js';
import { PACKETS, ROUNDS, itJudgesAlike, seedsFrom } from './compare-layers.js';
import { asFrames, withFewerLayers, withFurther, withLayers } from './draw-layers.js';
import { drawTuples } from './draw-tuples.js';
import { drawUpdates } from './draw-update.js';
import { drawHost } from './draw.js';
import { Random } from './random.js';
import { Reference } from './reference.js';
import type { UpdateMode } from './update.js';

const SEEDS = seedsFrom(33_150);
const folder = temporaryFolder();

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

describe('layers of a dumped port', () => {
  itJudgesAlike(SEEDS, drawCase);

  it('judge captured packets as the reference does', async () => {
    let asked = 0;
    for (const seed of SEEDS.slice(0, ROUNDS / 2)) {
      const { host, tuples } = drawCase(seed, null);
      const shown = asFrames(tuples);
      const reference = new Reference(host, { stateless: false });
      const expected = shown.map((tuple) => reference.judge(tuple));
      const got = await askReplay(host, shown, folder);
      asked += expected.flat().filter(({ reason }) => reason === 'rule').length;
      expected.forEach((records, i) => {
        expect({ seed, i, tuple: shown[i], records: got[i] }).toEqual({
          ...{ seed, i, tuple: shown[i], records },
        });
      });
    }
    expect(asked).toBeGreaterThan(10 * ROUNDS);
  });

  it('are met by the drawn packets, each answer often enough', () => {
    const reasons = new Map<string, number>();
    const count = (name: string): void => void reasons.set(name, (reasons.get(name) ?? 0) + 1);
    // Enough that the rarest is far from the bound, whatever else comes to be drawn.
    for (let seed = SEEDS[0]!; seed < SEEDS[0]! + 600; seed++) {
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
