/**
 * The order of evaluation as a table: each step, and steps that meet; neighbours.test.ts has one case
 * for each pair of neighbouring ones.
 * Source: docs/semantics/firewall.md 3.1; windows-firewall.md 5.
 */
import { describe, expect, it } from 'vitest';

import type { Tuple } from '../../src/index.js';
import {
  A80,
  B80,
  FAR,
  icmp,
  IN80,
  judge,
  machine,
  OUT80,
  OWN,
  OWN6,
  PEER,
  PEER6,
  protectedBy,
  publicProfile,
  say,
  syn,
  udp,
  X80,
  type MachineSpec,
} from './machine.js';

type Row = readonly [string, MachineSpec, Tuple, string];

const [OTHER, OTHER6] = ['10.9.0.5', 'fd09::5'];
/** Both interfaces are of compartment 1: one stack. */
const TWO: MachineSpec = { interfaces: [{ name: 'wifi', addresses: [OTHER, OTHER6] }] };

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
    ['the host to another interface of its own', TWO, syn(OWN, OTHER, 80), 'pass own-address'],
    ['the same in IPv6', TWO, syn(OWN6, OTHER6, 80), 'pass own-address'],
    ['somebody else to that interface', TWO, syn(FAR, OTHER, 80), 'drop query-user-default'],
    ['that interface to somebody else', TWO, syn(OTHER, FAR, 80), 'allow default-outbound-allow'],
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

describe('two steps that meet', () => {
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

describe('the record', () => {
  it('names layer, list and rule', () => {
    const [record] = judge(machine({ rules: [A80] }), IN80);
    expect(record).toMatchObject({
      ...{ endpoint: 'eth', stage: 'host', layer: 'HOST_FIREWALL', flow: 1, flow_event: 'new' },
      group: 'HOST_FIREWALL_ALLOW_IPV4_IN',
    });
  });
});
