/** Rows of one table, read from the bytes layout.ts describes. */
import { rowBytes, type Table } from './layout.js';

/** The fields of a row by name; 64-bit fields are bigints. */
export type RowOf<T extends Table> = {
  readonly [F in T['fields'][number] as F['name']]: F['type'] extends 'u64' ? bigint : number;
};

/** All rows of a table. Requires: whole rows. */
export function readRows<T extends Table>(table: T, bytes: Uint8Array): RowOf<T>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length / rowBytes(table);
  let at = 0;
  return Array.from({ length: count }, () => {
    const row: Record<string, number | bigint> = {};
    for (const { name, type } of table.fields) {
      switch (type) {
        case 'u8':
          row[name] = view.getUint8(at);
          at += 1;
          break;
        case 'u16':
          row[name] = view.getUint16(at, true);
          at += 2;
          break;
        case 'u32':
          row[name] = view.getUint32(at, true);
          at += 4;
          break;
        case 'u64':
          row[name] = view.getBigUint64(at, true);
          at += 8;
          break;
      }
    }
    return row as RowOf<T>;
  });
}
