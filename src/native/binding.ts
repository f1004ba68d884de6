/**
 * The native engine. This is the only file that loads it; what it can do stands in
 * {@link NativeBinding}. Loaded on first use, so that what needs no engine works without one.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

import { PortaclError } from '../errors.js';
import { packageFile } from '../package-file.js';
import type {
  NativeByteChannel,
  NativeCaptureInput,
  NativeCaptureMeasurement,
  NativeDecodeResult,
  NativeOpenFile,
  NativePipe,
  NativeStatus,
} from './capture-types.js';
import type { NativeClassifierMeasurement, NativeMeasureOptions } from './classifier-types.js';
import type {
  NativeEngine,
  NativeEngineOptions,
  NativeSession,
  NativeSessionOptions,
} from './engine-types.js';
import type { NativeProgram } from './program-types.js';
import type { NativeRecordChannel, NativeTableColumn, RecordsFormat } from './replay-types.js';

/** The exports of native/addon. */
export interface NativeBinding {
  readonly Engine: new (program: NativeProgram, options: NativeEngineOptions) => NativeEngine;
  /** See native/addon/program_object.h. */
  readonly Program: new (
    bytes: Uint8Array,
    earlier?: NativeProgram,
    putsOff?: boolean,
  ) => NativeProgram;
  readonly Session: new (program: NativeProgram, options: NativeSessionOptions) => NativeSession;

  /**
   * Measures the classifier of one IPv4 group off the event loop. `keys`: rows of MatchKey4
   * (native/core/classifier/match_key.h). Rejected with a {@link NativeStatus}.
   */
  measureClassifier(
    program: Uint8Array,
    groupRow: number,
    keys: Uint8Array,
    options: NativeMeasureOptions,
  ): Promise<NativeClassifierMeasurement>;

  /**
   * Reads a capture off the event loop, parses every packet and hashes its flow (`portacl`); up to its
   * headers, or its records, alone; or with libpcap's reader where this machine has it, which takes
   * paths alone. `control`: as for `decode`.
   */
  measureCapture(
    input: NativeCaptureInput,
    reader: 'portacl' | 'headers' | 'records' | 'libpcap',
    control: Int32Array,
  ): Promise<NativeCaptureMeasurement>;

  /**
   * Prints every packet of a capture to an open file, off the event loop. `control[0]` set to
   * another number than 0 cancels; `control[1]` holds the KiB read so far.
   */
  decode(
    input: NativeCaptureInput,
    format: 'jsonl' | 'text',
    fd: number,
    control: Int32Array | undefined,
  ): Promise<NativeDecodeResult>;

  /** Writes a table to a file, which is made or emptied; columns have one length. */
  writeTable(
    path: string,
    format: RecordsFormat,
    columns: readonly NativeTableColumn[],
  ): NativeStatus | null;

  /** Whether a file that begins so is of a format that is read; eight bytes are enough. */
  readonly isCapture: (head: Uint8Array) => boolean;

  /**
   * Opens a file and reads its first bytes, at most `count`, waiting for them where it is a pipe.
   * Without an error the descriptor is the caller's to close.
   */
  peek(
    path: string,
    count: number,
    control: Int32Array | undefined,
  ): Promise<NativeOpenFile & { readonly error: NativeStatus | null }>;

  /** A pipe for another program to write into; null where the system has none to give. */
  readonly pipe: () => NativePipe | null;

  /** Bytes of an open file before the place at which whoever has it open reads on. */
  readonly position: (fd: number) => number;

  /** `filled` is called when there is a buffer to be taken. */
  readonly RecordChannel: new (filled: () => void) => NativeRecordChannel;

  /** `wanted` is called when bytes are wanted: at first, when there is room again, at the end. */
  readonly ByteChannel: new (wanted: () => void) => NativeByteChannel;
}

/** Files that may be the engine, best first: the named one, a local build, the packaged one. */
function candidates(target: string): readonly string[] {
  const named = process.env['PORTACL_BINDING'];
  if (named !== undefined && named !== '') return [named];
  return [
    packageFile('build/Release/portacl.node'),
    packageFile(`prebuilds/${target}.node`),
    packageFile(`prebuilds/${target.replace('linux-', 'linuxmusl-')}.node`),
  ].filter((file) => existsSync(file));
}

let loaded: NativeBinding | undefined;

/**
 * The engine, loaded once.
 *
 * @throws {PortaclError} engine-missing
 */
export function loadBinding(): NativeBinding {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  const target = `${process.platform}-${process.arch}`;
  const failures: string[] = [];
  for (const file of candidates(target)) {
    try {
      loaded = require(file) as NativeBinding;
      return loaded;
    } catch (error) {
      // A file for another C library fails to load; the next one may be the right one.
      failures.push(`  ${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new PortaclError(
    'engine-missing',
    [
      `No native engine for ${target} with Node ${process.version} was found.`,
      ...failures,
      'Build it with: npm run build:native (in a checkout) or npx portacl build-native',
    ].join('\n'),
  );
}
