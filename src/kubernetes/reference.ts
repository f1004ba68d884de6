/**
 * The reference compiler: NetworkPolicies to the ACLs of each pod's endpoint, exact in meaning.
 * What a rule of a policy becomes does not depend on the pod, save for named ports inbound, so it
 * is worked out once and shared by all pods the policy selects. Source: hns.md 8.2.
 */
import { mergePorts } from '../normalise/ports.js';
import type { AddressSet, Direction, PortRange } from '../normalise/normalised-host.js';
import { locate } from '../source/source-node.js';
import { pieces } from './address-items.js';
import { addressesOfPods, setOf, type Cluster, type ClusterPod } from './cluster.js';
import {
  anyPacket,
  conditionsOf,
  DIRECTIONS,
  hostAllow,
  type CompiledAcl,
  type PodCompiler,
} from './compiled-acl.js';
import { groupBy } from './group-by.js';
import type { NetworkPolicyObject, PolicyPort, PolicyRule } from './objects.js';
import { PeerSets } from './peer-sets.js';
import { policiesByPod, rulesOf } from './policies-by-pod.js';
import { isNamed, numbersOf, portsNamed } from './policy-ports.js';

/** Source: hns.md 8.2. */
const PRIORITY = { node: 900, allow: 1000, isolated: 65000, notIsolated: 65500 } as const;

export function referenceCompiler(cluster: Cluster): PodCompiler {
  const selecting = policiesByPod(cluster);
  const compiled = new Map<PolicyRule, readonly CompiledAcl[]>();
  const peers = new PeerSets(cluster);

  return (pod, isolation) => {
    const policies = selecting.get(pod) ?? [];
    // Neither direction isolated: nothing is programmed, and the defaults of the platform hold.
    if (policies.length === 0) return [];
    return [
      ...DIRECTIONS.flatMap((direction) => compileDirection(pod, policies, direction)),
      // The Windows Firewall of the host has to let through what the switch allows.
      ...(isolation === 'process' ? DIRECTIONS.map((direction) => hostAllow(pod, direction)) : []),
    ];
  };

  function compileDirection(
    pod: ClusterPod,
    policies: readonly NetworkPolicyObject[],
    direction: Direction,
  ): readonly CompiledAcl[] {
    const isolating = policies.filter(({ isolates }) => isolates[direction]);
    const [first] = isolating;
    if (first === undefined) {
      const name = `${pod.id}/${direction}/not-isolated`;
      return [podAcl(pod, direction, name, 'allow', PRIORITY.notIsolated)];
    }
    const block: CompiledAcl = {
      ...podAcl(pod, direction, `${idOf(first)}/${direction}/isolated`, 'block', PRIORITY.isolated),
      location: locate(first.document, first.node),
    };
    return [
      ...(direction === 'in' ? nodeAllow(pod) : []),
      ...isolating.flatMap((policy) =>
        rulesOf(policy, direction).flatMap((rule) => ruleAcls(pod, policy, direction, rule)),
      ),
      block,
    ];
  }

  function ruleAcls(
    pod: ClusterPod,
    policy: NetworkPolicyObject,
    direction: Direction,
    rule: PolicyRule,
  ): readonly CompiledAcl[] {
    const known = compiled.get(rule);
    if (known !== undefined) return known;
    const acls = compileRule(pod, policy, direction, rule);
    // Inbound, the name of a port is looked up in the pod itself.
    const dependsOnPod = direction === 'in' && (rule.ports ?? []).some(isNamed);
    if (!dependsOnPod) compiled.set(rule, acls);
    return acls;
  }

  function compileRule(
    pod: ClusterPod,
    policy: NetworkPolicyObject,
    direction: Direction,
    rule: PolicyRule,
  ): readonly CompiledAcl[] {
    const acl = (conditions: CompiledAcl['conditions']): CompiledAcl => ({
      name: `${idOf(policy)}/${direction}/${rule.index}`,
      stage: 'switch',
      direction,
      action: 'allow',
      priority: PRIORITY.allow,
      conditions,
      location: locate(policy.document, rule.node),
    });
    const allowed = (
      set: AddressSet | null,
      protocols: readonly number[] | null,
      ports: readonly PortRange[] | null,
    ): CompiledAcl[] =>
      // A rule that selects nobody is left out; the isolation stays.
      (set === null ? [null] : isNobody(set) ? [] : pieces(set)).map((piece) =>
        acl(conditionsOf(direction, piece, protocols, ports)),
      );
    const set = peers.of(policy.namespace, rule.peers);
    if (rule.ports === null) return allowed(set, null, null);
    const byProtocol = groupBy(rule.ports, ({ protocol }) => protocol);
    return [...byProtocol].flatMap(([protocol, ports]) => {
      if (ports.some(({ port }) => port === null)) return allowed(set, [protocol], null);
      const own =
        direction === 'in'
          ? ports.flatMap((port) => numbersIn(pod, port))
          : ports.flatMap(numbersOf);
      const named = direction === 'in' ? [] : ports.filter(isNamed);
      return [
        ...(own.length === 0 ? [] : allowed(set, [protocol], mergePorts(own))),
        ...named.flatMap((port) =>
          [...peers.byNumber(policy.namespace, rule.peers, port)].flatMap(([number, pods]) =>
            allowed(addressesOfPods(pods), [protocol], [{ from: number, to: number }]),
          ),
        ),
      ];
    });
  }
}

function idOf({ namespace, name }: NetworkPolicyObject): string {
  return `${namespace}/${name}`;
}

/** Health probes come from the pod's own node and are always allowed. Source: hns.md 8.1 (8). */
function nodeAllow(pod: ClusterPod): readonly CompiledAcl[] {
  if (pod.nodeAddresses.length === 0) return [];
  const acl = podAcl(pod, 'in', `${pod.id}/in/node`, 'allow', PRIORITY.node);
  return [{ ...acl, conditions: conditionsOf('in', setOf(pod.nodeAddresses), null, null) }];
}

function podAcl(
  pod: ClusterPod,
  direction: Direction,
  name: string,
  action: 'allow' | 'block',
  priority: number,
): CompiledAcl {
  const location = locate(pod.document, pod.node);
  return { name, stage: 'switch', direction, action, priority, conditions: anyPacket(), location };
}

function isNobody(set: AddressSet): boolean {
  return set.ipv4.length === 0 && set.ipv6.length === 0;
}

/** Inbound, a name stands for the pod's own port of that name and protocol. */
function numbersIn(pod: ClusterPod, written: PolicyPort): PortRange[] {
  if (!isNamed(written)) return numbersOf(written);
  return portsNamed(pod, written.protocol, written.port).map((port) => ({ from: port, to: port }));
}
