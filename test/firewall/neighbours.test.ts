/**
 * One case for each pair of neighbouring steps of the order in which the host stage is asked: a
 * packet that both steps would answer gets the answer of the first, and that of the second when
 * the first is taken away. Source: docs/semantics/firewall.md 3.1; windows-firewall.md 5.2, 5.3.
 */
import { describe, expect, it } from 'vitest';

import { Session, udp as udpPacket, type Packet, type Tuple } from '../../src/index.js';
import {
  A80,
  B80,
  FAR,
  icmp,
  IN80,
  machine,
  OUT80,
  OWN,
  PEER,
  POD,
  protectedBy,
  publicProfile,
  say,
  syn,
  udp,
  X80,
  type MachineSpec,
} from './machine.js';

interface Case {
  /** Says what a machine answers to the last packet. */
  readonly both: () => string;
  /** The answer of the step that stands first. */
  readonly first: string;
  readonly withoutFirst: () => string;
  /** That of the one behind it. */
  readonly second: string;
}
type Cases = Readonly<Record<string, Case>>;

const judged =
  (spec: MachineSpec, ...packets: readonly Tuple[]): (() => string) =>
  () =>
    say(machine(spec), ...packets);

/** Bytes, for what no tuple can be. */
const sent = (spec: MachineSpec, packet: Packet) => (): string => {
  const { verdict, reason, rule } = new Session(machine(spec).compiled).send(packet);
  return [verdict, reason, rule].filter((word) => word !== null).join(' ');
};

const EVERY_IN = { Name: 'every' };
const EVERY_OUT = { Name: 'every', Direction: 'Outbound' };
const OFF = publicProfile({ Enabled: false });
const SHUT = publicProfile({ AllowInboundRules: false });
const BOOTING = { bootTime: true };
const QUARANTINED = { quarantine: true };
const STRICT = { midstream: 'strict' } as const;
const pod = { name: 'pod', network: 'nat', isolation: 'process', addresses: [POD] };

/** The first piece of a datagram, too short for the ports of UDP. */
function malformed(src: string, dst: string): Packet {
  const packet = udpPacket(`${src}:5000`, `${dst}:53`);
  const bytes = Buffer.from(packet.bytes.subarray(0, 22));
  bytes.writeUInt16BE(22, 2);
  bytes[6] = 0x20;
  return { ...packet, bytes };
}

const later = (src: string, dst: string): Tuple => ({
  ...{ proto: 'udp', src, dst, fragment: { id: 9, offset: 1480 } },
});
const error = (src: string, dst: string, quoted: Tuple): Tuple => ({
  ...icmp(src, dst, 3, 4),
  quoted: { proto: 'tcp', src: quoted.src, dst: quoted.dst, sport: 50000, dport: 80 },
});
const ANSWER: Tuple = { proto: 'tcp', src: FAR, sport: 80, dst: OWN, dport: 50000, flags: 'SA' };
const ACK: Tuple = { ...IN80, flags: 'A' };

/** What a service or a package may not do, by rules of its own. */
const hardened = (Direction: string): object => ({
  ...{ Name: 'hardened', Direction, Action: 'Block', Service: 'Dhcp' },
  PolicyStore: 'StaticService',
});
const isolated = (Direction: string): object => ({
  ...{ Name: 'isolated', Direction, Action: 'Block', Package: 'S-1-15-2-1' },
  PolicyStore: 'AppIsolation',
});
const OWNED = { interface: { processes: [{ service: 'Dhcp', package: 'S-1-15-2-1' }] } };

