/** Rows of one table, written as the bytes layout.ts describes. */
import { FIELD_BYTES, rowBytes, type Table } from './layout.js';

/** Values in the order of the table's fields. */
export type Row = readonly (number | bigint)[];

const UTF8 = new TextEncoder();
/** Of one UTF-16 unit. */
const UTF8_BYTES_MAX = 3;

/** Grows by doubling; `push` gives the index of the new row. */
export class TableWriter {
  count = 0;
  readonly #rowBytes: number;
  /** Bytes of each field; the size tells the type. */
  readonly #sizes: readonly number[];
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);

  constructor(table: Table) {
    this.#rowBytes = rowBytes(table);
    this.#sizes = table.fields.map(({ type }) => FIELD_BYTES[type]);
  }

  push(row: Row): number {
    this.#reserve(1);
    this.#write(this.count, row);
    return this.count++;
  }

  /** Replaces a row that was pushed before its values were known. */
  set(index: number, row: Row): void {
    this.#write(index, row);
  }

  /** Appends a text as UTF-8. Requires: rows of one byte. */
  appendText(text: string): number {
    const first = this.count;
    this.#reserve(text.length * UTF8_BYTES_MAX);
    this.count += this.#writeAscii(text, first)
      ? text.length
      : UTF8.encodeInto(text, this.#bytes.subarray(first)).written;
    return first;
  }

  /** Names nearly always are; a view for each costs more than they do. False leaves it to others. */
  #writeAscii(text: string, first: number): boolean {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      this.#bytes[first + i] = code;
    }
    return true;
  }

  /** Appends rows that stand there already once more. */
  repeat(first: number, rows: number): number {
    this.#reserve(rows);
    const [from, to] = [first * this.#rowBytes, (first + rows) * this.#rowBytes];
    this.#bytes.copyWithin(this.count * this.#rowBytes, from, to);
    const at = this.count;
    this.count += rows;
    return at;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.count * this.#rowBytes);
  }

  get bytesPerRow(): number {
    return this.#rowBytes;
  }

  #reserve(rows: number): void {
    const wanted = (this.count + rows) * this.#rowBytes;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  #write(index: number, row: Row): void {
    let at = index * this.#rowBytes;
    const view = this.#view;
    for (let i = 0; i < this.#sizes.length; i++) {
      const size = this.#sizes[i]!;
      const value = row[i]!;
      if (size === 4) view.setUint32(at, value as number, true);
      else if (size === 2) view.setUint16(at, value as number, true);
      else if (size === 1) view.setUint8(at, value as number);
      else view.setBigUint64(at, value as bigint, true);
      at += size;
    }
  }
}
