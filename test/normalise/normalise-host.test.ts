import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/normalise/address.js';
import type { AddressSet, NormalisedHost } from '../../src/normalise/normalised-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { policyFromValue } from '../../src/policy/load.js';
import {
  acl,
  briefly,
  diagnosticsOf,
  hostOf,
  normalise,
  ruleOf,
  L2BRIDGE,
} from '../policy/reading.js';

const range = (from: string, to = from): [string, string] => [from, to];

function printed(set: AddressSet | null): [string, string][] | null {
  if (set === null) return null;
  const of = (family: 4 | 6) =>
    set[family === 4 ? 'ipv4' : 'ipv6'].map((r): [string, string] => [
      formatAddress({ family, value: r.from }),
      formatAddress({ family, value: r.to }),
    ]);
  return [...of(4), ...of(6)];
}

function names(host: NormalisedHost, ids: readonly number[]): string[] {
  return ids.map((id) => host.rules[id]!.name);
}

function switchNames(host: NormalisedHost, direction: 'in' | 'out' = 'in'): string[][] {
  const stage = host.endpoints[0]!.switchStage;
  if (stage.kind !== 'acl') throw new Error(stage.kind);
  return stage[direction].map((list) => names(host, list.rules));
}

describe('conditions', () => {
  const both = {
    LocalAddresses: '10.1.0.5',
    RemoteAddresses: '10.9.0.0/16',
    Protocols: '6',
    LocalPorts: '80',
    RemotePorts: '1024-65535',
  };

  it('local is the destination of an In rule', () => {
    const { conditions } = ruleOf([acl(both)]);
    expect(printed(conditions.destination)).toEqual([range('10.1.0.5')]);
    expect(printed(conditions.source)).toEqual([range('10.9.0.0', '10.9.255.255')]);
    expect(conditions.destinationPorts).toEqual([{ from: 80, to: 80 }]);
    expect(conditions.sourcePorts).toEqual([{ from: 1024, to: 65535 }]);
  });

  it('local is the source of an Out rule', () => {
    const { conditions } = ruleOf([acl({ ...both, Direction: 'Out' })]);
    expect(printed(conditions.source)).toEqual([range('10.1.0.5')]);
    expect(conditions.sourcePorts).toEqual([{ from: 80, to: 80 }]);
  });

  it.each([
    ['absent', {}],
    [
      'the neutral values of a read-back',
      {
        InternalPort: 0,
        LocalAddresses: '',
        LocalPort: 0,
        Protocol: 256,
        RemoteAddresses: '',
        RemotePort: 0,
        ServiceName: '',
        Scope: 0,
      },
    ],
    ['null', { LocalAddresses: null, Protocols: null, LocalPorts: null }],
    ['256 as a text', { Protocols: '256' }],
  ])('%s means any', (_, fields) => {
    expect(ruleOf([acl(fields)]).conditions).toEqual({
      protocols: null,
      source: null,
      destination: null,
      sourcePorts: null,
      destinationPorts: null,
    });
  });

  it('lists are merged and sorted, families apart', () => {
    const { conditions } = ruleOf([
      acl({
        RemoteAddresses: '10.0.0.2,10.0.0.0/31,fd00::/127',
        Protocols: '17',
        LocalPorts: '90,80-88,89',
      }),
    ]);
    expect(printed(conditions.source)).toEqual([
      range('10.0.0.0', '10.0.0.2'),
      range('fd00::', 'fd00::1'),
    ]);
    expect(conditions.destinationPorts).toEqual([{ from: 80, to: 90 }]);
  });

  it('ports of any protocol on the switch mean TCP and UDP', () => {
    expect(ruleOf([acl({ LocalPorts: '80' })]).conditions.protocols).toEqual([6, 17]);
  });

  it('the port list "0" is port 0, the number 0 is any', () => {
    const portsOf = (fields: object): unknown =>
      ruleOf([acl({ Protocol: 6, ...fields })], { strict: false }).conditions.destinationPorts;
    expect(portsOf({ LocalPorts: '0' })).toEqual([{ from: 0, to: 0 }]);
    expect(portsOf({ LocalPort: 0 })).toBeNull();
    // Of the wrong type; lenient reading takes it.
    expect(portsOf({ LocalPorts: 0 })).toBeNull();
  });

  it('v1 and v2 say the same', () => {
    const v2 = {
      Type: 'ACL',
      Settings: {
        Action: 'Allow',
        Direction: 'In',
        Priority: 200,
        Protocols: '6',
        LocalPorts: '80',
      },
    };
    expect(ruleOf([acl({ Protocol: 6, LocalPort: 80 })]).conditions).toEqual(
      ruleOf([v2]).conditions,
    );
    expect(ruleOf([acl({ Protocol: 6, InternalPort: 80 })]).conditions).toEqual(
      ruleOf([v2]).conditions,
    );
  });
});

