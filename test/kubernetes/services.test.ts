/**
 * Services: what a pod sends to one is judged as what it becomes, its answer comes back, and nobody is
 * behind a service who is not. Source: docs/semantics/kubernetes.md 7; hns.md 6.3.
 */
import { describe, expect, it } from 'vitest';

import { compileHost } from '../../src/compile/compile-host.js';
import { hostDescriptionFromValue } from '../../src/host-description/load.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { policyFromText } from '../../src/policy/load.js';
import { Simulator, decidingRecord } from '../../src/simulate/simulate.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { hostOf, labelled, pod, policy, readText, type Json } from './cluster.js';

const WEB = '10.1.0.1';
const VIP = '10.96.0.10';
const SQL = [{ name: 'sql', containerPort: 5432 }];
const container = (ports: readonly Json[]): { spec: Json } => ({
  spec: { containers: [{ name: 'c', ports }] },
});
const web = pod('shop/web', WEB, { app: 'web' });
const db = pod('shop/db', '10.1.0.2', { app: 'db' }, container(SQL));
const PORT = { port: 80, targetPort: 5432 };
const service = (spec: Json = {}, more: Json = {}): Json => ({
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop' } },
  spec: { clusterIP: VIP, selector: { app: 'db' }, ports: [PORT], ...spec },
  ...more,
});
const slice = (endpoints: readonly Json[], more: Json = {}): Json => ({
  ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
  metadata: {
    ...{ name: 'db-1', namespace: 'shop' },
    labels: { 'kubernetes.io/service-name': 'db' },
  },
  ports: [{ port: 5432 }],
  endpoints,
  ...more,
});
/** What `web` may send to: pods of that label at that port, and nothing else. */
const toPods = (labels: Json, port: number): Json =>
  policy('shop/out', {
    podSelector: labelled({ app: 'web' }),
    ...{ policyTypes: ['Egress'] },
    egress: [{ to: [{ podSelector: labelled(labels) }], ports: [{ port }] }],
  });
const TO_DB = toPods({ app: 'db' }, 5432);

const segment = (from: string, to: string, flags = 'S', proto: number | string = 'tcp'): Tuple => {
  const [src = '', sport] = from.split(' ');
  const [dst = '', dport] = to.split(' ');
  return { proto, src, dst, sport: Number(sport), dport: Number(dport), flags };
};
const REQUEST = segment(`${WEB} 4000`, `${VIP} 80`);

/** `endpoint direction verdict` of each record. */
function judged(objects: readonly Json[], ...tuples: readonly Tuple[]): string[][] {
  return new Simulator(compileHost(hostOf(objects)))
    .judge(tuples)
    .map((records) =>
      records.map(({ endpoint, direction, verdict }) =>
        [endpoint, direction, verdict].filter((word) => word !== null).join(' '),
      ),
    );
}
const verdict = (objects: readonly Json[], tuple: Tuple = REQUEST): string =>
  decidingRecord(new Simulator(compileHost(hostOf(objects))).judge([tuple])[0]!).verdict;

describe('what a pod sends to a service', () => {
  it('is judged as what it becomes, at the pod behind it too', () => {
    const closed = policy('shop/in', { podSelector: labelled({ app: 'db' }), ingress: [] });
    expect(judged([web, db, service(), TO_DB], REQUEST)).toEqual([
      ['shop/web out allow', 'shop/db in allow'],
    ]);
    expect(judged([web, db, service(), TO_DB, closed], REQUEST)).toEqual([
      ['shop/web out allow', 'shop/db in drop'],
    ]);
  });

  it.each<[string, Json]>([
    ['the pods are others', toPods({ app: 'cache' }, 5432)],
    ['the port is that of the service', toPods({ app: 'db' }, 80)],
    [
      'the block is that of the services',
      policy('shop/out', {
        podSelector: labelled({ app: 'web' }),
        ...{ policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '10.96.0.0/12' } }] }] },
      }),
    ],
  ])('is dropped where %s of what a policy allows', (_, other) => {
    expect(verdict([web, db, service(), TO_DB])).toBe('allow');
    expect(verdict([web, db, service(), other])).toBe('drop');
  });

  it('is answered from the service, and by nobody else', () => {
    const closed = policy('shop/in', { podSelector: labelled({ app: 'web' }), ingress: [] });
    const answer = (from: string): Tuple => segment(from, `${WEB} 4000`, 'SA');
    const objects = [web, db, service(), TO_DB, closed];
    const [, back] = judged(objects, REQUEST, answer('10.1.0.2 5432'));
    expect(back).toEqual(['shop/db out allow', 'shop/web in allow']);
    const [, other] = judged(objects, REQUEST, answer('10.1.0.2 5433'));
    expect(other!.at(-1)).toBe('shop/web in drop');
  });

  it('stays as it is at another port or protocol', () => {
    for (const [to, proto] of [
      [`${VIP} 81`, 'tcp'],
      [`${VIP} 80`, 'udp'],
    ] as const) {
      const [dst = '', dport] = to.split(' ');
      const tuple = { proto, src: WEB, dst, sport: 4000, dport: Number(dport) };
      expect(verdict([web, db, service(), TO_DB], tuple)).toBe('drop');
    }
  });

  it('reaches a pod that is no endpoint here, by its address', () => {
    const linux = pod('shop/db', '10.1.0.2', { app: 'db' }, { spec: { os: { name: 'linux' } } });
    expect(judged([web, linux, service(), TO_DB], REQUEST)).toEqual([['shop/web out allow']]);
    expect(verdict([web, linux, service(), toPods({ app: 'x' }, 5432)])).toBe('drop');
  });
});

