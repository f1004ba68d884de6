/** Engines and sessions of the addon. */
import type { NativeCaptureInput, NativeEngineMeasurement, NativeStatus } from './capture-types.js';
import type { NativePolicyChange, NativeUpdateReport } from './change-types.js';
import type {
  NativeComparison,
  NativeOrder,
  NativeOutputs,
  NativeReplayResult,
} from './replay-types.js';

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
  /** The packet of the last `explainFrame`, as a policy applied since judges it. */
  explainAgain(): NativeExplanation;
  /** Changes the policy at once. */
  apply(change: NativePolicyChange): NativeUpdateReport;
  counters(): NativeCounters;
  /** Frees everything at once; the collector does not see what an engine weighs. */
  close(): void;
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