describe('documents', () => {
  const one = acl();
  const v2 = { Type: 'ACL', Settings: { Action: 'Allow', Direction: 'In', Priority: 200 } };
  it.each([
    ['F1 one v1 policy', one, 'policy.json'],
    ['F2 one v2 policy', v2, 'policy.json'],
    ['F3 a list', [one], 'policy.json[0]'],
    ['F3 Policies', { Policies: [v2] }, 'policy.json[0]'],
    ['F3 Policies, printed bare', { Policies: v2 }, 'policy.json[0]'],
    [
      'F3 a request',
      { ResourceType: 'Policy', RequestType: 'Add', Settings: { Policies: [v2] } },
      'policy.json[0]',
    ],
    [
      'F4 a v1 endpoint',
      { ID: 'x', VirtualNetworkName: 'n', IPAddress: '10.0.0.1', Policies: [one] },
      'policy.json Policies[0]',
    ],
    [
      'F4 v1 endpoints',
      [{ ID: 'x', VirtualNetworkName: 'n', IPAddress: '10.0.0.1', Policies: [one] }],
      'policy.json[0].Policies[0]',
    ],
    [
      'F5 a v2 endpoint',
      {
        ID: 'x',
        HostComputeNetwork: 'n',
        IpConfigurations: [{ IpAddress: '10.0.0.1', PrefixLength: 24 }],
        Policies: [v2],
      },
      'policy.json Policies[0]',
    ],
    [
      'F11 an envelope',
      { Success: true, Output: { ID: 'x', VirtualNetwork: 'n', Policies: [one] } },
      'policy.json Output.Policies[0]',
    ],
  ])('%s', (_, policy, name) => {
    const host = hostOf(policy);
    expect(host.rules.map((rule) => [rule.id, rule.name])).toEqual([[0, name]]);
  });

  it('an Id is the name', () => {
    expect(ruleOf([acl({ Id: 'web' })]).name).toBe('web');
  });

  it('endpoints tell name, addresses and MAC', () => {
    const host = hostOf({
      Name: 'web',
      HostComputeNetwork: 'n',
      MacAddress: '00-15-5D-01-02-03',
      Policies: [],
      IpConfigurations: [{ IpAddress: '10.0.0.1', PrefixLength: 24 }, { IpAddress: 'fd00::1' }],
    });
    expect(host.endpoints[0]).toMatchObject({ name: 'web', mac: 0x00155d010203n });
    expect(host.endpoints[0]!.addresses.map(formatAddress)).toEqual(['10.0.0.1', 'fd00::1']);
  });

  it('networks tell the driver (F6)', () => {
    const policy = [
      { ID: 'AB', Name: 'net', Type: 'Overlay', Ipams: [] },
      { ID: 'e', Name: 'web', HostComputeNetwork: 'ab', IpConfigurations: [], Policies: [] },
    ];
    expect(hostOf(policy, { platform: {} }).networks).toEqual([{ name: 'net', driver: 'overlay' }]);
  });

  it('a bare ACL of Server 2016 is kept and is no rule', () => {
    expect(briefly([{ Type: 'ACL' }])).toEqual(['info policy-not-evaluated 0:0 [0]']);
    expect(hostOf([{ Type: 'ACL' }]).endpoints[0]!.switchStage.kind).toBe('no-acl-layer');
  });

  it('other types are kept and told once', () => {
    const [diagnostic] = diagnosticsOf([{ Type: 'QOS' }, { Type: 'ROUTE' }, { Type: 'QOS' }]);
    expect(diagnostic).toMatchObject({ severity: 'info', code: 'policy-not-evaluated' });
    expect(diagnostic!.message).toContain('QOS (2), ROUTE');
  });
});

