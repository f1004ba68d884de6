/** Where commands print: data to standard output, everything about the work to standard error. */
import { fstatSync, writeSync } from 'node:fs';

import { FileError, type PortaclError } from '../errors.js';
import { grouped, oneLine } from '../report/text-table.js';
import { countOf, DIAGNOSTICS_MAX, type Diagnostic, type Severity } from '../source/diagnostic.js';
import { LineError } from './line-error.js';

/** Colours where a terminal shows them and nobody asked for none. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

export const STANDARD_OUTPUT = 1;
export const STANDARD_ERROR = 2;

/**
 * The stream where it is a terminal. The descriptor is asked first: for Node's streams all is loaded
 * that sockets need, a tenth of what a small job takes.
 */
export function terminalOf(
  fd: typeof STANDARD_OUTPUT | typeof STANDARD_ERROR,
): NodeJS.WriteStream | null {
  try {
    if (!fstatSync(fd).isCharacterDevice()) return null;
  } catch {
    return null; // closed
  }
  const stream = fd === STANDARD_OUTPUT ? process.stdout : process.stderr;
  // A terminal may go away; the work goes on.
  if (stream.listenerCount('error') === 0) stream.on('error', () => undefined);
  return stream.isTTY ? stream : null;
}

const PLAIN: Paint = { bold: String, dim: String, red: String, green: String, yellow: String };

export async function paintFor(stream: NodeJS.WriteStream | null): Promise<Paint> {
  // Source: no-color.org; an empty value asks for nothing.
  const wanted = stream?.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
  if (!wanted) return PLAIN;
  // Where nobody asked for none it looks at standard output by itself: see terminalOf().
  const { default: picocolors } = await import('picocolors');
  return picocolors.createColors(true);
}

export const outputPaint = (): Promise<Paint> => paintFor(terminalOf(STANDARD_OUTPUT));

const PIPE_WAIT_MS = 5;

/** Writes all of `text`, also to a pipe that is slow to be read. The error that ends it, if any. */
function writeAll(fd: number, text: string): NodeJS.ErrnoException | null {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return error as NodeJS.ErrnoException;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_WAIT_MS);
    }
  }
  return null;
}

/**
 * Writes to standard output. A reader that has gone is no fault.
 *
 * @throws {FileError} file-unwritable
 */
export function print(text: string): void {
  const error = writeAll(STANDARD_OUTPUT, text);
  if (error === null || error.code === 'EPIPE') return;
  throw new FileError('file-unwritable', '<stdout>', `it cannot be written (${error.code ?? ''})`);
}

/** Writes to standard error. Whoever read it may be gone; the work goes on. */
export function printAside(text: string): void {
  writeAll(STANDARD_ERROR, text);
}

export function printJson(value: unknown): void {
  print(
    `${JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v), 2)}\n`,
  );
}

export function complain(line: string): void {
  printAside(`${line}\n`);
}

/** Warnings of reading, for commands whose output is something else. */
export function warn(diagnostics: readonly Diagnostic[]): void {
  diagnosticLines(diagnostics, ['warning']).forEach(complain);
}

/** Diagnostics of one severity that are shown; people read the first and look for the cause. */
export const LINES_MAX = 100;

/** A line for each of the first diagnostics of each severity, and one for how many more there are. */
export function diagnosticLines(
  diagnostics: readonly Diagnostic[],
  severities: readonly Severity[],
): string[] {
  const shown: Record<Severity, number> = { error: 0, warning: 0, info: 0 };
  const first = diagnostics.filter(
    ({ severity, unlisted }) =>
      severities.includes(severity) && unlisted === undefined && shown[severity]++ < LINES_MAX,
  );
  const more = severities
    .map((severity) => ({ severity, count: countOf(diagnostics, severity) - LINES_MAX }))
    .filter(({ count }) => count > 0)
    .map(
      ({ severity, count }) =>
        `… and ${grouped(count)} more of severity ${severity}; portacl check --json lists up to ${grouped(DIAGNOSTICS_MAX)}`,
    );
  return [...first.map(diagnosticLine), ...more];
}

/** `file:line:column code message`, the form editors and people jump by. */
export function diagnosticLine(diagnostic: Diagnostic): string {
  const { code, message, location, hns } = diagnostic;
  const { file, line, column } = location;
  const where = line > 0 ? `${file}:${line}:${column}` : file;
  const label = diagnostic.severity === 'error' ? '' : `${diagnostic.severity} `;
  return oneLine(
    `${where}${where ? ' ' : ''}${label}${code} ${message}${hns ? ` (HNS ${hns})` : ''}`,
  );
}

/** `file:line code message`, with as much of the place as the error knows. */
export function errorLine(error: PortaclError): string {
  // The message about a missing engine has lines on purpose, and nothing of the user's in them.
  if (error.code === 'engine-missing') return `${error.code} ${error.message}`;
  return oneLine(`${placeOf(error)}${error.code} ${error.message}`);
}

function placeOf(error: PortaclError): string {
  if (!(error instanceof FileError)) return '';
  const file = error.file === '-' ? '<stdin>' : error.file;
  return error instanceof LineError ? `${file}:${error.line} ` : `${file} `;
}
