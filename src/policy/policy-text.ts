/** Names of files and folders to texts, before anything is asked of what they mean. */
import { DOCUMENT_BYTES_MAX } from '../source/decode.js';
import { PolicyError, diagnosticOf, type Diagnostic } from '../source/diagnostic.js';
import { readSourceFile } from '../source/read-file.js';
import type { SourceText } from '../source/source-text.js';
import { filesIn, isFolder, looksLikeText } from '../source/walk-folder.js';

/**
 * A file that was opened: its text, or what there is to say instead. `foundIn`: the folder it was
 * found in, where what is no policy is passed over and not refused.
 */
export type PolicyText =
  | { readonly source: SourceText; readonly foundIn?: string }
  | { readonly name: string; readonly diagnostics: readonly Diagnostic[] };

/**
 * Opens and decodes policy files, each of them once, so that pipes can be read. A folder stands for
 * the files in it and in its folders, in the order of {@link filesIn}.
 * @throws {PortaclError} file-not-found, file-unreadable
 */
export function readPolicyTexts(paths: readonly string[]): readonly PolicyText[] {
  return paths.flatMap((name) =>
    isFolder(name) ? readFolder(name) : [opened(name, () => ({ source: readSourceFile(name) }))],
  );
}

function opened(name: string, open: () => PolicyText): PolicyText {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return { name, diagnostics: error.diagnostics };
  }
}

/** Together the texts of a folder are as long as one document may be. */
function readFolder(folder: string): readonly PolicyText[] {
  let names: readonly string[];
  try {
    names = filesIn(folder);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return [{ name: folder, diagnostics: error.diagnostics }];
  }
  const texts: PolicyText[] = [];
  let length = 0;
  for (const name of names) {
    if (!looksLikeText(name)) {
      texts.push({ name, diagnostics: [passedOver('info', name, 'it is no text')] });
      continue;
    }
    const text = opened(name, () => ({ source: readSourceFile(name), foundIn: folder }));
    length += 'source' in text ? (text.source.text ?? '').length : 0;
    if (length > DOCUMENT_BYTES_MAX) return [...texts, tooLong(folder, name)];
    texts.push(text);
  }
  return texts.some((text) => 'source' in text) ? texts : [...texts, nothingIn(folder)];
}

function tooLong(folder: string, name: string): PolicyText {
  const expected = `at most ${DOCUMENT_BYTES_MAX} characters`;
  const message = `The files of ${folder} up to ${name} have more characters together; a folder of documents has ${expected}.`;
  return { name, diagnostics: [diagnosticOf('error', 'document-limit', top(name), message)] };
}

/** A folder in which nothing is a policy is a mistake, be it only in its name. */
export function nothingIn(folder: string): Extract<PolicyText, { name: string }> {
  const message = `No file in ${folder} is a document of policies.`;
  const problem = diagnosticOf('error', 'unknown-document', top(folder), message);
  return { name: folder, diagnostics: [problem] };
}

/** What is no document at all is worth an info, a document of something else a warning. */
export function passedOver(severity: 'info' | 'warning', name: string, why: string): Diagnostic {
  const message = `${name} is passed over: ${why}.`;
  return diagnosticOf(severity, 'file-passed-over', top(name), message);
}

const top = (file: string): Diagnostic['location'] => ({ file, line: 1, column: 1, path: '' });
