/** What a replay is asked for, and what it gives beside counters. */
import type { NativeCaptureSummary, NativeStatus } from './capture-types.js';
import type { NativeAppliedChange } from './change-types.js';
import type { NativeTexts } from './program-types.js';

/** Buffers that a replay fills with verdicts; see native/addon/record_channel_object.h. */
export interface NativeRecordChannel {
  /** A buffer to be filled; not to be touched until it is taken. */
  give(buffer: Uint8Array): void;
  /** Rows of the oldest filled buffer; null when none is filled. */
  take(): number | null;
  /** No more is wanted. */
  close(): void;
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
  /** The letters of TCP flags in their order. */
  readonly flags: string;
  readonly tcpDrops: 'all' | 'syn';
  readonly otherDrops: 'length' | 'zero' | 'none';
  /** Five numbers more a line; see src/replay/compare-log.ts. */
  readonly traced: boolean;
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

/** A column of a table; not a number and null are nothing. */
export type NativeTableColumn =
  | {
      readonly name: string;
      readonly type: 'uint64' | 'int64' | 'boolean';
      readonly values: Float64Array;
    }
  | { readonly name: string; readonly type: 'text'; readonly values: readonly (string | null)[] };
