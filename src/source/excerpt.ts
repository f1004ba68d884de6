/** The line of a document that a location names, for messages. */
import { readFileSync, statSync } from 'node:fs';
import type { SourceLocation } from '../errors.js';

/** A longer file is not read again for a message. */
const FILE_BYTES_MAX = 16 << 20;
const SHOWN_LENGTH_MAX = 120;

/**
 * `file:line:column` and, where the file is there and text, the line with a mark below its column.
 * A value that was no text has a path instead of a line.
 */
export function excerpt({ file, line, column, path }: SourceLocation): string {
  if (line === 0) return path === '' ? file : `${file} ${path}`;
  const place = `${file}:${line}:${column}`;
  const text = linesOf(file)?.[line - 1] ?? null;
  if (text === null) return place;
  const from = Math.max(0, column - 1 - SHOWN_LENGTH_MAX / 2);
  const shown = text.slice(from, from + SHOWN_LENGTH_MAX);
  return `${place}\n    ${shown}\n    ${' '.repeat(column - 1 - from)}^`;
}

/** Null for a file that is too long, no text, or not there. */
export function linesOf(file: string): readonly string[] | null {
  try {
    const { size } = statSync(file);
    if (size > FILE_BYTES_MAX) return null;
    const text = readFileSync(file, 'utf8');
    return text.includes('\0') ? null : text.replaceAll('\t', ' ').split(/\r\n|\n|\r/);
  } catch {
    // The file was never one, or has gone since: the place alone has to do.
    return null;
  }
}
