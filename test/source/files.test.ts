import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PortaclError } from '../../src/errors.js';
import { loadPolicyFiles } from '../../src/policy/load.js';
import { DOCUMENT_BYTES_MAX, decodeText } from '../../src/source/decode.js';
import { PolicyError } from '../../src/source/diagnostic.js';
import { fromValue } from '../../src/source/from-value.js';
import { readSourceFile, sourceFromBytes } from '../../src/source/read-file.js';
import { locate } from '../../src/source/source-node.js';
import { brief } from '../policy/reading.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portacl-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof PortaclError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('readSourceFile', () => {
  it('says that a file does not exist', () => {
    expect(codeOf(() => readSourceFile(join(folder, 'none.json')))).toBe('file-not-found');
    expect(codeOf(() => readSourceFile(join(file('x', ''), 'below')))).toBe('file-not-found');
  });

  it('says that it found a folder', () => {
    expect(codeOf(() => readSourceFile(folder))).toBe('file-is-directory');
  });

  it.skipIf(process.getuid?.() === 0)('says that a file cannot be read', () => {
    const path = file('secret.json', '[]');
    chmodSync(path, 0);
    expect(codeOf(() => readSourceFile(path))).toBe('file-unreadable');
  });

  it('refuses a file above the limit without reading it', () => {
    const path = file('large.json', '');
    truncateSync(path, DOCUMENT_BYTES_MAX + 1);
    expect(codeOf(() => readSourceFile(path))).toBe('document-limit');
  });

  it.runIf(existsSync('/dev/zero'))('refuses a file without end at the limit', () => {
    expect(codeOf(() => readSourceFile('/dev/zero'))).toBe('document-limit');
  });

  it.skipIf(process.platform === 'win32')('reads pipes, named and standard input', () => {
    const text = JSON.stringify(Array.from({ length: 30_000 }, (_, i) => `item ${i}`));
    const [source, pipe] = [file('piped.json', text), join(folder, 'pipe')];
    const script = `
      const { readSourceFile } = await import(process.argv[1]);
      console.log(readSourceFile(process.argv[2]).text.length);
    `;
    const node = '"$NODE" --input-type=module -e "$SCRIPT" "$MODULE"';
    const env = {
      ...process.env,
      NODE: process.execPath,
      SCRIPT: script,
      MODULE: new URL('../../dist/source/read-file.js', import.meta.url).href,
      SOURCE: source,
      PIPE: pipe,
    };
    for (const shell of [
      `mkfifo "$PIPE" && { cat "$SOURCE" > "$PIPE" & ${node} "$PIPE"; }`,
      `cat "$SOURCE" | ${node} /dev/stdin`,
    ]) {
      const { stdout, stderr } = spawnSync('sh', ['-c', shell], { encoding: 'utf8', env });
      expect({ stdout, stderr }).toEqual({ stdout: `${text.length}\n`, stderr: '' });
    }
  });
});

describe('encodings', () => {
  const text = '[{"Type":"ACL","Id":"\u00e9\u{1f600}"}]';
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');

  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16LE with mark', utf16],
    ['ASCII', Buffer.from('[]')],
  ])('reads %s', (_, bytes) => {
    expect(decodeText(bytes)).toEqual({ text: bytes.length === 2 ? '[]' : text });
  });

  it.each([
    ['UTF-16BE with mark', Buffer.from(utf16).swap16(), '1:1'],
    ['UTF-16LE without mark', utf16.subarray(2), '1:1'],
    ['UTF-16BE without mark', Buffer.from(utf16.subarray(2)).swap16(), '1:1'],
    ['UTF-32LE', Buffer.from([0xff, 0xfe, 0, 0, 0x5b, 0, 0, 0]), '1:1'],
    ['UTF-32BE', Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 0x5b]), '1:1'],
    ['Latin-1', Buffer.from('[\n"\u00e9"]', 'latin1'), '2:2'],
    ['an overlong sequence', Buffer.from([0x22, 0xc0, 0x80]), '1:2'],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80]), '1:2'],
    ['a sequence that is cut', Buffer.from([0x22, 0xe2, 0x82]), '1:2'],
    ['an odd number of bytes in UTF-16LE', utf16.subarray(0, 9), '1:4'],
    ['half a surrogate pair in UTF-16LE', Buffer.from([0xff, 0xfe, 0x22, 0, 0, 0xd8]), '1:2'],
  ])('refuses %s with its place', (_, bytes, place) => {
    const [document] = loadPolicyFiles([file('encoding.json', bytes)], { strict: true });
    expect(document!.diagnostics.map(brief)).toEqual([`error not-json ${place}`]);
  });
});

describe('fromValue', () => {
  it('has paths and neither lines nor columns', () => {
    const document = fromValue([{ a: { b: 1 } }], 'here');
    const [item] = document.root.value as never[];
    expect(locate(document, item!)).toEqual({ file: 'here', line: 0, column: 0, path: '[0]' });
  });

  it('refuses what JSON cannot say, and cycles', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(codeOf(() => fromValue(cycle))).toBe('document-limit');
    expect(codeOf(() => fromValue({ a: 1n }))).toBe('not-json');
  });
});

describe('PolicyError', () => {
  it('has the fields of its first error and the messages of the others', () => {
    try {
      sourceFromBytes('a.json', Buffer.from([0x0a, 0xff]));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(PolicyError);
      expect(error).toMatchObject({
        code: 'not-json',
        file: 'a.json',
        line: 2,
        column: 1,
        notes: [],
      });
    }
  });
});

describe('hostile files', () => {
  it.each([
    ['empty', '', 'error not-json 1:1'],
    ['NaN', 'NaN', 'error not-json 1:1'],
    ['a number', '1e308', 'error wrong-type 1:1'],
    ['a text', '"ACL"', 'error wrong-type 1:1'],
    ['null', 'null', 'error wrong-type 1:1'],
    ['a list of lists', '[[1]]', 'error wrong-type 1:2 [0]'],
    ['an object without marks', '{"foo": 1}', 'error missing-field 1:1'],
    ['names of the language', '{"__proto__": {"Type": "ACL"}}', 'error missing-field 1:1'],
    ['a dump cut short', '["@{Type=ACL; Action=Allow}"]', 'error truncated-dump 1:2 [0]'],
  ])('%s', (_, text, expected) => {
    const [document] = loadPolicyFiles([file('hostile.json', text)], { strict: true });
    expect(document!.diagnostics.map(brief)).toEqual([expected]);
  });

  it('refuses 100 MB of brackets at once', () => {
    const path = file('brackets.json', Buffer.alloc(100_000_000, '['));
    const start = performance.now();
    const [document] = loadPolicyFiles([path], { strict: true });
    expect(document!.diagnostics.map(brief)).toEqual(['error document-limit 1:129']);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
