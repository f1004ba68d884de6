/** A text file line by line, in bounded memory. */
import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

import { systemError } from '../source/read-file.js';
import { LineError } from './line-error.js';

const CHUNK_BYTES = 1 << 20;
/** Longest line in UTF-16 units; a tuple has some 200 bytes. */
export const LINE_LENGTH_MAX = 1 << 20;
const STANDARD_INPUT = 0;

/**
 * Yields the lines of `file` without their ends; `-` is standard input.
 *
 * @throws {PortaclError} file-not-found, file-is-directory, file-unreadable, bad-tuple for a line
 *   longer than {@link LINE_LENGTH_MAX}
 */
export function* readLines(file: string): Generator<string> {
  const descriptor = file === '-' ? STANDARD_INPUT : open(file);
  try {
    yield* split(file, chunks(file, descriptor));
  } finally {
    if (descriptor !== STANDARD_INPUT) closeSync(descriptor);
  }
}

function* split(file: string, texts: Iterable<string>): Generator<string> {
  let rest = '';
  let line = 0;
  for (const text of texts) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const one of lines) {
      line++;
      refuseLong(file, line, one);
      yield one.endsWith('\r') ? one.slice(0, -1) : one;
    }
    refuseLong(file, line + 1, rest);
  }
  if (rest !== '') yield rest;
}

function refuseLong(file: string, line: number, text: string): void {
  if (text.length <= LINE_LENGTH_MAX) return;
  const problem = `the line is longer than ${LINE_LENGTH_MAX} characters`;
  throw new LineError('bad-tuple', file, line, problem);
}

function* chunks(file: string, descriptor: number): Generator<string> {
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let begun = false;
  for (;;) {
    const size = readSome(file, descriptor, buffer);
    if (size === 0) break;
    const text = decoder.write(buffer.subarray(0, size));
    // Windows PowerShell puts a byte order mark before the first line.
    yield begun ? text : text.replace(/^\ufeff/, '');
    begun ||= text !== '';
  }
  yield decoder.end();
}

function readSome(file: string, descriptor: number, buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, buffer);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw systemError(file, error);
      // A terminal or pipe that has nothing yet: wait a little instead of spinning.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw systemError(file, error);
  }
}
