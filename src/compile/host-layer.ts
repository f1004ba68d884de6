/**
 * Windows Firewall of one endpoint as a layer: the same groups and rules as the switch stage, its own
 * timers. "Block over allow" is order: normalise puts the blocks first, so the first rule that
 * matches decides. Source: docs/SEMANTICS.md 1.2, 4.3.
 */
import { DIRECTION_NAMES, FAMILIES, defaultModel, ruleModel } from './rule-model.js';
import type {
  DefaultAllow,
  Direction,
  FirewallSide,
  HostStage,
  InboundException,
  NormalisedHost,
  PortMappingAllow,
  RuleId,
} from '../normalise/normalised-host.js';
import type { DecisionModel, GroupModel, LayerModel, RuleModel } from '../program/program-model.js';
import type { Reason } from '../program/layout.js';

const HOST_LAYER = 'HOST_FIREWALL';
const HOST_GROUP = 'HOST_FIREWALL';
const ICMPV6 = 58;

/** Timers of host flows depend on the protocol, not on the rule: the engine has them. */
const HOST_FLOW = { stateful: true, flowMs: 0 } as const;
const NO_FLOW = { stateful: false, flowMs: 0 } as const;

export function hostLayer(host: NormalisedHost, stage: HostStage): LayerModel {
  switch (stage.kind) {
    case 'guest-default-allow':
      return openLayer(stage.kind, NO_FLOW);
    case 'firewall-off':
      // Assumption: W22.
      return openLayer(stage.kind, host.options.flowsWhileOff === 'keep' ? HOST_FLOW : NO_FLOW);
    case 'firewall':
      return firewallLayer(host, stage);
    case 'container-defaults':
      return layer(
        {
          in: defaultModel('block', stage.inboundDeny, NO_FLOW),
          out: defaultModel(
            'allow',
            'default-allow-outbound',
            stage.outboundFlows === null ? HOST_FLOW : NO_FLOW,
          ),
        },
        (direction, family) =>
          direction === 'out'
            ? protocolRules(stage.outboundFlows ?? [], 'default-allow-outbound', family)
            : [
                ...protocolRules(stage.inboundProtocols, 'default-allow-inbound', family),
                ...exceptionRules(stage.inboundExceptions),
                ...mappingRules(stage.mappings),
              ],
      );
    case 'acl': {
      const noMatch = (deny: boolean): DecisionModel =>
        deny
          ? defaultModel('block', 'implicit-deny', NO_FLOW)
          : defaultModel('allow', 'default-allow', NO_FLOW);
      return layer(
        { in: noMatch(stage.implicitDeny.in), out: noMatch(stage.implicitDeny.out) },
        (direction, family) => [
          ...aclRules(host, stage[direction], family),
          ...(direction === 'in' ? mappingRules(stage.mappings) : []),
        ],
      );
    }
  }
}

/** A stage that cannot refuse: no say. */
function openLayer(reason: Reason, flow: typeof HOST_FLOW | typeof NO_FLOW): LayerModel {
  const open = defaultModel('allow', reason, flow);
  return {
    name: HOST_LAYER,
    priority: 0,
    stage: 'host',
    stateful: flow.stateful,
    hasSay: false,
    noMatch: { in: open, out: open },
    groups: [],
  };
}

function layer(
  noMatch: LayerModel['noMatch'],
  rules: (direction: Direction, family: 4 | 6) => RuleModel[],
): LayerModel {
  const groups = DIRECTION_NAMES.flatMap((direction) =>
    FAMILIES.map((family): GroupModel => ({
      name: `${HOST_GROUP}_IPV${family}_${direction.toUpperCase()}`,
      priority: 1,
      direction,
      family,
      rules: rules(direction, family),
    })),
  );
  return {
    name: HOST_LAYER,
    priority: 0,
    stage: 'host',
    stateful: true,
    hasSay: true,
    noMatch,
    groups: groups.filter((group) => group.rules.length > 0),
  };
}

function aclRules(host: NormalisedHost, ids: readonly RuleId[], family: 4 | 6): RuleModel[] {
  return ids
    .map((id) => ruleModel(host.rules[id]!, family, 0))
    .filter((rule): rule is RuleModel => rule !== null);
}

