/** Packets around and in pieces of packets: Ethernet, VLAN tags, VXLAN, fragments. */
import { isUint8Array } from 'node:util/types';

import { argumentError, readFields, readInteger, type ArgumentContext } from '../arguments.js';
import { parseMac } from '../normalise/address.js';
import {
  IPV4_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  PROTOCOL,
  checksum,
  viewOf,
  type IpOptions,
} from './ip.js';
import { PLACE_FIELDS, contextOf, packetOf, type Packet, type PacketOptions } from './packet.js';
import { udp } from './transport.js';

const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100 } as const;
const MACS_BYTES = 12;
/** Locally administered, so that they are nobody's. */
const SOURCE_MAC = '02-00-00-00-00-01';
const DESTINATION_MAC = '02-00-00-00-00-02';

export interface EthernetOptions {
  /** Six bytes with hyphens or colons between them. */
  readonly sourceMac?: string;
  readonly destinationMac?: string;
}

/**
 * An IP packet in an Ethernet frame. MAC addresses tell endpoints apart that share an address
 * (docs/SEMANTICS.md 2.1).
 *
 * @throws {PortaclError} bad-packet
 */
export function ethernet(packet: Packet, options?: EthernetOptions): Packet {
  const context = contextOf('ethernet');
  const { sourceMac, destinationMac } = readFields(
    options,
    ['sourceMac', 'destinationMac'],
    context,
  );
  const { bytes, link } = readPacket(packet, context);
  if (link !== 'ip') throw argumentError(context, 'the packet', packet, 'an IP packet');
  const frame = new Uint8Array(MACS_BYTES + 2 + bytes.length);
  frame.set(readMac('destinationMac', destinationMac ?? DESTINATION_MAC, context), 0);
  frame.set(readMac('sourceMac', sourceMac ?? SOURCE_MAC, context), 6);
  const type = bytes[0]! >> 4 === 6 ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4;
  viewOf(frame).setUint16(MACS_BYTES, type);
  frame.set(bytes, MACS_BYTES + 2);
  return wrapped(packet, frame, (inner) =>
    ethernet(inner, {
      sourceMac: (destinationMac ?? DESTINATION_MAC) as string,
      destinationMac: (sourceMac ?? SOURCE_MAC) as string,
    }),
  );
}

function readMac(name: string, value: unknown, context: ArgumentContext): Uint8Array {
  const mac = typeof value === 'string' ? parseMac(value) : null;
  if (mac === null) throw argumentError(context, name, value, 'a MAC address');
  return Uint8Array.from([40n, 32n, 24n, 16n, 8n, 0n], (shift) => Number((mac >> shift) & 255n));
}

export interface VlanOptions {
  /** Priority code point; default 0. */
  readonly priority?: number;
  /** Ethertype of the tag; default 0x8100. 0x88a8 is the outer one of two. */
  readonly ethertype?: number;
}

/**
 * A frame with one VLAN tag more, outermost; an IP packet gets an Ethernet header first.
 * Source: IEEE 802.1Q 9.6.
 *
 * @throws {PortaclError} bad-packet
 */
export function vlan(id: number, packet: Packet, options?: VlanOptions): Packet {
  const context = contextOf('vlan');
  const fields = readFields(options, ['priority', 'ethertype'], context);
  const tag = readInteger(id, 'id', { max: 4095 }, context);
  const priority = readInteger(fields.priority, 'priority', { max: 7, fallback: 0 }, context);
  const type = { max: 0xffff, fallback: ETHERTYPE.vlan };
  const ethertype = readInteger(fields.ethertype, 'ethertype', type, context);
  const { bytes } = frameOf(packet, context);
  const frame = new Uint8Array(bytes.length + 4);
  frame.set(bytes.subarray(0, MACS_BYTES));
  viewOf(frame).setUint16(MACS_BYTES, ethertype);
  viewOf(frame).setUint16(MACS_BYTES + 2, (priority << 13) | tag);
  frame.set(bytes.subarray(MACS_BYTES), MACS_BYTES + 4);
  return wrapped(packet, frame, (inner) => vlan(id, inner, { priority, ethertype }));
}

export interface VxlanOptions extends PacketOptions, IpOptions {
  /** Source port of the tunnel; default 49152. */
  readonly port?: number;
}

/** Source: RFC 7348 5. */
const VXLAN_PORT = 4789;
const VNI_VALID = 0x08;

/**
 * A frame in a VXLAN tunnel between two hosts; an IP packet gets an Ethernet header first. Time and
 * place are those of the options, not of the packet inside.
 *
 * @throws {PortaclError} bad-packet
 */
export function vxlan(
  source: string,
  destination: string,
  vni: number,
  packet: Packet,
  options?: VxlanOptions,
): Packet {
  const context = contextOf('vxlan');
  const fields = readFields(options, [...PLACE_FIELDS, 'ttl', 'id', 'port'], context);
  const number = { max: 65_535, fallback: 49_152 };
  const { port, ...rest } = { ...fields, port: readInteger(fields.port, 'port', number, context) };
  const network = readInteger(vni, 'vni', { max: 0xffffff }, context);
  const { bytes } = frameOf(packet, context);
  const payload = new Uint8Array(8 + bytes.length);
  payload[0] = VNI_VALID;
  viewOf(payload).setUint32(4, network * 256);
  payload.set(bytes, 8);
  const outer = { ...(rest as PacketOptions), payload };
  return { ...udp(socket(source, port), socket(destination, VXLAN_PORT), outer), reply: undefined };
}

