/** What a comparison with recorded verdicts found; the `--json` output of `compare`. */
import type { SourceLocation } from '../errors.js';
import type { Reason } from '../program/layout.js';
import type { ModelReport } from '../report/replay-report.js';

/** What the emulator says of a packet; the columns of a packet record, and where the rule stands. */
export interface EmulatedVerdict {
  readonly verdict: 'allow' | 'drop' | 'pass';
  readonly endpoint: string | null;
  readonly direction: 'in' | 'out' | null;
  readonly stage: 'switch' | 'host' | null;
  readonly layer: string | null;
  readonly group: string | null;
  readonly rule: string | null;
  readonly reason: Reason;
  readonly location: SourceLocation | null;
}

export interface ComparedPacket {
  readonly capture: string;
  /** Of the appearance that was judged. */
  readonly frame: number;
  readonly time_ns: string | null;
  readonly packet_id: string | null;
  /** Frame at which the platform recorded the drop. */
  readonly drop_frame: number | null;
  /** Records of the packet in the capture. */
  readonly appearances: number;
  /** Its headers in a few words. */
  readonly packet: string;
}

/** Packets on which the two disagree in the same way. */
export interface Disagreement {
  readonly recorded: 'allow' | 'drop';
  /** Component that recorded the drop. */
  readonly component: string | null;
  readonly emulated: EmulatedVerdict;
  readonly packets: readonly ComparedPacket[];
}

export interface ComparisonReport {
  readonly model: ModelReport;
  readonly captures: readonly string[];
  /** Records of the captures; a packet has one at each component that saw it. */
  readonly records: number;
  readonly packets: number;
  readonly components: readonly string[];
  /** Packets of which both say the same, by what they say. */
  readonly agreed: { readonly allow: number; readonly drop: number };
  /** Packets that no endpoint judges, by what was recorded. */
  readonly not_judged: { readonly allow: number; readonly drop: number };
  readonly disagreed: number;
  /** Fewest packets first. */
  readonly disagreements: readonly Disagreement[];
}
