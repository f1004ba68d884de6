/** Whatever stands in a document of a front end, reading it gives located findings and ends soon. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { lintHost } from '../../src/lint/lint-host.js';
import { FAITHFUL_FRONT_ENDS, type FrontEnd } from '../../src/kubernetes/compilers.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { readPolicyDocuments } from '../../src/policy/load.js';
import { readYamlDocuments } from '../../src/source/yaml.js';
import { randomOf } from '../source/random.js';

const DATA = fileURLToPath(new URL('../../../shared/data/policies/', import.meta.url));
const SEED = 20261123;
const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 1000);
const FRONT_ENDS = ['reference', ...FAITHFUL_FRONT_ENDS] as const;

/** Documents of every front end, for checkouts without the data folder. */
const OWN: readonly string[] = [
  {
    ...{ cniVersion: '0.3.0', name: 'n', optionalFlags: { allowAclPortMapping: true } },
    plugins: [
      {
        type: 'sdnbridge',
        AdditionalArgs: [{ Name: 'EndpointPolicy', Value: { Type: 'ACL', Action: 'Allow' } }],
        runtimeConfig: { portMappings: [{ hostPort: 1, containerPort: 80, protocol: 'tcp' }] },
      },
    ],
  },
  { name: 'n', type: 'flannel', delegate: { type: 'win-bridge', policies: [] } },
  { cniVersion: '1', type: 'calico', mode: 'vxlan', policies: [{ name: 'x', value: 1 }] },
  {
    ...{ Name: 'n', Type: 'sdnbridge', Subnet: '10.0.0.0/24', InfraPrefix: '10.1.0.0/24' },
    AdditionalPolicies: [{ Type: 'ACL', Settings: { Priority: 3000, Action: 'Allow' } }],
  },
  {
    services: {
      web: {
        ...{ ports: ['80-81:80-81', { target: 80, published: '90' }], isolation: 'hyperv' },
        networks: { front: { ipv4_address: '10.0.0.5' } },
      },
    },
    networks: { front: { driver: 'nat', external: false } },
  },
  { Provider: 'p', Rules: [{ Name: 'r', Rule: { Id: 'a', Priority: 1, RuleType: 'Switch' } }] },
  {
    ...{ ID: 'l', HostComputeEndpoints: ['e'], FrontendVIPs: ['10.96.0.1'] },
    PortMappings: [{ Protocol: 6, InternalPort: 80, ExternalPort: 80, DistributionType: 1 }],
  },
  {
    References: ['/endpoints/e'],
    Policies: [{ Type: 'ELB', Protocol: 6, InternalPort: 80, ExternalPort: 80, VIPs: ['::1'] }],
  },
  [
    { ID: 'n', Name: 'n', Type: 'L2Bridge', Ipams: [], Policies: [] },
    {
      ...{ ID: 'e', HostComputeNetwork: 'n', IpConfigurations: [{ IpAddress: '10.0.0.5' }] },
      Policies: [
        { Type: 'SetPolicy', Settings: { Id: 's', PolicyType: 'NESTEDIPSET', Values: 't,u' } },
        {
          Type: 'TierAcl',
          Settings: {
            ...{ Name: 't', Order: 1, Direction: 'In' },
            TierAclRules: [{ Id: 'r', TierAclRuleAction: 'Pass', Protocols: '6', Priority: 100 }],
          },
        },
      ],
    },
  ],
  {
    ...{ ResourceType: 'Policy', RequestType: 'Remove' },
    Settings: { Policies: [{ Type: 'ACL', Action: 'Allow', Direction: 'In', Protocol: 256 }] },
  },
  { Success: true, Output: [{ ID: 'e', VirtualNetworkName: 'n', IPAddress: '10.0.0.5' }] },
].map((document) => JSON.stringify(document, null, 1));

const basic = { Action: 'Deny', Direction: 'Both', ParentAdapter: { Id: 'a', VMName: 'web' } };
const extended = { Action: 1, Direction: 1, LocalIPAddress: 'ANY', LocalPort: '80-90' };
/** Port ACLs of Hyper-V. */
const HYPERV = [
  [
    { ...basic, RemoteAddress: '10.0.0.0/8', RemoteAddressType: 2 },
    { ...basic, RemoteAddress: '00-15-5D-01-02-03', RemoteAddressType: 'Mac' },
    { ...extended, Protocol: 'TCP', Weight: 10, Stateful: true, IdleSessionTimeout: 60 },
  ],
].map((document) => JSON.stringify(document, null, 1));

