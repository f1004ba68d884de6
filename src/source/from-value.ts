/** Plain JavaScript values as documents, for policies given as objects: paths, but no lines. */
import type { SourceDocument, SourceNode } from './source-node.js';
import { PolicyError, diagnosticOf } from './diagnostic.js';
import { DEPTH_MAX } from './json.js';

/**
 * A document made of a value as `JSON.stringify` would write it: members that are `undefined`,
 * functions or symbols are left out.
 * @throws {PolicyError} not-json for what JSON cannot say, document-limit for depth or a cycle
 */
export function fromValue(value: unknown, name = '<argument>'): SourceDocument {
  let count = 0;

  function convert(item: unknown, key: string, depth: number, path: string): SourceNode {
    const place = { offset: count, key, keyOffset: count };
    count += 1;
    if (depth > DEPTH_MAX) fail('document-limit', path, `deeper than ${DEPTH_MAX} levels`);
    if (item === null || item === undefined) return { kind: 'null', value: null, ...place };
    if (typeof item === 'string') return { kind: 'string', value: item, ...place };
    if (typeof item === 'number') return { kind: 'number', value: item, ...place };
    if (typeof item === 'boolean') return { kind: 'boolean', value: item, ...place };
    if (Array.isArray(item)) {
      const value = item.map((child, i) => convert(child, '', depth + 1, `${path}[${i}]`));
      return { kind: 'array', value, ...place };
    }
    if (typeof item !== 'object') return fail('not-json', path, `a ${typeof item}`);
    const entries = Object.entries(item).filter(
      ([, child]) =>
        child !== undefined && typeof child !== 'function' && typeof child !== 'symbol',
    );
    const members = entries.map(([childKey, child]) =>
      convert(child, childKey, depth + 1, path === '' ? childKey : `${path}.${childKey}`),
    );
    return { kind: 'object', value: members, ...place };
  }

  function fail(code: 'not-json' | 'document-limit', path: string, found: string): never {
    const place = { file: name, line: 0, column: 0, path };
    const message = `The value ${path === '' ? '' : `at ${path} `}in ${name} is ${found}; policies are plain JSON values.`;
    throw new PolicyError([diagnosticOf('error', code, place, message, { found })]);
  }

  return { source: { name, text: null }, root: convert(value, '', 0, '') };
}
