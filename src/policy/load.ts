/** Policy documents from files, texts and plain values. */
import { fromValue } from '../source/from-value.js';
import { readJson } from '../source/json.js';
import { PolicyError } from '../source/diagnostic.js';
import type { SourceDocument } from '../source/source-node.js';
import type { SourceText } from '../source/source-text.js';
import type { PolicyDocument } from './document.js';
import { isVfpctrl, readVfpctrl } from '../vfpctrl/read-vfpctrl.js';
import { whyNoPolicy } from './document-kind.js';
import { nothingIn, passedOver, readPolicyTexts, type PolicyText } from './policy-text.js';
import { readDocument, unreadableDocument } from './read-document.js';

/** Reads the YAML documents of a text: `readYamlDocuments` of src/source/yaml.ts. */
export type YamlReader = (source: SourceText) => readonly SourceDocument[];

export interface LoadOptions {
  /** Strict reading refuses what lenient reading repairs with a warning. */
  readonly strict: boolean;
  /** Texts that look like YAML are read with it; without it they are refused as no JSON. */
  readonly yaml?: YamlReader | undefined;
}

/** Whether one of the texts is YAML, so that its reader is worth loading. */
export function needsYaml(texts: readonly PolicyText[]): boolean {
  return texts.some((text) => 'source' in text && looksLikeYaml(text.source));
}

/** The documents of files that were opened; what is wrong inside is in their diagnostics. */
export function readPolicyDocuments(
  texts: readonly PolicyText[],
  options: LoadOptions,
): readonly PolicyDocument[] {
  const hasPolicies = new Map<string, boolean>();
  const documents = texts.flatMap((text) => {
    if (!('source' in text)) return [unreadableDocument(text.name, text.diagnostics)];
    const { source, foundIn } = text;
    if (foundIn === undefined) return readDocuments(source, options);
    const found = readFoundDocuments(source, options);
    hasPolicies.set(foundIn, hasPolicies.get(foundIn) === true || found.some(isNotPassedOver));
    return found;
  });
  const empty = [...hasPolicies].filter(([, has]) => !has).map(([folder]) => nothingIn(folder));
  return [...documents, ...empty.map((each) => unreadableDocument(each.name, each.diagnostics))];
}

/**
 * Reads policy files; a folder stands for the files in it. What is wrong inside a file is in the
 * diagnostics of its documents.
 * @throws {PortaclError} file-not-found, file-unreadable
 */
export function loadPolicyFiles(
  paths: readonly string[],
  options: LoadOptions,
): readonly PolicyDocument[] {
  return readPolicyDocuments(readPolicyTexts(paths), options);
}

/** Reads a policy given as a text, the first of several; `name` stands for the file in messages. */
export function policyFromText(text: string, name: string, options: LoadOptions): PolicyDocument {
  const source = { name, text };
  return readDocuments(source, options)[0]!;
}

/** Reads a policy given as a plain value, as `JSON.parse` would give it. */
export function policyFromValue(
  value: unknown,
  name: string,
  options: LoadOptions,
): PolicyDocument {
  return readable(name, () => [readDocument(fromValue(value, name), options.strict)])[0]!;
}

function readDocuments(source: SourceText, options: LoadOptions): readonly PolicyDocument[] {
  const { strict } = options;
  return readable(source.name, () =>
    isVfpctrl(source.text ?? '')
      ? [readVfpctrl(source, strict)]
      : sourceDocuments(source, options).map((document) => readDocument(document, strict)),
  );
}

function sourceDocuments(source: SourceText, { yaml }: LoadOptions): readonly SourceDocument[] {
  return yaml !== undefined && looksLikeYaml(source) ? yaml(source) : [readJson(source)];
}

/**
 * The documents of a file that was found in a folder. Passed over, by name, is what is no document
 * and what is a document of something else; what is named or begins as a document is read, so that
 * a policy with a mistake is refused.
 */
function readFoundDocuments(source: SourceText, options: LoadOptions): readonly PolicyDocument[] {
  const { name } = source;
  const text = source.text ?? '';
  if (isVfpctrl(text)) return readDocuments(source, options);
  const isDocument = /^\s*[[{]/.test(text) || /\.(?:ya?ml|json)$/i.test(name);
  const pass = (severity: 'info' | 'warning', why: string): PolicyDocument =>
    unreadableDocument(name, [passedOver(severity, name, why)]);
  const noDocument = 'it is no JSON, no YAML and no dump of vfpctrl';
  // Prose can look like YAML.
  if (!isDocument && !looksLikeYaml(source)) return [pass('info', noDocument)];
  return readable(name, () => {
    let documents: readonly SourceDocument[];
    try {
      documents = sourceDocuments(source, options);
    } catch (error) {
      if (isDocument || !(error instanceof PolicyError)) throw error;
      return [pass('info', noDocument)];
    }
    if (documents.length === 0) return [pass('info', 'it is empty')];
    return documents.map((document) => {
      const why = whyNoPolicy(document.root);
      return why === null ? readDocument(document, options.strict) : pass('warning', why);
    });
  });
}

function isNotPassedOver({ diagnostics }: PolicyDocument): boolean {
  return !diagnostics.some(({ code }) => code === 'file-passed-over');
}

/** By its first line that says something: JSON begins with a bracket, YAML with a name or a mark. */
function looksLikeYaml({ name, text }: SourceText): boolean {
  if (/\.ya?ml$/i.test(name)) return true;
  return /^(?:\s*#[^\n]*\n)*\s*(?:---|%YAML|- |["']?[A-Za-z_][\w.-]*["']?:\s)/.test(
    (text ?? '').slice(0, HEAD_LENGTH),
  );
}

/** Characters that are looked at to tell YAML from JSON. */
const HEAD_LENGTH = 4096;

/** A text that cannot be read is a document with an error, so that others are still read. */
function readable(name: string, read: () => readonly PolicyDocument[]): readonly PolicyDocument[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return [unreadableDocument(name, error.diagnostics)];
  }
}