const meta = (name: string, labels: object = { app: name }): object => ({
  metadata: { name, namespace: 'n', labels },
});
const net = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' };
/** Objects of Kubernetes, of every kind that is read. */
const KUBERNETES = [
  {
    ...{ apiVersion: 'v1', kind: 'List' },
    items: [
      {
        ...{ apiVersion: 'v1', kind: 'Pod', ...meta('a') },
        spec: { nodeName: 'x', containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] },
        status: { podIP: '10.0.0.5', podIPs: [{ ip: '10.0.0.5' }, { ip: 'fd00::5' }] },
      },
      { apiVersion: 'v1', kind: 'Pod', ...meta('b'), status: { podIP: '10.0.0.6' } },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', labels: { team: 'a' } } },
      {
        ...{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'x' } },
        status: { addresses: [{ type: 'InternalIP', address: '10.0.0.4' }] },
      },
      {
        ...{ apiVersion: 'v1', kind: 'Service', ...meta('s') },
        spec: {
          ...{ clusterIP: '10.96.0.1', selector: { app: 'b' }, sessionAffinity: 'ClientIP' },
          ports: [{ name: 'p', port: 80, targetPort: 8080, nodePort: 30080, protocol: 'TCP' }],
        },
      },
      {
        ...{ ...slice, ...meta('s-1', { 'kubernetes.io/service-name': 's' }) },
        ports: [{ name: 'p', port: 8080 }],
        endpoints: [{ addresses: ['10.0.0.6'], conditions: { ready: true, serving: true } }],
      },
      {
        ...{ ...net, ...meta('p') },
        spec: {
          podSelector: { matchLabels: { app: 'a' } },
          policyTypes: ['Ingress', 'Egress'],
          ingress: [
            {
              from: [
                { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
                { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] } },
              ],
              ports: [{ port: 80, endPort: 90, protocol: 'UDP' }, { port: 'http' }],
            },
          ],
          egress: [{ to: [{ podSelector: {} }] }],
        },
      },
    ],
  },
].map((document) => JSON.stringify(document, null, 1));

const real = existsSync(DATA)
  ? readdirSync(DATA)
      .filter((name) => /^(?:cni|hns)/.test(name))
      .sort()
      .map((name) => readFileSync(path.join(DATA, name), 'utf8'))
  : [];
const realPolicies = existsSync(DATA)
  ? readdirSync(DATA)
      .filter((name) => /^netpol.*yaml$/.test(name))
      .sort()
      .map((name) => readFileSync(path.join(DATA, name), 'utf8'))
  : [];

const PIECES = [
  'null',
  '{}',
  '[]',
  '""',
  '1e308',
  '"@{a=b}"',
  'true',
  '"{{X}}"',
  '-1',
  '"10.0.0.0/33"',
];

/** A text with one thing changed: a value, a cut, bytes swapped, a piece doubled. */
function mutated(text: string, random: (below: number) => number): string {
  const at = random(text.length);
  const length = random(40);
  switch (random(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    default: {
      // Some value becomes another, which keeps the text JSON.
      const values = [...text.matchAll(/: *("(?:[^"\\]|\\.)*"|[\w./-]+)/g)];
      const value = values[random(values.length)];
      if (value === undefined) return text;
      const from = value.index + value[0].length - value[1]!.length;
      return (
        text.slice(0, from) + PIECES[random(PIECES.length)]! + text.slice(from + value[1]!.length)
      );
    }
  }
}

function expectLocated(text: string, strict: boolean, told: string, frontEnd?: FrontEnd): void {
  expect(() => {
    const source = { name: 'hostile.json', text };
    const documents = readPolicyDocuments([{ source }], { strict, yaml: readYamlDocuments });
    const { host, diagnostics } = normaliseHost({ documents, strict, frontEnd });
    if (host !== null) {
      lintHost(host);
      compileHost(host);
    }
    for (const { code, location, message } of diagnostics) {
      if (code === 'too-many-diagnostics') continue;
      if (message === '' || location.file === '') throw new Error(`without a place: ${message}`);
      if (location.file === 'hostile.json' && location.line < 1) throw new Error('without a line');
    }
  }, told).not.toThrow();
}

describe.each([
  ['of our own', OWN],
  ['of Hyper-V', HYPERV],
  ['of Kubernetes', KUBERNETES],
  ['of the data folder', real],
  ['of the data folder, in YAML', realPolicies],
])('documents %s', (_, texts) => {
  it.skipIf(texts.length === 0)('changed at random give located findings only', () => {
    const random = randomOf(SEED);
    for (let i = 0; i < ROUNDS; i++) {
      let text = texts[random(texts.length)]!;
      for (let changes = 1 + random(3); changes > 0; changes--) text = mutated(text, random);
      const strict = random(2) === 0;
      const frontEnd = FRONT_ENDS[random(FRONT_ENDS.length)]!;
      expectLocated(text, strict, `seed ${SEED}, document ${i}, ${frontEnd}: ${text}`, frontEnd);
    }
  });
});

it('random bytes give located findings only', () => {
  const random = randomOf(SEED);
  for (let i = 0; i < 1500; i++) {
    const text = Array.from({ length: random(80) }, () => String.fromCharCode(random(256))).join(
      '',
    );
    expectLocated(text, true, `seed ${SEED}, text ${i}: ${JSON.stringify(text)}`);
  }
});

it('very many plug-ins, policies and rules end soon', () => {
  const begin = performance.now();
  const many = <T>(item: T): T[] => new Array<T>(20_000).fill(item);
  const item = { Name: 'EndpointPolicy', Value: { Type: 'Nothing' } };
  for (const document of [
    { cniVersion: '1', plugins: many({ type: 'nat', AdditionalArgs: [item] }) },
    { cniVersion: '1', type: 'nat', AdditionalArgs: many(item) },
    { Provider: 'p', Rules: many({ Rule: { Id: 'a' } }) },
    many({ cniVersion: '1', type: 'x' }),
  ]) {
    expectLocated(JSON.stringify(document), true, 'many');
  }
  // Far above what it takes, also on a machine that does other things.
  expect(performance.now() - begin).toBeLessThan(60_000);
});
