/** Successors of rows: against the sentence of docs/semantics/updates.md 1 taken word by word. */
import { describe, expect, it } from 'vitest';
import { NONE } from '../../src/program/layout.js';
import { pairRows } from '../../src/update/pair-rows.js';
import { randomOf } from '../source/random.js';

interface Row {
  readonly name: string | null;
  readonly action: 'allow' | 'block';
}

const keyOf = ({ name, action }: Row): string => JSON.stringify([name, action]);
const paired = (before: readonly Row[], after: readonly Row[]): number[] => [
  ...pairRows(
    { rows: before, key: keyOf },
    { rows: after, key: keyOf },
    { isAlike: (a, b) => a.name === b.name && a.action === b.action, name: ({ name }) => name },
  ),
];

/** "The n-th in the n-th, where several have one name." */
function byTheSentence(before: readonly Row[], after: readonly Row[]): number[] {
  return before.map((row, i) => {
    const earlier = before.slice(0, i).filter((each) => keyOf(each) === keyOf(row)).length;
    const same = after.flatMap((each, k) => (keyOf(each) === keyOf(row) ? [k] : []));
    return same[earlier] ?? NONE;
  });
}

const rows = (names: string): Row[] =>
  Array.from(names, (name) => ({
    name: name === '-' ? null : name.toLowerCase(),
    action: name === name.toLowerCase() ? 'allow' : 'block',
  }));

describe('rows of a program and those of the next', () => {
  it('go on in the row of their name, and nowhere where it is gone', () => {
    expect(paired(rows('abc-'), rows('acd-'))).toEqual([0, NONE, 1, 3]);
  });

  it('are others when their action is turned round', () => {
    expect(paired(rows('abc'), rows('aBc'))).toEqual([0, NONE, 2]);
  });

  it('go on by number where several have one name, also behind one that went', () => {
    // The second and third `x` are now the first and second.
    expect(paired(rows('axbxcx'), rows('abxcx'))).toEqual([0, 2, 1, 4, 3, NONE]);
  });

  it('go on as the sentence says, on drawn rows', () => {
    let moved = 0;
    for (let seed = 1; seed <= 2000; seed++) {
      const below = randomOf(seed);
      const names = ['aB', 'abcDe-', 'abcdefghijklmnopqrstuvwxyz-'][below(3)]!;
      const draw = (count: number): string =>
        Array.from({ length: count }, () => names[below(names.length)]!).join('');
      const before = draw(below(12));
      const [from, to] = [below(before.length + 1), below(before.length + 1)].sort((a, b) => a - b);
      const after = before.slice(0, from) + draw(below(3)) + before.slice(to);
      const expected = byTheSentence(rows(before), rows(after));
      expect(paired(rows(before), rows(after)), `seed ${seed}: ${before} ${after}`).toEqual(
        expected,
      );
      moved += expected.filter((row, i) => row !== i).length;
    }
    expect(moved).toBeGreaterThan(1000);
  });
});
