/**
 * The faithful compiler of Calico for Windows: what Felix programs on the endpoint of a pod, and
 * where that is not what the policies say. Source: hns.md 7.4; felix/dataplane/windows/endpoint_mgr.go.
 */
import { formatAddress } from '../../normalise/address.js';
import type { Direction } from '../../normalise/normalised-host.js';
import type { SourceLocation } from '../../errors.js';
import { locate } from '../../source/source-node.js';
import { addressesOfPods, setOf, type Cluster, type ClusterPod } from '../cluster.js';
import { conditionsOf, DIRECTIONS, hostAllow, type CompiledAcl } from '../compiled-acl.js';
import type { Departure, FaithfulCompiler } from '../departure.js';
import type { NetworkPolicyObject, Peer, PolicyPort } from '../objects.js';
import { PeerSets } from '../peer-sets.js';
import { policiesByPod } from '../policies-by-pod.js';
import { portRanges } from '../policy-ports.js';
import { convertRules, type ConvertedRule } from './convert.js';
import { flattenTiers, numberRules } from './flatten.js';
import { newRule, PRIORITY, type HnsAcl } from './hns-acl.js';
import { HnsMeanings } from './meaning.js';
import { tierRules, type PolicySet } from './policy-set.js';
import { ruleAcls, type Omission } from './rule.js';

/** A policy set, and where each of its ACLs comes from, by Id. */
interface ProgrammedPolicy {
  readonly set: PolicySet;
  readonly locations: ReadonlyMap<string, SourceLocation>;
}

export function calicoCompiler(cluster: Cluster): FaithfulCompiler {
  const selecting = policiesByPod(cluster);
  const peers = new PeerSets(cluster);
  const meanings = new HnsMeanings();
  const departures: Departure[] = [...podDepartures(cluster)];
  const programmed = new Map<NetworkPolicyObject, ProgrammedPolicy>();
  for (const policy of cluster.policies) programmed.set(policy, program(policy));

  const compile = (pod: ClusterPod, isolation: string): readonly CompiledAcl[] => {
    if (!hasIpv4(pod)) return [denyAll(pod)];
    const policies = [...(selecting.get(pod) ?? [])].sort(byName);
    const acls = DIRECTIONS.flatMap((direction) => {
      const isolating = policies.filter(({ isolates }) => isolates[direction]);
      return directionAcls(pod, direction, isolating);
    });
    return [
      ...nodeAllow(pod, meanings),
      ...acls,
      ...(isolation === 'process' ? DIRECTIONS.map((direction) => hostAllow(pod, direction)) : []),
    ];
  };
  return { compile, departures };

  /** The tier of the policies or, where there are none, the profile of the namespace. */
  function directionAcls(
    pod: ClusterPod,
    direction: Direction,
    policies: readonly NetworkPolicyObject[],
  ): readonly CompiledAcl[] {
    const isInbound = direction === 'in';
    const sets =
      policies.length > 0 ? policies.map((each) => programmed.get(each)!.set) : [profile(pod)];
    const flat = numberRules(flattenTiers([tierRules([], sets, isInbound, true)]));
    const [first] = policies;
    const end = locate((first ?? pod).document, (first ?? pod).node);
    return flat.map((acl) => {
      const location = policies
        .map((each) => programmed.get(each)!.locations.get(acl.Id))
        .find((each) => each !== undefined);
      const name = acl.Id === '' ? `calico/${pod.id}/${direction}/end-of-tier` : acl.Id;
      return meanings.compiled(acl, name, location ?? end);
    });
  }

  function program(policy: NetworkPolicyObject): ProgrammedPolicy {
    const id = `policy-KubernetesNetworkPolicy/${policy.namespace}/${policy.name}`;
    const set: HnsAcl[] = [];
    const locations = new Map<string, SourceLocation>();
    const isAbout = (pod: ClusterPod): boolean => (selecting.get(pod) ?? []).includes(policy);
    for (const direction of DIRECTIONS.filter((each) => policy.isolates[each])) {
      for (const converted of convertRules(policy, direction)) {
        const members = setMembers(cluster, policy, converted.peer);
        const acls = ruleAcls(id, converted.rule, direction === 'in', () => members);
        departures.push(
          ...departuresOf(
            {
              policy,
              direction,
              converted,
              omission: typeof acls === 'string' ? acls : null,
              isAbout,
            },
            cluster,
            peers,
          ),
        );
        if (typeof acls === 'string') continue;
        for (const acl of acls) {
          set.push(acl);
          locations.set(acl.Id, locate(policy.document, converted.origin.node));
        }
      }
    }
    return { set, locations };
  }
}

function byName(a: NetworkPolicyObject, b: NetworkPolicyObject): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function hasIpv4({ addresses }: ClusterPod): boolean {
  return addresses.some(({ family }) => family === 4);
}

/** Pods without policies have the profile of their namespace, which allows everything. */
function profile({ namespace }: ClusterPod): PolicySet {
  return [true, false].map((isInbound): HnsAcl => ({
    ...newRule(isInbound, PRIORITY.rule),
    Action: 'Allow',
    Id: `profile-kns.${namespace}-allow-0`,
  }));
}

/** What the CNI plug-in leaves until Felix finds the endpoint, which it does by IPv4. */
function denyAll(pod: ClusterPod): CompiledAcl {
  return {
    name: 'CNIDefaultDenyAllPolicy',
    stage: 'switch',
    direction: 'in',
    action: 'block',
    priority: 65500,
    conditions: conditionsOf('in', null, null, null),
    location: locate(pod.document, pod.node),
  };
}

