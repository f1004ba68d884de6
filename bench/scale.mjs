// How long large policies take from text to a running engine: `node bench/scale.mjs [--smoke]`.
// Each in a process of its own, as a user has it: lists of HNS ACLs at one endpoint, and
// NetworkPolicies of a cluster. Prints time, processor time and peak memory.
// The targets are those of hns.md 12 and performance.md: 64,000 ACLs in a second, 100,000 in two with
// the engine; 10,000 pods with 1,000 policies and 100,000 ACLs in five seconds and 1 GB.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

import { Simulator, loadHost } from '../dist/index.js';

const ACL_PLATFORM = {
  ...{ windows: 'ws2022', driver: 'l2bridge', isolation: 'process', endpoint: '10.1.0.5' },
};

/** One rule a peer and port, in both directions. */
function acls(count) {
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

/** Namespaces of a hundred pods, ten applications and ten policies each. */
function cluster(namespaces) {
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

const SIZES = process.argv.includes('--smoke') ? [640, 1000, 2] : [64_000, 100_000, 100];
const CASES = [
  [`${SIZES[0]} ACLs`, () => acls(SIZES[0]), ACL_PLATFORM],
  [`${SIZES[1]} ACLs`, () => acls(SIZES[1]), ACL_PLATFORM],
  [
    `${SIZES[2] * 100} pods, ${SIZES[2] * 10} policies`,
    () => cluster(SIZES[2]),
    { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' },
  ],
];

async function measure(file, platform) {
  const seconds = (micros) => (micros / 1e6).toFixed(2);
  const took = (before) => {
    const { user, system } = process.cpuUsage();
    return `${seconds((performance.now() - before) * 1000)} s, processor ${seconds(user + system)} s`;
  };
  const begin = performance.now();
  const { compiled } = await loadHost({ policies: [file], platform });
  const lists = compiled.host.endpoints.flatMap(({ switchStage }) =>
    switchStage.kind === 'acl' ? [...switchStage.in, ...switchStage.out] : [],
  );
  const rules = lists.reduce((sum, list) => sum + list.rules.length, 0);
  console.log(`  compiled  ${took(begin)}; ${rules.toLocaleString('en-US')} rules`);
  new Simulator(compiled).judge([{ proto: 'tcp', src: '10.0.0.1', dst: '10.1.0.5', dport: 80 }]);
  console.log(`  judging   ${took(begin)} in all`);
  console.log(`  peak      ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
}

if (process.argv[2] === '--measure') {
  await measure(process.argv[3], JSON.parse(process.argv[4]));
} else {
  const folder = mkdtempSync(path.join(tmpdir(), 'portacl-scale-'));
  try {
    for (const [name, make, platform] of CASES) {
      console.log(name);
      const file = path.join(folder, 'policies.json');
      writeFileSync(file, JSON.stringify(make(), null, 1));
      const own = [fileURLToPath(import.meta.url), '--measure', file, JSON.stringify(platform)];
      const { status } = spawnSync(process.execPath, own, { stdio: 'inherit' });
      if (status !== 0) process.exit(1);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
