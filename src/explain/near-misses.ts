/** The rules that would have decided otherwise, had one condition held. */
import type { Explanation, LayerExplanation, RuleExplanation } from './explanation.js';

/** A rule of the other action that few conditions kept from matching. */
export interface NearMiss extends RuleExplanation {
  readonly endpoint: string;
  readonly stage: 'switch' | 'host';
  readonly layer: string;
  readonly group: string;
}

/** Near misses that are listed. */
const LISTED_MAX = 3;

/**
 * For a drop the allow rules, for an allow the block rules of the endpoints that judged, those with
 * the fewest failed conditions first, then those with the smallest distance in the one that failed.
 * Only rules that were asked: those behind the rule that matched are not.
 */
export function nearMisses({ endpoints, decision }: Explanation): NearMiss[] {
  const wanted = decision.verdict === 'drop' ? 'allow' : 'block';
  const all = endpoints
    .filter(({ endpoint }) => decision.verdict !== 'drop' || endpoint === decision.endpoint)
    .flatMap(({ endpoint, layers }) =>
      layers
        .filter((layer) => decision.verdict !== 'drop' || layer.verdict === 'drop')
        .flatMap((layer) => rulesOf(layer, endpoint ?? '')),
    )
    .filter(({ action, failed, rule }) => action === wanted && failed !== null && rule !== null);
  const fewest = all.reduce((n, { failed_conditions: count }) => Math.min(n, count), 255);
  // Whoever asks why a packet passed has no use for block rules that are about other packets.
  if (decision.verdict === 'allow' && fewest > 1) return [];
  const near = all
    .filter(({ failed_conditions: count }) => count === fewest)
    .map((miss, i) => ({ miss, i, distance: distanceOf(miss) }))
    .sort((a, b) => a.distance - b.distance || a.i - b.i);
  // A rule for another protocol is near only where nothing is nearer.
  const sameProtocol = near.filter(({ distance }) => distance < OTHER_PROTOCOL);
  return (sameProtocol.length > 0 ? sameProtocol : near)
    .slice(0, LISTED_MAX)
    .map(({ miss }) => miss);
}

function rulesOf(layer: LayerExplanation, endpoint: string): NearMiss[] {
  const { stage } = layer;
  return layer.groups.flatMap(({ group, rules }) =>
    rules.map((rule) => ({ ...rule, endpoint, stage, layer: layer.layer ?? '', group })),
  );
}

/** Distances of fields whose values are not near or far: beyond every difference of ports. */
const OTHER_ADDRESS = 70_000;
const OTHER_PROTOCOL = 80_000;

/** How far a rule was from matching in the condition that failed first; ports count by difference. */
export function distanceOf({ failed }: RuleExplanation): number {
  if (failed?.actual == null || failed.field === 'protocol') return OTHER_PROTOCOL;
  if (!failed.field.endsWith('-port')) return OTHER_ADDRESS;
  const actual = Number(failed.actual);
  return failed.wanted.reduce((least, range) => {
    const [from, to = from] = range.split('-').map(Number) as [number, number?];
    const away = actual < from ? from - actual : actual > to ? actual - to : 0;
    return Math.min(least, away);
  }, OTHER_ADDRESS);
}
