/** Address sets as the items an ACL lists: prefixes. */
import type { AddressRange, AddressSet } from '../normalise/normalised-host.js';
import { formatAddress } from '../normalise/address.js';
import { addressSet } from '../normalise/address-set.js';
import type { IpPrefix } from './objects.js';

/** Items of one list that are known to work. Source: hns.md 4.4, 8.2. */
export const ITEMS_MAX = 4000;

/** A block without its exceptions: the rest, never a Block rule. Source: hns.md 8.2. */
export function subtract(cidr: IpPrefix, except: readonly IpPrefix[]): AddressSet {
  const holes = [...except].map(({ range }) => range).sort((a, b) => (a.from < b.from ? -1 : 1));
  const rest: AddressRange[] = [];
  let from = cidr.range.from;
  for (const hole of holes) {
    if (hole.from > from) rest.push({ from, to: hole.from - 1n });
    if (hole.to + 1n > from) from = hole.to + 1n;
  }
  if (from <= cidr.range.to) rest.push({ from, to: cidr.range.to });
  return cidr.family === 4 ? addressSet(rest, []) : addressSet([], rest);
}

/** The prefixes that write a set, as texts. */
export function addressItems(set: AddressSet): readonly string[] {
  return ([4, 6] as const).flatMap((family) => {
    const bits = family === 4 ? 32 : 128;
    return set[family === 4 ? 'ipv4' : 'ipv6'].flatMap(({ from, to }) => {
      const items: string[] = [];
      for (let at = from; at <= to;) {
        const size = prefixSize(at, to);
        const length = bits - (size.toString(2).length - 1);
        items.push(`${formatAddress({ family, value: at })}/${length}`);
        at += size;
      }
      return items;
    });
  });
}

/** How many prefixes write a range. */
export function prefixCount({ from, to }: AddressRange): number {
  let count = 0;
  for (let at = from; at <= to; count++) at += prefixSize(at, to);
  return count;
}

/** Addresses of the largest prefix that begins at `from` and does not go beyond `to`. */
export function prefixSize(from: bigint, to: bigint): bigint {
  const room = to - from + 1n;
  const low = from === 0n ? room : from & -from;
  let size = 1n;
  while (size * 2n <= low && size * 2n <= room) size *= 2n;
  return size;
}

const piecesOf = new WeakMap<AddressSet, readonly AddressSet[]>();

/**
 * The set in pieces of at most {@link ITEMS_MAX} items; itself when it is small enough. Worked out
 * once for each set: many rules share the large ones.
 */
export function pieces(set: AddressSet): readonly AddressSet[] {
  const known = piecesOf.get(set);
  if (known !== undefined) return known;
  const made = cut(set);
  piecesOf.set(set, made);
  return made;
}

function cut(set: AddressSet): readonly AddressSet[] {
  if (set.ipv4.length + set.ipv6.length < ITEMS_MAX / 256) return [set];
  const made: { ipv4: AddressRange[]; ipv6: AddressRange[] }[] = [];
  let items = ITEMS_MAX;
  for (const family of ['ipv4', 'ipv6'] as const) {
    for (const range of set[family]) {
      const count = prefixCount(range);
      if (items + count > ITEMS_MAX) {
        made.push({ ipv4: [], ipv6: [] });
        items = 0;
      }
      made.at(-1)![family].push(range);
      items += count;
    }
  }
  return made.length === 1 ? [set] : made;
}
