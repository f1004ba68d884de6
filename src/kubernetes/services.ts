/**
 * Services as kube-proxy on Windows balances them: who answers on each of their ports.
 * Source: docs/semantics/kubernetes.md 7; hns.md 6.3, 7.1 (kube-proxy).
 */
import type { IpAddressValue } from '../normalise/normalised-host.js';
import type { Reporter } from '../source/diagnostic.js';
import type { Cluster, ClusterPod } from './cluster.js';
import type { EndpointSliceObject, ServiceObject, ServicePort } from './objects.js';

/** An end behind a port of a service. */
export interface ServiceTarget {
  readonly address: IpAddressValue;
  readonly port: number;
}

export interface BalancedPort {
  readonly service: ServiceObject;
  readonly port: ServicePort & { readonly protocol: 6 | 17 };
  /** At least one. */
  readonly targets: readonly ServiceTarget[];
}

/** The ports of all services that have somebody behind them. */
export function balancedPorts(cluster: Cluster, reporter: Reporter): readonly BalancedPort[] {
  const slices = slicesByService(cluster.slices);
  // Without either, services were given for their own sake.
  const hasEnds = cluster.pods.length + cluster.slices.length > 0;
  return cluster.services.flatMap((service) => {
    const own = slices.get(keyOf(service.namespace, service.name)) ?? null;
    const balanced = service.ports.flatMap((port): BalancedPort[] => {
      const { protocol } = port;
      if (protocol === SCTP) {
        tellSctp(service, port, reporter);
        return [];
      }
      const targets =
        own === null ? targetsOfPods(cluster, service, port) : targetsOfSlices(own, service, port);
      return targets.length === 0 ? [] : [{ service, port: { ...port, protocol }, targets }];
    });
    if (balanced.length === 0 && hasEnds && service.addresses.length > 0) {
      tellNobody(service, reporter);
    }
    return balanced;
  });
}

const SCTP = 132;

const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

function slicesByService(
  slices: readonly EndpointSliceObject[],
): ReadonlyMap<string, readonly EndpointSliceObject[]> {
  const byService = new Map<string, EndpointSliceObject[]>();
  for (const slice of slices) {
    if (slice.service === null) continue;
    const key = keyOf(slice.namespace, slice.service);
    const list = byService.get(key);
    if (list === undefined) byService.set(key, [slice]);
    else list.push(slice);
  }
  return byService;
}

/**
 * Those that are ready; where none is, those that still answer while they end. Source: kube-proxy,
 * terminating endpoints (KEP-1669).
 */
function targetsOfSlices(
  slices: readonly EndpointSliceObject[],
  { publishNotReady }: ServiceObject,
  { name, protocol }: ServicePort,
): readonly ServiceTarget[] {
  const ends = slices.flatMap((slice) => {
    const found = slice.ports.find((each) => each.name === name && each.protocol === protocol);
    if (found === undefined) return [];
    return slice.ends.map((end) => ({ ...end, port: found.port }));
  });
  const ready = ends.filter((end) => end.ready || publishNotReady);
  const chosen = ready.length > 0 ? ready : ends.filter((end) => end.servingWhileEnding);
  return distinctTargets(
    chosen.flatMap(({ addresses, port }) => addresses.map((address) => ({ address, port }))),
  );
}

/** What the controller would write into slices, where none are given. Assumption: K10. */
function targetsOfPods(
  cluster: Cluster,
  { namespace, selector, publishNotReady }: ServiceObject,
  { targetPort, protocol }: ServicePort,
): readonly ServiceTarget[] {
  if (selector === null || selector.size === 0) return [];
  const wanted = [...selector];
  const pods = cluster
    .podsOf(namespace)
    .filter(({ labels }) => wanted.every(([key, value]) => labels.get(key) === value))
    .filter(({ ready }) => ready || publishNotReady);
  return distinctTargets(
    pods.flatMap((pod) => {
      const port = portOf(pod, targetPort, protocol);
      return port === null ? [] : pod.addresses.map((address) => ({ address, port }));
    }),
  );
}

/** A name is one of the pod's own; pods without such a port are not behind the service. */
function portOf(
  { ports }: ClusterPod,
  targetPort: number | string,
  protocol: ServicePort['protocol'],
): number | null {
  if (typeof targetPort === 'number') return targetPort;
  return ports.find((each) => each.name === targetPort && each.protocol === protocol)?.port ?? null;
}

function distinctTargets(targets: readonly ServiceTarget[]): readonly ServiceTarget[] {
  const seen = new Set<string>();
  return targets.filter(({ address: { family, value }, port }) => {
    const count = seen.size;
    return seen.add(`${family} ${value} ${port}`).size > count;
  });
}

function tellSctp(service: ServiceObject, { node }: ServicePort, reporter: Reporter): void {
  const message = `The Service ${service.namespace}/${service.name} has a port of SCTP, which Windows nodes do not balance; what is sent to it is not translated.`;
  reporter.warning('sctp-on-windows', { document: service.document, node }, message);
}

function tellNobody(service: ServiceObject, reporter: Reporter): void {
  const { document, node, namespace, name } = service;
  const message = `No pod and no EndpointSlice of the documents is behind the Service ${namespace}/${name}, so nothing that is sent to it is translated.`;
  reporter.info('never-matches', { document, node }, message);
}
