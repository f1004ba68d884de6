/** `registry.pol` of a Group Policy object. Source: windows-firewall.md 7.2. */
import type { Reporter } from '../source/diagnostic.js';
import { applyInstructions } from './pol-instructions.js';
import type { RegistryValue } from './registry-value.js';

const HEADER_BYTES = 8;
const VERSION = 1;
const REG_SZ = 1;
const REG_EXPAND_SZ = 2;
const REG_DWORD = 4;
/** 16-bit characters. */
const [OPEN, CLOSE, SEMICOLON] = [0x5b, 0x5d, 0x3b];

export function looksLikePol(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PReg';
}

/** What the file leaves set; the whole file is refused when it is not sound. */
export function readPolFile(
  name: string,
  bytes: Uint8Array,
  reporter: Reporter,
): readonly RegistryValue[] {
  const reader = new PolReader(name, bytes);
  const values: RegistryValue[] = [];
  const problem = reader.read(values);
  if (problem === null) return applyInstructions(values, reporter);
  const place = { file: name, line: 0, column: 0, path: `byte ${problem.at}` };
  reporter.error('fw-pol', place, `${problem.what} at byte ${problem.at} of the file.`);
  return [];
}

interface Problem {
  readonly what: string;
  readonly at: number;
}

class PolReader {
  readonly #name: string;
  readonly #bytes: Buffer;
  #at = HEADER_BYTES;

  constructor(name: string, bytes: Uint8Array) {
    this.#name = name;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  read(values: RegistryValue[]): Problem | null {
    if (this.#bytes.length < HEADER_BYTES)
      return { what: 'The header is cut off', at: this.#bytes.length };
    if (this.#bytes.readUInt32LE(4) !== VERSION) return { what: 'The version is not 1', at: 4 };
    while (this.#at < this.#bytes.length) {
      const start = this.#at;
      const value = this.#record();
      if (value === null) return { what: 'A record is cut off or has no brackets', at: start };
      values.push(value);
    }
    return null;
  }

  #record(): RegistryValue | null {
    if (!this.#take(OPEN)) return null;
    const key = this.#text();
    if (key === null || !this.#take(SEMICOLON)) return null;
    const name = this.#text();
    if (name === null || !this.#take(SEMICOLON)) return null;
    const type = this.#number();
    if (type === null || !this.#take(SEMICOLON)) return null;
    const size = this.#number();
    if (size === null || !this.#take(SEMICOLON)) return null;
    if (size > this.#bytes.length - this.#at) return null;
    const bytes = this.#bytes.subarray(this.#at, this.#at + size);
    this.#at += size;
    if (!this.#take(CLOSE)) return null;
    const place = { file: this.#name, line: 0, column: 0, path: `${key}\\${name}` };
    return { key, name, data: dataOf(type, bytes), at: () => place };
  }

  /** Up to a zero character. */
  #text(): string | null {
    for (let end = this.#at; end + 1 < this.#bytes.length; end += 2) {
      if (this.#bytes.readUInt16LE(end) !== 0) continue;
      const text = this.#bytes.toString('utf16le', this.#at, end);
      this.#at = end + 2;
      return text;
    }
    return null;
  }

  #number(): number | null {
    if (this.#at + 4 > this.#bytes.length) return null;
    this.#at += 4;
    return this.#bytes.readUInt32LE(this.#at - 4);
  }

  #take(character: number): boolean {
    if (this.#at + 2 > this.#bytes.length || this.#bytes.readUInt16LE(this.#at) !== character)
      return false;
    this.#at += 2;
    return true;
  }
}

/** The data of a registry value by its type; null for what no firewall setting has. */
export function dataOf(type: number, bytes: Buffer): string | number | null {
  if (type === REG_DWORD) return bytes.length === 4 ? bytes.readUInt32LE() : null;
  if (type !== REG_SZ && type !== REG_EXPAND_SZ) return null;
  return bytes.toString('utf16le', 0, bytes.length & ~1).replace(/\0+$/, '');
}
