/** `toHaveCoverage`: how much of a policy the packets of a test have met. */
import { argumentError, isInstance, readFields, readingArguments } from '../arguments.js';
import { coverageText } from '../coverage/coverage-text.js';
import {
  coverageFromValue,
  coverageKind,
  coverageShare,
  type Coverage,
  type CoverageKind,
} from '../coverage/coverage.js';
import { withWitnesses } from '../coverage/witness.js';
import { Session } from '../session/session.js';
import type { MatcherResult } from './matcher-result.js';

/** Least percentages; what is left out may be anything. */
export type ExpectedCoverage = Readonly<Partial<Record<CoverageKind, number>>>;

const KINDS = ['all', 'rules', 'defaults', 'conditions'] as const;
const CONTEXT = { code: 'bad-argument', of: 'toHaveCoverage' } as const;

export function toHaveCoverage(given: unknown, least: unknown): MatcherResult {
  const { coverage, shown } = coverageGiven(given);
  const expected = readExpected(least);
  const found = KINDS.filter((kind) => expected[kind] !== undefined).map((kind) => {
    const items = coverageKind(coverage.items, kind);
    if (kind === 'conditions' && items.length === 0) {
      throw argumentError(
        CONTEXT,
        'the number of counted values',
        0,
        'more; test cases count them, and sessions with countValues',
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
      `expected ${pass ? 'not ' : ''}to have coverage of ${wanted}, but it is ${actual}\n${coverageText(shown())}`,
    actual,
    expected: wanted,
  };
}

/** Of a session, of a run of test cases, or coverage itself. */
function coverageGiven(given: unknown): {
  readonly coverage: Coverage;
  /** With packets for what was never hit, where the host is known. */
  readonly shown: () => Coverage;
} {
  if (isInstance(given, Session)) {
    const coverage = given.coverage();
    return { coverage, shown: () => withWitnesses(given.host, coverage) };
  }
  const value = readingArguments(CONTEXT, () =>
    typeof given === 'object' && given !== null && 'coverage' in given ? given.coverage : given,
  );
  const coverage = readingArguments(CONTEXT, () => coverageFromValue(value));
  if (coverage === null) {
    throw argumentError(CONTEXT, 'what is given', given, 'a session, a run of cases, or coverage');
  }
  return { coverage, shown: () => coverage };
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
