/**
 * The faithful compiler of Azure NPM on Azure CNI: what it programs on the endpoint of a pod, and
 * where that is not what the policies say. Source: hns.md 7.1, 7.5.
 */
import { parseAddress } from '../../normalise/address.js';
import { addressSet } from '../../normalise/address-set.js';
import type {
  AddressSet,
  Direction,
  IpAddressValue,
  PortRange,
} from '../../normalise/normalised-host.js';
import { locate } from '../../source/source-node.js';
import { addressesOfPods, setOf, type Cluster, type ClusterPod } from '../cluster.js';
import { conditionsOf, DIRECTIONS, type CompiledAcl } from '../compiled-acl.js';
import type { Departure, FaithfulCompiler } from '../departure.js';
import type { NetworkPolicyObject, Peer, PolicyPort, PolicyRule } from '../objects.js';
import { policiesByPod, rulesOf } from '../policies-by-pod.js';
import { portRanges } from '../policy-ports.js';
import {
  exceptionsOf,
  isInSets,
  peerPods,
  translatePolicy,
  type NpmVariant,
  type Refusal,
  type TranslatedPolicy,
} from './translate.js';

const EXCEPT_OVERRIDES =
  'Azure NPM Lite writes an exception as a Block at 221, before every Allow at 222: what another rule or policy allows there is dropped, though policies add up.';
const EXCEPT_IGNORED =
  'Azure NPM Lite before azure-container-networking#4823 writes the whole block and passes the exception over: what it leaves out is let in.';

/** Source: policymanager_windows.go; the base rules of Azure CNI, hns.md 7.1. */
const PRIORITY = { platform: 200, node: 201, base: 65500 } as const;
/** Azure's wire server. */
const WIRE_SERVER = '168.63.129.16';
const WIRE_SERVER_PORTS: readonly PortRange[] = [80, 32526].map((port) => ({
  from: port,
  to: port,
}));
const TCP = 6;

export function npmCompiler(cluster: Cluster, variant: NpmVariant = 'full'): FaithfulCompiler {
  const selecting = policiesByPod(cluster);
  const translated = new Map<NetworkPolicyObject, TranslatedPolicy>(
    cluster.policies.map((policy) => [policy, translatePolicy(cluster, policy, variant)]),
  );
  const isAbout =
    (policy: NetworkPolicyObject) =>
    (pod: ClusterPod): boolean =>
      (selecting.get(pod) ?? []).includes(policy);

  const compile = (pod: ClusterPod): readonly CompiledAcl[] => {
    // Sets decide whom a policy selects, and only pods with an IPv4 address first are in sets.
    const policies = isInSets(pod) ? (selecting.get(pod) ?? []) : [];
    const acls = policies.flatMap((policy) => {
      const own = translated.get(policy)!.acls;
      return own === null ? [] : [...own, ...nodeAllow(pod, policy)];
    });
    return [...acls, ...baseAcls(pod)];
  };
  const departures = [
    ...cluster.policies.flatMap((policy) =>
      policyDepartures(cluster, policy, variant, translated.get(policy)!.refusals, isAbout(policy)),
    ),
    ...podDepartures(cluster),
    wireServer(),
  ];
  return { compile, departures };
}

/** Probes come from one address of the node. Source: azure-container-networking#1881. */
function nodeAllow(pod: ClusterPod, policy: NetworkPolicyObject): readonly CompiledAcl[] {
  const node = nodeAddress(pod);
  if (node === undefined) return [];
  return [
    {
      name: `azure-acl-${policy.namespace}-${policy.name}`,
      stage: 'switch',
      direction: 'in',
      action: 'allow',
      priority: PRIORITY.node,
      conditions: conditionsOf('in', setOf([node]), null, null),
      location: locate(policy.document, policy.node),
    },
  ];
}

function nodeAddress(pod: ClusterPod): IpAddressValue | undefined {
  return pod.nodeAddresses.find(({ family }) => family === 4);
}

function baseAcls(pod: ClusterPod): readonly CompiledAcl[] {
  const location = locate(pod.document, pod.node);
  const base = (direction: Direction): CompiledAcl => ({
    name: `azure-cni-allow-${direction}`,
    stage: 'switch',
    direction,
    action: 'allow',
    priority: PRIORITY.base,
    conditions: conditionsOf(direction, null, null, null),
    location,
  });
  const block: CompiledAcl = {
    ...base('out'),
    name: 'azure-cni-block-wire-server',
    action: 'block',
    priority: PRIORITY.platform,
    conditions: conditionsOf('out', wireServerSet(), [TCP], WIRE_SERVER_PORTS),
  };
  return [block, ...DIRECTIONS.map(base)];
}

function wireServerSet(): AddressSet {
  const parsed = parseAddress(WIRE_SERVER);
  return addressSet('problem' in parsed ? [] : [parsed.range], []);
}

function wireServer(): Departure {
  return {
    code: 'platform-rule',
    direction: 'out',
    policy: null,
    rule: null,
    place: null,
    why: `Azure CNI blocks the wire server (${WIRE_SERVER}, ports 80 and 32526) on every endpoint, before all policies.`,
    conditions: conditionsOf('out', wireServerSet(), [TCP], WIRE_SERVER_PORTS),
    isAbout: () => true,
  };
}

