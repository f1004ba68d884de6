// Makes the capture that is replayed: Ethernet frames of 64 bytes (60 without their check sequence)
// between one pod and many peers, flows drawn by Zipf's law, classic pcap with microseconds. The
// file stands in the system's temporary folder and is used again when it is there.
import { Buffer } from 'node:buffer';
import { closeSync, existsSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checksum, macBytes } from '../examples/packets.mjs';

/** The pod that judges: every packet goes to it or comes from it. */
export const POD = '10.244.1.10';

const FRAME_BYTES = 60;
const RECORD_BYTES = 16 + FRAME_BYTES;
const PACKETS_A_BUFFER = 50_000;
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

/** The path of the capture; made when it is not there. */
export function makeCapture({ packets, flows, seed = 7 }) {
  const file = path.join(tmpdir(), `portacl-bench-${packets}-${flows}-${seed}.pcap`);
  const size = 24 + packets * RECORD_BYTES;
  if (existsSync(file) && statSync(file).size === size) return file;

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

  const buffer = Buffer.alloc(PACKETS_A_BUFFER * RECORD_BYTES);
  let timeUs = 0;
  for (let done = 0; done < packets;) {
    const count = Math.min(PACKETS_A_BUFFER, packets - done);
    for (let i = 0; i < count; i++) {
      const flow = pick();
      // The peer opens; afterwards both sides talk.
      const inbound = seen[flow] === 0 || random() < 0.5;
      const at = i * RECORD_BYTES;
      records[flow][inbound ? 0 : 1].copy(buffer, at);
      timeUs += Math.floor(random() * 3);
      buffer.writeUInt32LE(START_SECONDS + Math.floor(timeUs / 1e6), at);
      buffer.writeUInt32LE(timeUs % 1e6, at + 4);
      const isTcp = buffer[at + 39] === 6;
      if (isTcp && seen[flow] === 0) buffer[at + 63] = 2; // SYN
      seen[flow] = 1;
    }
    writeSync(descriptor, buffer, 0, count * RECORD_BYTES);
    done += count;
  }
  closeSync(descriptor);
  renameSync(unfinished, file);
  return file;
}
