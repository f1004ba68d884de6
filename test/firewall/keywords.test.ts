/** Words that stand for addresses and ports. Source: windows-firewall.md 3.2, 3.3. */
import { describe, expect, it } from 'vitest';

import type { Tuple } from '../../src/index.js';
import { stored } from './stored.js';
import { A80, FAR, IN80, machine, OWN, OWN6, PEER, PEER6, say, syn, udp } from './machine.js';

describe('keywords', () => {
  const from = (keyword: string): object[] => [{ ...A80, RemoteAddress: keyword }];

  it.each([
    ['LocalSubnet', {}, PEER, FAR],
    ['DNS', { DNS: [FAR] }, FAR, PEER],
    ['DHCP', { DHCP: [FAR] }, FAR, PEER],
    ['WINS', { WINS: [FAR] }, FAR, PEER],
    ['DefaultGateway', { DefaultGateway: ['192.168.1.1'] }, '192.168.1.1', PEER],
    ['Intranet', { Intranet: ['192.168.0.0/16'] }, PEER, FAR],
    ['IntranetRemoteAccess', { IntranetRemoteAccess: [FAR] }, FAR, PEER],
    ['Internet', { Intranet: ['192.168.0.0/16'], IntranetRemoteAccess: ['10.0.0.0/8'] }, FAR, PEER],
    ['PlayToDevice', { PlayToDevice: [FAR] }, FAR, PEER],
    ['CaptivePortal', { CaptivePortal: [FAR] }, FAR, PEER],
  ])('%s is what the description says', (keyword, addressSets, inside, outside) => {
    const host = machine({ rules: from(keyword), facts: { addressSets } });
    expect(say(host, syn(inside, OWN, 80))).toBe('allow rule A80');
    expect(say(host, syn(outside, OWN, 80))).toBe('drop query-user-default');
  });

  it('take one family when they end in it', () => {
    const host = machine({ rules: from('LocalSubnet6') });
    expect(say(host, syn(PEER6, OWN6, 80))).toBe('allow rule A80');
    expect(say(host, IN80)).toBe('drop query-user-default');
  });

  it('that came to nothing leave the rule out, and never become any', () => {
    for (const keyword of ['PlayToDevice', 'CaptivePortal']) {
      const host = machine({ rules: from(keyword) });
      expect(say(host, IN80)).toBe('drop query-user-default');
      expect(host.diagnostics).toContainEqual(
        expect.objectContaining({ code: 'fw-rule-not-enforced' }),
      );
    }
  });

  const portRule = (keyword: string, protocol: string): object => ({
    ...{ Name: 'kw', Protocol: protocol, LocalPort: keyword },
  });

  it.each([
    ['RPCEPMap', 'TCP', 135, 136, {}],
    ['RPC', 'TCP', 49200, 49151, {}],
    ['RPC', 'TCP', 50001, 49200, { RPC: ['50000-50010'] }],
    ['Teredo', 'UDP', 3544, 3545, { Teredo: [3544] }],
    ['IPHTTPSIn', 'TCP', 443, 444, { IPHTTPSIn: [443] }],
    ['DHCP', 'UDP', 68, 69, {}],
    ['mDNS', 'UDP', 5353, 5354, {}],
    ['PlayToDiscovery', 'UDP', 23554, 23555, { PlayToDiscovery: [23554] }],
    ['TcpCDPSvc', 'TCP', 5040, 5041, { TcpCDPSvc: [5040] }],
  ])('%s %s is port %i and not %i', (keyword, protocol, inside, outside, portSets) => {
    const host = machine({ rules: [portRule(keyword, protocol)], facts: { portSets } });
    const to = protocol === 'TCP' ? syn : udp;
    expect(say(host, to(PEER, OWN, inside))).toBe('allow rule kw');
    expect(say(host, to(PEER, OWN, outside))).toBe('drop query-user-default');
  });

  it.each(['IPHTTPSOut', 'CortanaOut'])('%s is for outbound rules', (keyword) => {
    const rule = {
      ...{ Name: 'kw', Direction: 'Outbound', Action: 'Block', Protocol: 'TCP' },
      RemotePort: keyword,
    };
    const host = machine({ rules: [rule], facts: { portSets: { [keyword]: [443] } } });
    expect(say(host, syn(OWN, FAR, 443))).toBe('drop rule kw');
    expect(say(host, syn(OWN, FAR, 444))).toBe('allow default-outbound-allow');
    expect(() => machine({ rules: [{ ...rule, Direction: 'Inbound' }] })).toThrow(
      'fw-port-keyword',
    );
  });

  it.each<[string, Tuple, Tuple]>([
    ['Protocol=6|LPort=RPC', syn(PEER, OWN, 49200), syn(PEER, OWN, 49151)],
    ['Protocol=6|LPort=RPC-EPMap', syn(PEER, OWN, 135), syn(PEER, OWN, 136)],
    ['Protocol=17|LPort=Teredo', udp(PEER, OWN, 3544), udp(PEER, OWN, 3545)],
    ['Protocol=6|LPort2_10=IPTLSIn', syn(PEER, OWN, 443), syn(PEER, OWN, 444)],
    ['Protocol=6|LPort2_10=IPHTTPSIn', syn(PEER, OWN, 443), syn(PEER, OWN, 444)],
    ['Protocol=17|LPort2_20=DHCP', udp(PEER, OWN, 546), udp(PEER, OWN, 547)],
    ['Protocol=17|LPort2_20=Ply2Disc', udp(PEER, OWN, 23554), udp(PEER, OWN, 23555)],
    ['Protocol=17|LPort2_24=mDNS', udp(PEER, OWN, 5353), udp(PEER, OWN, 5354)],
    ['Protocol=6|LPort2_29=TcpCDPSvc', syn(PEER, OWN, 5040), syn(PEER, OWN, 5041)],
    ['RA4=LocalSubnet', syn(PEER, OWN, 80), syn(FAR, OWN, 80)],
    ['RA6=LocalSubnet', syn(PEER6, OWN6, 80), syn('fd01::9', OWN6, 80)],
    ...['DNS', 'DHCP', 'WINS', 'DefaultGateway'].map((name): [string, Tuple, Tuple] => [
      `RA4=${name}`,
      syn(FAR, OWN, 80),
      syn(PEER, OWN, 80),
    ]),
    ...['IntrAnet', 'Ply2Renders', 'RmtIntrAnet', 'CaptivePortal'].map(
      (name): [string, Tuple, Tuple] => [`RA42=${name}`, syn(FAR, OWN, 80), syn(PEER, OWN, 80)],
    ),
    ['RA42=IntErnet', syn(PEER, OWN, 80), syn(FAR, OWN, 80)],
  ])('in rule strings: %s', (condition, inside, outside) => {
    const text = `v2.33|Action=Allow|Active=TRUE|Dir=In|${condition}|Name=n|`;
    const facts = {
      portSets: { Teredo: [3544], IPHTTPSIn: [443], PlayToDiscovery: [23554], TcpCDPSvc: [5040] },
      addressSets: Object.fromEntries(
        [
          ...['DNS', 'DHCP', 'WINS', 'DefaultGateway', 'Intranet', 'PlayToDevice'],
          ...['IntranetRemoteAccess', 'CaptivePortal'],
        ].map((name) => [name, [FAR]]),
      ),
    };
    const host = stored([['LOCAL\\FirewallRules', 'kw', text]], [], {}, { facts });
    expect(say(host, inside)).toBe('allow rule kw');
    expect(say(host, outside)).toBe('drop query-user-default');
  });

  it.each(['Teredo', 'IPHTTPSIn', 'PlayToDiscovery'])(
    '%s is no port unless somebody says it',
    (keyword) => {
      const host = machine({ rules: [portRule(keyword, keyword === 'IPHTTPSIn' ? 'TCP' : 'UDP')] });
      expect(host.diagnostics).toContainEqual(
        expect.objectContaining({
          code: 'fw-rule-not-enforced',
          message: expect.stringContaining('state 8') as string,
        }),
      );
    },
  );

  it('named address lists are those of the description', () => {
    const guid = '{D842F406-E895-406A-AC35-9837B6D499F4}';
    const rules = [{ ...A80, RemoteDynamicKeywordAddresses: guid }];
    const host = machine({ rules, facts: { dynamicAddresses: { [guid.toLowerCase()]: [PEER] } } });
    expect(say(host, IN80)).toBe('allow rule A80');
    expect(say(machine({ rules }), IN80)).toBe('drop query-user-default');
  });
});
