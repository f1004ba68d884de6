/** Flows that layers keep of what a later one drops, on drawn hosts: A10, `flowsOfDropped: keep`. */
import { describe, expect, it } from 'vitest';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { ReferenceJudge, type Case } from './compare-judges.js';
import { PACKETS, itJudgesAlike, seedsFrom } from './compare-layers.js';
import { withFewerLayers, withLayers } from './draw-layers.js';
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

const SEEDS = seedsFrom(71_100);

type Kind = 'ACLs' | 'several layers' | 'layers that rewrite';

function drawerOf(
  kind: Kind,
  flowsOfDropped: 'keep' | 'none' = 'keep',
): (seed: number, mode: UpdateMode | null) => Case {
  return (seed, mode) => {
    const random = new Random(seed);
    const plain = drawHost(random);
    const services = drawServices(random);
    const drawn =
      kind === 'ACLs'
        ? plain
        : kind === 'several layers'
          ? withLayers(random, plain)
          : withTranslations(random, plain, services);
    const host = { ...drawn, options: { ...drawn.options, flowsOfDropped } };
    const tuples = drawTuples(random, plain, PACKETS).map((tuple) =>
      kind === 'layers that rewrite' ? throughService(random, tuple, services) : tuple,
    );
    const fewer = (later: NormalisedHost): NormalisedHost =>
      kind === 'ACLs'
        ? later
        : kind === 'several layers'
          ? withFewerLayers(random, later)
          : withFewerTranslations(random, later, services);
    const updates = (mode === null ? [] : drawUpdates(random, host, mode, PACKETS)).map(
      (update) => ({ ...update, host: fewer(update.host) }),
    );
    return { host, tuples, updates };
  };
}

describe.each(['ACLs', 'several layers', 'layers that rewrite'] as const)(
  'flows kept by %s',
  (kind) => {
    itJudgesAlike(SEEDS, drawerOf(kind));
  },
);

it('is another answer than without, often enough', () => {
  let turned = 0;
  for (const seed of SEEDS) {
    const verdicts = (['keep', 'none'] as const).map((option) => {
      const { host, tuples } = drawerOf('several layers', option)(seed, null);
      const judge = new ReferenceJudge(host);
      return tuples.map((tuple) =>
        judge
          .judge(tuple)
          .map(({ verdict }) => verdict)
          .join(),
      );
    });
    turned += verdicts[0]!.filter((verdict, i) => verdict !== verdicts[1]![i]).length;
  }
  expect(turned).toBeGreaterThan(20);
});
