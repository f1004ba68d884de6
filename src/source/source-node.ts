/**
 * Values with their places: what the JSON reader, the YAML reader and `fromValue` all give, and
 * the only thing the policy readers look at.
 *
 * Nodes carry an offset and nothing else of their place; line, column and path are found when a
 * message needs them, by walking down from the root. Documents have up to millions of nodes and
 * few messages.
 *
 * Invariant: within a container the offsets of the members are ascending, and the offset of a
 * container is not above that of its first member.
 */
import type { SourceLocation } from '../errors.js';
import { positionAt, type SourceText } from './source-text.js';

interface NodeBase {
  /** Of the first character of the value, in UTF-16 units; a running number without a text. */
  readonly offset: number;
  /** Name in the enclosing object; empty elsewhere. */
  readonly key: string;
  /** Offset of the name; that of the value elsewhere. */
  readonly keyOffset: number;
}

export interface ObjectNode extends NodeBase {
  readonly kind: 'object';
  /** Members in the order of the text. */
  readonly value: readonly SourceNode[];
}
export interface ArrayNode extends NodeBase {
  readonly kind: 'array';
  readonly value: readonly SourceNode[];
}
export interface StringNode extends NodeBase {
  readonly kind: 'string';
  readonly value: string;
}
export interface NumberNode extends NodeBase {
  readonly kind: 'number';
  /** Infinite when the text has a number above the range of doubles. */
  readonly value: number;
}
export interface BooleanNode extends NodeBase {
  readonly kind: 'boolean';
  readonly value: boolean;
}
export interface NullNode extends NodeBase {
  readonly kind: 'null';
  readonly value: null;
}
export type SourceNode = ObjectNode | ArrayNode | StringNode | NumberNode | BooleanNode | NullNode;

/** One document: a text and the value it holds. */
export interface SourceDocument {
  readonly source: SourceText;
  readonly root: SourceNode;
  /** Of YAML: what another version of the language reads as something else. */
  readonly ambiguous?: readonly AmbiguousScalar[];
}

/** An unquoted word or number whose meaning depends on the version of YAML. */
export interface AmbiguousScalar {
  readonly offset: number;
  readonly text: string;
  readonly isWord: boolean;
}

/** Where a value, or with `part: 'key'` its name, stands. */
export function locate(document: SourceDocument, node: SourceNode, part?: 'key'): SourceLocation {
  const { line, column } = positionAt(
    document.source,
    part === 'key' ? node.keyOffset : node.offset,
  );
  return { file: document.source.name, line, column, path: pathOf(document.root, node) };
}

/** Keys from the root to a node: `Policies[2].Settings.LocalPorts`; empty for the root. */
export function pathOf(root: SourceNode, node: SourceNode): string {
  let path = '';
  let at = root;
  while (at !== node && (at.kind === 'object' || at.kind === 'array')) {
    const index = lastAtOrBefore(at.value, node.offset);
    const next = at.value[index];
    if (next === undefined) break;
    path += at.kind === 'array' ? `[${index}]` : keyStep(path, next.key);
    at = next;
  }
  return path;
}

function keyStep(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `[${JSON.stringify(key)}]`;
  return path === '' ? key : `.${key}`;
}

/** Index of the last member that starts at or before `offset`; -1 when there is none. */
function lastAtOrBefore(members: readonly SourceNode[], offset: number): number {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (members[middle]!.offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The member of that name, null when the object has none. */
export function member(node: ObjectNode, key: string): SourceNode | null {
  for (const child of node.value) if (child.key === key) return child;
  return null;
}

const FOUND_LENGTH_MAX = 60;

/** A value as a message shows it: short, on one line. */
export function describe(node: SourceNode): string {
  switch (node.kind) {
    case 'object':
      return 'an object';
    case 'array':
      return `an array of ${node.value.length}`;
    case 'string':
      return quote(node.value);
    case 'number':
    case 'boolean':
      return String(node.value);
    case 'null':
      return 'null';
  }
}

/** A text as a message shows it: quoted, escaped, shortened. */
export function quote(text: string): string {
  const short = text.length <= FOUND_LENGTH_MAX ? text : `${text.slice(0, FOUND_LENGTH_MAX)}\u2026`;
  return JSON.stringify(short);
}

/** The plain value of a node: objects without prototype, so that no name is special. */
export function toValue(node: SourceNode): unknown {
  if (node.kind === 'array') return node.value.map(toValue);
  if (node.kind !== 'object') return node.value;
  const result = Object.create(null) as Record<string, unknown>;
  for (const child of node.value) result[child.key] = toValue(child);
  return result;
}
