/** What the compilers give: an ACL with a meaning, that has not yet a number in a host. */
import type {
  AddressSet,
  Conditions,
  Direction,
  NormalisedRule,
  PortRange,
} from '../normalise/normalised-host.js';
import type { Isolation } from '../platform/platform.js';
import { locate } from '../source/source-node.js';
import type { ClusterPod } from './cluster.js';

export type CompiledAcl = Omit<NormalisedRule, 'id'>;

/** Gives the ACLs of one pod that is not of the host network. */
export type PodCompiler = (pod: ClusterPod, isolation: Isolation) => readonly CompiledAcl[];

export const DIRECTIONS = ['in', 'out'] as const satisfies readonly Direction[];

const ANY: Conditions = {
  protocols: null,
  source: null,
  destination: null,
  sourcePorts: null,
  destinationPorts: null,
};

/** The peer is the source inbound and the destination outbound; ports are the destination's. */
export function conditionsOf(
  direction: Direction,
  peer: AddressSet | null,
  protocols: readonly number[] | null,
  ports: readonly PortRange[] | null,
): Conditions {
  const side = direction === 'in' ? { source: peer } : { destination: peer };
  return { ...ANY, ...side, protocols, destinationPorts: ports };
}

export function anyPacket(): Conditions {
  return ANY;
}

/** What opens the Windows Firewall for a pod: the switch filters. */
export function hostAllow(pod: ClusterPod, direction: Direction): CompiledAcl {
  const name = `${pod.id}/${direction}/host`;
  const location = locate(pod.document, pod.node);
  return {
    name,
    stage: 'host',
    direction,
    action: 'allow',
    priority: null,
    conditions: anyPacket(),
    location,
  };
}
