/**
 * The native engine. This is the only file that loads it; what it can do stands in
 * {@link NativeBinding}. Loaded on first use, so that what needs no engine works without one.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

import { type ErrorCode, PortaclError } from '../errors.js';
import { packageFile } from '../package-file.js';

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

/** Bytes that Node makes and a job reads; see native/addon/channel_object.h. */
export interface NativeByteChannel {
  /** False: wait until more is wanted. */
  write(chunk: Uint8Array): boolean;
  /** The last call: no more bytes come, for this reason. `code` is the number of a row of `ERRORS`. */
  end(
    error: { readonly code: number; readonly offset: number; readonly detail: number } | null,
  ): void;
  /** Whether nobody reads any more. */
  readonly closed: boolean;
}

/** Buffers that a replay fills with verdicts; see native/addon/record_channel_object.h. */
export interface NativeRecordChannel {
  /** A buffer to be filled; not to be touched until it is taken. */
  give(buffer: Uint8Array): void;
  /** Rows of the oldest filled buffer; null when none is filled. */
  take(): number | null;
  /** No more is wanted. */
  close(): void;
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
  readonly error: NativeStatus | null;
}

export interface NativeReplayResult {
  /** One per capture that was begun, in order. */
  readonly captures: readonly NativeCaptureSummary[];
  /** One per change of policy, in order; null where its mark was not reached. */
  readonly changes: readonly (NativeAppliedChange | null)[];
  readonly outputError: NativeStatus | null;
  /** The output of the error, a path of {@link NativeOutputs}; empty when memory was out. */
  readonly outputName: NativeOutputPath | '';
  /** With `reportFlows`, where packets have times. */
  readonly timeline?: NativeTimeline;
}

/** Verdicts over capture time: of each bucket those that drop, allow and pass. */
export interface NativeTimeline {
  readonly startNs: bigint;
  readonly widthNs: bigint;
  readonly counts: Float64Array;
}

/** How several captures are read. */
export interface NativeOrder {
  /** Go on with the others after a damaged one. */
  readonly lenient: boolean;
  /** By the times of packets, instead of one after the other. */
  readonly merge: boolean;
  /** That judge, from 1 to 64. */
  readonly threads: number;
}

/** Outputs that are files. */
/** Of a file with a record a line or a row. */
export type RecordsFormat = 'jsonl' | 'csv' | 'parquet';

export type NativeOutputPath =
  | 'packets'
  | 'allowed'
  | 'delivered'
  | 'dropped'
  | 'annotate'
  | 'flows'
  | 'firewallLog'
  | 'reportFlows';

/** What a replay writes beside counting: paths, and what the writing of them needs. */
export interface NativeOutputs extends Readonly<Partial<Record<NativeOutputPath, string>>> {
  readonly packetsFormat?: RecordsFormat;
  readonly flowsFormat?: RecordsFormat;
  /** Names by the rows of the program, for `annotate`. */
  readonly texts?: NativeTexts;
  readonly firewallLogForm?: NativeFirewallLogForm;
  /** Verdicts as columns, beside or without files. */
  readonly records?: NativeRecordChannel;
  /** Hand buffers over before they are full when nothing else is to be read. */
  readonly recordsSoon?: boolean;
  /** Who writes captures. */
  readonly application?: string;
}

/** See FirewallLogForm in native/core/report/firewall_log.h. */
export interface NativeFirewallLogForm {
  /** By endpoint: 1 for what is allowed, 2 for what is dropped. */
  readonly logs: Uint8Array;
  /** Pairs: from this second since 1970 on, local time is so many seconds ahead of UTC. */
  readonly zone: Float64Array;
  /** What the host sends to itself is logged. */
  readonly loopback: boolean;
  readonly pid: boolean;
  /** Lines end in LF alone. */
  readonly bare: boolean;
  /** Five numbers more a line; see src/replay/compare-log.ts. */
  readonly traced: boolean;
}

/** One line of UTF-8 each; see VerdictTexts in native/core/report/capture_output.h. */
export interface NativeTexts {
  readonly endpoints: readonly string[];
  readonly layers: readonly string[];
  readonly rules: readonly string[];
}

