/**
 * The host stage of one interface when firewall rules are given: lists in the order in which they
 * are asked, and a default for each direction. Source: windows-firewall.md 5.1, 5.2, 9.2;
 * docs/semantics/firewall.md 3.1.
 */
import type {
  Conditions,
  Direction,
  FirewallList,
  FirewallListName,
  FirewallSide,
  HostStage,
  NormalisedRule,
  RuleId,
} from '../normalise/normalised-host.js';
import { bootTimeStage } from './boot-time.js';
import { besideProfile } from './beside-profile.js';
import type { EffectiveProfile } from './effective-policy.js';
import type { Enforcement } from './enforcement.js';
import type { InterfaceFacts } from './facts.js';
import type { FirewallRule } from './firewall-rule.js';
import type { FirewallStageInput } from './firewall-stage-input.js';
import { intersect, type Region } from './region.js';
import { resolveRule, type ResolvedRule, type RulePart } from './resolve-rule.js';

export interface FirewallStageResult {
  readonly stage: HostStage;
  /** Rules that do not count here, with their states. */
  readonly notEnforced: readonly {
    readonly rule: FirewallRule;
    readonly enforcement: Enforcement;
  }[];
  /** Rules that ask for authentication, while something else lets the same traffic in or out plain. */
  readonly openPlain: readonly FirewallRule[];
}

export function firewallStage(input: FirewallStageInput): FirewallStageResult {
  const { policy, facts } = input;
  const profile = policy.profiles[facts.profile];
  if (!profile.enabled || isDisabled(profile, facts)) {
    return { stage: { kind: 'firewall-off' }, notEnforced: [], openPlain: [] };
  }
  if (facts.state === 'boot-time') {
    return { stage: bootTimeStage(facts.profile), notEnforced: [], openPlain: [] };
  }
  const resolved = rulesInForce(input).map((rule) =>
    resolveRule(rule, policy, input.machine, facts),
  );
  const builder = new SideBuilder(input, resolved);
  const beside = besideProfile(input);
  const stage: HostStage = {
    kind: 'firewall',
    profile: facts.profile,
    ...(beside !== undefined && { besideProfile: beside }),
    stealth: profile.stealth,
    unicastAnswers: profile.unicastAnswers,
    logAllowed: profile.logAllowed,
    logDropped: profile.logDropped,
    in: builder.side('in', profile),
    out: builder.side('out', profile),
  };
  const notEnforced = resolved.filter(({ enforcement }) => enforcement !== 'full');
  const openPlain =
    input.options.plainTraffic === 'block'
      ? []
      : resolved.filter((each) => isOpenPlain(each, resolved, stage));
  return { stage, notEnforced, openPlain: openPlain.map(({ rule }) => rule) };
}

/** Source: windows-firewall.md question 1. */
function isOpenPlain(
  { rule: { direction }, plain }: ResolvedRule,
  resolved: readonly ResolvedRule[],
  stage: Extract<HostStage, { kind: 'firewall' }>,
): boolean {
  if (plain.length === 0) return false;
  if (stage[direction].default.action === 'allow') return true;
  const others = resolved.filter(
    ({ rule }) => rule.direction === direction && rule.action === 'allow',
  );
  return plain.some(({ region }) =>
    others.some(({ parts }) => parts.some((part) => intersect(region, part.region) !== null)),
  );
}

function isDisabled({ disabledInterfaces }: EffectiveProfile, { names }: InterfaceFacts): boolean {
  const disabled = disabledInterfaces.map((name) => name.toLowerCase());
  return names.some((name) => disabled.includes(name.toLowerCase()));
}

/** Assumption: W3. In a container's compartment the rules of the host count by the option. */
function rulesInForce({ policy, container, options }: FirewallStageInput): readonly FirewallRule[] {
  // Assumption: W8.
  const rules =
    options.hardening === 'apply'
      ? policy.rules
      : policy.rules.filter(({ store }) => SUBLAYERS[store] === undefined);
  if (container === null || options.hostRules === 'apply') return rules;
  if (options.hostRules === 'none') return [];
  return rules.filter(({ action }) => action === 'block');
}

