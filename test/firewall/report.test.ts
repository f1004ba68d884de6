/** What the summary of a replay says of assumed verdicts. */
import { expect, it } from 'vitest';

import { readSummary, withAssumed } from './summary.js';

it('names the rules that could turn verdicts, and how many packets', () => {
  const text = readSummary(withAssumed(3));
  expect(text).toMatch(/Assumed {2}verdicts that would turn/);
  expect(text).toMatch(/\b3\b.*eth.*in.*teams/);
});

it('says nothing where nothing is assumed', () => {
  expect(readSummary(withAssumed(0))).not.toContain('Assumed');
});
