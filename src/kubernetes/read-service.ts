/**
 * Services and EndpointSlices: addresses and ports that clients send to, and the ends behind them.
 * What they come to is the business of `services.ts`.
 */
import type { IpAddressValue } from '../normalise/normalised-host.js';
import type { ObjectNode, SourceNode } from '../source/source-node.js';
import type {
  EndpointSliceObject,
  ObjectBase,
  ServiceObject,
  ServicePort,
  SliceEnd,
} from './objects.js';
import { PORT_MAX, protocolOf } from './read-inventory.js';
import {
  addressOf,
  anyMember,
  booleanOf,
  distinctAddresses,
  labelsOf,
  memberOf,
  objectsOf,
  refuse,
  wholeNumberOf,
  wordOf,
  type ObjectContext,
} from './read-values.js';

/** The label by which a slice names its service. */
const SERVICE_LABEL = 'kubernetes.io/service-name';

export function readService(context: ObjectContext, base: ObjectBase): ServiceObject {
  const spec = memberOf(context, base.node, 'spec', 'object');
  const affinity = anyMember(spec, 'sessionAffinity');
  return {
    kind: 'Service',
    ...base,
    addresses: serviceAddresses(context, base.node, spec),
    ports: objectsOf(context, spec, 'ports').flatMap((item) => readPort(context, item)),
    selector: anyMember(spec, 'selector') === null ? null : labelsOf(context, spec, 'selector'),
    clientAffinity: wordOf(context, affinity, ['None', 'ClientIP'] as const) === 'ClientIP',
    publishNotReady: booleanOf(context, spec, 'publishNotReadyAddresses'),
  };
}

function serviceAddresses(
  context: ObjectContext,
  service: ObjectNode,
  spec: ObjectNode | null,
): readonly IpAddressValue[] {
  const texts = (owner: ObjectNode | null, key: string): readonly SourceNode[] =>
    memberOf(context, owner, key, 'array')?.value ?? [];
  const single = memberOf(context, spec, 'clusterIP', 'string');
  const cluster = [...(single === null ? [] : [single]), ...texts(spec, 'clusterIPs')];
  const status = memberOf(context, service, 'status', 'object');
  const balancer = memberOf(context, status, 'loadBalancer', 'object');
  const ingress = objectsOf(context, balancer, 'ingress')
    // What a proxy outside of the cluster takes never comes with its address.
    .filter((item) => anyMember(item, 'ipMode')?.value !== 'Proxy')
    .flatMap((item) => anyMember(item, 'ip') ?? []);
  const own = cluster
    // `None` is a headless service.
    .filter((node) => node.value !== 'None')
    .flatMap((node) => addressOf(context, node));
  const outside = [...texts(spec, 'externalIPs'), ...ingress].flatMap((node) =>
    addressOf(context, node),
  );
  return distinctAddresses([...own, ...outside]);
}

function readPort(context: ObjectContext, item: ObjectNode): readonly ServicePort[] {
  const written = anyMember(item, 'port');
  if (written === null) refuse(context, item, 'has a port without number', 'port: a number');
  const port = wholeNumberOf(context, written, 1, PORT_MAX);
  const target = anyMember(item, 'targetPort');
  const nodePort = anyMember(item, 'nodePort');
  const targetPort =
    target?.kind === 'string' ? target.value : wholeNumberOf(context, target, 1, PORT_MAX);
  if (port === null || (target !== null && targetPort === null)) return [];
  return [
    {
      name: memberOf(context, item, 'name', 'string')?.value ?? '',
      protocol: protocolOf(context, item),
      port,
      targetPort: targetPort ?? port,
      // 0 is one that the server is yet to choose.
      nodePort: nodePort?.value === 0 ? null : wholeNumberOf(context, nodePort, 1, PORT_MAX),
      node: item,
    },
  ];
}

export function readEndpointSlice(context: ObjectContext, base: ObjectBase): EndpointSliceObject {
  const type = memberOf(context, base.node, 'addressType', 'string')?.value;
  const ends = objectsOf(context, base.node, 'endpoints');
  return {
    kind: 'EndpointSlice',
    ...base,
    service: base.labels.get(SERVICE_LABEL) ?? null,
    ends: type === 'FQDN' ? [] : ends.map((item) => readEnd(context, item)),
    ports: objectsOf(context, base.node, 'ports').flatMap((item) => {
      // Without a number it is every port, which no node balances.
      const port = wholeNumberOf(context, anyMember(item, 'port'), 1, PORT_MAX);
      if (port === null) return [];
      const name = memberOf(context, item, 'name', 'string')?.value ?? '';
      return [{ name, protocol: protocolOf(context, item), port }];
    }),
  };
}

/** Absent conditions: ready, and as much serving as ready. Source: discovery.k8s.io/v1. */
function readEnd(context: ObjectContext, item: ObjectNode): SliceEnd {
  const conditions = memberOf(context, item, 'conditions', 'object');
  const isSaid = (key: string): boolean | null =>
    anyMember(conditions, key) === null ? null : booleanOf(context, conditions, key);
  const ready = isSaid('ready') ?? true;
  const serving = isSaid('serving') ?? ready;
  const texts = memberOf(context, item, 'addresses', 'array')?.value ?? [];
  return {
    addresses: distinctAddresses(texts.flatMap((node) => addressOf(context, node))),
    ready,
    servingWhileEnding: serving && isSaid('terminating') === true,
  };
}
