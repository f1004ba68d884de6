/**
 * Answers of anybody: to what was sent to many, and through rules with loose source or local only
 * mapping. Source: windows-firewall.md 6.2, 6.4.
 */
import { describe, expect, it } from 'vitest';

import { Simulator, type PacketRecord, type Tuple } from '../../src/index.js';
import { FAR, machine, OWN, OWN6, PEER, PEER6, say, udp, type MachineSpec } from './machine.js';
import { Session, udp as udpPacket } from '../../src/index.js';

const GROUP = '239.255.255.250';
const ASK = udp(OWN, GROUP, 1900, { at: 0 });
/** From anybody to the port that asked. */
const answer = (more: Partial<Tuple> = {}): Tuple => ({
  ...{ proto: 'udp', src: FAR, dst: OWN, sport: 4242, dport: 50000, at: 1, ...more },
});
const REFUSED = 'drop query-user-default';
const ANSWERED = 'allow established';

const publicProfile = (settings: object): MachineSpec => ({ profiles: { Public: settings } });

describe('what was sent to many', () => {
  it.each<[string, Tuple]>([
    ['a multicast group', ASK],
    ['everybody', { ...ASK, dst: '255.255.255.255' }],
    ['everybody in the subnet', { ...ASK, dst: '192.168.1.255' }],
  ])('%s is answered by anybody', (_, ask) => {
    expect(say(machine({}), ask, answer())).toBe(ANSWERED);
    // Control: without it the same packet is dropped.
    expect(say(machine({}), answer())).toBe(REFUSED);
  });

  it('in IPv6 too', () => {
    const ask = udp(OWN6, 'ff02::c', 1900, { at: 0 });
    const [src, dst] = [PEER6, OWN6];
    expect(say(machine({}), ask, answer({ src, dst }))).toBe(ANSWERED);
    expect(say(machine({}), ask, answer({ src, dst: 'fd00::6' }))).not.toBe(ANSWERED);
  });

  it('is answered by the group as well', () => {
    expect(say(machine({}), ASK, answer({ dst: GROUP }))).toBe(ANSWERED);
    expect(say(machine({}), answer({ dst: GROUP }))).toBe(REFUSED);
  });

  it.each<[string, Tuple]>([
    ['to one address', udp(OWN, PEER, 1900, { at: 0 })],
    ['to an address that ends like a broadcast', udp(OWN, '10.0.0.255', 1900, { at: 0 })],
    ['of another port', { ...ASK, sport: 50001 }],
    ['of another protocol', { ...ASK, proto: 'igmp' }],
    ['that came in', udp(PEER, GROUP, 50000, { at: 0 })],
  ])('is no packet %s', (_, ask) => {
    expect(say(machine({}), ask, answer())).toBe(REFUSED);
  });

  it('and was dropped is not answered', () => {
    const rules = [{ Name: 'B', Direction: 'Outbound', Action: 'Block', RemoteAddress: GROUP }];
    expect(say(machine({ rules }), ASK)).toBe('drop rule B');
    expect(say(machine({ rules }), ASK, answer())).toBe(REFUSED);
  });

  it('does not let an answer to TCP or another port in', () => {
    expect(say(machine({}), ASK, answer({ proto: 'tcp', flags: 'S' }))).toBe(REFUSED);
    expect(say(machine({}), ASK, answer({ dport: 50001 }))).toBe(REFUSED);
  });

  it('opens no way out to others', () => {
    const rules = [{ Name: 'ssdp', Direction: 'Outbound', Protocol: 'UDP', RemoteAddress: GROUP }];
    const of = machine({ rules, ...publicProfile({ DefaultOutboundAction: 'Block' }) });
    expect(say(of, ASK, answer())).toBe('allow established ssdp');
    expect(say(of, ASK, udp(OWN, FAR, 4242, { at: 1 }))).toBe('drop default-outbound-block');
    expect(say(of, ASK, udp(OWN, '224.0.0.251', 1900, { at: 1 }))).toBe(
      'drop default-outbound-block',
    );
  });

  it('is answered for 4 s, which only who asks renews', () => {
    const of = machine({});
    expect(say(of, ASK, answer({ at: 3.999 }))).toBe(ANSWERED);
    expect(say(of, ASK, answer({ at: 4 }))).toBe(REFUSED);
    expect(say(of, ASK, answer({ at: 3 }), answer({ at: 5 }))).toBe(REFUSED);
    expect(say(of, ASK, { ...ASK, at: 3 }, answer({ at: 6.999 }))).toBe(ANSWERED);
    expect(say(of, ASK, { ...ASK, at: 3 }, answer({ at: 7 }))).toBe(REFUSED);
    const slow = machine({ options: { timers: { hostMulticast: 30 } } });
    expect(say(slow, ASK, answer({ at: 29 }))).toBe(ANSWERED);
  });

  it('asks the rules again after 4 s', () => {
    const records = (at: number): PacketRecord =>
      new Simulator(machine({}).compiled).judge([ASK, { ...ASK, at }])[1]![0]!;
    expect(records(3)).toMatchObject({ reason: 'established', flow: 1 });
    expect(records(4)).toMatchObject({ reason: 'default-outbound-allow', flow: 2 });
  });

  it('is answered by one to one unless the profile forbids it, save for DHCP', () => {
    const of = machine(publicProfile({ AllowUnicastResponseToMulticast: false }));
    expect(say(of, ASK, answer())).toBe(REFUSED);
    expect(say(of, ASK, answer({ dst: GROUP }))).toBe(ANSWERED);
    const discover = udp(OWN, '255.255.255.255', 67, { sport: 68, at: 0 });
    const offer = answer({ src: PEER, sport: 67, dport: 68 });
    expect(say(of, discover, offer)).toBe(ANSWERED);
    expect(say(of, discover, { ...offer, sport: 68 })).toBe(REFUSED);
  });

  it('is answered whatever was refused before it', () => {
    const simulator = new Simulator(machine({}).compiled);
    const early = answer({ at: 0 });
    const verdicts = simulator
      .judge([early, early, ASK, answer(), answer({ at: 9 })])
      .map(([record]) => record!.verdict);
    expect(verdicts).toEqual(['drop', 'drop', 'allow', 'allow', 'drop']);
  });
});

