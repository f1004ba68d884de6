/** What one layer says of one packet, and what it is asked with. */
import type {
  Direction,
  NormalisedEndpoint,
  NormalisedHost,
  Stage,
} from '../../src/normalise/normalised-host.js';
import type { PacketRecord } from '../../src/report/packet-record.js';
import type { Flow, FlowState } from './flow.js';
import type { Flows } from './flows.js';
import type { Layer } from './layers.js';
import type { Packet } from './packet.js';

export type Reason = PacketRecord['reason'];

/** Of the walk of one packet at one endpoint, the same for all layers. */
export interface WalkContext {
  readonly host: NormalisedHost;
  readonly flows: Flows;
  readonly stateless: boolean;
  readonly endpoint: NormalisedEndpoint;
  readonly direction: Direction;
  /** Whether the tuple gave the direction. */
  readonly asTold: boolean;
}

export interface Outcome {
  readonly stage: Stage;
  /** Where its flows are. */
  readonly layer: Layer;
  /** The packet as it came there. */
  readonly entry: Packet;
  /** As it goes on, where a layer has rewritten it. */
  readonly leaves: Packet | null;
  readonly hasSay: boolean;
  readonly verdict: 'allow' | 'drop';
  readonly reason: Reason;
  readonly rule: string | null;
  /** Name in the counters. */
  readonly credit: string;
  /** The live flow the packet belongs to. */
  readonly flow: Flow | null;
  /** State of the flow to make if the whole walk allows; null to make none. */
  readonly opens: FlowState | null;
  readonly tier: string | null;
  /** Anybody may answer, by the rule that lets it out. */
  readonly anyRemote: boolean;
  /** Flows of the rule are spared when the profile alone changes. */
  readonly crosses: boolean;
  /** Seconds that the rule gives flows it makes on the switch stage; null: the timer. */
  readonly ttl: number | null;
}

export type Answer = Omit<Outcome, 'layer' | 'entry'>;

/** An outcome of no rule and without a flow. */
export function outcomeOf(
  stage: Stage,
  hasSay: boolean,
  verdict: 'allow' | 'drop',
  reason: Reason,
): Answer {
  return {
    stage,
    leaves: null,
    hasSay,
    verdict,
    reason,
    rule: null,
    credit: reason,
    flow: null,
    opens: null,
    tier: null,
    anyRemote: false,
    crosses: false,
    ttl: null,
  };
}

/** The walk up to a layer that refuses after all. */
export const refusedAt = (
  index: number,
  outcomes: readonly Outcome[],
  refusal: Answer,
): Outcome[] => [...outcomes.slice(0, index), { ...outcomes[index]!, ...refusal }];

/** 1: a drop is named by the stage that dropped, an allow by the last stage that has a say (A1). */
export function decidingOutcome(outcomes: readonly Outcome[]): Outcome {
  const last = outcomes.at(-1)!;
  if (last.verdict === 'drop') return last;
  return outcomes.findLast(({ hasSay }) => hasSay) ?? last;
}