describe('inbound', () => {
  const STEPS = [
    ...['loopback', 'malformed', 'fragment', 'off', 'ICMP error', 'flow', 'TCP without a flow'],
    ...['boot time', 'quarantine', 'shielded', 'service hardening', 'app isolation'],
    ...['bypass', 'Block', 'Allow'],
    ...['container defaults', 'profile default'],
  ];
  const CASES: Cases = {
    'loopback, malformed': {
      both: sent({}, malformed(OWN, OWN)),
      first: 'pass own-address',
      withoutFirst: sent({}, malformed(PEER, OWN)),
      second: 'drop invalid-packet',
    },
    'malformed, fragment': {
      both: sent({ rules: [EVERY_IN] }, malformed(PEER, OWN)),
      first: 'drop invalid-packet',
      withoutFirst: judged({ rules: [EVERY_IN] }, later(PEER, OWN)),
      second: 'drop fragment-without-first',
    },
    'fragment, off': {
      both: judged({ rules: [EVERY_IN] }, later(PEER, OWN)),
      first: 'drop fragment-without-first',
      withoutFirst: judged({ profiles: OFF }, udp(PEER, OWN, 53)),
      second: 'allow firewall-off',
    },
    'off, ICMP error': {
      both: judged({ profiles: OFF }, OUT80, error(FAR, OWN, OUT80)),
      first: 'allow firewall-off',
      withoutFirst: judged({}, OUT80, error(FAR, OWN, OUT80)),
      second: 'allow related',
    },
    'ICMP error, flow': {
      both: judged(
        { rules: [{ Name: 'B', Action: 'Block', Protocol: 'ICMPv4' }] },
        ...[OUT80, error(FAR, OWN, OUT80)],
      ),
      first: 'allow related',
      // An error makes no flow: the next one is held against the rules again.
      withoutFirst: judged(
        { rules: [{ Name: 'mtu', Protocol: 'ICMPv4' }] },
        ...[icmp(FAR, OWN, 3, 4), icmp(FAR, OWN, 3, 4)],
      ),
      second: 'allow rule mtu',
    },
    'flow, TCP without a flow': {
      both: judged({ options: STRICT }, OUT80, ANSWER),
      first: 'allow established',
      withoutFirst: judged({ options: STRICT }, ANSWER),
      second: 'drop non-syn-without-state',
    },
    'TCP without a flow, boot time': {
      both: judged({ host: BOOTING, options: STRICT }, ACK),
      first: 'drop non-syn-without-state',
      withoutFirst: judged({ host: BOOTING, options: STRICT }, IN80),
      second: 'drop boot-time-default',
    },
    'boot time, quarantine': {
      both: judged({ host: BOOTING, interface: QUARANTINED }, IN80),
      first: 'drop boot-time-default',
      withoutFirst: judged({ interface: QUARANTINED }, IN80),
      second: 'drop quarantine-default',
    },
    'quarantine, shielded': {
      both: judged({ interface: QUARANTINED, profiles: SHUT }, IN80),
      first: 'drop quarantine-default',
      withoutFirst: judged({ profiles: SHUT }, IN80),
      second: 'drop shielded',
    },
    'shielded, service hardening': {
      both: judged({ ...OWNED, rules: [hardened('Inbound')], profiles: SHUT }, IN80),
      first: 'drop shielded',
      withoutFirst: judged({ ...OWNED, rules: [hardened('Inbound')] }, IN80),
      second: 'drop rule hardened',
    },
    'service hardening, app isolation': {
      both: judged({ ...OWNED, rules: [isolated('Inbound'), hardened('Inbound')] }, IN80),
      first: 'drop rule hardened',
      withoutFirst: judged({ ...OWNED, rules: [isolated('Inbound')] }, IN80),
      second: 'drop rule isolated',
    },
    'app isolation, bypass': {
      both: judged(
        { ...OWNED, rules: [X80, isolated('Inbound')], facts: protectedBy('authenticated') },
        IN80,
      ),
      first: 'drop rule isolated',
      withoutFirst: judged({ ...OWNED, rules: [X80], facts: protectedBy('authenticated') }, IN80),
      second: 'allow rule X80',
    },
    'bypass, Block': {
      both: judged({ rules: [B80, X80], facts: protectedBy('authenticated') }, IN80),
      first: 'allow rule X80',
      withoutFirst: judged({ rules: [B80], facts: protectedBy('authenticated') }, IN80),
      second: 'drop rule B80',
    },
    'Block, Allow': {
      both: judged({ rules: [A80, B80] }, IN80),
      first: 'drop rule B80',
      withoutFirst: judged({ rules: [A80] }, IN80),
      second: 'allow rule A80',
    },
    'Allow, container defaults': {
      both: judged({ rules: [A80], endpoints: [pod] }, syn(FAR, POD, 80)),
      first: 'allow rule A80',
      withoutFirst: judged({ rules: [], endpoints: [pod] }, syn(FAR, POD, 80)),
      second: 'allow default-allow-inbound',
    },
    'container defaults, profile default': {
      both: judged({ rules: [], endpoints: [pod] }, syn(FAR, POD, 80)),
      first: 'allow default-allow-inbound',
      // The host's own stack has no such defaults.
      withoutFirst: judged({ rules: [], endpoints: [pod] }, syn(FAR, OWN, 80)),
      second: 'drop query-user-default',
    },
  };

  it('every pair has a case', () => {
    expect(Object.keys(CASES)).toEqual(STEPS.slice(1).map((step, i) => `${STEPS[i]!}, ${step}`));
  });

  it.each(Object.entries(CASES))('%s', (_, { both, first, withoutFirst, second }) => {
    expect([both(), withoutFirst()]).toEqual([first, second]);
  });
});

