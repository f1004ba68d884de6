/**
 * The objects of all documents as one inventory: live pods by namespace, labels of namespaces,
 * addresses of nodes, and what a selector selects. Source: hns.md 8.1.
 */
import { addressSet } from '../normalise/address-set.js';
import type { AddressSet, IpAddressValue } from '../normalise/normalised-host.js';
import type { Reporter } from '../source/diagnostic.js';
import { groupBy } from './group-by.js';
import type {
  EndpointSliceObject,
  KubernetesObject,
  Labels,
  NamespaceObject,
  NetworkPolicyObject,
  NodeObject,
  OperatingSystem,
  Peer,
  PodObject,
  Selector,
  ServiceObject,
} from './objects.js';
import { distinctAddresses } from './read-values.js';
import { selectorKey, selects } from './selectors.js';

const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

export interface ClusterPod extends PodObject {
  /** `namespace/name`. */
  readonly id: string;
  /** Addresses of the node it runs on, as far as objects say them. */
  readonly nodeAddresses: readonly IpAddressValue[];
  /** Said by the pod or by its node; null when neither does. */
  readonly system: OperatingSystem | null;
}

type PodPeer = Extract<Peer, { kind: 'pods' }>;

export interface Cluster {
  /** Pods that run or will, in the order of the documents. */
  readonly pods: readonly ClusterPod[];
  readonly policies: readonly NetworkPolicyObject[];
  readonly nodes: readonly NodeObject[];
  readonly services: readonly ServiceObject[];
  readonly slices: readonly EndpointSliceObject[];
  /** Namespaces of pods and policies that no Namespace object describes. */
  readonly undescribedNamespaces: readonly string[];
  namespaceLabels(namespace: string): Labels;
  podsOf(namespace: string): readonly ClusterPod[];
  /** The pods of a namespace that a selector selects. */
  select(namespace: string, selector: Selector): readonly ClusterPod[];
  /** The pods of a peer of a policy in a namespace, those of the host network among them. */
  peerPods(namespace: string, peer: PodPeer): readonly ClusterPod[];
}

/** Names given twice are reported; the first of them counts. */
export function createCluster(objects: readonly KubernetesObject[], reporter: Reporter): Cluster {
  const distinct = distinctObjects(objects, reporter);
  const ofKind = <Kind extends KubernetesObject['kind']>(
    kind: Kind,
  ): Extract<KubernetesObject, { kind: Kind }>[] =>
    distinct.filter(
      (object): object is Extract<KubernetesObject, { kind: Kind }> => object.kind === kind,
    );
  const nodes = new Map(ofKind('Node').map((node) => [node.name, node]));
  const pods = ofKind('Pod')
    .filter((pod) => !pod.finished)
    .map((pod) => withNode(pod, nodes));
  const policies = ofKind('NetworkPolicy');
  const described = ofKind('Namespace');
  const names = new Set([...pods, ...policies].map(({ namespace }) => namespace));
  const namespaces = namespaceTable(described, names);
  const byNamespace = groupBy(pods, ({ namespace }) => namespace);
  const selected = new Map<string, readonly ClusterPod[]>();

  const podsOf = (namespace: string): readonly ClusterPod[] => byNamespace.get(namespace) ?? [];
  const select = (namespace: string, selector: Selector): readonly ClusterPod[] =>
    remember(selected, `${namespace} ${selectorKey(selector)}`, () =>
      podsOf(namespace).filter((pod) => selects(selector, pod.labels)),
    );
  const matchingNamespaces = (selector: Selector): string[] =>
    [...namespaces].filter(([, labels]) => selects(selector, labels)).map(([name]) => name);
  const everyPod: Selector['matchLabels'] = [];

  return {
    pods,
    policies,
    nodes: [...nodes.values()],
    services: ofKind('Service'),
    slices: ofKind('EndpointSlice'),
    undescribedNamespaces: [...names].filter(
      (name) => !described.some((each) => each.name === name),
    ),
    namespaceLabels: (namespace) => namespaces.get(namespace) ?? new Map(),
    podsOf,
    select,
    peerPods: (namespace, { podSelector, namespaceSelector, node }) => {
      const key = `${namespaceSelector === null ? namespace : '*'} ${selectorKey(namespaceSelector)} ${selectorKey(podSelector)}`;
      return remember(selected, key, () => {
        const within =
          namespaceSelector === null ? [namespace] : matchingNamespaces(namespaceSelector);
        const selector = podSelector ?? { matchLabels: everyPod, expressions: [], node };
        return within.flatMap((name) => select(name, selector));
      });
    },
  };
}

function remember<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
}

function distinctObjects(
  objects: readonly KubernetesObject[],
  reporter: Reporter,
): KubernetesObject[] {
  const taken = new Set<string>();
  return objects.filter((object) => {
    const { kind, namespace, name, document, node } = object;
    const key = `${kind} ${namespace}/${name}`;
    if (!taken.has(key)) return taken.add(key);
    const code = kind === 'NetworkPolicy' ? 'bad-network-policy' : 'bad-kubernetes-object';
    const message = `The ${kind} ${namespace === '' ? '' : `${namespace}/`}${name} is given twice; a name is given once.`;
    reporter.error(code, { document, node }, message, { found: name });
    return false;
  });
}

function withNode(pod: PodObject, nodes: ReadonlyMap<string, NodeObject>): ClusterPod {
  const node = pod.nodeName === null ? undefined : nodes.get(pod.nodeName);
  return {
    ...pod,
    id: `${pod.namespace}/${pod.name}`,
    nodeAddresses: distinctAddresses([...pod.hostAddresses, ...(node?.addresses ?? [])]),
    system: pod.os ?? node?.os ?? null,
  };
}

/** The API server labels every namespace with its name. Source: hns.md 8.1 (11). */
function namespaceTable(
  described: readonly NamespaceObject[],
  names: ReadonlySet<string>,
): ReadonlyMap<string, Labels> {
  const table = new Map<string, Labels>();
  for (const name of names) table.set(name, new Map([[NAMESPACE_LABEL, name]]));
  for (const { name, labels } of described) {
    table.set(name, new Map([...labels, [NAMESPACE_LABEL, name]]));
  }
  return table;
}

/** The addresses of some pods as a set. */
export function addressesOfPods(pods: readonly Pick<ClusterPod, 'addresses'>[]): AddressSet {
  return setOf(pods.flatMap(({ addresses }) => addresses));
}

export function setOf(addresses: readonly IpAddressValue[]): AddressSet {
  const ranges = (family: 4 | 6): { from: bigint; to: bigint }[] =>
    addresses
      .filter((address) => address.family === family)
      .map(({ value }) => ({ from: value, to: value }));
  return addressSet(ranges(4), ranges(6));
}

/** Names of the first few pods, for messages. */
export function podNames(pods: readonly Pick<ClusterPod, 'id'>[], max = 3): string {
  const names = pods.slice(0, max).map(({ id }) => id);
  const more = pods.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}
