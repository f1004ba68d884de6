/**
 * Questions that no source settles: what each option makes of one packet. Source:
 * windows-firewall.md 12; docs/semantics/firewall.md 7.
 */
import { describe, expect, it } from 'vitest';

import type { SemanticOptionsInput, Tuple } from '../../src/index.js';
import { Reference } from '../oracle/reference.js';
import {
  A80,
  assumed,
  FAR,
  icmp,
  IN80,
  machine,
  OUT80,
  OWN,
  OWN6,
  PEER,
  PEER6,
  POD,
  protectedBy,
  publicProfile,
  say,
  syn,
  udp,
  type MachineSpec,
} from './machine.js';
import { stored } from './stored.js';

describe.each<[string, MachineSpec, readonly Tuple[], [SemanticOptionsInput, string][]]>([
  [
    '1: a rule that asks for authentication, and plain traffic',
    {
      rules: [
        { ...A80, Name: 'X', Authentication: 'Required' },
        { Name: 'web', Protocol: 'TCP' },
      ],
    },
    [IN80],
    [
      [{}, 'allow rule web'],
      [{ plainTraffic: 'no-match' }, 'allow rule web'],
      [{ plainTraffic: 'block' }, 'drop rule X'],
    ],
  ],
  [
    '2: shielded with default inbound Allow',
    { profiles: publicProfile({ AllowInboundRules: false, DefaultInboundAction: 'Allow' }) },
    [IN80],
    [
      [{}, 'drop shielded'],
      [{ shielded: 'default-action' }, 'allow shielded'],
    ],
  ],
  [
    '4: multicast in LocalSubnet',
    { rules: [{ ...A80, Protocol: 'UDP', LocalPort: 80, RemoteAddress: 'LocalSubnet' }] },
    [udp('169.254.3.4', OWN, 80)],
    [
      [{}, 'drop query-user-default'],
      [{ localSubnet: 'unicast' }, 'drop query-user-default'],
      [{ localSubnet: 'wide' }, 'allow rule A80'],
    ],
  ],
  [
    '4: and everything else outside of it',
    { rules: [{ ...A80, RemoteAddress: 'LocalSubnet' }] },
    [syn(FAR, OWN, 80)],
    [
      [{}, 'drop query-user-default'],
      [{ localSubnet: 'wide' }, 'drop query-user-default'],
    ],
  ],
  [
    '6: rules of service hardening',
    {
      interface: { processes: [{ service: 'Dhcp' }] },
      rules: [A80, { Name: 'H', Action: 'Block', Service: 'Dhcp', PolicyStore: 'StaticService' }],
    },
    [IN80],
    [
      [{}, 'drop rule H'],
      [{ hardening: 'off' }, 'allow rule A80'],
    ],
  ],
  [
    '7: rules of the host in a container',
    {
      rules: [
        { ...A80, Protocol: '47', LocalPort: [] },
        { Name: 'B', Action: 'Block', Protocol: '50' },
      ],
      endpoints: [{ name: 'pod', network: 'nat', isolation: 'process', addresses: [POD] }],
    },
    [{ proto: 47, src: FAR, dst: POD }],
    [
      [{}, 'allow rule A80'],
      [{ hostRules: 'block-only' }, 'drop default-deny-other-protocol'],
      [{ hostRules: 'none' }, 'drop default-deny-other-protocol'],
    ],
  ],
  [
    '11: ICMP errors of live flows',
    {},
    [
      OUT80,
      {
        ...icmp(FAR, OWN, 3, 4),
        quoted: { proto: 'tcp', src: OWN, dst: FAR, sport: 50000, dport: 80 },
      },
    ],
    [
      [{}, 'allow related'],
      [{ icmpErrors: 'rules' }, 'drop query-user-default'],
    ],
  ],
  [
    '13: TCP in mid-stream',
    { rules: [A80] },
    [{ ...IN80, flags: 'A' }],
    [
      [{}, 'allow rule A80'],
      [{ midstream: 'strict' }, 'drop non-syn-without-state'],
    ],
  ],
  [
    '16: answers of DHCP where unicast answers to multicast are off',
    { profiles: publicProfile({ AllowUnicastResponseToMulticast: false }) },
    [
      udp(OWN, '255.255.255.255', 67, { sport: 68, at: 0 }),
      udp(PEER, OWN, 68, { sport: 67, at: 1 }),
    ],
    [
      [{}, 'allow established'],
      [{ dhcpAnswers: 'always' }, 'allow established'],
      [{ dhcpAnswers: 'as-others' }, 'drop query-user-default'],
    ],
  ],
  [
    '16: those of DHCPv6 too',
    { profiles: publicProfile({ AllowUnicastResponseToMulticast: false }) },
    [
      udp(OWN6, 'ff02::1:2', 547, { sport: 546, at: 0 }),
      udp(PEER6, OWN6, 546, { sport: 547, at: 1 }),
    ],
    [
      [{}, 'allow established'],
      [{ dhcpAnswers: 'as-others' }, 'drop query-user-default'],
    ],
  ],
  [
    '16: the same where they are on',
    {},
    [
      udp(OWN, '255.255.255.255', 67, { sport: 68, at: 0 }),
      udp(PEER, OWN, 68, { sport: 67, at: 1 }),
    ],
    [
      [{}, 'allow established'],
      [{ dhcpAnswers: 'as-others' }, 'allow established'],
    ],
  ],
  [
    '16: an answer of DHCP to everybody',
    { profiles: publicProfile({ AllowUnicastResponseToMulticast: false }) },
    [
      udp(OWN, '255.255.255.255', 67, { sport: 68, at: 0 }),
      udp(PEER, '255.255.255.255', 68, { sport: 67, at: 1 }),
    ],
    [
      [{}, 'allow established'],
      [{ dhcpAnswers: 'as-others' }, 'allow established'],
    ],
  ],
  [
    '20: timers',
    { rules: [{ Name: 'dns', Protocol: 'UDP', LocalPort: 53 }] },
    [udp(PEER, OWN, 53, { at: 0 }), { ...udp(OWN, PEER, 50000, { at: 20 }), sport: 53 }],
    [
      [{}, 'allow established dns'],
      [{ timers: { hostUdp: 10 } }, 'allow default-outbound-allow'],
    ],
  ],
])('question %s', (_, spec, packets, answers) => {
  it.each(answers)('%j', (options, expected) => {
    const of = machine({ ...spec, options });
    expect(say(of, ...packets)).toBe(expected);
    // The second reading of docs/semantics agrees.
    const reference = new Reference(of.compiled.host, { stateless: false });
    const { verdict, reason, rule } = packets.map((tuple) => reference.judge(tuple)[0]!).at(-1)!;
    expect([verdict, reason, rule].filter((word) => word !== null).join(' ')).toBe(expected);
  });
});

