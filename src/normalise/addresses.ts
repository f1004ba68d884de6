/**
 * The address fields of rules: lists of addresses, or names of sets. Source: hns.md 4.4, 6.4.
 */
import { BUILD_ACL_LISTS, BUILD_IPV6_ACLS } from '../platform/windows-releases.js';
import { mappingsOpenFirewall } from '../platform/stage-table.js';
import type { WrittenRule } from '../policy/document.js';
import { textOf } from '../policy/read-fields.js';
import type { DiagnosticDetails } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import { quote, type SourceNode } from '../source/source-node.js';
import { parseAddress, type ParsedAddress } from './address.js';
import { addressSet, EMPTY_SET, intersectionOf } from './address-set.js';
import type { AddressRange, AddressSet } from './normalised-host.js';
import { placeOf, platformText, type RuleContext } from './rule-context.js';

/** Items per list that Microsoft advised. Source: hns.md 4.4. */
export const LIST_ITEMS_ADVISED = 4000;

/** Lists kept for reuse, per network. */
const CACHE_MAX = 4096;

export const ADDRESS_GRAMMAR =
  'IPv4 or IPv6 addresses with or without a prefix length, separated by commas; empty means any';

/** What an address field says. `set` is null for any address. */
export interface AddressField {
  /** Names of sets follow source and destination, addresses local and remote. */
  readonly form: 'addresses' | 'set-names';
  readonly set: AddressSet | null;
}

const ANY: AddressField = { form: 'addresses', set: null };

/** The meaning of one address field; null when it is refused. */
export function readAddressField(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode | null,
): AddressField | null {
  const text = textOf(node ?? undefined);
  if (node === null || text === null) return ANY;
  const single = context.sets.declared ? null : plainIpv4(text);
  if (single !== null) return { form: 'addresses', set: single };
  const cached = context.addressCache.get(text);
  if (cached !== undefined) return { form: 'addresses', set: cached };
  const items = splitList(context, rule, node, text);
  if (items === null) return null;
  const names = context.sets.declared ? items.filter((item) => isSetName(context, item)) : [];
  if (names.length === 0) return readAddresses(context, rule, node, text, items);
  if (names.length === items.length) return readSetNames(context, rule, node, names);
  const address = items.find((item) => !names.includes(item))!;
  const message = `${node.key} has the set name ${quote(names[0]!)} and ${quote(address)}; a field has either addresses or set names.`;
  context.reporter.error('mixed-sets-and-addresses', placeOf(rule, node), message, {
    found: quote(text),
    expected: 'either addresses or set names',
    rule: rule.name,
  });
  return null;
}

/**
 * One IPv4 address or prefix of which there is nothing to say, as nearly every field has; else null.
 * It is read faster than found among those that were read.
 */
function plainIpv4(text: string): AddressSet | null {
  const parsed = parseAddress(text);
  if ('problem' in parsed || parsed.family !== 4) return null;
  if (parsed.hostBitsCleared || parsed.prefixLength === 0) return null;
  return { ipv4: [parsed.range], ipv6: EMPTY_SET.ipv6 };
}

/** A list without any remark, for the next rule that has it. */
function keep({ addressCache }: RuleContext, text: string, set: AddressSet): AddressField {
  if (addressCache.size < CACHE_MAX) addressCache.set(text, set);
  return { form: 'addresses', set };
}

/** Items of a list, spaces taken off; null when one is empty. */
function splitList(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode,
  text: string,
): string[] | null {
  const items = text.split(',');
  const { reporter } = context;
  if (/\s/.test(text)) {
    for (let i = 0; i < items.length; i++) items[i] = items[i]!.trim();
    const message = `${node.key} has white space around its items; it is left aside.`;
    reporter.warning('space-in-list', placeOf(rule, node), message, { rule: rule.name });
  }
  if (items.includes('')) {
    const message = `${node.key} has an empty item in ${quote(text)}; items are ${ADDRESS_GRAMMAR}.`;
    refuse(context, rule, node, 'bad-address', message, text);
    return null;
  }
  if (items.length > LIST_ITEMS_ADVISED) {
    const message = `${node.key} has ${items.length} items; more than ${LIST_ITEMS_ADVISED} are advised against.`;
    reporter.warning('long-list', placeOf(rule, node), message, { rule: rule.name });
  }
  if (items.length > 1 && context.windows.build < BUILD_ACL_LISTS) {
    const message = `${node.key} is a list; before build ${BUILD_ACL_LISTS} it has one address, and this is ${platformText(context)}.`;
    refuse(context, rule, node, 'needs-newer-windows', message, text);
    return null;
  }
  return items;
}

/** An item that is the Id of a set, or could be one and is no address. Requires: sets exist. */
function isSetName(context: RuleContext, item: string): boolean {
  if (context.sets.has(item)) return true;
  return !/^(?:any|\*)$/i.test(item) && /^[A-Za-z_]/.test(item) && !/[:/{}]/.test(item);
}

