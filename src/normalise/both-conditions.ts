/** What two sets of conditions ask together: those of a group and of a rule in it. */
import { EMPTY_SET, intersectionOf } from './address-set.js';
import type { Conditions, PortRange } from './normalised-host.js';

/** Conditions that hold where both hold. Lists that have nothing in common let no packet match. */
export function bothConditions(a: Conditions, b: Conditions): Conditions {
  const protocols = bothOf(a.protocols, b.protocols, (x, y) => x.filter((n) => y.includes(n)));
  const sourcePorts = bothOf(a.sourcePorts, b.sourcePorts, commonRanges);
  const destinationPorts = bothOf(a.destinationPorts, b.destinationPorts, commonRanges);
  const icmp = bothOf(a.icmp ?? null, b.icmp ?? null, commonRanges);
  const further = [...(a.further ?? []), ...(b.further ?? [])];
  const lists = [protocols, sourcePorts, destinationPorts, icmp];
  // A program has no empty list: no address does for no value.
  const never = lists.some((list) => list?.length === 0);
  return {
    protocols: never ? null : protocols,
    source: never ? EMPTY_SET : intersectionOf(a.source, b.source),
    destination: intersectionOf(a.destination, b.destination),
    sourcePorts: never ? null : sourcePorts,
    destinationPorts: never ? null : destinationPorts,
    ...(icmp !== null && !never && { icmp }),
    ...(further.length > 0 && { further }),
  };
}

/** Null is any. */
function bothOf<T>(
  a: readonly T[] | null,
  b: readonly T[] | null,
  common: (a: readonly T[], b: readonly T[]) => readonly T[],
): readonly T[] | null {
  if (a === null || b === null) return a ?? b;
  return common(a, b);
}

const commonRanges = (a: readonly PortRange[], b: readonly PortRange[]): PortRange[] =>
  a.flatMap((one) =>
    b
      .map((other) => ({ from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) }))
      .filter(({ from, to }) => from <= to),
  );
