/**
 * Matchers for Vitest and Jest: plain functions of what both call them with. `portacl/vitest` and
 * `portacl/jest` register them.
 *
 * An expectation about a packet that no endpoint judges fails whether negated or not.
 */
import { argumentError, readFields } from '../arguments.js';
import { PortaclError } from '../errors.js';
import type { Packet } from '../packets/packet.js';
import { toHaveCoverage, type ExpectedCoverage } from './coverage-matcher.js';
import { judgedText, verdictText } from './failure-text.js';
import { judgeOne, packetList, withSession, type Judged, type Packets } from './judge.js';
import type { MatcherResult } from './matcher-result.js';

/** What a drop is expected to be; what is left out may be anything. */
export interface ExpectedDecision {
  /** Name of the rule; null for a default. */
  readonly by?: string | null;
  readonly reason?: string;
  readonly stage?: 'switch' | 'host';
}

/** Matchers as a test sees them; `R` is what the framework makes of an assertion. */
export interface PortaclMatchers<R = unknown> {
  /** Every packet is allowed. */
  toAllow(packets: Packets): R;
  /** Every packet is dropped, by what is expected. */
  toDrop(packets: Packets, by?: ExpectedDecision): R;
  /** Packet and reply are allowed; without `reply` the one that the packet's builder knows. */
  toAllowReply(packet: Packet, reply?: Packet): R;
  /** The rule of that name decides every packet, or, with null, a default does. */
  toBeDecidedBy(packets: Packets, by: string | null | ExpectedDecision): R;
  /**
   * Of a session, a run of test cases or coverage: at least so many percent of rules and defaults were
   * hit, or of each kind as much as is given. Values of conditions are counted in test cases, and in
   * sessions with `countValues`.
   */
  toHaveCoverage(least: number | ExpectedCoverage): R;
}

type Check = (judged: Judged) => boolean;

const DECISION_FIELDS = ['by', 'reason', 'stage'] as const;

function readDecision(value: unknown, of: string): ExpectedDecision {
  const context = { code: 'bad-argument', of } as const;
  const { by, reason, stage } = readFields(value, DECISION_FIELDS, context);
  if (by !== undefined && by !== null && typeof by !== 'string') {
    throw argumentError(context, 'by', by, 'the name of a rule, or null for a default');
  }
  if (reason !== undefined && typeof reason !== 'string') {
    throw argumentError(context, 'reason', reason, 'a reason of docs/SEMANTICS.md 6');
  }
  if (stage !== undefined && stage !== 'switch' && stage !== 'host') {
    throw argumentError(context, 'stage', stage, '"switch" or "host"');
  }
  return {
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
    ...(stage === undefined ? {} : { stage }),
  };
}

function isDecidedBy({ sent }: Judged, { by, reason, stage }: ExpectedDecision): boolean {
  return (
    (by === undefined || sent.rule === by) &&
    (reason === undefined || sent.reason === reason) &&
    (stage === undefined || sent.stage === stage)
  );
}

function decisionText({ by, reason, stage }: ExpectedDecision): string {
  const rule = by === undefined ? '' : by === null ? ' by a default' : ` by ${by}`;
  const rest = [stage, reason].filter((each) => each !== undefined);
  return `${rule}${rest.length === 0 ? '' : ` (${rest.join(', ')})`}`;
}

/** Packets in order until one does not do; `pass` is that all do. */
function every(
  judge: unknown,
  packets: unknown,
  of: string,
  expected: string,
  check: Check,
): MatcherResult {
  return withSession(judge, of, (session) => {
    const list = packetList(packets, of);
    let judged: Judged | undefined;
    for (const [i, packet] of list.entries()) {
      judged = judgeOne(session, packet, of);
      if (!check(judged)) return resultOf(false, judged, expected, nth(i, list.length));
    }
    return resultOf(
      true,
      judged!,
      expected,
      list.length === 1 ? '' : `all ${list.length} packets; the last: `,
    );
  });
}

const nth = (index: number, count: number): string =>
  count === 1 ? '' : `packet ${index + 1} of ${count}: `;

function resultOf(pass: boolean, judged: Judged, expected: string, which: string): MatcherResult {
  return {
    pass,
    message: () =>
      `expected ${pass ? 'not ' : ''}to be ${expected}, but ${which}${judgedText(judged.sent, judged.explanation)}`,
    actual: verdictText(judged.sent),
    expected,
  };
}

function toAllow(judge: unknown, packets: unknown): MatcherResult {
  return every(judge, packets, 'toAllow', 'allow', ({ sent }) => sent.verdict === 'allow');
}

function toDrop(judge: unknown, packets: unknown, by?: unknown): MatcherResult {
  const decision = readDecision(by, 'toDrop');
  const check: Check = (judged) => judged.sent.verdict === 'drop' && isDecidedBy(judged, decision);
  return every(judge, packets, 'toDrop', `drop${decisionText(decision)}`, check);
}

function toBeDecidedBy(judge: unknown, packets: unknown, by: unknown): MatcherResult {
  const of = 'toBeDecidedBy';
  const decision = readDecision(typeof by === 'string' || by === null ? { by } : by, of);
  const expected = `decided${decisionText(decision)}`;
  return every(judge, packets, of, expected, (judged) => isDecidedBy(judged, decision));
}

function toAllowReply(judge: unknown, packet: unknown, reply?: unknown): MatcherResult {
  const of = 'toAllowReply';
  return withSession(judge, of, (session) => {
    const opened = judgeOne(session, packet as Packet, of);
    const expected = 'allow of the packet and its reply';
    if (opened.sent.verdict !== 'allow') return resultOf(false, opened, expected, 'the packet: ');
    const answer = reply ?? opened.packet.reply?.();
    if (answer === undefined) {
      throw new PortaclError('bad-packet', `${of}: no reply to this packet is known; give one`);
    }
    const answered = judgeOne(session, answer as Packet, of);
    return resultOf(answered.sent.verdict === 'allow', answered, expected, 'the reply: ');
  });
}

/** For `expect.extend`. */
export const matchers = { toAllow, toDrop, toAllowReply, toBeDecidedBy, toHaveCoverage };
