/** Files to texts; the only place of the policy front end that touches the file system. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { PortaclError } from '../errors.js';
import { DOCUMENT_BYTES_MAX, decodeText } from './decode.js';
import { PolicyError, diagnosticOf } from './diagnostic.js';
import { positionAt, type SourceText } from './source-text.js';

/**
 * The text of a file.
 * @throws {PortaclError} file-not-found, file-is-directory, file-unreadable
 * @throws {PolicyError} not-json for a wrong encoding, document-limit
 */
export function readSourceFile(name: string): SourceText {
  return sourceFromBytes(name, readBytes(name));
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

function readBytes(name: string): Uint8Array {
  let file: number;
  try {
    file = openSync(name, 'r');
  } catch (error) {
    throw systemError(name, error);
  }
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) {
      throw new PortaclError('file-is-directory', `${name} is a folder; a file is needed.`);
    }
    if (stat.size > DOCUMENT_BYTES_MAX) throw tooLarge(name, stat.size);
    return readFileSync(file);
  } catch (error) {
    throw error instanceof PortaclError ? error : systemError(name, error);
  } finally {
    closeSync(file);
  }
}

function tooLarge(name: string, bytes: number): PolicyError {
  const place = { file: name, line: 1, column: 1, path: '' };
  const expected = `at most ${DOCUMENT_BYTES_MAX} bytes`;
  const message = `${name} has ${bytes} bytes; a document has ${expected}.`;
  return new PolicyError([
    diagnosticOf('error', 'document-limit', place, message, { found: String(bytes), expected }),
  ]);
}

function systemError(name: string, cause: unknown): PortaclError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new PortaclError('file-not-found', `${name} does not exist.`, { cause });
  }
  if (code === 'EISDIR') {
    return new PortaclError('file-is-directory', `${name} is a folder; a file is needed.`, {
      cause,
    });
  }
  return new PortaclError('file-unreadable', `${name} cannot be read (${code}).`, { cause });
}
