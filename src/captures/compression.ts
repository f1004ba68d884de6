/**
 * Compressed captures: recognised by their first bytes, read as a stream of plain ones.
 *
 * gzip is Node's own; zstd is Node's own where it has one (from 22.15), else the program `zstd`.
 * Members that stand one behind another are one capture. Both bound their memory whatever the data
 * claim: gzip by its window of 32 KiB, zstd by refusing windows above 128 MiB. What decompresses is
 * loaded where something is compressed.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ReadStream } from 'node:fs';
import { pipeline, type Duplex, type Readable } from 'node:stream';

import type { ErrorCode } from '../errors.js';

export type Compression = 'gzip' | 'zstd';

/** The first bytes of a file that are enough to say what it is: those of a snoop capture. */
export const HEAD_BYTES = 8;

/** Of these {@link compressionOf} looks at so many. */
const MAGIC_BYTES = 4;

/**
 * Plain bytes handed on at once. Damage takes those with it that were made in one step with it, so
 * a chunk is small. Assumption: C1.
 */
const CHUNK_BYTES = 64 * 1024;

/**
 * What the first bytes of a file say; a zstd file may begin with a frame to be skipped.
 * Source: RFC 1952 2.3.1, RFC 8878 3.1.1 and 3.1.2.
 */
export function compressionOf(head: Uint8Array): Compression | null {
  if (head.length < MAGIC_BYTES) return null;
  const [a, b, c, d] = head;
  if (a === 0x1f && b === 0x8b && c === 8) return 'gzip';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  if ((a! & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18) return 'zstd';
  return null;
}

/** Why compressed data could not be read to their end. */
export class CompressionError extends Error {
  readonly code: ErrorCode;
  /** Compressed bytes that a program had read by itself. */
  offset: number | undefined;

  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

/**
 * The plain bytes of `raw`, which is destroyed when the caller has enough.
 *
 * @throws {CompressionError} compression-damaged, compression-cut, decompressor-missing
 * @throws the system's error when `raw` fails
 */
export function decompress(raw: Readable, compression: Compression): AsyncIterable<Buffer> {
  const own = ownStream(compression);
  return own ? through(raw, own({ chunkSize: CHUNK_BYTES })) : throughZstd(raw);
}

/** Whether a program decompresses, since Node cannot. */
export function isByProgram(compression: Compression): boolean {
  return ownStream(compression) === undefined;
}

/**
 * The plain bytes of `raw` by a program, into an open file, which is closed here. Node does not see
 * them, nor those of a file on disk: through its streams come two thirds less of them in a second.
 * `position`: how much of an open file is read.
 *
 * @throws as {@link decompress}
 */
export async function decompressInto(
  raw: Readable,
  fd: number,
  position: (fd: number) => number,
): Promise<void> {
  let source: Readable | number;
  let work: ReturnType<typeof startZstd>;
  try {
    source = await descriptorOf(raw);
    work = startZstd(source, fd);
  } finally {
    closeSync(fd);
  }
  try {
    await work.end;
  } catch (error) {
    if (error instanceof CompressionError && typeof source === 'number') {
      error.offset = position(source);
    }
    throw error;
  } finally {
    raw.destroy();
    work.child.kill();
  }
}

/** Of a file that was opened by its path: nothing of it has been read. Else the stream itself. */
async function descriptorOf(raw: Readable): Promise<Readable | number> {
  if (!(raw instanceof ReadStream) || typeof raw.path !== 'string') return raw;
  if (raw.pending) await once(raw, 'open');
  const { fd } = raw as ReadStream & { readonly fd: number };
  return fd;
}

type StreamOf = (options: { readonly chunkSize: number }) => Duplex;

function ownStream(compression: Compression): StreamOf | undefined {
  // At once, since what is to be decompressed may fail before an import is there.
  const zlib = process.getBuiltinModule('node:zlib');
  if (compression === 'gzip') return zlib.createGunzip;
  return (zlib as { readonly createZstdDecompress?: StreamOf }).createZstdDecompress;
}

async function* through(raw: Readable, plain: Duplex): AsyncGenerator<Buffer> {
  pipeline(raw, plain, () => undefined); // what goes wrong is seen below
  try {
    for await (const chunk of plain) yield chunk as Buffer;
  } catch (error) {
    throw compressionError(error) ?? error;
  } finally {
    raw.destroy();
    plain.destroy();
  }
}

/** Codes of zlib are Z_…, of zstd ZSTD_error_…; both call an end that comes too early so. */
function compressionError(error: unknown): CompressionError | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  const code = String(error.code);
  if (code === 'Z_BUF_ERROR') return new CompressionError('compression-cut');
  return code.startsWith('Z') ? new CompressionError('compression-damaged') : null;
}

/** Words with which the program says that its input ended too early. */
const CUT = /premature end|unexpected end|incomplete/i;
/** Of the program's complaints this much is kept. */
const COMPLAINT_CHARACTERS_MAX = 4096;

async function* throughZstd(raw: Readable): AsyncGenerator<Buffer> {
  const { child, end } = startZstd(raw, 'pipe');
  const plain = child.stdout!;
  // It is awaited once all plain bytes are read; until then nobody listens.
  end.catch(() => plain.destroy());
  try {
    try {
      for await (const chunk of plain) yield chunk as Buffer;
    } catch {
      // Its output is torn down with it; the end says why.
    }
    await end;
  } finally {
    raw.destroy();
    child.kill();
  }
}

/**
 * The program on its way from `raw`, a stream or an open file, to an open file, and how it ends.
 *
 * @throws {CompressionError} (`end`) compression-damaged, compression-cut, decompressor-missing
 * @throws the system's error (`end`) when `raw` fails
 */
function startZstd(
  raw: Readable | number,
  stdout: number | 'pipe',
): { readonly child: ChildProcess; readonly end: Promise<void> } {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const stdin = typeof raw === 'number' ? raw : 'pipe';
  const child = spawn('zstd', ['-dcq', '--memory=128MB'], { stdio: [stdin, stdout, 'pipe'] });
  const stderr = child.stderr!;
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < COMPLAINT_CHARACTERS_MAX) complaint += text;
  });
  const end = new Promise<void>((resolve, reject) => {
    child.on('error', () => reject(new CompressionError('decompressor-missing')));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new CompressionError(CUT.test(complaint) ? 'compression-cut' : 'compression-damaged'),
        );
    });
    if (typeof raw === 'number') return;
    pipeline(raw, child.stdin!, () => {
      if (raw.errored) reject(raw.errored);
    });
  });
  return { child, end };
}
