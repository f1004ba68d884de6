// Policies of the sizes that hns.md 12 and performance.md name: for bench/scale.mjs and for the test
// that holds their memory.

/** One rule a peer and port, in both directions by turns. */
export function acls(count) {
  return Array.from({ length: count }, (_, i) => ({
    Type: 'ACL',
    Settings: {
      ...{ Id: `acl-${i}`, Protocols: i % 3 === 0 ? '17' : '6', RuleType: 'Switch' },
      ...{ Action: i % 5 === 0 ? 'Block' : 'Allow', Direction: i % 2 === 0 ? 'Out' : 'In' },
      RemoteAddresses: `10.${(i >> 8) & 255}.${i & 255}.${(i * 7) & 255}/32`,
      [i % 2 === 0 ? 'RemotePorts' : 'LocalPorts']: String(1 + ((i * 31) % 65_000)),
      Priority: 100 + (i % 60_000),
    },
  }));
}

/** Namespaces of a hundred pods, ten applications and ten policies each: a thousand ACLs. */
export function cluster(namespaces) {
  const items = [];
  const meta = (name, namespace, labels) => ({ name, namespace, labels });
  for (let n = 0; n < namespaces; n++) {
    const namespace = `n${n}`;
    items.push({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    for (let p = 0; p < 100; p++) {
      items.push({
        ...{ apiVersion: 'v1', kind: 'Pod' },
        metadata: meta(`p${p}`, namespace, { app: `a${p % 10}` }),
        spec: { containers: [{ name: 'c', image: 'i' }] },
        status: { phase: 'Running', podIP: `10.${100 + (n >> 8)}.${n & 255}.${p + 1}` },
      });
    }
    for (let a = 0; a < 10; a++) {
      const app = (k) => ({ podSelector: { matchLabels: { app: `a${(a + k) % 10}` } } });
      const tcp = (port) => ({ protocol: 'TCP', port });
      items.push({
        ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
        metadata: meta(`a${a}`, namespace),
        spec: {
          podSelector: { matchLabels: { app: `a${a}` } },
          policyTypes: ['Ingress', 'Egress'],
          ingress: [1, 2, 3, 4].map((k) => ({ from: [app(k)], ports: [tcp(8000 + k)] })),
          egress: [5, 6, 7, 8].map((k) => ({ to: [app(k)], ports: [tcp(9000 + k)] })),
        },
      });
    }
  }
  return { apiVersion: 'v1', kind: 'List', items };
}