function readAddresses(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode,
  text: string,
  items: readonly string[],
): AddressField | null {
  const ipv4: AddressRange[] = [];
  const ipv6: AddressRange[] = [];
  let clean = items.length <= LIST_ITEMS_ADVISED && text.length === lengthOf(items);
  let refused = false;
  for (const item of items) {
    const parsed = parseAddress(item);
    if ('problem' in parsed) {
      refuseAddress(context, rule, node, item, parsed.problem);
      refused = true;
      continue;
    }
    (parsed.family === 4 ? ipv4 : ipv6).push(parsed.range);
    if (!remarkOn(context, rule, node, item, parsed)) clean = false;
  }
  if (refused) return null;
  if (ipv6.length > 0 && !acceptsIpv6(context)) {
    clean = false;
    const message = `${node.key} has IPv6 addresses, which ACLs take with driver l2bridge from build ${BUILD_IPV6_ACLS} on; this is ${platformText(context)}.`;
    context.reporter.lax('needs-newer-windows', placeOf(rule, node), message, {
      found: quote(text),
      rule: rule.name,
    });
  }
  const set = addressSet(ipv4, ipv6);
  return clean ? keep(context, text, set) : { form: 'addresses', set };
}

/** Length of a list without any space. */
function lengthOf(items: readonly string[]): number {
  return items.reduce((length, item) => length + item.length, items.length - 1);
}

/** Source: hns.md 5.3. */
function acceptsIpv6({ driver, windows }: RuleContext): boolean {
  return driver === 'l2bridge' && windows.build >= BUILD_IPV6_ACLS;
}

/** Warns about what is taken but looks odd; whether there was nothing to say. */
function remarkOn(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode,
  item: string,
  parsed: ParsedAddress,
): boolean {
  if (parsed.hostBitsCleared) {
    const message = `${node.key} has ${item}, with bits set below the prefix; they are cleared.`;
    context.reporter.warning('bad-prefix', placeOf(rule, node), message, {
      found: item,
      rule: rule.name,
    });
    return false;
  }
  // Assumption: every address of the family; winc found otherwise on NAT. Source: hns.md Q15.
  if (parsed.prefixLength === 0 && mappingsOpenFirewall(context.driver)) {
    const message = `${node.key} has ${item}, read here as every IPv${parsed.family} address; the service is reported to read it otherwise ${platformText(context)}. Leave the field out to mean any.`;
    context.reporter.warning('any-family-address', placeOf(rule, node), message, {
      found: item,
      rule: rule.name,
    });
    return false;
  }
  return true;
}

function refuseAddress(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode,
  item: string,
  problem: 'address' | 'prefix',
): void {
  if (problem === 'prefix') {
    const most = item.includes(':') ? 128 : 32;
    const message = `${node.key} has ${quote(item)}; the prefix length is 0 to ${most}.`;
    refuse(context, rule, node, 'bad-prefix', message, item);
    return;
  }
  const message = `${node.key} has ${quote(item)}; items are ${ADDRESS_GRAMMAR}.${hintFor(item)}`;
  refuse(context, rule, node, 'bad-address', message, item);
}

function hintFor(item: string): string {
  if (/^(?:any|\*)$/i.test(item)) return ' Leave the field out or empty to mean any.';
  if (/\{\{|\$\{|<[^>]*>/.test(item)) return ' It looks like a template that was not filled in.';
  if (/^[\d.]+\s*-\s*[\d.]+$/.test(item)) return ' Write a range as prefixes.';
  if (/^[\d.]+\/[\d.]+$/.test(item)) return ' Write a mask as a prefix length.';
  if (item.includes('%')) return ' A zone index is not taken.';
  if (/(?:^|\.)0\d/.test(item)) return ' Leading zeros are not taken.';
  return '';
}

function refuse(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode,
  code: 'bad-address' | 'bad-prefix' | 'needs-newer-windows',
  message: string,
  found: string,
): void {
  const details: DiagnosticDetails = {
    found: quote(found),
    expected: ADDRESS_GRAMMAR,
    rule: rule.name,
  };
  context.reporter.error(code, placeOf(rule, node), message, details);
}

/** Several names in one field are ANDed. Source: hns.md 4.4. */
function readSetNames(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode,
  names: readonly string[],
): AddressField | null {
  let set: AddressSet | null = null;
  for (const name of names) {
    const found = context.sets.get(name);
    if (found === undefined) {
      const ids = context.sets.ids();
      const message = `${node.key} names the set ${quote(name)}, which no SetPolicy of the network declares.${didYouMean(name, ids)}`;
      context.reporter.error('unknown-set', placeOf(rule, node), message, {
        found: quote(name),
        expected: 'the Id of a SetPolicy, or an address',
        rule: rule.name,
      });
      return null;
    }
    set = intersectionOf(set, found);
  }
  return { form: 'set-names', set };
}