type ListOf = Record<FirewallListName, RuleId[]>;
type RuleTraits = Pick<NormalisedRule, 'assumes' | 'anyRemote' | 'profileCrossing'>;

class SideBuilder {
  readonly #input: FirewallStageInput;
  readonly #resolved: readonly ResolvedRule[];
  readonly #ids = new Map<FirewallRule, RuleId>();

  constructor(input: FirewallStageInput, resolved: readonly ResolvedRule[]) {
    this.#input = input;
    // One of the rules that allow a packet is enough to make its flow a wide one.
    const loose = resolved.filter(({ rule }) => mapsLoosely(rule));
    this.#resolved = [...loose, ...resolved.filter(({ rule }) => !mapsLoosely(rule))];
  }

  side(direction: Direction, profile: EffectiveProfile): FirewallSide {
    const { container, options, facts } = this.#input;
    // No rule can lift it. Source: windows-firewall.md 5.2, step 10.
    if (direction === 'in' && facts.state === 'quarantine') {
      const shut = { action: 'block', reason: 'quarantine-default' } as const;
      return { lists: [], defaults: null, default: shut, defaultFlows: null };
    }
    // Shielded: no inbound rule is considered. Source: windows-firewall.md 4, question 2.
    if (direction === 'in' && profile.shielded) {
      const blocks = options.shielded === 'block' || profile.defaultInbound === 'block';
      const shut = { action: blocks ? 'block' : 'allow', reason: 'shielded' } as const;
      return { lists: [], defaults: null, default: shut, defaultFlows: null };
    }
    const lists: ListOf = {
      'service-hardening': [],
      'app-isolation': [],
      bypass: [],
      'bypass-unknown': [],
      block: [],
      'block-unknown': [],
      'host-acl': [],
      allow: [],
      'allow-unknown': [],
    };
    for (const each of this.#resolved) {
      if (each.rule.direction === direction) this.#place(each, lists);
    }
    for (const acl of container?.acls?.[direction] ?? []) {
      const list =
        options.hostAclOrder === 'priority'
          ? 'host-acl'
          : acl.action === 'block'
            ? 'block'
            : 'allow';
      lists[list].push(acl.id);
    }
    return {
      lists: Object.entries(lists)
        .map(([name, rules]) => ({ name: name as FirewallListName, rules }))
        .filter(({ rules }) => rules.length > 0) satisfies FirewallList[],
      defaults: this.#defaults(direction),
      default: this.#default(direction, profile),
      defaultFlows: direction === 'out' ? (container?.outboundFlows ?? null) : null,
    };
  }

