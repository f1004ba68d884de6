import { expect, it } from 'vitest';
import { countOf, createReporter, DIAGNOSTICS_MAX } from '../../src/source/diagnostic.js';

it('keeps a bounded number of diagnostics of each severity, and says how many more there were', () => {
  const reporter = createReporter(true);
  const place = { file: 'a', line: 1, column: 1, path: '' };
  for (let i = 0; i < DIAGNOSTICS_MAX + 5; i++) reporter.warning('space-in-list', place, 'w');
  reporter.error('bad-port', place, 'e');
  const result = reporter.result();
  expect(result).toHaveLength(DIAGNOSTICS_MAX + 2);
  expect(result.at(-2)).toMatchObject({ code: 'bad-port', hns: '0x803b000d' });
  expect(result.at(-1)).toMatchObject({ code: 'too-many-diagnostics', severity: 'warning' });
  expect(result.at(-1)!.message).toMatch(/^5 more/);
});

it('an error is counted even where it is not listed', () => {
  const reporter = createReporter(true);
  reporter.add(new Array(DIAGNOSTICS_MAX + 1).fill({ severity: 'error' }) as never);
  expect(reporter.hasErrors()).toBe(true);
});

it('counts what earlier stages did not list, and lists no more than the limit', () => {
  const place = { file: 'a', line: 1, column: 1, path: '' };
  const stages = Array.from({ length: 3 }, () => createReporter(true));
  for (let i = 0; i < 100_000; i++) stages[0]!.error('bad-port', place, 'e');
  stages[1]!.add(stages[0]!.result());
  stages[1]!.error('bad-port', place, 'e');
  stages[2]!.add(stages[1]!.result());
  const result = stages[2]!.result();
  expect(result).toHaveLength(DIAGNOSTICS_MAX + 1);
  expect(result.at(-1)!.message).toMatch(/^90001 more of severity error/);
  expect([countOf(result, 'error'), countOf(result, 'warning')]).toEqual([100_001, 0]);
});
