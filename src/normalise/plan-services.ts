/**
 * Services of Kubernetes as load balancers, as kube-proxy gives them to the Host Networking Service.
 * Source: docs/semantics/kubernetes.md 7; hns.md 6.3, 7.1.
 */
import type { SourceLocation } from '../errors.js';
import type { Cluster } from '../kubernetes/cluster.js';
import { balancedPorts } from '../kubernetes/services.js';
import type { Reporter } from '../source/diagnostic.js';
import { locate } from '../source/source-node.js';
import { formatAddress } from './address.js';
import type { IpAddressValue, NormalisedEndpoint } from './normalised-host.js';
import { ownersByAddress, type PlannedBalancer } from './plan-balancers.js';

/** `hostAddresses`: where the host answers for ports of its own (`nodePort`). */
export function planServices(
  cluster: Cluster | null,
  endpoints: readonly NormalisedEndpoint[],
  hostAddresses: readonly IpAddressValue[],
  reporter: Reporter,
): readonly PlannedBalancer[] {
  if (cluster === null || cluster.services.length === 0) return [];
  const owners = ownersByAddress(endpoints);
  /** Null where nobody here has the address, or several networks do. */
  const ownerOf = (address: IpAddressValue): number | null => {
    const own = owners.get(formatAddress(address)) ?? [];
    return own.length === 1 ? own[0]! : null;
  };
  const taken = new Map<string, SourceLocation>();
  return balancedPorts(cluster, reporter).flatMap(({ service, port, targets }) => {
    const { protocol } = port;
    const fronts = [
      ...service.addresses.map((address) => ({ address, number: port.port })),
      // Assumption: K11.
      ...(port.nodePort === null ? [] : hostAddresses).map((address) => ({
        ...{ address, number: port.nodePort! },
      })),
    ];
    const ends = targets.map((target) => ({ ...target, endpoint: ownerOf(target.address) }));
    return fronts.flatMap(({ address, number }): PlannedBalancer[] => {
      const own = ends.filter((end) => end.address.family === address.family);
      if (own.length === 0) return [];
      const at = locate(service.document, port.node);
      const key = `${formatAddress(address)} port ${number}/${protocol}`;
      const first = taken.get(key);
      if (first !== undefined) {
        const message = `Two Services have ${key}, the first at ${first.file}:${first.line}, which holds here; which one holds on a node is not known.`;
        reporter.warning('port-collision', at, message, { found: key });
        return [];
      }
      taken.set(key, at);
      const distribution = service.clientAffinity ? 'addresses' : 'five_tuple';
      return [{ address, protocol, externalPort: number, targets: own, distribution }];
    });
  });
}
