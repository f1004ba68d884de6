/** Captures of packets without a link layer, at times of their own, and what is replayed of them. */
import { readFileSync } from 'node:fs';

import { readFirewallLog, type FirewallLogEntry } from '../../src/firewall/firewall-log.js';
import { replay, type Packet, type ReplayOptions, type ReplayResult } from '../../src/index.js';
import { pcapHeader } from '../cli/captures.js';
import type { Folder } from '../cli/run.js';
import type { Machine } from './machine.js';

/** 2023-11-14 22:13:20 UTC, when the captures begin. */
export const BEGIN = 1_700_000_000;
const LINK_RAW = 101;

/** A packet and the seconds after {@link BEGIN} at which it was captured. */
export type Timed = readonly [at: number, packet: Packet];

export function capture(packets: readonly Timed[]): Buffer {
  const records = packets.map(([at, { bytes }]) => {
    const head = Buffer.alloc(16);
    const micros = Math.round((BEGIN + at) * 1e6);
    head.writeUInt32LE(Math.floor(micros / 1e6), 0);
    head.writeUInt32LE(micros % 1e6, 4);
    head.writeUInt32LE(bytes.length, 8);
    head.writeUInt32LE(bytes.length, 12);
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([pcapHeader(LINK_RAW), ...records]);
}

export interface WrittenLog {
  readonly text: string;
  /** Without the header. */
  readonly lines: readonly string[];
  /** What the reader of logs makes of them. */
  readonly entries: readonly FirewallLogEntry[];
  readonly result: ReplayResult;
}

/** The log of a replay; it must be read back without a finding. */
export async function writtenLog(
  folder: Folder,
  { compiled }: Pick<Machine, 'compiled'>,
  packets: readonly Timed[],
  options: ReplayOptions = {},
): Promise<WrittenLog> {
  const file = folder.write('packets.pcap', capture(packets));
  const firewallLog = folder.at('pfirewall.log');
  const result = await replay([file], compiled, { ...options, firewallLog });
  const text = readFileSync(firewallLog, 'utf8');
  const { entries, diagnostics } = readFirewallLog({ name: 'pfirewall.log', text });
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  return { text, lines: text.split('\r\n').slice(5, -1), entries, result };
}
