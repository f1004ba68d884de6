/**
 * Outputs appear whole or not at all: everything is written beside its place under a temporary name
 * and renamed when it is complete.
 */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

import { PortaclError } from '../errors.js';

export class AtomicFile {
  /** Where to write until {@link commit}. */
  readonly temporary: string;
  readonly #file: string;

  /** @throws {PortaclError} file-unwritable */
  constructor(file: string) {
    this.#file = file;
    this.temporary = `${file}.${process.pid}.partial`;
    attempt(file, () => closeSync(openSync(this.temporary, 'wx')));
  }

  /**
   * Gives the file its name; an older file of that name is replaced.
   *
   * @throws {PortaclError} file-unwritable
   */
  commit(): void {
    attempt(this.#file, () => renameSync(this.temporary, this.#file));
  }

  /** Removes what was written. */
  discard(): void {
    rmSync(this.temporary, { force: true });
  }
}

/**
 * Writes a whole file at once.
 *
 * @throws {PortaclError} file-unwritable
 */
export function writeWholeFile(file: string, chunks: Iterable<string>): void {
  const output = new AtomicFile(file);
  try {
    attempt(file, () => {
      const descriptor = openSync(output.temporary, 'w');
      try {
        for (const chunk of chunks) writeSync(descriptor, chunk);
      } finally {
        closeSync(descriptor);
      }
    });
    output.commit();
  } catch (error) {
    output.discard();
    throw error;
  }
}

function attempt(file: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PortaclError('file-unwritable', `${file} cannot be written: ${reason}`);
  }
}
