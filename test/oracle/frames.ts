/**
 * Tuples as captured frames: Ethernet, IPv4 or IPv6, what the tuple says behind it, in a pcap file.
 * Plain writing of the headers' layouts, shared with nothing, so that the way of captured bytes
 * can be held against the reference like the way of tuples.
 */
import { type Address, type Packet, TCP, readTuple } from './packet.js';
import type { Tuple } from '../../src/simulate/tuple.js';

const UDP = 17;
const UDP_LITE = 136;
const GRE = 47;
const IP_IN_IP = [4, 41];
const IPV6_FRAGMENT = 44;

const bytes16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
const bytes32 = (value: number): number[] => [...bytes16(value >>> 16), ...bytes16(value & 0xffff)];

function addressBytes({ family, value }: Address): number[] {
  return Array.from({ length: family === 4 ? 4 : 16 }, (_, i) =>
    Number((value >> BigInt(8 * ((family === 4 ? 3 : 15) - i))) & 255n),
  );
}

/** The transport header, and what an ICMP error quotes; eight bytes of nothing where none is known. */
function transport(packet: Packet): number[] {
  const { ports, tcp, icmp, protocol } = packet;
  if (icmp !== null) {
    const rest = packet.quoted === null ? [] : ip(packet.quoted);
    return [icmp.type, icmp.code, 0, 0, ...bytes16(icmp.id), 0, 0, ...rest];
  }
  const { carries } = packet;
  if (protocol === GRE && (packet.greKey ?? packet.tni) !== null) {
    // NVGRE has its network in the upper 24 bits of the key.
    const isNvgre = packet.tni !== null;
    const key = isNvgre ? packet.tni * 256 : packet.greKey!;
    const inside = carries === null ? [] : isNvgre ? frame(carries) : ip(carries);
    const type = isNvgre ? [0x65, 0x58] : etherType(carries);
    return [0x20, 0, ...type, ...bytes32(key), ...inside];
  }
  if (protocol === GRE && carries !== null) return [0, 0, ...etherType(carries), ...ip(carries)];
  if (IP_IN_IP.includes(protocol) && carries !== null) return ip(carries);
  if (ports === null) return Array<number>(8).fill(0);
  const both = [...bytes16(ports.source), ...bytes16(ports.destination)];
  if (protocol === TCP) {
    const { flags, seq, ack } = tcp ?? { flags: 0, seq: 0, ack: 0 };
    return [...both, ...bytes32(seq), ...bytes32(ack), 0x50, flags, 0xff, 0xff, 0, 0, 0, 0];
  }
  if (protocol === UDP && packet.tni !== null) {
    const inside = carries === null ? [] : frame(carries);
    const length = bytes16(16 + inside.length);
    return [...both, ...length, 0, 0, 8, 0, 0, 0, ...bytes32(packet.tni * 256), ...inside];
  }
  if (protocol === UDP || protocol === UDP_LITE) return [...both, 0, 8, 0, 0];
  return [...both, ...Array<number>(12).fill(0)];
}

function ip(packet: Packet): number[] {
  const { protocol, source, destination, fragment } = packet;
  const body = transport(packet);
  const ends = [...addressBytes(source), ...addressBytes(destination)];
  // In units of eight bytes; of a first fragment more is to come.
  const place = fragment === null ? 0 : fragment.later ? 185 : 0;
  if (source.family === 4) {
    const more = fragment !== null && !fragment.later ? 0x2000 : 0;
    const head = [0x45, 0, ...bytes16(20 + body.length), ...bytes16(fragment?.id ?? 0)];
    return [...head, ...bytes16(more | place), 64, protocol, 0, 0, ...ends, ...body];
  }
  const more = fragment !== null && !fragment.later ? 1 : 0;
  const rest =
    fragment === null
      ? body
      : [protocol, 0, ...bytes16((place << 3) | more), ...bytes32(fragment.id), ...body];
  const next = fragment === null ? protocol : IPV6_FRAGMENT;
  return [0x60, 0, 0, 0, ...bytes16(rest.length), next, 64, ...ends, ...rest];
}

const etherType = (packet: Packet | null): number[] =>
  packet?.source.family === 6 ? [0x86, 0xdd] : [0x08, 0x00];

function frame(packet: Packet): number[] {
  const type = etherType(packet);
  const mac = (value: number | null, last: number): number[] =>
    value === null
      ? [2, 0, 0, 0, 0, last]
      : [...bytes16(Math.floor(value / 2 ** 32)), ...bytes32(value % 2 ** 32)];
  const tag = packet.vlan === 0 ? [] : [0x81, 0x00, ...bytes16(packet.vlan)];
  return [...mac(packet.dmac, 1), ...mac(packet.smac, 2), ...tag, ...type, ...ip(packet)];
}

/** A capture with nanoseconds. A tuple without a time gets 0, which moves no clock. */
export function captureOf(tuples: readonly Tuple[]): Uint8Array {
  const records = tuples.map((tuple) => {
    const milliseconds = Math.round((tuple.at ?? 0) * 1000);
    const content = frame(readTuple(tuple));
    const time = [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1_000_000];
    const lengths = [content.length, content.length];
    return [...[...time, ...lengths].flatMap(bytes32), ...content];
  });
  const header = [0xa1b23c4d, 0x00020004, 0, 0, 262_144, 1].flatMap(bytes32);
  return Uint8Array.from([header, ...records].flat());
}
