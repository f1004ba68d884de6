/** Label selectors. Source: hns.md 8.1 (5). */
import type { Labels, Requirement, Selector } from './objects.js';

/** Whether labels fulfil all requirements of a selector. */
export function selects(selector: Selector, labels: Labels): boolean {
  return (
    selector.matchLabels.every(([key, value]) => labels.get(key) === value) &&
    selector.expressions.every((requirement) => fulfils(requirement, labels))
  );
}

/** NotIn holds also when the label is missing. */
function fulfils({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels.get(key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** A text that is equal for selectors of one meaning as written; a key for caches. */
export function selectorKey(selector: Selector | null): string {
  return selector === null
    ? '-'
    : JSON.stringify([
        selector.matchLabels,
        selector.expressions.map(({ key, operator, values }) => [key, operator, values]),
      ]);
}

/** Whether a selector has no requirement and so selects everything of its kind. */
export function isEmpty(selector: Selector): boolean {
  return selector.matchLabels.length === 0 && selector.expressions.length === 0;
}
