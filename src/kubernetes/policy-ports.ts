/** Ports of rules: numbers, and names that pods give a number. */
import { mergePorts } from '../normalise/ports.js';
import type { PortRange } from '../normalise/normalised-host.js';
import type { ClusterPod } from './cluster.js';
import type { PolicyPort, PortProtocol } from './objects.js';

export type NamedPort = PolicyPort & { readonly port: string };

export function isNamed(port: PolicyPort): port is NamedPort {
  return typeof port.port === 'string';
}

export function numbersOf({ port, endPort }: PolicyPort): PortRange[] {
  return typeof port === 'number' ? [{ from: port, to: endPort ?? port }] : [];
}

export function portsNamed(pod: ClusterPod, protocol: PortProtocol, name: string): number[] {
  return pod.ports
    .filter((each) => each.name === name && each.protocol === protocol)
    .map(({ port }) => port);
}

/** The ports as ranges; null is any, which is also said where a name stands among them. */
export function portRanges(ports: readonly PolicyPort[] | null): readonly PortRange[] | null {
  if (ports === null || ports.some(({ port }) => typeof port !== 'number')) return null;
  return mergePorts(ports.flatMap(numbersOf));
}