/** What a comparison found; see native/core/engine/compare.h. */
export interface NativeComparison {
  readonly captures: readonly NativeCaptureSummary[];
  /** Records read, and those of them with a packet id or a verdict. */
  readonly records: number;
  readonly remarks: number;
  /** Packets of which both say the same. */
  readonly agreedAllowed: number;
  readonly agreedDropped: number;
  /** Packets that no endpoint judges, without and with a recorded drop. */
  readonly unjudged: number;
  readonly unjudgedDrops: number;
  /** Names of the interfaces. */
  readonly components: readonly string[];
  /**
   * Of each packet on which they disagree {@link COMPARED_WORDS}; the last ones are rows and
   * values of the rule program, 2^32 - 1 for none.
   */
  readonly rows: BigUint64Array;
  /** Of each of these packets its headers in a few words. */
  readonly texts: readonly string[];
}

/** The words of a row; kWords in native/addon/compare_worker.cc. */
export const COMPARED_WORDS = [
  ...(['capture', 'frame', 'time', 'id', 'flags', 'dropFrame', 'dropComponent'] as const),
  ...(['appearances', 'endpoint', 'direction', 'outcome', 'stage', 'reason'] as const),
  ...(['rule', 'layer'] as const),
] as const;

/** Rows of 64-bit numbers; their layouts stand in native/core/report/counters.h. */
export interface NativeCounters {
  readonly rules: BigUint64Array;
  readonly endpoints: BigUint64Array;
  readonly layers: BigUint64Array;
  readonly tcpPackets: BigUint64Array;
  readonly endpointReasons: BigUint64Array;
  readonly reasons: BigUint64Array;
  /** Values of conditions and their packets; see native/core/report/condition_values.h. */
  readonly conditionValues: BigUint64Array;
  readonly totals: BigUint64Array;
}

/** An engine: flows and counters over one rule program. Every call but `replay` blocks. */
export interface NativeEngine {
  replay(
    inputs: readonly NativeCaptureInput[],
    outputs: NativeOutputs | null,
    order: NativeOrder,
    control: Int32Array | undefined,
    changes?: readonly NativePolicyChange[],
  ): Promise<NativeReplayResult>;
  /** Holds captures of Windows machines against the engine; drops count of `components`, or all. */
  compare(
    inputs: readonly NativeCaptureInput[],
    components: readonly string[],
    lenient: boolean,
    control: Int32Array | undefined,
  ): Promise<NativeComparison>;
  /** A replay without outputs, with a clock beside it; flows live on from one call to the next. */
  measure(
    input: NativeCaptureInput,
    control: Int32Array | undefined,
  ): Promise<NativeEngineMeasurement>;
  /** Tuples and quoted packets as rows of TUPLE_TABLE; answers rows of RECORD_TABLE. */
  judge(tuples: Uint8Array, quoted: Uint8Array, firstFrame: number): Uint8Array;
  /**
   * What `judge` would say of one tuple: bytes of a row of SEEN_PACKET_TABLE and of TRACE_TABLE rows.
   * Changes nothing.
   */
  explain(tuple: Uint8Array, quoted: Uint8Array, frame: number): NativeExplanation;
  /** Replays captures up to a packet of the last and explains it, off the event loop. */
  explainFrame(
    inputs: readonly NativeCaptureInput[],
    frame: number,
    control: Int32Array | undefined,
    changes?: readonly NativePolicyChange[],
  ): Promise<NativeFrameExplanation>;
  /** Changes the policy at once. */
  apply(change: NativePolicyChange): NativeUpdateReport;
  counters(): NativeCounters;
  /** Frees everything at once; the collector does not see what an engine weighs. */
  close(): void;
}

/** Where a policy changes in a replay: PolicyMark in native/core/engine/policy_change.h. */
export const MARK_KINDS = ['frame', 'time', 'elapsed'] as const;

/** A policy and the way to it from the one before; rows as RowMap in native/core/engine/update.h. */
export interface NativePolicyChange {
  readonly program: NativeProgram;
  readonly endpoints: Uint32Array;
  readonly layers: Uint32Array;
  readonly rules: Uint32Array;
  /** An index into UPDATE_MODES. */
  readonly mode: number;
  /** In a replay: an index into {@link MARK_KINDS}, and a frame number or nanoseconds. */
  readonly markKind?: number;
  readonly markValue?: bigint;
  readonly texts?: NativeTexts;
}

/** What became of live flows; see native/addon/policy_change_value.h. */
export interface NativeUpdateReport {
  readonly groups: Uint32Array;
  readonly examples: Uint8Array;
}

