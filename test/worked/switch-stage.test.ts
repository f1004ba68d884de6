/**
 * The switch stage by its specification, line by line: vfp.md 3.5 (how results of groups combine),
 * 3.11 (flows of other protocols), 4.3 (the machine of TCP) and 14 (what must not be got wrong). Titles have the numbers of the lines.
 * Rewritten fields (14.1) are in test/replay/published-ports.test.ts, ARP (14.10) in test/cli, records of one
 * packet at two components (14.12) in test/captures/capture-point.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { Simulator, type Tuple } from '../../src/index.js';
import { parseTuple } from '../../src/explain/tuple-text.js';
import type { SemanticOptionsInput } from '../../src/normalise/options.js';
import { group, layer, port, portOf } from './switch-model.js';

const TERMINATING = 1;
const STATEFUL = 2;
const BOTH = TERMINATING | STATEFUL;
const IN = 'in tcp 10.9.9.9:4000 > 10.1.0.5:80';

describe('vfp.md 3.5, groups A then B of one layer without default allow', () => {
  const any = (name: string, type: string, terminating: boolean): string =>
    `${name} * * * * * ${terminating ? TERMINATING : 0} 100 ${type}`;
  const miss = (name: string): string => `${name} 17 * * * * ${TERMINATING} 100 allow`;
  const verdict = (a: string, b: string): string =>
    port(layer([group('in', a), group('in', b)])).judge(IN)[0]!;

  it('row 1: allow N, allow N is allowed by B', () => {
    expect(verdict(any('A', 'allow', false), any('B', 'allow', false))).toBe('allow B');
  });

  it.each([true, false])(
    'row 2: allow N, block (terminating %s) is blocked by B',
    (terminating) => {
      expect(verdict(any('A', 'allow', false), any('B', 'block', terminating))).toBe('drop B');
    },
  );

  it.each([any('B', 'allow', true), any('B', 'block', true), any('B', 'block', false), miss('B')])(
    'row 3: allow T is allowed by A, B (%s) is not looked at',
    (b) => {
      expect(verdict(any('A', 'allow', true), b)).toBe('allow A');
    },
  );

  it.each([any('B', 'allow', true), any('B', 'allow', false), any('B', 'block', true), miss('B')])(
    'row 4: block T is blocked by A, B (%s) is not looked at',
    (b) => {
      expect(verdict(any('A', 'block', true), b)).toBe('drop A');
    },
  );

  it.each([true, false])(
    'row 5: soft block, allow (terminating %s) is allowed by B',
    (terminating) => {
      expect(verdict(any('A', 'block', false), any('B', 'allow', terminating))).toBe('allow B');
    },
  );

  it.each([true, false])(
    'row 6: block N, block (terminating %s) is blocked by B',
    (terminating) => {
      expect(verdict(any('A', 'block', false), any('B', 'block', terminating))).toBe('drop B');
    },
  );

  it('row 7: block N, no match is blocked by A', () => {
    expect(verdict(any('A', 'block', false), miss('B'))).toBe('drop A');
  });

  it('row 8: allow N, no match is allowed by A', () => {
    expect(verdict(any('A', 'allow', false), miss('B'))).toBe('allow A');
  });

  it('row 9: no match, no match is blocked by default', () => {
    expect(verdict(miss('A'), miss('B'))).toBe('drop implicit-deny');
  });

  it('and between layers there is no override: each must let the packet through', () => {
    const open = layer([group('in', any('OPEN', 'allow', true))], 0, 7, 'NEAR');
    const shut = layer([group('in', any('SHUT', 'block', false))], 0, 40, 'FAR');
    expect(port(`${open}\n${shut}`).judge(IN)).toEqual(['drop SHUT']);
    expect(port(open).judge(IN)).toEqual(['allow OPEN']);
  });
});

describe('vfp.md 4.3, the machine of TCP', () => {
  const OPEN = layer([
    group('in', `IN * * * * * ${BOTH} 100 allow`),
    group('out', `OUT * * * * * ${BOTH} 100 allow`),
  ]);
  const TIMERS: SemanticOptionsInput = {
    timers: { switchHalfOpen: 20, switchTimeWait: 30, switchReset: 5, switchFlow: 240 },
  };
  const o = (flags: string, rest: Partial<Tuple> = {}): Tuple => ({
    ...parseTuple('out tcp 10.1.0.5:50000 > 203.0.113.1:443'),
    ...{ flags, seq: 1 },
    ...rest,
  });
  const r = (flags: string, rest: Partial<Tuple> = {}): Tuple => ({
    ...parseTuple('in tcp 203.0.113.1:443 > 10.1.0.5:50000'),
    ...{ flags, seq: 9 },
    ...rest,
  });
  const SYN = o('S', { at: 0 });
  const SYN_ACK = r('SA', { ack: 2 });
  const ACK = o('A', { seq: 2, ack: 10 });

  /** State, life and event after the packets, and what is said of the last. */
  function after(packets: readonly Tuple[], options: SemanticOptionsInput = TIMERS): string {
    const { simulator, records } = port(OPEN, options);
    const last = records(...packets).at(-1)!;
    const flow = simulator
      .explain(o('A', { ack: 10 }))
      .endpoints[0]!.layers.find(({ layer: name }) => name === 'L')!;
    const { tcp_state: state, ends_in: life } = flow.flow ?? flow.closing_flow ?? {};
    const said = `${last.verdict} ${last.reason}, ${last.flow_event ?? 'no event'}`;
    return `${said}: ${state ?? 'none'} ${life ?? ''}`.trim();
  }

  it('row 1: none, SYN of the opener: half-open', () => {
    expect(after([SYN])).toBe('allow rule, new: syn 20');
  });

  it('row 2: none, other TCP, adopted: established, unverified', () => {
    expect(after([o('PA', { at: 0 })])).toBe('allow rule, midstream: established 240');
    // Unverified: the other end may open too, which in a verified connection is no TCP.
    expect(port(OPEN, TIMERS).judge(o('PA', { at: 0 }), r('S'))).toEqual([
      'allow OUT',
      'allow established',
    ]);
    expect(port(OPEN, TIMERS).judge(SYN, SYN_ACK, ACK, r('S')).at(-1)).toBe('drop invalid-tcp');
  });

  it('row 3: none, other TCP, strict: dropped', () => {
    const strict = { ...TIMERS, midstream: 'strict' } as const;
    expect(after([o('PA', { at: 0 })], strict)).toBe('drop non-syn-without-state, no event: none');
    expect(port(OPEN, strict).judge(SYN, SYN_ACK)).toEqual(['allow OUT', 'allow established']);
  });

  it('row 4: half-open, SYN again: the same, renewed', () => {
    expect(after([SYN, o('S', { at: 7 })])).toBe('allow established, no event: syn 20');
  });

  it('row 5: half-open, SYN+ACK of the responder: half-open still', () => {
    expect(after([SYN, SYN_ACK])).toBe('allow established, no event: syn-ack 20');
  });

  it('row 6: ACK that acknowledges the SYN of the responder: established and verified', () => {
    expect(after([SYN, SYN_ACK, ACK])).toBe('allow established, established: established 240');
    // One that acknowledges less does not.
    expect(after([SYN, SYN_ACK, o('A', { ack: 9 })])).toBe(
      'allow established, no event: syn-ack 20',
    );
  });

  it('row 7: FIN of either: closing', () => {
    expect(after([SYN, SYN_ACK, ACK, o('FA')])).toBe(
      'allow established, closing: closing-opener 240',
    );
    expect(after([SYN, SYN_ACK, ACK, r('FA')])).toBe(
      'allow established, closing: closing-responder 240',
    );
  });

  it('row 8: FIN of the other: time-wait', () => {
    expect(after([SYN, SYN_ACK, ACK, o('FA'), r('FA')])).toBe(
      'allow established, closed: time-wait 30',
    );
    // Of the same end again it is not.
    expect(after([SYN, SYN_ACK, ACK, o('FA'), o('FA')])).toBe(
      'allow established, no event: closing-opener 240',
    );
  });

  it('row 9: RST: five seconds, or what was left if less', () => {
    expect(after([SYN, SYN_ACK, ACK, r('RA')])).toBe('allow established, reset: reset 5');
    const short: SemanticOptionsInput = { timers: { ...TIMERS.timers, switchHalfOpen: 2 } };
    expect(after([SYN, o('RA', { at: 1 })], short)).toBe('allow established, reset: reset 1');
  });

  it.each([
    ['time-wait', [o('FA'), r('FA')]],
    ['reset', [r('RA')]],
  ])('row 10: %s, SYN of either: half-open anew', (_, ending) => {
    const start = [SYN, SYN_ACK, ACK, ...ending];
    expect(after([...start, o('S')])).toBe('allow rule, new: syn 20');
    expect(after([...start, r('S')])).toBe('allow rule, new: syn 20');
    // What is no SYN opens nothing.
    expect(after([...start, o('A')])).toContain('allow established, no event');
  });

  it('row 11: half-open or established, SYN of the opener with another number: kept', () => {
    expect(after([SYN, o('S', { seq: 77 })])).toBe('allow established, no event: syn 20');
    expect(after([SYN, SYN_ACK, ACK, o('S', { seq: 77 })])).toBe(
      'allow established, no event: established 240',
    );
  });
});

