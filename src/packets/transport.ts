/** TCP and UDP. */
import { argumentError, readFields, readInteger, type ArgumentContext } from '../arguments.js';
import {
  IP_FIELDS,
  PROTOCOL,
  ipPacketBytes,
  readIpHeader,
  transportChecksum,
  viewOf,
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

/** Address and port: `10.1.0.5:80` or `[fd00::1]:80`. */
export type SocketAddress = string;

export interface UdpOptions extends PacketOptions, IpOptions {
  readonly payload?: string | Uint8Array;
}

export interface TcpOptions extends UdpOptions {
  /** Bits, or letters of `FSRPAU`; default `S`. */
  readonly flags?: number | string;
  /** Default 0. */
  readonly seq?: number;
  readonly ack?: number;
}

const UDP_FIELDS = [...PLACE_FIELDS, ...IP_FIELDS, 'payload'] as const;
const TCP_FIELDS = [...UDP_FIELDS, 'flags', 'seq', 'ack'] as const;
const TCP_FLAG: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };
const FIN = 1;
const SYN = 2;
const ACK = 16;
const TCP_HEADER_BYTES = 20;
/** A SYN offers a segment size of 1460, as every Windows stack does. Source: RFC 9293 3.7.1. */
const SEGMENT_SIZE_OPTION = [2, 4, 0x05, 0xb4];
const WINDOW = 0xfaf0;

interface Socket {
  readonly address: string;
  readonly port: number;
}

/** @throws {PortaclError} bad-packet */
export function readSocket(name: string, value: unknown, context: ArgumentContext): Socket {
  const accepted = 'address:port, an IPv6 address in brackets';
  if (typeof value !== 'string' || value.length > 64) {
    throw argumentError(context, name, value, accepted);
  }
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(value);
  const port = Number(parts?.[3]);
  if (parts === null || port > 65_535) throw argumentError(context, name, value, accepted);
  return { address: (parts[1] ?? parts[2])!, port };
}

/**
 * A TCP segment; without `flags` a SYN. Its reply: SYN+ACK to a SYN, ACK to everything else.
 *
 * @throws {PortaclError} bad-packet
 */
export function tcp(
  source: SocketAddress,
  destination: SocketAddress,
  options?: TcpOptions,
): Packet {
  const context = contextOf('tcp');
  const fields = readFields(options, TCP_FIELDS, context);
  const from = readSocket('the source', source, context);
  const to = readSocket('the destination', destination, context);
  const header = readIpHeader(from.address, to.address, PROTOCOL.tcp, fields, context);
  const payload = readPayload(fields.payload, context);
  const flags = readTcpFlags(fields.flags, context);
  const number = { max: 0xffffffff, fallback: 0 };
  const seq = readInteger(fields.seq, 'seq', number, context);
  const ack = readInteger(fields.ack, 'ack', number, context);

  const offered = flags & SYN ? SEGMENT_SIZE_OPTION : [];
  const segment = new Uint8Array(TCP_HEADER_BYTES + offered.length + payload.length);
  const view = viewOf(segment);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, seq);
  view.setUint32(8, ack);
  segment[12] = (TCP_HEADER_BYTES + offered.length) << 2;
  segment[13] = flags;
  view.setUint16(14, WINDOW);
  segment.set(offered, TCP_HEADER_BYTES);
  segment.set(payload, TCP_HEADER_BYTES + offered.length);
  view.setUint16(16, transportChecksum(header, segment));

  const place = readPlace(fields, context);
  const consumed = payload.length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
  const reply = (): Packet =>
    tcp(destination, source, {
      ...answersOf(place),
      flags: flags & SYN ? SYN | ACK : ACK,
      seq: ack,
      ack: (seq + consumed) % 2 ** 32,
    });
  return packetOf(ipPacketBytes(header, segment, context), 'ip', place, reply);
}

function readTcpFlags(value: unknown, context: ArgumentContext): number {
  if (typeof value === 'string' && /^[FSRPAU]{0,6}$/i.test(value)) {
    return Array.from(value.toUpperCase()).reduce((bits, letter) => bits | TCP_FLAG[letter]!, 0);
  }
  if (typeof value === 'string') {
    throw argumentError(context, 'flags', value, 'a number from 0 to 255 or letters of FSRPAU');
  }
  return readInteger(value, 'flags', { max: 255, fallback: SYN }, context);
}

/**
 * A UDP datagram. Its reply: one without payload the other way.
 *
 * @throws {PortaclError} bad-packet
 */
export function udp(
  source: SocketAddress,
  destination: SocketAddress,
  options?: UdpOptions,
): Packet {
  const context = contextOf('udp');
  const fields = readFields(options, UDP_FIELDS, context);
  const from = readSocket('the source', source, context);
  const to = readSocket('the destination', destination, context);
  const header = readIpHeader(from.address, to.address, PROTOCOL.udp, fields, context);
  const message = udpMessage(from.port, to.port, readPayload(fields.payload, context));
  // A computed zero is sent as all ones, since zero means "no checksum". Source: RFC 768.
  viewOf(message).setUint16(6, transportChecksum(header, message) || 0xffff);
  const place = readPlace(fields, context);
  const reply = (): Packet => udp(destination, source, answersOf(place));
  return packetOf(ipPacketBytes(header, message, context), 'ip', place, reply);
}

function udpMessage(sourcePort: number, destinationPort: number, payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(8 + payload.length);
  const view = viewOf(message);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint16(4, message.length);
  message.set(payload, 8);
  return message;
}

/** Where an answer is judged: at the same endpoint, in the other direction. */
export function answersOf({ dir, endpoint }: Pick<Packet, 'dir' | 'endpoint'>): PacketOptions {
  return {
    ...(dir === undefined ? {} : { dir: dir === 'in' ? 'out' : 'in' }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}
