/** CNI configurations and autogen intents. Source: hns.md 4.1 (F7, F12), 7.1. */
import { describe, expect, it } from 'vitest';
import type { NormalisedRule } from '../../src/normalise/normalised-host.js';
import { briefly, diagnosticsOf, hostOf, normalise, type Reading } from './reading.js';

/** Only the plug-in tells the driver. */
const NO_DRIVER: Reading = { platform: { windows: 'ws2022', isolation: 'process' } };

const acl = { Type: 'ACL', Action: 'Allow', Direction: 'In', Priority: 200 };
const settings = { Type: 'ACL', Settings: { Action: 'Block', Direction: 'Out', Priority: 300 } };
const item = (Value: unknown): object => ({ Name: 'EndpointPolicy', Value });
const conf = (fields: object): object => ({ cniVersion: '0.3.0', name: 'net', ...fields });

const driverOf = (fields: object): string =>
  hostOf(conf(fields), NO_DRIVER)
    .networks.map(({ driver }) => driver)
    .join();

const told = ({ direction, action, priority, stage }: NormalisedRule): string =>
  `${direction} ${action} ${priority ?? '-'} ${stage}`;

describe('the driver follows from the plug-in', () => {
  it.each<[object, string]>([
    [{ type: 'win-bridge' }, 'l2bridge'],
    [{ type: 'sdnbridge' }, 'l2bridge'],
    [{ type: 'l2bridge' }, 'l2bridge'],
    [{ type: 'win-overlay' }, 'overlay'],
    [{ type: 'sdnoverlay' }, 'overlay'],
    [{ type: 'nat' }, 'nat'],
    [{ type: 'l2tunnel' }, 'l2tunnel'],
    [{ type: 'azure-vnet', mode: 'bridge' }, 'l2bridge'],
    [{ type: 'azure-vnet', mode: 'tunnel' }, 'l2tunnel'],
    [{ type: 'azure-vnet' }, 'l2tunnel'],
    [{ type: 'calico', mode: 'vxlan' }, 'overlay'],
    [{ type: 'calico', mode: 'windows-bgp' }, 'l2bridge'],
    [{ type: 'flannel', delegate: { type: 'sdnoverlay' } }, 'overlay'],
    [{ plugins: [{ type: 'azure-vnet', mode: 'bridge' }, { type: 'portmap' }] }, 'l2bridge'],
    [{ plugins: [{ type: 'portmap' }, { type: 'win-overlay' }] }, 'overlay'],
  ])('%j', (fields, driver) => {
    expect(driverOf(fields)).toBe(driver);
  });

  it.each<[object, string]>([
    [{ type: 'bridge' }, 'error unknown-driver 0:0 type'],
    [{ type: 'azure-vnet', mode: 'transparent' }, 'error unknown-driver 0:0 type'],
    [{ type: 'calico' }, 'error unknown-driver 0:0 type'],
    [{ type: '{{TYPE}}' }, 'error unknown-driver 0:0 type'],
    [{ plugins: [{ type: 'constructor' }] }, 'error unknown-driver 0:0 plugins[0].type'],
    [{ plugins: [{ type: 'portmap' }] }, 'error missing-field 0:0'],
    [{}, 'error missing-field 0:0'],
  ])('%j must be told by the caller', (fields, expected) => {
    const errors = (reading: Reading): readonly string[] =>
      briefly(conf(fields), reading).filter((line) => line.startsWith('error'));
    expect(errors(NO_DRIVER)).toEqual([expected]);
    const isTold = expected.includes('unknown-driver');
    expect(errors({ platform: { ...NO_DRIVER.platform, driver: 'l2bridge' } })).toEqual(
      isTold ? [] : [expected],
    );
  });
});

