/** The npm package pcap-parser as a second reader of classic captures. */
import { EventEmitter } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { decodeCapture } from '../../src/index.js';
import { pcap, pcapHeader, pcapRecord, tcpSyn } from '../cli/captures.js';
import { EXAMPLE, ROOT, jsonLines, temporaryFolder } from '../cli/run.js';

interface ParserHeader {
  readonly timestampSeconds: number;
  readonly timestampMicroseconds: number;
  readonly capturedLength: number;
  readonly originalLength: number;
}
interface Parser {
  parse(file: string): EventEmitter;
}
const parser = createRequire(import.meta.url)('pcap-parser') as Parser;
const folder = temporaryFolder();

/** Time, captured and original length of every packet. */
function theirs(file: string): Promise<readonly (readonly [string, number, number])[]> {
  return new Promise((resolve, reject) => {
    const packets: [string, number, number][] = [];
    parser
      .parse(file)
      .on('packet', ({ header }: { readonly header: ParserHeader }) => {
        const fraction = String(header.timestampMicroseconds).padStart(6, '0');
        const time = `${header.timestampSeconds}.${fraction}000`;
        packets.push([time, header.capturedLength, header.originalLength]);
      })
      .on('error', reject)
      .on('end', () => resolve(packets));
  });
}

async function ours(file: string): Promise<readonly (readonly unknown[])[]> {
  const output = folder.at('output');
  const fd = openSync(output, 'w');
  await decodeCapture(file, { format: 'jsonl', fd });
  closeSync(fd);
  return jsonLines(readFileSync(output, 'utf8')).map(({ t, cap, len }) => [t, cap, len]);
}

const filesBelow = (at: string): string[] =>
  readdirSync(at).flatMap((name) => {
    const file = path.join(at, name);
    return statSync(file).isDirectory() ? filesBelow(file) : [file];
  });

/**
 * Little or big endian, microseconds, version 2.4: what it reads. It believes any length, so
 * damaged files, which it would buffer whole, are left out.
 */
function canRead(file: string): boolean {
  const head = readFileSync(file).subarray(0, 24);
  if (head.length < 24 || file.includes('damaged') || file.includes('fuzz')) return false;
  const little = head.readUInt32LE(0) === 0xa1b2c3d4;
  if (!little && head.readUInt32BE(0) !== 0xa1b2c3d4) return false;
  return (little ? head.readUInt32LE(4) : head.readUInt32BE(4)) === (little ? 0x40002 : 0x20004);
}

const collection = path.join(ROOT, '../shared/data/captures/files');

describe('pcap-parser', () => {
  it('gives the same packets of a capture that is made here', async () => {
    const file = folder.write('made.pcap', pcap([tcpSyn(), tcpSyn(), Buffer.alloc(0)]));
    expect(await ours(file)).toEqual(await theirs(file));
    expect(await ours(EXAMPLE)).toEqual(await theirs(EXAMPLE));
  });

  it('differs where packets differ', async () => {
    const one = folder.write('one.pcap', Buffer.concat([pcapHeader(), pcapRecord(tcpSyn(), 1)]));
    const two = folder.write('two.pcap', Buffer.concat([pcapHeader(), pcapRecord(tcpSyn(), 2)]));
    expect(await ours(one)).not.toEqual(await theirs(two));
  });

  it.skipIf(!existsSync(collection))(
    'gives the same packets of every real capture it reads',
    { timeout: 120_000 },
    async () => {
      const files = filesBelow(collection).filter(canRead);
      expect(files.length).toBeGreaterThan(20);
      const differing: string[] = [];
      for (const file of files) {
        const [mine, other] = [await ours(file), await theirs(file)];
        if (JSON.stringify(mine) !== JSON.stringify(other)) differing.push(path.basename(file));
      }
      expect(differing).toEqual([]);
    },
  );
});
