/** What the readers of a host description are given, and where its values stand. */
import type { SourceLocation } from '../errors.js';
import type { LoadOptions } from '../policy/load.js';
import type { Reporter } from '../source/diagnostic.js';
import { locate, member, type SourceDocument, type SourceNode } from '../source/source-node.js';

export interface Reading {
  readonly document: SourceDocument;
  readonly reporter: Reporter;
  readonly options: LoadOptions;
}

/** Keys from the root to a value. */
export type Path = readonly (string | number)[];

/** The node at a path, or the last one on the way. */
export function nodeAt(root: SourceNode, path: Path): SourceNode {
  let node = root;
  for (const step of path) {
    const next =
      node.kind === 'object'
        ? member(node, String(step))
        : node.kind === 'array'
          ? (node.value[Number(step)] ?? null)
          : null;
    if (next === null) break;
    node = next;
  }
  return node;
}

/** The place of that node. */
export function locationOf(reading: Reading, path: Path): SourceLocation {
  return locate(reading.document, nodeAt(reading.document.root, path));
}
