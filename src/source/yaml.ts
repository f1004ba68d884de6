/**
 * YAML 1.2 (core schema) as located values, for files people write by hand. What surprises is
 * refused: anchors and aliases, tags, repeated names, tabs as indentation, names that are no text,
 * and several documents where one is wanted. This file is the only one that loads the package
 * `yaml`; import it where YAML is read, since loading takes time.
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
import type { AmbiguousScalar, SourceDocument, SourceNode } from './source-node.js';
import { positionAt, type SourceText } from './source-text.js';

/**
 * Files people write are small. The package spends some 2.5 s and 350 MB on a million characters of
 * small values, most of it on tokens and their collection, and finds no error before the end.
 */
export const YAML_LENGTH_MAX: number = 1024 * 1024;
/** Of a text of several documents; each of them is bounded as above. */
export const YAML_STREAM_LENGTH_MAX: number = 16 * YAML_LENGTH_MAX;

/**
 * Reads a text of one YAML document.
 * @throws {PolicyError} not-yaml, duplicate-key, document-limit
 */
export function readYaml(source: SourceText): SourceDocument {
  const reading: Reading = { source, base: 0, ambiguous: [] };
  const { document, second } = parse(reading, source.text ?? '');
  if (document === null) {
    return fail(reading, 'not-yaml', 0, 'it holds no value', 'a YAML document');
  }
  if (second !== null) {
    fail(reading, 'not-yaml', second, 'it holds several documents', 'one document');
  }
  return { source, root: convert(reading, document, '', -1, 0) };
}

/**
 * Reads a text of any number of YAML documents, each parsed by itself so that memory is bounded by
 * the largest of them. Documents without a value are passed over.
 * @throws {PolicyError} not-yaml, duplicate-key, document-limit
 */
export function readYamlDocuments(source: SourceText): readonly SourceDocument[] {
  const text = source.text ?? '';
  if (text.length > YAML_STREAM_LENGTH_MAX) {
    const reading: Reading = { source, base: 0, ambiguous: [] };
    const expected = `at most ${YAML_STREAM_LENGTH_MAX} characters, or JSON,`;
    fail(reading, 'document-limit', 0, `it has ${text.length} characters`, expected);
  }
  return documentStarts(text).flatMap((base, i, starts) => {
    const reading: Reading = { source, base, ambiguous: [] };
    const { document, second } = parse(reading, text.slice(base, starts[i + 1]));
    if (document === null) return [];
    if (second !== null) {
      fail(reading, 'not-yaml', second, 'a document ends there without ---', 'a line ---');
    }
    const root = convert(reading, document, '', -1, 0);
    if (root.kind === 'null') return [];
    return [{ source, root, ambiguous: reading.ambiguous }];
  });
}

/**
 * Offsets at which documents begin: 0, and every line `---` that has content before it. Such a
 * line cannot stand inside a value. Source: YAML 1.2.2, 9.1.
 */
