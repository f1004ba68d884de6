/**
 * YAML 1.2 (core schema) as located values, for files people write by hand. What surprises is
 * refused: anchors and aliases, tags, repeated names, tabs as indentation, several documents,
 * names that are no text. This file is the only one that loads the package `yaml`; import it
 * where YAML is read, since loading takes time.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
  type Document,
  type Node as YamlNode,
} from 'yaml';
import { PolicyError, diagnosticOf } from './diagnostic.js';
import { DEPTH_MAX } from './json.js';
import type { SourceDocument, SourceNode } from './source-node.js';
import { positionAt, type SourceText } from './source-text.js';

/**
 * Files people write are small. The package spends some 2.5 s and 350 MB on a million characters of
 * small values, most of it on tokens and their collection, and finds no error before the end.
 */
export const YAML_LENGTH_MAX: number = 1024 * 1024;

/**
 * Reads a text of one YAML document.
 * @throws {PolicyError} not-yaml, duplicate-key, document-limit
 */
export function readYaml(source: SourceText): SourceDocument {
  const text = source.text ?? '';
  if (text.length > YAML_LENGTH_MAX) {
    fail(source, 'document-limit', 0, `it has ${text.length} characters`, LENGTH_EXPECTED);
  }
  refuseDepth(source, text);
  const documents = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    merge: false,
    strict: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  // An empty stream is not an array.
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (document === undefined) {
    return fail(source, 'not-yaml', 0, 'it holds no value', 'a YAML document');
  }
  refuseErrors(source, document);
  if (second !== undefined) {
    fail(source, 'not-yaml', second.range[0], 'it holds several documents', 'one document');
  }
  refuseOddities(source, document);
  if (document.contents === null) {
    fail(source, 'not-yaml', 0, 'it holds no value', 'a YAML document');
  }
  return { source, root: convert(source, document.contents, '', -1, 0) };
}

const LENGTH_EXPECTED = `at most ${YAML_LENGTH_MAX} characters, or JSON,`;

/** The parser recurses; brackets in flow style and dashes could exhaust the stack. */
function refuseDepth(source: SourceText, text: string): void {
  const deep = new RegExp(`(?:[[{][\\s]*){${DEPTH_MAX + 1}}|(?:[-?:] +){${DEPTH_MAX + 1}}`).exec(
    text,
  );
  let depth = 0;
  let at = deep?.index ?? -1;
  for (let i = 0; i < text.length && at < 0; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x5b || unit === 0x7b) depth++;
    else if (unit === 0x5d || unit === 0x7d) depth--;
    // Brackets in texts are counted too; ten times the limit leaves room for them.
    if (depth > DEPTH_MAX * 10) at = i;
  }
  if (at < 0) return;
  const expected = `at most ${DEPTH_MAX} levels`;
  fail(source, 'document-limit', at, `it is nested deeper than ${DEPTH_MAX} levels`, expected);
}

function refuseErrors(source: SourceText, document: Document.Parsed): void {
  const [error] = [...document.errors, ...document.warnings];
  if (error === undefined) return;
  const code = error.code === 'DUPLICATE_KEY' ? 'duplicate-key' : 'not-yaml';
  const problem = error.message.replace(/\.$/, '');
  fail(source, code, error.pos[0], `it has an error (${problem})`, 'plain YAML 1.2');
}

function refuseOddities(source: SourceText, document: Document.Parsed): void {
  visit(document, (_, node) => {
    if (isAlias(node)) {
      const at = node.range?.[0] ?? 0;
      fail(source, 'not-yaml', at, `it has the alias *${node.source}`, 'values written out');
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return undefined;
    const at = node.range?.[0] ?? 0;
    if (node.anchor !== undefined) {
      fail(source, 'not-yaml', at, `it has the anchor &${node.anchor}`, 'values written out');
    }
    if (node.tag !== undefined) {
      fail(source, 'not-yaml', at, `it has the tag ${node.tag}`, 'values without tags');
    }
    return undefined;
  });
}

function convert(
  source: SourceText,
  node: YamlNode | null,
  key: string,
  keyOffset: number,
  depth: number,
): SourceNode {
  const offset = node?.range?.[0] ?? keyOffset + 1;
  const place = { offset, key, keyOffset: keyOffset < 0 ? offset : keyOffset };
  if (depth > DEPTH_MAX) {
    const expected = `at most ${DEPTH_MAX} levels`;
    fail(
      source,
      'document-limit',
      offset,
      `it is nested deeper than ${DEPTH_MAX} levels`,
      expected,
    );
  }
  if (isSeq(node)) {
    const value = node.items.map((item) => convert(source, item as YamlNode, '', -1, depth + 1));
    return { kind: 'array', value, ...place };
  }
  if (isMap(node)) {
    const value = node.items.map((pair) => {
      const name = pair.key;
      if (!isScalar(name) || typeof name.value !== 'string') {
        const at = (name as YamlNode | null)?.range?.[0] ?? offset;
        return fail(
          source,
          'not-yaml',
          at,
          'it has a name that is no text',
          'names that are texts',
        );
      }
      const at = name.range?.[0] ?? offset;
      return convert(source, pair.value as YamlNode | null, name.value, at, depth + 1);
    });
    return { kind: 'object', value, ...place };
  }
  const value = isScalar(node) ? node.value : null;
  if (typeof value === 'string') return { kind: 'string', value, ...place };
  if (typeof value === 'number') return { kind: 'number', value, ...place };
  if (typeof value === 'boolean') return { kind: 'boolean', value, ...place };
  return { kind: 'null', value: null, ...place };
}

function fail(
  source: SourceText,
  code: 'not-yaml' | 'duplicate-key' | 'document-limit',
  offset: number,
  problem: string,
  expected: string,
): never {
  const { line, column } = positionAt(source, offset);
  const place = { file: source.name, line, column, path: '' };
  const message = `The YAML text cannot be taken: ${problem} at line ${line}, column ${column} of ${source.name}; ${expected} is expected.`;
  throw new PolicyError([
    diagnosticOf('error', code, place, message, { found: problem, expected }),
  ]);
}