/** The same with the first packet that the new policy judged. */
export interface NativeAppliedChange extends NativeUpdateReport {
  readonly capture: number;
  readonly frame: number;
  readonly timeNs: bigint | null;
}

export interface NativeFrameExplanation {
  /** Index of the capture that was read last. */
  readonly capture: number;
  readonly error: NativeStatus | null;
  /** How many changes of policy came before the packet. */
  readonly changesApplied: number;
  /** Null when the last capture has no such packet. */
  readonly explanation: NativeExplanation | null;
}

export interface NativeExplanation {
  readonly packets: Uint8Array;
  readonly steps: Uint8Array;
}

/** A validated rule program with its classifiers, shared by engines and sessions. */
export interface NativeProgram {
  /** How each group of rules is searched, by row. */
  groups(): readonly NativeClassifierFacts[];
}

/** What a session remembers, for {@link NativeSession.restore}; opaque. */
export type NativeSessionState = object;

/** An engine that is fed packets in memory; its clock begins at 0. Every call blocks. */
export interface NativeSession {
  /**
   * Judges `count` packets: rows of PACKET_TABLE at the beginning of `input`, their bytes behind.
   * Answers how many records there are and writes those that fit into `columns` (RECORD_COLUMNS).
   */
  judge(input: Uint8Array, count: number, columns: Uint8Array): number;
  /** What `judge` would say of one packet; changes nothing. */
  explain(input: Uint8Array): NativeExplanation;
  /** Writes the records of the last `judge` again. */
  records(columns: Uint8Array): void;
  advance(timeNs: number): void;
  counters(): NativeCounters;
  /** Rows of FLOW_TABLE, by id. */
  flows(): Uint8Array;
  /** Changes the policy at once. */
  apply(change: NativePolicyChange): NativeUpdateReport;
  save(): NativeSessionState;
  restore(state: NativeSessionState): void;
  close(): void;
}

export type NativeSessionOptions = Omit<NativeEngineOptions, 'virtualClock' | 'overlayVnis'>;

export interface NativeEngineOptions {
  readonly stateless: boolean;
  readonly unifiedFlows: boolean;
  /** Counts `conditionValues`. */
  readonly countsValues?: boolean;
  readonly virtualClock: boolean;
  /**
   * Given where captures were taken on an overlay network: what VXLAN carries for these networks is
   * judged; of all networks when there are none.
   */
  readonly overlayVnis?: Uint32Array | undefined;
}

export interface NativeMeasureOptions {
  readonly threads: number;
  /** Passes over the keys that count. */
  readonly repetitions: number;
  /** Answers compared with the linear search. */
  readonly verify: number;
  /** Instead of the one that would be chosen; rejected with `algorithm-refused` where a limit forbids it. */
  readonly algorithm?: string;
}

/** An algorithm that was tried and refused: what was being made, and what it had asked for until then. */
export interface NativeRefusal {
  readonly algorithm: string;
  readonly stage: string;
  readonly bytes: number;
  readonly bytesMax: number;
  /** 64-bit words touched, about a nanosecond each. */
  readonly work: number;
  readonly workMax: number;
}

/** How the rules of one group are searched; `reason` says why so. */
export interface NativeClassifierFacts {
  readonly algorithm: string;
  readonly reason: string;
  readonly rules: number;
  /** Rules in class tables, in the list for every packet; entries of the longest list. */
  readonly tableRules: number;
  readonly everywhereRules: number;
  readonly longestList: number;
  readonly bytes: number;
  readonly refusals: readonly NativeRefusal[];
}

/** What a classifier is and how fast it answered. */
export interface NativeClassifierMeasurement extends NativeClassifierFacts {
  readonly kernel: string;
  readonly cpu: string;
  readonly buildSeconds: Float64Array;
  /** Of every pass, all threads together, by the wall clock. */
  readonly passSeconds: Float64Array;
  readonly unmatched: number;
  readonly verified: number;
  readonly wrong: number;
}

/** A column of a table; not a number and null are nothing. */
export type NativeTableColumn =
  | {
      readonly name: string;
      readonly type: 'uint64' | 'int64' | 'boolean';
      readonly values: Float64Array;
    }
  | { readonly name: string; readonly type: 'text'; readonly values: readonly (string | null)[] };

/** The exports of native/addon. */
export interface NativeBinding {
  readonly Engine: new (program: NativeProgram, options: NativeEngineOptions) => NativeEngine;
  readonly Program: new (bytes: Uint8Array) => NativeProgram;
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
