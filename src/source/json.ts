/**
 * A strict JSON reader that keeps places. Comments, trailing commas, no-break spaces, NaN,
 * repeated names and half surrogate pairs are refused with line, column and code point.
 * Source: hns.md 4.1.
 *
 * Speed. A long list of ACLs repeats the same names in the same order, and most of their values.
 * The reader therefore guesses each name and each text from the object read before at the same depth
 * and compares instead of cutting a new string; an object whose names were all guessed needs no search
 * for repeated ones.
 *
 * Limits: nesting of {@link DEPTH_MAX}; the reader stops at the first syntax error.
 */
import type { ErrorCode } from '../errors.js';
import { PolicyError, diagnosticOf } from './diagnostic.js';
import type { SourceDocument, SourceNode } from './source-node.js';
import { positionAt, type SourceText } from './source-text.js';

/** Objects and arrays inside one another. */
export const DEPTH_MAX = 128;

/** Objects with more members than this are searched for repeated names with a set. */
const PAIRWISE_MAX = 16;

/** Whole numbers of so many digits are doubles. */
const EXACT_DIGITS = 15;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class JsonProblem extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly offset: number,
    message: string,
    readonly found: string,
    readonly expected: string,
  ) {
    super(message);
  }
}

/**
 * Reads a JSON text.
 * @throws {PolicyError} not-json, duplicate-key, document-limit
 */
export function readJson(source: SourceText): SourceDocument {
  try {
    return { source, root: parse(source.text ?? '') };
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    const { line, column } = positionAt(source, error.offset);
    const place = { file: source.name, line, column, path: '' };
    const { found, expected } = error;
    const message = `${error.message} at line ${line}, column ${column} of ${source.name}; ${expected} is expected.`;
    throw new PolicyError([diagnosticOf('error', error.code, place, message, { found, expected })]);
  }
}

/** What to expect of an object, by the places of its members; only what has no escapes. */
interface Guess {
  /** Those of one object, so that no two are equal. */
  readonly names: (string | undefined)[];
  readonly texts: (string | undefined)[];
}