describe('endpoints', () => {
  const endpoint = (name: string, address: string): Record<string, unknown> => ({
    Name: name,
    HostComputeNetwork: 'n',
    IpConfigurations: [{ IpAddress: address }],
    Policies: [],
  });
  const two = [endpoint('web', '10.0.0.1'), endpoint('db', '10.0.0.2')];
  const withFlag = (value: string) => ({ platform: { ...L2BRIDGE, endpoint: value } });

  it('a list without home belongs to one endpoint without addresses', () => {
    expect(hostOf([acl()]).endpoints).toMatchObject([{ name: 'endpoint', addresses: [] }]);
  });
  it('the flag names it and gives addresses', () => {
    const [web] = hostOf([acl()], withFlag('web=10.0.0.1,fd00::1')).endpoints;
    expect([web!.name, ...web!.addresses.map(formatAddress)]).toEqual([
      'web',
      '10.0.0.1',
      'fd00::1',
    ]);
    expect(hostOf([acl()], withFlag('10.0.0.1')).endpoints).toMatchObject([
      { name: '10.0.0.1', addresses: [{ family: 4 }] },
    ]);
    expect(briefly([acl()], withFlag('web=10.0.0'))).toEqual(['error bad-address 0:0']);
  });
  it('a list belongs to the only endpoint of the documents', () => {
    expect(hostOf([two[0], acl()]).endpoints).toMatchObject([
      { name: 'web', switchStage: { kind: 'acl' } },
    ]);
  });
  it('a list among several endpoints needs a home', () => {
    expect(briefly([...two, acl()])).toEqual(['error endpoint-needed 0:0 [2]']);
    expect(hostOf([...two, acl()], withFlag('db')).endpoints).toMatchObject([
      { name: 'db', switchStage: { kind: 'acl' } },
    ]);
  });
  it('an endpoint that is not there is refused with the nearest name', () => {
    const [diagnostic] = diagnosticsOf(two, withFlag('bd'));
    expect(diagnostic).toMatchObject({ code: 'unknown-endpoint' });
    expect(diagnostic!.message).toContain('Did you mean db?');
  });
  it('two endpoints with one address on one network are refused', () => {
    expect(briefly([endpoint('a', '10.0.0.1'), endpoint('b', '10.0.0.1')])).toEqual([
      'error unknown-endpoint 0:0 [1]',
    ]);
  });
  it('an address that is none is refused', () => {
    const [diagnostic] = diagnosticsOf([endpoint('a', '10.0.0.1/24')]);
    expect(diagnostic).toMatchObject({ code: 'bad-address', hns: '0x803b001e' });
  });
  it.each([
    ['v2', { HostComputeNetwork: 'n', Flags: 1 }],
    ['v1', { VirtualNetwork: 'n', IsRemoteEndpoint: true }],
  ])('a remote endpoint of %s takes no ACL and is no endpoint here', (_, fields) => {
    expect(hostOf([{ ...fields, Policies: [] }]).endpoints).toEqual([]);
    expect(briefly([{ ...fields, Policies: [acl()] }])).toEqual([
      'error remote-endpoint 0:0 [0].Policies[0]',
    ]);
  });
  it('endpoints of one name are numbered', () => {
    const host = hostOf([endpoint('Ethernet', '10.0.0.1'), endpoint('Ethernet', '10.0.0.2')]);
    expect(host.endpoints.map((e) => e.name)).toEqual(['Ethernet', 'Ethernet (2)']);
  });
  it('a driver without documented stages is refused', () => {
    const platform = { ...L2BRIDGE, driver: 'private' };
    expect(briefly([acl()], { platform })).toEqual(['error driver-not-modelled 0:0']);
  });
});

