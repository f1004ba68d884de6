/**
 * The pods of Kubernetes as endpoints: each live Windows pod with addresses of its own is one, or
 * gives its ACLs to the endpoint that other documents describe with its address. R15.
 */
import { createCluster, type Cluster, type ClusterPod } from '../kubernetes/cluster.js';
import { compilerOf } from '../kubernetes/compilers.js';
import type { PodCompiler } from '../kubernetes/compiled-acl.js';
import { lintCluster } from '../kubernetes/lint-cluster.js';
import { ISOLATION_DEFAULT } from '../platform/platform.js';
import { VFP_DRIVERS } from '../platform/stage-table.js';
import type { Reporter } from '../source/diagnostic.js';
import { locate } from '../source/source-node.js';
import { formatAddress } from './address.js';
import type { HostInput } from './host-input.js';
import type { PlannedEndpoint, Planning } from './planned-endpoint.js';

/** The endpoints with those of pods behind them. */
export function planPods(
  planning: Planning,
  endpoints: readonly PlannedEndpoint[],
): readonly PlannedEndpoint[] {
  const { input, reporter, cluster } = planning;
  if (cluster === null) return endpoints;
  lintCluster(cluster, reporter);
  const pods = cluster.pods.filter(
    (pod) => !pod.hostNetwork && pod.system !== 'linux' && pod.addresses.length > 0,
  );
  if (pods.length === 0) return endpoints;
  const compile = compilerOf(input.frontEnd ?? 'reference', cluster);
  const { homed, rest } = attach(endpoints, pods, compile);
  if (rest.length > 0) assume(planning, rest);
  refuseDrivers(planning, homed, cluster);
  return [...homed, ...planRest(planning, cluster, rest, compile)];
}

/** The objects of all documents together; null where there are none. */
export function clusterOf(input: HostInput, reporter: Reporter): Cluster | null {
  const objects = documentsOf(input).flatMap(({ kubernetes }) => kubernetes);
  return objects.length === 0 ? null : createCluster(objects, reporter);
}

/** The documents of the input and those its description attaches. */
export function documentsOf({ documents, description }: HostInput): HostInput['documents'] {
  const attached = [...(description?.networks ?? []), ...(description?.endpoints ?? [])];
  return [...documents, ...attached.flatMap((each) => each.documents)];
}

/** Gives pods to the endpoints that have their addresses; `rest` are those left over. */
function attach(
  endpoints: readonly PlannedEndpoint[],
  pods: readonly ClusterPod[],
  compile: PodCompiler,
): { readonly homed: readonly PlannedEndpoint[]; readonly rest: readonly ClusterPod[] } {
  const owners = new Map<string, number>();
  endpoints.forEach(({ addresses, remote }, i) => {
    if (!remote) addresses.forEach((address) => owners.set(formatAddress(address), i));
  });
  if (owners.size === 0) return { homed: endpoints, rest: pods };
  const homed = [...endpoints];
  const rest = pods.filter((pod) => {
    const index = pod.addresses
      .map((address) => owners.get(formatAddress(address)))
      .find((i) => i !== undefined);
    if (index === undefined) return true;
    const endpoint = homed[index]!;
    homed[index] = {
      ...endpoint,
      owner: endpoint.owner ?? `pod ${pod.id}`,
      containers: endpoint.containers.length > 0 ? endpoint.containers : pod.containers,
      acls: [...endpoint.acls, ...compile(pod, endpoint.isolation)],
    };
    return false;
  });
  return { homed, rest };
}

/** No object of Kubernetes tells the isolation; few tell the system. Assumption: K1, K2. */
function assume({ platform, assumptions }: Planning, pods: readonly ClusterPod[]): void {
  if (platform.isolation === null) {
    assumptions.push({ what: `isolation of ${podCount(pods)}`, assumed: ISOLATION_DEFAULT });
  }
  const unknown = pods.filter(({ system }) => system === null);
  if (unknown.length > 0) {
    assumptions.push({ what: `operating system of ${podCount(unknown)}`, assumed: 'windows' });
  }
}

function podCount({ length }: readonly ClusterPod[]): string {
  return length === 1 ? 'the pod' : `${length} pods`;
}

function planRest(
  planning: Planning,
  cluster: Cluster,
  pods: readonly ClusterPod[],
  compile: PodCompiler,
): readonly PlannedEndpoint[] {
  if (pods.length === 0) return [];
  const network = planning.networks.only();
  const isolation = planning.platform.isolation ?? ISOLATION_DEFAULT;
  const planned = pods.map((pod): PlannedEndpoint => ({
    name: pod.id,
    network,
    isolation,
    owner: `pod ${pod.id}`,
    compartment: null,
    addresses: pod.addresses,
    mac: null,
    remote: false,
    policies: [],
    acls: compile(pod, isolation),
    ports: [],
    containers: pod.containers,
    location: locate(pod.document, pod.node),
  }));
  refuseDrivers(planning, planned, cluster);
  return planned;
}

/** NetworkPolicies need the switch stage. Source: hns.md 5.1, 8.2. */
function refuseDrivers(
  { networks, reporter }: Planning,
  endpoints: readonly PlannedEndpoint[],
  { policies }: Cluster,
): void {
  const drivers: readonly string[] = VFP_DRIVERS;
  const wrong = endpoints.find(
    ({ acls, network }) => acls.length > 0 && !drivers.includes(networks.networks[network]!.driver),
  );
  const [policy] = policies;
  if (wrong === undefined || policy === undefined) return;
  const { driver } = networks.networks[wrong.network]!;
  const expected = VFP_DRIVERS.join(', ');
  const message = `NetworkPolicies are enforced by Switch rules, which the driver ${driver} of endpoint ${wrong.name} does not take; ${expected} do.`;
  const place = { document: policy.document, node: policy.node };
  reporter.error('rule-type-not-supported', place, message, { found: driver, expected });
}
