/** Sets of addresses: sorted, disjoint, merged ranges per family. */
import type { AddressRange, AddressSet } from './normalised-host.js';

export const EMPTY_SET: AddressSet = { ipv4: [], ipv6: [] };

/** The set of some ranges in any order; they may overlap. */
export function addressSet(
  ipv4: readonly AddressRange[],
  ipv6: readonly AddressRange[],
): AddressSet {
  return { ipv4: mergeRanges(ipv4), ipv6: mergeRanges(ipv6) };
}

export function unionOf(sets: readonly AddressSet[]): AddressSet {
  return addressSet(
    sets.flatMap((set) => set.ipv4),
    sets.flatMap((set) => set.ipv6),
  );
}

/** Null stands for every address. */
export function intersectionOf(a: AddressSet | null, b: AddressSet | null): AddressSet | null {
  if (a === null) return b;
  if (b === null) return a;
  return { ipv4: intersectRanges(a.ipv4, b.ipv4), ipv6: intersectRanges(a.ipv6, b.ipv6) };
}

/** Every address that is not in the set. */
export function outside({ ipv4, ipv6 }: AddressSet): AddressSet {
  return { ipv4: gaps(ipv4, 2n ** 32n - 1n), ipv6: gaps(ipv6, 2n ** 128n - 1n) };
}

function gaps(ranges: readonly AddressRange[], last: bigint): AddressRange[] {
  const begins = [0n, ...ranges.map(({ to }) => to + 1n)];
  const ends = [...ranges.map(({ from }) => from - 1n), last];
  return begins.map((from, i) => ({ from, to: ends[i]! })).filter(({ from, to }) => from <= to);
}

/** Whether every address of `inner` is in `outer`. Null stands for every address. */
export function covers(outer: AddressSet | null, inner: AddressSet | null): boolean {
  if (outer === null) return true;
  if (inner === null) return false;
  return coversRanges(outer.ipv4, inner.ipv4) && coversRanges(outer.ipv6, inner.ipv6);
}

function mergeRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  if (ranges.length < 2) return ranges;
  const sorted = [...ranges].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const merged: AddressRange[] = [];
  let last = sorted[0]!;
  for (const range of sorted.slice(1)) {
    if (range.from > last.to + 1n) {
      merged.push(last);
      last = range;
    } else if (range.to > last.to) {
      last = { from: last.from, to: range.to };
    }
  }
  merged.push(last);
  return merged;
}

function intersectRanges(
  a: readonly AddressRange[],
  b: readonly AddressRange[],
): readonly AddressRange[] {
  const result: AddressRange[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const left = a[i]!;
    const right = b[j]!;
    const from = left.from > right.from ? left.from : right.from;
    const to = left.to < right.to ? left.to : right.to;
    if (from <= to) result.push({ from, to });
    if (left.to < right.to) i++;
    else j++;
  }
  return result;
}

/** Whether an address is in both lists, which are merged. */
export function rangesMeet(a: readonly AddressRange[], b: readonly AddressRange[]): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const left = a[i]!;
    const right = b[j]!;
    if (left.to < right.from) i++;
    else if (right.to < left.from) j++;
    else return true;
  }
  return false;
}

/** Whether every address of `inner` is in `outer`. Both are merged, so a covered range lies within one range of the outer list. */
export function coversRanges(
  outer: readonly AddressRange[],
  inner: readonly AddressRange[],
): boolean {
  let i = 0;
  for (const range of inner) {
    while (i < outer.length && outer[i]!.to < range.from) i++;
    const cover = outer[i];
    if (cover === undefined || cover.from > range.from || cover.to < range.to) return false;
  }
  return true;
}
