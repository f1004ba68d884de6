/**
 * NetworkPolicies as Calico takes them over: one rule for each protocol and peer, selectors as sets
 * of IPv4 addresses. Source: libcalico-go/lib/backend/k8s/conversion/conversion.go.
 */
import { mergePorts } from '../../normalise/ports.js';
import type { Direction } from '../../normalise/normalised-host.js';
import { groupBy } from '../group-by.js';
import type { NetworkPolicyObject, Peer, PolicyPort, PolicyRule } from '../objects.js';
import { rulesOf } from '../policies-by-pod.js';
import type { CalicoRule } from './rule.js';

/** A rule with the part of the policy it comes from. */
export interface ConvertedRule {
  readonly rule: CalicoRule;
  readonly origin: PolicyRule;
  /** Null: every peer. */
  readonly peer: Peer | null;
  /** Those of one protocol; null: every protocol and port. */
  readonly ports: readonly PolicyPort[] | null;
}

const PROTOCOL_NAMES = { 6: 'TCP', 17: 'UDP', 132: 'SCTP' } as const;

/** The one set a rule of a NetworkPolicy can name: the pods of its peer. */
const PEER_SET = 'peer';

/** The rules of a policy in one direction. */
export function convertRules(policy: NetworkPolicyObject, direction: Direction): ConvertedRule[] {
  let count = 0;
  return rulesOf(policy, direction).flatMap((origin) =>
    byProtocol(origin.ports).flatMap((ports) =>
      (origin.peers ?? [null]).map((peer): ConvertedRule => {
        const id = `${direction}-${count++}`;
        return { rule: convert(direction, id, peer, ports), origin, peer, ports };
      }),
    ),
  );
}

/** Ports of one protocol become one rule, protocols in the order of their names. */
function byProtocol(ports: readonly PolicyPort[] | null): (readonly PolicyPort[] | null)[] {
  if (ports === null) return [null];
  const groups = groupBy(ports, ({ protocol }) => PROTOCOL_NAMES[protocol]);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

function convert(
  direction: Direction,
  id: string,
  peer: Peer | null,
  ports: readonly PolicyPort[] | null,
): CalicoRule {
  const nets = peer?.kind === 'ip-block' ? [peer.cidr.text] : [];
  const sets = peer?.kind === 'pods' ? [PEER_SET] : [];
  const isAnyPort = ports === null || ports.some(({ port }) => port === null);
  return {
    id,
    action: 'Allow',
    ...(ports !== null && { protocol: PROTOCOL_NAMES[ports[0]!.protocol] }),
    ...(direction === 'in'
      ? { sourceNets: nets, sourceSets: sets }
      : { destinationNets: nets, destinationSets: sets }),
    destinationPorts: isAnyPort ? [] : spans(ports),
    hasNamedPorts: !isAnyPort && ports.some(({ port }) => typeof port === 'string'),
    hasNegation: peer?.kind === 'ip-block' && peer.except.length > 0,
  };
}

function spans(ports: readonly PolicyPort[]): { first: number; last: number }[] {
  const ranges = ports.flatMap(({ port, endPort }) =>
    typeof port === 'number' ? [{ from: port, to: endPort ?? port }] : [],
  );
  return mergePorts(ranges).map(({ from, to }) => ({ first: from, last: to }));
}
