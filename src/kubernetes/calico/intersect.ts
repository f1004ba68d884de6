/** Prefixes that two lists have in common. Source: felix/iputils/intersect.go. */
import { parseAddress } from '../../normalise/address.js';

/** Of each pair of which one contains the other, the smaller; once each, sorted as texts. */
export function intersectPrefixes(a: readonly string[], b: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const left of a) {
    for (const right of b) {
      const smaller = smallerOf(left, right);
      if (smaller !== null) found.add(smaller);
    }
  }
  return [...found].sort();
}

function smallerOf(a: string, b: string): string | null {
  const [x, y] = [parseAddress(a), parseAddress(b)];
  if ('problem' in x || 'problem' in y || x.family !== y.family) return null;
  const contains = (outer: typeof x, inner: typeof x): boolean =>
    outer.range.from <= inner.range.from && inner.range.to <= outer.range.to;
  const withLength = (text: string): string => (text.includes('/') ? text : `${text}/32`);
  if (contains(x, y)) return withLength(b);
  return contains(y, x) ? withLength(a) : null;
}