describe('order', () => {
  const policy = [
    acl({ Id: 'late', Priority: 300 }),
    acl({ Id: 'allow', RemoteAddresses: '10.0.0.1' }),
    acl({ Id: 'block', Action: 'Block' }),
    acl({ Id: 'block2', Action: 'Block', RemoteAddresses: '10.0.0.2' }),
  ];
  it.each([
    ['block-first', ['block', 'block2', 'allow', 'late']],
    ['document-order', ['allow', 'block', 'block2', 'late']],
    ['last-wins', ['block2', 'block', 'allow', 'late']],
  ] as const)('switch rules at equal priority: %s', (tieBreak, expected) => {
    expect(switchNames(hostOf(policy, { options: { tieBreak } }))).toEqual([expected]);
  });

  it.each([
    ['firewall', ['b500', 'unset-block', 'a100', 'unset-allow', 'a500']],
    ['priority', ['a100', 'b500', 'a500', 'unset-block', 'unset-allow']],
  ] as const)('host rules by %s, unset behind every number', (hostAclOrder, expected) => {
    const rules = [
      acl({ Id: 'a100', Priority: 100, RuleType: 'Host' }),
      acl({ Id: 'unset-allow', Priority: 0, RuleType: 'Host' }),
      acl({ Id: 'a500', Priority: 500, RuleType: 'Host' }),
      acl({ Id: 'b500', Priority: 500, RuleType: 'Host', Action: 'Block' }),
      acl({ Id: 'unset-block', Priority: 0, RuleType: 'Host', Action: 'Block' }),
    ];
    const host = hostOf(rules, { options: { hostAclOrder } });
    const stage = host.endpoints[0]!.hostStage;
    expect(stage.kind === 'acl' ? names(host, stage.in) : stage.kind).toEqual(expected);
  });

  it.each([
    ['both', { in: true, out: true }],
    ['same-direction', { in: true, out: false }],
    ['off', { in: false, out: false }],
  ] as const)('implicit deny %s', (implicitDeny, expected) => {
    const host = hostOf([acl()], { options: { implicitDeny } });
    expect(host.endpoints[0]!.switchStage).toMatchObject({ implicitDeny: expected });
  });

  it.each([
    ['a timer beyond 32 bits of milliseconds', { timers: { switchFlow: 1e308 } }],
    ['a timer below a millisecond', { timers: { hostUdp: 0 } }],
    ['a timer that is no number', { timers: { hostIcmp: NaN } }],
    ['a timer that is a text', { timers: { hostIcmp: '5' } as never }],
    ['a timer that is nothing', { timers: { hostIcmp: undefined } as never }],
    ['half a flow', { flowLimit: 1.5 }],
    ['a word of no list', { tieBreak: 'first' as never }],
    ['a flow limit of none', { flowLimit: 0 }],
  ])('%s is refused', (_, options) => {
    expect(() => hostOf([acl()], { options })).toThrow(
      expect.objectContaining({ code: 'bad-usage' }),
    );
  });
});

describe('tiers', () => {
  const tier = (Name: string, Order: number, ...TierAclRules: unknown[]): unknown => ({
    Type: 'TierAcl',
    Settings: { Name, Order, Direction: 'In', TierAclRules },
  });
  const rule = (TierAclRuleAction: string, Priority: number): unknown => ({
    TierAclRuleAction,
    Priority,
  });

  it('go by Order ahead of the ordinary list, rules named by tier', () => {
    const host = hostOf([
      acl({ Id: 'own' }),
      tier('b', 2, rule('Block', 200)),
      tier('a', 1, rule('Block', 300), rule('Pass', 200)),
    ]);
    const stage = host.endpoints[0]!.switchStage;
    expect(stage.kind === 'acl' && stage.in.map((list) => list.tier)).toEqual(['a', 'b', null]);
    expect(switchNames(host)).toEqual([['a[1]', 'a[0]'], ['b[0]'], ['own']]);
    expect(switchNames(host, 'out')).toEqual([[]]);
  });

  it('alone make a stage with implicit deny', () => {
    const host = hostOf([tier('a', 1, rule('Pass', 200))]);
    expect(host.endpoints[0]!.switchStage).toMatchObject({
      kind: 'acl',
      in: [{ tier: 'a', rules: [0] }],
      out: [],
      implicitDeny: { in: true, out: true },
    });
  });
});