function documentStarts(text: string): number[] {
  const starts = [0];
  const marker = /^---(?=\s|$)/gm;
  for (let found = marker.exec(text); found !== null; found = marker.exec(text)) {
    // What stands before the first value of a document, directives among it, belongs to it.
    const before = text.slice(starts.at(-1), found.index).split(/\r?\n|\r/);
    if (before.some((line) => !/^\s*(?:[#%]|$)/.test(line))) starts.push(found.index);
  }
  return starts;
}

/** What all steps of the reading of one document share. */
interface Reading {
  readonly source: SourceText;
  /** Offset of the document in the text; the package counts from there. */
  readonly base: number;
  readonly ambiguous: AmbiguousScalar[];
}

/** The value of the one document of a text, and where a second one begins. */
function parse(
  reading: Reading,
  text: string,
): { readonly document: YamlNode | null; readonly second: number | null } {
  if (text.length > YAML_LENGTH_MAX) {
    fail(reading, 'document-limit', 0, `it has ${text.length} characters`, LENGTH_EXPECTED);
  }
  refuseDepth(reading, text);
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
  if (document === undefined) return { document: null, second: null };
  refuseErrors(reading, document);
  refuseOddities(reading, document);
  return { document: document.contents, second: second?.range[0] ?? null };
}

const LENGTH_EXPECTED = `at most ${YAML_LENGTH_MAX} characters, or JSON,`;

/** The parser recurses; brackets in flow style and dashes could exhaust the stack. */
function refuseDepth(reading: Reading, text: string): void {
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
  fail(reading, 'document-limit', at, `it is nested deeper than ${DEPTH_MAX} levels`, expected);
}

function refuseErrors(reading: Reading, document: Document.Parsed): void {
  const [error] = [...document.errors, ...document.warnings];
  if (error === undefined) return;
  const code = error.code === 'DUPLICATE_KEY' ? 'duplicate-key' : 'not-yaml';
  const problem = error.message.replace(/\.$/, '');
  fail(reading, code, error.pos[0], `it has an error (${problem})`, 'plain YAML 1.2');
}

function refuseOddities(reading: Reading, document: Document.Parsed): void {
  visit(document, (_, node) => {
    if (isAlias(node)) {
      const at = node.range?.[0] ?? 0;
      fail(reading, 'not-yaml', at, `it has the alias *${node.source}`, 'values written out');
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return undefined;
    const at = node.range?.[0] ?? 0;
    if (node.anchor !== undefined) {
      fail(reading, 'not-yaml', at, `it has the anchor &${node.anchor}`, 'values written out');
    }
    if (node.tag !== undefined) {
      fail(reading, 'not-yaml', at, `it has the tag ${node.tag}`, 'values without tags');
    }
    return undefined;
  });
}

function convert(
  reading: Reading,
  node: YamlNode | null,
  key: string,
  keyOffset: number,
  depth: number,
): SourceNode {
  const offset = node?.range?.[0] ?? keyOffset + 1;
  const place = {
    offset: reading.base + offset,
    key,
    keyOffset: reading.base + (keyOffset < 0 ? offset : keyOffset),
  };
  if (depth > DEPTH_MAX) {
    const expected = `at most ${DEPTH_MAX} levels`;
    fail(
      reading,
      'document-limit',
      offset,
      `it is nested deeper than ${DEPTH_MAX} levels`,
      expected,
    );
  }
  if (isSeq(node)) {
    const value = node.items.map((item) => convert(reading, item as YamlNode, '', -1, depth + 1));
    return { kind: 'array', value, ...place };
  }
  if (isMap(node)) {
    const value = node.items.map((pair) => {
      const name = pair.key;
      if (!isScalar(name) || typeof name.value !== 'string') {
        const at = (name as YamlNode | null)?.range?.[0] ?? offset;
        return fail(
          reading,
          'not-yaml',
          at,
          'it has a name that is no text',
          'names that are texts',
        );
      }
      const at = name.range?.[0] ?? offset;
      return convert(reading, pair.value as YamlNode | null, name.value, at, depth + 1);
    });
    return { kind: 'object', value, ...place };
  }
  const value = isScalar(node) ? node.value : null;
  if (isScalar(node) && node.type === 'PLAIN') noteAmbiguous(reading, node.source ?? '', offset);
  if (typeof value === 'string') return { kind: 'string', value, ...place };
  if (typeof value === 'number') return { kind: 'number', value, ...place };
  if (typeof value === 'boolean') return { kind: 'boolean', value, ...place };
  return { kind: 'null', value: null, ...place };
}

/**
 * Words and numbers that YAML 1.1, which other tools read, takes for something else: `no` is
 * false there, and 010 is eight.
 */
function noteAmbiguous(reading: Reading, text: string, offset: number): void {
  const isWord = /^(?:yes|no|on|off)$/i.test(text);
  if (!isWord && !/^[-+]?0[0-9_]+$|^[-+]?[1-9][0-9]*_[0-9_]*$/.test(text)) return;
  reading.ambiguous.push({ offset: reading.base + offset, text, isWord });
}

function fail(
  { source, base }: Reading,
  code: 'not-yaml' | 'duplicate-key' | 'document-limit',
  offset: number,
  problem: string,
  expected: string,
): never {
  const { line, column } = positionAt(source, base + offset);
  const place = { file: source.name, line, column, path: '' };
  const message = `The YAML text cannot be taken: ${problem} at line ${line}, column ${column} of ${source.name}; ${expected} is expected.`;
  throw new PolicyError([
    diagnosticOf('error', code, place, message, { found: problem, expected }),
  ]);
}