function socket(address: string, port: number): string {
  const text: unknown = address;
  return typeof text === 'string' && text.includes(':')
    ? `[${text}]:${port}`
    : `${address}:${port}`;
}

export interface FragmentOptions {
  /** Most bytes of an IP packet; default 1280. */
  readonly mtu?: number;
  /** Identification; default 1. */
  readonly id?: number;
}

/**
 * The fragments of an IP packet in order; a packet that fits is given back whole.
 * Source: RFC 791 3.2, RFC 8200 4.5. IPv4 options and IPv6 extension headers are not split.
 *
 * @throws {PortaclError} bad-packet
 */
export function fragment(packet: Packet, options?: FragmentOptions): Packet[] {
  const context = contextOf('fragment');
  const fields = readFields(options, ['mtu', 'id'], context);
  const mtu = readInteger(fields.mtu, 'mtu', { min: 68, max: 65_535, fallback: 1280 }, context);
  const id = readInteger(fields.id, 'id', { max: 0xffffffff, fallback: 1 }, context);
  const { bytes, link } = readPacket(packet, context);
  const family = bytes[0]! >> 4;
  const plain = family === 4 ? bytes[0] === 0x45 : family === 6;
  if (link !== 'ip' || !plain) {
    throw argumentError(context, 'the packet', packet, 'an IP packet of a builder');
  }
  if (bytes.length <= mtu) return [packet];
  return family === 4 ? fragmentsIpv4(packet, mtu, id) : fragmentsIpv6(packet, mtu, id);
}

function fragmentsIpv4(packet: Packet, mtu: number, id: number): Packet[] {
  const header = packet.bytes.subarray(0, IPV4_HEADER_BYTES);
  return pieces(packet.bytes.subarray(IPV4_HEADER_BYTES), mtu - IPV4_HEADER_BYTES).map(
    ({ bytes, offset, more }, i) => {
      const piece = joined(header, bytes);
      const view = viewOf(piece);
      view.setUint16(2, piece.length);
      view.setUint16(4, id & 0xffff);
      view.setUint16(6, (more ? 0x2000 : 0) | (offset / 8));
      view.setUint16(10, 0);
      view.setUint16(10, checksum(piece.subarray(0, IPV4_HEADER_BYTES)));
      return pieceOf(packet, piece, i);
    },
  );
}

function fragmentsIpv6(packet: Packet, mtu: number, id: number): Packet[] {
  const room = mtu - IPV6_HEADER_BYTES - 8;
  return pieces(packet.bytes.subarray(IPV6_HEADER_BYTES), room).map(
    ({ bytes, offset, more }, i) => {
      const header = new Uint8Array(IPV6_HEADER_BYTES + 8);
      header.set(packet.bytes.subarray(0, IPV6_HEADER_BYTES));
      header[IPV6_HEADER_BYTES] = header[6]!;
      header[6] = PROTOCOL.fragment;
      const view = viewOf(header);
      view.setUint16(4, bytes.length + 8);
      view.setUint16(IPV6_HEADER_BYTES + 2, offset | (more ? 1 : 0));
      view.setUint32(IPV6_HEADER_BYTES + 4, id);
      return pieceOf(packet, joined(header, bytes), i);
    },
  );
}

/** What follows the header, in runs whose offsets are multiples of eight. */
function pieces(
  payload: Uint8Array,
  room: number,
): { bytes: Uint8Array; offset: number; more: boolean }[] {
  const step = Math.max(8, room - (room % 8));
  const count = Math.ceil(payload.length / step);
  return Array.from({ length: count }, (_, i) => ({
    bytes: payload.subarray(i * step, (i + 1) * step),
    offset: i * step,
    more: i < count - 1,
  }));
}

/** The first piece keeps the time of the packet, the others follow at once. */
function pieceOf({ at, after, dir, endpoint }: Packet, bytes: Uint8Array, index: number): Packet {
  return packetOf(bytes, 'ip', { at, after: index === 0 ? after : 0, dir, endpoint });
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

/** The packet as an Ethernet frame. */
function frameOf(packet: Packet, context: ArgumentContext): Packet {
  const { link } = readPacket(packet, context);
  return link === 'ethernet' ? packet : ethernet(packet);
}

/** @throws {PortaclError} bad-packet for what no builder made */
function readPacket(packet: Packet, context: ArgumentContext): Packet {
  const value: unknown = packet;
  const { bytes } = (typeof value === 'object' && value !== null ? value : {}) as Packet;
  if (!isUint8Array(bytes) || bytes.length === 0) {
    throw argumentError(context, 'the packet', value, 'a packet of a builder');
  }
  if (context.of === 'vlan' && packet.link === 'ethernet' && bytes.length < MACS_BYTES + 2) {
    throw argumentError(context, 'the packet', value, 'a whole Ethernet frame');
  }
  return packet;
}

/** The same packet with another header around it, its answer too. */
function wrapped(packet: Packet, bytes: Uint8Array, wrap: (inner: Packet) => Packet): Packet {
  const { reply } = packet;
  return packetOf(bytes, 'ethernet', packet, reply && (() => wrap(reply())));
}
