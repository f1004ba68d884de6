/** Folders of captures as the files in them. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { FileError } from '../errors.js';
import { loadBinding } from '../native/binding.js';
import { headOf } from './capture-input.js';
import { compressionOf } from './compression.js';

/**
 * The captures that `names` stand for, in order. A folder stands for the captures directly in it,
 * by name, as rotating writers number them; what is none by its first bytes and hidden files are
 * passed over. Anything else stands for itself, whatever it is.
 *
 * @throws {FileError} capture-unknown-format for a folder without a capture, file-unreadable
 * @throws {PortaclError} engine-missing
 */
export function listCaptures(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => (isFolder(name) ? capturesIn(name) : [name]));
}

function isFolder(name: string): boolean {
  return name !== '-' && (statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

function capturesIn(folder: string): readonly string[] {
  const { isCapture } = loadBinding();
  const names = namesIn(folder);
  const captures = names
    .map((name) => path.join(folder, name))
    .filter((file) => {
      const head = headOf(file);
      return isCapture(head) || compressionOf(head) !== null;
    });
  if (captures.length === 0) {
    throw new FileError(
      'capture-unknown-format',
      folder,
      `none of the ${names.length} files in this folder is a capture (pcap, pcapng, snoop, plain or compressed by gzip or zstd)`,
    );
  }
  return captures;
}

/** In the order of their UTF-16 units, which is the same on every machine. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch {
    throw new FileError('file-unreadable', folder, 'the system refuses to list this folder');
  }
}
