/** IP headers, and the checksum that they and what follows them carry. */
import { argumentError, readInteger, type ArgumentContext } from '../arguments.js';
import { parseIpAddress } from '../normalise/address.js';

export const PROTOCOL = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  fragment: 44,
  icmpv6: 58,
} as const;

/** An address in network order: 4 or 16 bytes. */
export type AddressBytes = Uint8Array;

export interface IpHeader {
  readonly source: AddressBytes;
  readonly destination: AddressBytes;
  readonly protocol: number;
  /** Time to live, or hop limit. */
  readonly ttl: number;
  /** IPv4 identification. */
  readonly id: number;
}

export const IPV4_HEADER_BYTES = 20;
export const IPV6_HEADER_BYTES = 40;
const PAYLOAD_BYTES_MAX = 65_535 - IPV4_HEADER_BYTES;
/** What Windows sends with. */
const TTL = 128;
const DONT_FRAGMENT = 0x4000;

export const IP_FIELDS = ['ttl', 'id'] as const;

/** What every builder of an IP packet takes. */
export interface IpOptions {
  /** Time to live or hop limit; default 128, as Windows. */
  readonly ttl?: number;
  /** IPv4 identification; default 0. */
  readonly id?: number;
}

/** @throws {PortaclError} bad-packet, also for addresses of two families */
export function readIpHeader(
  source: unknown,
  destination: unknown,
  protocol: number,
  fields: Partial<Record<(typeof IP_FIELDS)[number], unknown>>,
  context: ArgumentContext,
): IpHeader {
  const header = {
    source: readAddress('the source', source, context),
    destination: readAddress('the destination', destination, context),
    protocol,
    ttl: readInteger(fields.ttl, 'ttl', { max: 255, fallback: TTL }, context),
    id: readInteger(fields.id, 'id', { max: 65_535, fallback: 0 }, context),
  };
  if (header.source.length !== header.destination.length) {
    throw argumentError(context, 'the destination', destination, 'of the family of the source');
  }
  return header;
}

function readAddress(name: string, value: unknown, context: ArgumentContext): AddressBytes {
  const address = typeof value === 'string' ? parseIpAddress(value) : null;
  if (address === null) throw argumentError(context, name, value, 'an IPv4 or IPv6 address');
  const bytes = new Uint8Array(address.family === 4 ? 4 : 16);
  let rest = address.value;
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

/**
 * Header and payload as one packet.
 *
 * @throws {PortaclError} bad-packet when the payload is longer than a datagram can be
 */
export function ipPacketBytes(
  header: IpHeader,
  payload: Uint8Array,
  context: ArgumentContext,
): Uint8Array {
  if (payload.length > PAYLOAD_BYTES_MAX) {
    const accepted = `at most ${PAYLOAD_BYTES_MAX} with its headers`;
    throw argumentError(context, 'the length of the payload', payload.length, accepted);
  }
  const ipv4 = header.source.length === 4;
  const bytes = new Uint8Array((ipv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES) + payload.length);
  if (ipv4) writeIpv4(bytes, header);
  else writeIpv6(bytes, header);
  bytes.set(payload, bytes.length - payload.length);
  return bytes;
}

/** Source: RFC 791 3.1. */
function writeIpv4(bytes: Uint8Array, { source, destination, protocol, ttl, id }: IpHeader): void {
  const view = viewOf(bytes);
  bytes[0] = 0x45;
  view.setUint16(2, bytes.length);
  view.setUint16(4, id);
  view.setUint16(6, DONT_FRAGMENT);
  bytes[8] = ttl;
  bytes[9] = protocol;
  bytes.set(source, 12);
  bytes.set(destination, 16);
  view.setUint16(10, checksum(bytes.subarray(0, IPV4_HEADER_BYTES)));
}

/** Source: RFC 8200 3. */
function writeIpv6(bytes: Uint8Array, { source, destination, protocol, ttl }: IpHeader): void {
  bytes[0] = 0x60;
  viewOf(bytes).setUint16(4, bytes.length - IPV6_HEADER_BYTES);
  bytes[6] = protocol;
  bytes[7] = ttl;
  bytes.set(source, 8);
  bytes.set(destination, 24);
}

/** The Internet checksum over `parts` together; only the last may be of odd length. Source: RFC 1071. */
export function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const bytes of parts) {
    for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The checksum of a transport message with its pseudo header. Source: RFC 9293 3.1, RFC 8200 8.1. */
export function transportChecksum(header: IpHeader, message: Uint8Array): number {
  const tail = new Uint8Array(header.source.length === 4 ? 4 : 8);
  const view = viewOf(tail);
  if (header.source.length === 4) {
    tail[1] = header.protocol;
    view.setUint16(2, message.length);
  } else {
    view.setUint32(0, message.length);
    tail[7] = header.protocol;
  }
  return checksum(header.source, header.destination, tail, message);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
