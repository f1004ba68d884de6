/** Rows of two programs that are one another's successors: the n-th of a name in the n-th of it. */
import { NONE } from '../program/layout.js';

/** Rows of a program, and what each is known by. */
export interface KeyedRows<Row> {
  readonly rows: readonly Row[];
  /** Equal to that of a row of the other program exactly for rows that go on in one another. */
  readonly key: (row: Row) => string;
}

/** The same without a key. */
export interface RowNames<Row> {
  /** Whether their keys are equal. */
  readonly isAlike: (before: Row, after: Row) => boolean;
  /** A part of the key. */
  readonly name: (row: Row) => string | null;
}

/**
 * By row of the earlier program that of the later one; `NONE`: none.
 *
 * Most programs that follow one another are alike at both ends, and keys cost more than all else:
 * they are made of what lies between alone. What is alike at the end goes on there unless a row of
 * its name came or went before it, which moves all later ones of that name.
 */
export function pairRows<Row>(
  before: KeyedRows<Row>,
  after: KeyedRows<Row>,
  { isAlike, name }: RowNames<Row>,
): Uint32Array {
  const rows = new Uint32Array(before.rows.length).fill(NONE);
  const shorter = Math.min(before.rows.length, after.rows.length);
  let first = 0;
  while (first < shorter && isAlike(before.rows[first]!, after.rows[first]!)) rows[first] = first++;
  const rest = shorter - first;
  let last = 0;
  while (last < rest && isAlike(before.rows.at(-1 - last)!, after.rows.at(-1 - last)!)) last++;
  const cameOrWent = new Set<string | null>();
  for (const { rows: all } of [before, after]) {
    for (let i = first; i < all.length - last; i++) cameOrWent.add(name(all[i]!));
  }
  if (cameOrWent.size > 0) {
    const end = before.rows.slice(before.rows.length - last);
    if (end.some((row) => cameOrWent.has(name(row)))) last = 0;
  }
  for (let i = 1; i <= last; i++) rows[before.rows.length - i] = after.rows.length - i;
  pairByKey(before, after, { first, last }, rows);
  return rows;
}

/** Of the rows that are neither among the first nor among the last. */
function pairByKey<Row>(
  before: KeyedRows<Row>,
  after: KeyedRows<Row>,
  { first, last }: { readonly first: number; readonly last: number },
  rows: Uint32Array,
): void {
  const known = new Map<string, number[]>();
  // Backwards, so that the first is the last, which is taken first.
  for (let row = after.rows.length - last - 1; row >= first; row--) {
    const key = after.key(after.rows[row]!);
    const found = known.get(key);
    if (found === undefined) known.set(key, [row]);
    else found.push(row);
  }
  for (let row = first; row < before.rows.length - last; row++) {
    rows[row] = known.get(before.key(before.rows[row]!))?.pop() ?? NONE;
  }
}
