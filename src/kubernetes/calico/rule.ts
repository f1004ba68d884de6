/**
 * One rule of a Calico policy as ACLs, with what Felix leaves out and gets wrong.
 * Source: hns.md 7.4; felix/dataplane/windows/policysets/policysets.go.
 */
import { intersectPrefixes } from './intersect.js';
import { newRule, PRIORITY, PROTOCOL_ANY, type HnsAcl } from './hns-acl.js';

export interface PortSpan {
  readonly first: number;
  readonly last: number;
}

/** A rule as Felix gets it: names resolved to sets, selectors to sets of addresses. */
export interface CalicoRule {
  readonly id: string;
  /** Empty is allow. */
  readonly action: string;
  readonly ipVersion?: number;
  /** Number or name. */
  readonly protocol?: number | string;
  readonly sourceNets?: readonly string[];
  readonly destinationNets?: readonly string[];
  readonly sourceSets?: readonly string[];
  readonly destinationSets?: readonly string[];
  readonly sourcePorts?: readonly PortSpan[];
  readonly destinationPorts?: readonly PortSpan[];
  /** Sets of a service: members such as `10.0.0.1,tcp:80`. */
  readonly destinationPortSets?: readonly string[];
  readonly hasNamedPorts?: boolean;
  readonly hasIcmp?: boolean;
  /** Conditions that must not hold, whichever: except, not nets, not ports. */
  readonly hasNegation?: boolean;
}

/** Why a rule is left out; Felix logs it and goes on. */
export type Omission =
  | 'ip-version'
  | 'negation'
  | 'icmp'
  | 'named-port'
  | 'no-ipv4-net'
  | 'log'
  | 'missing-set'
  | 'disjoint';

/** The members of a set; null, as Felix has it, when it is not known or empty. */
export type SetMembers = (id: string) => readonly string[] | null;

/** Items of one list; Microsoft advised to stay below a few thousand. */
const LIST_MAX = 4000;
const IP_VERSION = 4;
const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = {
  tcp: 6,
  udp: 17,
  icmp: 1,
  icmpv6: 58,
  sctp: 132,
  udplite: 136,
};

/** The ACLs of a rule, or why it has none. */
export function ruleAcls(
  policySet: string,
  rule: CalicoRule,
  isInbound: boolean,
  members: SetMembers,
): readonly HnsAcl[] | Omission {
  if ((rule.ipVersion ?? 0) !== 0 && rule.ipVersion !== IP_VERSION) return 'ip-version';
  if (rule.hasNegation === true) return 'negation';
  if (rule.hasIcmp === true) return 'icmp';
  if (rule.hasNamedPorts === true) return 'named-port';
  const sourceNets = ipv4Only(rule.sourceNets ?? []);
  const destinationNets = ipv4Only(rule.destinationNets ?? []);
  if (sourceNets === null || destinationNets === null) return 'no-ipv4-net';
  const action = actionOf(rule.action);
  if (action === null) return 'log';
  const base: HnsAcl = { ...newRule(isInbound, PRIORITY.rule), Action: action };
  const id = (n: number): string => `${policySet}-${rule.id}-${n}`;
  if ((rule.destinationPortSets ?? []).length > 0) {
    const listed = membersOf(rule.destinationPortSets!, members);
    return listed === null ? 'missing-set' : serviceAcls(base, listed, id);
  }
  const source = addressesOf(sourceNets, rule.sourceSets ?? [], members);
  if (typeof source === 'string') return source;
  const destination = addressesOf(destinationNets, rule.destinationSets ?? [], members);
  if (typeof destination === 'string') return destination;
  const protocol = rule.protocol === undefined ? PROTOCOL_ANY : protocolNumber(rule.protocol);
  const [local, remote] = isInbound ? [destination, source] : [source, destination];
  const [localPorts, remotePorts] = isInbound
    ? [rule.destinationPorts, rule.sourcePorts]
    : [rule.sourcePorts, rule.destinationPorts];
  const acls: HnsAcl[] = [];
  for (const LocalAddresses of lists(local)) {
    for (const LocalPorts of lists((localPorts ?? []).map(portText))) {
      for (const RemoteAddresses of lists(remote)) {
        for (const RemotePorts of lists((remotePorts ?? []).map(portText))) {
          const conditions = { LocalAddresses, RemoteAddresses, LocalPorts, RemotePorts };
          acls.push({ ...base, Id: id(acls.length), Protocol: protocol, ...conditions });
        }
      }
    }
  }
  return acls;
}

/** A name that is none becomes any: the rule then matches everything. */
function protocolNumber(protocol: number | string): number {
  if (typeof protocol === 'number') return protocol;
  return PROTOCOL_NUMBERS[protocol.toLowerCase()] ?? PROTOCOL_ANY;
}

function actionOf(action: string): HnsAcl['Action'] | null {
  switch (action.toLowerCase()) {
    case '':
    case 'allow':
      return 'Allow';
    case 'deny':
      return 'Block';
    case 'pass':
    case 'next-tier':
      return 'Pass';
    default:
      return null;
  }
}

/** Null when there are nets and none is IPv4: the rule can match nothing that is enforced. */
function ipv4Only(nets: readonly string[]): readonly string[] | null {
  const kept = nets.filter((net) => !net.includes(':'));
  return nets.length > 0 && kept.length === 0 ? null : kept;
}

/** Null when one of the sets is not there; an empty one counts as not there. */
function membersOf(sets: readonly string[], members: SetMembers): readonly string[] | null {
  const all = sets.map(members);
  return all.includes(null) ? null : all.flatMap((each) => each ?? []);
}

/** Nets, the union of the sets, or the nets within that union. */
function addressesOf(
  nets: readonly string[],
  sets: readonly string[],
  members: SetMembers,
): readonly string[] | Omission {
  if (sets.length === 0) return nets;
  const listed = membersOf(sets, members);
  if (listed === null) return 'missing-set';
  if (nets.length === 0) return listed;
  const both = intersectPrefixes(nets, listed);
  return both.length === 0 ? 'disjoint' : both;
}

/** A service excludes all other conditions: one ACL for each protocol and port, in order. */
function serviceAcls(
  base: HnsAcl,
  members: readonly string[],
  id: (n: number) => string,
): readonly HnsAcl[] {
  const groups = new Map<string, string[]>();
  for (const member of members) {
    const [address = '', target = ''] = member.split(',');
    const group = groups.get(target);
    if (group === undefined) groups.set(target, [address]);
    else group.push(address);
  }
  return [...groups].map(([target, addresses], n) => {
    const [protocol = '', RemotePorts = ''] = target.split(':');
    const RemoteAddresses = addresses.join(',');
    return { ...base, Id: id(n), Protocol: protocolNumber(protocol), RemoteAddresses, RemotePorts };
  });
}

/** Comma lists of at most {@link LIST_MAX} items; one empty list, any, for none. */
function lists(items: readonly string[]): readonly string[] {
  if (items.length === 0) return [''];
  const count = Math.ceil(items.length / LIST_MAX);
  return Array.from({ length: count }, (_, i) =>
    items.slice(i * LIST_MAX, (i + 1) * LIST_MAX).join(','),
  );
}

function portText({ first, last }: PortSpan): string {
  return first === last ? String(first) : `${first}-${last}`;
}
