/**
 * One NetworkPolicy as Azure NPM translates it for Windows: ACLs over sets of pods, or a refusal,
 * after which the policy is not enforced at all.
 * Source: hns.md 7.5; npm/pkg/controlplane/translation, npm/pkg/dataplane/policies/policy_windows.go.
 */
import type { AddressSet, Direction } from '../../normalise/normalised-host.js';
import { unionOf } from '../../normalise/address-set.js';
import { locate, type SourceNode } from '../../source/source-node.js';
import { addressesOfPods, type Cluster, type ClusterPod } from '../cluster.js';
import { conditionsOf, DIRECTIONS, type CompiledAcl } from '../compiled-acl.js';
import type { NetworkPolicyObject, Peer, PolicyPort, PolicyRule, Selector } from '../objects.js';
import { rulesOf } from '../policies-by-pod.js';
import { subtract } from '../address-items.js';

/** Source: policy_windows.go; azure-container-networking#4823 for exceptions. */
const PRIORITY = { except: 221, allow: 222, block: 3000 } as const;
const SCTP = 132;

/**
 * NPM as a whole, or NPM Lite, which takes address blocks for peers and nothing else and writes them
 * into the ACLs: since azure-container-networking#4823 with a Block for each exception, before it
 * without them.
 */
export type NpmVariant = 'full' | 'lite' | 'lite-before-4823';

/** Something NPM refuses, and with it the whole policy. */
export interface Refusal {
  readonly node: SourceNode;
  /** What it is: `the named port "http"`. */
  readonly what: string;
}

export interface TranslatedPolicy {
  /** Null when refused. */
  readonly acls: readonly CompiledAcl[] | null;
  readonly refusals: readonly Refusal[];
}

export function translatePolicy(
  cluster: Cluster,
  policy: NetworkPolicyObject,
  variant: NpmVariant,
): TranslatedPolicy {
  const refusals = refusalsOf(policy, variant);
  if (refusals.length > 0) return { acls: null, refusals };
  const acls = DIRECTIONS.filter((each) => policy.isolates[each]).flatMap((direction) =>
    directionAcls(cluster, policy, direction, variant),
  );
  return { acls, refusals };
}

/** All of them, where NPM stops at the first. */
function refusalsOf(policy: NetworkPolicyObject, variant: NpmVariant): Refusal[] {
  return [
    ...negations(policy.podSelector),
    ...DIRECTIONS.filter((each) => policy.isolates[each]).flatMap((direction) => {
      const rules = rulesOf(policy, direction);
      // A rule that allows everything ends the translation of its direction.
      if (rules.some(isAllowAll)) return [];
      return rules.flatMap((rule) => [
        ...(rule.peers ?? []).flatMap((peer) => peerRefusals(peer, direction, variant)),
        ...(rule.ports ?? []).flatMap(portRefusals),
      ]);
    }),
  ];
}

function isAllowAll({ peers, ports }: PolicyRule): boolean {
  return peers === null && ports === null;
}

function negations(selector: Selector | null): Refusal[] {
  return (selector?.expressions ?? [])
    .filter(({ operator }) => operator === 'NotIn' || operator === 'DoesNotExist')
    .map(({ operator, node }) => ({ node, what: `the operator ${operator}` }));
}

function peerRefusals(peer: Peer, direction: Direction, variant: NpmVariant): Refusal[] {
  if (peer.kind === 'pods') {
    if (variant !== 'full') return [{ node: peer.node, what: 'a peer that is no address block' }];
    // Outbound, a negation among namespaces is passed over: see `namespacesOf`. Inbound the
    // translation succeeds and the programming of every endpoint fails.
    const namespaces = direction === 'in' ? negations(peer.namespaceSelector) : [];
    return [...negations(peer.podSelector), ...namespaces];
  }
  const { cidr, except, node } = peer;
  if (variant !== 'full') {
    const refused = variant === 'lite' && cidr.family === 6 && except.length > 0;
    return refused ? [{ node, what: `the exception of the IPv6 block ${cidr.text}` }] : [];
  }
  return [
    ...(cidr.family === 6 ? [{ node, what: `the IPv6 block ${cidr.text}` }] : []),
    ...(except.length > 0 ? [{ node, what: `the exception of ${cidr.text}` }] : []),
  ];
}

