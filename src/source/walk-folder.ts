/** Folders as the files in them, in an order that is the same on every machine. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import path from 'node:path';

import { PolicyError, diagnosticOf } from './diagnostic.js';
import { systemError } from './read-file.js';

/** Files of one folder, those of the folders in it among them. */
export const FOLDER_FILES_MAX = 10_000;
/** Folders within folders. */
export const FOLDER_DEPTH_MAX = 32;

/** Whether the name is that of a folder; what is not there is none. */
export function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * The plain files in a folder and in the folders in it: by name in the order of their UTF-16 units,
 * a folder where its name stands. Names that begin with a dot, pipes and devices are left out.
 * Links are followed to files and not to folders, so that no walk goes round.
 *
 * @throws {PolicyError} document-limit
 * @throws {FileError} file-unreadable
 */
export function filesIn(folder: string): readonly string[] {
  const files: string[] = [];
  let seen = 0;
  walk(folder, 1);
  return files;

  function walk(at: string, depth: number): void {
    if (depth > FOLDER_DEPTH_MAX) {
      throw tooMany(folder, `folders ${depth} deep`, `folders at most ${FOLDER_DEPTH_MAX} deep`);
    }
    for (const entry of entriesOf(at)) {
      if (entry.name.startsWith('.')) continue;
      if (++seen > FOLDER_FILES_MAX) {
        const most = `at most ${FOLDER_FILES_MAX} files`;
        throw tooMany(folder, `more than ${FOLDER_FILES_MAX} files`, most);
      }
      const name = path.join(at, entry.name);
      if (entry.isDirectory()) walk(name, depth + 1);
      else if (entry.isFile() || (entry.isSymbolicLink() && isFile(name))) files.push(name);
    }
  }
}

function entriesOf(folder: string): ReturnType<typeof listed> {
  try {
    return listed(folder).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw systemError(folder, error);
  }
}

const listed = (folder: string) => readdirSync(folder, { withFileTypes: true });

function isFile(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isFile() ?? false;
}

function tooMany(folder: string, found: string, expected: string): PolicyError {
  const place = { file: folder, line: 1, column: 1, path: '' };
  const message = `${folder} has ${found}; a folder of documents has ${expected}. Name the files or a folder in it.`;
  return new PolicyError([
    diagnosticOf('error', 'document-limit', place, message, { found, expected }),
  ]);
}

/**
 * Whether the first bytes of a file may be those of a text: what has a zero byte is none, unless it
 * begins as UTF-16 does. So no capture beside the documents is read whole.
 * @throws {FileError} file-unreadable
 */
export function looksLikeText(name: string): boolean {
  const head = headOf(name);
  const [a, b] = head;
  return (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || !head.includes(0);
}

const HEAD_BYTES = 4096;

function headOf(name: string): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES);
  try {
    const file = openSync(name, 'r');
    try {
      return head.subarray(0, readSync(file, head, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw systemError(name, error);
  }
}
