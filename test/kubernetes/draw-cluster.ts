/** Clusters by chance, with values chosen to collide, and the connections worth asking for. */
import type {
  Connection,
  ObjectJson,
  PeerJson,
  PortJson,
  RuleJson,
  SelectorJson,
} from '../oracle/network-policy.js';
import { Random } from '../oracle/random.js';
import { namespace, pod, policy, type Json } from './cluster.js';

const SPACES = ['a', 'b', 'c'];
const KEYS = ['app', 'tier'];
const VALUES = ['x', 'y', 'z'];
const PORTS = [80, 81, 443];
const NAMES = ['http', 'dns'];
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];

export interface DrawnCluster {
  readonly objects: readonly Json[];
  readonly connections: readonly Connection[];
}

export function drawCluster(seed: number): DrawnCluster {
  const random = new Random(seed);
  const nodes = ['n1', 'n2'].map((name, i) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: {} },
    status: {
      addresses: [
        { type: 'InternalIP', address: `10.0.0.${i + 1}` },
        { type: 'Hostname', address: name },
      ],
    },
  }));
  const spaces = SPACES.filter(() => random.chance(0.8)).map((name) =>
    namespace(name, drawLabels(random)),
  );
  const pods = Array.from({ length: 2 + random.below(8) }, (_, i) => drawPod(random, i));
  const policies = Array.from({ length: 1 + random.below(6) }, (_, i) =>
    policy(`${random.pick(SPACES)}/p${i}`, drawSpec(random)),
  );
  return {
    objects: [...nodes, ...spaces, ...pods, ...policies],
    connections: drawConnections(random, pods as unknown as ObjectJson[]),
  };
}

function drawPod(random: Random, i: number): Json {
  const hostNetwork = random.chance(0.1);
  const node = random.below(2) + 1;
  const v4 = hostNetwork ? `10.0.0.${node}` : `10.1.0.${i + 1}`;
  const ips = [
    v4,
    ...(random.chance(0.3) && !hostNetwork ? [`fd00::${i + 1}`] : []),
    ...(random.chance(0.1) && !hostNetwork ? [`10.1.1.${i + 1}`] : []),
  ];
  const ports = NAMES.filter(() => random.chance(0.5)).map((name) => ({
    name,
    containerPort: random.pick(PORTS),
    ...(random.chance(0.5) && { protocol: random.pick(PROTOCOLS) }),
  }));
  return pod(`${random.pick(SPACES)}/pod${i}`, ips, drawLabels(random), {
    spec: { containers: [{ name: 'c', ports }], hostNetwork, nodeName: `n${node}` },
    status: {
      ...(random.chance(0.5) && { hostIP: `10.0.0.${node}` }),
      ...(random.chance(0.05) && { phase: 'Succeeded' }),
    },
  });
}

function drawLabels(random: Random): Json {
  return Object.fromEntries(
    KEYS.filter(() => random.chance(0.7)).map((key) => [key, random.pick(VALUES)]),
  );
}

function drawSelector(random: Random): SelectorJson {
  if (random.chance(0.25)) return {};
  const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
  return {
    ...(random.chance(0.5) && { matchLabels: { [random.pick(KEYS)]: random.pick(VALUES) } }),
    ...(random.chance(0.5) && {
      matchExpressions: Array.from({ length: 1 + random.below(2) }, () => {
        const operator = random.pick(operators);
        const values = random.some(VALUES, 1 + random.below(2));
        return { key: random.pick(KEYS), operator, ...(operator.endsWith('In') && { values }) };
      }),
    }),
  };
}

function drawSpec(random: Random): Json {
  const types = random.pick([undefined, [], ['Ingress'], ['Egress'], ['Ingress', 'Egress']]);
  return {
    podSelector: drawSelector(random),
    ...(types !== undefined && { policyTypes: types }),
    ...(random.chance(0.8) && { ingress: drawRules(random, 'from') }),
    ...(random.chance(0.6) && { egress: drawRules(random, 'to') }),
  };
}

function drawRules(random: Random, side: 'from' | 'to'): RuleJson[] {
  return Array.from({ length: random.below(3) }, () => ({
    ...(random.chance(0.8) && {
      [side]: Array.from({ length: random.below(3) }, () => drawPeer(random)),
    }),
    ...(random.chance(0.7) && {
      ports: Array.from({ length: random.below(3) }, () => drawPort(random)),
    }),
  }));
}

function drawPeer(random: Random): PeerJson {
  if (random.chance(0.3)) {
    return random.pick<PeerJson>([
      { ipBlock: { cidr: '10.1.0.0/16', except: ['10.1.0.2/32', '10.1.0.4/30'] } },
      { ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } },
      { ipBlock: { cidr: '10.1.0.0/29' } },
      { ipBlock: { cidr: 'fd00::/64', except: ['fd00::2/127'] } },
      { ipBlock: { cidr: '::/0' } },
    ]);
  }
  const kind = random.below(3);
  return {
    ...(kind !== 0 && { podSelector: drawSelector(random) }),
    ...(kind !== 1 && { namespaceSelector: drawSelector(random) }),
  };
}

function drawPort(random: Random): PortJson {
  const protocol = random.chance(0.5) ? { protocol: random.pick(PROTOCOLS) } : {};
  const kind = random.below(4);
  if (kind === 0) return protocol;
  if (kind === 1) return { ...protocol, port: random.pick(NAMES) };
  const port = random.pick(PORTS);
  return { ...protocol, port, ...(kind === 2 && { endPort: port + random.below(3) }) };
}

function drawConnections(random: Random, pods: readonly ObjectJson[]): Connection[] {
  const own = pods.flatMap(({ status }) => status!.podIPs!.map(({ ip }) => ip));
  const addresses = [
    ...own,
    ...own,
    '10.0.0.1',
    '10.0.0.2',
    '10.0.0.3',
    '10.1.0.0',
    '10.1.0.8',
    '10.1.255.255',
    '9.255.255.255',
    '11.0.0.0',
    'fd00::3',
    'fd01::1',
  ];
  return Array.from({ length: 150 }, () => {
    const source = random.pick(addresses);
    const family = addresses.filter((each) => each.includes(':') === source.includes(':'));
    const protocol = random.pick([...PROTOCOLS, 'TCP', source.includes(':') ? 'ICMPv6' : 'ICMP']);
    return {
      source,
      destination: random.pick(family),
      protocol,
      port: random.pick(PORTS) + random.below(3) - 1,
    };
  });
}