function parse(text: string): SourceNode {
  let at = 0;
  let depth = 0;
  /** By depth. */
  const guesses: Guess[] = [];
  /** Members and items of what is not read to its end, so that lists are made no longer than they are. */
  const open: SourceNode[] = [];
  let openCount = 0;
  /** Whether the string read last was the one that was guessed, and whether it has no escapes. */
  let wasGuessed = false;
  let wasPlain = false;

  skipSpace();
  if (at === text.length) fail(at, 'Nothing but white space was found', 'the end', 'a JSON value');
  const root = readValue('', at, undefined);
  skipSpace();
  if (at < text.length) unexpected('the end of the document');
  return root;

  function readValue(key: string, keyOffset: number, guess: string | undefined): SourceNode {
    const offset = at;
    switch (text.charCodeAt(at)) {
      case 0x7b: // {
        return { kind: 'object', value: readMembers(), offset, key, keyOffset };
      case 0x5b: // [
        return { kind: 'array', value: readItems(), offset, key, keyOffset };
      case QUOTE:
        return { kind: 'string', value: readString(guess), offset, key, keyOffset };
      case 0x74: // t
        return readWord('true', { kind: 'boolean', value: true, offset, key, keyOffset });
      case 0x66: // f
        return readWord('false', { kind: 'boolean', value: false, offset, key, keyOffset });
      case 0x6e: // n
        return readWord('null', { kind: 'null', value: null, offset, key, keyOffset });
      default:
        return { kind: 'number', value: readNumber(), offset, key, keyOffset };
    }
  }

  function readMembers(): readonly SourceNode[] {
    enter();
    const first = openCount;
    const guess = (guesses[depth] ??= { names: [], texts: [] });
    let firstNew = -1;
    skipSpace();
    if (text.charCodeAt(at) === 0x7d) {
      leave();
      return [];
    }
    for (;;) {
      const index = openCount - first;
      const keyOffset = at;
      if (text.charCodeAt(at) !== QUOTE) unexpected('a name in double quotes');
      const key = readString(guess.names[index]);
      if (!wasGuessed) {
        if (firstNew < 0) firstNew = index;
        guess.names[index] = wasPlain ? key : undefined;
      }
      skipSpace();
      if (text.charCodeAt(at) !== 0x3a) unexpected('a colon');
      at++;
      skipSpace();
      const value = readValue(key, keyOffset, guess.texts[index]);
      if (value.kind === 'string' && !wasGuessed) {
        guess.texts[index] = wasPlain ? value.value : undefined;
      }
      open[openCount++] = value;
      skipSpace();
      const unit = text.charCodeAt(at);
      if (unit === 0x7d) break;
      if (unit !== 0x2c) unexpected('a comma or a closing brace');
      at++;
      skipSpace();
      if (text.charCodeAt(at) === 0x7d) unexpected('another member, not a trailing comma,');
    }
    const members = closeList(first);
    if (firstNew >= 0) {
      refuseRepeated(members, firstNew);
      guess.names.length = members.length;
    }
    leave();
    return members;
  }

  function readItems(): readonly SourceNode[] {
    enter();
    const first = openCount;
    skipSpace();
    if (text.charCodeAt(at) === 0x5d) {
      leave();
      return [];
    }
    for (;;) {
      const item = readValue('', at, undefined);
      open[openCount++] = item;
      skipSpace();
      const unit = text.charCodeAt(at);
      if (unit === 0x5d) break;
      if (unit !== 0x2c) unexpected('a comma or a closing bracket');
      at++;
      skipSpace();
      if (text.charCodeAt(at) === 0x5d) unexpected('another item, not a trailing comma,');
    }
    leave();
    return closeList(first);
  }

  function closeList(first: number): readonly SourceNode[] {
    const list = open.slice(first, openCount);
    openCount = first;
    return list;
  }

  function enter(): void {
    depth++;
    if (depth > DEPTH_MAX) {
      const message = `Nesting deeper than ${DEPTH_MAX} levels was found`;
      const expected = `at most ${DEPTH_MAX} levels`;
      throw new JsonProblem('document-limit', at, message, `level ${depth}`, expected);
    }
    at++;
  }

  function leave(): void {
    depth--;
    at++;
  }

  /** The string at `at`; the very one that was guessed where it stands there. */
  function readString(guess: string | undefined): string {
    const start = at + 1;
    wasGuessed = guess !== undefined && stands(guess, start);
    wasPlain = true;
    if (wasGuessed) {
      at = start + guess!.length + 1;
      return guess!;
    }
    for (let i = start; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === QUOTE) {
        at = i + 1;
        return text.slice(start, i);
      }
      if (unit === BACKSLASH) return readEscaped(i);
      if (unit < 0x20) controlCharacter(i);
    }
    return fail(at, 'A string without an end was found', 'the end', 'a closing double quote');
  }

  /** Whether a text without quotes, backslashes and control characters stands there up to a quote. */
  function stands(guess: string, start: number): boolean {
    return text.charCodeAt(start + guess.length) === QUOTE && text.startsWith(guess, start);
  }

  /** The string that starts at `at` and has its first backslash at `i`. */
  function readEscaped(i: number): string {
    wasPlain = false;
    let result = text.slice(at + 1, i);
    let copied = i;
    while (i < text.length) {
      const unit = text.charCodeAt(i);
      if (unit === QUOTE) {
        result += text.slice(copied, i);
        if (/\p{Surrogate}/u.test(result)) {
          fail(at, 'Half a surrogate pair was found in a string', 'a lone surrogate', 'a pair');
        }
        at = i + 1;
        return result;
      }
      if (unit < 0x20) controlCharacter(i);
      if (unit !== BACKSLASH) {
        i++;
        continue;
      }
      result += text.slice(copied, i) + unescape(i);
      i += text.charCodeAt(i + 1) === 0x75 ? 6 : 2;
      copied = i;
    }
    return fail(at, 'A string without an end was found', 'the end', 'a closing double quote');
  }

  function unescape(i: number): string {
    const letter = text.charAt(i + 1);
    const simple = ESCAPES.get(letter);
    if (simple !== undefined) return simple;
    const digits = text.slice(i + 2, i + 6);
    if (letter === 'u' && /^[0-9A-Fa-f]{4}$/.test(digits)) {
      return String.fromCharCode(parseInt(digits, 16));
    }
    const found = text.slice(i, i + 2);
    return fail(
      i,
      `The escape ${found} was found`,
      found,
      'one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX',
    );
  }

  function controlCharacter(i: number): never {
    const found = codePoint(text, i);
    return fail(i, `The control character ${found} was found in a string`, found, 'an escape');
  }

  function readNumber(): number {
    const start = at;
    if (text.charCodeAt(at) === 0x2d) at++;
    const first = text.charCodeAt(at);
    if (!isDigit(first)) {
      at = start;
      unexpected('a JSON value');
    }
    let whole = 0;
    for (; isDigit(text.charCodeAt(at)); at++) whole = whole * 10 + (text.charCodeAt(at) - 0x30);
    if (first === 0x30 && text.charCodeAt(start) !== 0x2d && at > start + 1) {
      fail(
        start,
        'A number with leading zeros was found',
        text.slice(start, at),
        'no leading zero',
      );
    }
    if (first === 0x30 && text.charCodeAt(start) === 0x2d && at > start + 2) {
      fail(
        start,
        'A number with leading zeros was found',
        text.slice(start, at),
        'no leading zero',
      );
    }
    const end = text.charCodeAt(at);
    // Exact as a double, and read already.
    if (first === text.charCodeAt(start) && end !== 0x2e && (end | 0x20) !== 0x65) {
      if (at - start <= EXACT_DIGITS) return whole;
    }
    if (text.charCodeAt(at) === 0x2e) readDigits('a digit after the decimal point');
    const exponent = text.charCodeAt(at);
    if (exponent === 0x65 || exponent === 0x45) {
      const sign = text.charCodeAt(at + 1);
      if (sign === 0x2b || sign === 0x2d) at++;
      readDigits('a digit in the exponent');
    }
    return Number(text.slice(start, at));
  }

  /** Steps over one character and the digits behind it, of which there must be one. */
  function readDigits(expected: string): void {
    at++;
    if (!isDigit(text.charCodeAt(at))) unexpected(expected);
    while (isDigit(text.charCodeAt(at))) at++;
  }

  function readWord(word: string, node: SourceNode): SourceNode {
    if (!text.startsWith(word, at) || /[\w$]/.test(text.charAt(at + word.length))) {
      unexpected('a JSON value');
    }
    at += word.length;
    return node;
  }

  function skipSpace(): void {
    for (;;) {
      const unit = text.charCodeAt(at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      at++;
    }
  }

  function unexpected(expected: string): never {
    const found = foundAt(text, at);
    return fail(at, `${found.charAt(0).toUpperCase()}${found.slice(1)} was found`, found, expected);
  }

  function fail(offset: number, message: string, found: string, expected: string): never {
    throw new JsonProblem('not-json', offset, message, found, expected);
  }
}

