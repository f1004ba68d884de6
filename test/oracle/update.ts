/** Which flows live on under another policy, and by which rule: docs/semantics/updates.md. */
import type {
  AddressSet,
  Conditions,
  Direction,
  HostStage,
  NormalisedEndpoint,
  NormalisedHost,
  Stage,
} from '../../src/normalise/normalised-host.js';
import { goesToMany } from './asked.js';
import type { Flow } from './flow.js';
import type { Flows } from './flows.js';
import { stageHasSay } from './layers.js';
import { type Packet, UDP } from './packet.js';
import { judgeByLayer, judgeByRules } from './rules.js';
import { leadsTo } from './translation.js';

export type UpdateMode = 'keep' | 'reevaluate' | 'reset';

/** Flows that live on, and those that were cut. */
export interface UpdateAccount {
  readonly live: number;
  readonly cut: number;
}

/** Cuts or changes each flow; `host` is the one that is judged by from now on, `last` was till now. */
export function updateFlows(
  flows: Flows,
  last: NormalisedHost,
  host: NormalisedHost,
  mode: UpdateMode,
): UpdateAccount {
  const account = { live: 0, cut: 0 };
  const known = new Set<Flow>();
  for (const [key, flow] of flows.entries()) {
    // What was asked is not answered under another policy: W11 of firewall.md.
    if (!flows.isLive(flow) || flow.asked) {
      flows.forget(flow);
      continue;
    }
    // One that stands under two keys is judged once.
    if (known.has(flow)) continue;
    known.add(flow);
    const [name, place] = key.split(' ') as [string, string];
    const endpoint = host.endpoints.find((each) => each.name === name);
    if (endpoint && mode === 'keep' && place === 'host' && flow.crosses) {
      const earlier = last.endpoints.find((each) => each.name === name)!;
      if (isSpared(earlier.hostStage, endpoint.hostStage)) {
        const { packet, direction } = flow.opening;
        flow.toMany = isToMany(endpoint, direction, packet);
        account.live++;
        continue;
      }
    }
    if (endpoint && mode !== 'reset' && livesOn(host, endpoint, place, flow, mode)) {
      account.live++;
    } else {
      flows.forget(flow);
      account.cut++;
    }
  }
  return account;
}

/** W19: the profile of the interface is another one, and nothing else of the stage. */
function isSpared(earlier: HostStage, later: HostStage): boolean {
  if (earlier.kind !== 'firewall' || later.kind !== 'firewall') return false;
  if (earlier.besideProfile === undefined || earlier.profile === later.profile) return false;
  return earlier.besideProfile === later.besideProfile;
}

const isToMany = (endpoint: NormalisedEndpoint, direction: Direction, packet: Packet): boolean =>
  direction === 'out' && packet.protocol === UDP && goesToMany(endpoint, packet);

type KeepingMode = Exclude<UpdateMode, 'reset'>;

/** 2 of updates.md. A flow that lives on may have another rule afterwards. */
function livesOn(
  host: NormalisedHost,
  endpoint: NormalisedEndpoint,
  place: string,
  flow: Flow,
  mode: KeepingMode,
): boolean {
  if (place.startsWith('switch/')) return livesTranslated(host, endpoint, place, flow, mode);
  if (place.startsWith('switch:')) return livesInLayer(host, endpoint, place, flow, mode);
  return livesOnStage(host, endpoint, place as Stage, flow, mode);
}

function livesOnStage(
  host: NormalisedHost,
  endpoint: NormalisedEndpoint,
  stage: Stage,
  flow: Flow,
  mode: KeepingMode,
): boolean {
  const policy = stage === 'switch' ? endpoint.switchStage : endpoint.hostStage;
  const { packet, direction } = flow.opening;
  const { switchFlow } = host.options.timers;
  // W22: whatever it is, it is let through and remembered.
  if (policy.kind === 'firewall-off' && host.options.flowsWhileOff === 'keep') {
    const toMany = isToMany(endpoint, direction, packet);
    const open = { rule: null, reason: policy.kind, tier: null, anyRemote: false, crosses: false };
    Object.assign(flow, { ...open, toMany, ttl: switchFlow });
    return true;
  }
  if (!stageHasSay(policy) || policy.kind === 'vfp') return false;
  if (mode === 'keep' && stage === 'switch') {
    // A rule that is no more keeps the time it gave.
    if (hasRule(host, endpoint, direction, packet.source.family, flow)) flow.ttl = switchFlow;
    return true;
  }
  const judged = judgeByRules(host, policy, direction, packet);
  const { rule, reason, tier, anyRemote, crosses } = judged;
  const toMany = isToMany(endpoint, direction, packet);
  Object.assign(flow, { rule, reason, tier, anyRemote, crosses, toMany, ttl: switchFlow });
  return judged.verdict === 'allow' && judged.stateful;
}

