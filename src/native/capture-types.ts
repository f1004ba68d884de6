/** Captures as the addon takes them, and what reading them comes to. */
import type { ErrorCode } from '../errors.js';

/** How the engine says that an input is wrong; `code` is a row of `ERRORS`. */
export interface NativeStatus {
  readonly code: ErrorCode;
  /** Byte of the input at which it was noticed. */
  readonly offset: number;
  /** The offending number where there is one, e.g. a link type. */
  readonly detail: number;
}

/** A file that is open already and its first bytes, which have been read; the reader closes it. */
export interface NativeOpenFile {
  readonly fd: number;
  readonly head: Uint8Array;
}

/** Both ends of a pipe, the caller's to close. */
export interface NativePipe {
  readonly read: number;
  readonly write: number;
}

/** Bytes that Node makes and a job reads; see native/addon/channel_object.h. */
export interface NativeByteChannel {
  /** False: wait until more is wanted. */
  write(chunk: Uint8Array): boolean;
  /** Instead of writing: the bytes come from an open file or pipe, which the reader closes. */
  attach(fd: number): void;
  /** The last call: no more bytes come, for this reason. `code` is the number of a row of `ERRORS`. */
  end(
    error: { readonly code: number; readonly offset: number; readonly detail: number } | null,
  ): void;
  /** Whether nobody reads any more. */
  readonly closed: boolean;
}

/** A file that may grow while it is read; it ends when the job is cancelled. */
export interface NativeFollowedFile {
  readonly follow: string;
}

/** A path, `-` for standard input; another place to read from. */
export type NativeCaptureInput = string | NativeFollowedFile | NativeOpenFile | NativeByteChannel;

/** What a decoding has done. */
export interface NativeDecodeResult {
  readonly packets: number;
  readonly error: NativeStatus | null;
}

/** One reading of a capture without verdicts. */
export interface NativeCaptureMeasurement {
  readonly packets: number;
  /** Captured bytes of the packets. */
  readonly bytes: number;
  /** Packets with a flow, and the sum of their hashes: equal for all who read the same. */
  readonly hashed: number;
  readonly sum: number;
  readonly error: NativeStatus | null;
  /** Why libpcap did not read; empty when it did. */
  readonly why: string;
}

/** A capture judged with a clock beside it; native/addon/engine_bench.h. */
export interface NativeEngineMeasurement {
  readonly packets: number;
  /** Nanoseconds of processor time of the thread that read and judged. */
  readonly cpuNs: number;
  /** Packets of a full batch. */
  readonly batchPackets: number;
  /**
   * Pairs, ascending: nanoseconds at most, by the clock on the wall, that a full batch took to be
   * judged, and how many did.
   */
  readonly latencies: Float64Array;
  readonly error: NativeStatus | null;
}

/** What was read of one capture. */
export interface NativeCaptureSummary {
  readonly packets: number;
  /** Bytes of the file. */
  readonly bytes: number;
  readonly firstTimeNs: bigint | null;
  readonly lastTimeNs: bigint | null;
  /** Packets that who wrote the capture lost, as it says. */
  readonly lostPackets: number;
  readonly error: NativeStatus | null;
}
