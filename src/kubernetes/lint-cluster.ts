/** What is worth saying of NetworkPolicies that are right. Source: hns.md 8.1, 8.2, 10. */
import type { Reporter } from '../source/diagnostic.js';
import type { SourceNode } from '../source/source-node.js';
import type { Cluster } from './cluster.js';
import { DIRECTIONS } from './compiled-acl.js';
import type { NetworkPolicyObject, PolicyRule } from './objects.js';
import { rulesOf } from './policies-by-pod.js';

const SCTP = 132;

export function lintCluster(cluster: Cluster, reporter: Reporter): void {
  if (cluster.policies.length === 0) return;
  if (cluster.pods.length === 0) {
    const [first] = cluster.policies;
    const message = `The documents have ${cluster.policies.length} NetworkPolicies and no running pod; policies take effect on pods, so nothing is filtered. Give the pods and namespaces too (kubectl get pods,namespaces,nodes,networkpolicies -A -o json).`;
    reporter.warning('selects-no-pod', { document: first!.document, node: first!.node }, message);
  }
  for (const policy of cluster.policies) lintPolicy(cluster, policy, reporter);
}

function lintPolicy(cluster: Cluster, policy: NetworkPolicyObject, reporter: Reporter): void {
  const { document, namespace, name, podSelector } = policy;
  const subject = `NetworkPolicy ${namespace}/${name}`;
  if (cluster.pods.length > 0 && cluster.select(namespace, podSelector).length === 0) {
    const message = `The ${subject} selects none of the ${cluster.podsOf(namespace).length} pods of namespace ${namespace}; it has no effect.`;
    reporter.warning('selects-no-pod', { document, node: podSelector.node }, message);
    return;
  }
  for (const direction of DIRECTIONS.filter((each) => policy.isolates[each])) {
    for (const rule of rulesOf(policy, direction)) {
      lintPeers(cluster, policy, rule, reporter);
      const port = rule.ports?.find(({ protocol }) => protocol === SCTP);
      if (port === undefined) continue;
      const message = `The ${subject} has ports of SCTP, which Windows containers cannot use; the rule is kept for protocol ${SCTP} and never widened.`;
      reporter.warning('sctp-on-windows', { document, node: port.node }, message);
    }
  }
}

function lintPeers(
  cluster: Cluster,
  { document, namespace, name }: NetworkPolicyObject,
  rule: PolicyRule,
  reporter: Reporter,
): void {
  for (const peer of rule.peers ?? []) {
    if (peer.kind !== 'pods' || cluster.pods.length === 0) continue;
    if (cluster.peerPods(namespace, peer).length > 0) continue;
    const message = `A peer of the NetworkPolicy ${namespace}/${name} selects no pod of the documents; the rule lets nobody through by it.`;
    const node: SourceNode = peer.node;
    reporter.info('selects-no-pod', { document, node }, message);
  }
}
