/**
 * What the rules and defaults of one stage say of a packet without a flow: SEMANTICS.md 1.2, 1.3 and
 * 4.2 to 4.4, as a loop over rules.
 */
import type {
  Conditions,
  Direction,
  FurtherField,
  HostStage,
  InboundException,
  NormalisedHost,
  NormalisedRule,
  PortMappingAllow,
  PortRange,
  RuleId,
  SwitchStage,
  VfpLayerStage,
} from '../../src/normalise/normalised-host.js';
import type { PacketRecord } from '../../src/report/packet-record.js';
import { type Address, type Packet, ICMPV6, isPureSyn } from './packet.js';

type Reason = PacketRecord['reason'];

export interface RuleVerdict {
  readonly verdict: 'allow' | 'drop';
  readonly rule: string | null;
  readonly reason: Reason;
  readonly credit: string;
  /** Whether an allow makes a flow. */
  readonly stateful: boolean;
  /** Of a rule of the switch stage; null beside tiers. */
  readonly tier: string | null;
  /** Loose source or local only mapping. */
  readonly anyRemote: boolean;
  /** Profile crossing. */
  readonly crosses: boolean;
  /** Seconds that it gives flows; null: the timer. */
  readonly ttl: number | null;
}

export function judgeByRules(
  host: NormalisedHost,
  policy: SwitchStage | HostStage,
  direction: Direction,
  packet: Packet,
): RuleVerdict {
  switch (policy.kind) {
    case 'container-defaults': {
      if (direction === 'out') {
        const made = byDefault('allow', 'default-allow-outbound');
        return { ...made, stateful: keepsFlow(policy.outboundFlows, packet) };
      }
      // 1.2: protocol 58 is ICMPv6 in IPv6 only.
      const foreign = packet.protocol === ICMPV6 && packet.source.family === 4;
      if (policy.inboundProtocols.includes(packet.protocol) && !foreign) {
        return byDefault('allow', 'default-allow-inbound');
      }
      if (isExcepted(policy.inboundExceptions, packet)) {
        return byDefault('allow', 'default-allow-inbound');
      }
      if (isMapped(policy.mappings, packet)) return byDefault('allow', 'port-mapping-allow');
      return byDefault('drop', policy.inboundDeny);
    }
    case 'acl': {
      const lists: { readonly tier: string | null; readonly rules: readonly RuleId[] }[] = [];
      for (const item of policy[direction]) {
        if (typeof item === 'number') lists.push({ tier: null, rules: [item] });
        else lists.push(item);
      }
      for (const { tier, rules } of lists) {
        const rule = rules
          .map((id) => host.rules[id]!)
          .find(({ conditions }) => matches(conditions, packet));
        // 4.2: Pass and no match go on with the next tier.
        if (rule && rule.action !== 'pass') return byRule(rule, tier);
      }
      if (direction === 'in' && 'mappings' in policy && isMapped(policy.mappings, packet)) {
        return byDefault('allow', 'port-mapping-allow');
      }
      return policy.implicitDeny[direction]
        ? byDefault('drop', 'implicit-deny')
        : { ...byDefault('allow', 'default-allow'), stateful: false };
    }
    case 'firewall': {
      const { lists, defaults, default: last, defaultFlows } = policy[direction];
      for (const { rules } of lists) {
        const rule = rules
          .map((id) => host.rules[id]!)
          .find(({ conditions }) => matches(conditions, packet));
        // No opinion: the next list is asked.
        if (rule && rule.action !== 'pass') return byRule(rule, null);
      }
      const foreign = packet.protocol === ICMPV6 && packet.source.family === 4;
      if (defaults?.protocols.includes(packet.protocol) && !foreign) {
        return byDefault('allow', 'default-allow-inbound');
      }
      if (defaults && isExcepted(defaults.exceptions, packet)) {
        return byDefault('allow', 'default-allow-inbound');
      }
      if (defaults && isMapped(defaults.mappings, packet)) {
        return byDefault('allow', 'port-mapping-allow');
      }
      const allowed = last.action === 'allow';
      const made = byDefault(allowed ? 'allow' : 'drop', last.reason);
      const stateful = allowed && last.reason !== 'default-allow';
      return { ...made, stateful: stateful && keepsFlow(defaultFlows, packet) };
    }
    default:
      throw new Error(`stage ${policy.kind} has no rules`);
  }
}

