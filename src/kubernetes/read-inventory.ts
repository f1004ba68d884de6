/** Pods and Nodes: the little of them that decides verdicts. */
import type { IpAddressValue } from '../normalise/normalised-host.js';
import type { ObjectNode, SourceNode } from '../source/source-node.js';
import type {
  ContainerPort,
  NodeObject,
  ObjectBase,
  OperatingSystem,
  PodObject,
  PortProtocol,
} from './objects.js';
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

export const PORT_MAX = 65535;
/** The kinds of a node's addresses that are addresses and no names. */
const NODE_ADDRESSES = ['InternalIP', 'ExternalIP'];
/** The label by which nodes and node selectors name the system. */
const OS_LABELS = ['kubernetes.io/os', 'beta.kubernetes.io/os'];

export function readPod(context: ObjectContext, base: ObjectBase): PodObject {
  const spec = memberOf(context, base.node, 'spec', 'object');
  const status = memberOf(context, base.node, 'status', 'object');
  const phase = memberOf(context, status, 'phase', 'string')?.value;
  // Sidecars are init containers that go on running; a named port may be theirs.
  const containers = [
    ...objectsOf(context, spec, 'containers'),
    ...objectsOf(context, spec, 'initContainers').filter(
      (each) => anyMember(each, 'restartPolicy')?.value === 'Always',
    ),
  ];
  return {
    kind: 'Pod',
    ...base,
    addresses: addressesOf(context, status, 'podIP', 'podIPs'),
    hostNetwork: booleanOf(context, spec, 'hostNetwork'),
    nodeName: memberOf(context, spec, 'nodeName', 'string')?.value ?? null,
    hostAddresses: addressesOf(context, status, 'hostIP', 'hostIPs'),
    containers: containers.flatMap(
      (each) => memberOf(context, each, 'name', 'string')?.value ?? [],
    ),
    ports: containers.flatMap((each) => readContainerPorts(context, each)),
    os: podSystem(context, spec),
    finished: phase === 'Succeeded' || phase === 'Failed',
    ready: !objectsOf(context, status, 'conditions').some(
      (each) => anyMember(each, 'type')?.value === 'Ready' && isFalse(anyMember(each, 'status')),
    ),
  };
}

/** Conditions are texts; `Unknown` is not ready either. */
const isFalse = (status: SourceNode | null): boolean =>
  status?.value === 'False' || status?.value === 'Unknown';

/** `podIP` and `podIPs` say the same; the list came with dual stack. */
function addressesOf(
  context: ObjectContext,
  status: ObjectNode | null,
  single: string,
  list: string,
): IpAddressValue[] {
  return distinctAddresses([
    ...addressOf(context, anyMember(status, single)),
    ...objectsOf(context, status, list).flatMap((item) =>
      addressOf(context, anyMember(item, 'ip')),
    ),
  ]);
}

function readContainerPorts(context: ObjectContext, container: ObjectNode): ContainerPort[] {
  return objectsOf(context, container, 'ports').flatMap((item) => {
    const node = anyMember(item, 'containerPort');
    if (node?.value === 0) {
      // A port that nobody can listen on: the API refuses it, other tools write it.
      const message = `The ${context.subject} has a container port 0; no packet has it, and it is left out.`;
      context.reporter.lax(context.code, { document: context.document, node }, message);
      return [];
    }
    const port = wholeNumberOf(context, node, 1, PORT_MAX);
    const protocol = protocolOf(context, item);
    if (node === null) refuse(context, item, 'has a port without containerPort', 'a number');
    if (port === null) return [];
    const name = memberOf(context, item, 'name', 'string')?.value ?? null;
    return [{ name, protocol, port }];
  });
}

const PROTOCOLS = { TCP: 6, UDP: 17, SCTP: 132 } as const;

/** Of a port; TCP where nothing is said. */
export function protocolOf(context: ObjectContext, port: ObjectNode): PortProtocol {
  const word = wordOf(context, anyMember(port, 'protocol'), ['TCP', 'UDP', 'SCTP'] as const);
  return PROTOCOLS[word ?? 'TCP'];
}

function podSystem(context: ObjectContext, spec: ObjectNode | null): OperatingSystem | null {
  const named = memberOf(context, memberOf(context, spec, 'os', 'object'), 'name', 'string');
  return systemOf(named?.value) ?? systemOfLabels(labelsOf(context, spec, 'nodeSelector'));
}

function systemOfLabels(labels: ReadonlyMap<string, string>): OperatingSystem | null {
  return OS_LABELS.map((label) => systemOf(labels.get(label))).find((os) => os !== null) ?? null;
}

function systemOf(name: string | undefined): OperatingSystem | null {
  return name === 'windows' || name === 'linux' ? name : null;
}

export function readNode(context: ObjectContext, base: ObjectBase): NodeObject {
  const status = memberOf(context, base.node, 'status', 'object');
  const addresses = objectsOf(context, status, 'addresses')
    .filter((item) =>
      NODE_ADDRESSES.includes(memberOf(context, item, 'type', 'string')?.value ?? ''),
    )
    .flatMap((item) => addressOf(context, anyMember(item, 'address')));
  return {
    kind: 'Node',
    ...base,
    addresses: distinctAddresses(addresses),
    os: systemOfLabels(base.labels),
  };
}
