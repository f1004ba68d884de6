/**
 * What a firewall that is off remembers. Source: windows-firewall.md question 15; W22 of
 * docs/semantics/firewall.md.
 */
import { describe, expect, it } from 'vitest';

import {
  fragment,
  icmp as icmpPacket,
  ip,
  replay,
  Session,
  tcp,
  udp,
  type CompiledHost,
  type Packet,
  type SemanticOptionsInput,
} from '../../src/index.js';
import { temporaryFolder } from '../cli/run.js';
import { capture, type Timed } from './capture.js';
import { A80, machine, OWN, PEER, type MachineSpec } from './machine.js';

const folder = temporaryFolder();
const KEEP: SemanticOptionsInput = { flowsWhileOff: 'keep' };
const ASK = udp(`${OWN}:5000`, `${PEER}:53`);
const ANSWER = udp(`${PEER}:53`, `${OWN}:5000`);

function firewall(
  Enabled: boolean,
  options: SemanticOptionsInput,
  more: MachineSpec = {},
): CompiledHost {
  const { profiles, ...rest } = more;
  const Public = { Enabled, ...profiles?.['Public'] };
  return machine({ rules: [A80], ...rest, options, profiles: { Public } }).compiled;
}

/** A session that has seen the packets while the firewall was off, all of which went through. */
function whileOff(options: SemanticOptionsInput, ...packets: Packet[]): Session {
  const session = new Session(firewall(false, options));
  for (const packet of packets) expect(session.send(packet).verdict).toBe('allow');
  return session;
}

describe('a firewall that is switched on', () => {
  it.each([
    [{}, 'query-user-default'],
    [{ flowsWhileOff: 'none' }, 'query-user-default'],
    [KEEP, null],
  ] as const)('with %j knows what was sent before', (options, refusedFor) => {
    const session = whileOff(options, ASK);
    session.apply(firewall(true, options));
    const expected =
      refusedFor === null
        ? { verdict: 'allow', reason: 'established' }
        : { verdict: 'drop', reason: refusedFor };
    expect(session.send(ANSWER)).toMatchObject(expected);
    // The control: nobody asked there.
    expect(session.send(udp(`${PEER}:53`, `${OWN}:5001`)).verdict).toBe('drop');
  });

  it('asks its rules of what came in before', () => {
    const open = [tcp(`${PEER}:4000`, `${OWN}:80`), tcp(`${PEER}:4000`, `${OWN}:22`)];
    const session = whileOff(KEEP, ...open);
    expect(session.apply(firewall(true, KEEP))).toMatchObject({ survived: 0, changed: 1, cut: 1 });
    const data = (port: number): Packet =>
      tcp(`${PEER}:4000`, `${OWN}:${port}`, { flags: 'PA', seq: 2, ack: 2 });
    expect(session.send(data(80))).toMatchObject({ verdict: 'allow', rule: 'A80' });
    expect(session.send(data(22)).verdict).toBe('drop');
  });

  it('has ended what reset cuts', () => {
    const session = whileOff(KEEP, ASK);
    expect(session.apply(firewall(true, KEEP), { mode: 'reset' })).toMatchObject({ cut: 1 });
    expect(session.send(ANSWER).verdict).toBe('drop');
  });

  it('has forgotten what was silent for as long as a flow lives', () => {
    const asked = (at: number): string => {
      const session = whileOff(KEEP, { ...ASK, at: 0 });
      session.apply(firewall(true, KEEP));
      return session.send({ ...ANSWER, at }).verdict;
    };
    expect(asked(59)).toBe('allow');
    expect(asked(60)).toBe('drop');
  });
});

describe('a firewall that is switched off', () => {
  it('takes its flows along, and has them when it is on again', () => {
    const session = new Session(firewall(true, KEEP));
    session.send(ASK);
    expect(session.apply(firewall(false, KEEP))).toMatchObject({ changed: 1, cut: 0 });
    expect(session.apply(firewall(true, KEEP))).toMatchObject({ changed: 1, cut: 0 });
    expect(session.send(ANSWER)).toMatchObject({ verdict: 'allow', reason: 'established' });
  });

  it('ends them without the option', () => {
    const session = new Session(firewall(true, {}));
    session.send(ASK);
    expect(session.apply(firewall(false, {}))).toMatchObject({ changed: 0, cut: 1 });
    session.apply(firewall(true, {}));
    expect(session.send(ANSWER).verdict).toBe('drop');
  });
});

