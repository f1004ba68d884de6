/**
 * Load balancers of both schemas: a request to a service reaches a backend, is filtered there and at
 * the client as what it has become, and its reply is translated back; and what is wrong with one.
 * Source: docs/semantics/actions.md 2, 4, 6; hns.md 6.3, 9.
 */
import { describe, expect, it } from 'vitest';

import { hostDescriptionFromValue } from '../../src/host-description/load.js';
import {
  Simulator,
  compileHost,
  lintHost,
  normaliseHost,
  policyFromValue,
  type PacketRecord,
  type Tuple,
} from '../../src/index.js';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { diagnosticsOf, hostOf } from '../policy/reading.js';

const VIP = '10.96.0.10';
const CLIENT = '10.1.0.5';
const FIRST = '10.1.0.6';
const SECOND = '10.1.0.7';
const OUTSIDE = '10.9.9.9';

const acl = (id: string, direction: 'In' | 'Out', more: object): object => ({
  ...{ Type: 'ACL', Id: id, Action: 'Allow', Direction: direction, Protocols: '6' },
  ...{ RuleType: 'Switch', Priority: 200, ...more },
});
const endpoint = (id: string, address: string, policies: object[], more: object = {}): object => ({
  ...{ ID: id, Name: id, HostComputeNetwork: 'n1', Policies: policies },
  ...{ IpConfigurations: [{ IpAddress: address, PrefixLength: 24 }], ...more },
});
const NETWORK = { ID: 'n1', Name: 'pods', Type: 'L2Bridge', Ipams: [] };
const BACKEND = [acl('allow-8080', 'In', { LocalPorts: '8080' })];
const TO_BACKENDS = [acl('to-8080', 'Out', { RemotePorts: '8080' })];
const PORT = { Protocol: 6, InternalPort: 8080, ExternalPort: 80 };
const SERVICE = {
  ...{ ID: 'lb', HostComputeEndpoints: ['b1', 'b2'], SourceVIP: '10.1.0.2' },
  ...{ FrontendVIPs: [VIP], PortMappings: [PORT] },
  ...{ SchemaVersion: { Major: 2, Minor: 0 }, Flags: 1 },
};
const LIST = {
  ...{ ID: 'lb', References: ['/endpoints/B1', '/endpoints/b2'] },
  Policies: [{ Type: 'ELB', ...PORT, VIPs: [VIP], ILB: true, SourceVIP: '10.1.0.2' }],
};

interface Parts {
  readonly client?: object[];
  readonly backends?: object[];
  readonly service?: unknown;
  readonly second?: object;
}

const documents = ({ client = TO_BACKENDS, backends = BACKEND, service, second }: Parts = {}) => [
  NETWORK,
  endpoint('a', CLIENT, client),
  endpoint('b1', FIRST, backends),
  second ?? endpoint('b2', SECOND, backends),
  service ?? SERVICE,
];
const PLATFORM = { windows: 'ws2022', isolation: 'hyperv' };
const modelled = (parts?: Parts): NormalisedHost =>
  hostOf(documents(parts), { platform: PLATFORM });

const segment = (from: string, to: string, flags = 'S'): Tuple => {
  const [src, sport] = from.split(':') as [string, string];
  const [dst, dport] = to.split(':') as [string, string];
  return { proto: 6, src, dst, sport: Number(sport), dport: Number(dport), flags };
};
const REQUEST = segment(`${CLIENT}:4000`, `${VIP}:80`);

const said = ({ endpoint: at, direction, verdict, rule, reason }: PacketRecord): string =>
  [at, direction, verdict, rule, reason].filter((word) => word !== null).join(' ');
const judged = (host: NormalisedHost, ...tuples: Tuple[]): string[][] =>
  new Simulator(compileHost(host), {}).judge(tuples).map((records) => records.map(said));

/** Which of the two a first request went to, and the other one. */
function backendsOf(host: NormalisedHost, request: Tuple): [taken: string, other: string] {
  const names = new Simulator(compileHost(host), {}).judge([request])[0]!.map((r) => r.endpoint);
  return names.includes('b1') ? ['b1', 'b2'] : ['b2', 'b1'];
}
const ADDRESS: Readonly<Record<string, string>> = { b1: FIRST, b2: SECOND };