/** Each list is a group; what the service opens in a container is asked last. */
function firewallLayer(
  host: NormalisedHost,
  stage: Extract<HostStage, { kind: 'firewall' }>,
): LayerModel {
  const noMatch = ({ default: { action, reason }, defaultFlows }: FirewallSide): DecisionModel => {
    const keepsFlow = action === 'allow' && reason !== 'default-allow' && defaultFlows === null;
    return defaultModel(action, reason, keepsFlow ? HOST_FLOW : NO_FLOW);
  };
  return {
    name: HOST_LAYER,
    priority: 0,
    stage: 'host',
    stateful: true,
    hasSay: true,
    stealth: stage.stealth,
    groupAnswersOnly: !stage.unicastAnswers,
    noMatch: { in: noMatch(stage.in), out: noMatch(stage.out) },
    groups: DIRECTION_NAMES.flatMap((direction) =>
      FAMILIES.flatMap((family) => firewallGroups(host, stage[direction], direction, family)),
    ),
  };
}

function firewallGroups(
  host: NormalisedHost,
  { lists, defaults, default: { action, reason }, defaultFlows }: FirewallSide,
  direction: Direction,
  family: 4 | 6,
): GroupModel[] {
  const named: { readonly name: string; readonly rules: RuleModel[] }[] = lists.map((list) => ({
    name: list.name,
    rules: aclRules(host, list.rules, family),
  }));
  if (defaults !== null) {
    const rules = [
      ...protocolRules(defaults.protocols, 'default-allow-inbound', family),
      ...exceptionRules(defaults.exceptions),
      ...mappingRules(defaults.mappings),
      ...allowRules(defaults.allows ?? [], family),
    ];
    named.push({ name: 'defaults', rules });
  }
  if (defaultFlows !== null && action === 'allow') {
    named.push({ name: 'defaults', rules: protocolRules(defaultFlows, reason, family) });
  }
  return named
    .filter(({ rules }) => rules.length > 0)
    .map(({ name, rules }, i) => ({
      name: `${HOST_GROUP}_${name.toUpperCase().replaceAll('-', '_')}_IPV${family}_${direction.toUpperCase()}`,
      priority: i + 1,
      direction,
      family,
      rules,
    }));
}

/** Source: hns.md R10, 5.2: ICMPv6 (58) counts in IPv6 only. */
function protocolRules(allowed: readonly number[], reason: Reason, family: 4 | 6): RuleModel[] {
  const protocols = allowed.filter((p) => p !== ICMPV6 || family === 6);
  if (protocols.length === 0) return [];
  return [
    {
      ...defaultModel('allow', reason, HOST_FLOW),
      conditions: { protocols: protocols.map((p) => ({ from: p, to: p })) },
    },
  ];
}

/** Source: windows-firewall.md 5.5. */
function allowRules(allows: readonly DefaultAllow[], family: 4 | 6): RuleModel[] {
  return allows
    .filter(({ protocol }) => protocol !== ICMPV6 || family === 6)
    .map(({ reason, protocol, ports, icmpTypes }) => ({
      ...defaultModel('allow', reason, HOST_FLOW),
      conditions: {
        protocols: [{ from: protocol, to: protocol }],
        ...(ports !== null && {
          sourcePorts: [{ from: ports.source, to: ports.source }],
          destinationPorts: [{ from: ports.destination, to: ports.destination }],
        }),
        ...(icmpTypes !== null && {
          icmp: [{ from: icmpTypes.from << 8, to: (icmpTypes.to << 8) | 0xff }],
        }),
      },
    }));
}

/** Source: hns.md Q13. Assumption: W17. */
function exceptionRules(exceptions: readonly InboundException[]): RuleModel[] {
  return exceptions.map(({ protocol, sourcePort, destinationPort }) => ({
    ...defaultModel('allow', 'default-allow-inbound', HOST_FLOW),
    conditions: {
      protocols: [{ from: protocol, to: protocol }],
      sourcePorts: [{ from: sourcePort, to: sourcePort }],
      ...(destinationPort !== null && {
        destinationPorts: [{ from: destinationPort, to: destinationPort }],
      }),
    },
  }));
}

/** Source: hns.md R13, 6.5. */
function mappingRules(mappings: readonly PortMappingAllow[]): RuleModel[] {
  return mappings.map(({ protocol, internalPort }) => ({
    ...defaultModel('allow', 'port-mapping-allow', HOST_FLOW),
    conditions: {
      protocols: [{ from: protocol, to: protocol }],
      destinationPorts: [{ from: internalPort, to: internalPort }],
    },
  }));
}
