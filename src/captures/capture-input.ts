/**
 * Captures as the engine reads them. A plain file is the engine's to open; one that is compressed
 * is decompressed here, by content and not by name, and handed on through a channel.
 */
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';

import { PortaclError } from '../errors.js';
import { loadBinding } from '../native/binding.js';
import type {
  NativeByteChannel,
  NativeCaptureInput,
  NativeOpenFile,
} from '../native/capture-types.js';
import { compressionOf, HEAD_BYTES, type Compression } from './compression.js';
import { feed } from './feed.js';

export interface CaptureInput {
  /** As it was named. */
  readonly file: string;
  readonly compression: Compression | null;
  readonly input: NativeCaptureInput;
}

const STANDARD_INPUT = 0;

/** What a file's end means: nothing more, or that more may be written. */
export type AtEnd = 'stop' | 'follow';

/** One input per file; `atEnd` is of the last one. See {@link openCapture}. */
export async function openCaptures(
  files: readonly string[],
  control: Int32Array,
  atEnd: AtEnd = 'stop',
): Promise<readonly CaptureInput[]> {
  const inputs: CaptureInput[] = [];
  for (const [i, file] of files.entries()) {
    const last = i === files.length - 1;
    inputs.push(await openCapture(file, control, last ? atEnd : 'stop'));
  }
  return inputs;
}

/**
 * The input for a file; `-` is standard input. What cannot be opened is left to the engine, which
 * says why when its turn comes.
 *
 * @throws {PortaclError} engine-missing; bad-usage for following compressed bytes
 */
export async function openCapture(
  file: string,
  control: Int32Array,
  atEnd: AtEnd = 'stop',
): Promise<CaptureInput> {
  if (isPlainFile(file)) {
    const compression = compressionOf(headOf(file));
    if (compression !== null && atEnd === 'follow') {
      throw new PortaclError('bad-usage', `${file} is compressed and cannot be followed`);
    }
    if (compression === null) {
      return { file, compression, input: atEnd === 'follow' ? { follow: file } : file };
    }
    return { file, compression, input: channelOf(compression, () => createReadStream(file)) };
  }
  const { error, ...open } = await loadBinding().peek(file, HEAD_BYTES, control);
  if (error !== null) return { file, compression: null, input: file };
  const compression = compressionOf(open.head);
  if (compression === null) return { file, compression, input: open };
  return { file, compression, input: channelOf(compression, () => streamOf(open)) };
}

/** A pipe, a device or nothing must be opened but once. */
function isPlainFile(file: string): boolean {
  return file !== '-' && (statSync(file, { throwIfNoEntry: false })?.isFile() ?? false);
}

/** The first bytes of a file on disk; none of what cannot be read or is no such file. */
export function headOf(file: string): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES);
  if (!isPlainFile(file)) return head.subarray(0, 0);
  try {
    const fd = openSync(file, 'r');
    try {
      return head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return head.subarray(0, 0);
  }
}

/** A pipe from its place on, with what has been read of it put back. */
function streamOf({ fd, head }: NativeOpenFile): Readable {
  const stream = fd === STANDARD_INPUT ? process.stdin : pipeOf(fd);
  stream.unshift(head);
  return stream;
}

function pipeOf(fd: number): Readable {
  const { Socket } = process.getBuiltinModule('node:net');
  return new Socket({ fd, readable: true, writable: false });
}

function channelOf(compression: Compression, open: () => Readable): NativeByteChannel {
  return feed(loadBinding(), open, compression);
}
