/** Where commands print: data to standard output, everything about the work to standard error. */
import { writeSync } from 'node:fs';

import type { Diagnostic } from '../source/diagnostic.js';

/** Colours where a terminal shows them and nobody asked for none. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

export async function paintFor(stream: NodeJS.WriteStream): Promise<Paint> {
  const { default: picocolors } = await import('picocolors');
  const wanted = stream.isTTY && process.env['NO_COLOR'] === undefined;
  return picocolors.createColors(wanted);
}

/** Writes all of `text`, also where standard output is a pipe that is slow to be read. */
export function print(text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') continue;
      if (code === 'EPIPE') return;
      throw error;
    }
  }
}

export function printJson(value: unknown): void {
  print(
    `${JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v), 2)}\n`,
  );
}

export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** `file:line:column code message`, the form editors and people jump by. */
export function diagnosticLine(diagnostic: Diagnostic): string {
  const { code, message, location, hns } = diagnostic;
  const { file, line, column } = location;
  const where = line > 0 ? `${file}:${line}:${column}` : file;
  const label = diagnostic.severity === 'error' ? '' : `${diagnostic.severity} `;
  return `${where}${where ? ' ' : ''}${label}${code} ${message}${hns ? ` (HNS ${hns})` : ''}`;
}
