/**
 * Layers that rewrite: the engine against the reference on drawn hosts, services and packets; as
 * tuples and as captured bytes, with and without unified flows, stateless, on several threads, and
 * under changes of policy. `PORTACL_SEED`, `PORTACL_ROUNDS` and `PORTACL_PACKETS` as in engine.test.ts.
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
import {
  drawServices,
  throughService,
  withFewerTranslations,
  withTranslations,
} from './draw-translation.js';
import { drawTuples } from './draw-tuples.js';
import { drawUpdates, type UpdateMode } from './draw-update.js';
import { drawHost } from './draw.js';
import { Random } from './random.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 100);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 50_100);
const PACKETS = Number(process.env['PORTACL_PACKETS'] ?? 150);

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

function compare(
  mode: UpdateMode | null,
  judges: (host: NormalisedHost) => readonly [Judge, Judge],
): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const found = findDifference(drawCase(seed, mode), judges);
    if (found !== null) expect.fail(`seed ${seed}: ${found}`);
  }
}

describe('layers that rewrite', () => {
  it('judge as the reference does', () => {
    compare(null, (host) => [new ReferenceJudge(host), new EngineJudge(host, true)]);
  });

  it('judge the same without unified flows', () => {
    compare(null, (host) => [new EngineJudge(host, true), new EngineJudge(host, false)]);
  });

  it('rewrite without state when stateless', () => {
    compare(null, (host) => [new ReferenceJudge(host, true), new EngineJudge(host, true, true)]);
  });

  it.each(['keep', 'reevaluate', 'reset'] as const)('change with their policy, %s', (mode) => {
    compare(mode, (host) => [new ReferenceJudge(host), new EngineJudge(host, true)]);
  });

  it('are met by the drawn packets', () => {
    const reasons = new Map<string, number>();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
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
    for (const reason of ['translated', 'translation-conflict', 'related', 'established']) {
      expect(reasons.get(reason) ?? 0, reason).toBeGreaterThan(ROUNDS / 20);
    }
  });
});
