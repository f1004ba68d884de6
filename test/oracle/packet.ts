/**
 * The oracle's own reading of a tuple: addresses as numbers, names as numbers, defaults filled.
 *
 * Nothing here is shared with `src/simulate`; two readings that agree are worth more than one.
 */
import type { CarriedTuple, QuotedTuple, Tuple } from '../../src/simulate/tuple.js';

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;
export const URG = 32;

const PROTOCOL_NAMES: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  icmpv6: 58,
  sctp: 132,
};
const PROTOCOLS_WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface Ports {
  readonly source: number;
  readonly destination: number;
}

export interface IcmpFields {
  readonly type: number;
  readonly code: number;
  /** Identifier of a query; 0 for other messages. */
  readonly id: number;
}

/** What a tuple says of the IP packet and its transport header. */
export interface Packet {
  readonly protocol: number;
  readonly source: Address;
  readonly destination: Address;
  /** Null for protocols without ports and for later fragments. */
  readonly ports: Ports | null;
  /** Null when the packet is no ICMP message or its header is not in this fragment. */
  readonly icmp: IcmpFields | null;
  /** Null when the packet is no TCP segment or its header is not in this fragment. */
  readonly tcp: { readonly flags: number; readonly seq: number; readonly ack: number } | null;
  readonly fragment: { readonly id: number; readonly later: boolean } | null;
  readonly quoted: Packet | null;
  /** MAC addresses, tag and tunnel header; null where it shows none. A quoted packet shows none. */
  readonly smac: number | null;
  readonly dmac: number | null;
  readonly vlan: number;
  readonly tni: number | null;
  readonly greKey: number | null;
  /** The packet in a tunnel; null where the packet is none, or shows none. */
  readonly carries: Packet | null;
}