describe('behind a service', () => {
  const named = { ports: [{ port: 80, targetPort: 'sql' }] };
  const notReady = { status: { conditions: [{ type: 'Ready', status: 'False' }] } };
  const isBehind = (...objects: readonly Json[]): boolean =>
    verdict([web, ...objects, TO_DB]) === 'allow';

  it.each<[string, Json[], Json[]]>([
    [
      'are pods that its selector selects',
      [db, service()],
      [db, service({ selector: { app: 'd' } })],
    ],
    ['is nobody without a selector and slices', [db, service()], [db, service({ selector: {} })]],
    [
      'are pods of its namespace',
      [db, service()],
      [pod('else/db', '10.1.0.2', { app: 'db' }), service()],
    ],
    [
      'are pods with a port of the name',
      [db, service(named)],
      [pod('shop/db', '10.1.0.2', { app: 'db' }), service(named)],
    ],
    [
      'are pods that are ready',
      [db, service()],
      [pod('shop/db', '10.1.0.2', { app: 'db' }, notReady), service()],
    ],
    [
      'are others where it says so',
      [
        pod('shop/db', '10.1.0.2', { app: 'db' }, notReady),
        service({ publishNotReadyAddresses: true }),
      ],
      [pod('shop/db', '10.1.0.2', { app: 'db' }, notReady), service()],
    ],
    [
      'are the ends of its slices',
      [db, service({ selector: null }), slice([{ addresses: ['10.1.0.2'] }])],
      [db, service(), slice([{ addresses: ['10.1.0.3'] }])],
    ],
    [
      'are ends that are ready',
      [db, service(), slice([{ addresses: ['10.1.0.2'], conditions: {} }])],
      [db, service(), slice([{ addresses: ['10.1.0.2'], conditions: { ready: false } }])],
    ],
    [
      'are ends that end, where no other is ready',
      [
        ...[db, service()],
        slice([
          {
            addresses: ['10.1.0.2'],
            conditions: { ready: false, serving: true, terminating: true },
          },
        ]),
      ],
      [
        ...[db, service()],
        slice([
          {
            addresses: ['10.1.0.2'],
            conditions: { ready: false, serving: true, terminating: true },
          },
          { addresses: ['10.1.0.3'] },
        ]),
      ],
    ],
    [
      'are ends of slices that have the port',
      [db, service(), slice([{ addresses: ['10.1.0.2'] }], { ports: [{ name: '', port: 5432 }] })],
      [db, service(), slice([{ addresses: ['10.1.0.2'] }], { ports: [{ name: 'a', port: 5432 }] })],
    ],
    [
      'is nobody of slices of another service',
      [db, service(), slice([{ addresses: ['10.1.0.3'] }], { metadata: { name: 'x' } })],
      [db, service(), slice([{ addresses: ['10.1.0.3'] }])],
    ],
  ])('%s', (_, has, hasNot) => {
    expect([isBehind(...has), isBehind(...hasNot)]).toEqual([true, false]);
  });

  it('are several, of which a client with affinity keeps one', () => {
    const pods = [2, 3, 4, 5].map((i) => pod(`shop/db-${i}`, `10.1.0.${i}`, { app: 'db' }));
    const chosen = (spec: Json): Set<string> => {
      const tuples = Array.from({ length: 64 }, (_, i) =>
        segment(`${WEB} ${4000 + i}`, `${VIP} 80`),
      );
      const records = judged([web, ...pods, service(spec), TO_DB], ...tuples);
      return new Set(records.map((each) => each[1] ?? ''));
    };
    expect(chosen({}).size).toBe(4);
    expect(chosen({ sessionAffinity: 'ClientIP' }).size).toBe(1);
  });

  it('are those of the family of its address', () => {
    const dual = pod('shop/db', ['10.1.0.2', 'fd00::2'], { app: 'db' });
    const six = pod('shop/web', [WEB, 'fd00::1'], { app: 'web' });
    const objects = [six, dual, service({ clusterIPs: [VIP, 'fd96::10'] }), TO_DB];
    const request = segment('fd00::1 4000', 'fd96::10 80');
    expect(judged(objects, request)).toEqual([['shop/web out allow', 'shop/db in allow']]);
    expect(verdict([six, db, service({ clusterIPs: [VIP, 'fd96::10'] }), TO_DB], request)).toBe(
      'drop',
    );
  });
});

