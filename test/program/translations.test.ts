/** Rows of a program that rewrite, spoilt: the loader refuses them, or they do no harm. */
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { createEngine } from '../../src/native/engine.js';
import { encodeProgram } from '../../src/program/encode.js';
import {
  DIRECTORY_ENTRY_BYTES,
  FIELD_BYTES,
  HEADER_BYTES,
  TABLES,
  TABLE_NAMES,
  rowBytes,
  type TableName,
} from '../../src/program/layout.js';
import { drawServices, withTranslations } from '../oracle/draw-translation.js';
import { drawHost } from '../oracle/draw.js';
import { Random } from '../oracle/random.js';

const OPTIONS = { stateless: false, unifiedFlows: true, virtualClock: true };

/** A drawn program with at least one row of everything that rewrites. */
function example(seed: number): Uint8Array {
  for (let at = seed; ; at += 1000) {
    const random = new Random(at);
    const host = withTranslations(random, drawHost(random), drawServices(random));
    const { program } = compileHost(host);
    const tables: TableName[] = ['translations', 'fronts'];
    const isIpv4 =
      rows(program, 'translations') > 0 &&
      program[place(program, 'translations', 0, 'family')] === 4;
    if (isIpv4 && tables.every((table) => rows(program, table) > 1)) return program;
  }
}

const entry = (table: TableName): number =>
  HEADER_BYTES + TABLE_NAMES.indexOf(table) * DIRECTORY_ENTRY_BYTES;
const word = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
const rows = (bytes: Uint8Array, table: TableName): number => word(bytes, entry(table) + 4);

function place(bytes: Uint8Array, table: TableName, row: number, field: string): number {
  let at = word(bytes, entry(table)) + row * rowBytes(TABLES[table]);
  for (const { name, type } of TABLES[table].fields) {
    if (name === field) return at;
    at += FIELD_BYTES[type];
  }
  throw new Error(`no field ${field}`);
}

function refusal(bytes: Uint8Array): { code: string; byteOffset: number } {
  try {
    createEngine(bytes, OPTIONS);
  } catch (error) {
    return error as { code: string; byteOffset: number };
  }
  throw new Error('the program was accepted');
}

describe('rows that rewrite', () => {
  const spoilt: readonly (readonly [TableName, string, number, string])[] = [
    ['translations', 'source', 1 << 20, 'program-index'],
    ['translations', 'destination_count', 1 << 20, 'program-index'],
    ['targets', 'endpoint', 1 << 20, 'program-index'],
    ['targets', 'hi', 0xffff, 'program-index'],
    ['fronts', 'target_count', 0, 'program-index'],
    ['fronts', 'target_first', 0, 'program-index'],
  ];

  it.each(spoilt)('are refused where %s have %s %d', (table, field, value, code) => {
    const bytes = example(1);
    // Of the last row, so that it is not the one before it that is said to be wrong.
    const at = place(bytes, table, table === 'targets' ? 0 : rows(bytes, table) - 1, field);
    new DataView(bytes.buffer).setUint32(at, value, true);
    const error = refusal(bytes);
    expect(error.code).toBe(code);
    expect(error.byteOffset).toBeLessThanOrEqual(bytes.length);
  });

  it('are refused where a front stands twice', () => {
    const bytes = example(2);
    const last = rows(bytes, 'fronts') - 1;
    for (const field of ['hi', 'lo', 'port', 'protocol', 'family'] as const) {
      const { type } = TABLES.fronts.fields.find(({ name }) => name === field)!;
      const [from, to] = [last - 1, last].map((row) => place(bytes, 'fronts', row, field));
      bytes.copyWithin(to!, from!, from! + FIELD_BYTES[type]);
    }
    expect(refusal(bytes).code).toMatch(/^program-(order|index)$/);
  });

  it('are refused in a layer that does not say so, and in a default', () => {
    const bytes = example(3);
    const flags = place(bytes, 'layers', 0, 'flags');
    const size = rowBytes(TABLES.layers);
    for (let row = 0; row < rows(bytes, 'layers'); row++) bytes[flags + row * size]! &= ~16;
    expect(refusal(bytes).code).toBe('program-index');
    const host = drawHost(new Random(4));
    const { model } = compileHost(host);
    const [first, ...others] = model.endpoints;
    const noLayer = { ...first!.noLayer, action: 'nat' } as const;
    const layer = { ...first!.hostLayer, noMatch: { in: noLayer, out: noLayer } };
    const changed = { ...model, endpoints: [{ ...first!, hostLayer: layer }, ...others] };
    expect(refusal(encodeProgram(changed)).code).toBe('program-index');
  });
});
