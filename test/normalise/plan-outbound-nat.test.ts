/** What policies OutBoundNAT give what an endpoint sends, and what is wrong in them. */
import { describe, expect, it } from 'vitest';
import type { NormalisedHost, TranslationRule } from '../../src/normalise/normalised-host.js';
import { briefly, hostOf, type Reading } from '../policy/reading.js';

const V2 = { SchemaVersion: { Major: 2, Minor: 0 } };
const nat = (settings: object): object => ({ Type: 'OutBoundNAT', Settings: settings });
const documents = (policies: object[], type = 'L2Bridge'): object[] => [
  { ...V2, ID: 'n1', Name: 'net', Type: type, Ipams: [] },
  {
    ...{ ...V2, ID: 'pod', Name: 'pod', HostComputeNetwork: 'n1', Policies: policies },
    IpConfigurations: [{ IpAddress: '10.244.1.4', PrefixLength: 24 }],
  },
];
const ON: Reading = {
  platform: { windows: 'ws2022', isolation: 'hyperv' },
  options: { outboundNat: 'on' },
};
const VIP = { VirtualIP: '10.0.0.4' };

const layersOf = (host: NormalisedHost): readonly string[] =>
  (host.endpoints[0]!.translations ?? []).map(({ name }) => name);
const rulesOf = (policies: object[], type?: string): readonly TranslationRule[] =>
  (hostOf(documents(policies, type), ON).endpoints[0]!.translations ?? []).flatMap(
    ({ rules }) => rules,
  );
/** Destinations of the first rule, as first and last octets. */
const destinations = (settings: object): string | null => {
  const [rule] = rulesOf([nat({ ...VIP, ...settings })]);
  const text = (value: bigint): string =>
    [24n, 16n, 8n, 0n].map((bits) => (value >> bits) & 255n).join('.');
  const set = rule!.conditions.destination;
  return set === null
    ? null
    : set.ipv4.map(({ from, to }) => `${text(from)}-${text(to)}`).join(' ');
};

describe('outbound NAT', () => {
  it('draws the source of TCP and UDP from the dynamic ports of the virtual address', () => {
    const rules = rulesOf([nat(VIP)]);
    expect(rules.map(({ name }) => name)).toEqual(['SNAT_TCP_OUTBOUNDNAT', 'SNAT_UDP_OUTBOUNDNAT']);
    expect(rules[0]).toMatchObject({
      ...{ direction: 'out', family: 4, action: 'dynnat', source: null, destinations: [] },
      pool: [{ address: { family: 4, value: 0x0a000004n }, from: 49152, to: 65535 }],
      conditions: {
        ...{ protocols: [6], destination: null },
        source: { ipv4: [{ from: 0x0af40104n, to: 0x0af40104n }], ipv6: [] },
      },
    });
  });

  it('is not there without the option, or without an address of the host', () => {
    const off = hostOf(documents([nat(VIP)]), { platform: ON.platform! });
    expect(layersOf(off)).toEqual([]);
    expect(rulesOf([nat({})])).toEqual([]);
    expect(rulesOf([nat({ VirtualIP: 'fd00::4' })])).toEqual([]);
  });

  it('stands in the layer of its kind of network', () => {
    const layers = (type: string): readonly string[] =>
      layersOf(hostOf(documents([nat(VIP)], type), ON));
    expect(layers('L2Bridge')).toEqual(['SLB_NAT_LAYER']);
    expect(layers('NAT')).toEqual(['WINNAT']);
  });

  it('leaves exceptions alone, and what is not among its destinations', () => {
    expect(destinations({ Exceptions: ['10.244.0.0/16', '10.0.0.0/8'] })).toBe(
      '0.0.0.0-9.255.255.255 11.0.0.0-255.255.255.255',
    );
    expect(destinations({ ExceptionList: ['0.0.0.0/1'] })).toBe('128.0.0.0-255.255.255.255');
    expect(destinations({ Destinations: ['10.0.0.0/8'], Exceptions: ['10.128.0.0/9'] })).toBe(
      '10.0.0.0-10.127.255.255',
    );
    expect(rulesOf([nat({ ...VIP, Exceptions: ['0.0.0.0/0'] })])).toEqual([]);
  });

  it('reads the first schema', () => {
    const v1 = { Type: 'OutBoundNAT', VIP: '10.0.0.4', ExceptionList: ['10.0.0.0/8'] };
    expect(rulesOf([v1])).toEqual(rulesOf([nat({ ...VIP, Exceptions: ['10.0.0.0/8'] })]));
  });

  it.each([
    ['VirtualIP', { VirtualIP: 'there' }],
    ['Exceptions[0]', { ...VIP, Exceptions: ['10.0.0.0/33'] }],
    ['Destinations[0]', { ...VIP, Destinations: ['all'] }],
  ])('refuses a %s that is no address, where it is applied', (field, settings) => {
    const found = briefly(documents([nat(settings)]), ON).filter((line) =>
      line.startsWith('error'),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^error bad-address /);
    expect(found[0]).toContain(field);
    const off = briefly(documents([nat(settings)]), { platform: ON.platform! });
    expect(off.filter((line) => line.startsWith('error'))).toEqual([]);
  });
});
