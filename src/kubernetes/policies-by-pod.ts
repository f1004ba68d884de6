/** Which policies act on a pod, and with which rules. */
import type { Direction } from '../normalise/normalised-host.js';
import type { Cluster, ClusterPod } from './cluster.js';
import type { NetworkPolicyObject, PolicyRule } from './objects.js';

export function rulesOf(policy: NetworkPolicyObject, direction: Direction): readonly PolicyRule[] {
  return direction === 'in' ? policy.ingress : policy.egress;
}

/** Pods of the host network have the node's address and are not selected. Source: hns.md 8.1 (9). */
export function policiesByPod(
  cluster: Cluster,
): ReadonlyMap<ClusterPod, readonly NetworkPolicyObject[]> {
  const selecting = new Map<ClusterPod, NetworkPolicyObject[]>();
  for (const policy of cluster.policies) {
    for (const pod of cluster.select(policy.namespace, policy.podSelector)) {
      if (pod.hostNetwork) continue;
      const list = selecting.get(pod);
      if (list === undefined) selecting.set(pod, [policy]);
      else list.push(policy);
    }
  }
  return selecting;
}
