/**
 * The order of evaluation as a table: each step, and each pair of neighbouring steps.
 * Source: docs/semantics/firewall.md 3.1; windows-firewall.md 5.
 */
import { describe, expect, it } from 'vitest';

import { firewallFromBytes } from '../../src/firewall/load.js';
import { compileHost, normaliseHost, Simulator, type Tuple } from '../../src/index.js';
import {
  FAR,
  icmp,
  judge,
  machine,
  OWN,
  OWN6,
  PEER,
  PEER6,
  say,
  syn,
  udp,
  type MachineSpec,
} from './machine.js';
import { regExport } from './stores.js';

const A80 = { Name: 'A80', Protocol: 'TCP', LocalPort: 80 };
const B80 = { Name: 'B80', Action: 'Block', Protocol: 'TCP', LocalPort: 80 };
const X80 = {
  ...{ Name: 'X80', Protocol: 'TCP', LocalPort: 80, OverrideBlockRules: true },
  ...{ Authentication: 'Required', RemoteMachine: 'D:(A;;CC;;;S-1-5-21-1)' },
};
const protectedBy = (state: string, machineSid = 'S-1-5-21-1'): object => ({
  ipsec: [{ remoteAddress: PEER, state, machine: machineSid }],
});
const IN80 = syn(PEER, OWN, 80);
const OUT80 = syn(OWN, FAR, 80);
const publicProfile = (settings: object): Readonly<Record<string, object>> => ({
  Public: settings,
});

type Row = readonly [string, MachineSpec, Tuple, string];

