/** Captures that are made while they are read: Ethernet frames of 60 bytes between the pod and peers. */
import { feedBytes } from '../captures/feed.js';
import { loadBinding } from '../native/binding.js';
import type { NativeByteChannel } from '../native/capture-types.js';
import { BENCH_POD } from './bench-models.js';

/** What of a packet varies. */
export interface PacketFields {
  /** To the pod, else from it. */
  inbound: boolean;
  protocol: 6 | 17;
  peer: number;
  peerPort: number;
  podPort: number;
  tcpFlags: number;
}

/** Packets by their number; writes into `out`, which is used again. */
export type PacketMaker = (index: number, out: PacketFields) => void;

const FRAME_BYTES = 60;
const RECORD_BYTES = 16 + FRAME_BYTES;
const CHUNK_RECORDS = 8192;
const NANOSECOND_MAGIC = 0xa1b23c4d;
/** Ten million packets a second of capture time. */
const STEP_NS = 100;
const STEPS_PER_SECOND = 1e9 / STEP_NS;

/** A channel that gives `count` packets; the first is packet number `from` of the clock. */
export function packetStream(count: number, from: number, make: PacketMaker): NativeByteChannel {
  const { ByteChannel } = loadBinding();
  return feedBytes((wanted) => new ByteChannel(wanted), captureBytes(count, from, make));
}

/** The same as chunks, each of which may be kept. */
export function* captureBytes(
  count: number,
  from: number,
  make: PacketMaker,
): Generator<Uint8Array> {
  yield fileHeader();
  const fields: PacketFields = {
    ...{ inbound: true, protocol: 17, peer: 0, peerPort: 0, podPort: 0, tcpFlags: 0 },
  };
  for (let done = 0; done < count;) {
    const records = Math.min(CHUNK_RECORDS, count - done);
    const chunk = Buffer.alloc(records * RECORD_BYTES);
    for (let i = 0; i < records; i++, done++) {
      make(done, fields);
      writeRecord(chunk, i * RECORD_BYTES, from + done, fields);
    }
    yield chunk;
  }
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(NANOSECOND_MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

/** Into zeros. Check sums are left out: the engine reads none. */
function writeRecord(to: Buffer, at: number, step: number, fields: PacketFields): void {
  const { inbound, protocol, peer, peerPort, podPort, tcpFlags } = fields;
  to.writeUInt32LE(Math.floor(step / STEPS_PER_SECOND), at);
  to.writeUInt32LE((step % STEPS_PER_SECOND) * STEP_NS, at + 4);
  to.writeUInt32LE(FRAME_BYTES, at + 8);
  to.writeUInt32LE(FRAME_BYTES, at + 12);
  to.writeUInt16BE(0x0800, at + 28);
  const ip = at + 30;
  to[ip] = 0x45;
  to.writeUInt16BE(protocol === 6 ? 40 : FRAME_BYTES - 14, ip + 2);
  to[ip + 8] = 64;
  to[ip + 9] = protocol;
  to.writeUInt32BE(inbound ? peer : BENCH_POD, ip + 12);
  to.writeUInt32BE(inbound ? BENCH_POD : peer, ip + 16);
  to.writeUInt16BE(inbound ? peerPort : podPort, ip + 20);
  to.writeUInt16BE(inbound ? podPort : peerPort, ip + 22);
  if (protocol === 6) {
    to[ip + 32] = 0x50;
    to[ip + 33] = tcpFlags;
    to.writeUInt16BE(0xffff, ip + 34);
  } else {
    to.writeUInt16BE(FRAME_BYTES - 34, ip + 24);
  }
}

/** Another number of 32 bits for every number of 32 bits. */
export const scattered = (index: number): number => Math.imul(index, 0x9e37_79b1) >>> 0;

/** A peer of its own for each number of 32 bits, in 16 of them. */
export function setPeer(index: number, out: PacketFields): void {
  const mixed = scattered(index);
  out.peer = 0x2000_0000 | (mixed >>> 8);
  out.peerPort = 1024 + (mixed & 0xff);
}
