/** A stream of plain bytes into a channel of the engine, as fast as the engine takes them. */
import type { Readable } from 'node:stream';

import { ERRORS, type ErrorCode, type ErrorRow } from '../errors.js';
import type { NativeBinding } from '../native/binding.js';
import type { NativeByteChannel } from '../native/capture-types.js';
import {
  CompressionError,
  decompress,
  decompressInto,
  isByProgram,
  type Compression,
} from './compression.js';

/**
 * A channel that opens its file when the engine first asks for bytes of it, and closes it when the
 * engine has read enough. What goes wrong ends the channel and is the engine's to report. A program that
 * decompresses writes into a pipe, where there is one, which the engine reads.
 */
export function feed(
  { ByteChannel, pipe, position }: Pick<NativeBinding, 'ByteChannel' | 'pipe' | 'position'>,
  open: () => Readable,
  compression: Compression,
): NativeByteChannel {
  let raw: Readable | null = null;
  let wake: (() => void) | null = null;
  const channel = new ByteChannel(() => {
    // The file may have nothing to give for long, and nobody wants it any more.
    if (channel.closed) raw?.destroy();
    else if (raw === null) void pump((raw = open()));
    wake?.();
  });
  const pump = async (raw: Readable): Promise<void> => {
    try {
      const ends = isByProgram(compression) ? pipe() : null;
      if (ends !== null) {
        channel.attach(ends.read);
        await decompressInto(raw, ends.write, position);
      } else {
        for await (const chunk of decompress(raw, compression)) {
          if (channel.closed) return;
          if (!channel.write(chunk)) await new Promise<void>((resolve) => (wake = resolve));
        }
      }
      channel.end(null);
    } catch (error) {
      const offset = error instanceof CompressionError ? error.offset : undefined;
      channel.end({ ...failureOf(error), offset: offset ?? bytesRead(raw) });
    }
  };
  return channel;
}

/** A channel of bytes that are made when the engine wants them. */
export function feedBytes(
  channelOf: (wanted: () => void) => NativeByteChannel,
  chunks: Iterable<Uint8Array>,
): NativeByteChannel {
  const iterator = chunks[Symbol.iterator]();
  let ended = false;
  const channel = channelOf(() => {
    for (let wanted = !ended; wanted && !channel.closed;) {
      const next = iterator.next();
      if (next.done === true) {
        ended = true;
        channel.end(null);
        return;
      }
      wanted = channel.write(next.value);
    }
  });
  return channel;
}

/** Compressed bytes that were read when something was noticed. */
function bytesRead(raw: Readable): number {
  return 'bytesRead' in raw ? Number(raw.bytesRead) : 0;
}

function failureOf(error: unknown): { readonly code: number; readonly detail: number } {
  if (error instanceof CompressionError) return { code: numberOf(error.code), detail: 0 };
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
  return { code: numberOf('file-unreadable'), detail: Math.abs(errno) };
}

function numberOf(code: ErrorCode): number {
  const row: ErrorRow = ERRORS[code];
  return row.native!;
}
