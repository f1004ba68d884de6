/** What a comparison with a firewall log found; the `--json` output of `compare-log`. */
import type { ModelReport } from '../report/replay-report.js';
import type { EmulatedVerdict } from './comparison-report.js';

/**
 * `missing`: the replay would have written a line. `extra`: the log has one. `action`: both have, and
 * another action. `not-captured`: the log has one, of a packet that the captures do not show.
 */
export type LogDisagreementKind = 'missing' | 'extra' | 'action' | 'not-captured';

export interface ComparedLine {
  /** Of the log, from 1; null where it has none. */
  readonly line: number | null;
  /** As the log has it, or would have. */
  readonly text: string;
  /** Where the replay sees the packet, or the first one of its flow. */
  readonly capture: string | null;
  readonly frame: number | null;
}

/** Lines on which log and replay disagree in the same way. */
export interface LogDisagreement {
  readonly kind: LogDisagreementKind;
  /** What the log says. */
  readonly logged: 'allow' | 'drop' | null;
  /** What the replay says of the packet, or of the flow it belongs to. */
  readonly emulated: EmulatedVerdict | null;
  readonly lines: readonly ComparedLine[];
}

export interface LogComparisonReport {
  readonly model: ModelReport;
  readonly captures: readonly string[];
  readonly log: string;
  readonly clock: {
    /** Null: it was estimated. */
    readonly time_zone: string | null;
    /** Seconds that the log is ahead of the captures, beside the zone. */
    readonly offset_seconds: number;
    readonly tolerance_seconds: number;
  };
  /** Lines of the log. */
  readonly logged: {
    readonly lines: number;
    readonly compared: number;
    /** Before or after the captures. */
    readonly outside: number;
    /** Of addresses that no endpoint has. */
    readonly elsewhere: number;
    /** Of actions and paths that are not compared. */
    readonly other: number;
    /** Events the log says it lost. */
    readonly lost: number;
  };
  /** Lines of the replay. */
  readonly replayed: {
    readonly lines: number;
    readonly compared: number;
    /** Before the first or after the last line of the log. */
    readonly outside: number;
    /** Of actions the log does not have. */
    readonly not_logged: number;
  };
  readonly agreed: { readonly allow: number; readonly drop: number };
  /** Lines that tell of one packet to many once more. */
  readonly repeated: number;
  /** Lines that are missing, extra, or of another action. */
  readonly disagreed: number;
  readonly not_captured: number;
  /** Fewest lines first. */
  readonly disagreements: readonly LogDisagreement[];
}