describe('one step of the order', () => {
  const ROWS: readonly Row[] = [
    ['nothing applies inbound: the default blocks', {}, IN80, 'drop query-user-default'],
    ['nothing applies outbound: the default allows', {}, OUT80, 'allow default-outbound-allow'],
    [
      'default inbound Allow',
      { profiles: publicProfile({ DefaultInboundAction: 'Allow' }) },
      IN80,
      'allow default-inbound-allow',
    ],
    [
      'default outbound Block',
      { profiles: publicProfile({ DefaultOutboundAction: 'Block' }) },
      OUT80,
      'drop default-outbound-block',
    ],
    ['an Allow rule', { rules: [A80] }, IN80, 'allow rule A80'],
    [
      'an Allow rule for another port',
      { rules: [A80] },
      syn(PEER, OWN, 81),
      'drop query-user-default',
    ],
    [
      'a Block rule',
      { rules: [B80], profiles: publicProfile({ DefaultInboundAction: 'Allow' }) },
      IN80,
      'drop rule B80',
    ],
    [
      'a bypass of authenticated traffic',
      { rules: [X80], facts: protectedBy('authenticated') },
      IN80,
      'allow rule X80',
    ],
    ['a bypass and plain traffic', { rules: [X80] }, IN80, 'drop query-user-default'],
    ['shielded', { profiles: publicProfile({ AllowInboundRules: false }) }, IN80, 'drop shielded'],
    [
      'shielded leaves outbound alone',
      { profiles: publicProfile({ AllowInboundRules: false }) },
      OUT80,
      'allow default-outbound-allow',
    ],
    ['firewall off', { profiles: publicProfile({ Enabled: false }) }, IN80, 'allow firewall-off'],
    [
      'an interface without firewall',
      {
        profiles: publicProfile({ DisabledInterfaceAliases: ['Ethernet'] }),
        interface: { interfaceAlias: 'Ethernet' },
      },
      IN80,
      'allow firewall-off',
    ],
    ['the host to itself', {}, syn(OWN, OWN, 80), 'pass own-address'],
    ['loopback', {}, syn('127.0.0.1', '127.0.0.1', 80), 'pass loopback'],
    ['stealth: an unreachable that goes out', {}, icmp(OWN, PEER, 3, 3), 'drop stealth'],
    ['stealth: a parameter problem of IPv6', {}, icmp(OWN6, PEER6, 4), 'drop stealth'],
    [
      'no stealth',
      { profiles: publicProfile({ DisableStealthMode: true }) },
      icmp(OWN, PEER, 3, 3),
      'allow default-outbound-allow',
    ],
    ['stealth lets time exceeded out', {}, icmp(OWN, PEER, 11), 'allow default-outbound-allow'],
    [
      'TCP without a connection',
      { rules: [A80], options: { midstream: 'strict' } },
      syn(PEER, OWN, 80, { flags: 'A' }),
      'drop non-syn-without-state',
    ],
    ['a disabled rule', { rules: [{ ...A80, Enabled: false }] }, IN80, 'drop query-user-default'],
    [
      'a rule of another profile',
      { rules: [{ ...A80, Profile: 'Domain' }] },
      IN80,
      'drop query-user-default',
    ],
    [
      'a rule of several profiles',
      { rules: [{ ...A80, Profile: ['Domain', 'Public'] }] },
      IN80,
      'allow rule A80',
    ],
    [
      'a rule of the profile of the interface',
      { rules: [{ ...A80, Profile: 'Domain' }], interface: { profile: 'domain' } },
      IN80,
      'allow rule A80',
    ],
    [
      'a rule of IPv4 addresses and IPv6',
      { rules: [{ ...A80, RemoteAddress: '0.0.0.0-255.255.255.255' }] },
      syn(PEER6, OWN6, 80),
      'drop query-user-default',
    ],
    ['a rule of any address and IPv6', { rules: [A80] }, syn(PEER6, OWN6, 80), 'allow rule A80'],
    [
      'a protocol number',
      { rules: [{ Name: 'gre', Protocol: 47 }] },
      { proto: 47, src: PEER, dst: OWN },
      'allow rule gre',
    ],
    [
      'protocol 0 is a protocol',
      { rules: [{ Name: 'hop', Protocol: 0 }] },
      IN80,
      'drop query-user-default',
    ],
    [
      'no protocol is every protocol',
      { rules: [{ Name: 'every' }] },
      { proto: 99, src: PEER, dst: OWN },
      'allow rule every',
    ],
    [
      'an ICMP type',
      { rules: [{ Name: 'ping', Protocol: 'ICMPv4', IcmpType: '8' }] },
      icmp(PEER, OWN, 8),
      'allow rule ping',
    ],
    [
      'another ICMP type',
      { rules: [{ Name: 'ping', Protocol: 'ICMPv4', IcmpType: '8' }] },
      icmp(PEER, OWN, 13),
      'drop query-user-default',
    ],
    [
      'an ICMP code',
      { rules: [{ Name: 'mtu', Protocol: 'ICMPv4', IcmpType: '3:4' }] },
      icmp(PEER, OWN, 3, 4),
      'allow rule mtu',
    ],
    [
      'another ICMP code',
      { rules: [{ Name: 'mtu', Protocol: 'ICMPv4', IcmpType: '3:4' }] },
      icmp(PEER, OWN, 3, 3),
      'drop query-user-default',
    ],
    [
      'an interface type',
      { rules: [{ ...A80, InterfaceType: 'Wireless' }] },
      IN80,
      'drop query-user-default',
    ],
    [
      'the interface type of the interface',
      { rules: [{ ...A80, InterfaceType: 'Wireless' }], interface: { interfaceType: 'wireless' } },
      IN80,
      'allow rule A80',
    ],
    [
      'an interface by alias',
      { rules: [{ ...A80, InterfaceAlias: 'Wi-Fi' }], interface: { interfaceAlias: 'wi-fi' } },
      IN80,
      'allow rule A80',
    ],
    [
      'another interface',
      { rules: [{ ...A80, InterfaceAlias: 'Wi-Fi' }], interface: { interfaceAlias: 'Ethernet' } },
      IN80,
      'drop query-user-default',
    ],
    ['a compartment', { rules: [{ ...A80, Compartment: 1 }] }, IN80, 'allow rule A80'],
    [
      'another compartment',
      { rules: [{ ...A80, Compartment: 2 }] },
      IN80,
      'drop query-user-default',
    ],
    [
      'a platform that is long past, and later',
      { rules: [{ ...A80, Platform: '6.2+' }] },
      IN80,
      'allow rule A80',
    ],
    [
      'a platform that is long past',
      { rules: [{ ...A80, Platform: '6.2' }] },
      IN80,
      'drop query-user-default',
    ],
    [
      'edge traversal is no condition of ordinary packets',
      { rules: [{ ...A80, EdgeTraversalPolicy: 'DeferToUser' }] },
      IN80,
      'allow rule A80',
    ],
    [
      'loose mapping: the far side counts as met',
      {
        rules: [
          {
            Name: 'lom',
            Direction: 'Outbound',
            Protocol: 'UDP',
            RemoteAddress: PEER,
            LocalOnlyMapping: true,
          },
        ],
        profiles: publicProfile({ DefaultOutboundAction: 'Block' }),
      },
      udp(OWN, FAR, 9),
      'allow rule lom',
    ],
    [
      'a rule for Wi-Fi Direct',
      { rules: [{ ...A80, DynamicTarget: 'WifiDirectPrinting' }] },
      IN80,
      'drop query-user-default',
    ],
    [
      'a rule that asks for encryption and authenticated traffic',
      {
        rules: [{ ...A80, Authentication: 'Required', Encryption: 'Required' }],
        facts: protectedBy('authenticated'),
      },
      IN80,
      'drop query-user-default',
    ],
    [
      'a rule that asks for encryption and encrypted traffic',
      {
        rules: [{ ...A80, Authentication: 'Required', Encryption: 'Required' }],
        facts: protectedBy('encrypted'),
      },
      IN80,
      'allow rule A80',
    ],
  ];

  it.each(ROWS)('%s', (_, spec, packet, expected) => {
    expect(say(machine(spec), packet)).toBe(expected);
  });
});

