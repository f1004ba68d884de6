import { describe, expect, it } from 'vitest';
import { PolicyError } from '../../src/source/diagnostic.js';
import { DEPTH_MAX, readJson } from '../../src/source/json.js';
import { locate, toValue, type SourceNode } from '../../src/source/source-node.js';
import { randomOf } from './random.js';

/** `code line:column found` of the error a text gets. */
function refusal(text: string): string {
  try {
    readJson({ name: 'a.json', text });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return `${error.code} ${error.line}:${error.column} ${error.found ?? ''}`;
  }
  return 'taken';
}

describe('readJson refuses, with code, line and column', () => {
  it.each([
    ['nothing', '', 'not-json 1:1 the end'],
    ['white space only', ' \n ', 'not-json 2:2 the end'],
    ['a trailing comma in a list', '[1,\n]', 'not-json 2:1 the character ]'],
    ['a trailing comma in an object', '{"a":1,}', 'not-json 1:8 the character }'],
    ['a line comment', '[1 // one\n]', 'not-json 1:4 a comment'],
    ['a block comment', '/* x */[]', 'not-json 1:1 a comment'],
    ['a no-break space', '{\n\u00a0"a": 1}', 'not-json 2:1 the character U+00A0 (no-break space)'],
    ['NaN', '{"a": NaN}', 'not-json 1:7 the word NaN'],
    ['Infinity', '[Infinity]', 'not-json 1:2 the word Infinity'],
    ['minus Infinity', '[-Infinity]', 'not-json 1:2 the word -Infinity'],
    ['True', '[True]', 'not-json 1:2 the word True'],
    ['a longer word', '[nullable]', 'not-json 1:2 the word nullable'],
    ['a name without quotes', '{a: 1}', 'not-json 1:2 the word a'],
    ['single quotes', "{'a': 1}", "not-json 1:2 the character '"],
    [
      'typographic quotes',
      '[\u201ca\u201d]',
      'not-json 1:2 the character U+201C (left double quotation mark)',
    ],
    ['leading zeros', '[01]', 'not-json 1:2 01'],
    ['leading zeros behind a minus', '[-01]', 'not-json 1:2 -01'],
    ['a point without digits', '[1.]', 'not-json 1:4 the character ]'],
    ['an exponent without digits', '[1e+]', 'not-json 1:5 the character ]'],
    ['a number that begins with a point', '[.5]', 'not-json 1:2 the character .'],
    ['a repeated name', '{"a":1,\n "a":2}', 'duplicate-key 2:2 a'],
    ['a name repeated in escapes', '{"a":1,"\\u0061":2}', 'duplicate-key 1:8 a'],
    ['a string without end', '["abc', 'not-json 1:2 the end'],
    ['a line end in a string', '["a\nb"]', 'not-json 1:4 U+000A'],
    ['an unknown escape', '["\\x"]', 'not-json 1:3 \\x'],
    ['a short code point', '["\\u12"]', 'not-json 1:3 \\u'],
    ['half a surrogate pair', '["\\ud800"]', 'not-json 1:2 a lone surrogate'],
    ['a second value', '{} {}', 'not-json 1:4 the character {'],
    ['a text cut in an object', '{"a": 1', 'not-json 1:8 the end of the text'],
    ['a colon that is missing', '{"a" 1}', 'not-json 1:6 the character 1'],
  ])('%s', (_, text, expected) => {
    expect(refusal(text)).toBe(expected);
  });

  it('nesting one level too deep', () => {
    expect(refusal('['.repeat(DEPTH_MAX) + ']'.repeat(DEPTH_MAX))).toBe('taken');
    expect(refusal('['.repeat(DEPTH_MAX + 1))).toBe(`document-limit 1:${DEPTH_MAX + 1} level 129`);
  });

  it('repeated names in an object of many', () => {
    const names = Array.from({ length: 40 }, (_, i) => `"n${i}":0`);
    expect(refusal(`{${names.join()},"n7":0}`)).toContain('duplicate-key');
  });

  it('a repeated name behind names guessed from the object before', () => {
    expect(refusal('[{"a":1,"b":2},{"a":1,"a":2}]')).toBe('duplicate-key 1:23 a');
  });

  it.each([
    ['shorter', '[{"a":1,"b":2},{"b":1},{"b":1,"b":2}]', 'duplicate-key 1:31 b'],
    ['of other names', '[{"a":1,"b":2},{"b":1,"a":2},{"b":1,"b":2}]', 'duplicate-key 1:37 b'],
    ['new before a guessed one', '[{"a":1,"b":2},{"b":1,"b":2}]', 'duplicate-key 1:23 b'],
  ])('a repeated name behind an object %s', (_, text, expected) => {
    expect(refusal(text)).toBe(expected);
  });

  it('a line end in a name or text that stood there escaped before', () => {
    expect(refusal('[{"a\\nb":1},{"a\\nb":1}]')).toBe('taken');
    expect(refusal('[{"a\\nb":1},{"a\nb":1}]')).toBe('not-json 1:16 U+000A');
    expect(refusal('[{"a":"x\\ny"},{"a":"x\ny"}]')).toBe('not-json 1:22 U+000A');
  });
});

