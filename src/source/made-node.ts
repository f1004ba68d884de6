/**
 * Values that nobody wrote: what a front end makes of what was written. They are read by the same
 * readers as written ones, and all of them stand where the thing stands they are made of.
 */
import type { ObjectNode, SourceNode } from './source-node.js';

/** What a made value may be; members that are undefined are left out. */
export type MadeValue = string | number | boolean | readonly MadeValue[] | MadeObject;
export interface MadeObject {
  readonly [name: string]: MadeValue | undefined;
}

/** An object at the place of `at`: in messages it has the path, line and column of that. */
export function madeObject(value: MadeObject, at: SourceNode): ObjectNode {
  return made(value, '', at) as ObjectNode;
}

function made(value: MadeValue, key: string, at: SourceNode): SourceNode {
  const place = { offset: at.offset, key, keyOffset: at.offset };
  if (typeof value === 'string') return { kind: 'string', value, ...place };
  if (typeof value === 'number') return { kind: 'number', value, ...place };
  if (typeof value === 'boolean') return { kind: 'boolean', value, ...place };
  if (Array.isArray(value)) {
    const items = (value as readonly MadeValue[]).map((item) => made(item, '', at));
    return { kind: 'array', value: items, ...place };
  }
  const members = Object.entries(value).flatMap(([name, item]) =>
    item === undefined ? [] : [made(item, name, at)],
  );
  return { kind: 'object', value: members, ...place };
}
