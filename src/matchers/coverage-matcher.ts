/** `toHaveCoverage`: how much of a policy the packets of a test have met. */
import { argumentError, isInstance, readFields, readingArguments } from '../arguments.js';
import { coverageText } from '../coverage/coverage-text.js';
import {
  coverageFromValue,
  coverageKind,
  coverageOf,
  coverageShare,
  type Coverage,
  type CoverageKind,
} from '../coverage/coverage.js';
import { findWitnesses, type Witnesses } from '../coverage/witness.js';
import { Session } from '../session/session.js';
import type { MatcherResult } from './matcher-result.js';

/** Least percentages; what is left out may be anything. */
export type ExpectedCoverage = Readonly<Partial<Record<CoverageKind, number>>>;

const KINDS = ['all', 'rules', 'defaults', 'conditions'] as const;
const CONTEXT = { code: 'bad-argument', of: 'toHaveCoverage' } as const;

export function toHaveCoverage(given: unknown, least: unknown): MatcherResult {
  const { coverage, witnesses } = coverageGiven(given);
  const expected = readExpected(least);
  const found = KINDS.filter((kind) => expected[kind] !== undefined).map((kind) => {
    const items = coverageKind(coverage.items, kind);
    if (kind === 'conditions' && items.length === 0) {
      throw argumentError(
        CONTEXT,
        'the number of counted values',
        0,
        'more; test cases count them',
      );
    }
    return { kind, least: expected[kind]!, percent: coverageShare(items).percent };
  });
  const pass = found.every((each) => each.percent >= each.least);
  const wanted = found.map((each) => `${each.kind} ${each.least}%`).join(', ');
  // Rounded down, so that only all is 100.
  const actual = found.map(({ kind, percent }) => `${kind} ${Math.floor(percent)}%`).join(', ');
  return {
    pass,
    message: () =>
      `expected ${pass ? 'not ' : ''}to have coverage of ${wanted}, but it is ${actual}\n${coverageText(coverage, witnesses())}`,
    actual,
    expected: wanted,
  };
}

/** Of a session, of a run of test cases, or coverage itself. */
function coverageGiven(given: unknown): {
  readonly coverage: Coverage;
  readonly witnesses: () => Witnesses;
} {
  if (isInstance(given, Session)) {
    const coverage = coverageOf(given.counters());
    return { coverage, witnesses: () => findWitnesses(given.host, coverage.items) };
  }
  const value = readingArguments(CONTEXT, () =>
    typeof given === 'object' && given !== null && 'coverage' in given ? given.coverage : given,
  );
  const coverage = readingArguments(CONTEXT, () => coverageFromValue(value));
  if (coverage === null) {
    throw argumentError(CONTEXT, 'what is given', given, 'a session, a run of cases, or coverage');
  }
  return { coverage, witnesses: () => new Map() };
}

function readExpected(value: unknown): ExpectedCoverage {
  const fields = typeof value === 'number' ? { all: value } : readFields(value, KINDS, CONTEXT);
  const given = Object.entries(fields);
  for (const [kind, percent] of given) {
    if (typeof percent !== 'number' || !(percent >= 0 && percent <= 100)) {
      throw argumentError(CONTEXT, kind, percent, 'a number from 0 to 100');
    }
  }
  if (given.length === 0) {
    throw argumentError(CONTEXT, 'the least coverage', value, 'a number or percentages by kind');
  }
  return fields as ExpectedCoverage;
}
