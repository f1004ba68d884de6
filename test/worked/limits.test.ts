/** Limits of flows and what is counted of them: docs/semantics/state.md 3 and 4. */
import { describe, expect, it } from 'vitest';
import { Simulator, type Tuple } from '../../src/index.js';
import type { SemanticOptionsInput } from '../../src/normalise/options.js';
import { acl, compiledWith, tcp, udp } from './model.js';

const PLATFORM = { windows: 'ltsc2022', driver: 'l2bridge', endpoint: 'pod=10.0.0.5' } as const;

function judging(
  options: SemanticOptionsInput,
  isolation: 'process' | 'hyperv' = 'hyperv',
): (tuple: Tuple) => string {
  const acls = (['Switch', 'Host'] as const)
    .filter((stage) => stage === 'Switch' || isolation === 'process')
    .flatMap((RuleType) =>
      (['In', 'Out'] as const).map((direction) =>
        acl('Allow', direction, { RuleType, ...(RuleType === 'Switch' && { Priority: 100 }) }),
      ),
    );
  const simulator = new Simulator(compiledWith(options, { ...PLATFORM, isolation }, ...acls));
  return (tuple) => {
    const { verdict, reason } = simulator.judge([tuple])[0]!.at(-1)!;
    return `${verdict} ${reason}`;
  };
}

const syn = (port: number, rest: Partial<Tuple> = {}): Tuple =>
  tcp('out', `10.0.0.5:${port}`, '203.0.113.1:443', { flags: 'S', seq: 1, ...rest });
const query = (port: number, rest: Partial<Tuple> = {}): Tuple =>
  udp('out', `10.0.0.5:${port}`, '203.0.113.1:53', rest);
const ping = (id: number, rest: Partial<Tuple> = {}): Tuple => ({
  ...{ dir: 'out', proto: 'icmp', src: '10.0.0.5', dst: '203.0.113.1', type: 8, code: 0, id },
  ...rest,
});
const ROOM = 'allow rule';
const FULL = 'drop flow-limit';

describe('a limit of a class of flows', () => {
  it.each([
    ['tcp', syn, query],
    ['udp', query, ping],
    ['other', ping, syn],
  ] as const)('of %s refuses one flow more of that class alone', (name, of, other) => {
    const judge = judging({ flowLimits: { [name]: 2 } });
    expect([of(1), of(2), of(3), other(4), of(1)].map(judge)).toEqual([
      ...[ROOM, ROOM, FULL, ROOM],
      'allow established',
    ]);
  });

  it('of half-open TCP gives room back when the handshake is over', () => {
    const judge = judging({ flowLimits: { halfOpen: 1 } });
    expect([syn(1), syn(2)].map(judge)).toEqual([ROOM, FULL]);
    const answer = tcp('in', '203.0.113.1:443', '10.0.0.5:1', { flags: 'SA', seq: 9, ack: 2 });
    judge(answer);
    expect(judge(syn(2))).toBe(FULL);
    judge(tcp('out', '10.0.0.5:1', '203.0.113.1:443', { flags: 'A', ack: 10 }));
    expect([syn(2), syn(3)].map(judge)).toEqual([ROOM, FULL]);
    // What is picked up in mid-stream is not half-open.
    expect(judge(syn(4, { flags: 'PA' }))).toBe(ROOM);
  });

  it('gives room back exactly on time', () => {
    const judge = judging({ flowLimits: { udp: 1 }, timers: { switchFlow: 10 } });
    expect(judge(query(1, { at: 0.5 }))).toBe(ROOM);
    expect(judge(query(2, { at: 10.499 }))).toBe(FULL);
    expect(judge(query(2, { at: 10.5 }))).toBe(ROOM);
  });

  it('makes room in one stage of a flow that a packet replaces in another', () => {
    // The host's flow of the query is due in the second in which the switch is full.
    const timers = { switchFlow: 10, hostUdp: 60, hostIcmp: 1 };
    const judge = judging({ flowLimit: 2, timers }, 'process');
    const packets = [query(1, { at: 0 }), ping(1, { at: 50.1 }), ping(2, { at: 52 })];
    expect(packets.map(judge)).toEqual([ROOM, ROOM, ROOM]);
    expect(judge(query(1, { at: 60.2 }))).toBe(ROOM);
    expect(judge(query(1, { at: 60.3 }))).toBe('allow established');
    expect(judge(query(2, { at: 60.4 }))).toBe(FULL);
  });
});
