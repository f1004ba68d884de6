import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/normalise/address.js';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
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

function names(host: NormalisedHost, ids: readonly number[]): string[] {
  return ids.map((id) => host.rules[id]!.name);
}

function switchNames(host: NormalisedHost, direction: 'in' | 'out' = 'in'): string[][] {
  const stage = host.endpoints[0]!.switchStage;
  if (stage.kind !== 'acl') throw new Error(stage.kind);
  return stage[direction].map((list) => names(host, list.rules));
}

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
    expect(hostOf(policy, { platform: {} }).networks).toEqual([
      { name: 'net', driver: 'overlay', vni: null },
    ]);
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
  it('and read as NAT where the caller says so, as the message tells', () => {
    const endpoint = { ID: 'x', HostComputeNetwork: 'lan', IpConfigurations: [] };
    const policy = [{ Name: 'lan', Type: 'Internal', Ipams: [] }, endpoint];
    const [refused] = diagnosticsOf(policy, { platform: { windows: 'ws2022' } });
    expect(refused).toMatchObject({ code: 'driver-not-modelled', found: 'internal' });
    expect(refused!.message).toContain('--driver nat reads all networks as NAT');
    const { networks, endpoints } = hostOf(policy, { platform: { driver: 'nat' } });
    expect(networks).toMatchObject([{ name: 'lan', driver: 'nat' }]);
    expect(endpoints).toMatchObject([{ switchStage: { kind: 'no-acl-layer' } }]);
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
