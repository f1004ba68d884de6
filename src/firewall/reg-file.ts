/**
 * Text exports of the registry, as `reg export` and regedit write them. Source:
 * windows-firewall.md 7.2.
 */
import type { SourceLocation } from '../errors.js';
import type { Reporter } from '../source/diagnostic.js';
import { quote } from '../source/source-node.js';
import { positionAt, type SourceText } from '../source/source-text.js';
import type { RegistryValue } from './registry-value.js';

/** Bytes go on in the next line behind a backslash, and nowhere else. */
const HEX = /hex(?:\(([0-9A-Fa-f]{1,8})\))?:((?:[0-9A-Fa-f]{2}|[, \t]|\\[ \t]*(?:\r\n|\r|\n))*)/y;

export const REG_HEADERS = ['Windows Registry Editor Version 5.00', 'REGEDIT4'] as const;

export function looksLikeReg(text: string): boolean {
  return REG_HEADERS.some((header) => text.trimStart().startsWith(header));
}

/** All values; what is not of the form is reported, and the lines around it are read. */
export function readRegFile(source: SourceText, reporter: Reporter): readonly RegistryValue[] {
  return new RegReader(source, reporter).read();
}

class RegReader {
  readonly #source: SourceText;
  readonly #text: string;
  readonly #reporter: Reporter;
  readonly #unicode: boolean;
  readonly #values: RegistryValue[] = [];
  #at = 0;
  #key = '';

  constructor(source: SourceText, reporter: Reporter) {
    this.#source = source;
    this.#text = source.text ?? '';
    this.#reporter = reporter;
    this.#unicode = !this.#text.trimStart().startsWith(REG_HEADERS[1]);
  }

  read(): readonly RegistryValue[] {
    this.#nextLine();
    while (this.#at < this.#text.length) this.#readLine();
    return this.#values;
  }

  #readLine(): void {
    this.#skip(/[ \t]*/y);
    const first = this.#text[this.#at];
    if (first === '[') this.#readKey();
    else if (first === '"' || first === '@') this.#readValue();
    else if (first !== undefined && first !== ';' && first !== '\r' && first !== '\n') {
      this.#refuse(this.#at, 'A line is a [key], a "name"=value or a comment.');
    }
    this.#nextLine();
  }

  #readKey(): void {
    const start = this.#at;
    const line = this.#match(/\[([^\r\n]*)\]/y);
    if (line === null || line[1]!.startsWith('-')) {
      this.#key = '';
      this.#refuse(
        start,
        line === null
          ? 'A key ends with a bracket.'
          : 'A key is deleted here, which an export does not do.',
      );
      return;
    }
    this.#key = line[1]!.replace(/^(?:HKEY_LOCAL_MACHINE|HKLM)\\/i, '');
    this.#endLine();
  }

  #readValue(): void {
    const start = this.#at;
    const name = this.#match(/@/y) === null ? this.#readString()?.text : '';
    if (name === undefined || this.#match(/[ \t]*=[ \t]*/y) === null) {
      this.#refuse(start, 'A value is written "name"=data.');
      return;
    }
    const data = this.#readData();
    if (data === undefined || !this.#endLine()) return;
    this.#values.push({ key: this.#key, name, ...data });
  }

  #readData(): Pick<RegistryValue, 'data' | 'at'> | undefined {
    const start = this.#at;
    const key = this.#key;
    const whole = (): SourceLocation => this.#locate(start, key);
    if (this.#text[start] === '"') {
      const string = this.#readString();
      if (string === null) {
        this.#refuse(start, 'A text ends with a quotation mark.');
        return undefined;
      }
      return { data: string.text, at: (offset) => this.#locate(string.place(offset), key) };
    }
    const dword = this.#match(/dword:([0-9A-Fa-f]{1,8})/y);
    if (dword !== null) return { data: parseInt(dword[1]!, 16), at: whole };
    const hex = this.#match(HEX);
    if (hex !== null) return { data: this.#hexData(hex[1] ?? '3', hex[2]!), at: whole };
    const message = 'Data is a "text", dword: with 8 digits or hex: with bytes.';
    this.#refuse(start, message);
    return undefined;
  }

  /** Types 1, 2 and 7 are texts; others matter to no firewall. */
  #hexData(type: string, digits: string): string | number | null {
    const bytes = Buffer.from(digits.replaceAll(/[^0-9A-Fa-f]/g, ''), 'hex');
    const kind = parseInt(type, 16);
    if (kind === 4 && bytes.length === 4) return bytes.readUInt32LE();
    if (kind !== 1 && kind !== 2 && kind !== 7) return null;
    return bytes.toString(this.#unicode ? 'utf16le' : 'latin1').replace(/\0+$/, '');
  }

  /** A quoted text, which may run over lines, with the place of each character. */
  #readString(): { readonly text: string; readonly place: (offset: number) => number } | null {
    const start = this.#at + 1;
    const escapes: number[] = [];
    let text = '';
    let from = start;
    for (let i = start; i < this.#text.length; i++) {
      const letter = this.#text[i];
      if (letter === '\\' && i + 1 < this.#text.length) {
        text += this.#text.slice(from, i);
        escapes.push(text.length);
        from = i + 1;
        i += 1;
      } else if (letter === '"') {
        text += this.#text.slice(from, i);
        this.#at = i + 1;
        const place = (offset: number): number =>
          start + offset + escapes.filter((escape) => escape <= offset).length;
        return { text, place };
      }
    }
    return null;
  }

  /** Whether nothing but blanks or a comment is left: data that goes on was cut in the middle. */
  #endLine(): boolean {
    const start = this.#at;
    if (this.#match(/[ \t]*(?:;[^\r\n]*)?(?=[\r\n]|$)/y) !== null) return true;
    this.#refuse(start, 'The line goes on behind its end.');
    return false;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #skip(pattern: RegExp): boolean {
    return this.#match(pattern) !== null;
  }

  #nextLine(): void {
    this.#skip(/[^\r\n]*(?:\r\n|\r|\n|$)/y);
  }

  #refuse(at: number, message: string): void {
    const end = this.#text.slice(at, at + 200).search(/[\r\n]/);
    const found = quote(this.#text.slice(at, end < 0 ? at + 200 : at + end));
    this.#reporter.error('fw-reg', this.#locate(at), message, { found });
  }

  #locate(at: number, path = this.#key): SourceLocation {
    return { file: this.#source.name, ...positionAt(this.#source, at), path };
  }
}
