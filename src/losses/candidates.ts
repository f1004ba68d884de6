/**
 * Packets worth trying: one of each kind that the rules of two hosts can tell apart at an endpoint.
 * The bounds of all address lists and port lists cut addresses and ports into runs; runs that are
 * in the same lists are alike, and one packet stands for all of them.
 */
import { formatAddress, parseIpAddress } from '../normalise/address.js';
import type {
  AddressRange,
  AddressSet,
  Conditions,
  Direction,
  IpAddressValue,
  PortRange,
} from '../normalise/normalised-host.js';
import type { Tuple } from '../simulate/tuple.js';

/** The endpoint, as the search for candidates sees it. */
export interface Subject {
  readonly endpoint: string;
  readonly direction: Direction;
  readonly addresses: readonly IpAddressValue[];
  /** Of the rules of both hosts. */
  readonly conditions: readonly Conditions[];
}

const PROTOCOLS_WITH_PORTS = [6, 17, 132];
const ICMP = { 4: 1, 6: 58 } as const;
const ECHO = { 4: 8, 6: 128 } as const;
const SOURCE_PORT = 40_000;
const LAST_PORT = 65_535;
/** Taken where a run has them, since people know what they are. */
const NICE_PORTS = [443, 80, 8080, 53, 12_345];
const NICE_ADDRESSES = ['203.0.113.10', '8.8.8.8', '198.51.100.7', '2001:db8::10'].map((text) =>
  parseIpAddress(text)!,
);

/** In the order in which they make good examples: peers that are pods first, TCP first. */
export function candidates(subject: Subject, isPod: (address: IpAddressValue) => boolean): Tuple[] {
  const { direction, conditions } = subject;
  const families = [...new Set(subject.addresses.map(({ family }) => family))];
  return families.flatMap((family) => {
    const own = subject.addresses.find((address) => address.family === family)!;
    const sets = distinct(
      conditions.map(({ source, destination }) => (direction === 'in' ? source : destination)),
    );
    const peers = addressesOf(sets, family, subject.addresses, isPod);
    const kinds = protocolsAndPorts(conditions, family);
    return peers.flatMap((peer) =>
      kinds.map((kind): Tuple => {
        const [src, dst] = direction === 'in' ? [peer, own] : [own, peer];
        return {
          dir: direction,
          endpoint: subject.endpoint,
          src: formatAddress(src),
          dst: formatAddress(dst),
          ...kind,
        };
      }),
    );
  });
}

function distinct<T>(items: readonly (T | null)[]): T[] {
  return [...new Set(items)].filter((item) => item !== null);
}

/** One address of each kind; those of pods first. */
function addressesOf(
  sets: readonly AddressSet[],
  family: 4 | 6,
  own: readonly IpAddressValue[],
  isPod: (address: IpAddressValue) => boolean,
): IpAddressValue[] {
  const lists = sets.map((set) => (family === 4 ? set.ipv4 : set.ipv6));
  const last = family === 4 ? 0xffff_ffffn : (1n << 128n) - 1n;
  const bounds = [
    ...new Set([0n, ...lists.flatMap((list) => list.flatMap(({ from, to }) => [from, to + 1n]))]),
  ]
    .filter((bound) => bound <= last)
    .sort((a, b) => (a < b ? -1 : 1));
  const cursors = lists.map(() => 0);
  const best = new Map<string, { value: IpAddressValue; rank: number }>();
  bounds.forEach((from, i) => {
    const to = (bounds[i + 1] ?? last + 1n) - 1n;
    const signature = lists.map((list, k) => (isIn(list, cursors, k, from) ? '1' : '0')).join('');
    const found = pick(family, { from, to }, own, isPod);
    if (found !== null && found.rank < (best.get(signature)?.rank ?? Infinity))
      best.set(signature, found);
  });
  return [...best.values()].sort((a, b) => a.rank - b.rank).map(({ value }) => value);
}

/** Whether a value is in a sorted list; the cursor only moves on, as values ascend. */
function isIn(list: readonly AddressRange[], cursors: number[], k: number, value: bigint): boolean {
  while (cursors[k]! < list.length && list[cursors[k]!]!.to < value) cursors[k]!++;
  const range = list[cursors[k]!];
  return range !== undefined && range.from <= value;
}

/** The address of a run that makes the best example; null when the run is the endpoint's own. */
function pick(
  family: 4 | 6,
  { from, to }: AddressRange,
  own: readonly IpAddressValue[],
  isPod: (address: IpAddressValue) => boolean,
): { value: IpAddressValue; rank: number } | null {
  const isOwn = (value: bigint): boolean =>
    own.some((each) => each.family === family && each.value === value);
  const nice = NICE_ADDRESSES.filter(
    (each) => each.family === family && from <= each.value && each.value <= to,
  );
  const inside = [from, from + 1n, from + 2n].filter(
    (value) => value <= to && value > 0n && !isOwn(value),
  );
  const [value = null] = inside;
  if (value === null) return null;
  const first = { family, value };
  if (isPod(first)) return { value: first, rank: 0 };
  if (nice[0] !== undefined) return { value: nice[0], rank: 1 };
  // The first address of a block is that of the network.
  const second = inside.length > 1 && from !== to ? { family, value: inside[1]! } : first;
  return { value: second, rank: isOrdinary(second) ? 2 : 3 };
}

/** Neither loopback nor multicast nor broadcast, which nobody sends from. */
function isOrdinary({ family, value }: IpAddressValue): boolean {
  if (family === 6) return value >> 120n !== 0xffn && value > 1n;
  const top = value >> 24n;
  return top !== 0n && top !== 127n && top < 224n;
}

type Kind = Pick<Tuple, 'proto' | 'sport' | 'dport' | 'type' | 'code'>;

/** One pair of protocol and port of each kind, and ICMP for all protocols without ports. */
function protocolsAndPorts(conditions: readonly Conditions[], family: 4 | 6): Kind[] {
  const withPorts = PROTOCOLS_WITH_PORTS.flatMap((proto) => {
    const lists = distinct(
      conditions
        .filter(({ protocols }) => protocols === null || protocols.includes(proto))
        .map(({ destinationPorts }) => destinationPorts),
    );
    return portsOf(lists).map((dport): Kind => ({ proto, sport: SOURCE_PORT, dport }));
  });
  return [...withPorts, { proto: ICMP[family], type: ECHO[family], code: 0 }];
}

function portsOf(lists: readonly (readonly PortRange[])[]): number[] {
  const bounds = [
    ...new Set([1, ...lists.flatMap((list) => list.flatMap(({ from, to }) => [from, to + 1]))]),
  ]
    .filter((bound) => bound >= 1 && bound <= LAST_PORT)
    .sort((a, b) => a - b);
  const bySignature = new Map<string, number>();
  bounds.forEach((from, i) => {
    const to = (bounds[i + 1] ?? LAST_PORT + 1) - 1;
    const signature = lists
      .map((list) => (list.some((range) => range.from <= from && from <= range.to) ? '1' : '0'))
      .join('');
    const nice = NICE_PORTS.find((port) => from <= port && port <= to);
    if (!bySignature.has(signature) || nice !== undefined) bySignature.set(signature, nice ?? from);
  });
  return [...bySignature.values()];
}
