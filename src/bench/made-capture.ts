/** A capture of open flows in a temporary file, for what reads files. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { captureBytes, scattered, setPeer } from './packet-stream.js';

/** Calls `work` with a capture of TCP flows, which is gone afterwards. */
export async function withMadeCapture<Result>(
  packets: number,
  flows: number,
  work: (file: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), 'portacl-bench-'));
  try {
    const file = path.join(folder, 'made.pcap');
    const descriptor = openSync(file, 'wx');
    try {
      const chunks = captureBytes(packets, 0, (index, out) => {
        // Every flow once, then all of them in no order.
        const flow = index < flows ? index : scattered(index) % flows;
        setPeer(flow, out);
        out.podPort = 443;
        out.protocol = 6;
        out.tcpFlags = index < flows ? SYN : ACK;
        out.inbound = index < flows || (index & 1) === 0;
      });
      for (const chunk of chunks) writeSync(descriptor, chunk);
    } finally {
      closeSync(descriptor);
    }
    return await work(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const SYN = 0x02;
const ACK = 0x10;
