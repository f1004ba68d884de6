/** The values of Kubernetes objects: fields found, types checked, what is wrong said once. */
import { parseAddress, parseIpAddress } from '../normalise/address.js';
import type { IpAddressValue } from '../normalise/normalised-host.js';
import type { ErrorCode } from '../errors.js';
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import {
  describe,
  quote,
  type ArrayNode,
  type ObjectNode,
  type SourceDocument,
  type SourceNode,
  type StringNode,
} from '../source/source-node.js';
import type { IpPrefix, Labels } from './objects.js';

/** What the readers of one object are given. */
export interface ObjectContext {
  readonly document: SourceDocument;
  readonly reporter: Reporter;
  /** Of all that is wrong with the object. */
  readonly code: Extract<ErrorCode, 'bad-network-policy' | 'bad-kubernetes-object'>;
  /** What the object is called: `NetworkPolicy demo/allow-dns`. */
  readonly subject: string;
}

/** Reports an error; `problem` goes on after the name of the object. */
export function refuse(
  context: ObjectContext,
  node: SourceNode,
  problem: string,
  expected: string,
): void {
  const message = `The ${context.subject} ${problem}; ${expected} is expected.`;
  const place = { document: context.document, node };
  context.reporter.error(context.code, place, message, { found: describe(node), expected });
}

type Kinds = { object: ObjectNode; array: ArrayNode; string: StringNode };

/** A member of that kind; null when absent or null, and, reported, when of another kind. */
export function memberOf<Kind extends keyof Kinds>(
  context: ObjectContext,
  owner: ObjectNode | null,
  key: string,
  kind: Kind,
): Kinds[Kind] | null {
  const node = anyMember(owner, key);
  if (node === null || node.kind === kind) return node as Kinds[Kind] | null;
  const article = kind === 'string' ? 'a text' : `an ${kind}`;
  refuse(context, node, `has ${describe(node)} as ${key}`, article);
  return null;
}

/** A member that is neither absent nor null. */
export function anyMember(owner: ObjectNode | null, key: string): SourceNode | null {
  const node = owner?.value.find((child) => child.key === key) ?? null;
  return node?.kind === 'null' ? null : node;
}

/** The objects of a list member; what is no object is reported and left out. */
export function objectsOf(
  context: ObjectContext,
  owner: ObjectNode | null,
  key: string,
): ObjectNode[] {
  return (memberOf(context, owner, key, 'array')?.value ?? []).flatMap((item) => {
    if (item.kind === 'object') return [item];
    refuse(context, item, `has ${describe(item)} in ${key}`, 'an object');
    return [];
  });
}

export function booleanOf(context: ObjectContext, owner: ObjectNode | null, key: string): boolean {
  const node = anyMember(owner, key);
  if (node === null) return false;
  if (node.kind === 'boolean') return node.value;
  refuse(context, node, `has ${describe(node)} as ${key}`, 'true or false');
  return false;
}

/** A whole number within bounds; null when absent and, reported, when it is none. */
export function wholeNumberOf(
  context: ObjectContext,
  node: SourceNode | null,
  from: number,
  to: number,
): number | null {
  if (node === null) return null;
  if (
    node.kind === 'number' &&
    Number.isInteger(node.value) &&
    node.value >= from &&
    node.value <= to
  ) {
    return node.value;
  }
  refuse(
    context,
    node,
    `has ${describe(node)} as ${node.key}`,
    `a whole number from ${from} to ${to}`,
  );
  return null;
}

/** A text that is one of some words; null when absent and, reported, when it is none of them. */
export function wordOf<Word extends string>(
  context: ObjectContext,
  node: SourceNode | null,
  words: readonly Word[],
): Word | null {
  if (node === null) return null;
  const word = words.find((each) => each === node.value);
  if (word !== undefined) return word;
  const hint = node.kind === 'string' ? didYouMean(node.value, words) : '';
  const name = node.key === '' ? 'an item' : node.key;
  refuse(context, node, `has ${describe(node)} as ${name}`, `one of ${words.join(', ')}${hint}`);
  return null;
}

/** Fields the API does not have are ignored by it, which can widen a policy. Lenient: a warning. */
export function reportUnknownFields(
  context: ObjectContext,
  owner: ObjectNode,
  names: readonly string[],
): void {
  for (const field of owner.value) {
    if (names.includes(field.key)) continue;
    const message = `The ${context.subject} has the field ${quote(field.key)}, which Kubernetes does not know there and leaves out.${didYouMean(field.key, names)}`;
    const place = { document: context.document, node: field, part: 'key' } as const;
    const details = { found: quote(field.key), expected: names.join(', ') };
    context.reporter.lax(context.code, place, message, details);
  }
}

/** Source: apimachinery, validation of qualified names and label values. */
const LABEL_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_PREFIX = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

export function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash < 0) return LABEL_NAME.test(key);
  return LABEL_PREFIX.test(key.slice(0, slash)) && LABEL_NAME.test(key.slice(slash + 1));
}

export function isLabelValue(value: string): boolean {
  return value === '' || LABEL_NAME.test(value);
}

/** Names and texts: `labels`, `matchLabels`, `nodeSelector`. */
export function labelsOf(context: ObjectContext, owner: ObjectNode | null, key: string): Labels {
  const labels = new Map<string, string>();
  for (const label of memberOf(context, owner, key, 'object')?.value ?? []) {
    if (label.kind !== 'string') {
      refuse(
        context,
        label,
        `has ${describe(label)} as the label ${quote(label.key)}`,
        'a text (in YAML, put it in quotes)',
      );
    } else if (!isLabelKey(label.key) || !isLabelValue(label.value)) {
      const what = isLabelKey(label.key)
        ? `the value ${quote(label.value)}`
        : `the name ${quote(label.key)}`;
      refuse(
        context,
        label,
        `has ${what} of a label`,
        'up to 63 letters, digits, - _ and ., beginning and ending with a letter or digit',
      );
    } else {
      labels.set(label.key, label.value);
    }
  }
  return labels;
}

export function addressOf(context: ObjectContext, node: SourceNode | null): IpAddressValue[] {
  if (node === null || node.value === '') return [];
  const address = node.kind === 'string' ? parseIpAddress(node.value) : null;
  if (address !== null) return [address];
  refuse(context, node, `has the address ${describe(node)}`, 'an IPv4 or IPv6 address');
  return [];
}

/** Without duplicates, in the order given. */
export function distinctAddresses(addresses: readonly IpAddressValue[]): IpAddressValue[] {
  const seen = new Set<string>();
  return addresses.filter(({ family, value }) => {
    const key = `${family} ${value}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** A prefix such as 10.0.0.0/8; null, reported, when it is none. */
export function prefixOf(context: ObjectContext, node: SourceNode): IpPrefix | null {
  const parsed =
    node.kind === 'string' && node.value.includes('/') ? parseAddress(node.value) : null;
  if (node.kind !== 'string' || parsed === null || 'problem' in parsed) {
    const name = node.key === '' ? 'a prefix' : node.key;
    refuse(
      context,
      node,
      `has ${describe(node)} as ${name}`,
      'an IPv4 or IPv6 prefix such as 10.0.0.0/8',
    );
    return null;
  }
  if (parsed.hostBitsCleared) {
    const message = `The ${context.subject} has ${quote(node.value)}, with bits below the prefix; they are cleared.`;
    context.reporter.warning('bad-prefix', { document: context.document, node }, message);
  }
  return { family: parsed.family, range: parsed.range, text: node.value };
}
