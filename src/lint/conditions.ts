/**
 * How the conditions of two rules lie to each other. Families are looked at one by one. Lints ask this of
 * each rule of long lists several times, so nothing is made on the way.
 */
import { coversRanges, rangesMeet } from '../normalise/address-set.js';
import type {
  AddressRange,
  AddressSet,
  Conditions,
  FurtherCondition,
} from '../normalise/normalised-host.js';
import { coversPorts, portsOverlap } from '../normalise/ports.js';

type Family = 'ipv4' | 'ipv6';

/** Whether any packet can match: some family has both a source and a destination. */
export function canMatch(conditions: Conditions): boolean {
  return hasFamily(conditions, 'ipv4') || hasFamily(conditions, 'ipv6');
}

/** Whether every packet matches. */
export function isAny(conditions: Conditions): boolean {
  return (
    conditions.protocols === null &&
    conditions.source === null &&
    conditions.destination === null &&
    conditions.sourcePorts === null &&
    conditions.destinationPorts === null &&
    conditions.icmp == null &&
    conditions.further === undefined
  );
}

/** Whether a packet of that family can match. */
export function hasFamily({ source, destination }: Conditions, family: Family): boolean {
  return source?.[family].length !== 0 && destination?.[family].length !== 0;
}

/** Whether a packet can match both. */
export function overlap(a: Conditions, b: Conditions): boolean {
  return (
    protocolsOverlap(a.protocols, b.protocols) &&
    portsOverlap(a.destinationPorts, b.destinationPorts) &&
    portsOverlap(a.sourcePorts, b.sourcePorts) &&
    portsOverlap(a.icmp ?? null, b.icmp ?? null) &&
    (overlapIn('ipv4', a, b) || overlapIn('ipv6', a, b))
  );
}

function overlapIn(family: Family, a: Conditions, b: Conditions): boolean {
  return (
    rangesOverlap(a.source?.[family], b.source?.[family]) &&
    rangesOverlap(a.destination?.[family], b.destination?.[family])
  );
}

/** Whether every packet that matches `inner` matches `outer`. */
export function covers(outer: Conditions, inner: Conditions): boolean {
  return (
    coversProtocols(outer.protocols, inner.protocols) &&
    coversPorts(outer.destinationPorts, inner.destinationPorts) &&
    coversPorts(outer.sourcePorts, inner.sourcePorts) &&
    coversPorts(outer.icmp ?? null, inner.icmp ?? null) &&
    (outer.further === undefined || coversFurther(outer.further, inner.further ?? [])) &&
    coversIn('ipv4', outer, inner) &&
    coversIn('ipv6', outer, inner)
  );
}

function coversIn(family: Family, outer: Conditions, inner: Conditions): boolean {
  return (
    !hasFamily(inner, family) ||
    (coversFamily(outer.source, inner.source, family) &&
      coversFamily(outer.destination, inner.destination, family))
  );
}

/** Whether each condition of `outer` holds where all of `inner` do. */
function coversFurther(
  outer: readonly FurtherCondition[],
  inner: readonly FurtherCondition[],
): boolean {
  return outer.every(({ field, ranges }) =>
    inner.some((other) => other.field === field && coversPorts(ranges, other.ranges)),
  );
}

/** Of one family. Null stands for every address. */
function coversFamily(outer: AddressSet | null, inner: AddressSet | null, family: Family): boolean {
  return outer === null || (inner !== null && coversRanges(outer[family], inner[family]));
}

function protocolsOverlap(a: readonly number[] | null, b: readonly number[] | null): boolean {
  if (a === null || b === null) return true;
  for (const protocol of a) if (b.includes(protocol)) return true;
  return false;
}

function coversProtocols(
  outer: readonly number[] | null,
  inner: readonly number[] | null,
): boolean {
  if (outer === null) return true;
  return inner?.every((protocol) => outer.includes(protocol)) ?? false;
}

/** Undefined stands for every address of the family. */
function rangesOverlap(
  a: readonly AddressRange[] | undefined,
  b: readonly AddressRange[] | undefined,
): boolean {
  if (a === undefined) return b?.length !== 0;
  if (b === undefined) return a.length !== 0;
  return rangesMeet(a, b);
}
