/** Packets of a call as one buffer for the engine: rows of PACKET_TABLE, then their bytes. */
import { argumentError, shownValue, type ArgumentContext } from '../arguments.js';
import { PortaclError } from '../errors.js';
import { PACKET_BYTES_MAX, SECONDS_MAX, type Packet } from '../packets/packet.js';
import { DIRECTION, NONE, PACKET_FLAG, PACKET_TABLE, rowBytes } from '../program/layout.js';

const ROW_BYTES = rowBytes(PACKET_TABLE);
const ROW_WORDS = ROW_BYTES / 4;
/** Most packets of one call; more are sent in parts. */
export const CALL_PACKETS_MAX = 1 << 20;
const FIRST_BYTES = 4096;
/** A longer buffer is not kept for the next call. */
const KEPT_BYTES_MAX = 1 << 20;

export interface PacketPacker {
  /**
   * Packs packets that come after `nowNs` and gives the time of the last; `input` holds them until
   * the next call.
   *
   * @throws {PortaclError} bad-packet; nothing is packed then
   */
  pack(packets: readonly Packet[], nowNs: number): number;
  readonly input: Uint8Array;
}

/** Where a packet with `dir` is judged. @throws {PortaclError} bad-packet */
export type EndpointOf = (endpoint: string | undefined) => number;

const CONTEXT: ArgumentContext = { code: 'bad-packet', of: 'send' };

export function packetPacker(endpointOf: EndpointOf): PacketPacker {
  let input = new Uint8Array(FIRST_BYTES);
  let words = new Uint32Array(input.buffer);

  const reserve = (bytes: number, used: number): void => {
    if (bytes <= input.length && (input.length <= KEPT_BYTES_MAX || used > 0)) return;
    const bigger = new Uint8Array(Math.max(FIRST_BYTES, 2 ** Math.ceil(Math.log2(bytes))));
    bigger.set(input.subarray(0, used));
    input = bigger;
    words = new Uint32Array(input.buffer);
  };

  /** All of a row but its time, and the bytes, which end where the answer says. */
  const packOne = (packet: Packet, word: number, at: number): number => {
    const { bytes } = packet;
    const { link, dir }: { link: unknown; dir: unknown } = packet;
    // Read at once, where `byteLength` would be a call.
    const { length } = bytes;
    if (!(bytes instanceof Uint8Array) || length === 0 || length > PACKET_BYTES_MAX) {
      throw argumentError(CONTEXT, 'bytes', bytes, `1 to ${PACKET_BYTES_MAX} bytes`);
    }
    if (link !== 'ip' && link !== 'ethernet') {
      throw argumentError(CONTEXT, 'link', link, '"ethernet" or "ip"');
    }
    reserve(at + length, at);
    words[word + 2] = at;
    words[word + 3] = length;
    let flags = link === 'ip' ? PACKET_FLAG.raw_ip : 0;
    let direction = 0;
    words[word + 4] = NONE;
    if (dir !== undefined) {
      if (dir !== 'in' && dir !== 'out') throw argumentError(CONTEXT, 'dir', dir, '"in" or "out"');
      words[word + 4] = endpointOf(packet.endpoint);
      direction = DIRECTION[dir];
      flags |= PACKET_FLAG.has_direction;
    }
    words[word + 5] = direction | (flags << 8);
    input.set(bytes, at);
    return at + length;
  };

  return {
    get input() {
      return input;
    },
    pack(packets, nowNs) {
      const count = packets.length;
      if (count > CALL_PACKETS_MAX) {
        throw argumentError(CONTEXT, 'the number of packets', count, `up to ${CALL_PACKETS_MAX}`);
      }
      let at = count * ROW_BYTES;
      let timeNs = nowNs;
      // Nanoseconds are no whole numbers of 32 bits: their halves are worked out when they change.
      let low = timeNs % 2 ** 32;
      let high = timeNs / 2 ** 32;
      reserve(at, 0);
      for (let row = 0; row < count; row++) {
        const packet = packets[row]!;
        const word = row * ROW_WORDS;
        try {
          at = packOne(packet, word, at);
          if (packet.at !== undefined || packet.after !== 0) {
            timeNs = timeOf(packet, timeNs);
            low = timeNs % 2 ** 32;
            high = timeNs / 2 ** 32;
          }
        } catch (error) {
          throw refusal(error, packet, row);
        }
        words[word] = low;
        words[word + 1] = high;
      }
      return timeNs;
    },
  };
}

/** The clock never runs backwards. Source: docs/SEMANTICS.md 5.1. */
function timeOf({ at, after }: Packet, nowNs: number): number {
  const seconds = at ?? after;
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= SECONDS_MAX)) {
    const name = at === undefined ? 'after' : 'at';
    throw argumentError(CONTEXT, name, seconds, `seconds from 0 to ${SECONDS_MAX}`);
  }
  const ns = Math.round(seconds * 1e9);
  return Math.min(at === undefined ? nowNs + ns : Math.max(nowNs, ns), SECONDS_MAX * 1e9);
}

/** An error of ours as it is; what a strange object throws when it is read, as the packet's fault. */
function refusal(error: unknown, packet: unknown, index: number): PortaclError {
  if (error instanceof PortaclError) return error;
  return new PortaclError(
    'bad-packet',
    `send: packet ${index} is ${shownValue(packet)}; accepted is what a packet builder makes`,
    { cause: error },
  );
}