describe('a rule with a loose mapping', () => {
  const rule = (more: object): object => ({
    ...{ Name: 'loose', Direction: 'Outbound', Protocol: 'UDP', RemoteAddress: PEER, ...more },
  });
  const ASK_ONE = udp(OWN, PEER, 3544, { at: 0 });

  it.each(['LooseSourceMapping', 'LocalOnlyMapping'])('%s lets anybody answer', (mapping) => {
    const of = machine({ rules: [rule({ [mapping]: true })] });
    expect(say(of, ASK_ONE, answer())).toBe('allow established loose');
    expect(say(machine({ rules: [rule({})] }), ASK_ONE, answer())).toBe(REFUSED);
  });

  it('is enough beside one without', () => {
    const rules = [{ ...rule({}), Name: 'plain' }, rule({ LooseSourceMapping: true })];
    expect(say(machine({ rules }), ASK_ONE)).toBe('allow rule loose');
    expect(say(machine({ rules }), ASK_ONE, answer())).toBe('allow established loose');
  });

  it('for 60 s, which answers renew', () => {
    const of = machine({ rules: [rule({ LooseSourceMapping: true })] });
    expect(say(of, ASK_ONE, answer({ at: 59 }))).toBe('allow established loose');
    expect(say(of, ASK_ONE, answer({ at: 60 }))).toBe(REFUSED);
    expect(say(of, ASK_ONE, answer({ at: 59 }), answer({ at: 118 }))).toBe(
      'allow established loose',
    );
  });

  it('opens no way out to others', () => {
    const of = machine({
      rules: [rule({ LooseSourceMapping: true })],
      ...publicProfile({ DefaultOutboundAction: 'Block' }),
    });
    expect(say(of, ASK_ONE, udp(OWN, FAR, 3544, { at: 1 }))).toBe('drop default-outbound-block');
  });
});

describe('a session', () => {
  it('lists what anybody may answer to, and keeps it in snapshots', () => {
    const session = new Session(machine({}).compiled);
    session.send(udpPacket(`${OWN}:50000`, `${GROUP}:1900`));
    const reply = udpPacket(`${FAR}:4242`, `${OWN}:50000`, { after: 1 });
    const remotes = session.flows().map(({ remote }) => remote);
    expect(remotes).toHaveLength(2);
    expect(remotes.some((remote) => remote.includes(GROUP))).toBe(true);
    const snapshot = session.snapshot();
    expect(session.send(reply)).toMatchObject({ verdict: 'allow', flow: 1 });
    session.restore(snapshot);
    expect(session.send(reply)).toMatchObject({ verdict: 'allow', flow: 1 });
    expect(session.explain({ ...reply, after: 4 })).toMatchObject({});
    expect(session.send({ ...reply, after: 4 })).toMatchObject({ verdict: 'drop' });
  });
});
