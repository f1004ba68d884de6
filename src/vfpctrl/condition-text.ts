/**
 * Conditions as vfpctrl writes them, read and written: lists whose values are a single, a prefix or
 * a range. Source: vfp.md 2.4, 12.5.
 */
import { formatAddress, parseAddress, parseIpAddress, parseMac } from '../normalise/address.js';
import { addressSet, EMPTY_SET } from '../normalise/address-set.js';
import type { AddressRange, AddressSet, PortRange } from '../normalise/normalised-host.js';
import type { RangeModel } from '../program/program-model.js';

/** Values in one condition, beyond which a text is taken for damaged. */
const VALUES_MAX = 100_000;

/** `10.0.0.0/8, 10.1.2.3-10.1.2.9`; null where the text is none of one family. */
export function readAddresses(text: string, family: 4 | 6): AddressSet | null {
  const ranges: AddressRange[] = [];
  for (const item of itemsOf(text)) {
    const range = readAddressRange(item, family);
    if (range === null) return null;
    ranges.push(range);
  }
  if (ranges.length === 0) return null;
  return family === 4 ? addressSet(ranges, []) : addressSet([], ranges);
}

function readAddressRange(item: string, family: 4 | 6): AddressRange | null {
  const dash = item.indexOf('-');
  if (dash >= 0) {
    const [from, to] = [parseIpAddress(item.slice(0, dash)), parseIpAddress(item.slice(dash + 1))];
    if (from?.family !== family || to?.family !== family || from.value > to.value) return null;
    return { from: from.value, to: to.value };
  }
  const parsed = parseAddress(item);
  return 'problem' in parsed || parsed.family !== family ? null : parsed.range;
}

/** `80, 443-450`; null where the text is no list of numbers up to `max`. */
export function readNumbers(text: string, max: number): PortRange[] | null {
  const ranges: PortRange[] = [];
  for (const item of itemsOf(text)) {
    const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(item);
    if (match === null) return null;
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (from > to || to > max) return null;
    ranges.push({ from, to });
  }
  return ranges.length === 0 ? null : mergedNumbers(ranges);
}

/** `02-00-00-00-00-01, 02:00:00:00:00:02`; null where the text is no list of MAC addresses. */
export function readMacs(text: string): PortRange[] | null {
  const ranges: PortRange[] = [];
  for (const item of itemsOf(text)) {
    const mac = parseMac(item);
    if (mac === null) return null;
    ranges.push({ from: Number(mac), to: Number(mac) });
  }
  return ranges.length === 0 ? null : mergedNumbers(ranges);
}

/** The length of the one prefix that a set is in a family, 0 for any; null where it is none. */
export function prefixLength(set: AddressSet | null, family: 4 | 6): number | null {
  if (set === null) return 0;
  const [range, more] = family === 4 ? set.ipv4 : set.ipv6;
  if (range === undefined || more !== undefined) return null;
  const size = range.to - range.from + 1n;
  if ((size & (size - 1n)) !== 0n || range.from % size !== 0n) return null;
  return (family === 4 ? 32 : 128) - (size.toString(2).length - 1);
}

/** Separated by commas, spaces or both; a list that is too long is no list. */
export function itemsOf(text: string): readonly string[] {
  const items = text.split(/[\s,]+/).filter((item) => item !== '');
  return items.length > VALUES_MAX ? [''] : items;
}

export function mergedNumbers(ranges: readonly PortRange[]): PortRange[] {
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

export const everyNumber = (ranges: readonly PortRange[]): number[] =>
  ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));

/** A range as the shortest of its three forms. */
export function addressRangeText({ from, to }: RangeModel<bigint>, family: 4 | 6): string {
  const text = (value: bigint): string => formatAddress({ family, value });
  if (from === to) return text(from);
  const size = to - from + 1n;
  const isPrefix = (size & (size - 1n)) === 0n && from % size === 0n;
  if (!isPrefix) return `${text(from)}-${text(to)}`;
  return `${text(from)}/${(family === 4 ? 32 : 128) - (size.toString(2).length - 1)}`;
}

/** A condition that no packet can meet, as an address list of the other family would be. */
export const NO_ADDRESS: AddressSet = EMPTY_SET;
