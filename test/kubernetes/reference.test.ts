/** What policies become: rules, priorities, names and places. */
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/normalise/address.js';
import type {
  AddressRange,
  NormalisedHost,
  NormalisedRule,
} from '../../src/normalise/normalised-host.js';
import {
  briefly,
  hostOf,
  labelled,
  namespace,
  pod,
  policy,
  readText,
  type Json,
} from './cluster.js';

const WEB = pod(
  'shop/web',
  '10.1.0.1',
  { app: 'web' },
  { spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] } },
);
const API = pod(
  'shop/api',
  ['10.1.0.2', 'fd00::2'],
  { app: 'api' },
  { spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 9090 }] }] } },
);
const OPS = pod('ops/tool', '10.1.0.9', { app: 'tool' });

/** One line a rule of an endpoint. */
function rules(host: NormalisedHost, endpoint: string): string[] {
  const { switchStage } = host.endpoints.find(({ name }) => name === endpoint)!;
  if (switchStage.kind !== 'acl') return [];
  const lists = [...switchStage.in, ...switchStage.out];
  return lists.flatMap((list) => list.rules).map((id) => line(host.rules[id]!));
}

function line({ name, direction, action, priority, conditions }: NormalisedRule): string {
  const { protocols, source, destination, destinationPorts } = conditions;
  const set = direction === 'in' ? source : destination;
  const text =
    (family: 4 | 6) =>
    ({ from, to }: AddressRange): string => {
      const first = formatAddress({ family, value: from });
      return from === to ? first : `${first}-${formatAddress({ family, value: to })}`;
    };
  const peers =
    set === null ? 'any' : [...set.ipv4.map(text(4)), ...set.ipv6.map(text(6))].join(' ');
  const ports =
    destinationPorts?.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join(',') ??
    'any';
  return `${priority} ${direction} ${action} ${peers} ${protocols?.join(',') ?? 'any'} ${ports} ${name}`;
}

const compile = (policies: readonly Json[], options = {}): NormalisedHost =>
  hostOf(
    [namespace('shop', { team: 'a' }), namespace('ops', { team: 'b' }), WEB, API, OPS, ...policies],
    options,
  );

const ingress = (...items: Json[]): Json =>
  policy('shop/p', { podSelector: labelled({ app: 'web' }), ingress: items });
const egress = (...items: Json[]): Json =>
  policy('shop/p', {
    podSelector: labelled({ app: 'web' }),
    policyTypes: ['Egress'],
    egress: items,
  });