describe.each([
  ['a v2 load balancer', SERVICE],
  ['a v1 policy list', LIST],
])('%s', (_, service) => {
  it('sends a request to a backend, which both sides filter as what it has become', () => {
    const host = modelled({ service });
    const [taken] = backendsOf(host, REQUEST);
    expect(judged(host, REQUEST)).toEqual([
      ['a out allow to-8080 rule', `${taken} in allow allow-8080 rule`],
    ]);
  });

  it('is refused where the rules are for the service and its port', () => {
    const client = [acl('to-service', 'Out', { RemoteAddresses: VIP, RemotePorts: '80' })];
    expect(judged(modelled({ service, client }), REQUEST)).toEqual([['a out drop implicit-deny']]);
    const backends = [acl('allow-80', 'In', { LocalPorts: '80' })];
    const host = modelled({ service, backends });
    expect(judged(host, REQUEST)[0]![1]).toMatch(/^b[12] in drop implicit-deny$/);
  });

  it('has the reply of that backend come back, and of no other', () => {
    const host = modelled({ service });
    const [taken, other] = backendsOf(host, REQUEST);
    const reply = (from: string): Tuple => segment(`${ADDRESS[from]}:8080`, `${CLIENT}:4000`, 'SA');
    expect(judged(host, REQUEST, reply(taken))[1]).toEqual([
      `${taken} out allow allow-8080 established`,
      'a in allow to-8080 established',
    ]);
    expect(judged(host, REQUEST, reply(other))[1]).toEqual([`${other} out drop implicit-deny`]);
    // What no request went before is not let in.
    expect(judged(host, reply(taken))).toEqual([[`${taken} out drop implicit-deny`]]);
  });

  it('takes requests from outside, and the replies as the wire shows them', () => {
    const host = modelled({ service });
    const request = segment(`${OUTSIDE}:4000`, `${VIP}:80`);
    const [taken] = backendsOf(host, request);
    const answer = segment(`${VIP}:80`, `${OUTSIDE}:4000`, 'SA');
    expect(judged(host, request, answer)).toEqual([
      [`${taken} in allow allow-8080 rule`],
      [`${taken} out allow allow-8080 established`],
    ]);
    const another = segment(`${OUTSIDE}:4000`, `${VIP}:81`);
    expect(judged(host, another)).toEqual([['pass no-endpoint']]);
  });

  it('is the same meaning in both schemas', () => {
    const written = modelled({ service });
    const v2 = modelled();
    expect(written.fronts).toEqual(v2.fronts);
    expect(written.endpoints.map((each) => each.translations)).toEqual(
      v2.endpoints.map((each) => each.translations),
    );
    expect(v2.endpoints[0]!.translations).toMatchObject([
      { name: 'LB_DSR', priority: 7, rules: [{ action: 'lbnat', direction: 'out' }] },
    ]);
    expect(v2.endpoints[1]!.translations).toMatchObject([
      { name: 'LB_DSR' },
      { name: 'SLB_NAT_LAYER', priority: 50, rules: [{ action: 'nat', direction: 'in' }] },
    ]);
  });
});

