/**
 * The fields of one object by their table: names matched, types checked, everything else said.
 * Source: hns.md 4.1 (names, read-back extras, truncated dumps) and 9.
 */
import type { Place, Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import {
  describe,
  member,
  quote,
  type ArrayNode,
  type ObjectNode,
  type SourceDocument,
  type SourceNode,
} from '../source/source-node.js';
import { READ_BACK_FIELDS, type FieldTable, type FieldType } from './field-tables.js';

/** Longest name, in UTF-16 units; every record of a packet repeats the names it is about. */
export const NAME_LENGTH_MAX = 1024;

/** What every reader of this folder is given. */
export interface ReadContext {
  readonly document: SourceDocument;
  readonly reporter: Reporter;
}

/** Fields found; one that is absent or null is undefined. */
export type Fields<Name extends string> = Partial<Record<Name, SourceNode | undefined>>;

/** Reads an object by its table. Fields of a wrong type are reported and left out. */
export function readFields<Name extends string>(
  context: ReadContext,
  node: ObjectNode,
  table: FieldTable<Name>,
): Fields<Name> {
  const fields: Fields<Name> = { ...table.none };
  const { types } = table;
  for (const field of node.value) {
    const type = types.get(field.key);
    if (type === undefined) readOddField(context, node, table, field, fields);
    else if (fits(context, field, type)) fields[field.key as Name] = field;
  }
  return fields;
}

function readOddField<Name extends string>(
  context: ReadContext,
  node: ObjectNode,
  table: FieldTable<Name>,
  field: SourceNode,
  fields: Fields<Name>,
): void {
  if (READ_BACK_FIELDS.has(field.key)) return;
  const { document, reporter } = context;
  const place = { document, node: field, part: 'key' } as const;
  const exact = table.byLowerCase.get(field.key.toLowerCase());
  if (exact === undefined) {
    if (table.unknown === 'pass') return;
    const hint = didYouMean(field.key, table.names);
    const message = `${table.subject} has no field ${quote(field.key)}.${hint}`;
    reporter.lax('unknown-field', place, message, {
      found: field.key,
      expected: table.names.join(', '),
    });
    return;
  }
  if (member(node, exact) !== null) {
    const message = `${table.subject} has both ${exact} and ${field.key}; only the first spelling is right.`;
    reporter.error('conflicting-fields', place, message, { found: field.key, expected: exact });
    return;
  }
  const message = `The field ${field.key} is written ${exact}; in another case the service ignores it, which can widen the rule.`;
  reporter.lax('unknown-field', place, message, { found: field.key, expected: exact });
  if (fits(context, field, table.types.get(exact)!)) fields[exact] = field;
}

/** Whether a value is there and of its type; reported when it is of another. */
function fits(context: ReadContext, field: SourceNode, type: FieldType): boolean {
  const { kind } = field;
  if (kind === 'null') return false;
  if (type === 'any') return true;
  if (type === 'list') {
    if (kind === 'object' || kind === 'array') return true;
    if (!refuseTruncated(context, field)) wrongType(context, field, 'an object or an array');
    return false;
  }
  if (kind === (type === 'text' ? 'string' : type)) return true;
  return fitsLoosely(context, field, type);
}

/** Numbers as texts and the reverse: refused in strict reading, taken in lenient. */
function fitsLoosely(context: ReadContext, field: SourceNode, type: FieldType): boolean {
  const expected = type === 'text' ? 'a string' : `a ${type}`;
  const loose =
    (type === 'text' && field.kind === 'number') ||
    (type === 'number' && field.kind === 'string' && /^\s*\d*\s*$/.test(field.value));
  if (!loose) {
    if (!refuseTruncated(context, field)) wrongType(context, field, expected);
    return false;
  }
  const { document, reporter } = context;
  const message = `${field.key} is ${describe(field)}; its schema wants ${expected}.`;
  reporter.lax('wrong-type', { document, node: field }, message, {
    found: describe(field),
    expected,
  });
  return true;
}

export function wrongType(context: ReadContext, node: SourceNode, expected: string): void {
  const found = describe(node);
  const name = node.key === '' ? 'The value' : node.key;
  const message = `${name} is ${found}; ${expected} is expected.`;
  context.reporter.error('wrong-type', { document: context.document, node }, message, {
    found,
    expected,
  });
}

/** Reports the marks that `ConvertTo-Json` leaves when its depth is too small. */
export function refuseTruncated(context: ReadContext, node: SourceNode): boolean {
  if (node.kind !== 'string' || !/^@\{.*\}?$|^System\.Object\[\]$/s.test(node.value)) return false;
  const message = `${quote(node.value)} is what ConvertTo-Json writes when its -Depth is too small; print the document again with a greater one.`;
  context.reporter.error('truncated-dump', { document: context.document, node }, message, {
    found: quote(node.value),
    expected: 'an object or an array',
  });
  return true;
}

/** The node as an object; otherwise reported and null. */
export function asObject(context: ReadContext, node: SourceNode): ObjectNode | null {
  if (node.kind === 'object') return node;
  if (!refuseTruncated(context, node)) wrongType(context, node, 'an object');
  return null;
}

/** A list, where one bare object counts as a list of one. Source: hns.md 4.1. */
export function asItems(node: SourceNode | undefined): readonly SourceNode[] {
  if (node === undefined || node.kind === 'null') return [];
  return node.kind === 'array' ? (node satisfies ArrayNode).value : [node];
}

/** The text of a field that may be a number in lenient reading; null when absent or empty. */
export function textOf(node: SourceNode | undefined): string | null {
  if (node === undefined || (node.kind !== 'string' && node.kind !== 'number')) return null;
  const text = String(node.value);
  return text === '' ? null : text;
}

/** As {@link textOf}, of a name. Errors: name-too-long. */
export function nameOf(context: ReadContext, node: SourceNode | undefined): string | null {
  const text = textOf(node);
  if (node === undefined || text === null) return null;
  const place = { document: context.document, node };
  return boundedName(context.reporter, place, node.key, text);
}

/** The name, or its beginning when it is too long, which is reported. `what` it is the name of. */
export function boundedName(reporter: Reporter, at: Place, what: string, name: string): string {
  if (name.length <= NAME_LENGTH_MAX) return name;
  const expected = `at most ${NAME_LENGTH_MAX} characters`;
  const message = `${what} is ${quote(name)}, of ${name.length} characters; a name has ${expected}.`;
  reporter.error('name-too-long', at, message, { found: quote(name), expected });
  return name.slice(0, NAME_LENGTH_MAX);
}

/** The number of a field that may be a text in lenient reading; null when absent or empty. */
export function numberOf(node: SourceNode | undefined): number | null {
  if (node?.kind === 'number') return node.value;
  if (node?.kind !== 'string' || node.value.trim() === '') return null;
  return Number(node.value);
}

/**
 * A required word of a closed list. The case must be right in strict reading.
 * Errors: missing-field, unknown-value.
 */
export function readWord<Word extends string>(
  context: ReadContext,
  owner: ObjectNode,
  subject: string,
  name: string,
  field: SourceNode | undefined,
  words: readonly Word[],
): Word | null {
  if (field !== undefined && textOf(field) !== null)
    return optionalWord(context, name, field, words);
  missing(context, owner, subject, name, words.join(', '));
  return null;
}

/** Reports a needed field that is not there; not one that is there and was refused before. */
export function missing(
  context: ReadContext,
  owner: ObjectNode,
  subject: string,
  name: string,
  expected: string,
): void {
  const present = member(owner, name);
  if ((present?.value ?? '') !== '') return;
  const place = { document: context.document, node: present ?? owner };
  const message = `${subject} has no ${name}; it is needed: ${expected}.`;
  context.reporter.error('missing-field', place, message, { found: 'nothing', expected });
}

/** A word of a closed list, or null when absent, empty or refused. */
export function optionalWord<Word extends string>(
  context: ReadContext,
  name: string,
  field: SourceNode | undefined,
  words: readonly Word[],
): Word | null {
  const text = textOf(field);
  if (field === undefined || text === null) return null;
  const word = words.find((w) => w === text);
  if (word !== undefined) return word;
  const otherCase = words.find((w) => w.toLowerCase() === text.toLowerCase());
  const expected = words.join(', ');
  const place = { document: context.document, node: field };
  const details = { found: quote(text), expected };
  if (otherCase !== undefined) {
    const message = `${name} is ${quote(text)}; it is written ${otherCase}.`;
    context.reporter.lax('unknown-value', place, message, details);
    return otherCase;
  }
  const message = `${name} is ${quote(text)}; it is one of ${expected}.${didYouMean(text, words)}`;
  context.reporter.error('unknown-value', place, message, details);
  return null;
}
