/** Marks of `--at`: what they say, and what is none. */
import { describe, expect, it } from 'vitest';
import { markText, parseMark } from '../../src/index.js';
import { readMarkedPolicies } from '../../src/update/marks.js';

describe('a mark', () => {
  it.each([
    ['1', { frame: 1 }],
    ['1,234,567', { frame: 1_234_567 }],
    ['1700000000.25', { timeNs: 1_700_000_000_250_000_000n }],
    ['2023-11-14T22:13:20Z', { timeNs: 1_700_000_000_000_000_000n }],
    ['2023-11-14T23:13:20.000000001+01:00', { timeNs: 1_700_000_000_000_000_001n }],
    ['+12.5', { elapsedNs: 12_500_000_000n }],
    ['+0', { elapsedNs: 0n }],
  ])('%s', (text, mark) => {
    expect(parseMark(text)).toEqual(mark);
    expect(parseMark(markText(mark))).toEqual(mark);
  });

  it.each([
    ...['0', '-1', '1e3', '12,34', '1.', '.5', '+', '+1e3', '2023-11-14', '2023-11-14T22:13:20'],
    ...['2023-02-30T00:00:00Z', '2023-11-14T25:00:00Z', '1.0000000001', 'after.json', ''],
  ])('is not %j', (text) => {
    expect(parseMark(text)).toBeNull();
  });

  it('is followed by the files of its policy', () => {
    expect(readMarkedPolicies(['10', 'a.json', 'b.json', '+5', './20'])).toEqual([
      { mark: { frame: 10 }, policies: ['a.json', 'b.json'] },
      { mark: { elapsedNs: 5_000_000_000n }, policies: ['./20'] },
    ]);
    expect(() => readMarkedPolicies(['a.json'])).toThrow(/--at a\.json: a frame number/);
    expect(() => readMarkedPolicies(['10', '20', 'a.json'])).toThrow(/--at 10: the policy files/);
  });
});
