/** Files to texts; the only place of the policy front end that touches the file system. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { FileError, PortaclError } from '../errors.js';
import { DOCUMENT_BYTES_MAX, decodeText } from './decode.js';
import { PolicyError, diagnosticOf } from './diagnostic.js';
import { positionAt, type SourceText } from './source-text.js';

/** Read at least at once of a file whose size is not known. */
const CHUNK_BYTES = 64 * 1024;

/**
 * The text of a file.
 * @throws {FileError} file-not-found, file-is-directory, file-unreadable
 * @throws {PolicyError} not-json for a wrong encoding, document-limit
 */
export function readSourceFile(name: string): SourceText {
  return sourceFromBytes(name, readSourceBytes(name));
}

/**
 * The text in bytes that came from anywhere.
 * @throws {PolicyError} not-json
 */
export function sourceFromBytes(name: string, bytes: Uint8Array): SourceText {
  const decoded = decodeText(bytes);
  if (decoded.problem === undefined) return { name, text: decoded.text };
  const position = positionAt({ name, text: decoded.prefix }, decoded.prefix.length);
  throw new PolicyError([
    diagnosticOf(
      'error',
      'not-json',
      { file: name, ...position, path: '' },
      `In ${name}, ${decoded.problem}; documents are UTF-8, or UTF-16LE with a byte order mark.`,
      { found: decoded.found, expected: 'UTF-8, or UTF-16LE with a byte order mark' },
    ),
  ]);
}

/**
 * The bytes of a file.
 * @throws {FileError} file-not-found, file-is-directory, file-unreadable
 * @throws {PolicyError} document-limit
 */
export function readSourceBytes(name: string): Uint8Array {
  let file: number;
  try {
    file = openSync(name, 'r');
  } catch (error) {
    throw systemError(name, error);
  }
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) {
      throw new FileError('file-is-directory', name, IS_DIRECTORY);
    }
    if (stat.size > DOCUMENT_BYTES_MAX) throw tooLarge(name, String(stat.size));
    return readBounded(name, file, stat.size);
  } catch (error) {
    throw error instanceof PortaclError ? error : systemError(name, error);
  } finally {
    closeSync(file);
  }
}

/**
 * What a file holds, or a pipe or device that says no size and may never end.
 * @throws {PolicyError} document-limit
 */
function readBounded(name: string, file: number, expectedSize: number): Uint8Array {
  let buffer = Buffer.allocUnsafe(expectedSize + CHUNK_BYTES);
  let size = 0;
  for (;;) {
    if (size === buffer.length) {
      const longer = Buffer.allocUnsafe(Math.min(2 * size, DOCUMENT_BYTES_MAX + 1));
      buffer.copy(longer);
      buffer = longer;
    }
    const read = readSync(file, buffer, size, buffer.length - size, null);
    if (read === 0) return buffer.subarray(0, size);
    size += read;
    if (size > DOCUMENT_BYTES_MAX) throw tooLarge(name, `more than ${DOCUMENT_BYTES_MAX}`);
  }
}

function tooLarge(name: string, bytes: string): PolicyError {
  const place = { file: name, line: 1, column: 1, path: '' };
  const expected = `at most ${DOCUMENT_BYTES_MAX} bytes`;
  const message = `${name} has ${bytes} bytes; a document has ${expected}.`;
  return new PolicyError([
    diagnosticOf('error', 'document-limit', place, message, { found: bytes, expected }),
  ]);
}

const IS_DIRECTORY = 'this is a directory; a file is wanted';

/** What the system said when a file was opened or read. */
export function systemError(name: string, cause: unknown): FileError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new FileError('file-not-found', name, 'no such file', { cause });
  }
  if (code === 'EISDIR') return new FileError('file-is-directory', name, IS_DIRECTORY, { cause });
  const message = `the system refuses to read it (${code})`;
  return new FileError('file-unreadable', name, message, { cause });
}
