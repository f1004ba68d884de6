/** One flow of the oracle and, for TCP, its states: SEMANTICS.md 5.1 and 5.2. */
import type { FlowEvent, PacketRecord } from '../../src/report/packet-record.js';
import { type Packet, type Side, ACK, FIN, RST, SYN, isPureSyn } from './packet.js';

export type FlowState =
  'untracked' | 'syn' | 'syn-ack' | 'established' | 'closing' | 'time-wait' | 'reset';

export interface Flow {
  readonly id: number;
  readonly protocol: number;
  /** What opened it, in its direction: asked again when the policy changes. */
  readonly opening: { readonly packet: Packet; readonly direction: 'in' | 'out' };
  /** The same as it left: rewritten, where a layer does. */
  readonly left: Packet;
  /** Seconds that its rule gives flows of the switch stage. */
  ttl: number;
  tier: string | null;
  /** Who let the flow in: a rule's name, or null and the reason of a default. */
  rule: string | null;
  reason: PacketRecord['reason'];
  /** The side whose packet made the flow. */
  readonly opener: Side;
  state: FlowState;
  /** Let out by a rule that anybody may answer to: 3.4 of docs/semantics/firewall.md. */
  anyRemote: boolean;
  /** Let in by a rule with profile crossing: 2 of docs/semantics/updates.md. */
  crosses: boolean;
  /** Without a far side. */
  readonly asked: boolean;
  /** What its packets that go out go to. */
  toMany: boolean;
  /** Sequence number of the responder's SYN, once seen. */
  responderSyn: number | null;
  /** Whether the whole handshake was seen. */
  verified: boolean;
  /** The side whose FIN was seen first. */
  closer: Side | null;
  /** Nanoseconds; the flow is gone when the clock reaches it. */
  deadline: number;
}

const opposite = (side: Side): Side => (side === 'local' ? 'remote' : 'local');

/** The states in which a pure SYN opens anew. */
export const isClosing = ({ state }: Flow): boolean => state === 'time-wait' || state === 'reset';

/** 5.2, the rows of state "none"; other protocols have no machine. */
export function newFlowState(packet: Packet): FlowState {
  if (!packet.tcp) return 'untracked';
  return isPureSyn(packet) ? 'syn' : 'established';
}

/** 5.2: changes the state of a live flow; returns the event. */
export function nextState(
  flow: Flow,
  tcp: NonNullable<Packet['tcp']>,
  sender: Side,
): FlowEvent | null {
  const has = (bits: number): boolean => (tcp.flags & bits) === bits;
  if (has(RST)) {
    if (flow.state === 'reset') return null;
    flow.state = 'reset';
    return 'reset';
  }
  const fromResponder = sender === opposite(flow.opener);
  if ((flow.state === 'syn' || flow.state === 'syn-ack') && has(SYN | ACK) && fromResponder) {
    flow.state = 'syn-ack';
    flow.responderSyn = tcp.seq;
    return null;
  }
  let event: FlowEvent | null = null;
  // Acknowledgements are cumulative: one beyond the SYN acknowledges it too. The packet may carry a
  // FIN, which then counts at once.
  const completes = flow.state === 'syn-ack' && !fromResponder && has(ACK) && !has(SYN);
  if (completes && ((tcp.ack - flow.responderSyn! - 1) | 0) >= 0) {
    flow.state = 'established';
    flow.verified = true;
    event = 'established';
  }
  if (flow.state === 'established' && has(FIN)) {
    flow.state = 'closing';
    flow.closer = sender;
    return 'closing';
  }
  if (flow.state === 'closing' && has(FIN) && sender !== flow.closer) {
    flow.state = 'time-wait';
    return 'closed';
  }
  return event;
}
