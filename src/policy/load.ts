/** Policy documents from files, texts and plain values. */
import { fromValue } from '../source/from-value.js';
import { readJson } from '../source/json.js';
import { PolicyError } from '../source/diagnostic.js';
import { readSourceFile } from '../source/read-file.js';
import type { SourceText } from '../source/source-text.js';
import type { PolicyDocument } from './document.js';
import { readDocument, unreadableDocument } from './read-document.js';

export interface LoadOptions {
  /** Strict reading refuses what lenient reading repairs with a warning. */
  readonly strict: boolean;
}

/**
 * Reads policy files. What is wrong inside a file is in the diagnostics of its document.
 * @throws {PortaclError} file-not-found, file-is-directory, file-unreadable
 */
export function loadPolicyFiles(
  paths: readonly string[],
  options: LoadOptions,
): readonly PolicyDocument[] {
  return paths.map((path) => readable(path, () => readText(readSourceFile(path), options.strict)));
}

/** Reads a policy given as a text; `name` stands for the file in messages. */
export function policyFromText(text: string, name: string, options: LoadOptions): PolicyDocument {
  return readable(name, () => readText({ name, text }, options.strict));
}

/** Reads a policy given as a plain value, as `JSON.parse` would give it. */
export function policyFromValue(
  value: unknown,
  name: string,
  options: LoadOptions,
): PolicyDocument {
  return readable(name, () => readDocument(fromValue(value, name), options.strict));
}

function readText(source: SourceText, strict: boolean): PolicyDocument {
  return readDocument(readJson(source), strict);
}

/** A document that is no JSON is a document with an error, so that others are still read. */
function readable(name: string, read: () => PolicyDocument): PolicyDocument {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return unreadableDocument(name, error.diagnostics);
  }
}
