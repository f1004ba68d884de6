/**
 * Rotation of a firewall log as Windows does it: a file that has reached its size is renamed, and a
 * new one begun; one generation is kept. Source: windows-firewall.md 8.1.
 */
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** Bytes read at once. */
const BLOCK_BYTES = 1 << 20;
const LINE_FEED = 10;

/** Bytes of a file, the end not included. */
type Span = readonly [from: number, to: number];

/** Where the last two generations lie in a log that was written as one. */
interface Generations {
  /** With which every generation begins: up to the first empty line. */
  readonly header: Span;
  /** Null: the log never reached its size. */
  readonly old: Span | null;
  readonly last: Span;
}

/**
 * Leaves the last generation in `log`, and writes the one before it to `oldFile` when there is one.
 * Generations older than that are gone, as they are on Windows.
 *
 * @param log - a log written as one: its header, an empty line, events; lines end in a line feed
 * @param limitBytes - a generation that has as many or more is full
 * @returns whether there is a generation before the last one
 */
export function rotateLog(log: string, limitBytes: number, oldFile: string): boolean {
  const file = openSync(log, 'r+');
  try {
    const { header, old, last } = generationsOf(file, limitBytes);
    if (old === null) return false;
    const target = openSync(oldFile, 'w');
    try {
      copy(file, header, target, 0);
      copy(file, old, target, header[1]);
    } finally {
      closeSync(target);
    }
    // The last generation moves down to the header, which stands there already.
    copy(file, last, file, header[1]);
    ftruncateSync(file, header[1] + last[1] - last[0]);
    return true;
  } finally {
    closeSync(file);
  }
}

function generationsOf(file: number, limitBytes: number): Generations {
  let headerEnd: number | null = null;
  let old: Span | null = null;
  let begin = 0;
  let end = 0;
  for (const bytes of lineLengths(file)) {
    const isFull = headerEnd !== null && headerEnd + end - begin >= limitBytes && end > begin;
    if (isFull) {
      old = [begin, end];
      begin = end;
    }
    end += bytes;
    if (headerEnd === null && bytes <= '\r\n'.length) headerEnd = begin = end;
  }
  return { header: [0, headerEnd ?? 0], old, last: [begin, end] };
}

/** Of each line with its end, in bytes. */
function* lineLengths(file: number): Generator<number> {
  const block = Buffer.alloc(BLOCK_BYTES);
  let length = 0;
  for (let at = 0; ;) {
    const bytes = readSync(file, block, 0, block.length, at);
    if (bytes === 0) break;
    at += bytes;
    let from = 0;
    const text = block.subarray(0, bytes);
    for (let to = text.indexOf(LINE_FEED); to >= 0; to = text.indexOf(LINE_FEED, from)) {
      yield length + to + 1 - from;
      length = 0;
      from = to + 1;
    }
    length += bytes - from;
  }
  if (length > 0) yield length;
}

/** Into another file, or down in the same one. */
function copy(source: number, [from, to]: Span, target: number, place: number): void {
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let at = from; at < to;) {
    const bytes = readSync(source, block, 0, Math.min(block.length, to - at), at);
    if (bytes === 0) break;
    for (let done = 0; done < bytes;) {
      done += writeSync(target, block, done, bytes - done, place + at - from + done);
    }
    at += bytes;
  }
}