  #defaults(direction: Direction): FirewallSide['defaults'] {
    const { container } = this.#input;
    if (container === null || direction === 'out') return null;
    // The protocols go with the ACLs; published ports stay. Source: windows-firewall.md 9.2.
    const { acls, inboundProtocols, inboundExceptions, mappings } = container;
    if (acls !== null) return { protocols: [], exceptions: [], mappings };
    return { protocols: inboundProtocols, exceptions: inboundExceptions, mappings };
  }

  #default(direction: Direction, profile: EffectiveProfile): FirewallSide['default'] {
    const { container } = this.#input;
    if (container?.acls != null) {
      return container.implicitDeny[direction]
        ? { action: 'block', reason: 'implicit-deny' }
        : { action: 'allow', reason: 'default-allow' };
    }
    if (container !== null) {
      return direction === 'in'
        ? { action: 'block', reason: container.inboundDeny }
        : { action: 'allow', reason: 'default-allow-outbound' };
    }
    if (direction === 'in') {
      return profile.defaultInbound === 'block'
        ? { action: 'block', reason: 'query-user-default' }
        : { action: 'allow', reason: 'default-inbound-allow' };
    }
    return profile.defaultOutbound === 'block'
      ? { action: 'block', reason: 'default-outbound-block' }
      : { action: 'allow', reason: 'default-outbound-allow' };
  }

  #place(resolved: ResolvedRule, lists: ListOf): void {
    const { rule } = resolved;
    const sublayer = SUBLAYERS[rule.store];
    for (const part of resolved.parts) {
      if (sublayer !== undefined) this.#placeInSublayer(rule, part, lists[sublayer]);
      else this.#placeInMain(rule, part, lists);
    }
    if (this.#input.options.plainTraffic === 'block') this.#placePlain(resolved, lists);
  }

  /** Assumption: W7. What such a rule does not allow it blocks. */
  #placePlain({ rule, plain }: ResolvedRule, lists: ListOf): void {
    const isSettled = this.#input.options.unknownConditions === 'match';
    for (const part of plain) {
      const isUnknown = part.knowledge === 'unknown' && !isSettled;
      const assumes = part.knowledge === 'yes' ? {} : ({ assumes: 'block' } as const);
      const list = isUnknown ? lists['block-unknown'] : lists.block;
      list.push(this.#add(rule, part, isUnknown ? 'pass' : 'block', assumes));
    }
  }

  /**
   * Allow wins over Block there, and no match means no opinion; judged only where the service or
   * package is known. Source: windows-firewall.md 5.1, question 6.
   */
  #placeInSublayer(rule: FirewallRule, part: RulePart, list: RuleId[]): void {
    if (part.knowledge === 'unknown') return;
    if (rule.action === 'block') list.push(this.#add(rule, part, 'block'));
    else list.unshift(this.#add(rule, part, 'pass'));
  }

  #placeInMain(rule: FirewallRule, part: RulePart, lists: ListOf): void {
    const overrides = rule.action === 'bypass' || rule.bypassOutbound;
    const name = overrides ? 'bypass' : rule.action === 'block' ? 'block' : 'allow';
    const effect = name === 'block' ? 'block' : 'allow';
    const isUnknown =
      part.knowledge === 'unknown' && this.#input.options.unknownConditions !== 'match';
    const list = isUnknown ? lists[`${name}-unknown`] : lists[name];
    const more: RuleTraits = {
      ...(part.knowledge !== 'yes' && { assumes: effect }),
      ...(mapsLoosely(rule) && { anyRemote: true }),
      ...(rule.profileCrossing && effect === 'allow' && { profileCrossing: true }),
    };
    list.push(this.#add(rule, part, isUnknown ? 'pass' : effect, more));
  }

  #add(
    rule: FirewallRule,
    { region }: RulePart,
    action: NormalisedRule['action'],
    more: RuleTraits = {},
  ): RuleId {
    const { rules } = this.#input;
    const id = rules.length as RuleId;
    const partOf = this.#ids.get(rule);
    if (partOf === undefined) this.#ids.set(rule, id);
    rules.push({
      id,
      name: rule.id,
      stage: 'host',
      direction: rule.direction,
      action,
      priority: null,
      conditions: conditionsOf(region, rule.direction),
      location: rule.location,
      ...(partOf !== undefined && { partOf }),
      ...more,
    });
    return id;
  }
}

/** Source: windows-firewall.md 6.2, the last rows. */
const mapsLoosely = ({ action, looseSourceMapping, localOnlyMapping }: FirewallRule): boolean =>
  action !== 'block' && (looseSourceMapping || localOnlyMapping);

const SUBLAYERS: Readonly<
  Partial<Record<FirewallRule['store'], 'service-hardening' | 'app-isolation'>>
> = {
  'static-services': 'service-hardening',
  'configurable-services': 'service-hardening',
  'app-isolation': 'app-isolation',
};

function conditionsOf(region: Region, direction: Direction): Conditions {
  const { local, remote, localPorts, remotePorts, icmp } = region;
  const protocols =
    region.protocols?.flatMap(({ from, to }) =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i),
    ) ?? null;
  const inbound = direction === 'in';
  return {
    protocols,
    source: inbound ? remote : local,
    destination: inbound ? local : remote,
    sourcePorts: inbound ? remotePorts : localPorts,
    destinationPorts: inbound ? localPorts : remotePorts,
    icmp,
  };
}
