/** Limits of flows: docs/SEMANTICS.md 5.1. */
import { describe, expect, it } from 'vitest';
import { Simulator, type Tuple } from '../../src/index.js';
import type { SemanticOptionsInput } from '../../src/normalise/options.js';
import { acl, compiledWith, udp } from './model.js';

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

const query = (port: number, rest: Partial<Tuple> = {}): Tuple =>
  udp('out', `10.0.0.5:${port}`, '203.0.113.1:53', rest);
const ping = (id: number, rest: Partial<Tuple> = {}): Tuple => ({
  ...{ dir: 'out', proto: 'icmp', src: '10.0.0.5', dst: '203.0.113.1', type: 8, code: 0, id },
  ...rest,
});
const ROOM = 'allow rule';
const FULL = 'drop flow-limit';

describe('a limit of flows', () => {
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
