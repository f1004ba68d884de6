/**
 * Packets as bytes, for sessions and tests: what a builder makes and a session judges.
 *
 * Builders write real headers with right lengths and checksums; nothing of a packet but its bytes,
 * its time and, where it is said, its place decides a verdict.
 */
import { isUint8Array } from 'node:util/types';

import { argumentError, readFields, type ArgumentContext } from '../arguments.js';

/** Most bytes of a packet: the largest IPv6 datagram with an Ethernet header and tags. */
export const PACKET_BYTES_MAX = 65_535 + 40 + 64;

/** What the first byte belongs to: an Ethernet frame, or an IP header without a link layer. */
export type PacketLink = 'ethernet' | 'ip';

export interface Packet {
  readonly bytes: Uint8Array;
  readonly link: PacketLink;
  /** Seconds of virtual time; without it `after` counts. */
  readonly at: number | undefined;
  /** Seconds of virtual time since the packet before. */
  readonly after: number;
  /** As the endpoint sees it; without it every endpoint that owns an address judges. */
  readonly dir: 'in' | 'out' | undefined;
  /** Where it is judged when `dir` is given and the model has several endpoints. */
  readonly endpoint: string | undefined;
  /** What the receiver would answer; undefined where no answer is known, as to raw bytes. */
  readonly reply: (() => Packet) | undefined;
}

/** Where and when a packet is judged, and what it carries; every builder takes it. */
export interface PacketOptions {
  /** Seconds of virtual time, from 0. */
  readonly at?: number;
  /** Seconds of virtual time since the packet before; default 0. Not together with `at`. */
  readonly after?: number;
  readonly dir?: 'in' | 'out';
  /** Name of an endpoint, or of a container of its pod. */
  readonly endpoint?: string;
}

export const PLACE_FIELDS = ['at', 'after', 'dir', 'endpoint'] as const;

/** Virtual time ends after some 285 years: nanoseconds are kept in 64 bits. */
export const SECONDS_MAX = 9e9;

export function contextOf(of: string): ArgumentContext {
  return { code: 'bad-packet', of };
}

export type PacketPlace = Pick<Packet, 'at' | 'after' | 'dir' | 'endpoint'>;

/** @throws {PortaclError} bad-packet */
export function readPlace(
  fields: Partial<Record<(typeof PLACE_FIELDS)[number], unknown>>,
  context: ArgumentContext,
): PacketPlace {
  const { dir, endpoint } = fields;
  if (dir !== undefined && dir !== 'in' && dir !== 'out') {
    throw argumentError(context, 'dir', dir, '"in" or "out"');
  }
  if (endpoint !== undefined && typeof endpoint !== 'string') {
    throw argumentError(context, 'endpoint', endpoint, 'the name of an endpoint');
  }
  const at = seconds('at', fields.at, context);
  const after = seconds('after', fields.after, context);
  if (at !== undefined && after !== undefined) {
    throw argumentError(context, 'after', after, 'nothing beside at');
  }
  return { at, after: after ?? 0, dir, endpoint };
}

function seconds(name: string, value: unknown, context: ArgumentContext): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= SECONDS_MAX) return value;
  throw argumentError(context, name, value, `seconds from 0 to ${SECONDS_MAX}`);
}

/** Text as UTF-8, or bytes. @throws {PortaclError} bad-packet */
export function readPayload(value: unknown, context: ArgumentContext): Uint8Array {
  if (value === undefined) return EMPTY;
  if (typeof value === 'string' && value.length <= PACKET_BYTES_MAX) {
    return new TextEncoder().encode(value);
  }
  if (isUint8Array(value) && value.byteLength <= PACKET_BYTES_MAX) {
    // Bytes that were transferred away read as none.
    return value.byteLength === 0 ? EMPTY : value;
  }
  throw argumentError(context, 'payload', value, 'a short text or a Uint8Array');
}

const EMPTY = new Uint8Array(0);

/** All packets have one shape, which is what makes reading them cheap. */
export function packetOf(
  bytes: Uint8Array,
  link: PacketLink,
  { at, after, dir, endpoint }: PacketPlace,
  reply?: () => Packet,
): Packet {
  return { bytes, link, at, after, dir, endpoint, reply };
}

export interface RawOptions extends PacketOptions {
  /** Default: `ethernet`. */
  readonly link?: PacketLink;
}

/**
 * Bytes as they are; what is wrong with them is the engine's to say. The bytes are copied.
 *
 * @throws {PortaclError} bad-packet
 */
export function raw(bytes: Uint8Array, options?: RawOptions): Packet {
  const context = contextOf('raw');
  const fields = readFields(options, [...PLACE_FIELDS, 'link'], context);
  const { link = 'ethernet' } = fields;
  if (link !== 'ethernet' && link !== 'ip') {
    throw argumentError(context, 'link', link, '"ethernet" or "ip"');
  }
  if (!isUint8Array(bytes) || bytes.byteLength > PACKET_BYTES_MAX) {
    throw argumentError(context, 'bytes', bytes, `a Uint8Array of at most ${PACKET_BYTES_MAX}`);
  }
  return packetOf(bytes.slice(), link, readPlace(fields, context));
}
