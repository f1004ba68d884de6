/** What a replay found: the data behind the summary table and `--json`. */
import type { Reason } from '../program/layout.js';
import type { PolicyChangeReport } from '../update/policy-schedule.js';
import type { LayerReport } from './layer-counters.js';
import type { RuleCounter } from './rule-counters.js';

export interface PacketCount {
  readonly packets: number;
  /** On the wire. */
  readonly bytes: number;
}

export interface CaptureReport extends PacketCount {
  readonly file: string;
  /** Nanoseconds since 1970 as a decimal text; null when no packet has a time. */
  readonly first_time_ns: string | null;
  readonly last_time_ns: string | null;
  /** Lost while it was written, as it says; what follows such a gap may look as if in mid-stream. */
  readonly lost_packets: number;
  /** Why it was not read to its end; null when it was. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** By what was said. */
export interface VerdictCounts {
  readonly allow: PacketCount;
  readonly drop: PacketCount;
  readonly pass: PacketCount;
}

export interface EndpointReport {
  readonly endpoint: string;
  readonly in: VerdictCounts;
  readonly out: VerdictCounts;
}

/** Verdicts with one outcome, stage and reason. */
export interface ReasonReport extends PacketCount {
  readonly verdict: 'allow' | 'drop' | 'pass';
  readonly stage: 'switch' | 'host' | null;
  readonly reason: Reason;
}

/** Verdicts of one endpoint that no rule and no default gave, such as refusals for want of state. */
export interface EndpointReasonReport extends ReasonReport {
  readonly endpoint: string;
  readonly direction: 'in' | 'out';
  readonly first_frame: number;
}

/** The platform the verdicts hold for, with every choice that was made. */
export interface ModelReport {
  readonly windows: { readonly name: string; readonly build: number };
  readonly endpoints: readonly {
    readonly name: string;
    readonly driver: string;
    readonly isolation: string;
    readonly addresses: readonly string[];
  }[];
  readonly assumed: readonly { readonly what: string; readonly assumed: string }[];
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ReplayReport {
  readonly model: ModelReport;
  readonly captures: readonly CaptureReport[];
  /** One capture after the other, or all at once by the times of their packets. */
  readonly capture_order: 'given' | 'time';
  /** Packets read, each once however many endpoints judged it. */
  readonly total: PacketCount;
  /** One verdict per packet and judging endpoint, or one for a packet that none judges. */
  readonly verdicts: VerdictCounts;
  readonly flows: number;
  /** First fragments that were forgotten early because there were too many. */
  readonly fragment_overflows: number;
  readonly endpoints: readonly EndpointReport[];
  /** In the order of the program: each layer's two directions; docs/semantics/state.md 4. */
  readonly layers: readonly LayerReport[];
  /** Most packets first. */
  readonly reasons: readonly ReasonReport[];
  /** In the order of endpoints, directions and stages; verdicts by a rule or default stand in `rules`. */
  readonly endpoint_reasons: readonly EndpointReasonReport[];
  /** In the order of the program; those never hit included, and those of earlier policies. */
  readonly rules: readonly RuleCounter[];
  /** Present where policies were to change; `model` and `rules` are then those of the last policy. */
  readonly policy_changes?: readonly PolicyChangeReport[];
}
