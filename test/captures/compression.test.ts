/** Compressed captures: by content, from any place, with named and located damage. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { beforeAll, describe, expect, it } from 'vitest';

import { compressionOf, decompress } from '../../src/captures/compression.js';
import { decodeCapture, loadHost, replay, type CompiledHost } from '../../src/index.js';
import { ENDPOINT, pcap, pcapHeader, pcapng, pcapRecord, tcpSyn } from '../cli/captures.js';
import { EXAMPLE, portacl, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();
const zstd = (bytes: Uint8Array): Buffer =>
  spawnSync('zstd', ['-qc'], { input: bytes, maxBuffer: 1 << 28 }).stdout;
const hasZstd = spawnSync('zstd', ['--version']).status === 0;

let host: CompiledHost;
beforeAll(async () => {
  const platform = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' };
  host = (await loadHost({ platform: { ...platform, endpoint: ENDPOINT } })).compiled;
});

const FORMS: readonly (readonly ['gzip' | 'zstd', (bytes: Uint8Array) => Buffer])[] = [
  ['gzip', (bytes) => gzipSync(bytes)],
  ...(hasZstd ? [['zstd', zstd] as const] : []),
];

async function decoded(file: string): Promise<{ text: string; error: string | undefined }> {
  const output = folder.at('decoded');
  const fd = openSync(output, 'w');
  const { error } = await decodeCapture(file, { format: 'jsonl', fd });
  closeSync(fd);
  return { text: readFileSync(output, 'utf8'), error: error?.code };
}

/** A capture that no compressor makes much of. */
function noisy(packets: number): Buffer {
  let state = 1;
  const records = Array.from({ length: packets }, (_, i) => {
    const payload = Buffer.alloc(1000);
    for (let at = 0; at < payload.length; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      payload.writeUInt32LE(state, at);
    }
    return pcapRecord(Buffer.concat([tcpSyn({ sourcePort: 1 + (i % 60000) }), payload]), i);
  });
  return Buffer.concat([pcapHeader(), ...records]);
}

describe('compressionOf', () => {
  it.each([
    ['gzip', [0x1f, 0x8b, 8, 0]],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
    ['zstd', [0x5a, 0x2a, 0x4d, 0x18]],
    [null, [0x1f, 0x8b, 9, 0]], // no method that is in use
    [null, [0x1f, 0x8b]],
    [null, [0xd4, 0xc3, 0xb2, 0xa1]],
    [null, [0x60, 0x2a, 0x4d, 0x18]],
  ])('%s for %j', (expected, head) => {
    expect(compressionOf(Uint8Array.from(head))).toBe(expected);
  });
});

