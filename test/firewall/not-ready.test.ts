/**
 * A machine whose firewall has not loaded its policy, and an interface that is being classified. Source:
 * windows-firewall.md 5.2, 5.5, question 14.
 */
import { describe, expect, it } from 'vitest';

import type { Tuple } from '../../src/index.js';
import {
  A80,
  FAR,
  icmp,
  IN80,
  machine,
  OUT80,
  OWN,
  OWN6,
  PEER,
  PEER6,
  publicProfile,
  say,
  syn,
  udp,
  type MachineSpec,
} from './machine.js';

const ANSWER: Tuple = { proto: 'tcp', src: FAR, sport: 80, dst: OWN, dport: 50000, flags: 'SA' };
const BLOCK_OUT = { Name: 'B', Direction: 'Outbound', Action: 'Block' };
const ports = (src: string, dst: string, sport: number, dport: number): Tuple => ({
  ...udp(src, dst, dport),
  sport,
});

describe('at boot time', () => {
  const spec: MachineSpec = { rules: [A80, BLOCK_OUT], host: { bootTime: true } };
  const LOUD = publicProfile({ DisableStealthMode: true });
  const UNREACHABLE = icmp(OWN, PEER, 3, 3);
  const SHUT = 'drop boot-time-default';
  const OPEN = 'allow boot-time-default';

  it.each<[string, Tuple, string]>([
    ['no rule lets anything in', IN80, SHUT],
    ['no rule keeps anything in', OUT80, OPEN],
    ['an offer of DHCP comes in', ports(PEER, OWN, 67, 68), OPEN],
    ['and nothing to another port', ports(PEER, OWN, 67, 69), SHUT],
    ['an offer of DHCPv6 comes in', ports(PEER6, OWN6, 547, 546), OPEN],
    ['and nothing from another port', ports(PEER6, OWN6, 548, 546), SHUT],
    ['a solicitation of a neighbour comes in', icmp(PEER6, OWN6, 135), OPEN],
    ['an advertisement of a router comes in', icmp(PEER6, OWN6, 134), OPEN],
    ['an echo request does not', icmp(PEER6, OWN6, 128), SHUT],
    ['nor one of IPv4', icmp(PEER, OWN, 8), SHUT],
    ['the host reaches itself', syn(OWN, OWN, 80), 'pass own-address'],
    ['what tells of closed ports stays in', UNREACHABLE, 'drop stealth'],
  ])('%s', (_, packet, expected) => {
    expect(say(machine(spec), packet)).toBe(expected);
  });

  it('answers come in, and stealth is no matter of the profile', () => {
    expect(say(machine(spec), OUT80, ANSWER)).toBe('allow established');
    expect(say(machine({ ...spec, profiles: LOUD }), UNREACHABLE)).toBe('drop stealth');
    expect(say(machine({ profiles: LOUD }), UNREACHABLE)).toBe('allow default-outbound-allow');
  });

  it('is not unless somebody says so', () => {
    for (const host of [{}, { bootTime: false }]) {
      expect(say(machine({ ...spec, host }), IN80)).toBe('allow rule A80');
      expect(say(machine({ ...spec, host }), OUT80)).toBe('drop rule B');
    }
  });
});

describe('an interface in quarantine', () => {
  const spec: MachineSpec = { rules: [A80, BLOCK_OUT], interface: { quarantine: true } };

  it('lets nothing unsolicited in, and the rules decide what goes out', () => {
    expect(say(machine(spec), IN80)).toBe('drop quarantine-default');
    expect(say(machine({ ...spec, interface: { quarantine: false } }), IN80)).toBe(
      'allow rule A80',
    );
    expect(say(machine(spec), OUT80)).toBe('drop rule B');
    expect(say(machine({ ...spec, rules: [] }), OUT80, ANSWER)).toBe('allow established');
  });

  it('is open where the firewall is off', () => {
    const profiles = publicProfile({ Enabled: false });
    expect(say(machine({ ...spec, profiles }), IN80)).toBe('allow firewall-off');
  });
});