describe('vfp.md 3.11, flows of other protocols', () => {
  it('are of GRE by key, the same both ways', () => {
    const { judge } = port(layer([group('in', `TUNNEL 47 * * * * ${BOTH} 100 allow`)]));
    const ask = 'in gre 10.9.9.9 > 10.1.0.5 key 7';
    const reply = 'out gre 10.1.0.5 > 10.9.9.9';
    expect(judge(ask, `${reply} key 7`, `${reply} key 8`, reply)).toEqual([
      'allow TUNNEL',
      'allow established',
      'drop implicit-deny',
      'drop implicit-deny',
    ]);
  });

  it('are of the rest by addresses and protocol', () => {
    const { judge } = port(layer([group('in', `SECRET 50 * * * * ${BOTH} 100 allow`)]));
    expect(judge('in 50 10.9.9.9 > 10.1.0.5', 'out 50 10.1.0.5 > 10.9.9.9')).toEqual([
      'allow SECRET',
      'allow established',
    ]);
  });
});

describe('vfp.md 14, what must not be got wrong', () => {
  const allow = (name: string, flags = BOTH): string => `${name} * * * * * ${flags} 100 allow`;

  it('1: inbound order is the reverse of outbound', () => {
    const of = (id: string, priority: number): string =>
      layer(
        [group('in', `${id} * * * * * 1 1 block`), group('out', `${id} * * * * * 1 1 block`)],
        0,
        priority,
        id,
      );
    const { judge } = port(`${of('NEAR', 7)}\n${of('FAR', 40)}`);
    expect(judge(IN, 'out tcp 10.1.0.5:4000 > 10.9.9.9:80')).toEqual(['drop FAR', 'drop NEAR']);
  });

  it('2: the last group wins, in it the smallest number, and terminating stops', () => {
    const first = group('in', 'A9 * * * * * 0 9 block', 'A5 * * * * * 0 5 allow');
    const second = group('in', 'B9 * * * * * 0 9 allow', 'B5 6 * * * 80 0 5 block');
    expect(port(layer([first, second])).judge(IN, 'in udp 10.9.9.9 > 10.1.0.5:80')).toEqual([
      'drop B5',
      'allow B9',
    ]);
    const stops = group('in', 'A9 * * * * * 0 9 block', 'A5 * * * * * 1 5 allow');
    expect(port(layer([stops, second])).judge(IN)).toEqual(['allow A5']);
  });

  it('3: no match is a drop unless the layer says default allow, in both directions', () => {
    const one = group('in', 'WEB 6 * * * 80 3 100 allow');
    const packets = [IN, 'in tcp 10.9.9.9 > 10.1.0.5:81', 'out tcp 10.1.0.5 > 10.9.9.9:443'];
    expect(port(layer([one])).judge(...packets)).toEqual([
      'allow WEB',
      'drop implicit-deny',
      'drop implicit-deny',
    ]);
    expect(port(layer([one], 1)).judge(...packets)).toEqual([
      'allow WEB',
      'allow default-allow',
      'allow default-allow',
    ]);
  });

  const SHUT = layer([group('in', 'SHUT * * * * * 1 100 block')]);
  const LIVE = 'in tcp 10.9.9.9:4000 > 10.1.0.5:80 flags A';

  it('4: established connections survive a new block rule', () => {
    const { simulator, judge } = port(layer([group('in', allow('OPEN'))]));
    judge(IN);
    simulator.apply(portOf(SHUT));
    expect(judge(LIVE, 'in tcp 10.9.9.9:4001 > 10.1.0.5:80')).toEqual([
      'allow established',
      'drop SHUT',
    ]);
  });

  it('4: a layer removed and added again loses its flows and, while absent, filters nothing', () => {
    const other = layer([group('in', allow('REST')), group('out', allow('REST'))], 1, 99, 'OTHER');
    const { simulator, judge } = port(`${layer([group('in', allow('OPEN'))])}\n${other}`);
    judge(IN);
    simulator.apply(portOf(other));
    expect(judge('out tcp 10.1.0.5:4000 > 10.9.9.8:80')).toEqual(['allow REST']);
    simulator.apply(portOf(`${SHUT}\n${other}`));
    expect(judge(LIVE)).toEqual(['drop SHUT']);
  });

  it('5: the flow cache grants nothing, layer flows do', () => {
    const reply = 'out tcp 10.1.0.5:80 > 10.9.9.9:4000 flags SA';
    const stateless = layer([group('in', allow('OPEN', TERMINATING))]);
    const stateful = layer([group('in', allow('OPEN'))]);
    for (const unifiedFlows of [true, false]) {
      const judge = (commands: string): string[] =>
        new Simulator(portOf(commands), { unifiedFlows })
          .judge([IN, reply].map(parseTuple))
          .map((records) => records.at(-1)!.reason);
      expect(judge(stateless)).toEqual(['rule', 'implicit-deny']);
      expect(judge(stateful)).toEqual(['rule', 'established']);
    }
  });

  it('6: the reverse flow is made by the first packet, not by the reply', () => {
    const { judge, simulator } = port(layer([group('in', allow('OPEN'))]));
    const reply = 'out udp 10.1.0.5:53 > 10.9.9.9:4000';
    expect(judge(reply)).toEqual(['drop implicit-deny']);
    judge('in udp 10.9.9.9:4000 > 10.1.0.5:53');
    simulator.apply(portOf(SHUT));
    expect(judge(reply)).toEqual(['allow established']);
  });

  it('7: RST keeps the flow for seconds, FIN twice is needed, half-open has clock and quota', () => {
    const open = layer([group('in', allow('OPEN'))]);
    const options: SemanticOptionsInput = {
      timers: { switchHalfOpen: 10 },
      flowLimits: { halfOpen: 1 },
    };
    const out = 'out tcp 10.1.0.5:80 > 10.9.9.9:4000 flags';
    expect(port(open).judge(`${IN} at 0`, `${out} RA at 1`, `${out} RA at 5.9`)).toEqual([
      'allow OPEN',
      'allow established',
      'allow established',
    ]);
    expect(port(open).judge(`${IN} at 0`, `${out} RA at 1`, `${out} RA at 6`).at(-1)).toBe(
      'drop implicit-deny',
    );
    const fins = port(open).judge(`${IN} at 0`, `${out} SA`, LIVE, `${out} FA`, `${out} A at 200`);
    expect(fins.at(-1)).toBe('allow established');
    expect(
      port(open, options).judge(
        ...[`${IN} at 0`, 'in tcp 10.9.9.9:4001 > 10.1.0.5:80'],
        'in tcp 10.9.9.9:4002 > 10.1.0.5:80 at 10',
      ),
    ).toEqual(['allow OPEN', 'drop flow-limit', 'allow OPEN']);
  });

  it('8: a full flow table drops new connections, it does not forget old ones', () => {
    const { judge } = port(layer([group('in', allow('OPEN'))]), { flowLimit: 1 });
    expect(judge(IN, 'in tcp 10.9.9.9:4001 > 10.1.0.5:80', LIVE)).toEqual([
      'allow OPEN',
      'drop flow-limit',
      'allow established',
    ]);
  });

  it('9: later fragments follow the first; before it they are dropped', () => {
    const { judge } = port(layer([group('in', 'WEB 17 * * * 53 3 100 allow')]));
    const piece = (offset: number, id: number, dport: number): Tuple => ({
      ...parseTuple(`in udp 10.9.9.9:4000 > 10.1.0.5:${dport}`),
      fragment: { id, offset },
    });
    expect(
      judge(
        piece(185, 1, 53),
        piece(0, 1, 53),
        piece(185, 1, 53),
        piece(0, 2, 54),
        piece(185, 2, 54),
      ),
    ).toEqual([
      'drop fragment-without-first',
      'allow WEB',
      'allow WEB',
      'drop implicit-deny',
      'drop implicit-deny',
    ]);
  });

  it('10: IPv4 and IPv6 have separate groups, and the default applies to the one without', () => {
    const { judge } = port(layer([group('in', allow('OPEN'))]));
    expect(judge(IN, 'in tcp [fd00::9]:4000 > [fd00::5]:80')).toEqual([
      'allow OPEN',
      'drop implicit-deny',
    ]);
    const six = port(layer([group('in', allow('OPEN')), group('inv6', allow('SIX'))]));
    expect(six.judge('in tcp [fd00::9]:4000 > [fd00::5]:80')).toEqual(['allow SIX']);
  });

  it('11: direction words are those of the container', () => {
    const { judge } = port(layer([group('in', allow('OPEN'))]));
    expect(judge('tcp 10.9.9.9:4000 > 10.1.0.5:80', 'tcp 10.1.0.5:4000 > 10.9.9.9:80')).toEqual([
      'allow OPEN',
      'drop implicit-deny',
    ]);
  });

  it('12: MAC addresses say who opens; layer flows are of five fields (N22)', () => {
    const mac = '02-00-00-00-00-01';
    const { judge } = port(
      [
        layer([group('in')]),
        `/layer L /group G0 /add-mac-rule "OWN OWN ${mac} * * * * * * * * ${BOTH} 240 100 allow"`,
      ].join('\n'),
    );
    expect(judge(`${IN} smac 02-00-00-00-00-02`, `${IN} smac ${mac}`, IN)).toEqual([
      'drop implicit-deny',
      'allow OWN',
      'allow established',
    ]);
  });
});