const CLOSED_PORT = icmpPacket(OWN, PEER, { type: 3, code: 3, quoted: ANSWER });

describe('while it is off', () => {
  const odd: readonly (readonly [string, Packet])[] = [
    ['TCP in mid-stream', tcp(`${PEER}:4000`, `${OWN}:22`, { flags: 'A', seq: 5, ack: 5 })],
    ['a RST of nobody', tcp(`${PEER}:4000`, `${OWN}:22`, { flags: 'R' })],
    ['flags that no end sends', tcp(`${PEER}:4000`, `${OWN}:22`, { flags: 'SF' })],
    ['a closed port', CLOSED_PORT],
    ['an answer to nothing', icmpPacket(PEER, OWN, { type: 0 })],
    ['another protocol', ip(PEER, OWN, 47)],
  ];

  it.each(odd)('%s goes through with either word, and not when it is on', (_, packet) => {
    for (const flowsWhileOff of ['none', 'keep'] as const) {
      const options = { flowsWhileOff, midstream: 'strict' } as const;
      const session = new Session(firewall(false, options));
      const { verdict, reason } = session.send(packet);
      // What goes out ends at the switch, which has no say either.
      expect([verdict, reason]).toEqual([
        'allow',
        packet === CLOSED_PORT ? 'no-acl-layer' : 'firewall-off',
      ]);
      const on = new Session(firewall(true, options));
      expect(on.send(packet).verdict).toBe('drop');
    }
  });

  it('what may be of no connection is not remembered', async () => {
    const broken = Buffer.from(tcp(`${PEER}:4000`, `${OWN}:22`).bytes);
    broken[32] = 0x10; // a header shorter than a header
    const pieces = fragment(udp(`${PEER}:4000`, `${OWN}:22`, { payload: 'x'.repeat(2000) }), {
      mtu: 1000,
    });
    const flowsOf = async (...packets: readonly Pick<Packet, 'bytes'>[]): Promise<number> => {
      const timed = packets.map((packet, i): Timed => [i, packet as Packet]);
      const file = folder.write('odd.pcap', capture(timed));
      const { report } = await replay([file], firewall(false, KEEP));
      expect(report.verdicts.allow.packets).toBe(packets.length);
      return report.flows;
    };
    const on = new Session(firewall(true, KEEP));
    expect(on.send({ ...ASK, bytes: broken })).toMatchObject({ reason: 'invalid-packet' });
    expect(await flowsOf({ bytes: broken })).toBe(0);
    expect(await flowsOf(pieces[1]!)).toBe(0);
    // The controls.
    expect(await flowsOf(tcp(`${PEER}:4000`, `${OWN}:22`))).toBe(1);
    expect(await flowsOf(...pieces)).toBe(1);
  });

  it('refuses nothing for want of room', () => {
    const options = { ...KEEP, flowLimit: 1 };
    const session = whileOff(options, ASK, udp(`${OWN}:5001`, `${PEER}:53`), ASK);
    session.apply(firewall(true, options));
    expect(session.send(ANSWER).verdict).toBe('allow');
    expect(session.send(udp(`${PEER}:53`, `${OWN}:5001`)).verdict).toBe('drop');
  });

  it('nobody may answer to what was sent to many later', () => {
    const group = udp(`${OWN}:5000`, '239.255.255.250:1900');
    const answer = udp(`${PEER}:1900`, `${OWN}:5000`);
    const session = whileOff(KEEP, group);
    session.apply(firewall(true, KEEP));
    expect(session.send(answer).verdict).toBe('drop');
    const on = new Session(firewall(true, KEEP));
    on.send(group);
    expect(on.send(answer).verdict).toBe('allow');
  });
});

describe('a replay in which it is switched on', () => {
  const folder = temporaryFolder();

  it.each([
    [{}, 1],
    [{ flowsWhileOff: 'none' }, 1],
    [KEEP, 0],
  ] as const)('with %j judges the answer to what was sent before', async (options, drops) => {
    const packets: readonly Timed[] = [
      [0, ASK],
      [2, ANSWER],
    ];
    const file = folder.write('switched.pcap', capture(packets));
    const at = { elapsedNs: 1_000_000_000n };
    const { report } = await replay([file], firewall(false, options), {
      changes: [{ at, compiled: firewall(true, options) }],
    });
    expect(report.endpoints[0]!.in.drop.packets).toBe(drops);
    expect(report.endpoints[0]!.out.allow.packets).toBe(1);
  });
});
