/**
 * Addresses as port ACLs write them: IPv4 and IPv6, with or without prefix length. Own parser,
 * because the grammar is narrower than that of libraries: no leading zeros, zones, masks, ranges
 * or names. Source: hns.md 4.4.
 */
import type { AddressRange, IpAddressValue } from './normalised-host.js';

/** One item of an address list. */
export interface ParsedAddress {
  readonly family: 4 | 6;
  readonly range: AddressRange;
  readonly prefixLength: number;
  /** Bits below the prefix were set and have been cleared. */
  readonly hostBitsCleared: boolean;
}

export interface AddressProblem {
  readonly problem: 'address' | 'prefix';
}

const BITS: Readonly<Record<4 | 6, number>> = { 4: 32, 6: 128 };

/** An address, or all addresses of a prefix. */
export function parseAddress(text: string): ParsedAddress | AddressProblem {
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return { problem: 'address' };
  const { family, value } = address;
  if (slash < 0) {
    const range = { from: value, to: value };
    return { family, range, prefixLength: BITS[family], hostBitsCleared: false };
  }
  const digits = text.slice(slash + 1);
  // A mask (10.0.0.0/255.0.0.0) is no prefix length at all.
  if (!/^\d+$/.test(digits)) return { problem: 'address' };
  const prefixLength = Number(digits);
  if (prefixLength > BITS[family] || /^0\d/.test(digits)) return { problem: 'prefix' };
  // Long lists have many of these, and numbers of 128 bits take memory.
  if (prefixLength === BITS[family]) {
    return { family, range: { from: value, to: value }, prefixLength, hostBitsCleared: false };
  }
  const hostMask = (1n << BigInt(BITS[family] - prefixLength)) - 1n;
  const from = value & ~hostMask;
  return {
    family,
    range: { from, to: from | hostMask },
    prefixLength,
    hostBitsCleared: from !== value,
  };
}

/** An address without prefix length; null when it is none. */
export function parseIpAddress(text: string): IpAddressValue | null {
  if (text.includes(':')) {
    const value = parseIpv6(text);
    return value === null ? null : { family: 6, value };
  }
  const value = parseIpv4(text);
  return value < 0 ? null : { family: 4, value: BigInt(value) };
}

/** The 32 bits of a dotted quad without leading zeros; -1 when it is none. */
function parseIpv4(text: string): number {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return -1;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    } else if (digit === -2 && octet >= 0) {
      value = value * 256 + octet;
      octet = -1;
      dots++;
    } else {
      return -1;
    }
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
}

/** The 128 bits of an IPv6 address, an IPv4 tail included; null when it is none. */
function parseIpv6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
      continue;
    }
    const ipv4 = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4(part) : -1;
    if (ipv4 < 0) return null;
    groups.push(Math.floor(ipv4 / 65536), ipv4 % 65536);
  }
  return groups;
}

/** The usual text of an address; IPv6 as in RFC 5952. */
export function formatAddress({ family, value }: IpAddressValue): string {
  if (family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  const text = groups.join(':');
  const runs = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)];
  const longest = runs.sort((a, b) => b[0].length - a[0].length || a.index - b.index)[0];
  if (longest === undefined) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

/** The 48 bits of `00-15-5D-01-02-03` or with colons; null when it is none. */
export function parseMac(text: string): bigint | null {
  if (!/^(?:[0-9A-Fa-f]{2}([-:]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}$/.test(text)) return null;
  return BigInt(`0x${text.replaceAll(/[-:]/g, '')}`);
}

/** 48 bits as `00-15-5d-01-02-03`. */
export function formatMac(value: bigint): string {
  const digits = value.toString(16).padStart(12, '0');
  return digits.match(/../g)!.join('-');
}