function portRefusals({ protocol, port, node }: PolicyPort): Refusal[] {
  return [
    ...(protocol === SCTP ? [{ node, what: 'the protocol SCTP' }] : []),
    ...(typeof port === 'string' ? [{ node, what: `the named port ${JSON.stringify(port)}` }] : []),
  ];
}

function directionAcls(
  cluster: Cluster,
  policy: NetworkPolicyObject,
  direction: Direction,
  variant: NpmVariant,
): CompiledAcl[] {
  const acl = (
    kind: keyof typeof PRIORITY,
    conditions: CompiledAcl['conditions'],
    node: SourceNode,
  ): CompiledAcl => ({
    name: `azure-acl-${policy.namespace}-${policy.name}`,
    stage: 'switch',
    direction,
    action: kind === 'allow' ? 'allow' : 'block',
    priority: PRIORITY[kind],
    conditions,
    location: locate(policy.document, node),
  });
  const any = conditionsOf(direction, null, null, null);
  const rules = rulesOf(policy, direction);
  const all = rules.find(isAllowAll);
  if (all !== undefined) return [acl('allow', any, all.node)];
  const allows = rules.flatMap((rule) =>
    (rule.peers ?? [null]).flatMap((peer) => {
      const set = peer === null ? null : peerSet(cluster, policy.namespace, peer);
      // Assumption: K8. A Block for each exception, with the ports of its Allow.
      const excepted = variant === 'lite' ? exceptionsOf(peer) : null;
      return [
        ...portConditions(direction, set, rule.ports).map((each) => acl('allow', each, rule.node)),
        ...(excepted === null
          ? []
          : portConditions(direction, excepted, rule.ports).map((each) =>
              acl('except', each, peer!.node),
            )),
      ];
    }),
  );
  return [...allows, acl('block', any, policy.node)];
}

/** One ACL for each port, ranges written out in the original and as ranges here: the same meaning. */
function portConditions(
  direction: Direction,
  set: AddressSet | null,
  ports: readonly PolicyPort[] | null,
): CompiledAcl['conditions'][] {
  if (ports === null) return [conditionsOf(direction, set, null, null)];
  return ports.map(({ protocol, port, endPort }) => {
    const range = typeof port === 'number' ? [{ from: port, to: endPort ?? port }] : null;
    return conditionsOf(direction, set, [protocol], range);
  });
}

function peerSet(cluster: Cluster, namespace: string, peer: Peer): AddressSet {
  if (peer.kind === 'ip-block') return subtract(peer.cidr, []);
  return addressesOfPods(peerPods(cluster, namespace, peer).filter(isInSets).map(withPrimary));
}

/** All that a block leaves out; null when nothing. */
export function exceptionsOf(peer: Peer | null): AddressSet | null {
  if (peer?.kind !== 'ip-block' || peer.except.length === 0) return null;
  return unionOf(peer.except.map((each) => subtract(each, [])));
}

/** Pods NPM puts into its sets: by their first address, which must be IPv4, none of the host network. */
export function isInSets(pod: ClusterPod): boolean {
  return !pod.hostNetwork && pod.addresses[0]?.family === 4;
}

export function withPrimary(pod: ClusterPod): Pick<ClusterPod, 'addresses'> {
  return { addresses: pod.addresses.slice(0, 1) };
}

export function peerPods(
  cluster: Cluster,
  namespace: string,
  peer: Extract<Peer, { kind: 'pods' }>,
): readonly ClusterPod[] {
  return cluster.peerPods(namespace, {
    ...peer,
    namespaceSelector:
      peer.namespaceSelector === null ? null : withoutNegation(peer.namespaceSelector),
  });
}

/**
 * Fault: outbound, the list that says which sets are to match and which are not is not looked at,
 * so NotIn becomes In and DoesNotExist becomes Exists. Source: policy_windows.go,
 * convertToAclSettings, which tests the source list only.
 */
function withoutNegation(selector: Selector): Selector {
  const expressions = selector.expressions.map((each) => ({
    ...each,
    operator:
      each.operator === 'NotIn'
        ? ('In' as const)
        : each.operator === 'DoesNotExist'
          ? ('Exists' as const)
          : each.operator,
  }));
  return { ...selector, expressions };
}