describe('a service has the address', () => {
  const ingress = (item: Json): Json =>
    service({ clusterIP: 'None' }, { status: { loadBalancer: { ingress: [item] } } });
  it.each<[string, string, Json, Json]>([
    [
      'of its externalIPs',
      '192.0.2.9',
      service({ externalIPs: ['192.0.2.9'] }),
      service({ externalIPs: ['192.0.2.8'] }),
    ],
    [
      'of its load balancer',
      '192.0.2.9',
      ingress({ ip: '192.0.2.9' }),
      ingress({ ip: '192.0.2.9', ipMode: 'Proxy' }),
    ],
    ['of the cluster', VIP, service(), service({ clusterIP: 'None' })],
  ])('%s', (_, address, has, hasNot) => {
    const to = segment(`${WEB} 4000`, `${address} 80`);
    expect(verdict([web, db, has, TO_DB], to)).toBe('allow');
    expect(verdict([web, db, hasNot, TO_DB], to)).toBe('drop');
  });

  it('of the host at its node port, where the host is described', () => {
    const objects = [web, db, service({ type: 'NodePort', ports: [{ ...PORT, nodePort: 30080 }] })];
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...objects, TO_DB] });
    const at = (addresses: string[]): string => {
      const description = hostDescriptionFromValue({ addresses }, 'host', { strict: true });
      const { host } = normaliseHost({
        documents: [policyFromText(text, 'objects.json', { strict: true })],
        ...{ description, strict: true },
        platform: { windows: 'ws2022', driver: 'l2bridge', isolation: 'hyperv' },
      });
      const [records] = new Simulator(compileHost(host!)).judge([
        segment(`${WEB} 4000`, '10.0.0.4 30080'),
      ]);
      return decidingRecord(records!).verdict;
    };
    expect([at(['10.0.0.4']), at(['10.0.0.5'])]).toEqual(['allow', 'drop']);
  });
});

describe('of services is said', () => {
  const said = (...items: readonly Json[]): string[] =>
    readText(JSON.stringify(items, null, 1))
      .diagnostics.filter(({ code }) => code !== 'assumed-platform')
      .map(({ severity, code, rule, message }) =>
        [severity, code, rule, /Services? [\w/]+/.exec(message)?.[0]].join(' ').trim(),
      );
  it.each<[string, string, Json[], Json[]]>([
    [
      'that SCTP is not balanced',
      'warning sctp-on-windows  Service shop/db',
      [db, service({ ports: [{ ...PORT, protocol: 'SCTP' }, PORT] })],
      [db, service()],
    ],
    [
      'that nobody is behind one',
      'info never-matches  Service shop/db',
      [web, service()],
      [web, db, service()],
    ],
    [
      'that two have one address and port',
      'warning port-collision  Services have',
      [db, service(), service({}, { metadata: { name: 'other', namespace: 'shop' } })],
      [
        db,
        service(),
        service({ clusterIP: '10.96.0.11' }, { metadata: { name: 'other', namespace: 'shop' } }),
      ],
    ],
  ])('%s', (_, expected, has, hasNot) => {
    expect(said(...has)).toContain(expected);
    expect(said(...hasNot)).not.toContain(expected);
  });

  it.each<[string, Json]>([
    ['a port without a number', service({ ports: [{ name: 'a' }] })],
    ['a port above 65535', service({ ports: [{ port: 70000 }] })],
    ['a target port of 0', service({ ports: [{ port: 80, targetPort: 0 }] })],
    ['a protocol there is not', service({ ports: [{ port: 80, protocol: 'tcp' }] })],
    ['an affinity there is not', service({ sessionAffinity: 'clientip' })],
    ['an external address that is none', service({ externalIPs: ['a'] })],
    ['an end that is no address', slice([{ addresses: ['a'] }])],
    ['a condition that is a text', slice([{ addresses: [], conditions: { ready: 'no' } }])],
  ])('an error of %s, once, with its place', (_, item) => {
    const errors = readText(JSON.stringify([db, item], null, 1)).diagnostics.filter(
      ({ severity }) => severity === 'error',
    );
    expect(errors.map(({ code }) => code)).toEqual(['bad-kubernetes-object']);
    expect(errors[0]!.location.line).toBeGreaterThan(1);
  });

  it('nothing where they are given without anything that could be behind them', () => {
    expect(said(service())).toEqual([]);
  });
});
