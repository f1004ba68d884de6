/** The protocol fields of rules. Source: hns.md 4.2, 4.4. */
import type { WrittenRule } from '../policy/document.js';
import { textOf } from '../policy/read-fields.js';
import { describe, quote, type SourceNode } from '../source/source-node.js';
import { placeOf, type RuleContext } from './rule-context.js';

/** Means any, as empty does. */
const PROTOCOL_ANY = 256;

export const TCP = 6;
export const UDP = 17;
export const SCTP = 132;

const NAMES: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['icmpv4', 1],
  ['igmp', 2],
  ['tcp', TCP],
  ['udp', UDP],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['icmpv6', 58],
  ['sctp', SCTP],
  ['any', PROTOCOL_ANY],
]);

/** What nearly every rule has, by its text; rules share the lists. */
const SINGLE_NUMBERS: ReadonlyMap<string, readonly number[]> = new Map(
  Array.from({ length: 255 }, (_, i) => [String(i + 1), [i + 1]]),
);

const GRAMMAR = 'a protocol number from 0 to 255, or 256 or empty for any';

/** Protocol numbers in ascending order; null for any; undefined when refused. */
export function readProtocols(
  context: RuleContext,
  rule: WrittenRule,
): readonly number[] | null | undefined {
  const { protocol, protocols } = rule.conditions;
  const single = readList(context, rule, protocol);
  const list = readList(context, rule, protocols);
  if (single === undefined || list === undefined) return undefined;
  if (single === null || list === null) return single ?? list;
  if (single.join() === list.join()) return list;
  const message = `Protocol is ${describe(protocol!)} and Protocols is ${describe(protocols!)}; they must say the same.`;
  context.reporter.error('conflicting-fields', placeOf(rule, protocols), message, {
    found: describe(protocols!),
    expected: describe(protocol!),
    rule: rule.name,
  });
  return undefined;
}

function readList(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode | null,
): readonly number[] | null | undefined {
  const text = textOf(node ?? undefined);
  if (node === null || text === null) return null;
  const single = SINGLE_NUMBERS.get(text);
  if (single !== undefined) return single;
  const items = text.split(',');
  const numbers: number[] = [];
  for (const item of items) {
    const number = readItem(context, rule, node, item.trim());
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  if (items.length > 1) {
    const message = `${node.key} is the list ${quote(text)}, read as any one of them; that is not documented.`;
    context.reporter.warning('protocol-list', placeOf(rule, node), message, {
      found: quote(text),
      rule: rule.name,
    });
  }
  if (numbers.includes(PROTOCOL_ANY)) return null;
  return items.length === 1 ? numbers : [...new Set(numbers)].sort((a, b) => a - b);
}

function readItem(
  context: RuleContext,
  rule: WrittenRule,
  node: SourceNode,
  item: string,
): number | undefined {
  const number = /^\d{1,3}$/.test(item) ? Number(item) : null;
  if (number !== null && number !== 0 && number <= PROTOCOL_ANY) return number;
  const details = { found: quote(item), expected: GRAMMAR, rule: rule.name };
  const place = placeOf(rule, node);
  const { reporter } = context;
  if (number !== null) {
    if (number > PROTOCOL_ANY) {
      reporter.error('bad-protocol', place, `${node.key} is ${item}; it is ${GRAMMAR}.`, details);
      return undefined;
    }
    // v1 cannot tell 0 from absent, and v2 with it was seen nowhere. Source: hns.md 4.4.
    const message = `${node.key} is 0, which cannot be told from a field that is absent; it is read as any.`;
    reporter.lax('bad-protocol', place, message, details);
    return PROTOCOL_ANY;
  }
  const named = NAMES.get(item.toLowerCase());
  if (named === undefined) {
    const message = `${node.key} is ${quote(item)}; it is ${GRAMMAR}.`;
    reporter.error('bad-protocol', place, message, details);
    return undefined;
  }
  const message = `${node.key} is the name ${quote(item)}; the service takes the number ${named}.`;
  reporter.lax('bad-protocol', place, message, details);
  return named;
}