describe('a rule that asks for authentication', () => {
  const RULE = { ...A80, Authentication: 'Required' };
  const codes = (spec: MachineSpec): string[] =>
    machine(spec).diagnostics.flatMap(({ code, rule }) =>
      code === 'fw-plain-traffic' ? [rule!] : [],
    );

  it('is named when the same traffic passes without it', () => {
    expect(codes({ rules: [RULE, { Name: 'web', Protocol: 'TCP' }] })).toEqual(['A80']);
    expect(
      codes({ rules: [RULE], profiles: publicProfile({ DefaultInboundAction: 'Allow' }) }),
    ).toEqual(['A80']);
    expect(codes({ rules: [RULE] })).toEqual([]);
    expect(codes({ rules: [RULE, { ...A80, Name: 'other', LocalPort: 81 }] })).toEqual([]);
    const closed = { options: { plainTraffic: 'block' } } as const;
    expect(codes({ rules: [RULE, { Name: 'web', Protocol: 'TCP' }], ...closed })).toEqual([]);
  });

  it('blocks only what is not protected as it asks', () => {
    const options = { plainTraffic: 'block' } as const;
    const rules = [
      { ...RULE, Name: 'X' },
      { Name: 'web', Protocol: 'TCP' },
    ];
    const host = machine({ rules, options, facts: protectedBy('authenticated') });
    expect(say(host, IN80)).toBe('allow rule X');
    expect(say(host, syn(FAR, OWN, 80))).toBe('drop rule X');
    expect(say(host, syn(FAR, OWN, 81))).toBe('allow rule web');
    const encrypted = machine({
      ...{ options, facts: protectedBy('authenticated') },
      rules: [{ ...RULE, Name: 'X', Encryption: 'Required' }, rules[1]!],
    });
    expect(say(encrypted, IN80)).toBe('drop rule X');
  });
});

