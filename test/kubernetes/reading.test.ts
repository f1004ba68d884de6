/** Every mistake in a Kubernetes object is an error at its place; what is odd and right is taken. */
import { describe, expect, it } from 'vitest';
import { readText, briefly } from './cluster.js';

const HEAD = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: n}
spec:
`;
const withSpec = (spec: string): string => `${HEAD}${spec.replace(/^/gm, '  ')}\n`;

describe('a NetworkPolicy is refused', () => {
  it.each([
    [
      'without a name',
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {}\nspec: {podSelector: {}}',
      ['error bad-network-policy 3:11'],
    ],
    [
      'without a spec',
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n',
      ['error bad-network-policy 1:1'],
    ],
    ['without a podSelector', withSpec('ingress: []'), ['error bad-network-policy 5:3']],
    [
      'of an old version',
      'apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: p}\n',
      ['error bad-network-policy 1:13'],
    ],
    [
      'of another group',
      'apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: p}\n',
      ['error bad-network-policy 1:13'],
    ],
    [
      'with a field that is none',
      withSpec('podSelector: {}\npodSelectors: {}'),
      ['error bad-network-policy 6:3'],
    ],
    [
      'with a type that is none',
      withSpec('podSelector: {}\npolicyTypes: [ingress]'),
      ['error bad-network-policy 6:17'],
    ],
    [
      'with a peer that is empty',
      withSpec('podSelector: {}\ningress:\n- from:\n  - {}'),
      ['error bad-network-policy 8:7'],
    ],
    [
      'with a block and a selector in one peer',
      withSpec(
        'podSelector: {}\ningress:\n- from:\n  - ipBlock: {cidr: 10.0.0.0/8}\n    podSelector: {}',
      ),
      ['error bad-network-policy 8:7'],
    ],
    [
      'with a block that is none',
      withSpec('podSelector: {}\ningress:\n- from:\n  - ipBlock: {cidr: 10.0.0.0}'),
      ['error bad-network-policy 8:23'],
    ],
    [
      'with a block without cidr',
      withSpec('podSelector: {}\ningress:\n- from:\n  - ipBlock: {except: [10.0.0.0/8]}'),
      ['error bad-network-policy 8:16'],
    ],
    [
      'with an exception outside of its block',
      withSpec(
        'podSelector: {}\ningress:\n- from:\n  - ipBlock:\n      cidr: 10.0.0.0/8\n      except: [11.0.0.0/16]',
      ),
      ['error bad-network-policy 10:18'],
    ],
    [
      'with an exception as large as its block',
      withSpec(
        'podSelector: {}\ningress:\n- from:\n  - ipBlock:\n      cidr: 10.0.0.0/8\n      except: [10.0.0.0/8]',
      ),
      ['error bad-network-policy 10:18'],
    ],
    [
      'with port 0',
      withSpec('podSelector: {}\ningress:\n- ports: [{port: 0}]'),
      ['error bad-network-policy 7:20'],
    ],
    [
      'with a number in quotes as port',
      withSpec('podSelector: {}\ningress:\n- ports: [{port: "80"}]'),
      ['error bad-network-policy 7:20'],
    ],
    [
      'with a name that is none',
      withSpec('podSelector: {}\ningress:\n- ports: [{port: Web_Port}]'),
      ['error bad-network-policy 7:20'],
    ],
    [
      'with an unknown protocol',
      withSpec('podSelector: {}\ningress:\n- ports: [{port: 80, protocol: ICMP}]'),
      ['error bad-network-policy 7:34'],
    ],
    [
      'with a range by name',
      withSpec('podSelector: {}\ningress:\n- ports: [{port: web, endPort: 90}]'),
      ['error bad-network-policy 7:34'],
    ],
    [
      'with a range that ends before it begins',
      withSpec('podSelector: {}\ningress:\n- ports: [{port: 80, endPort: 79}]'),
      ['error bad-network-policy 7:33'],
    ],
    [
      'with a range without a beginning',
      withSpec('podSelector: {}\ningress:\n- ports: [{endPort: 79}]'),
      ['error bad-network-policy 7:23'],
    ],
    [
      'with an operator that is none',
      withSpec('podSelector:\n  matchExpressions: [{key: a, operator: Equals, values: [b]}]'),
      ['error bad-network-policy 6:43'],
    ],
    [
      'with In without values',
      withSpec('podSelector:\n  matchExpressions: [{key: a, operator: In}]'),
      ['error bad-network-policy 6:24'],
    ],
    [
      'with Exists with values',
      withSpec('podSelector:\n  matchExpressions: [{key: a, operator: Exists, values: [b]}]'),
      ['error bad-network-policy 6:59'],
    ],
    [
      'with a label that is no text',
      withSpec('podSelector:\n  matchLabels: {version: 1}'),
      ['error bad-network-policy 6:28'],
    ],
    [
      'with a label that is none',
      withSpec('podSelector:\n  matchLabels: {app: "a b"}'),
      ['error bad-network-policy 6:24'],
    ],
    [
      'with several mistakes, all at once',
      withSpec('podSelector: {}\npolicyTypes: [In]\ningress:\n- ports: [{port: 0}, {port: 70000}]'),
      [
        'error bad-network-policy 8:20',
        'error bad-network-policy 8:31',
        'error bad-network-policy 6:17',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(briefly(readText(text)).filter((line) => line.startsWith('error'))).toEqual(expected);
  });
});

describe('a NetworkPolicy is taken', () => {
  it.each([
    [
      'with empty lists, null peers and a numbered range',
      withSpec(
        'podSelector: {}\ningress:\n- from:\n  ports: [{port: 80, endPort: 90, protocol: UDP}]\negress: []',
      ),
    ],
    [
      'with a named port and SCTP',
      withSpec('podSelector: {}\ningress:\n- ports: [{port: web-1}, {port: 1, protocol: SCTP}]'),
    ],
    [
      'with comments, CRLF and several documents',
      `# a\r\n---\r\n${withSpec('podSelector: {}').replaceAll('\n', '\r\n')}---\r\n# nothing\r\n---\r\n`,
    ],
  ])('%s', (_, text) => {
    expect(briefly(readText(text)).filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('lenient, where strict reading refuses a field that Kubernetes leaves out', () => {
    const text = withSpec('podSelector: {}\npodSelectors: {}');
    expect(briefly(readText(text, { strict: false }))).toContain('warning bad-network-policy 6:3');
  });
});

describe('YAML does not surprise', () => {
  it.each([
    [
      'a word that is a boolean in YAML 1.1',
      'podSelector:\n  matchLabels: {app: no}',
      'error not-yaml 6:24',
    ],
    [
      'a number that is octal in YAML 1.1',
      'podSelector: {}\ningress:\n- ports: [{port: 010}]',
      'error not-yaml 7:20',
    ],
    ['an anchor', 'podSelector: &all {}', 'error not-yaml 5:21'],
    ['an alias', 'podSelector: {}\ningress: *x', 'error not-yaml 6:12'],
    ['a name twice', 'podSelector: {}\npodSelector: {}', 'error duplicate-key 6:3'],
    ['a tab as indentation', 'podSelector:\n\tmatchLabels: {}', 'error not-yaml 6:3'],
  ])('%s', (_, spec, expected) => {
    const lines = briefly(readText(withSpec(spec)));
    expect(lines.find((line) => line.startsWith('error'))).toBe(expected);
  });

  it('counts lines through all documents of a text', () => {
    const text = `${withSpec('podSelector: {}')}---\n${withSpec('podSelector: {}\npolicyTypes: [X]')}`;
    expect(briefly(readText(text))).toContain('error bad-network-policy 12:17');
  });

  it('takes y and n, which are no booleans to Kubernetes', () => {
    const lines = briefly(readText(withSpec('podSelector:\n  matchLabels: {pod: y}')));
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
  });
});

describe('other objects', () => {
  it.each([
    [
      'a pod with an address that is none',
      '{apiVersion: v1, kind: Pod, metadata: {name: p}, status: {podIP: 10.0.0}}',
      'error bad-kubernetes-object 1:66',
    ],
    [
      'a pod with a port that is none',
      '{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, ports: [{containerPort: x}]}]}}',
      'error bad-kubernetes-object 1:104',
    ],
    [
      'a label that is a number',
      '{apiVersion: v1, kind: Namespace, metadata: {name: n, labels: {a: 1}}}',
      'error bad-kubernetes-object 1:67',
    ],
    [
      'two pods of one name',
      '{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: p}}, {apiVersion: v1, kind: Pod, metadata: {name: p}}]}',
      'error bad-kubernetes-object 1:88',
    ],
    [
      'a kind in the wrong case',
      '{apiVersion: v1, kind: pod, metadata: {name: p}}',
      'error bad-kubernetes-object 1:24',
    ],
    [
      'an item of a list that is no object',
      '{apiVersion: v1, kind: List, items: [1]}',
      'error bad-kubernetes-object 1:38',
    ],
    [
      'a service with an address that is none',
      '{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {clusterIP: x}}',
      'error bad-kubernetes-object 1:72',
    ],
    [
      'a node with an address that is none',
      '{apiVersion: v1, kind: Node, metadata: {name: s}, status: {addresses: [{type: InternalIP, address: x}]}}',
      'error bad-kubernetes-object 1:100',
    ],
    [
      'an endpoint slice with an address that is none',
      '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s}, endpoints: [{addresses: [x]}]}',
      'error bad-kubernetes-object 1:102',
    ],
  ])('refuses %s', (_, text, expected) => {
    expect(briefly(readText(text))).toContain(expected);
  });

  it('reads items of typed lists, which do not repeat their kind', () => {
    const { host } = readText(
      '{apiVersion: v1, kind: PodList, items: [{metadata: {name: p}, status: {podIP: 10.0.0.1}}]}',
    );
    expect(host?.endpoints.map(({ name }) => name)).toEqual(['default/p']);
  });

  it('passes over kinds that decide nothing, and says that workloads are not pods', () => {
    const lines = briefly(
      readText(
        '{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: d}}',
      ),
    );
    expect(lines).toContain('warning policy-not-evaluated 1:1');
    expect(lines).toContain('info policy-not-evaluated 3:1');
  });
});
