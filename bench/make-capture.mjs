// Makes the captures that are read and replayed: Ethernet frames of 64 bytes (60 without their check
// sequence), or the mix of 64, 594 and 1518 called IMIX, 7 to 4 to 1, between one pod and many
// peers, flows drawn by Zipf's law, classic pcap with microseconds. The files stand in the system's
// temporary folder and are used again when they are there.
import { Buffer } from 'node:buffer';
import { closeSync, existsSync, openSync, renameSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checksum, macBytes } from '../examples/packets.mjs';

/** The pod that judges: every packet goes to it or comes from it. */
export const POD = '10.244.1.10';

const FRAME_BYTES = 60;
const RECORD_BYTES = 16 + FRAME_BYTES;
const HEADERS_BYTES = 16 + 54;
const IMIX = [60, 60, 60, 60, 60, 60, 60, 590, 590, 590, 590, 1514];
const RECORD_BYTES_MAX = 16 + 1514;
const BUFFER_BYTES = 4 << 20;
const PAYLOAD_BYTES = 1 << 20;
const START_SECONDS = 1_773_133_200;
const POD_VALUE = 0x0af4010a;
const PORTS = [80, 443, 443, 443, 53, 5432, 8080, 8443];

function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws 0, 1, 2 … `count` - 1 with weights 1, 1/2^s, 1/3^s … */
function zipf(count, exponent, random) {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) sums[i] = sum += 1 / (i + 1) ** exponent;
  return () => {
    const wanted = random() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Two frames of a flow, to the pod and from it, as they lie in the file; only times are missing. */
function flowRecords(random) {
  const tcp = random() < 0.8;
  const peer = ((10 << 24) | (20 << 16) | Math.floor(random() * 65_536)) >>> 0;
  const peerPort = 1024 + Math.floor(random() * 64_000);
  const podPort = PORTS[Math.floor(random() * PORTS.length)];
  return [true, false].map((inbound) => {
    const record = Buffer.alloc(RECORD_BYTES);
    record.writeUInt32LE(FRAME_BYTES, 8);
    record.writeUInt32LE(FRAME_BYTES, 12);
    const macs = [macBytes('00-15-5D-01-00-0A'), macBytes('00-15-5D-01-00-01')];
    macs[inbound ? 0 : 1].copy(record, 16);
    macs[inbound ? 1 : 0].copy(record, 22);
    record.writeUInt16BE(0x0800, 28);
    const ip = record.subarray(30);
    ip[0] = 0x45;
    // A bare TCP segment leaves six bytes of padding behind it.
    ip.writeUInt16BE(tcp ? 40 : FRAME_BYTES - 14, 2);
    ip[8] = 64;
    ip[9] = tcp ? 6 : 17;
    ip.writeUInt32BE(inbound ? peer : POD_VALUE, 12);
    ip.writeUInt32BE(inbound ? POD_VALUE : peer, 16);
    ip.writeUInt16BE(checksum(ip.subarray(0, 20)), 10);
    ip.writeUInt16BE(inbound ? peerPort : podPort, 20);
    ip.writeUInt16BE(inbound ? podPort : peerPort, 22);
    if (tcp) {
      ip[32] = 0x50;
      ip[33] = 0x10;
      ip.writeUInt16BE(0xffff, 34);
    } else {
      ip.writeUInt16BE(FRAME_BYTES - 34, 24);
    }
    return record;
  });
}

/** Bytes that hold half of what they could, so that a capture of them shrinks to about half. */
function payloadBytes(random) {
  return Buffer.from(Array.from({ length: PAYLOAD_BYTES }, () => Math.floor(random() * 16)));
}

/** Writes a record of another length at the front of `to`; how many bytes it has. */
function writeLonger(to, record, frameBytes, payload, payloadAt) {
  record.copy(to, 0, 0, HEADERS_BYTES);
  payload.copy(to, HEADERS_BYTES, payloadAt, payloadAt + frameBytes - 54);
  to.writeUInt32LE(frameBytes, 8);
  to.writeUInt32LE(frameBytes, 12);
  const ip = to.subarray(30);
  ip.writeUInt16BE(frameBytes - 14, 2);
  ip.writeUInt16BE(0, 10);
  ip.writeUInt16BE(checksum(ip.subarray(0, 20)), 10);
  if (ip[9] === 17) ip.writeUInt16BE(frameBytes - 34, 24);
  return 16 + frameBytes;
}

/** The path of the capture; made when it is not there. `mix` is `64` or `imix`. */
export function makeCapture({ packets, flows, seed = 7, mix = '64' }) {
  const file = path.join(tmpdir(), `portacl-bench-${mix}-${packets}-${flows}-${seed}.pcap`);
  if (existsSync(file)) return file;

  const random = randomNumbers(seed);
  const records = Array.from({ length: flows }, () => flowRecords(random));
  const pick = zipf(flows, 0.99, random);
  const seen = new Uint8Array(flows);
  const unfinished = `${file}.${process.pid}`;
  const descriptor = openSync(unfinished, 'w');
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  writeSync(descriptor, header);

  const payload = payloadBytes(randomNumbers(seed + 1));
  const buffer = Buffer.alloc(BUFFER_BYTES);
  let timeUs = 0;
  let at = 0;
  for (let done = 0; done < packets; done++) {
    if (at + RECORD_BYTES_MAX > BUFFER_BYTES) {
      writeSync(descriptor, buffer, 0, at);
      at = 0;
    }
    const flow = pick();
    // The peer opens; afterwards both sides talk.
    const inbound = seen[flow] === 0 || random() < 0.5;
    const record = records[flow][inbound ? 0 : 1];
    const frameBytes = mix === 'imix' ? IMIX[Math.floor(random() * IMIX.length)] : FRAME_BYTES;
    let next = at + RECORD_BYTES;
    if (frameBytes === FRAME_BYTES) record.copy(buffer, at);
    else {
      const payloadAt = Math.floor(random() * (PAYLOAD_BYTES - RECORD_BYTES_MAX));
      next = at + writeLonger(buffer.subarray(at), record, frameBytes, payload, payloadAt);
    }
    timeUs += Math.floor(random() * 3);
    buffer.writeUInt32LE(START_SECONDS + Math.floor(timeUs / 1e6), at);
    buffer.writeUInt32LE(timeUs % 1e6, at + 4);
    const isTcp = buffer[at + 39] === 6;
    if (isTcp && seen[flow] === 0) buffer[at + 63] = 2; // SYN
    seen[flow] = 1;
    at = next;
  }
  writeSync(descriptor, buffer, 0, at);
  closeSync(descriptor);
  renameSync(unfinished, file);
  return file;
}