const ESCAPES = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** Requires: the names before `from` differ from one another. */
function refuseRepeated(members: readonly SourceNode[], from: number): void {
  const repeated =
    members.length <= PAIRWISE_MAX ? firstEqual(members, from) : firstRepeated(members);
  if (repeated === undefined) return;
  throw new JsonProblem(
    'duplicate-key',
    repeated.keyOffset,
    `The name ${JSON.stringify(repeated.key)} was found twice in one object, the second time`,
    repeated.key,
    'each name once',
  );
}

function firstEqual(members: readonly SourceNode[], from: number): SourceNode | undefined {
  for (let i = from; i < members.length; i++) {
    for (let j = 0; j < i; j++) if (members[j]!.key === members[i]!.key) return members[i];
  }
  return undefined;
}

function firstRepeated(members: readonly SourceNode[]): SourceNode | undefined {
  const seen = new Set<string>();
  return members.find((m) => seen.size === seen.add(m.key).size);
}

/** What stands at an offset, in words: a comment, a word, a character with its code point. */
function foundAt(text: string, offset: number): string {
  if (offset >= text.length) return 'the end of the text';
  if (text.startsWith('//', offset) || text.startsWith('/*', offset)) return 'a comment';
  const word = /^[-+]?[A-Za-z_$][\w$]{0,31}/.exec(text.slice(offset, offset + 40));
  if (word !== null) return `the word ${word[0]}`;
  const character = String.fromCodePoint(text.codePointAt(offset)!);
  return /^[!-~]$/.test(character)
    ? `the character ${character}`
    : `the character ${codePoint(text, offset)}`;
}

const NAMED_CHARACTERS = new Map([
  [0x00, 'null'],
  [0xa0, 'no-break space'],
  [0x200b, 'zero width space'],
  [0x2018, 'left single quotation mark'],
  [0x2019, 'right single quotation mark'],
  [0x201c, 'left double quotation mark'],
  [0x201d, 'right double quotation mark'],
  [0xfeff, 'zero width no-break space'],
]);

function codePoint(text: string, offset: number): string {
  const value = text.codePointAt(offset)!;
  const name = NAMED_CHARACTERS.get(value);
  const code = `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
  return name === undefined ? code : `${code} (${name})`;
}
