/** Layers that put headers on and take them off, on drawn hosts and packets: see compare-layers.ts. */
import { describe, expect, it } from 'vitest';
import type { CarriedTuple, Tuple } from '../../src/simulate/tuple.js';
import { temporaryFolder } from '../cli/run.js';
import { type Case, ReferenceJudge, askReplay } from './compare-judges.js';
import { PACKETS, ROUNDS, itJudgesAlike, seedsFrom } from './compare-layers.js';
import { throughTunnel, withEncapsulation, without } from './draw-encapsulation.js';
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
import { Reference } from './reference.js';
import { caseText } from './shrink.js';
import type { UpdateMode } from './update.js';

const SEEDS = seedsFrom(50_300);
const folder = temporaryFolder();

function drawCase(seed: number, mode: UpdateMode | null): Case {
  const random = new Random(seed);
  const plain = drawHost(random);
  const services = drawServices(random);
  // Half of them beside layers that rewrite.
  const beside = random.chance(0.5) ? withTranslations(random, plain, services) : plain;
  const host = withEncapsulation(random, beside);
  const tuples = drawTuples(random, plain, PACKETS).map((tuple) =>
    throughTunnel(random, throughService(random, tuple, services)),
  );
  if (mode === null) return { host, tuples, updates: [] };
  const updates = drawUpdates(random, host, mode, PACKETS).map((update) => {
    // Endpoints may have gone that ends of services name.
    const fitting = withFewerTranslations(random, update.host, services);
    return {
      ...update,
      host: random.chance(0.5) ? withEncapsulation(random, fitting) : fitting,
    };
  });
  return { host, tuples, updates };
}

/** A frame of a tunnel has something in it. */
const showsWhatItCarries = ({ proto, tni, carries }: CarriedTuple): boolean =>
  carries === undefined
    ? tni === undefined && ![4, 41, 47].includes(Number(proto))
    : showsWhatItCarries(carries);

/** What a capture can show: nobody says a direction. */
const captured = (tuple: Tuple): Tuple => without(without(tuple, 'dir'), 'endpoint');

describe('layers that put headers on and take them off', () => {
  itJudgesAlike(SEEDS, drawCase);

  it('judge captured tunnels as the reference does', async () => {
    for (const seed of SEEDS.slice(0, ROUNDS / 4)) {
      const { host, tuples } = drawCase(seed, null);
      const shown = tuples.filter(showsWhatItCarries).map(captured);
      const reference = new Reference(host, { stateless: false });
      const expected = shown.map((tuple) => reference.judge(tuple));
      const got = await askReplay(host, shown, folder);
      const at = expected.findIndex((r, i) => JSON.stringify(r) !== JSON.stringify(got[i]));
      if (at < 0) continue;
      const text = caseText({ host, tuples: shown.slice(0, at + 1) });
      const both = `${JSON.stringify(expected[at])}\n  got      ${JSON.stringify(got[at])}`;
      expect.fail(`seed ${seed}, packet ${at}\n  expected ${both}\n${text}`);
    }
  });

  it('are met by the drawn packets', () => {
    const met = new Map<string, number>();
    const count = (what: string): unknown => met.set(what, (met.get(what) ?? 0) + 1);
    for (const seed of SEEDS) {
      const { host, tuples } = drawCase(seed, null);
      const judge = new ReferenceJudge(host);
      for (const tuple of tuples) {
        for (const { reason, endpoint } of judge.judge(tuple)) {
          count(reason);
          if (tuple.carries !== undefined && endpoint !== null) count('carried');
        }
      }
      const hits = judge.counters().filter((line) => line.startsWith('rule-e')).length;
      met.set('rules', (met.get('rules') ?? 0) + hits);
    }
    for (const what of [
      'rules',
      'carried',
      'established',
      'cut-capture',
      'fragment-without-first',
    ]) {
      expect(met.get(what) ?? 0, what).toBeGreaterThan(ROUNDS / 20);
    }
  });
});
