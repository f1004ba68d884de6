/** What the engine reads of every packet of a capture, printed to an open file. */
import { loadBinding, type NativeDecodeResult } from '../native/binding.js';

export interface DecodeOptions {
  /** `jsonl`: one object a packet; `text`: one line a packet, for people. */
  readonly format: 'jsonl' | 'text';
  /** Descriptor of an open file; it stays open. */
  readonly fd: number;
  /** Cancels: the packets before are written, the result's error is `cancelled`. */
  readonly signal?: AbortSignal;
}

/** Packets written, and why the decoding ended before the end of the capture, if it did. */
export type DecodeResult = NativeDecodeResult;

/**
 * Decodes `file` (`-` is standard input) off the event loop. Packets before damage are written;
 * the damage is the result's `error`, not an exception.
 *
 * @throws {PortaclError} engine-missing
 */
export async function decodeCapture(file: string, options: DecodeOptions): Promise<DecodeResult> {
  const { format, fd, signal } = options;
  const control = new Int32Array(new SharedArrayBuffer(8));
  const cancel = (): void => {
    Atomics.store(control, 0, 1);
  };
  if (signal?.aborted === true) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await loadBinding().decode(file, format, fd, control);
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}
