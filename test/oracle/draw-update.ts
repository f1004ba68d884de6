/**
 * Draws what a host may become: rules taken away or turned round, stages opened or closed, endpoints
 * gone, timers and limits changed, or everything anew.
 */
import type {
  FirewallSide,
  HostStage,
  NormalisedEndpoint,
  NormalisedHost,
  NormalisedRule,
  RuleId,
  SwitchStage,
} from '../../src/normalise/normalised-host.js';
import { drawHost } from './draw.js';
import type { Random } from './random.js';
import type { UpdateMode } from './update.js';

/** A policy that judges from the packet with this index on. */
export interface DrawnUpdate {
  readonly at: number;
  readonly mode: UpdateMode;
  readonly host: NormalisedHost;
}

export function drawUpdates(
  random: Random,
  first: NormalisedHost,
  mode: UpdateMode,
  packets: number,
): DrawnUpdate[] {
  return drawChain(random, first, mode, packets, drawSuccessor);
}

/** Changes of the profiles of interfaces, and of hardly anything else. */
export function drawProfileChanges(
  random: Random,
  first: NormalisedHost,
  mode: UpdateMode,
  packets: number,
): DrawnUpdate[] {
  return drawChain(random, first, mode, packets, (_, host) =>
    random.chance(0.1) ? drawSuccessor(random, host) : withOtherProfiles(random, host),
  );
}

function drawChain(
  random: Random,
  first: NormalisedHost,
  mode: UpdateMode,
  packets: number,
  drawNext: (random: Random, host: NormalisedHost) => NormalisedHost,
): DrawnUpdate[] {
  let host = first;
  const places = Array.from({ length: 1 + random.below(6) }, () => random.below(packets + 1));
  return places
    .sort((a, b) => a - b)
    .map((at) => {
      // From the first host again, now and then, so that what was taken away comes back.
      host = drawNext(random, random.chance(0.3) ? first : host);
      return { at, mode, host };
    });
}

function drawSuccessor(random: Random, host: NormalisedHost): NormalisedHost {
  const kind = random.below(10);
  if (kind === 0) return drawHost(random);
  if (kind === 1) return { ...host, options: drawHost(random).options };
  if (kind === 2) return withEndpointChange(random, host);
  if (kind === 3) return withOtherProfiles(random, host);
  return withRuleChanges(random, host);
}

function withEndpointChange(random: Random, host: NormalisedHost): NormalisedHost {
  const chosen = random.below(host.endpoints.length);
  if (host.endpoints.length > 1 && random.chance(0.5)) {
    return { ...host, endpoints: host.endpoints.filter((_, i) => i !== chosen) };
  }
  const open = (endpoint: NormalisedEndpoint): NormalisedEndpoint =>
    random.chance(0.5)
      ? { ...endpoint, switchStage: { kind: 'no-acl-layer' } }
      : { ...endpoint, hostStage: { kind: 'firewall-off' } };
  return { ...host, endpoints: host.endpoints.map((e, i) => (i === chosen ? open(e) : e)) };
}

/** Interfaces in other profiles: other rules of the same policy count there, or so it is said. */
function withOtherProfiles(random: Random, host: NormalisedHost): NormalisedHost {
  const side = (drawn: FirewallSide): FirewallSide => ({
    ...drawn,
    lists: drawn.lists
      .map((list) => ({ ...list, rules: list.rules.filter(() => !random.chance(0.3)) }))
      .filter(({ rules }) => rules.length > 0),
  });
  const moved = (stage: HostStage): HostStage => {
    if (stage.kind !== 'firewall' || random.chance(0.2)) return stage;
    const profile = random.pick(['domain', 'private', 'public'] as const);
    // Now and then the policy is another one too.
    const besideProfile = random.pick(['drawn', 'drawn', 'drawn', 'other']);
    return { ...stage, profile, besideProfile, in: side(stage.in), out: side(stage.out) };
  };
  const endpoints = host.endpoints.map((each) => ({ ...each, hostStage: moved(each.hostStage) }));
  return { ...host, endpoints };
}

function withRuleChanges(random: Random, host: NormalisedHost): NormalisedHost {
  const turned = ({ action }: NormalisedRule): NormalisedRule['action'] =>
    action === 'allow' ? 'block' : 'allow';
  const rules = host.rules.map((rule) => {
    const change = random.next();
    if (change < 0.1) return { ...rule, action: turned(rule) };
    if (change < 0.2) return { ...rule, conditions: random.pick(host.rules).conditions };
    return rule;
  });
  const keep = (ids: readonly RuleId[]): RuleId[] => ids.filter(() => !random.chance(0.15));
  const onSwitch = (stage: SwitchStage): SwitchStage => {
    if (stage.kind !== 'acl') return stage;
    const lists = (side: 'in' | 'out'): (typeof stage)['in'] =>
      stage[side].map((list) => ({ ...list, rules: keep(list.rules) }));
    return { ...stage, in: lists('in'), out: lists('out') };
  };
  const onHost = (stage: HostStage): HostStage =>
    stage.kind === 'acl' ? { ...stage, in: keep(stage.in), out: keep(stage.out) } : stage;
  const endpoints = host.endpoints.map((endpoint) => ({
    ...endpoint,
    switchStage: onSwitch(endpoint.switchStage),
    hostStage: onHost(endpoint.hostStage),
  }));
  return { ...host, rules, endpoints };
}
