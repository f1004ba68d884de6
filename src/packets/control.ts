/** ICMP, ICMPv6, IGMP, and IP packets of any protocol. */
import { isUint8Array } from 'node:util/types';

import { argumentError, readFields, readInteger, type ArgumentContext } from '../arguments.js';
import {
  IP_FIELDS,
  PROTOCOL,
  checksum,
  ipPacketBytes,
  readIpHeader,
  transportChecksum,
  viewOf,
  type IpHeader,
  type IpOptions,
} from './ip.js';
import {
  PLACE_FIELDS,
  contextOf,
  packetOf,
  readPayload,
  readPlace,
  type Packet,
  type PacketOptions,
} from './packet.js';
import { answersOf } from './transport.js';

/** Source: RFC 792, RFC 4443, RFC 4861. */
const ICMP_TYPE = {
  'echo-reply': 0,
  'destination-unreachable': 3,
  'echo-request': 8,
  'time-exceeded': 11,
} as const;
const ICMP6_TYPE = {
  'destination-unreachable': 1,
  'packet-too-big': 2,
  'time-exceeded': 3,
  'echo-request': 128,
  'echo-reply': 129,
  'neighbor-solicitation': 135,
  'neighbor-advertisement': 136,
} as const;

export interface IpPacketOptions extends PacketOptions, IpOptions {
  readonly payload?: string | Uint8Array;
}

interface IcmpMessageOptions<Type extends string> extends PacketOptions {
  readonly ttl?: number;
  /** Name or number; default: an echo request. */
  readonly type?: Type | number;
  /** Default 0. */
  readonly code?: number;
  /** Identifier of a query; default 1. */
  readonly id?: number;
  /** Sequence number of a query; default 1. */
  readonly seq?: number;
  readonly payload?: string | Uint8Array;
  /** The packet that an error is about; its first bytes become the payload. */
  readonly quoted?: Packet;
}
export type IcmpOptions = IcmpMessageOptions<keyof typeof ICMP_TYPE>;
export type Icmp6Options = IcmpMessageOptions<keyof typeof ICMP6_TYPE>;

const ICMP_FIELDS = [
  ...PLACE_FIELDS,
  ...(['ttl', 'type', 'code', 'id', 'seq', 'payload', 'quoted'] as const),
];
/** Bytes of a packet that an error quotes at most. Source: RFC 1812 4.3.2.3, RFC 4443 2.4. */
const QUOTED_BYTES_MAX = { 4: 548, 6: 1192 } as const;

/**
 * An ICMP message between IPv4 addresses; without `type` an echo request, whose reply is known.
 *
 * @throws {PortaclError} bad-packet
 */
export function icmp(source: string, destination: string, options?: IcmpOptions): Packet {
  return icmpPacket('icmp', source, destination, options);
}

/**
 * An ICMPv6 message; without `type` an echo request, whose reply is known.
 *
 * @throws {PortaclError} bad-packet
 */
export function icmp6(source: string, destination: string, options?: Icmp6Options): Packet {
  return icmpPacket('icmp6', source, destination, options);
}

function icmpPacket(
  name: 'icmp' | 'icmp6',
  source: string,
  destination: string,
  options: IcmpMessageOptions<string> | undefined,
): Packet {
  const context = contextOf(name);
  const fields = readFields(options, ICMP_FIELDS, context);
  const types: Readonly<Record<string, number>> = name === 'icmp' ? ICMP_TYPE : ICMP6_TYPE;
  const protocol = name === 'icmp' ? PROTOCOL.icmp : PROTOCOL.icmpv6;
  const header = readIpHeader(source, destination, protocol, { ttl: fields.ttl }, context);
  if ((header.source.length === 4) !== (name === 'icmp')) {
    throw argumentError(context, 'the source', source, `an IPv${name === 'icmp' ? 4 : 6} address`);
  }
  const type = readType(fields.type, types, context);
  const number = { max: 65_535, fallback: 1 };
  const id = readInteger(fields.id, 'id', number, context);
  const seq = readInteger(fields.seq, 'seq', number, context);
  const isQuery = type === types['echo-request'] || type === types['echo-reply'];
  const rest = fields.quoted === undefined && (isQuery || fields.id !== undefined);

  const payload =
    fields.quoted === undefined
      ? readPayload(fields.payload, context)
      : readQuoted(fields.quoted, header, context);
  const message = new Uint8Array(8 + payload.length);
  const view = viewOf(message);
  message[0] = type;
  message[1] = readInteger(fields.code, 'code', { max: 255, fallback: 0 }, context);
  if (rest) {
    view.setUint16(4, id);
    view.setUint16(6, seq);
  }
  message.set(payload, 8);
  view.setUint16(2, name === 'icmp' ? checksum(message) : transportChecksum(header, message));

  const place = readPlace(fields, context);
  const reply = (): Packet =>
    icmpPacket(name, destination, source, {
      ...answersOf(place),
      ...{ type: 'echo-reply', id, seq, payload },
    });
  const known = type === types['echo-request'] ? reply : undefined;
  return packetOf(ipPacketBytes(header, message, context), 'ip', place, known);
}

