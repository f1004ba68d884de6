/**
 * Sets of packets as products: one set for each field, a packet is in when all its fields are.
 * What processes hold of a machine is cut out of rules with them. Source:
 * docs/semantics/firewall.md 4.
 */
import { addressSet, intersectionOf } from '../normalise/address-set.js';
import type { AddressRange, AddressSet, PortRange } from '../normalise/normalised-host.js';

/** Null holds every packet, also one that lacks the field. */
export interface Region {
  readonly protocols: readonly PortRange[] | null;
  readonly local: AddressSet | null;
  readonly remote: AddressSet | null;
  readonly localPorts: readonly PortRange[] | null;
  readonly remotePorts: readonly PortRange[] | null;
  /** ICMP type in the upper byte, code in the lower. */
  readonly icmp: readonly PortRange[] | null;
}

export const EVERYTHING: Region = {
  protocols: null,
  local: null,
  remote: null,
  localPorts: null,
  remotePorts: null,
  icmp: null,
};

const PROTOCOL_MAX = 255;
const PORT_MAX = 65535;
const IPV4_MAX = 0xffffffffn;
const IPV6_MAX = (1n << 128n) - 1n;

/** Null when no packet is in both. */
export function intersect(a: Region, b: Region): Region | null {
  const result: Region = {
    protocols: common(a.protocols, b.protocols),
    local: intersectionOf(a.local, b.local),
    remote: intersectionOf(a.remote, b.remote),
    localPorts: common(a.localPorts, b.localPorts),
    remotePorts: common(a.remotePorts, b.remotePorts),
    icmp: common(a.icmp, b.icmp),
  };
  return isEmpty(result) ? null : result;
}

/**
 * Disjoint products that hold what is in `a` and not in `b`. Requires: `b` gives ports only beside
 * protocols that have ports, and no ICMP types, so that what lacks a field is told by its protocol.
 */
export function subtract(a: Region, b: Region): Region[] {
  if (intersect(a, b) === null) return [a];
  const pieces: Region[] = [];
  let rest = a;
  for (const field of ['protocols', 'localPorts', 'remotePorts'] as const) {
    if (b[field] === null) continue;
    const max = field === 'protocols' ? PROTOCOL_MAX : PORT_MAX;
    const outside = { ...rest, [field]: without(rest[field], b[field], max) };
    if (!isEmpty(outside)) pieces.push(outside);
    rest = { ...rest, [field]: common(rest[field], b[field]) };
  }
  for (const field of ['local', 'remote'] as const) {
    if (b[field] === null) continue;
    const outside = { ...rest, [field]: addressesWithout(rest[field], b[field]) };
    if (!isEmpty(outside)) pieces.push(outside);
    rest = { ...rest, [field]: intersectionOf(rest[field], b[field]) };
  }
  return pieces;
}

export function isEmpty({
  protocols,
  local,
  remote,
  localPorts,
  remotePorts,
  icmp,
}: Region): boolean {
  if ([protocols, localPorts, remotePorts, icmp].some((list) => list?.length === 0)) return true;
  const families = ([4, 6] as const).filter((family) =>
    [local, remote].every((set) => set === null || rangesOf(set, family).length > 0),
  );
  return families.length === 0;
}

export function rangesOf(set: AddressSet, family: 4 | 6): readonly AddressRange[] {
  return family === 4 ? set.ipv4 : set.ipv6;
}

type Ranges = readonly PortRange[];

function common(a: Ranges | null, b: Ranges | null): Ranges | null {
  if (a === null) return b;
  if (b === null) return a;
  return a.flatMap((one) =>
    b
      .map((other) => ({ from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) }))
      .filter(({ from, to }) => from <= to),
  );
}

/** Both sorted and disjoint. */
function without(a: Ranges | null, b: Ranges, max: number): Ranges {
  return b.reduce<PortRange[]>(
    (left, cut) =>
      left.flatMap((range) =>
        [
          { from: range.from, to: Math.min(range.to, cut.from - 1) },
          { from: Math.max(range.from, cut.to + 1), to: range.to },
        ].filter(({ from, to }) => from <= to),
      ),
    [...(a ?? [{ from: 0, to: max }])],
  );
}

/** Every address outside a set. */
export function complementOf(set: AddressSet): AddressSet {
  return addressesWithout(null, set);
}

function addressesWithout(a: AddressSet | null, b: AddressSet): AddressSet {
  return addressSet(
    rangesWithout(a?.ipv4 ?? [{ from: 0n, to: IPV4_MAX }], b.ipv4),
    rangesWithout(a?.ipv6 ?? [{ from: 0n, to: IPV6_MAX }], b.ipv6),
  );
}

function rangesWithout(
  a: readonly AddressRange[],
  b: readonly AddressRange[],
): readonly AddressRange[] {
  return b.reduce<AddressRange[]>(
    (left, cut) =>
      left.flatMap((range) =>
        [
          { from: range.from, to: range.to < cut.from ? range.to : cut.from - 1n },
          { from: range.from > cut.to ? range.from : cut.to + 1n, to: range.to },
        ].filter(({ from, to }) => from <= to),
      ),
    [...a],
  );
}
