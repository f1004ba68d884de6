import { expect, it } from 'vitest';
import { nearestName, shownNames } from '../../src/source/nearest.js';

it.each<[string, readonly string[], string | null]>([
  ['dprot', ['proto', 'dport', 'sport'], 'dport'],
  ['windos', ['networks', 'windows'], 'windows'],
  ['PROTOCOL', ['port', 'protocol'], 'protocol'],
  ['ba', ['abc', 'ab'], 'ab'],
  ['moon', ['protocol'], null],
  ['', ['protocol'], null],
  ['x'.repeat(1000), ['x'], null],
])('the nearest name to %s of %j is %s', (name, candidates, nearest) => {
  expect(nearestName(name, candidates)).toBe(nearest);
});

it('shows ten names and how many more there are', () => {
  const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
  expect(shownNames(names.slice(0, 10))).toBe('n0, n1, n2, n3, n4, n5, n6, n7, n8, n9');
  expect(shownNames(names)).toBe('n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2 more');
});