describe('readJson', () => {
  it('keeps numbers that no double holds, to be judged where they are used', () => {
    expect(toValue(readJson({ name: 'a', text: '[1e308, 1e999]' }).root)).toEqual([
      1e308,
      Infinity,
    ]);
  });

  it('gives name and value of a member their places and path', () => {
    const document = readJson({ name: 'a.json', text: '{"list": [\r\n  {"a b": true}]}' });
    const list = (document.root.value as SourceNode[])[0]!;
    const flag = ((list.value as SourceNode[])[0]!.value as SourceNode[])[0]!;
    expect(locate(document, flag)).toEqual({
      file: 'a.json',
      line: 2,
      column: 11,
      path: 'list[0]["a b"]',
    });
    expect(locate(document, flag, 'key').column).toBe(4);
  });

  it('does not take a guessed name for a longer or an escaped one', () => {
    const text = '[{"ab":1,"q\\"":2},{"abc":1,"q\\"":2},{"a":1,"q":3}]';
    expect(toValue(readJson({ name: 'a', text }).root)).toEqual(JSON.parse(text));
  });

  it('does not take a guessed text for a longer, shorter or escaped one', () => {
    const text = '[{"a":"xy"},{"a":"xyz"},{"a":"x"},{"a":"x\\\\"},{"a":"x\\""},{"a":"x"},{"a":1}]';
    expect(toValue(readJson({ name: 'a', text }).root)).toEqual(JSON.parse(text));
  });

  it('reads what JSON.parse reads, on random documents', () => {
    const seed = 20240711;
    const random = randomOf(seed);
    for (let i = 0; i < 2000; i++) {
      const value = randomValue(random, 0);
      const text = JSON.stringify(value, null, random(3));
      expect(toValue(readJson({ name: 'a', text }).root), `seed ${seed}, document ${i}`).toEqual(
        JSON.parse(text),
      );
    }
  });

  it('takes and refuses what JSON.parse takes and refuses, on damaged documents', () => {
    const seed = 20240712;
    const random = randomOf(seed);
    for (let i = 0; i < 5000; i++) {
      const text = damaged(JSON.stringify(randomValue(random, 1)), random);
      // Cutting a pair in two makes a text that no file can hold.
      if (/\p{Surrogate}/u.test(text)) continue;
      const taken = !(refusal(text) + ' ').startsWith('not-json');
      let parses = true;
      try {
        JSON.parse(text);
      } catch {
        parses = false;
      }
      expect(taken, `seed ${seed}, document ${i}: ${text}`).toBe(parses);
    }
  });
});

function randomValue(random: (below: number) => number, depth: number): unknown {
  switch (random(depth > 4 ? 5 : 7)) {
    case 0:
      return null;
    case 1:
      return random(2) === 0;
    case 2:
      return random(1000) - 500;
    case 3:
      return (random(1000) - 500) * 10 ** (random(40) - 20);
    case 4:
      return randomText(random);
    case 5:
      return Array.from({ length: random(5) }, () => randomValue(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random(5) }, () => [
          randomText(random),
          randomValue(random, depth + 1),
        ]),
      );
  }
}

const PIECES = ['a', 'Type', '"', '\\', '\n', '\u00e9', '\u{1f600}', '\u2028', '/', ' '];

function randomText(random: (below: number) => number): string {
  return Array.from({ length: random(5) }, () => PIECES[random(PIECES.length)]!).join('');
}

function damaged(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const piece = ['', ',', '}', ']', '"', '0', '-', '\u00a0', 'e', ':'][random(10)]!;
  return text.slice(0, at) + piece + text.slice(at + random(2));
}
