import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decodeCapture, type DecodeOptions, type DecodeResult } from '../../src/decode/decode.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shared = path.join(root, '../shared');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'portacl-decode-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A UDP packet from 10.0.0.1:5000 to 10.0.0.2:53 in an Ethernet frame. */
function frame(): Buffer {
  const bytes = Buffer.alloc(14 + 20 + 8);
  bytes.writeUInt16BE(0x0800, 12);
  bytes.writeUInt8(0x45, 14);
  bytes.writeUInt16BE(28, 16);
  bytes.writeUInt8(17, 23);
  bytes.writeUInt32BE(0x0a000001, 26);
  bytes.writeUInt32BE(0x0a000002, 30);
  bytes.writeUInt16BE(5000, 34);
  bytes.writeUInt16BE(53, 36);
  bytes.writeUInt16BE(8, 38);
  return bytes;
}

/** A classic capture of `count` such frames, a second apart. */
function pcap(count: number): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(1, 20);
  const records = Array.from({ length: count }, (_, i) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1700000000 + i, 0);
    record.writeUInt32LE(frame().length, 8);
    record.writeUInt32LE(frame().length, 12);
    return Buffer.concat([record, frame()]);
  });
  return Buffer.concat([header, ...records]);
}

function write(name: string, bytes: Buffer): string {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

async function decode(
  file: string,
  options: Omit<DecodeOptions, 'fd'>,
): Promise<{ result: DecodeResult; lines: string[] }> {
  const output = path.join(folder, 'output');
  const fd = openSync(output, 'w');
  try {
    const result = await decodeCapture(file, { ...options, fd });
    return { result, lines: readFileSync(output, 'utf8').split('\n').filter(Boolean) };
  } finally {
    closeSync(fd);
  }
}

describe('decodeCapture', () => {
  it('writes one object a packet', async () => {
    const { result, lines } = await decode(write('two.pcap', pcap(2)), { format: 'jsonl' });
    expect(result).toEqual({ packets: 2, error: null, compression: null });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { i: 1, t: '1700000000.000000000', cap: 42, len: 42 },
      {
        i: 2,
        t: '1700000001.000000000',
        layers: [
          { p: 'eth', type: 2048 },
          { p: 'ip', src: '10.0.0.1', dst: '10.0.0.2', proto: 17 },
          { p: 'udp', sport: 5000, dport: 53, len: 8 },
        ],
      },
    ]);
  });

  it('writes one line a packet for people', async () => {
    const { lines } = await decode(write('one.pcap', pcap(1)), { format: 'text' });
    expect(lines).toEqual([
      '1 2023-11-14T22:13:20.000000000Z  10.0.0.1:5000 > 10.0.0.2:53 UDP len 0  (42)',
    ]);
  });

  it('writes the packets before damage and names its place', async () => {
    const { result, lines } = await decode(write('cut.pcap', pcap(3).subarray(0, -1)), {
      format: 'jsonl',
    });
    expect(lines).toHaveLength(2);
    const offset = 24 + 2 * (16 + 42);
    expect(result).toMatchObject({
      packets: 2,
      error: { code: 'capture-cut', offset, detail: 42 },
    });
  });

  it.each([
    ['no-such-file.pcap', 'file-not-found'],
    ['.', 'file-is-directory'],
  ])('names what it cannot open: %s', async (name, code) => {
    const { result } = await decode(path.join(folder, name), { format: 'jsonl' });
    expect(result).toMatchObject({ packets: 0, error: { code } });
  });

  it.each([
    ['no bytes', Buffer.alloc(0), 'capture-empty'],
    ['no capture', Buffer.from('{"a": 1}'), 'capture-unknown-format'],
  ])('refuses %s', async (_, bytes, code) => {
    const { result, lines } = await decode(write('bad', bytes), { format: 'jsonl' });
    expect(result).toMatchObject({ packets: 0, error: { code, offset: 0 } });
    expect(lines).toEqual([]);
  });

  it('ends early when it is cancelled', async () => {
    const { result } = await decode(write('many.pcap', pcap(20_000)), {
      format: 'jsonl',
      signal: AbortSignal.abort(),
    });
    expect(result.error?.code).toBe('cancelled');
    expect(result.packets).toBeLessThan(20_000);
  });

  it('says that an output cannot be written', async () => {
    const fd = openSync(write('read-only', Buffer.alloc(0)), 'r');
    const result = await decodeCapture(write('two.pcap', pcap(2)), { format: 'jsonl', fd });
    closeSync(fd);
    expect(result.error?.code).toBe('file-unwritable');
  });
});

/** Where our answer is meant to differ from tshark's; the reasons stand in ORACLE.md. */
const exceptions: readonly (readonly [RegExp, string])[] = [
  [
    /^pcpp\/ipv4-options\.pcap packet [67]: ip\.dst 10\.0\.0\.138 for 0\.0\.0\.0$/,
    'tshark shows the last address of a source route, we the address in the header',
  ],
  [
    /^synthetic\/timestamps\.pcapng packet 18: t 1700000000\.250000000 for /,
    'tshark overflows at ticks of 10^-12 seconds',
  ],
  [
    /^synthetic\/timestamps\.pcapng packet 19: t 1700000000\.500000000 for /,
    'tshark overflows at ticks of 10^-12 seconds',
  ],
  [
    /^synthetic\/timestamps\.pcapng packet 20: t 1700000000\.750000000 for /,
    'tshark overflows at ticks of 10^-12 seconds',
  ],
  [
    /^pcpp\/pcapng-example\.pcapng packet \d+: t -505\.\d+ for 18446744073\d+\.\d+$/,
    'times before 1970, which tshark prints as the year 584554',
  ],
  [/^tcpdump\/timestamp_invalid_nano\.pcap packet [23]: t /, 'nanoseconds above 10^9 are carried'],
];

const tool = path.join(shared, 'tools/check-decode.mjs');
const built = existsSync(path.join(root, 'dist/decode/decode.js'));
const captures = existsSync(tool) && existsSync(path.join(shared, 'data/captures/files'));

describe('decode, held against tshark', () => {
  it.skipIf(!captures || !built)(
    'agrees on every packet of the capture collection, named exceptions apart',
    { timeout: 300_000 },
    () => {
      const command = path.join(root, 'test/decode/decode-command.mjs');
      const run = spawnSync(
        process.execPath,
        [tool, '--show', '100000', '--', process.execPath, command],
        { encoding: 'utf8', maxBuffer: 1 << 28 },
      );
      const lines = run.stdout.split('\n').filter(Boolean);
      const summary = lines.pop();
      expect(summary).toMatch(/^\d+ of 20991 packets agree, \d+ differ, 0 required fields absent/);
      expect(lines.filter((line) => !exceptions.some(([pattern]) => pattern.test(line)))).toEqual(
        [],
      );
      for (const [pattern, reason] of exceptions) {
        expect(
          lines.some((line) => pattern.test(line)),
          `still needed: ${reason}`,
        ).toBe(true);
      }
    },
  );
});