describe.each(FORMS)('a capture compressed by %s', (name, compress) => {
  it('is read as if it were plain, whatever its name', async () => {
    const plain = await decoded(EXAMPLE);
    const file = folder.write(`${name}.pcap`, compress(readFileSync(EXAMPLE)));
    expect(await decoded(file)).toEqual(plain);
    expect(plain.text.length).toBeGreaterThan(100_000);
  });

  it('is judged as if it were plain', async () => {
    const file = folder.write(`${name}.judged`, compress(readFileSync(EXAMPLE)));
    const plain = await replay([EXAMPLE], host);
    const { report, errors } = await replay([file], host);
    expect(errors).toEqual([]);
    expect({ ...report, captures: [] }).toEqual({ ...plain.report, captures: [] });
    expect(report.captures[0]?.bytes).toBe(plain.report.captures[0]?.bytes);
  });

  it('is read from standard input and from a pipe', async () => {
    const bytes = compress(readFileSync(EXAMPLE));
    const expected = (await portacl(['decode', EXAMPLE])).stdout;
    expect((await portacl(['decode', '-'], { input: bytes })).stdout).toBe(expected);
    const file = folder.write(`${name}.piped`, bytes);
    for (const from of [`<(cat '${file}')`, `- <'${file}'`]) {
      const script = `node dist/cli.js decode ${from}`;
      const run = spawnSync('bash', ['-c', script], { encoding: 'utf8', maxBuffer: 1 << 28 });
      expect(run.stdout).toBe(expected);
    }
  });

  it('may consist of several members', async () => {
    const whole = pcapng([tcpSyn(), tcpSyn(), tcpSyn()]);
    const parts = [whole.subarray(0, 50), whole.subarray(50)].map((part) => compress(part));
    const file = folder.write(`${name}.members`, Buffer.concat(parts));
    const { text, error } = await decoded(file);
    expect(error).toBeUndefined();
    expect(text.split('\n').filter(Boolean)).toHaveLength(3);
  });

  it('has the packets before a cut judged, at whatever byte', async () => {
    const bytes = compress(noisy(1000));
    for (const part of [0.3, 0.8]) {
      const end = Math.floor(bytes.length * part);
      const file = folder.write(`${name}.cut`, bytes.subarray(0, end));
      const { report, errors } = await replay([file], host);
      // All but what the decompressor still holds back.
      expect(report.total.packets).toBeGreaterThan(1000 * part - 250);
      expect(report.total.packets).toBeLessThan(1000 * part + 1);
      expect(errors).toMatchObject([{ code: 'compression-cut', byteOffset: end }]);
      expect(errors[0]?.message).toContain(`inside its ${name} data`);
    }
  });

  it('has the packets well before damage judged', async () => {
    const bytes = compress(noisy(2000));
    const middle = bytes.length >> 1;
    bytes.fill(0xaa, middle, middle + 5000);
    const file = folder.write(`${name}.damaged`, bytes);
    const { report, errors } = await replay([file], host);
    expect(errors).toHaveLength(1);
    // Either the decompressor sees the damage, or the reader where a record should begin.
    expect(errors[0]?.code).toMatch(/^(?:compression-damaged|compression-cut|capture-)/);
    expect(report.total.packets).toBeGreaterThan(700);
    expect(report.total.packets).toBeLessThan(2000);
  });

  it('is left with --lenient when it is cut, and with a failure when damaged', async () => {
    const bytes = compress(noisy(50));
    const cut = folder.write(`${name}.lenient`, bytes.subarray(0, -20));
    const next = folder.write('next.pcap', pcap([tcpSyn()]));
    const args = ['--endpoint', ENDPOINT, '--driver', 'l2bridge', '-q', '--json'];
    const lenient = await portacl(['replay', cut, next, ...args, '--lenient']);
    expect(lenient.code).toBe(0);
    expect(lenient.stderr).toMatch(/ compression-cut /);
    expect(JSON.parse(lenient.stdout)).toMatchObject({ captures: [{}, { packets: 1 }] });
    const strict = await portacl(['replay', cut, next, ...args]);
    expect(strict.code).toBe(1);
  });

  it('ends at once when it is cancelled', async () => {
    const file = folder.write(`${name}.cancelled`, compress(noisy(20_000)));
    const controller = new AbortController();
    // Far more than any machine reads in that time.
    const files = Array.from({ length: 200 }, () => file);
    const work = replay(files, host, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('does not stop others, however many run at once', { timeout: 60_000 }, async () => {
    const file = folder.write(`${name}.many`, compress(readFileSync(EXAMPLE)));
    const all = await Promise.all(Array.from({ length: 12 }, () => replay([file], host)));
    for (const { report } of all) expect(report.total.packets).toBe(2203);
  });

  it.skipIf(!existsSync('/proc/self/fd'))('leaves nothing open, however it ends', async () => {
    const whole = compress(noisy(500));
    const files = [whole, whole.subarray(0, -20), Buffer.from(whole).fill(0xaa, 200, 300)].map(
      (bytes, i) => folder.write(`${name}.open${i}`, bytes),
    );
    const open = (): number => readdirSync('/proc/self/fd').length;
    await replay([files[0]!], host);
    const before = open();
    for (const file of files) {
      for (let i = 0; i < 3; i++) await replay([file], host);
      // Damage in the first of two captures: the second is never read.
      await replay([file, files[0]!], host);
      const controller = new AbortController();
      const work = replay([file], host, { signal: controller.signal });
      controller.abort();
      await work.catch(() => undefined);
    }
    // Programs that were stopped let go a little later.
    for (let i = 0; i < 100 && open() > before; i++) await sleep(20);
    expect(open()).toBeLessThanOrEqual(before);
  });

  it('needs little memory, whatever it becomes', () => {
    // 512 MiB of zero-length records from half a megabyte.
    const script = `
      const { replay, loadHost } = await import(process.argv[1]);
      const { compiled } = await loadHost({ platform: { endpoint: '${ENDPOINT}', driver: 'l2bridge' } });
      const { report } = await replay([process.argv[2]], compiled);
      console.log(report.total.packets, process.resourceUsage().maxRSS < 250_000);
    `;
    const zeros = Buffer.alloc(1 << 26);
    const members = Array.from({ length: 8 }, () => compress(zeros));
    const file = folder.write(`${name}.bomb`, Buffer.concat([compress(pcapHeader()), ...members]));
    const index = new URL('../../dist/index.js', import.meta.url).href;
    const args = ['--input-type=module', '-e', script, index, file];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stdout).toBe(`${(1 << 29) / 16} true\n`);
  });
});

describe('a file that cannot be decompressed', () => {
  it('says what is missing for zstd', async () => {
    const file = folder.write('no-zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]));
    const run = await portacl(['decode', file], { env: { PATH: folder.path } });
    const own = 'createZstdDecompress' in (await import('node:zlib'));
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(own ? / compression-/ : / decompressor-missing .* zstd /);
  });

  it('passes on what the system says', async () => {
    const broken = new Readable({
      read() {
        this.destroy(Object.assign(new Error('gone'), { code: 'EIO', errno: -5 }));
      },
    });
    const read = async (): Promise<void> => {
      for await (const chunk of decompress(broken, 'gzip')) expect(chunk).toBeInstanceOf(Buffer);
    };
    await expect(read()).rejects.toMatchObject({ code: 'EIO' });
  });
});

describe('a compressed pipe whose writer pauses', () => {
  it('gives what it has, and Ctrl-C ends it', async () => {
    const bytes = gzipSync(noisy(400));
    const output = folder.at('paused.jsonl');
    const fd = openSync(output, 'w');
    const run = await portacl(['decode', '--format', 'jsonl', '-'], {
      stdout: fd,
      onStart: (child) => {
        child.stdin?.write(bytes.subarray(0, bytes.length - 1000));
        void (async () => {
          while (readFileSync(output).length === 0) await sleep(20);
          child.kill('SIGINT');
        })();
      },
    });
    closeSync(fd);
    expect(run.code).toBe(130);
  });
});