describe('backends', () => {
  const taken = (DistributionType: number): Set<string | null> => {
    const service = { ...SERVICE, PortMappings: [{ ...PORT, DistributionType }] };
    const simulator = new Simulator(compileHost(modelled({ service })), {});
    const requests = Array.from({ length: 32 }, (_, i) => ({ ...REQUEST, sport: 4000 + i }));
    return new Set(simulator.judge(requests).map((records) => records[1]!.endpoint));
  };

  it('are chosen by the connection, or by the client where DistributionType says so', () => {
    expect([taken(0).size, taken(1).size, taken(2).size]).toEqual([2, 1, 1]);
  });

  it('are those that are named, also where two networks use one address', () => {
    const other = { ID: 'n2', Name: 'other', Type: 'L2Bridge', Ipams: [] };
    const twin = (id: string, network: string, mac: string): object => ({
      ...endpoint(id, FIRST, BACKEND),
      ...{ HostComputeNetwork: network, MacAddress: mac },
    });
    const named = (id: string): unknown[] => {
      const service = { ...SERVICE, HostComputeEndpoints: [id] };
      const twins = [twin('x', 'n1', '00-15-5D-00-00-01'), twin('y', 'n2', '00-15-5D-00-00-02')];
      const host = hostOf([NETWORK, other, ...twins, service], { platform: PLATFORM });
      return host.endpoints
        .filter(({ translations }) => translations?.some(({ name }) => name === 'SLB_NAT_LAYER'))
        .map(({ name }) => name);
    };
    expect([named('x'), named('y')]).toEqual([['x'], ['y']]);
  });

  it('on another host are judged by nobody here, and filtered at the client', () => {
    const remote = endpoint('b2', '10.2.0.7', [], { Flags: 1 });
    const service = { ...SERVICE, HostComputeEndpoints: ['b2'] };
    expect(judged(modelled({ service, second: remote }), REQUEST)).toEqual([
      ['a out allow to-8080 rule'],
    ]);
    const client = [acl('to-first', 'Out', { RemoteAddresses: FIRST })];
    expect(judged(modelled({ service, client, second: remote }), REQUEST)).toEqual([
      ['a out drop implicit-deny'],
    ]);
  });
});

describe('a load balancer without an address', () => {
  const hostWith = (addresses: string[]): NormalisedHost => {
    const description = hostDescriptionFromValue(
      {
        ...{ windows: 'ws2022', addresses, networks: [{ name: 'pods', driver: 'l2bridge' }] },
        endpoints: [{ name: 'web', isolation: 'hyperv', addresses: [FIRST] }],
      },
      'host.json',
      { strict: true },
    );
    const service = { ...SERVICE, HostComputeEndpoints: ['web'], FrontendVIPs: [] };
    const { host, diagnostics } = normaliseHost({
      documents: [policyFromValue(service, 'service.json', { strict: true })],
      ...{ description, strict: true },
    });
    if (host === null) throw new Error(JSON.stringify(diagnostics));
    return host;
  };
  const request = segment(`${OUTSIDE}:4000`, '10.0.0.4:80');

  it('holds on the addresses of the host, and names backends of a description', () => {
    expect(judged(hostWith(['10.0.0.4']), request)).toEqual([['web in allow guest-default-allow']]);
    expect(judged(hostWith([]), request)).toEqual([['pass no-endpoint']]);
  });
});

