/**
 * Registry hives: a `SYSTEM` hive, or what `netsh advfirewall export` writes (`.wfw`). Read only,
 * without transaction logs. Every offset is checked: the bytes may be anything.
 * Source: windows-firewall.md 7.2.
 */
import type { Reporter } from '../source/diagnostic.js';
import { dataOf } from './pol-file.js';
import type { RegistryValue } from './registry-value.js';

const BASE_BYTES = 4096;
const DEPTH_MAX = 64;
const KEYS_MAX = 1_000_000;
const DATA_MAX = 1 << 20;
const NONE = 0xffffffff;
/** Data of four bytes or less stands in the place of its offset. */
const RESIDENT = 0x80000000;
const ASCII_KEY = 0x20;
const ASCII_VALUE = 1;

export function looksLikeHive(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'regf';
}

export interface HiveContent {
  readonly values: readonly RegistryValue[];
  /** Whether the policy stands at the root, as in an export. */
  readonly isExport: boolean;
}

/** All values of a hive; the whole file is refused when it is not sound. */
export function readHiveFile(name: string, bytes: Uint8Array, reporter: Reporter): HiveContent {
  const reader = new HiveReader(name, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  try {
    const values = reader.read();
    if (reader.isDirty) {
      const message =
        'The hive was being changed when it was saved; its transaction log is not read.';
      reporter.warning('fw-hive', { file: name, line: 0, column: 0, path: '' }, message);
    }
    const isExport = values.some(({ key }) => /^FirewallRules$|^DomainProfile/i.test(key));
    return { values: isExport ? values : ofCurrentControlSet(values), isExport };
  } catch (error) {
    if (!(error instanceof HiveProblem)) throw error;
    const place = { file: name, line: 0, column: 0, path: `byte ${error.at}` };
    reporter.error('fw-hive', place, `${error.message} at byte ${error.at} of the file.`);
    return { values: [], isExport: false };
  }
}

/** A `SYSTEM` hive has several; `Select\Current` says which one is in force. */
function ofCurrentControlSet(values: readonly RegistryValue[]): readonly RegistryValue[] {
  const current = values.find(({ key, name }) => /^Select$/i.test(key) && /^Current$/i.test(name));
  if (typeof current?.data !== 'number') return values;
  const prefix = `controlset${String(current.data).padStart(3, '0')}\\`;
  return values.filter(({ key }) => key.toLowerCase().startsWith(prefix));
}

class HiveProblem extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

class HiveReader {
  readonly #name: string;
  readonly #bytes: Buffer;
  readonly #values: RegistryValue[] = [];
  readonly #seen = new Set<number>();

  constructor(name: string, bytes: Buffer) {
    this.#name = name;
    this.#bytes = bytes;
  }

  get isDirty(): boolean {
    return this.#u32(4) !== this.#u32(8);
  }

  read(): readonly RegistryValue[] {
    if (this.#bytes.length < BASE_BYTES)
      throw new HiveProblem('The base block is cut off', this.#bytes.length);
    this.#key(this.#u32(0x24), null, 0);
    return this.#values;
  }

  #u16(at: number): number {
    if (at + 2 > this.#bytes.length) throw new HiveProblem('The hive is cut off', at);
    return this.#bytes.readUInt16LE(at);
  }

  #u32(at: number): number {
    if (at + 4 > this.#bytes.length) throw new HiveProblem('The hive is cut off', at);
    return this.#bytes.readUInt32LE(at);
  }

  /** First and last byte of the content of a cell in use. */
  #cell(offset: number): { readonly from: number; readonly to: number } {
    const at = BASE_BYTES + offset;
    if (offset === NONE || at + 4 > this.#bytes.length)
      throw new HiveProblem('A cell lies outside the hive', at);
    const size = -this.#bytes.readInt32LE(at);
    if (size < 8 || at + size > this.#bytes.length)
      throw new HiveProblem('A cell is free or lies outside the hive', at);
    return { from: at + 4, to: at + size };
  }

  #signature(at: number): string {
    return this.#bytes.toString('latin1', at, at + 2);
  }

  /** `path` is null for the root, whose own name says nothing. */
  #key(offset: number, path: string | null, depth: number): void {
    const { from } = this.#cell(offset);
    if (this.#signature(from) !== 'nk') throw new HiveProblem('A key has no signature', from);
    if (this.#seen.has(offset) || depth > DEPTH_MAX || this.#seen.size > KEYS_MAX) {
      throw new HiveProblem('The keys go in a circle or too deep', from);
    }
    this.#seen.add(offset);
    const name = this.#text(
      from + 0x4c,
      this.#u16(from + 0x48),
      (this.#u16(from + 2) & ASCII_KEY) !== 0,
    );
    const key = path === null ? '' : path === '' ? name : `${path}\\${name}`;
    const valueCount = this.#u32(from + 0x24);
    if (valueCount > 0) this.#keyValues(key, valueCount, this.#u32(from + 0x28));
    if (this.#u32(from + 0x14) > 0) this.#subkeys(this.#u32(from + 0x1c), key, depth);
  }

  #subkeys(offset: number, key: string, depth: number): void {
    const { from, to } = this.#cell(offset);
    const kind = this.#signature(from);
    const count = this.#u16(from + 2);
    const step = kind === 'lf' || kind === 'lh' ? 8 : kind === 'li' || kind === 'ri' ? 4 : 0;
    if (step === 0) throw new HiveProblem('A list of keys is of an unknown type', from);
    if (from + 4 + count * step > to)
      throw new HiveProblem('A list of keys is longer than its cell', from);
    for (let i = 0; i < count; i++) {
      const at = this.#u32(from + 4 + i * step);
      if (kind !== 'ri') this.#key(at, key, depth + 1);
      else if (depth < DEPTH_MAX) this.#subkeys(at, key, depth + 1);
      else throw new HiveProblem('The keys go in a circle or too deep', from);
    }
  }

  #keyValues(key: string, count: number, offset: number): void {
    const { from, to } = this.#cell(offset);
    if (from + count * 4 > to)
      throw new HiveProblem('A list of values is longer than its cell', from);
    for (let i = 0; i < count; i++) this.#value(key, this.#u32(from + i * 4));
  }

  #value(key: string, offset: number): void {
    const { from } = this.#cell(offset);
    if (this.#signature(from) !== 'vk') throw new HiveProblem('A value has no signature', from);
    const name = this.#text(
      from + 0x14,
      this.#u16(from + 2),
      (this.#u16(from + 0x10) & ASCII_VALUE) !== 0,
    );
    const data = dataOf(this.#u32(from + 0xc), this.#data(this.#u32(from + 4), from + 8));
    const place = {
      file: this.#name,
      line: 0,
      column: 0,
      path: key === '' ? name : `${key}\\${name}`,
    };
    this.#values.push({ key, name, data, at: () => place });
  }

  #data(size: number, at: number): Buffer {
    if (size >= RESIDENT) return this.#bytes.subarray(at, at + Math.min(4, size - RESIDENT));
    if (size === 0) return Buffer.alloc(0);
    if (size > DATA_MAX) throw new HiveProblem('A value is too large', at);
    const { from, to } = this.#cell(this.#u32(at));
    if (this.#signature(from) === 'db' && size > to - from) return this.#bigData(from, size);
    if (size > to - from) throw new HiveProblem('A value is longer than its cell', from);
    return this.#bytes.subarray(from, from + size);
  }

  /** Data above 16,344 bytes lies in segments. */
  #bigData(from: number, size: number): Buffer {
    const SEGMENT = 16344;
    const count = this.#u16(from + 2);
    const list = this.#cell(this.#u32(from + 4));
    const parts: Buffer[] = [];
    let left = size;
    for (let i = 0; i < count && left > 0; i++) {
      const cell = this.#cell(this.#u32(list.from + i * 4));
      const take = Math.min(left, SEGMENT, cell.to - cell.from);
      parts.push(this.#bytes.subarray(cell.from, cell.from + take));
      left -= take;
    }
    if (left > 0) throw new HiveProblem('A value is cut off', from);
    return Buffer.concat(parts);
  }

  #text(at: number, length: number, ascii: boolean): string {
    if (at + length > this.#bytes.length) throw new HiveProblem('A name lies outside the hive', at);
    return this.#bytes.toString(ascii ? 'latin1' : 'utf16le', at, at + length);
  }
}