function policyDepartures(
  cluster: Cluster,
  policy: NetworkPolicyObject,
  variant: NpmVariant,
  refusals: readonly Refusal[],
  isAbout: Departure['isAbout'],
): Departure[] {
  const { document } = policy;
  const [first] = refusals;
  if (first !== undefined) {
    const what = [...new Set(refusals.map((refusal) => refusalText(policy, refusal)))].join(', ');
    const why = `${nameOf(variant)} does not support ${what} and enforces nothing of the policy, neither its isolation nor its rules.`;
    const place = { document, node: first.node };
    const code = 'policy-refused';
    const whole = { direction: null, policy, rule: null, conditions: null };
    return [{ code, ...whole, place, why, isAbout }];
  }
  return DIRECTIONS.filter((each) => policy.isolates[each]).flatMap((direction) =>
    rulesOf(policy, direction).flatMap((rule) =>
      (rule.peers ?? []).flatMap((peer) =>
        peerDepartures(cluster, policy, variant, direction, rule, peer, isAbout),
      ),
    ),
  );
}

/** `the named port "http" (line 12)`. */
function refusalText({ document }: NetworkPolicyObject, { node, what }: Refusal): string {
  const { line } = locate(document, node);
  return line > 0 ? `${what} (line ${line})` : what;
}

const nameOf = (variant: NpmVariant): string =>
  variant === 'full' ? 'Azure NPM on Windows' : 'Azure NPM Lite on Windows';

function peerDepartures(
  cluster: Cluster,
  policy: NetworkPolicyObject,
  variant: NpmVariant,
  direction: Direction,
  rule: PolicyRule,
  peer: Peer,
  isAbout: Departure['isAbout'],
): Departure[] {
  const { document, namespace } = policy;
  const made: Departure[] = [];
  const add = (
    code: Departure['code'],
    node: Peer['node'],
    why: string,
    set: AddressSet | null,
  ): void => {
    for (const { protocols, ports } of portsByProtocol(rule.ports)) {
      const conditions = conditionsOf(direction, set, protocols, ports);
      made.push({
        code,
        direction,
        policy,
        rule,
        place: { document, node },
        why,
        conditions,
        isAbout,
      });
    }
  };
  if (peer.kind !== 'pods') {
    const excepted = exceptionsOf(peer);
    if (excepted !== null) {
      const [code, why] =
        variant === 'lite'
          ? (['except-overrides-other-policy', EXCEPT_OVERRIDES] as const)
          : (['except-ignored', EXCEPT_IGNORED] as const);
      add(code, peer.node, why, excepted);
    }
    return made;
  }
  const negation = (peer.namespaceSelector?.expressions ?? []).find(
    ({ operator }) => operator === 'NotIn' || operator === 'DoesNotExist',
  );
  if (direction === 'out' && negation !== undefined) {
    const positive = negation.operator === 'NotIn' ? 'In' : 'Exists';
    const why = `Azure NPM on Windows does not look at the negation of sets outbound: ${negation.operator} of a namespaceSelector is programmed as ${positive}.`;
    const both = [...peerPods(cluster, namespace, peer), ...cluster.peerPods(namespace, peer)];
    add('inverted-selector', negation.node, why, addressesOfPods(both));
  }
  const pods = cluster.peerPods(namespace, peer);
  const hostNetwork = pods.filter((pod) => pod.hostNetwork);
  if (hostNetwork.length > 0) {
    const why =
      'Azure NPM puts no pods of the host network into its sets; here they stand for the address of their node.';
    add('host-network-peer', peer.node, why, addressesOfPods(hostNetwork));
  }
  const more = pods
    .filter((pod) => !pod.hostNetwork)
    .flatMap((pod) => (isInSets(pod) ? pod.addresses.slice(1) : pod.addresses));
  if (more.length > 0) {
    const why =
      'Azure NPM on Windows knows a pod by its first address only, and only when that is IPv4.';
    add('second-address', peer.node, why, setOf(more));
  }
  return made;
}

/** The ports of a rule, apart by protocol. */
function portsByProtocol(
  ports: readonly PolicyPort[] | null,
): { readonly protocols: readonly number[] | null; readonly ports: readonly PortRange[] | null }[] {
  if (ports === null) return [{ protocols: null, ports: null }];
  const protocols = [...new Set(ports.map(({ protocol }) => protocol))];
  return protocols.map((protocol) => ({
    protocols: [protocol],
    ports: portRanges(ports.filter((port) => port.protocol === protocol)),
  }));
}

/** What does not come from a policy. */
function podDepartures(cluster: Cluster): Departure[] {
  return cluster.pods
    .filter((pod) => !pod.hostNetwork && pod.addresses.length > 0)
    .flatMap((pod): Departure[] => {
      const place = { document: pod.document, node: pod.node };
      const base = {
        policy: null,
        rule: null,
        place,
        isAbout: (each: ClusterPod): boolean => each === pod,
      };
      if (!isInSets(pod)) {
        const why =
          'Azure NPM on Windows ignores pods whose first address is not IPv4: no policy is enforced on them.';
        return [{ ...base, code: 'pod-not-programmed', direction: null, why, conditions: null }];
      }
      const node = nodeAddress(pod);
      const more = pod.nodeAddresses.filter((each) => each !== node);
      if (more.length === 0) return [];
      const why = 'Azure NPM lets only one address of the node in.';
      const conditions = conditionsOf('in', setOf(more), null, null);
      return [{ ...base, code: 'node-address', direction: 'in', why, conditions }];
    });
}
