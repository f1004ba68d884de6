/** What a stage, or a layer of a dumped port, says of one packet: SEMANTICS.md 4.1. */
import type { HostStage, SwitchStage } from '../../src/normalise/normalised-host.js';
import { askedFlow } from './asked.js';
import { isClosing, newFlowState } from './flow.js';
import { type Layer, localKey, placeOf, quotedKey, stageHasSay } from './layers.js';
import { type Answer, type Reason, type WalkContext, outcomeOf } from './outcome.js';
import {
  type Packet,
  type Side,
  hasInvalidFlags,
  isIcmpError,
  isNeighborDiscovery,
  isPureSyn,
  isQueryAnswer,
  isReset,
  revealsClosedPort,
} from './packet.js';
import { judgeByLayer, judgeByRules } from './rules.js';

/** The steps of 4.1 in their order; the first that speaks decides. */
export function judgeStage(context: WalkContext, layer: Layer, packet: Packet): Answer {
  const { host, flows, endpoint, direction } = context;
  const { stage, vfp } = layer;
  const policy = stage === 'switch' ? endpoint.switchStage : endpoint.hostStage;
  const hasSay = stageHasSay(policy) && vfp?.port !== 'disabled';
  const say = (verdict: 'allow' | 'drop', reason: Reason): Answer =>
    outcomeOf(stage, hasSay, verdict, reason);
  // vfp.md 2.1: a port where VFP is not enabled.
  if (vfp?.port === 'disabled') return say('allow', 'port-not-filtered');
  // W22: one that is off may remember; what no stage would take for a packet of a connection, none.
  const remembers =
    policy.kind === 'firewall-off' && host.options.flowsWhileOff === 'keep' && !context.stateless;
  const strange =
    packet.fragment?.later === true ||
    (host.options.invalidTcp === 'drop' && hasInvalidFlags(packet));
  if (!hasSay && (!remembers || strange)) return say('allow', openStageReason(policy));

  // firewall.md 3.2: no rule and no flow lets out what tells that a port is closed.
  const hides = policy.kind === 'firewall' && policy.stealth && direction === 'out';
  if (hides && revealsClosedPort(packet)) return say('drop', 'stealth');

  // vfp.md 3.3: a stateless layer asks its rules of every packet.
  const tracked = !context.stateless;
  const stateful = tracked && (vfp?.stateful ?? true);
  const { options } = host;
  // 5.3: a later fragment whose first is known never comes here.
  if (tracked && packet.fragment?.later) return say('drop', 'fragment-without-first');

  // state.md 1: flags that no end of a connection sends.
  const strictTcp = tracked && options.invalidTcp === 'drop';
  if (strictTcp && hasInvalidFlags(packet)) return say('drop', 'invalid-tcp');

  const place = placeOf(endpoint, layer);
  const key = localKey(packet, direction);
  const flow = stateful && key !== null ? flows.live(place, key) : null;
  // 5.2, the row "time-wait, reset": a pure SYN counts as a packet without a flow.
  const reopens = flow !== null && isClosing(flow) && isPureSyn(packet);
  const refusesOpening = flow?.state === 'syn' && flow.opener === 'remote' && isReset(packet);
  if (hides && refusesOpening) return say('drop', 'stealth');
  // state.md 1: a SYN of the end that answered, in a connection whose handshake was seen.
  const sender: Side = direction === 'in' ? 'remote' : 'local';
  const isOpen = flow?.state === 'established' || flow?.state === 'closing';
  if (
    hasSay &&
    strictTcp &&
    isOpen &&
    flow.verified &&
    flow.opener !== sender &&
    isPureSyn(packet)
  ) {
    return say('drop', 'invalid-tcp');
  }
  const asked =
    flow === null && stateful && stage === 'host' && direction === 'in'
      ? askedFlow(context, packet)
      : null;
  const own = flow && !reopens ? flow : asked;
  if (own) {
    const { rule, reason, anyRemote } = own;
    return {
      ...say('allow', 'established'),
      ...{ rule, credit: rule ?? reason, flow: own, anyRemote },
    };
  }

  if (stateful && options.icmpErrors === 'flow' && isIcmpError(packet) && packet.quoted) {
    // What we hear of was sent by us.
    const about = quotedKey(packet.quoted, direction);
    // Reading: an error that is let in beside a flow is no packet of it; no rule is credited.
    const relates = about !== null && flows.live(place, about) !== null;
    if (relates) return say('allow', 'related');
  }

  const exempt = options.neighborDiscovery === 'exempt' && !context.asTold;
  if (stage === 'switch' && exempt && isNeighborDiscovery(packet) && vfp?.port !== 'blocked') {
    return say('allow', 'neighbor-discovery');
  }

  if (!hasSay) {
    const makesNone = isIcmpError(packet) || isReset(packet);
    const reason = openStageReason(policy);
    return { ...say('allow', reason), opens: makesNone ? null : newFlowState(packet) };
  }

  const midstream = stateful && packet.tcp !== null && !isPureSyn(packet);
  if (midstream && (isReset(packet) ? stage === 'host' : options.midstream === 'strict')) {
    return say('drop', 'non-syn-without-state');
  }

  if (stateful && options.midstream === 'strict' && isQueryAnswer(packet)) {
    return say('drop', 'reply-without-request');
  }

  const judged =
    vfp === undefined
      ? judgeByRules(host, policy, direction, packet)
      : judgeByLayer(host, vfp, direction, packet);
  const makesNone =
    !stateful ||
    !judged.stateful ||
    isIcmpError(packet) ||
    isReset(packet) ||
    packet.fragment?.later === true;
  return {
    ...say(judged.verdict, judged.reason),
    rule: judged.rule,
    opens: makesNone ? null : newFlowState(packet),
    credit: judged.credit,
    tier: judged.tier,
    anyRemote: judged.anyRemote,
    crosses: judged.crosses,
    ttl: judged.ttl,
  };
}

function openStageReason(policy: SwitchStage | HostStage): Reason {
  switch (policy.kind) {
    case 'acl':
    case 'vfp':
    case 'container-defaults':
    case 'firewall':
      throw new Error(`stage ${policy.kind} has a say`);
  }
  return policy.kind;
}
