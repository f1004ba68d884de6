/** What cannot belong to a connection: docs/semantics/state.md, each sentence by an example. */
import { describe, expect, it } from 'vitest';
import { Simulator, type Tuple } from '../../src/index.js';
import type { SemanticOptionsInput } from '../../src/normalise/options.js';
import { acl, compiledWith, tcp } from './model.js';

const PLATFORM = { windows: 'ltsc2022', driver: 'l2bridge', endpoint: 'pod=10.0.0.5' } as const;
const SERVER = '203.0.113.1:443';
const OUT_ONLY = [
  acl('Allow', 'Out', { RuleType: 'Switch', Priority: 100 }),
  acl('Block', 'In', { RuleType: 'Switch', Priority: 100, RemoteAddresses: '198.51.100.0/24' }),
  acl('Allow', 'In', { RuleType: 'Switch', Priority: 200 }),
];

function judging(
  options: SemanticOptionsInput = {},
  isolation: 'process' | 'hyperv' = 'hyperv',
): (...tuples: Tuple[]) => string[] {
  const compiled = compiledWith(options, { ...PLATFORM, isolation }, ...OUT_ONLY);
  const simulator = new Simulator(compiled);
  return (...tuples) =>
    simulator.judge(tuples).map((records) => {
      const { verdict, stage, reason } = records.at(-1)!;
      return `${verdict} ${stage} ${reason}`;
    });
}

const out = (flags: string, rest: Partial<Tuple> = {}): Tuple =>
  tcp('out', '10.0.0.5:50000', SERVER, { flags, ...rest });
const back = (flags: string, rest: Partial<Tuple> = {}): Tuple =>
  tcp('in', SERVER, '10.0.0.5:50000', { flags, ...rest });
const HANDSHAKE = [out('S', { seq: 1 }), back('SA', { seq: 9, ack: 2 }), out('A', { ack: 10 })];

const ALLOW = 'allow switch established';
const INVALID = 'drop switch invalid-tcp';

describe('flags that contradict each other', () => {
  const wrong = ['', 'P', 'U', 'F', 'FPU', 'SF', 'SR', 'SFA', 'SRA', 'FSRPAU', 'RF', 'RU'];
  it.each(wrong)('drops TCP with "%s" that opens', (flags) => {
    expect(judging()(out(flags))).toEqual([INVALID]);
  });

  it.each(wrong)('drops TCP with "%s" of an open connection, which goes on', (flags) => {
    const judge = judging();
    judge(...HANDSHAKE);
    expect(judge(out(flags), back(flags), out('PA'), back('A'))).toEqual([
      ...[INVALID, INVALID],
      ...[ALLOW, ALLOW],
    ]);
  });

  it.each(['S', 'SP', 'SU', 'A', 'PA', 'UA', 'FA', 'R', 'RP', 'RA', 'RFA'])(
    'takes "%s", which a tracker takes',
    (flags) => {
      expect(judging()(out(flags))).toEqual(['allow switch rule']);
    },
  );

  it('drops at the first stage that has a say', () => {
    expect(judging({}, 'process')(out('SF'), back('SF'))).toEqual([
      'drop host invalid-tcp',
      'drop switch invalid-tcp',
    ]);
  });

  it('judges them by the rules where the option says so', () => {
    expect(judging({ invalidTcp: 'judge' })(out('SF'), out('FPU'))).toEqual([
      'allow switch rule',
      ALLOW,
    ]);
  });

  it('looks at no flags without state', () => {
    const compiled = compiledWith({}, { ...PLATFORM, isolation: 'hyperv' }, ...OUT_ONLY);
    const [records] = new Simulator(compiled, { stateless: true }).judge([out('SF')]);
    expect(records!.at(-1)).toMatchObject({ verdict: 'allow', reason: 'rule' });
  });
});

describe('a SYN of the end that answered', () => {
  it('is dropped while the connection is open, which goes on', () => {
    const judge = judging();
    judge(...HANDSHAKE);
    expect(judge(back('S', { seq: 1 }), back('A'), out('A'))).toEqual([INVALID, ALLOW, ALLOW]);
    // One FIN alone closes nothing.
    expect(judge(out('FA'), back('S'))).toEqual([ALLOW, INVALID]);
  });

  it('passes of the end that opened', () => {
    const judge = judging();
    judge(...HANDSHAKE);
    expect(judge(out('S', { seq: 77 }))).toEqual([ALLOW]);
  });

  it('passes before the handshake is over: both ends may open', () => {
    const judge = judging();
    judge(HANDSHAKE[0]!);
    expect(judge(back('S', { seq: 9 }))).toEqual([ALLOW]);
  });

  it('passes where the handshake was not seen: either end may have opened', () => {
    const judge = judging();
    judge(out('PA'));
    expect(judge(back('S', { seq: 9 }))).toEqual([ALLOW]);
  });

  it('opens anew what both ends or a RST closed, as the rules say', () => {
    const judge = judging();
    judge(...HANDSHAKE, out('FA'), back('FA'));
    expect(judge(back('S', { seq: 99 }))).toEqual(['allow switch rule']);
    const after = judging();
    after(...HANDSHAKE, out('RA'));
    expect(after(back('S', { seq: 99 }))).toEqual(['allow switch rule']);
  });

  it('passes where the option says so', () => {
    const judge = judging({ invalidTcp: 'judge' });
    judge(...HANDSHAKE);
    expect(judge(back('S', { seq: 1 }))).toEqual([ALLOW]);
  });
});

describe('an ICMP answer that nothing asked for', () => {
  const echo = { proto: 'icmp', code: 0, id: 7 } as const;
  const answer = { dir: 'in', src: '203.0.113.1', dst: '10.0.0.5', ...echo, type: 0 } as const;
  const request = { dir: 'out', src: '10.0.0.5', dst: '203.0.113.1', ...echo, type: 8 } as const;

  it('is judged by the rules, as the capture may begin behind the request', () => {
    expect(judging()(answer)).toEqual(['allow switch rule']);
  });

  it('is dropped by midstream: strict, and passes behind its request', () => {
    const judge = judging({ midstream: 'strict' });
    expect(judge(answer, request, answer)).toEqual([
      'drop switch reply-without-request',
      'allow switch rule',
      ALLOW,
    ]);
  });
});
