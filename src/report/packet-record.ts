/** What is said of one packet at one endpoint. Source: interfaces.md 2; docs/SEMANTICS.md 6. */
import type { Reason } from '../program/layout.js';

export interface PacketRecord {
  /** Number of the packet in its file, from 1. */
  readonly frame: number;
  /** Nanoseconds since 1970; null when the file has none. */
  readonly time_ns: bigint | null;
  /** Endpoint that judged; null when no endpoint owns the packet. */
  readonly endpoint: string | null;
  readonly direction: 'in' | 'out' | null;
  /** `pass`: not judged, `reason` says why. */
  readonly verdict: 'allow' | 'drop' | 'pass';
  /** For a drop the stage that dropped, for an allow the last one passed that has a say. */
  readonly stage: 'switch' | 'host' | null;
  readonly layer: string | null;
  readonly group: string | null;
  /** Null for a default. */
  readonly rule: string | null;
  readonly reason: Reason;
  /** Id of the flow, from 1; null when none. */
  readonly flow: number | null;
  readonly flow_event: FlowEvent | null;
}

/** A record without the packet it is about. */
export type Decision = Omit<PacketRecord, 'frame' | 'time_ns'>;

export type FlowEvent = 'new' | 'midstream' | 'established' | 'closing' | 'closed' | 'reset';