function ipv4Value(text: string): bigint {
  return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function ipv6Value(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const low = ipv4Value(dotted[2]!);
    const groups = `${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
    return ipv6Value(dotted[1]! + groups);
  }
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

export function readAddress(text: string): Address {
  return text.includes(':')
    ? { family: 6, value: ipv6Value(text) }
    : { family: 4, value: ipv4Value(text) };
}

export function addressText(address: Address): string {
  const { family, value } = address;
  if (family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  }
  const shifts = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n];
  return shifts.map((shift) => ((value >> shift) & 0xffffn).toString(16)).join(':');
}

function flagBits(flags: number | string | undefined): number {
  if (flags === undefined) return SYN;
  if (typeof flags === 'number') return flags;
  return flags.split('').reduce((bits, letter) => bits | (1 << 'FSRPAU'.indexOf(letter)), 0);
}

const macValue = (text: string | undefined): number | null =>
  text === undefined ? null : parseInt(text.replaceAll(/[-:]/g, ''), 16);

/** The packet a tuple describes. The quoted packet of an ICMP error is read the same way. */
export function readTuple(tuple: Tuple | CarriedTuple | QuotedTuple): Packet {
  const protocol =
    typeof tuple.proto === 'number' ? tuple.proto : PROTOCOL_NAMES[tuple.proto.toLowerCase()]!;
  const fragment = 'fragment' in tuple ? tuple.fragment : undefined;
  const later = fragment !== undefined && fragment.offset !== 0;
  const isIcmp = protocol === ICMP || protocol === ICMPV6;
  const whole = 'src' in tuple ? (tuple as Tuple) : undefined;
  return {
    protocol,
    source: readAddress(tuple.src),
    destination: readAddress(tuple.dst),
    ports:
      PROTOCOLS_WITH_PORTS.has(protocol) && !later
        ? { source: tuple.sport ?? 0, destination: tuple.dport ?? 0 }
        : null,
    icmp:
      isIcmp && !later ? { type: tuple.type ?? 0, code: tuple.code ?? 0, id: tuple.id ?? 0 } : null,
    tcp:
      protocol === TCP && !later
        ? { flags: flagBits(whole?.flags), seq: whole?.seq ?? 0, ack: whole?.ack ?? 0 }
        : null,
    fragment: fragment === undefined ? null : { id: fragment.id, later },
    quoted: whole?.quoted === undefined || later ? null : readTuple(whole.quoted),
    smac: macValue(whole?.smac),
    dmac: macValue(whole?.dmac),
    vlan: whole?.vlan ?? 0,
    tni: later ? null : (whole?.tni ?? null),
    greKey: later ? null : (whole?.key ?? null),
    carries: whole?.carries === undefined ? null : readTuple(whole.carries),
  };
}

/** Pairs of request and answer. Source: SEMANTICS.md 5.1. */
const QUERIES: readonly (readonly [protocol: number, request: number, reply: number])[] = [
  [ICMP, 8, 0],
  [ICMP, 13, 14],
  [ICMP, 15, 16],
  [ICMP, 17, 18],
  [ICMPV6, 128, 129],
];

export type Side = 'local' | 'remote';

/**
 * The key of the flow a packet belongs to, for the endpoint on its `local` side; null when the
 * packet does not show what the key needs. Source: SEMANTICS.md 5.1.
 */
export function flowKey(packet: Packet, local: 'source' | 'destination'): string | null {
  const remote = local === 'source' ? 'destination' : 'source';
  if (packet.fragment?.later) return null;
  const base = [packet.protocol, addressText(packet[local]), addressText(packet[remote])];
  if (packet.ports) return [...base, packet.ports[local], packet.ports[remote]].join(' ');
  if (packet.icmp) {
    const { type, code, id } = packet.icmp;
    const query = QUERIES.find(
      ([protocol, request, reply]) =>
        protocol === packet.protocol && (type === request || type === reply),
    );
    if (!query) return [...base, 'message', type, code].join(' ');
    const sender: Side = local === 'source' ? 'local' : 'remote';
    const receiver: Side = sender === 'local' ? 'remote' : 'local';
    const asker = type === query[1] ? sender : receiver;
    return [...base, 'query', query[1], 'asked by', asker, id].join(' ');
  }
  if (packet.protocol === PROTOCOL_NAMES['gre'])
    return [...base, 'key', packet.greKey ?? 0].join(' ');
  return base.join(' ');
}

/** state.md 1: the answer of a query. */
export const isQueryAnswer = ({ protocol, icmp }: Packet): boolean =>
  QUERIES.some(([of, , answer]) => of === protocol && answer === icmp?.type);

/** Source: SEMANTICS.md 4.1, step 2. */
export function isIcmpError(packet: Packet): boolean {
  if (!packet.icmp) return false;
  return packet.protocol === ICMP
    ? [3, 4, 5, 11, 12].includes(packet.icmp.type)
    : packet.icmp.type >= 1 && packet.icmp.type <= 4;
}

/** What tells the peer that a port is closed. Source: firewall.md 3.2. */
export function revealsClosedPort({ protocol, icmp, source }: Packet): boolean {
  if (icmp === null) return false;
  if (protocol === ICMP) return icmp.type === 3;
  return source.family === 6 && (icmp.type === 1 || icmp.type === 4);
}

/** Router and neighbour solicitations and advertisements, and redirects. */
export function isNeighborDiscovery({ protocol, source, icmp }: Packet): boolean {
  return (
    protocol === ICMPV6 &&
    source.family === 6 &&
    icmp !== null &&
    icmp.type >= 133 &&
    icmp.type <= 137
  );
}

export const isReset = ({ tcp }: Packet): boolean => tcp !== null && (tcp.flags & RST) !== 0;

export function isPureSyn(packet: Packet): boolean {
  return packet.tcp !== null && (packet.tcp.flags & (SYN | ACK | RST)) === SYN;
}

/**
 * state.md 1. Told apart here by what is valid: each of these with any of PSH, ECE and CWR.
 * Reading: what one of two trackers takes is taken.
 */
const VALID_FLAGS: ReadonlySet<number> = new Set([
  ...[SYN, SYN | URG, SYN | ACK, SYN | ACK | URG, RST, ACK, ACK | URG, ACK | FIN, ACK | FIN | URG],
  ...[ACK | RST, ACK | RST | URG, ACK | RST | FIN, ACK | RST | FIN | URG],
]);
export const hasInvalidFlags = ({ tcp }: Packet): boolean =>
  tcp !== null && !VALID_FLAGS.has(tcp.flags & (FIN | SYN | RST | ACK | URG));

export function isMulticast({ family, value }: Address): boolean {
  return family === 4 ? value >> 28n === 0xen : value >> 120n === 0xffn;
}

export function isLimitedBroadcast({ family, value }: Address): boolean {
  return family === 4 && value === 0xffffffffn;
}

export function isLoopback({ family, value }: Address): boolean {
  return family === 4 ? value >> 24n === 127n : value === 1n;
}
