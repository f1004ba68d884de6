/** Flows of the host stage, and what comes with them. Source: windows-firewall.md 6. */
import { describe, expect, it } from 'vitest';

import { Simulator, type Tuple } from '../../src/index.js';
import { FAR, icmp, machine, OUT80, OWN, PEER, publicProfile, say, udp } from './machine.js';

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