describe('sets', () => {
  const set = (Id: string, Values: string, PolicyType: unknown = 'IPSET'): unknown => ({
    Type: 'SetPolicy',
    Settings: { Id, Name: Id, PolicyType, Values },
  });
  const a = set('a', '10.0.0.1');
  const b = set('b', '10.0.0.1,10.0.0.2');
  const source = (fields: Record<string, unknown>, ...sets: unknown[]) =>
    ruleOf([...sets, acl(fields)]).conditions;

  it('names are ANDed and LocalAddresses means source in both directions (V21)', () => {
    for (const Direction of ['In', 'Out']) {
      const conditions = source({ Direction, LocalAddresses: 'a,b', RemoteAddresses: 'b' }, a, b);
      expect(printed(conditions.source)).toEqual([range('10.0.0.1')]);
      expect(printed(conditions.destination)).toEqual([range('10.0.0.1', '10.0.0.2')]);
    }
  });
  it('names in one field and addresses in the other meet at the source', () => {
    const conditions = source({ LocalAddresses: 'b', RemoteAddresses: '10.0.0.2' }, b);
    expect(printed(conditions.source)).toEqual([range('10.0.0.2')]);
    expect(conditions.destination).toBeNull();
  });
  it('a nested set has what its members have; a number as type is told by the values', () => {
    const nested = set('n', 'a,c', 2);
    const conditions = source({ LocalAddresses: 'n' }, nested, a, set('c', '10.0.0.3', 0));
    expect(printed(conditions.source)).toEqual([range('10.0.0.1'), range('10.0.0.3')]);
  });
  it('a nested set without members matches all before build 26100, with a warning', () => {
    const policy = [set('n', '', 'NESTEDIPSET'), acl({ LocalAddresses: 'n' })];
    expect(briefly(policy)).toEqual([
      'warning empty-nested-set-matches-all 0:0 [0].Settings.Values',
    ]);
    expect(ruleOf(policy).conditions.source).toBeNull();
    const platform = { ...L2BRIDGE, windows: '2025' };
    expect(briefly(policy, { platform })).toEqual([]);
    expect(printed(ruleOf(policy, { platform }).conditions.source)).toEqual([]);
  });
  it.each([
    [
      'an unknown set',
      [a, acl({ LocalAddresses: 'x' })],
      'error unknown-set 0:0 [1].LocalAddresses',
    ],
    [
      'a name where there are no sets',
      [acl({ LocalAddresses: 'x' })],
      'error bad-address 0:0 [0].LocalAddresses',
    ],
    [
      'Any where there are sets',
      [a, acl({ LocalAddresses: 'Any' })],
      'error bad-address 0:0 [1].LocalAddresses',
    ],
    [
      'names beside addresses',
      [a, acl({ LocalAddresses: 'a,10.0.0.1' })],
      'error mixed-sets-and-addresses 0:0 [1].LocalAddresses',
    ],
    [
      'an unknown member',
      [set('n', 'x', 'NESTEDIPSET')],
      'error unknown-set 0:0 [0].Settings.Values',
    ],
    [
      'a set that contains itself',
      [set('n', 'm', 'NESTEDIPSET'), set('m', 'n', 'NESTEDIPSET')],
      'error set-cycle 0:0 [1].Settings.Values',
    ],
    ['a value that is no address', [set('a', 'Any')], 'error bad-address 0:0 [0].Settings.Values'],
    [
      'a value with a wrong prefix',
      [set('a', '10.0.0.0/40')],
      'error bad-prefix 0:0 [0].Settings.Values',
    ],
  ])('%s is refused', (_, policy, expected) => {
    expect(briefly(policy)).toEqual([expected]);
  });
});

describe('the platform', () => {
  it('is assumed where nothing says it, and the host says so', () => {
    expect(hostOf([acl()], { platform: {} }).assumptions).toEqual([
      { what: 'windows', assumed: 'Windows Server 2025 (build 26100)' },
      { what: 'isolation of endpoint endpoint', assumed: 'process' },
      { what: 'driver of network network', assumed: 'l2bridge' },
    ]);
    expect(hostOf([acl()]).assumptions).toEqual([]);
  });
  it.each([
    [{ windows: 'ws2021' }, 'unknown-windows', 'ws2022'],
    [{ driver: 'l2brigde' }, 'unknown-driver', 'l2bridge'],
    [{ isolation: 'hyper' }, 'unknown-isolation', 'hyperv'],
  ])('is refused where it is unknown: %j', (flag, code, nearest) => {
    const [diagnostic] = diagnosticsOf([acl()], { platform: { ...L2BRIDGE, ...flag } });
    expect(diagnostic).toMatchObject({ code, location: { file: `--${Object.keys(flag)[0]}` } });
    expect(diagnostic!.message).toContain(`Did you mean ${nearest}?`);
  });
});

it('a host with an error is null, and what the documents said comes first', () => {
  const { host, diagnostics } = normalise([acl({ Color: 1 }), acl({ Protocol: 300 })]);
  expect(host).toBeNull();
  expect(diagnostics.map((d) => d.code)).toEqual(['unknown-field', 'bad-protocol']);
});

it('several documents make one list, in the order given', () => {
  const documents = ['a.json', 'b.json'].map((name) =>
    policyFromValue([acl({ Id: name })], name, { strict: true }),
  );
  const { host } = normaliseHost({ documents, strict: true, platform: L2BRIDGE });
  expect(switchNames(host!)).toEqual([['a.json', 'b.json']]);
});