describe('two neighbouring steps', () => {
  const ROWS: readonly Row[] = [
    [
      'off before shielded',
      { profiles: publicProfile({ Enabled: false, AllowInboundRules: false }) },
      IN80,
      'allow firewall-off',
    ],
    [
      'off before stealth',
      { profiles: publicProfile({ Enabled: false }) },
      icmp(OWN, PEER, 3, 3),
      'allow no-acl-layer',
    ],
    [
      'off before Block',
      { rules: [B80], profiles: publicProfile({ Enabled: false }) },
      IN80,
      'allow firewall-off',
    ],
    [
      'loopback before Block',
      { rules: [{ Name: 'B', Action: 'Block' }] },
      syn(OWN, OWN, 80),
      'pass own-address',
    ],
    [
      'stealth before Allow',
      { rules: [{ Name: 'every', Direction: 'Outbound' }] },
      icmp(OWN, PEER, 3, 3),
      'drop stealth',
    ],
    [
      'shielded before bypass',
      {
        rules: [X80],
        facts: protectedBy('authenticated'),
        profiles: publicProfile({ AllowInboundRules: false }),
      },
      IN80,
      'drop shielded',
    ],
    [
      'shielded before Allow',
      { rules: [A80], profiles: publicProfile({ AllowInboundRules: false }) },
      IN80,
      'drop shielded',
    ],
    [
      'shielded before default Allow',
      { profiles: publicProfile({ AllowInboundRules: false, DefaultInboundAction: 'Allow' }) },
      IN80,
      'drop shielded',
    ],
    [
      'shielded: the default, by option',
      {
        profiles: publicProfile({ AllowInboundRules: false, DefaultInboundAction: 'Allow' }),
        options: { shielded: 'default-action' },
      },
      IN80,
      'allow shielded',
    ],
    [
      'bypass before Block',
      { rules: [B80, X80], facts: protectedBy('authenticated') },
      IN80,
      'allow rule X80',
    ],
    [
      'bypass of another machine, then Block',
      {
        rules: [B80, { ...X80, RemoteMachine: 'D:(D;;CC;;;S-1-5-21-1)' }],
        facts: protectedBy('authenticated'),
      },
      IN80,
      'drop rule B80',
    ],
    ['plain traffic: Block', { rules: [X80, B80] }, IN80, 'drop rule B80'],
    ['Block before Allow', { rules: [A80, B80] }, IN80, 'drop rule B80'],
    [
      'a wide Block before a narrow Allow',
      { rules: [{ ...A80, RemoteAddress: PEER }, B80] },
      IN80,
      'drop rule B80',
    ],
    [
      'a Block elsewhere, then Allow',
      { rules: [{ ...B80, RemoteAddress: '10.0.0.0/8' }, A80] },
      IN80,
      'allow rule A80',
    ],
    [
      'Block before default Allow',
      { rules: [B80], profiles: publicProfile({ DefaultInboundAction: 'Allow' }) },
      IN80,
      'drop rule B80',
    ],
    [
      'Allow before default Block',
      {
        rules: [{ Name: 'out', Direction: 'Outbound', Protocol: 'TCP', RemotePort: 80 }],
        profiles: publicProfile({ DefaultOutboundAction: 'Block' }),
      },
      OUT80,
      'allow rule out',
    ],
    [
      'outbound bypass before Block',
      {
        rules: [
          { Name: 'B', Action: 'Block', Direction: 'Outbound' },
          {
            Name: 'X',
            Direction: 'Outbound',
            OverrideBlockRules: true,
            Authentication: 'Required',
          },
        ],
        facts: protectedBy('authenticated'),
      },
      syn(OWN, PEER, 80),
      'allow rule X',
    ],
  ];

  it.each(ROWS)('%s', (_, spec, packet, expected) => {
    expect(say(machine(spec), packet)).toBe(expected);
  });
});

