/** Policy documents from files, texts and plain values. */
import { fromValue } from '../source/from-value.js';
import { readJson } from '../source/json.js';
import { PolicyError, type Diagnostic } from '../source/diagnostic.js';
import { readSourceFile } from '../source/read-file.js';
import type { SourceDocument } from '../source/source-node.js';
import type { SourceText } from '../source/source-text.js';
import type { PolicyDocument } from './document.js';
import { isDump } from '../vfpctrl/read-dump.js';
import { readVfpctrl } from '../vfpctrl/read-vfpctrl.js';
import { readDocument, unreadableDocument } from './read-document.js';

/** Reads the YAML documents of a text: `readYamlDocuments` of src/source/yaml.ts. */
export type YamlReader = (source: SourceText) => readonly SourceDocument[];

export interface LoadOptions {
  /** Strict reading refuses what lenient reading repairs with a warning. */
  readonly strict: boolean;
  /** Texts that look like YAML are read with it; without it they are refused as no JSON. */
  readonly yaml?: YamlReader | undefined;
}

/** A file that was opened: its text, or why there is none. */
export type PolicyText =
  | { readonly source: SourceText }
  | { readonly name: string; readonly diagnostics: readonly Diagnostic[] };

/**
 * Opens and decodes policy files, each of them once, so that pipes can be read.
 * @throws {PortaclError} file-not-found, file-is-directory, file-unreadable
 */
export function readPolicyTexts(paths: readonly string[]): readonly PolicyText[] {
  return paths.map((name) => {
    try {
      return { source: readSourceFile(name) };
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      return { name, diagnostics: error.diagnostics };
    }
  });
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
  return texts.flatMap((text) =>
    'source' in text
      ? readDocuments(text.source, options)
      : [unreadableDocument(text.name, text.diagnostics)],
  );
}

/**
 * Reads policy files. What is wrong inside a file is in the diagnostics of its documents.
 * @throws {PortaclError} file-not-found, file-is-directory, file-unreadable
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

function readDocuments(
  source: SourceText,
  { strict, yaml }: LoadOptions,
): readonly PolicyDocument[] {
  return readable(source.name, () =>
    isDump(source.text ?? '')
      ? [readVfpctrl(source, strict)]
      : yaml !== undefined && looksLikeYaml(source)
        ? yaml(source).map((document) => readDocument(document, strict))
        : [readDocument(readJson(source), strict)],
  );
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