describe('what is wrong with a load balancer is said with its place and the code of the service', () => {
  const port = (more: object): object => ({ ...SERVICE, PortMappings: [{ ...PORT, ...more }] });
  const list = (more: object): object => ({
    ...LIST,
    Policies: [{ ...(LIST.Policies[0] as object), ...more }],
  });
  const found = (...services: unknown[]): string[] =>
    diagnosticsOf([...documents().slice(0, 4), ...services], { platform: PLATFORM })
      .filter(({ severity }) => severity === 'error')
      .map(({ code, location, hns }) => [code, location.path, hns].filter(Boolean).join(' '));

  it.each<[string, unknown, string]>([
    [
      'an endpoint that is not there',
      { ...SERVICE, HostComputeEndpoints: ['b1', 'b9'] },
      'unknown-endpoint [4].HostComputeEndpoints[1] 0x803b0002',
    ],
    [
      'an endpoint that a v1 list refers to',
      { ...LIST, References: ['/endpoints/b9'] },
      'unknown-endpoint [4].References[0] 0x803b0002',
    ],
    [
      'an address that is none',
      { ...SERVICE, FrontendVIPs: ['10.96.0'] },
      'bad-address [4].FrontendVIPs[0] 0x803b001e',
    ],
    [
      'an address that is none, in v1',
      list({ VIPs: [VIP, 'any'] }),
      'bad-address [4].Policies[0].VIPs[1] 0x803b001e',
    ],
    ['a protocol', port({ Protocol: 47 }), 'bad-protocol [4].PortMappings[0].Protocol 0x803b000d'],
    [
      'a port',
      port({ InternalPort: 70000 }),
      'bad-port [4].PortMappings[0].InternalPort 0x803b002d',
    ],
    [
      'no outer port',
      list({ ExternalPort: undefined }),
      'missing-field [4].Policies[0] 0x803b000d',
    ],
    [
      'an outer port of 0',
      port({ ExternalPort: 0 }),
      'bad-port [4].PortMappings[0].ExternalPort 0x803b002d',
    ],
    [
      'no inner port',
      port({ InternalPort: undefined }),
      'missing-field [4].PortMappings[0] 0x803b000d',
    ],
    [
      'a distribution',
      port({ DistributionType: 3 }),
      'unknown-value [4].PortMappings[0].DistributionType 0x803b000d',
    ],
    ['no ports', { ...SERVICE, PortMappings: undefined }, 'missing-field [4] 0x803b000d'],
    [
      'no endpoints',
      { ...SERVICE, HostComputeEndpoints: undefined },
      'missing-field [4] 0x803b000d',
    ],
    ['no references', { ...LIST, References: null }, 'missing-field [4].References 0x803b000d'],
    [
      'a field',
      { ...SERVICE, FrontendVips: [VIP] },
      'conflicting-fields [4].FrontendVips 0x803b000d',
    ],
    ['a type', { ...SERVICE, FrontendVIPs: [7] }, 'wrong-type [4].FrontendVIPs[0] 0x803b001b'],
  ])('%s', (_, service, expected) => {
    expect(found(service)).toEqual([expected]);
  });

  it('no backend of the family of an address, as a warning', () => {
    const of = (vips: string[]): string[] =>
      diagnosticsOf(documents({ service: { ...SERVICE, FrontendVIPs: vips } }), {
        platform: PLATFORM,
      })
        .filter(({ severity }) => severity === 'warning')
        .map(({ code, location }) => `${code} ${location.path}`);
    expect(of([VIP])).toEqual([]);
    expect(of([VIP, 'fd00::10'])).toEqual(['never-matches [4].PortMappings[0]']);
  });

  it('two for one address, protocol and port, and not two for others', () => {
    expect(found(SERVICE, { ...SERVICE, ID: 'other' })).toEqual([
      'port-collision [5].PortMappings[0] 0x803b0013',
    ]);
    expect(found(SERVICE, port({ ExternalPort: 81 }), port({ Protocol: 17 }))).toEqual([]);
    expect(found(SERVICE, { ...SERVICE, FrontendVIPs: ['10.96.0.11'] })).toEqual([]);
  });

  it('all at once, by line and column', () => {
    const text = `[\n{"ID":"lb","HostComputeEndpoints":["x"],"FrontendVIPs":["y"],"PortMappings":[\n{"Protocol":6,"InternalPort":0,"ExternalPort":80}]}]`;
    const places = diagnosticsOf(text).map(
      ({ code, location: { line, column } }) => `${code} ${line}:${column}`,
    );
    expect(places).toEqual(['unknown-endpoint 2:36', 'bad-address 2:57', 'bad-port 3:30']);
  });
});

describe('a published port without an address', () => {
  const lints = (addresses: string[], ports: (string | number)[]): string[] => {
    const description = hostDescriptionFromValue(
      {
        ...{ windows: 'ws2022', addresses, networks: [{ name: 'pods', driver: 'l2bridge' }] },
        endpoints: [{ name: 'web', isolation: 'hyperv', addresses: [FIRST], ports }],
      },
      'host.json',
      { strict: true },
    );
    const { host } = normaliseHost({ documents: [], description, strict: true });
    return lintHost(host!).map(({ severity, code }) => `${severity} ${code}`);
  };

  it('is told of, and one that is translated or has no outer port is not', () => {
    expect(lints([], ['8080:80'])).toEqual(['info port-not-translated']);
    expect(lints(['10.0.0.4'], ['8080:80'])).toEqual([]);
    expect(lints([], ['80'])).toEqual([]);
  });
});
