/**
 * The two stages of an endpoint from its rules: lists in order, implicit deny, defaults.
 * Source: hns.md 5.2, 5.4, 6.1, 6.5, 6.6.
 */
import type { ContainerFirewall } from '../firewall/firewall-stage-input.js';
import { UNSOLICITED_PROTOCOLS, inboundDefaults } from '../platform/default-table.js';
import { mappingsOpenFirewall } from '../platform/stage-table.js';
import type {
  Direction,
  HostStage,
  NormalisedRule,
  PortMappingAllow,
  RuleList,
  SemanticOptions,
  SwitchStage,
} from './normalised-host.js';
import { hostOrder, switchOrder } from './order.js';
import type { RuleContext } from './rule-context.js';

/** A tier with its rules in the order of the document. */
export interface NormalisedTier {
  readonly name: string;
  readonly direction: Direction;
  readonly order: number;
  readonly rules: readonly NormalisedRule[];
}

/** `rules` are the Switch ACLs of the endpoint, tiers not among them; `before` those asked first. */
export function switchStage(
  rules: readonly NormalisedRule[],
  tiers: readonly NormalisedTier[],
  before: readonly NormalisedRule[],
  options: SemanticOptions,
): SwitchStage {
  const hasOwn = rules.length > 0 || tiers.length > 0;
  if (!hasOwn && before.length === 0) return { kind: 'no-acl-layer' };
  const tierRules = tiers.flatMap((tier) => tier.rules);
  const lists = (direction: Direction): readonly RuleList[] => [
    ...networkList(direction, before, options),
    ...switchLists(direction, rules, tiers, options),
  ];
  return {
    kind: 'acl',
    in: lists('in'),
    out: lists('out'),
    // Network ACLs that are asked before say nothing of what none of them matches.
    implicitDeny: hasOwn
      ? implicitDeny([...rules, ...tierRules], options)
      : { in: false, out: false },
  };
}

/** What a network says first: its Blocks end, its Allows go on. Source: hns.md 6.6. */
function networkList(
  direction: Direction,
  before: readonly NormalisedRule[],
  options: SemanticOptions,
): readonly RuleList[] {
  if (before.length === 0) return [];
  const own = before.filter((rule) => rule.direction === direction);
  return [{ tier: NETWORK_LIST, rules: switchOrder(own, options.tieBreak) }];
}

const NETWORK_LIST = 'NetworkACL';

/** Tiers by ascending Order, then the ordinary ACLs if there are any. Source: hns.md 6.6. */
function switchLists(
  direction: Direction,
  rules: readonly NormalisedRule[],
  tiers: readonly NormalisedTier[],
  options: SemanticOptions,
): readonly RuleList[] {
  const ofDirection = tiers
    .filter((tier) => tier.direction === direction)
    .sort((a, b) => a.order - b.order);
  const lists: RuleList[] = ofDirection.map((tier) => ({
    tier: tier.name,
    rules: switchOrder(tier.rules, options.tieBreak),
  }));
  if (rules.length === 0) return lists;
  const own = rules.filter((rule) => rule.direction === direction);
  return [...lists, { tier: null, rules: switchOrder(own, options.tieBreak) }];
}

/** `rules` are the Host ACLs of the endpoint, `mappings` its published ports. */
export function hostStage(
  context: Pick<RuleContext, 'isolation' | 'driver' | 'windows'>,
  rules: readonly NormalisedRule[],
  mappings: readonly PortMappingAllow[],
  options: SemanticOptions,
): HostStage {
  // R5, R14: never the firewall of the host, and that of the utility VM allows everything.
  if (context.isolation === 'hyperv') return { kind: 'guest-default-allow' };
  // Q19.
  if (options.hostFirewall === 'off') return { kind: 'firewall-off' };
  // Q17: publishing a port opens the firewall on NAT networks and on no others.
  const opened = mappingsOpenFirewall(context.driver) ? mappings : [];
  if (rules.length === 0) {
    const defaults = inboundDefaults(context.windows.build, options.legacyInboundExceptions);
    return {
      kind: 'container-defaults',
      inboundProtocols: defaults.protocols,
      inboundExceptions: defaults.exceptions,
      inboundDeny: defaults.deny,
      // R13. From 16299 on the four protocols are let in anyway (R10).
      mappings: defaults.mappings ? opened : [],
      outboundFlows: outboundFlows(options),
    };
  }
  const ordered = (direction: Direction): ReturnType<typeof hostOrder> =>
    hostOrder(
      rules.filter((rule) => rule.direction === direction),
      options.hostAclOrder,
    );
  return {
    kind: 'acl',
    in: ordered('in'),
    out: ordered('out'),
    implicitDeny: implicitDeny(rules, options),
    // Q12: behind the explicit rules.
    mappings: opened,
  };
}

/**
 * What the service puts around firewall rules in a container's compartment: Host ACLs, or the
 * defaults of the build. Source: windows-firewall.md 9.2.
 */
export function containerFirewall(
  context: Pick<RuleContext, 'driver' | 'windows'>,
  rules: readonly NormalisedRule[],
  mappings: readonly PortMappingAllow[],
  options: SemanticOptions,
): ContainerFirewall {
  const defaults = inboundDefaults(context.windows.build, options.legacyInboundExceptions);
  const opened = mappingsOpenFirewall(context.driver) ? mappings : [];
  const ordered = (direction: Direction): NormalisedRule[] => {
    const own = rules.filter((rule) => rule.direction === direction);
    const byId = new Map(own.map((rule) => [rule.id, rule]));
    return hostOrder(own, options.hostAclOrder).map((id) => byId.get(id)!);
  };
  return {
    acls: rules.length === 0 ? null : { in: ordered('in'), out: ordered('out') },
    implicitDeny: implicitDeny(rules, options),
    inboundProtocols: defaults.protocols,
    inboundExceptions: defaults.exceptions,
    inboundDeny: defaults.deny,
    outboundFlows: outboundFlows(options),
    mappings: rules.length > 0 || defaults.mappings ? opened : [],
  };
}

/** Source: hns.md Q5. Assumption: W16. */
function outboundFlows({ otherProtocolReplies }: SemanticOptions): readonly number[] | null {
  return otherProtocolReplies === 'allow' ? null : UNSOLICITED_PROTOCOLS;
}

/** Source: hns.md 5.4, Q2. Requires: at least one rule or tier on the stage. */
function implicitDeny(
  rules: readonly NormalisedRule[],
  options: SemanticOptions,
): { in: boolean; out: boolean } {
  switch (options.implicitDeny) {
    case 'both':
      return { in: true, out: true };
    case 'same-direction':
      return {
        in: rules.some((rule) => rule.direction === 'in'),
        out: rules.some((rule) => rule.direction === 'out'),
      };
    case 'off':
      return { in: false, out: false };
  }
}