function nodeAllow(pod: ClusterPod, meanings: HnsMeanings): readonly CompiledAcl[] {
  const addresses = pod.nodeAddresses.filter(({ family }) => family === 4);
  if (addresses.length === 0) return [];
  const acl: HnsAcl = {
    ...newRule(true, PRIORITY.hostToEndpoint),
    Action: 'Allow',
    Id: 'allow-host-to-endpoint',
    RemoteAddresses: addresses.map((address) => `${formatAddress(address)}/32`).join(','),
  };
  return [meanings.compiled(acl, acl.Id, locate(pod.document, pod.node))];
}

/** Members of a set as Felix has them: IPv4, none of the host network; none is not there. */
function setMembers(
  cluster: Cluster,
  { namespace }: NetworkPolicyObject,
  peer: Peer | null,
): readonly string[] | null {
  if (peer?.kind !== 'pods') return null;
  const members = cluster
    .peerPods(namespace, peer)
    .filter(({ hostNetwork }) => !hostNetwork)
    .flatMap(({ addresses }) => addresses.filter(({ family }) => family === 4))
    .map((address) => `${formatAddress(address)}/32`);
  return members.length === 0 ? null : members;
}

const WHY: Partial<Record<Omission, string>> = {
  negation:
    'Calico for Windows leaves out rules with exceptions of an address block, as HNS has no negative match; nothing of the block is allowed.',
  'named-port':
    'Calico for Windows leaves out rules with named ports, all ports of the same protocol in the rule included.',
  'no-ipv4-net': 'Calico for Windows is IPv4 only and leaves out IPv6 blocks.',
};
const CODES = { negation: 'except', 'named-port': 'named-port', 'no-ipv4-net': 'ipv6' } as const;

interface Programming {
  readonly policy: NetworkPolicyObject;
  readonly direction: Direction;
  readonly converted: ConvertedRule;
  readonly omission: Omission | null;
  readonly isAbout: Departure['isAbout'];
}

function departuresOf(
  { policy, direction, converted, omission, isAbout }: Programming,
  cluster: Cluster,
  peers: PeerSets,
): Departure[] {
  const { document } = policy;
  const { origin, peer, ports } = converted;
  const base = { direction, policy, rule: origin, isAbout };
  const protocols = ports === null ? null : [ports[0]!.protocol];
  const made: Departure[] = [];
  const add = (
    code: Departure['code'],
    node: Departure['place'],
    why: string,
    set: ReturnType<typeof setOf> | null,
  ): void => {
    const conditions = conditionsOf(direction, set, protocols, portRanges(ports));
    made.push({ ...base, code, place: node, why, conditions });
  };
  const code = omission === null ? undefined : CODES[omission as keyof typeof CODES];
  const why = omission === null ? undefined : WHY[omission];
  if (code !== undefined && why !== undefined) {
    const node = code === 'named-port' ? namedPort(ports)?.node : peer?.node;
    const place = { document, node: node ?? origin.node };
    add(code, place, why, peers.of(policy.namespace, peer === null ? null : [peer]));
  }
  if (peer?.kind === 'pods' && code === undefined) {
    const pods = cluster.peerPods(policy.namespace, peer);
    const place = { document, node: peer.node };
    const hostNetwork = pods.filter((pod) => pod.hostNetwork);
    if (hostNetwork.length > 0) {
      add(
        'host-network-peer',
        place,
        'Pods of the host network are no workloads of Calico and in none of its sets; here they stand for the address of their node.',
        addressesOfPods(hostNetwork),
      );
    }
    const ipv6 = pods
      .filter((pod) => !pod.hostNetwork)
      .flatMap(({ addresses }) => addresses.filter(({ family }) => family === 6));
    if (ipv6.length > 0)
      add(
        'ipv6',
        place,
        'Calico for Windows is IPv4 only: IPv6 addresses of pods are in none of its sets.',
        setOf(ipv6),
      );
  }
  return made;
}

function namedPort(ports: readonly PolicyPort[] | null): PolicyPort | undefined {
  return ports?.find(({ port }) => typeof port === 'string');
}

/** What does not come from a policy. */
function podDepartures(cluster: Cluster): Departure[] {
  const made: Departure[] = [];
  for (const pod of cluster.pods.filter((each) => !each.hostNetwork)) {
    const place = { document: pod.document, node: pod.node };
    const base = {
      policy: null,
      rule: null,
      place,
      isAbout: (each: ClusterPod): boolean => each === pod,
    };
    if (!hasIpv4(pod) && pod.addresses.length > 0) {
      const why =
        'Felix finds endpoints by their IPv4 address; a pod without one keeps the deny-all of the CNI plug-in.';
      made.push({ ...base, code: 'pod-not-programmed', direction: null, why, conditions: null });
    }
    const ipv6 = pod.nodeAddresses.filter(({ family }) => family === 6);
    if (hasIpv4(pod) && ipv6.length > 0) {
      const why = 'Calico for Windows lets only the IPv4 addresses of the node in.';
      made.push({
        ...base,
        code: 'node-address',
        direction: 'in',
        why,
        conditions: conditionsOf('in', setOf(ipv6), null, null),
      });
    }
  }
  return made;
}