describe('the reference compiler', () => {
  it('programs nothing on a pod that no policy selects', () => {
    expect(rules(compile([ingress()]), 'shop/api')).toEqual([]);
    expect(rules(compile([ingress()]), 'ops/tool')).toEqual([]);
  });

  it('blocks what an isolated direction does not allow, and leaves the other open', () => {
    expect(rules(compile([ingress()]), 'shop/web')).toEqual([
      '65000 in block any any any shop/p/in/isolated',
      '65500 out allow any any any shop/web/out/not-isolated',
    ]);
  });

  it('isolates egress without policyTypes only when there are egress rules', () => {
    const both = policy('shop/p', { podSelector: labelled({ app: 'web' }), egress: [{}] });
    expect(rules(compile([both]), 'shop/web')).toEqual([
      '65000 in block any any any shop/p/in/isolated',
      '1000 out allow any any any shop/p/out/0',
      '65000 out block any any any shop/p/out/isolated',
    ]);
  });

  it.each<[string, Json, string[]]>([
    [
      'pods of the own namespace, with all their addresses',
      { from: [{ podSelector: labelled({ app: 'api' }) }] },
      ['1000 in allow 10.1.0.2 fd00::2 any any shop/p/in/0'],
    ],
    [
      'all pods of namespaces',
      { from: [{ namespaceSelector: labelled({ team: 'b' }) }] },
      ['1000 in allow 10.1.0.9 any any shop/p/in/0'],
    ],
    [
      'a namespace by its name, which is a label',
      { from: [{ namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'ops' }) }] },
      ['1000 in allow 10.1.0.9 any any shop/p/in/0'],
    ],
    [
      'both selectors in one peer as AND',
      {
        from: [
          { namespaceSelector: labelled({ team: 'b' }), podSelector: labelled({ app: 'api' }) },
        ],
      },
      [],
    ],
    [
      'peers of a list as OR',
      {
        from: [
          { namespaceSelector: labelled({ team: 'b' }) },
          { podSelector: labelled({ app: 'api' }) },
        ],
      },
      ['1000 in allow 10.1.0.2 10.1.0.9 fd00::2 any any shop/p/in/0'],
    ],
    [
      'NotIn also where the label is missing',
      {
        from: [
          {
            podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['x'] }] },
          },
        ],
      },
      ['1000 in allow 10.1.0.1-10.1.0.2 fd00::2 any any shop/p/in/0'],
    ],
    [
      'a block without its exceptions as ranges',
      { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/16', '10.255.255.255/32'] } }] },
      ['1000 in allow 10.1.0.0-10.255.255.254 any any shop/p/in/0'],
    ],
    [
      'ranges of ports, merged, one rule a protocol',
      { ports: [{ port: 80, endPort: 90 }, { port: 91 }, { port: 53, protocol: 'UDP' }] },
      ['1000 in allow any 6 80-91 shop/p/in/0', '1000 in allow any 17 53 shop/p/in/0'],
    ],
    [
      'a protocol with all its ports',
      { ports: [{ protocol: 'UDP' }, { port: 53, protocol: 'UDP' }] },
      ['1000 in allow any 17 any shop/p/in/0'],
    ],
    [
      'SCTP as SCTP',
      { ports: [{ port: 80, protocol: 'SCTP' }] },
      ['1000 in allow any 132 80 shop/p/in/0'],
    ],
    [
      'a named port as the pod’s own',
      { ports: [{ port: 'http' }] },
      ['1000 in allow any 6 8080 shop/p/in/0'],
    ],
    [
      'a named port of another protocol as none',
      { ports: [{ port: 'http', protocol: 'UDP' }] },
      [],
    ],
  ])('reads %s', (_, item, expected) => {
    const lines = rules(compile([ingress(item)]), 'shop/web').filter((each) =>
      each.startsWith('1000'),
    );
    expect(lines).toEqual(expected);
  });

  it('groups destinations by the number a port has there', () => {
    const lines = rules(
      compile([egress({ to: [{ podSelector: {} }], ports: [{ port: 'http' }] })]),
      'shop/web',
    );
    expect(lines.filter((each) => each.startsWith('1000'))).toEqual([
      '1000 out allow 10.1.0.1 6 8080 shop/p/out/0',
      '1000 out allow 10.1.0.2 fd00::2 6 9090 shop/p/out/0',
    ]);
  });

  it('lets the node of the pod in, whose addresses Node and hostIP say', () => {
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1' },
      status: {
        addresses: [
          { type: 'InternalIP', address: '10.0.0.4' },
          { type: 'Hostname', address: 'n1' },
        ],
      },
    };
    const on = pod(
      'shop/db',
      '10.1.0.3',
      { app: 'web' },
      { spec: { nodeName: 'n1' }, status: { hostIP: '10.0.0.5' } },
    );
    expect(rules(hostOf([node, on, ingress()]), 'shop/db')[0]).toBe(
      '900 in allow 10.0.0.4-10.0.0.5 any any shop/db/in/node',
    );
  });

  it('gives pods of the host network no endpoint, and takes the node address for them as peers', () => {
    const agent = pod('ops/agent', '10.0.0.4', { app: 'agent' }, { spec: { hostNetwork: true } });
    const host = hostOf([
      WEB,
      agent,
      namespace('ops', { team: 'b' }),
      ingress({ from: [{ namespaceSelector: labelled({ team: 'b' }) }] }),
    ]);
    expect(host.endpoints.map(({ name }) => name)).toEqual(['shop/web']);
    expect(rules(host, 'shop/web')).toContain('1000 in allow 10.0.0.4 any any shop/p/in/0');
  });

  it('leaves out Linux pods as endpoints, finished ones altogether', () => {
    const linux = pod('shop/l', '10.1.0.5', {}, { spec: { os: { name: 'linux' } } });
    const done = pod('shop/d', '10.1.0.6', {}, { status: { phase: 'Succeeded' } });
    const host = hostOf([WEB, linux, done, ingress({ from: [{ podSelector: {} }] })]);
    expect(host.endpoints.map(({ name }) => name)).toEqual(['shop/web']);
    expect(rules(host, 'shop/web')).toContain(
      '1000 in allow 10.1.0.1 10.1.0.5 any any shop/p/in/0',
    );
  });

  it('opens the Windows Firewall of isolated pods under process isolation, and of no others', () => {
    const host = compile([ingress()], { isolation: 'process' });
    const stages = host.endpoints.map(({ name, hostStage }) => `${name} ${hostStage.kind}`);
    expect(stages).toEqual([
      'shop/web acl',
      'shop/api container-defaults',
      'ops/tool container-defaults',
    ]);
  });

  it('says where each rule comes from', () => {
    const text = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
status: {podIP: 10.1.0.1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec:
  podSelector: {}
  ingress:
  - ports: [{port: 80}]
`;
    const { host } = readText(text);
    const at = (name: string): number[] =>
      host!.rules.filter((rule) => rule.name === name).map(({ location }) => location.line);
    expect(at('default/p/in/0')).toEqual([12]);
    expect(at('default/p/in/isolated')).toEqual([6]);
    expect(at('default/web/out/not-isolated')).toEqual([1]);
  });

  it('splits lists of more than 4000 items', () => {
    // Every second address: each is a prefix of its own.
    const except = Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 7}.${(i % 128) * 2}/32`);
    const lines = rules(
      compile([ingress({ from: [{ ipBlock: { cidr: '10.0.0.0/16', except } }] })]),
      'shop/web',
    );
    expect(lines.filter((each) => each.startsWith('1000')).length).toBe(2);
  });

  it('refuses policies on a driver without a switch stage that can be programmed', () => {
    const text = JSON.stringify([WEB, ingress()]);
    const codes = (driver: string): string[] =>
      briefly(readText(text, { name: 'x.json', isolation: 'process', driver }));
    expect(codes('nat').filter((each) => each.startsWith('error rule-type'))).toHaveLength(1);
    expect(codes('overlay').filter((each) => each.startsWith('error'))).toEqual([]);
  });
});
