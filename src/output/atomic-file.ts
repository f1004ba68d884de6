/**
 * Outputs appear whole or not at all: everything is written beside its place under a temporary name
 * and renamed when it is complete.
 */
import { closeSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

import { FileError } from '../errors.js';

export class AtomicFile {
  /** Where to write until {@link commit}. */
  readonly temporary: string;
  readonly #file: string;

  /**
   * Takes its place at once, so that an output that cannot be is refused before work begins.
   * `signal`: the temporary file is gone as soon as the work is cancelled, even if the work itself
   * does not end.
   *
   * @throws {FileError} file-unwritable
   */
  constructor(file: string, signal?: AbortSignal) {
    this.#file = file;
    this.temporary = `${file}.${process.pid}.partial`;
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
      throw new FileError('file-unwritable', file, 'it cannot be written: it is a directory');
    }
    attempt(file, () => closeSync(openSync(this.temporary, 'wx')));
    signal?.addEventListener('abort', () => this.discard(), { once: true });
  }

  /**
   * Replaces what has been written so far.
   *
   * @throws {FileError} file-unwritable
   */
  write(chunks: Iterable<string>): void {
    attempt(this.#file, () => {
      const descriptor = openSync(this.temporary, 'w');
      try {
        for (const chunk of chunks) writeFileSync(descriptor, chunk);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  /**
   * Gives the file its name; an older file of that name is replaced.
   *
   * @throws {FileError} file-unwritable
   */
  commit(): void {
    attempt(this.#file, () => renameSync(this.temporary, this.#file));
  }

  /** Removes what was written; nothing to remove is fine. */
  discard(): void {
    try {
      rmSync(this.temporary, { force: true });
    } catch {
      // Windows keeps a file that is open; the next call, when the work has ended, removes it.
    }
  }
}

function attempt(file: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new FileError('file-unwritable', file, `it cannot be written: ${reasonOf(error)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is no folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EISDIR: 'it is a directory',
};

/** Without the temporary name, which means nothing to the user. */
function reasonOf(error: unknown): string {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return `${REASONS[code] ?? 'the system refuses'} (${code})`;
}
