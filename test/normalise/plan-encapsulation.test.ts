/** The layer of overlay networks that puts headers on: what documents make of it, and what is wrong. */
import { describe, expect, it } from 'vitest';
import type { EncapsulationRule, NormalisedHost } from '../../src/normalise/normalised-host.js';
import { type Reading, briefly, hostOf } from '../policy/reading.js';

const route = (settings: object): object => ({
  Type: 'RemoteSubnetRoute',
  Settings: {
    ...{ DestinationPrefix: '10.244.42.0/24', IsolationId: 4096 },
    ...{ ProviderAddress: '172.29.0.24' },
    ...settings,
  },
});
const PROVIDER = { Type: 'ProviderAddress', Settings: { ProviderAddress: '172.29.0.68' } };
const V2 = { SchemaVersion: { Major: 2, Minor: 0 } };

const documents = (routes: object[], policies: object[] = [PROVIDER], type = 'Overlay') => [
  { ...V2, ID: 'n1', Name: 'net', Type: type, Ipams: [], Policies: routes },
  {
    ...{ ...V2, ID: 'pod', Name: 'pod', HostComputeNetwork: 'n1', Policies: policies },
    IpConfigurations: [{ IpAddress: '10.244.114.4', PrefixLength: 24 }],
  },
];
const ON = {
  platform: { windows: 'ws2022', isolation: 'hyperv' },
  options: { encapsulation: 'on' },
} as const;
const rulesOf = (host: NormalisedHost): readonly EncapsulationRule[] =>
  host.endpoints[0]!.encapsulation?.rules ?? [];
const errors = (policy: unknown, reading: Reading): string[] =>
  briefly(policy, reading).filter((line) => line.startsWith('error'));
const names = (host: NormalisedHost): string[] => rulesOf(host).map(({ name }) => name);

describe('the layer of an overlay network that puts headers on', () => {
  it('has a rule for each remote subnet, the longest prefix first, and takes headers off', () => {
    const host = hostOf(
      documents([route({}), route({ DestinationPrefix: '10.244.42.128/25' })]),
      ON,
    );
    expect(host.endpoints[0]!.encapsulation).toMatchObject({
      ...{ name: 'VNET_ENCAP_LAYER', priority: 40 },
    });
    expect(names(host)).toEqual([
      ...['VNET_ENCAP_10.244.42.128/25', 'VNET_ENCAP_10.244.42.0/24'],
      ...['VNET_DECAP', 'VNET_DECAP'],
    ]);
    expect(rulesOf(host)[0]!.puts).toEqual({
      ...{ format: 'vxlan', network: 4096 },
      source: { family: 4, value: 0xac1d0044n },
      destination: { family: 4, value: 0xac1d0018n },
      ...{ sourceMac: null, destinationMac: null, innerMac: null },
    });
  });

  it('is not there without the option, or on another network', () => {
    const off = { platform: ON.platform };
    expect(hostOf(documents([route({})]), off).endpoints[0]!.encapsulation).toBeUndefined();
    const bridged = hostOf(documents([route({})], [PROVIDER], 'L2Bridge'), ON);
    expect(bridged.endpoints[0]!.encapsulation).toBeUndefined();
  });

  it('sends from the provider address of either schema, else puts nothing on', () => {
    const v1 = hostOf(documents([route({})], [{ Type: 'PA', PA: '172.29.0.9' }]), ON);
    expect(rulesOf(v1)[0]!.puts!.source).toEqual({ family: 4, value: 0xac1d0009n });
    expect(names(hostOf(documents([route({})], []), ON))).toEqual(['VNET_DECAP', 'VNET_DECAP']);
  });

  it.each([
    ['DestinationPrefix', '10.244.42.0/33'],
    ['ProviderAddress', 'there'],
    ['IsolationId', 16_777_216],
    ['DistributedRouterMacAddress', '66-29'],
  ])('refuses a wrong %s with its place', (field, value) => {
    const wrong = documents([route({ [field]: value })]);
    const found = errors(wrong, ON);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^error bad-address /);
    expect(found[0]).toContain(field);
    expect(errors(wrong, { platform: ON.platform })).toEqual([]);
  });

  it('refuses a provider address that is none', () => {
    const wrong = { Type: 'ProviderAddress', Settings: { ProviderAddress: '172.29.0' } };
    expect(errors(documents([route({})], [wrong]), ON)[0]).toMatch(/^error bad-address /);
  });
});
