/**
 * One verdict, step by step: what `explain` answers and `--json` prints. All of it is plain JSON;
 * its schema is schemas/explanation.schema.json. Source: vfp.md 8.1; interfaces.md 1.
 */
import type { SourceLocation } from '../errors.js';
import type { PACKET_FORMS, Reason, TCP_STATES } from '../program/layout.js';
import type { DecisionAction } from '../program/program-model.js';
import type { Decision } from '../report/packet-record.js';

export interface Explanation {
  readonly packet: SeenPacket;
  /**
   * What the stages of each judging endpoint say, the sender's first; a packet that its sender's
   * stages drop has no receiver. One entry without endpoint when nobody judges.
   */
  readonly endpoints: readonly EndpointExplanation[];
  /** The drop, or else the last endpoint's. */
  readonly decision: Decision;
}

/** A packet as the engine reads it: the outermost IP header and what stands behind it. */
export interface SeenPacket {
  /** Number of the packet in its file or sequence, from 1. */
  readonly frame: number;
  /** Nanoseconds as a decimal text: since 1970 in a capture, virtual otherwise. */
  readonly time_ns: string | null;
  /** Whether its headers could be read. */
  readonly form: (typeof PACKET_FORMS)[number];
  /** Null when it is no IP packet. */
  readonly family: 4 | 6 | null;
  readonly protocol: number | null;
  readonly source: string | null;
  readonly destination: string | null;
  /** Null where the protocol has no ports or the packet does not show them. */
  readonly source_port: number | null;
  readonly destination_port: number | null;
  /** Letters of FSRPAU; null when it is not TCP. */
  readonly tcp_flags: string | null;
  readonly icmp: {
    readonly type: number;
    readonly code: number;
    readonly id: number | null;
  } | null;
  readonly fragment: { readonly id: number; readonly first: boolean } | null;
  readonly source_mac: string | null;
  readonly destination_mac: string | null;
  /** 0: without a tag. */
  readonly vlan: number;
  /** Number of the tenant network in its VXLAN or NVGRE header; null: it has none. */
  readonly tni: number | null;
  readonly gre_key: number | null;
}

/** Its addresses and ports; as in {@link SeenPacket}. */
export type PacketEnds = Pick<
  SeenPacket,
  'source' | 'destination' | 'source_port' | 'destination_port'
>;

export interface EndpointExplanation {
  /** Null when nobody judges. */
  readonly endpoint: string | null;
  readonly direction: 'in' | 'out' | null;
  /** A later fragment: the verdict is that of the first, no layer was asked. */
  readonly follows_first_fragment: boolean;
  /** How the packet comes to it, where that is not as it was read; null where it is. */
  readonly comes_as: PacketEnds | null;
  /** In the order they were met; a refusal is the last. */
  readonly layers: readonly LayerExplanation[];
  readonly decision: Decision;
}

export interface LayerExplanation {
  readonly stage: 'switch' | 'host';
  /** Null for a switch stage without layers. */
  readonly layer: string | null;
  readonly priority: number | null;
  readonly verdict: 'allow' | 'drop';
  readonly reason: Reason;
  /** The rule or default that answered, or that let the flow in; null for neither. */
  readonly by: RuleReference | null;
  /** The flow that the packet belongs to; groups are not asked then. */
  readonly flow: FlowReference | null;
  /** A flow with the packet's key that is closing; a new connection may take its place. */
  readonly closing_flow: FlowReference | null;
  /** The rule with a condition that nothing settles and that could turn the answer. */
  readonly assumed: RuleReference | null;
  /** The packet makes a flow here if every stage lets it pass. */
  readonly makes_flow: boolean;
  /** How the packet goes on, where the layer rewrites it; null where it does not. */
  readonly leaves_as: PacketEnds | null;
  /** All groups of the layer, in order; empty where a flow or the layer itself answered. */
  readonly groups: readonly GroupExplanation[];
}

export interface RuleReference {
  /** Index into the host's rules; null for a default. */
  readonly id: number | null;
  /** The author's name of it; null for a default. */
  readonly rule: string | null;
  readonly action: DecisionAction;
  readonly reason: Reason;
  /** As written; null for a default and where none was. */
  readonly priority: number | null;
  readonly location: SourceLocation | null;
}

export interface FlowReference {
  readonly id: number;
  /** Direction of the packet that made it. */
  readonly opened: 'in' | 'out';
  /** The rule or default that let it in. */
  readonly by: RuleReference | null;
  readonly tcp_state: Exclude<(typeof TCP_STATES)[number], 'not-tcp'> | null;
  /** Seconds until it ends when no packet comes; null: it does not end. */
  readonly ends_in: number | null;
}

export interface GroupExplanation {
  readonly group: string;
  readonly priority: number;
  readonly direction: 'in' | 'out';
  readonly family: 4 | 6;
  /** `not-reached`: an earlier group had decided. `pass`: a rule sent the packet on. */
  readonly result:
    'rule' | 'pass' | 'no-match' | 'other-direction' | 'other-family' | 'not-reached';
  /** Those asked, in order; the last one matched where the result is `rule` or `pass`. */
  readonly rules: readonly RuleExplanation[];
  /** Rules behind the one that matched, or of a group that was not asked. */
  readonly not_asked: number;
}

export interface RuleExplanation extends RuleReference {
  /** The first condition that does not hold; null when the rule matched. */
  readonly failed: FailedCondition | null;
  /** How many conditions do not hold, up to 255. */
  readonly failed_conditions: number;
}

export interface FailedCondition {
  readonly field: ConditionField;
  /**
   * Values that would do, the nearest first: single values, ranges `from-to`, prefixes; of ICMP a
   * type, or type and code as `3/4`.
   */
  readonly wanted: readonly string[];
  /** How many there are; `wanted` lists the first of them. */
  readonly wanted_count: number;
  /** What the packet has, in the same form; null where it has no such field. */
  readonly actual: string | null;
}

export type ConditionField =
  | 'protocol'
  | 'source-address'
  | 'destination-address'
  | 'source-port'
  | 'destination-port'
  | 'icmp-type-code'
  | 'tcp-opening'
  | 'source-mac'
  | 'destination-mac'
  | 'vlan'
  | 'tni'
  | 'gre-key';