/** 2 of updates.md, of a layer of a dumped port: a flow stays in the layer of its name. */
function livesInLayer(
  host: NormalisedHost,
  { switchStage }: NormalisedEndpoint,
  place: string,
  flow: Flow,
  mode: KeepingMode,
): boolean {
  const layers = switchStage.kind === 'vfp' ? switchStage.layers : [];
  const layer = layers.find(({ name }) => place === `switch:${name}`);
  if (!layer?.stateful) return false;
  const { packet, direction } = flow.opening;
  const { switchFlow } = host.options.timers;
  if (mode === 'keep') {
    const { family } = packet.source;
    for (const group of layer.groups) {
      if (group.direction !== direction || group.family !== family) continue;
      for (const { id, flowSeconds } of group.rules) {
        const rule = host.rules[id]!;
        if (`${group.name} ${rule.name}` !== `${flow.tier} ${flow.rule}`) continue;
        if (rule.action === 'allow' && isOfFamily(rule.conditions, family)) {
          flow.ttl = flowSeconds ?? switchFlow;
        }
      }
    }
    return true;
  }
  // N22: a flow does not remember what such rules ask for.
  const asksFurther = layer.groups.some(({ rules }) =>
    rules.some(({ id }) => host.rules[id]!.conditions.further !== undefined),
  );
  if (asksFurther) return false;
  const judged = judgeByLayer(host, layer, direction, packet);
  const { rule, reason, tier, ttl } = judged;
  Object.assign(flow, { rule, reason, tier, ttl: ttl ?? switchFlow });
  return judged.verdict === 'allow' && judged.stateful;
}

/** actions.md 5: what a flow was rewritten to, it keeps while a rule leads there. */
function livesTranslated(
  host: NormalisedHost,
  { translations = [] }: NormalisedEndpoint,
  place: string,
  flow: Flow,
  mode: KeepingMode,
): boolean {
  const layer = translations.find(({ name }) => place === `switch/${name}`);
  if (layer === undefined) return false;
  const { packet, direction } = flow.opening;
  const { switchFlow } = host.options.timers;
  if (mode === 'keep') {
    const { family } = packet.source;
    const asked = layer.rules.find(
      (each) => each.name === flow.rule && each.direction === direction && each.family === family,
    );
    if (asked !== undefined) flow.ttl = asked.flowSeconds ?? switchFlow;
    return true;
  }
  const led = leadsTo(layer, direction, packet, flow.left);
  if (led === null) return false;
  Object.assign(flow, { rule: led.name, ttl: led.flowSeconds ?? switchFlow });
  return true;
}

/** Whether a switch rule that let a flow in is still asked: its name, its tier and its action. */
function hasRule(
  host: NormalisedHost,
  { switchStage }: NormalisedEndpoint,
  direction: Direction,
  family: 4 | 6,
  { rule, tier }: Flow,
): boolean {
  if (switchStage.kind !== 'acl') return false;
  return switchStage[direction].some(
    (list) =>
      list.tier === tier &&
      list.rules
        .map((id) => host.rules[id]!)
        .some(
          ({ name, action, conditions }) =>
            name === rule && action === 'allow' && isOfFamily(conditions, family),
        ),
  );
}

/** Whether a rule stands in the group of that family. */
function isOfFamily({ source, destination }: Conditions, family: 4 | 6): boolean {
  const isOf = (set: AddressSet | null): boolean =>
    set === null || (family === 4 ? set.ipv4 : set.ipv6).length > 0;
  return isOf(source) && isOf(destination);
}