function readType(
  value: unknown,
  types: Readonly<Record<string, number>>,
  context: ArgumentContext,
): number {
  if (typeof value === 'string' && Object.hasOwn(types, value)) return types[value]!;
  if (typeof value === 'string') {
    const accepted = `a number from 0 to 255 or one of ${Object.keys(types).join(', ')}`;
    throw argumentError(context, 'type', value, accepted);
  }
  return readInteger(value, 'type', { max: 255, fallback: types['echo-request']! }, context);
}

function readQuoted(value: unknown, header: IpHeader, context: ArgumentContext): Uint8Array {
  const { bytes, link } = (typeof value === 'object' && value !== null ? value : {}) as Packet;
  if (!isUint8Array(bytes) || link !== 'ip') {
    throw argumentError(context, 'quoted', value, 'an IP packet of a builder');
  }
  return bytes.subarray(0, QUOTED_BYTES_MAX[header.source.length === 4 ? 4 : 6]);
}

export interface IgmpOptions extends PacketOptions, IpOptions {
  /** 0x11 query, 0x12 and 0x16 (default) reports, 0x17 leave, 0x22 report of version 3. */
  readonly type?: number;
  /** The group it is about; default: the destination. */
  readonly group?: string;
}

/** Source: RFC 3376 4.2: "change to exclude mode" of no source, which is to join. */
const IGMP3_REPORT = 0x22;
const IGMP3_JOIN = 4;

/**
 * An IGMP message; a report of version 3 joins the group. Source: RFC 2236 2, RFC 3376 4.2.
 *
 * @throws {PortaclError} bad-packet
 */
export function igmp(source: string, destination: string, options?: IgmpOptions): Packet {
  const context = contextOf('igmp');
  const fields = readFields(options, [...PLACE_FIELDS, ...IP_FIELDS, 'type', 'group'], context);
  const header = readIpHeader(source, destination, PROTOCOL.igmp, { ttl: 1, ...fields }, context);
  const group = readIpHeader(source, fields.group ?? destination, PROTOCOL.igmp, {}, context);
  if (header.source.length !== 4) {
    throw argumentError(context, 'the source', source, 'an IPv4 address');
  }
  const type = readInteger(fields.type, 'type', { max: 255, fallback: 0x16 }, context);
  const message = new Uint8Array(type === IGMP3_REPORT ? 16 : 8);
  message[0] = type;
  if (type === IGMP3_REPORT) message.set([0, 1, IGMP3_JOIN], 6); // one record
  message.set(group.destination, message.length - 4);
  viewOf(message).setUint16(2, checksum(message));
  return packetOf(ipPacketBytes(header, message, context), 'ip', readPlace(fields, context));
}

/**
 * An IP packet of any protocol: GRE is 47, SCTP 132. Its reply is the same the other way.
 *
 * @throws {PortaclError} bad-packet
 */
export function ip(
  source: string,
  destination: string,
  protocol: number,
  options?: IpPacketOptions,
): Packet {
  const context = contextOf('ip');
  const fields = readFields(options, [...PLACE_FIELDS, ...IP_FIELDS, 'payload'], context);
  const number = readInteger(protocol, 'protocol', { max: 255 }, context);
  const header = readIpHeader(source, destination, number, fields, context);
  const payload = readPayload(fields.payload, context);
  const place = readPlace(fields, context);
  const reply = (): Packet =>
    ip(destination, source, protocol, { ...answersOf(place), payload: payload.slice() });
  return packetOf(ipPacketBytes(header, payload, context), 'ip', place, reply);
}
