/** Layers that rewrite, on drawn hosts, services and packets: see compare-layers.ts. */
import { describe, expect, it } from 'vitest';
import { type Case, ReferenceJudge } from './compare-judges.js';
import { PACKETS, ROUNDS, itJudgesAlike, seedsFrom } from './compare-layers.js';
import {
  drawServices,
  throughService,
  withFewerTranslations,
  withTranslations,
} from './draw-translation.js';
import { drawTuples } from './draw-tuples.js';
import { drawUpdates } from './draw-update.js';
import { drawHost } from './draw.js';
import { Random } from './random.js';
import type { UpdateMode } from './update.js';

const SEEDS = seedsFrom(50_100);

function drawCase(seed: number, mode: UpdateMode | null): Case {
  const random = new Random(seed);
  const plain = drawHost(random);
  const services = drawServices(random);
  const host = withTranslations(random, plain, services);
  const tuples = drawTuples(random, plain, PACKETS).map((tuple) =>
    throughService(random, tuple, services),
  );
  if (mode === null) return { host, tuples, updates: [] };
  const updates = drawUpdates(random, host, mode, PACKETS).map((update) => ({
    ...update,
    host: withFewerTranslations(random, update.host, services),
  }));
  return { host, tuples, updates };
}

describe('layers that rewrite', () => {
  itJudgesAlike(SEEDS, drawCase);

  it('are met by the drawn packets', () => {
    const reasons = new Map<string, number>();
    for (const seed of SEEDS) {
      const { host, tuples } = drawCase(seed, null);
      const judge = new ReferenceJudge(host);
      for (const tuple of tuples) {
        for (const { reason } of judge.judge(tuple)) {
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        }
      }
      const hits = judge.counters().filter((line) => line.startsWith('rule-t')).length;
      reasons.set('translated', (reasons.get('translated') ?? 0) + hits);
    }
    for (const reason of [
      ...['translated', 'translation-conflict', 'nat-ports-exhausted', 'related', 'established'],
    ]) {
      expect(reasons.get(reason) ?? 0, reason).toBeGreaterThan(ROUNDS / 20);
    }
  });
});