describe('the policies of a configuration', () => {
  it.each(['AdditionalArgs', 'policies'])('are those of %s, in either case and shape', (field) => {
    const document = conf({
      type: 'sdnbridge',
      [field]: [item(acl), { name: 'EndpointPolicy', value: settings }],
    });
    const { rules, endpoints } = hostOf(document, NO_DRIVER);
    expect(rules.map(told)).toEqual(['in allow 200 switch', 'out block 300 switch']);
    expect(rules.map(({ name }) => name)).toEqual([
      `policy.json ${field}[0].Value`,
      `policy.json ${field}[1].value`,
    ]);
    expect(endpoints.map(({ name }) => name)).toEqual(['net']);
  });

  it('are given to every endpoint of the network, and to no other', () => {
    const endpoint = (Name: string, IPAddress: string, VirtualNetworkName: string): object => ({
      ...{ Name, IPAddress, VirtualNetworkName },
    });
    const { endpoints, rules } = hostOf(
      [
        conf({ type: 'sdnbridge', AdditionalArgs: [item(acl)] }),
        endpoint('a', '10.0.0.1', 'net'),
        endpoint('b', '10.0.0.2', 'NET'),
        endpoint('c', '10.0.0.3', 'other'),
      ],
      { platform: { ...NO_DRIVER.platform, driver: 'l2bridge' } },
    );
    expect(endpoints.map(({ name, switchStage }) => [name, switchStage.kind])).toEqual([
      ['a', 'acl'],
      ['b', 'acl'],
      ['c', 'no-acl-layer'],
    ]);
    expect(rules).toHaveLength(2);
  });

  it('stand for an endpoint of each network where nothing says one', () => {
    const two = [
      conf({ type: 'sdnbridge', AdditionalArgs: [item(acl)] }),
      conf({ type: 'win-overlay', name: 'second', policies: [item(settings)] }),
    ];
    const { endpoints } = hostOf(two, NO_DRIVER);
    expect(endpoints.map(({ name, network }) => [name, network])).toEqual([
      ['net', 0],
      ['second', 1],
    ]);
    const flagged = (endpoint: string): Reading => ({
      platform: { ...NO_DRIVER.platform, endpoint },
    });
    expect(hostOf(two, flagged('second=10.0.0.5')).endpoints).toMatchObject([
      { name: 'second', network: 1, addresses: [{ value: 0x0a000005n }] },
    ]);
    expect(diagnosticsOf(two, flagged('pod')).map(({ code }) => code)).toEqual(['unknown-network']);
  });

  it.each<[string, object, string]>([
    [
      'one of another name',
      { Name: 'Other', Value: acl },
      'error unknown-value 0:0 AdditionalArgs[0].Name',
    ],
    ['one without a name', { Value: acl }, 'error missing-field 0:0 AdditionalArgs[0]'],
    [
      'one without a value',
      { Name: 'EndpointPolicy' },
      'error missing-field 0:0 AdditionalArgs[0]',
    ],
    [
      'one that ConvertTo-Json cut',
      { Name: 'EndpointPolicy', Value: '@{Type=ACL}' },
      'error truncated-dump 0:0 AdditionalArgs[0].Value',
    ],
    [
      'one that is wrong',
      item({ ...acl, Action: 'Deny' }),
      'error unknown-value 0:0 AdditionalArgs[0].Value.Action',
    ],
  ])('refuse %s', (_, wrong, expected) => {
    expect(briefly(conf({ type: 'nat', AdditionalArgs: [wrong] }), NO_DRIVER)).toEqual([expected]);
  });

  it('of a type that only the plug-in knows are kept, also in strict reading', () => {
    const document = conf({ type: 'sdnbridge', AdditionalArgs: [item({ Type: 'LoopbackDSR' })] });
    expect(briefly(document, NO_DRIVER)).toEqual([
      'info unknown-policy-type 0:0 AdditionalArgs[0].Value.Type',
    ]);
  });
});