describe('one ID in two stores (question 3)', () => {
  it('is two rules, or that of Group Policy', () => {
    const group = 'GPO\\FirewallRules';
    const allow = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=n|';
    const values = [
      ['LOCAL\\FirewallRules', 'web', allow.replace('Allow', 'Block')],
      [group, 'WEB', allow],
    ] as const;
    expect(say(stored(values), IN80)).toBe('drop rule web');
    expect(say(stored(values, [], { sameId: 'override' }), IN80)).toBe('allow rule WEB');
  });
});

describe('an interface through which the edge lets packets in', () => {
  const edge = (EdgeTraversalPolicy: string, more: object = {}): MachineSpec => ({
    rules: [{ ...A80, EdgeTraversalPolicy }],
    interface: { edgeTraversed: true, ...more },
  });

  it('takes rules that let it, and no others', () => {
    expect(say(machine(edge('Allow')), IN80)).toBe('allow rule A80');
    expect(say(machine(edge('Block')), IN80)).toBe('drop query-user-default');
    expect(say(machine(edge('Block', { edgeTraversed: false })), IN80)).toBe('allow rule A80');
  });

  it('asks the socket where a rule leaves it to the application', () => {
    const of = (edgeTraversal?: boolean): MachineSpec =>
      edge('DeferToApp', { processes: [{ edgeTraversal }] });
    expect(say(machine(of(true)), IN80)).toBe('allow rule A80');
    expect(say(machine(of(false)), IN80)).toBe('drop query-user-default');
    expect(assumed(machine(of(false)), IN80)).toEqual([]);
    expect(assumed(machine(of()), IN80)).toEqual(['A80']);
    expect(assumed(machine(edge('DeferToApp')), IN80)).toEqual(['A80']);
  });

  it('cannot know what a person would say (question 17)', () => {
    const host = machine(edge('DeferToUser', { processes: [{ edgeTraversal: true }] }));
    expect(say(host, IN80)).toBe('drop query-user-default');
    expect(assumed(host, IN80)).toEqual(['A80']);
  });

  it('is closed by a Block of any rule, and leaves outbound rules alone', () => {
    const rules = [
      { ...A80, EdgeTraversalPolicy: 'Allow' },
      { ...A80, Name: 'B', Action: 'Block' },
      { Name: 'out', Direction: 'Outbound', Protocol: 'TCP' },
    ];
    const host = machine({ rules, interface: { edgeTraversed: true } });
    expect(say(host, IN80)).toBe('drop rule B');
    expect(say(host, OUT80)).toBe('allow rule out');
  });
});

describe('the rules that the service for containers adds', () => {
  const GATEWAY = '172.16.0.1';
  const spec = (hnsRules: boolean, more: object = {}): MachineSpec => ({
    facts: { hnsRules },
    endpoints: [{ name: 'pod', network: 'nat', isolation: 'process', addresses: [POD] }],
    interface: { name: 'gateway', network: 'nat', addresses: [GATEWAY], prefixes: [], ...more },
  });
  /** Of the host: the container that asks is judged first. */
  const asked = (of: ReturnType<typeof machine>, packet: Tuple): string =>
    say(of, { ...packet, dir: 'in', endpoint: 'gateway' });

  it('let containers of NAT networks resolve names at the host', () => {
    const host = machine(spec(true));
    const rule = 'HNS Container Networking - DNS (UDP-In) - nat - 0';
    expect(asked(host, udp(POD, GATEWAY, 53))).toBe(`allow rule ${rule}`);
    expect(asked(host, syn(POD, GATEWAY, 53))).toMatch(/^allow rule .* ICS DNS \(TCP-In\)/);
    expect(asked(host, udp(POD, GATEWAY, 54))).toBe('drop query-user-default');
    expect(asked(machine(spec(false)), udp(POD, GATEWAY, 53))).toBe('drop query-user-default');
  });

  it('are for the interface of the host on that network', () => {
    const other = machine(spec(true, { interfaceAlias: 'Ethernet' }));
    expect(asked(other, udp(POD, GATEWAY, 53))).toBe('drop query-user-default');
  });

  it('are local rules, which Group Policy switches off', () => {
    const policy = [['GPO\\PublicProfile', 'AllowLocalPolicyMerge', 0]] as const;
    const host = stored(policy, [], {}, spec(true));
    expect(asked(host, udp(POD, GATEWAY, 53))).toBe('drop query-user-default');
    expect(host.diagnostics.some(({ message }) => message.includes('state 16'))).toBe(true);
  });
});