function byDefault(verdict: 'allow' | 'drop', reason: Reason): RuleVerdict {
  const stateful = verdict === 'allow';
  return {
    verdict,
    rule: null,
    reason,
    credit: reason,
    stateful,
    tier: null,
    anyRemote: false,
    crosses: false,
    ttl: null,
  };
}

function byRule(
  { name, action, anyRemote = false, profileCrossing = false }: NormalisedRule,
  tier: string | null,
): RuleVerdict {
  const allowed = action === 'allow';
  return {
    ...{ verdict: allowed ? 'allow' : 'drop', rule: name, reason: 'rule', credit: name },
    stateful: allowed,
    tier,
    anyRemote,
    crosses: profileCrossing,
    ttl: null,
  };
}

/**
 * One layer of a dumped port. Source: vfp.md 3.3 to 3.5: of each group the first rule that matches, of
 * the groups the last, a terminating rule at once; without any the layer's default.
 */
export function judgeByLayer(
  host: NormalisedHost,
  layer: VfpLayerStage,
  direction: Direction,
  packet: Packet,
): RuleVerdict {
  let result: RuleVerdict | null = null;
  for (const group of layer.groups) {
    if (group.direction !== direction || group.family !== packet.source.family) continue;
    const first = group.rules.find(({ id }) => matches(host.rules[id]!.conditions, packet));
    if (first === undefined) continue;
    const rule = host.rules[first.id]!;
    // 4.2: Pass leaves no result.
    if (rule.action === 'pass') continue;
    const stateful = first.stateful && rule.action === 'allow';
    result = { ...byRule(rule, group.name), stateful, ttl: first.flowSeconds };
    if (first.terminating) return result;
  }
  if (result !== null) return result;
  const none = layer.defaultAllow
    ? byDefault('allow', 'default-allow')
    : byDefault('drop', layer.port === 'blocked' ? 'port-blocked' : 'implicit-deny');
  // No match makes no layer flow.
  return { ...none, stateful: false };
}

/** 4.4: all conditions hold; one that is not given holds for every packet. */
export function matches(conditions: Conditions, packet: Packet): boolean {
  const { protocols, source, destination, sourcePorts, destinationPorts } = conditions;
  const addressIn = (set: Conditions['source'], address: Address): boolean =>
    set === null ||
    (address.family === 4 ? set.ipv4 : set.ipv6).some(
      ({ from, to }) => from <= address.value && address.value <= to,
    );
  const portIn = (ranges: readonly PortRange[] | null, port: number | undefined): boolean =>
    ranges === null ||
    (port !== undefined && ranges.some(({ from, to }) => from <= port && port <= to));
  return (
    (protocols === null || protocols.includes(packet.protocol)) &&
    addressIn(source, packet.source) &&
    addressIn(destination, packet.destination) &&
    portIn(sourcePorts, packet.ports?.source) &&
    portIn(destinationPorts, packet.ports?.destination) &&
    (conditions.further ?? []).every(({ field, ranges }) => {
      const value = furtherValue(field, packet);
      return value !== null && ranges.some(({ from, to }) => from <= value && value <= to);
    })
  );
}

/** W16: of other protocols the default keeps nothing; protocol 58 is one of them in IPv4. */
function keepsFlow(protocols: readonly number[] | null, { protocol, source }: Packet): boolean {
  if (protocols === null) return true;
  return protocols.includes(protocol) && !(protocol === ICMPV6 && source.family === 4);
}

/** W17: what old builds let in by its ports. */
function isExcepted(exceptions: readonly InboundException[], packet: Packet): boolean {
  return exceptions.some(
    ({ protocol, sourcePort, destinationPort }) =>
      protocol === packet.protocol &&
      sourcePort === packet.ports?.source &&
      (destinationPort === null || destinationPort === packet.ports.destination),
  );
}

/** N20 to N23 of docs/semantics/vfpctrl.md. */
function furtherValue(field: FurtherField, packet: Packet): number | null {
  switch (field) {
    case 'tcp_opening':
      return packet.tcp === null ? null : isPureSyn(packet) ? 1 : 0;
    case 'source_mac':
      return packet.smac;
    case 'destination_mac':
      return packet.dmac;
    case 'vlan':
      return packet.vlan;
    case 'tni':
      return packet.tni;
    case 'gre_key':
      return packet.greKey;
  }
}

/** 1.2, 4.3: the internal port of a published port, with its protocol. */
function isMapped(mappings: readonly PortMappingAllow[], packet: Packet): boolean {
  return mappings.some(
    ({ protocol, internalPort }) =>
      protocol === packet.protocol && internalPort === packet.ports?.destination,
  );
}