describe('flows come before rules', () => {
  const ANSWER: Tuple = { proto: 'tcp', src: FAR, sport: 80, dst: OWN, dport: 50000, flags: 'SA' };

  it('an answer needs no rule', () => {
    expect(say(machine({}), OUT80, ANSWER)).toBe('allow established');
    expect(say(machine({ options: { midstream: 'strict' } }), ANSWER)).toBe(
      'drop non-syn-without-state',
    );
  });

  it('also while shielded, since answers are not classified again', () => {
    expect(
      say(machine({ profiles: publicProfile({ AllowInboundRules: false }) }), OUT80, ANSWER),
    ).toBe('allow established');
  });

  it('for 60 s of UDP', () => {
    const answer = { ...udp(FAR, OWN, 50000), sport: 53 };
    const host = machine({});
    expect(say(host, udp(OWN, FAR, 53, { at: 0 }), { ...answer, at: 59 })).toBe(
      'allow established',
    );
    expect(say(host, udp(OWN, FAR, 53, { at: 0 }), { ...answer, at: 61 })).toBe(
      'drop query-user-default',
    );
  });

  it('an ICMP error about a live flow passes', () => {
    const error: Tuple = {
      ...icmp(FAR, OWN, 3, 4),
      quoted: { proto: 'tcp', src: OWN, dst: FAR, sport: 50000, dport: 80 },
    };
    expect(say(machine({}), OUT80, error)).toBe('allow related');
    expect(say(machine({}), error)).toBe('drop query-user-default');
  });

  it('a first fragment decides for the others', () => {
    const first = { ...udp(PEER, OWN, 53), fragment: { id: 9, offset: 0 } };
    const later: Tuple = { proto: 'udp', src: PEER, dst: OWN, fragment: { id: 9, offset: 1480 } };
    const host = machine({ rules: [{ Name: 'dns', Protocol: 'UDP', LocalPort: 53 }] });
    expect(say(host, first, later)).toBe('allow rule dns');
    expect(say(host, { ...first, dport: 54 }, later)).toBe('drop query-user-default');
    expect(say(host, later)).toBe('drop fragment-without-first');
  });
});

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

  it('IPHTTPSOut is for outbound rules', () => {
    const rule = {
      Name: 'kw',
      Direction: 'Outbound',
      Action: 'Block',
      Protocol: 'TCP',
      RemotePort: 'IPHTTPSOut',
    };
    const host = machine({ rules: [rule], facts: { portSets: { IPHTTPSOut: [443] } } });
    expect(say(host, syn(OWN, FAR, 443))).toBe('drop rule kw');
    expect(say(host, syn(OWN, FAR, 444))).toBe('allow default-outbound-allow');
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

describe('stores', () => {
  /** Rule strings in their stores, and settings of both. */
  function stored(
    values: readonly (readonly [key: string, name: string, data: string | number])[],
    processes: object[] = [],
  ): ReturnType<typeof machine> {
    const GROUP = 'SOFTWARE\\Policies\\Microsoft\\WindowsFirewall';
    const bytes = regExport(
      values.map(([key, name, data]) => ({
        key: key.replace('GPO', GROUP).replace('LOCAL', 'FirewallPolicy'),
        name,
        data,
      })),
    );
    const shape = machine({ interface: { processes } });
    const { host, diagnostics } = normaliseHost({
      documents: [],
      description: shape.description,
      firewall: [firewallFromBytes(bytes, 'stores.reg', { strict: true })],
      strict: true,
    });
    if (host === null) throw new Error(JSON.stringify(diagnostics));
    return { compiled: compileHost(host), diagnostics, description: shape.description };
  }

  const ALLOW = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=n|';
  const BLOCK = ALLOW.replace('Allow', 'Block');
  const IN_PROGRAM = `${ALLOW.replace('LPort=80|', '')}App=c:\\a.exe|`;

  it('are united: a local Block beats an Allow of Group Policy, and the reverse', () => {
    for (const [one, other] of [
      ['LOCAL', 'GPO'],
      ['GPO', 'LOCAL'],
    ]) {
      const host = stored([
        [`${one}\\FirewallRules`, 'allow', ALLOW],
        [`${other}\\FirewallRules`, 'block', BLOCK],
      ]);
      expect(say(host, IN80)).toBe('drop rule block');
    }
  });

  it('name the rule of Group Policy first', () => {
    const host = stored([
      ['LOCAL\\FirewallRules', 'local', ALLOW],
      ['GPO\\FirewallRules', 'group', ALLOW],
    ]);
    expect(say(host, IN80)).toBe('allow rule group');
  });

  it('local rules stand back where Group Policy says so', () => {
    const local = ['LOCAL\\FirewallRules', 'a', ALLOW] as const;
    expect(say(stored([local]), IN80)).toBe('allow rule a');
    const host = stored([local, ['GPO\\PublicProfile', 'AllowLocalPolicyMerge', 0]]);
    expect(say(host, IN80)).toBe('drop query-user-default');
    expect(host.diagnostics.at(-1)!.message).toContain('state 16');
    expect(say(stored([local, ['LOCAL\\PublicProfile', 'AllowLocalPolicyMerge', 0]]), IN80)).toBe(
      'allow rule a',
    );
  });

  it('local rules for a port, or for a program, stand back by switches of their own', () => {
    const port = ['LOCAL\\FirewallRules', 'a', ALLOW] as const;
    const program = ['LOCAL\\FirewallRules', 'a', IN_PROGRAM] as const;
    const noPorts = ['GPO\\PublicProfile\\GloballyOpenPorts', 'AllowUserPrefMerge', 0] as const;
    const noPrograms = [
      'GPO\\PublicProfile\\AuthorizedApplications',
      'AllowUserPrefMerge',
      0,
    ] as const;
    const own = [{ program: 'c:\\a.exe' }];
    expect(say(stored([port, noPorts]), IN80)).toBe('drop query-user-default');
    expect(say(stored([port, noPrograms]), IN80)).toBe('allow rule a');
    expect(say(stored([program, noPrograms], own), IN80)).toBe('drop query-user-default');
    expect(say(stored([program, noPorts], own), IN80)).toBe('allow rule a');
  });

  it('Group Policy sets a profile over the local store, and either can shield', () => {
    const block = ['LOCAL\\PublicProfile', 'DefaultInboundAction', 1] as const;
    const allow = ['GPO\\PublicProfile', 'DefaultInboundAction', 0] as const;
    expect(say(stored([block, allow]), IN80)).toBe('allow default-inbound-allow');
    for (const store of ['LOCAL', 'GPO']) {
      const host = stored([allow, [`${store}\\PublicProfile`, 'DoNotAllowExceptions', 1]]);
      expect(say(host, IN80)).toBe('drop shielded');
    }
  });

  const STATIC = 'LOCAL\\RestrictedServices\\Static\\System';
  const SERVICE = [{ service: 'Dhcp' }];
  const HARDENED = [
    [STATIC, 'allow', 'v2.0|Action=Allow|Dir=In|Protocol=6|LPort=80|Svc=Dhcp|Name=n|'],
    [STATIC, 'block', 'v2.0|Action=Block|Dir=In|Svc=Dhcp|Name=n|'],
  ] as const;

  it('of services: Allow wins over Block there, and no match is no opinion', () => {
    const open = ['LOCAL\\FirewallRules', 'open', ALLOW.replace('LPort=80|', '')] as const;
    expect(say(stored([...HARDENED, open], SERVICE), IN80)).toBe('allow rule open');
    expect(say(stored([...HARDENED, open], SERVICE), syn(PEER, OWN, 81))).toBe('drop rule block');
    expect(say(stored([...HARDENED, open], [{ service: 'Other' }]), syn(PEER, OWN, 81))).toBe(
      'allow rule open',
    );
    expect(say(stored([...HARDENED, open]), syn(PEER, OWN, 81))).toBe('allow rule open');
  });

  it('of services: what they permit, the rules must permit too', () => {
    expect(say(stored(HARDENED, SERVICE), IN80)).toBe('drop query-user-default');
  });

  it('of packages: the same, per package', () => {
    const ISO = 'LOCAL\\RestrictedServices\\AppIso\\FirewallRules';
    const values = [
      [
        ISO,
        'in',
        'v2.27|Action=Allow|Active=TRUE|Dir=In|Name=n|RA4=192.168.1.0/24|AppPkgId=S-1-15-2-1|',
      ],
      [ISO, 'no', 'v2.27|Action=Block|Active=TRUE|Dir=In|Name=n|AppPkgId=S-1-15-2-1|'],
      ['LOCAL\\FirewallRules', 'open', ALLOW],
    ] as const;
    const own = [{ package: 'S-1-15-2-1' }];
    expect(say(stored(values, own), IN80)).toBe('allow rule open');
    expect(say(stored(values, own), syn(FAR, OWN, 80))).toBe('drop rule no');
    expect(say(stored(values), syn(FAR, OWN, 80))).toBe('allow rule open');
  });
});

describe('the record', () => {
  it('names layer, list and rule', () => {
    const [record] = judge(machine({ rules: [A80] }), IN80);
    expect(record).toMatchObject({
      ...{ endpoint: 'eth', stage: 'host', layer: 'HOST_FIREWALL', flow: 1, flow_event: 'new' },
      group: 'HOST_FIREWALL_ALLOW_IPV4_IN',
    });
  });
});

describe('the flow cache', () => {
  it('does not mistake one ICMP code for another', () => {
    const rules = [{ Name: 'B', Action: 'Block', Protocol: 'ICMPv4', IcmpType: '8:5' }];
    const host = machine({ rules, profiles: publicProfile({ DefaultInboundAction: 'Allow' }) });
    const ping = (code: number): Tuple => icmp(PEER, OWN, 8, code);
    expect(say(host, ping(5), ping(0))).toBe('allow default-inbound-allow');
    const stateless = new Simulator(host.compiled, { stateless: true });
    const verdicts = stateless
      .judge([ping(0), ping(5), ping(0), ping(5)])
      .map(([first]) => first!.verdict);
    expect(verdicts).toEqual(['allow', 'drop', 'allow', 'drop']);
  });
});
