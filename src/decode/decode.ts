/** What the engine reads of every packet of a capture, printed to an open file. */
import { openCapture } from '../captures/capture-input.js';
import type { Compression } from '../captures/compression.js';
import { loadBinding } from '../native/binding.js';
import type { NativeDecodeResult } from '../native/capture-types.js';
import { watchJob } from '../native/job-control.js';

export interface DecodeOptions {
  /** `jsonl`: one object a packet; `text`: one line a packet, for people. */
  readonly format: 'jsonl' | 'text';
  /** Descriptor of an open file; it stays open. */
  readonly fd: number;
  /** Wait for more at the end of the file, until `signal` ends it. */
  readonly follow?: boolean;
  /** Cancels: the packets before are written, the result's error is `cancelled`. */
  readonly signal?: AbortSignal;
}

/** Packets written, and why the decoding ended before the end of the capture, if it did. */
export interface DecodeResult extends NativeDecodeResult {
  /** How the capture is compressed; places in it count its plain bytes. */
  readonly compression: Compression | null;
}

/**
 * Decodes `file` (`-` is standard input) off the event loop. Packets before damage are written;
 * the damage is the result's `error`, not an exception.
 *
 * @throws {PortaclError} engine-missing, bad-usage
 */
export async function decodeCapture(file: string, options: DecodeOptions): Promise<DecodeResult> {
  const { format, fd, follow, signal } = options;
  return watchJob({ ...(signal && { signal }) }, async (control) => {
    const { input, compression } = await openCapture(file, control, follow ? 'follow' : 'stop');
    return { ...(await loadBinding().decode(input, format, fd, control)), compression };
  });
}
