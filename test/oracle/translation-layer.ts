/** What a layer that rewrites does with one packet, by its flows or by its rules: actions.md 1 and 3. */
import type { Direction, TranslationLayer } from '../../src/normalise/normalised-host.js';
import { type Flow, isClosing, newFlowState } from './flow.js';
import { type Layer, answersKey, keyOf, placeOf, quotedKey } from './layers.js';
import { type Answer, type Outcome, type WalkContext, outcomeOf } from './outcome.js';
import {
  type Address,
  type Packet,
  hasInvalidFlags,
  isIcmpError,
  isNeighborDiscovery,
  isPureSyn,
  isReset,
} from './packet.js';
import { rewrite, withEndsAgainst, withEndsOf } from './translation.js';

/** actions.md 1 and 3: such a layer refuses nothing. */
export function judgeTranslation(
  { host, flows, endpoint, direction, ...context }: WalkContext,
  layer: Layer,
  translation: TranslationLayer,
  packet: Packet,
): Answer {
  const { options } = host;
  const stateful = !context.stateless;
  const none = endpoint.switchStage.kind === 'no-acl-layer' ? 'no-acl-layer' : 'default-allow';
  const passes = outcomeOf('switch', false, 'allow', none);
  if (stateful && packet.fragment?.later) return passes;
  if (stateful && options.invalidTcp === 'drop' && hasInvalidFlags(packet)) return passes;

  const place = placeOf(endpoint, layer);
  const flow = stateful ? flows.live(place, keyOf(layer, packet, direction)) : null;
  if (flow && !(isClosing(flow) && isPureSyn(packet))) {
    const { rule, reason } = flow;
    return {
      ...outcomeOf('switch', false, 'allow', 'established'),
      ...{ rule, credit: rule ?? reason, flow, leaves: throughPair(flow, direction, packet) },
    };
  }
  if (stateful && options.icmpErrors === 'flow' && isIcmpError(packet) && packet.quoted) {
    const { quoted } = packet;
    // It left on the side where the error comes from, as packets of the error's direction come.
    const ends = quotedKey(quoted, direction);
    const about = ends === null ? null : flows.live(place, `${direction} ${ends}`);
    if (about !== null) {
      const related = outcomeOf('switch', false, 'allow', 'related');
      return { ...related, leaves: relatedThroughPair(about, direction, packet, quoted) };
    }
  }
  const exempt = options.neighborDiscovery === 'exempt' && !context.asTold;
  if (exempt && isNeighborDiscovery(packet)) {
    return outcomeOf('switch', false, 'allow', 'neighbor-discovery');
  }
  const isFree = (leaves: Packet): boolean => {
    if (!stateful) return true;
    const other = flows.live(place, answersKey(leaves, direction));
    return other === null || other === flow;
  };
  const rewritten = rewrite(translation, direction, packet, isFree);
  if (rewritten === null) return passes;
  const { rule, packet: leaves } = rewritten;
  if (leaves === null) return outcomeOf('switch', false, 'drop', 'nat-ports-exhausted');
  const makesNone = !stateful || isIcmpError(packet) || isReset(packet);
  return {
    ...outcomeOf('switch', false, 'allow', 'rule'),
    ...{ rule: rule.name, credit: rule.name, leaves },
    ...{ opens: makesNone ? null : newFlowState(packet), ttl: rule.flowSeconds ?? null },
  };
}

/** actions.md 3: whether the answers to what the outcome would open belong to another flow. */
export function clashes(
  { flows, endpoint, direction }: WalkContext,
  { layer, entry, leaves, opens }: Outcome,
): boolean {
  if (opens === null || layer.translation === null) return false;
  const left = leaves ?? entry;
  const place = placeOf(endpoint, layer);
  const other = flows.live(place, answersKey(left, direction));
  if (other === null || other === flows.live(place, keyOf(layer, entry, direction))) return false;
  return !(isClosing(other) && isPureSyn(left));
}

/** A packet of the flow as it goes on. */
function throughPair({ opening, left }: Flow, direction: Direction, packet: Packet): Packet {
  return opening.direction === direction
    ? withEndsOf(packet, left)
    : withEndsAgainst(packet, opening.packet);
}

/** An ICMP error about a packet that went the other way through the flow. */
function relatedThroughPair(
  { opening, left }: Flow,
  direction: Direction,
  packet: Packet,
  quoted: Packet,
): Packet {
  const along = opening.direction === direction;
  const inner = along ? withEndsAgainst(quoted, left) : withEndsOf(quoted, opening.packet);
  const same = (a: Address, b: Address): boolean => a.family === b.family && a.value === b.value;
  const { source, destination } = packet;
  return {
    ...packet,
    quoted: inner,
    source: same(source, quoted.destination) ? inner.destination : source,
    destination: same(destination, quoted.source) ? inner.source : destination,
  };
}