describe('published ports of the runtime', () => {
  const runtimeConfig = {
    portMappings: [
      { hostPort: 8080, containerPort: 80, protocol: 'tcp' },
      { hostPort: 53, containerPort: 53, protocol: 'UDP' },
    ],
  };

  it('open NAT, and become ACLs where allowAclPortMapping is on', () => {
    const rulesOf = (fields: object): string[] =>
      hostOf(conf({ runtimeConfig, ...fields }), NO_DRIVER).rules.map(told);
    const optionalFlags = { allowAclPortMapping: true };
    expect(rulesOf({ type: 'sdnbridge' })).toEqual([]);
    expect(rulesOf({ type: 'sdnbridge', optionalFlags })).toEqual([
      'in allow 1000 switch',
      'in allow 1000 switch',
    ]);
    expect(rulesOf({ type: 'win-bridge', optionalFlags })).toEqual([]);
    const { endpoints } = hostOf(conf({ type: 'nat', runtimeConfig }), {
      platform: { windows: '2016', isolation: 'process' },
    });
    expect(endpoints[0]!.hostStage).toMatchObject({
      mappings: [
        { protocol: 6, internalPort: 80 },
        { protocol: 17, internalPort: 53 },
      ],
    });
  });

  it('are refused where they are wrong, at their place', () => {
    const wrong = { portMappings: [{ hostPort: 1, containerPort: 70000, protocol: 'sctp' }] };
    expect(briefly(conf({ type: 'sdnbridge', runtimeConfig: wrong }), NO_DRIVER)).toEqual([
      'error bad-protocol 0:0 runtimeConfig.portMappings[0]',
      'error bad-port 0:0 runtimeConfig.portMappings[0]',
    ]);
  });
});

describe('ACLs a plug-in writes by itself', () => {
  it('of Calico deny everything inbound until Felix comes', () => {
    const document = conf({ type: 'calico', mode: 'vxlan' });
    expect(hostOf(document, NO_DRIVER).rules).toMatchObject([
      { name: 'CNIDefaultDenyAllPolicy', action: 'block', direction: 'in', priority: 65500 },
    ]);
    expect(briefly(document, NO_DRIVER)).toEqual(['info front-end-rule 0:0']);
  });

  it('of vpc-eni block the metadata service when told to', () => {
    const document = (blockInstanceMetadata: boolean): object =>
      conf({ type: 'vpc-eni', blockInstanceMetadata });
    expect(hostOf(document(true), NO_DRIVER).rules.map(told)).toEqual([
      'out block 200 host',
      'in allow 300 host',
      'out allow 300 host',
    ]);
    expect(hostOf(document(false), NO_DRIVER).rules).toEqual([]);
  });
});

describe('an autogen intent', () => {
  const intent = (fields: object = {}): object => ({
    Name: 'net',
    Type: 'sdnbridge',
    Subnet: '192.168.0.0/24',
    Gateway: '192.168.0.2',
    InfraPrefix: '10.0.0.0/24',
    ManagementIp: '10.0.0.10',
    DnsServers: ['168.63.129.16'],
    ...fields,
  });
  const user = (Priority: number): object => ({
    Type: 'ACL',
    Settings: { Action: 'Allow', Direction: 'Out', Priority },
  });

  it('stands between the rules of the system', () => {
    const document = intent({ AdditionalPolicies: [user(5000), user(3000)] });
    const priorities = hostOf(document, NO_DRIVER).rules.map(({ priority }) => priority);
    expect(priorities).toEqual([2051, 2052, 2053, 2054, 3000, 5000, 9001, 9002, 9003]);
  });

  it('stands alone when the rules of the system are skipped', () => {
    const document = intent({ AdditionalPolicies: [user(3000)], SkipDefaultPolicies: false });
    expect(hostOf(document, NO_DRIVER).rules.map(({ priority }) => priority)).toEqual([3000]);
  });

  it('is refused where it takes a number of the system, or lacks a field', () => {
    const wrong = intent({ AdditionalPolicies: [user(2999), user(8001)], Gateway: undefined });
    expect(briefly(wrong, NO_DRIVER)).toEqual([
      'error missing-field 0:0',
      'error bad-priority 0:0 AdditionalPolicies[0].Settings.Priority',
      'error bad-priority 0:0 AdditionalPolicies[1].Settings.Priority',
    ]);
  });

  it('is told of its own fields where one of them makes a bad rule', () => {
    const { diagnostics } = normalise(intent({ InfraPrefix: 'infra' }), NO_DRIVER);
    expect(diagnostics).toMatchObject([
      { code: 'bad-address', rule: 'autogen-9001', location: { path: 'InfraPrefix' } },
    ]);
  });
});
