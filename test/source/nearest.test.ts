import { expect, it } from 'vitest';
import { nearestName } from '../../src/source/nearest.js';

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