describe('outbound', () => {
  const UNREACHABLE = icmp(OWN, PEER, 3, 3);
  const NO_STEALTH = publicProfile({ DisableStealthMode: true });
  const SHUT_OUT = publicProfile({ DefaultOutboundAction: 'Block' });
  const BLOCK_OUT = { Name: 'B', Direction: 'Outbound', Action: 'Block' };
  const BYPASS_OUT = {
    ...{ Name: 'X', Direction: 'Outbound', OverrideBlockRules: true, Authentication: 'Required' },
  };
  const TO_PEER = syn(OWN, PEER, 80);
  const FACTS = protectedBy('authenticated');
  /** The flow that the error goes out about. */
  const IN_FLOW = [IN80, error(OWN, PEER, IN80)] as const;

  const STEPS = [
    ...['loopback', 'off', 'stealth', 'ICMP error', 'flow', 'TCP without a flow'],
    ...['service hardening', 'app isolation', 'bypass', 'Block', 'Allow', 'profile default'],
  ];
  const CASES: Cases = {
    'loopback, off': {
      both: judged({ profiles: OFF }, syn(OWN, OWN, 80)),
      first: 'pass own-address',
      withoutFirst: judged({ profiles: OFF }, OUT80),
      second: 'allow no-acl-layer',
    },
    'off, stealth': {
      both: judged({ profiles: OFF }, UNREACHABLE),
      // The stage that allows last names the reason: the switch behind a firewall that is off.
      first: 'allow no-acl-layer',
      withoutFirst: judged({}, UNREACHABLE),
      second: 'drop stealth',
    },
    'stealth, ICMP error': {
      both: judged({ rules: [A80] }, ...IN_FLOW),
      first: 'drop stealth',
      withoutFirst: judged({ rules: [A80], profiles: NO_STEALTH }, ...IN_FLOW),
      second: 'allow related',
    },
    'ICMP error, flow': {
      both: judged({ rules: [A80, BLOCK_OUT], profiles: NO_STEALTH }, ...IN_FLOW),
      first: 'allow related',
      withoutFirst: judged(
        { rules: [EVERY_OUT], profiles: NO_STEALTH },
        ...[UNREACHABLE, UNREACHABLE],
      ),
      second: 'allow rule every',
    },
    'flow, TCP without a flow': {
      both: judged({ options: STRICT }, OUT80, { ...OUT80, flags: 'A' }),
      first: 'allow established',
      withoutFirst: judged({ options: STRICT }, { ...OUT80, flags: 'A' }),
      second: 'drop non-syn-without-state',
    },
    'TCP without a flow, service hardening': {
      both: judged(
        { ...OWNED, rules: [hardened('Outbound')], options: STRICT },
        { ...OUT80, flags: 'A' },
      ),
      first: 'drop non-syn-without-state',
      withoutFirst: judged({ ...OWNED, rules: [hardened('Outbound')], options: STRICT }, OUT80),
      second: 'drop rule hardened',
    },
    'service hardening, app isolation': {
      both: judged({ ...OWNED, rules: [isolated('Outbound'), hardened('Outbound')] }, OUT80),
      first: 'drop rule hardened',
      withoutFirst: judged({ ...OWNED, rules: [isolated('Outbound')] }, OUT80),
      second: 'drop rule isolated',
    },
    'app isolation, bypass': {
      both: judged({ ...OWNED, rules: [BYPASS_OUT, isolated('Outbound')], facts: FACTS }, TO_PEER),
      first: 'drop rule isolated',
      withoutFirst: judged({ ...OWNED, rules: [BYPASS_OUT], facts: FACTS }, TO_PEER),
      second: 'allow rule X',
    },
    'bypass, Block': {
      both: judged({ rules: [BLOCK_OUT, BYPASS_OUT], facts: FACTS }, TO_PEER),
      first: 'allow rule X',
      withoutFirst: judged({ rules: [BLOCK_OUT], facts: FACTS }, TO_PEER),
      second: 'drop rule B',
    },
    'Block, Allow': {
      both: judged({ rules: [EVERY_OUT, BLOCK_OUT] }, OUT80),
      first: 'drop rule B',
      withoutFirst: judged({ rules: [EVERY_OUT] }, OUT80),
      second: 'allow rule every',
    },
    'Allow, profile default': {
      both: judged({ rules: [EVERY_OUT], profiles: SHUT_OUT }, OUT80),
      first: 'allow rule every',
      withoutFirst: judged({ profiles: SHUT_OUT }, OUT80),
      second: 'drop default-outbound-block',
    },
  };

  it('every pair has a case', () => {
    expect(Object.keys(CASES)).toEqual(STEPS.slice(1).map((step, i) => `${STEPS[i]!}, ${step}`));
  });

  it.each(Object.entries(CASES))('%s', (_, { both, first, withoutFirst, second }) => {
    expect([both(), withoutFirst()]).toEqual([first, second]);
  });
});

describe('a flow that is open', () => {
  it('comes before a Block, shielding and the rules of its service', () => {
    const spec = {
      ...{ ...OWNED, rules: [{ Name: 'B', Action: 'Block' }, hardened('Inbound')] },
      profiles: SHUT,
    };
    expect(say(machine(spec), OUT80, ANSWER)).toBe('allow established');
    expect(say(machine({ ...spec, profiles: {} }), OUT80, ANSWER)).toBe('allow established');
    expect(say(machine({ ...spec, profiles: {} }), IN80)).toBe('drop rule hardened');
  });
});
