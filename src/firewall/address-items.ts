/** Items of address lists: addresses, ranges, subnets, keywords. Source: windows-firewall.md 3.2. */
import { formatAddress, parseIpAddress } from '../normalise/address.js';
import type { AddressItem, AddressItemRange } from './firewall-rule.js';
import { ADDRESS_KEYWORDS, addressKeyword } from './keywords.js';
import type { Field, RuleReport } from './rule-report.js';

const BITS = { 4: 32n, 6: 128n } as const;
const V6_UNSPECIFIED = 0n;
const V6_LOOPBACK = 1n;

export interface AddressContext {
  readonly report: RuleReport;
  readonly field: Field;
  /** Null: the text tells. */
  readonly family: 4 | 6 | null;
  readonly keywords: boolean;
}

/** The items of one text; empty when it is refused, which has been reported. */
export function readAddressItem(text: string, context: AddressContext): AddressItem[] {
  const { report, field } = context;
  const named = readKeyword(text, context);
  if (named !== null) return named;
  const dash = text.indexOf('-');
  if (dash >= 0) return readRange(text, dash, context);
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null || (context.family !== null && address.family !== context.family)) {
    const wanted = context.family === null ? 'an address' : `an IPv${context.family} address`;
    if (/^[A-Za-z][A-Za-z0-9]*$/.test(text)) {
      const words = ADDRESS_KEYWORDS.map(({ name }) => name).join(', ');
      const message = `${text} is neither an address nor a keyword that is known.`;
      report.error('fw-addr-keyword', field, message, text, context.keywords ? words : wanted);
    } else {
      report.error('fw-addr', field, `What stands here is not ${wanted}.`, text, wanted);
    }
    return [];
  }
  const { family, value } = address;
  const bits = BITS[family];
  const prefix = slash < 0 ? bits : readPrefix(text.slice(slash + 1), family, context);
  if (prefix === null) return [];
  const hostMask = (1n << (bits - prefix)) - 1n;
  const from = value & ~hostMask;
  if (from !== value) {
    const message = 'Bits below the mask are set; they are cleared.';
    report.warning('fw-addr-hostbits', field, message, text);
  }
  return checked({ kind: 'range', family, from, to: from | hostMask }, text, context);
}

function readKeyword(text: string, context: AddressContext): AddressItem[] | null {
  // The cmdlets let a keyword end in its family.
  const suffix = /^(.*[A-Za-z])([46])$/.exec(text);
  const row = addressKeyword(text) ?? (suffix && addressKeyword(suffix[1]!));
  if (row === null) return null;
  if (!context.keywords) {
    const message = `The keyword ${text} stands for addresses of peers; local addresses take none.`;
    context.report.error('fw-addr-keyword', context.field, message, text, 'an address');
    return [];
  }
  const family =
    context.family ??
    (suffix !== null && addressKeyword(text) === null ? (suffix[2] === '4' ? 4 : 6) : null);
  const families = family === null ? ([4, 6] as const) : [family];
  return families.map((each) => ({ kind: 'keyword', keyword: row.name, family: each }));
}

function readRange(text: string, dash: number, context: AddressContext): AddressItem[] {
  const { report, field, family } = context;
  const from = parseIpAddress(text.slice(0, dash).trim());
  const to = parseIpAddress(text.slice(dash + 1).trim());
  if (from === null || to === null || (family !== null && from.family !== family)) {
    const wanted = family === null ? 'addresses' : `IPv${family} addresses`;
    report.error('fw-addr', field, `A range goes from one address to another.`, text, wanted);
    return [];
  }
  if (from.family !== to.family || from.value > to.value) {
    const message = 'A range ends in the family it begins with, and not before it begins.';
    report.error('fw-addr-range', field, message, text);
    return [];
  }
  const range = { kind: 'range', family: from.family, from: from.value, to: to.value } as const;
  return checked(range, text, context);
}

/** Source: windows-firewall.md 3.2: unspecified and loopback addresses are refused in IPv6. */
function checked(
  range: AddressItemRange,
  text: string,
  { report, field }: AddressContext,
): AddressItem[] {
  const single = range.family === 6 && range.from === range.to;
  if (single && (range.from === V6_UNSPECIFIED || range.from === V6_LOOPBACK)) {
    const message = 'The unspecified and the loopback address have no place in a list.';
    report.error('fw-addr-v6-special', field, message, text);
    return [];
  }
  return [range];
}

function readPrefix(text: string, family: 4 | 6, { report, field }: AddressContext): bigint | null {
  if (/^\d{1,3}$/.test(text)) {
    const prefix = BigInt(text);
    if (prefix >= 1n && prefix <= BITS[family]) return prefix;
    const expected = `1 to ${BITS[family]}`;
    report.error('fw-addr-prefix', field, `A prefix length is ${expected}.`, text, expected);
    return null;
  }
  const mask = family === 4 ? parseIpAddress(text) : null;
  if (mask?.family !== 4) {
    const message = 'Behind the slash stands neither a prefix length nor a mask.';
    report.error('fw-addr-prefix', field, message, text);
    return null;
  }
  const holes = ~mask.value & 0xffffffffn;
  if (mask.value === 0n || (holes & (holes + 1n)) !== 0n) {
    const message = 'The bits of a mask are one run from the top, and at least one.';
    report.error('fw-addr-mask', field, message, text);
    return null;
  }
  return 32n - BigInt(holes.toString(2).replaceAll('0', '').length);
}

/** The text of a range: an address, a subnet where it is one, else both ends. */
export function printAddressRange({ family, from, to }: AddressItemRange): string {
  const text = (value: bigint): string => formatAddress({ family, value });
  if (from === to) return text(from);
  const span = to - from;
  const prefix = BITS[family] - BigInt(span.toString(2).length);
  // A prefix of length 0 is refused when it is read.
  if (prefix > 0n && (span & (span + 1n)) === 0n && (from & span) === 0n) {
    return `${text(from)}/${prefix}`;
  }
  return `${text(from)}-${text(to)}`;
}
