/** What an allowed packet does to the flows: SEMANTICS.md 5. */
import type { FlowEvent } from '../../src/report/packet-record.js';
import { goesToMany, noteAsked } from './asked.js';
import type { Flow, FlowState } from './flow.js';
import { idleTime } from './flows.js';
import { answersKey, keyOf, placeOf } from './layers.js';
import type { Outcome, WalkContext } from './outcome.js';
import { type Packet, type Side, UDP } from './packet.js';

export interface Settled {
  readonly id: number | null;
  readonly event: FlowEvent | null;
}

/** Of the layers that a packet passed; where one dropped it, only if they keep its flows (A10). */
export function settle(
  context: WalkContext,
  packet: Packet,
  outcomes: readonly Outcome[],
): Settled {
  const { host, flows, direction } = context;
  const sender: Side = direction === 'in' ? 'remote' : 'local';
  // Reading: the first flow the packet belongs to gives id and event; those made beside it
  // have its id and no event of their own.
  let id: number | null = null;
  let event: FlowEvent | null = null;
  for (const { stage, flow, entry } of outcomes) {
    if (flow === null) continue;
    const change = flows.advance(flow, stage, entry, sender, host.options.timers);
    if (id === null) event = change;
    id ??= flow.id;
  }
  for (const outcome of outcomes) {
    const { opens } = outcome;
    if (opens === null) continue;
    const opening = opens === 'established' ? 'midstream' : 'new';
    if (id === null) event = opening;
    // 5.2: a pick-up is marked also where another stage has the flow still.
    else if (opening === 'midstream') event ??= opening;
    id ??= flows.nextId();
    keepFlow(context, outcome, { id, opener: sender, state: opens });
  }
  if (direction === 'out' && id !== null) {
    const ofHost = outcomes.find(({ stage }) => stage === 'host');
    if (ofHost?.hasSay && (ofHost.flow ?? ofHost.opens) !== null)
      noteAsked(context, packet, ofHost, id);
  }
  return { id, event };
}

/** The flow that an outcome opens; where a layer rewrites also for the answers. */
function keepFlow(
  { host, flows, endpoint, direction }: WalkContext,
  { stage, layer, entry, leaves, rule, reason, tier, anyRemote, crosses, ttl }: Outcome,
  opened: { readonly id: number; readonly opener: Side; readonly state: FlowState },
): void {
  const { timers } = host.options;
  const left = leaves ?? entry;
  const made: Flow = {
    ...opened,
    ...{ protocol: entry.protocol, rule, reason, tier, anyRemote, crosses },
    ...{ responderSyn: null, verified: false, closer: null, deadline: 0, asked: false },
    ...{ opening: { packet: entry, direction }, left },
    ttl: ttl ?? timers.switchFlow,
    toMany: direction === 'out' && entry.protocol === UDP && goesToMany(endpoint, entry),
  };
  made.deadline = flows.now + idleTime(made, stage, timers);
  const keys = [keyOf(layer, entry, direction)];
  if (layer.translation !== null) keys.push(answersKey(left, direction));
  flows.keep(placeOf(endpoint, layer), keys, made);
}
