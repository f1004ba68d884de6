/** Rows of a program that rewrite, spoilt: the loader refuses them, or they do no harm. */
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { createEngine } from '../../src/native/engine.js';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
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
import type { LayerModel, RuleModel, TargetModel } from '../../src/program/program-model.js';
import { drawServices, withTranslations } from '../oracle/draw-translation.js';
import { drawHost } from '../oracle/draw.js';
import { Random } from '../oracle/random.js';

const OPTIONS = { stateless: false, unifiedFlows: true, virtualClock: true };

/** A drawn program with at least one row of everything that rewrites. */
const example = (seed: number): Uint8Array => compileHost(translating(seed)).program;

/** The host of such a program. */
function translating(seed: number): NormalisedHost {
  for (let at = seed; ; at += 1000) {
    const random = new Random(at);
    const host = withTranslations(random, drawHost(random), drawServices(random));
    const { program } = compileHost(host);
    const tables: TableName[] = ['translations', 'fronts'];
    const isIpv4 =
      rows(program, 'translations') > 0 &&
      program[place(program, 'translations', 0, 'family')] === 4;
    if (isIpv4 && tables.every((table) => rows(program, table) > 1)) return host;
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

/** Of the drawn hosts the first rule that rewrites, with another action and other ends. */
function loads(action: 'dynnat' | 'nat' | 'lbnat', written: object): string {
  const ends = written as { source: object | null; destinations: readonly object[] };
  const end = (each: object): TargetModel => ({
    value: 0x0a000001n,
    port: null,
    endpoint: null,
    ...each,
  });
  const { model } = compileHost(translating(1));
  let left = 1;
  const changed = (layer: LayerModel): LayerModel => ({
    ...layer,
    groups: layer.groups.map((group) => ({
      ...group,
      rules: group.rules.map((rule): RuleModel => {
        if (rule.translation === undefined || group.family !== 4 || left-- <= 0) return rule;
        const source = ends.source && end(ends.source);
        const destinations = ends.destinations.map(end);
        return { ...rule, action, translation: { ...rule.translation, source, destinations } };
      }),
    })),
  });
  const endpoints = model.endpoints.map((endpoint) => ({
    ...endpoint,
    switchLayers: endpoint.switchLayers.map(changed),
  }));
  const program = encodeProgram({ ...model, endpoints });
  expect(left).toBeLessThan(1);
  try {
    createEngine(program, OPTIONS);
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
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

  it('are refused where a pool is none, or what is none has one', () => {
    const [from, to] = [
      { port: 100, portLast: 101 },
      { port: 200, portLast: 201 },
    ];
    const pool = { source: null, destinations: [from, to], distribution: 'five_tuple' };
    expect(loads('dynnat', pool)).toBe('accepted');
    const wrong: readonly (readonly ['dynnat' | 'nat' | 'lbnat', object])[] = [
      ['dynnat', { ...pool, destinations: [] }],
      ['dynnat', { ...pool, source: { port: null } }],
      ['dynnat', { ...pool, destinations: [from, { port: 80 }] }],
      ['dynnat', { ...pool, destinations: [{ port: 101, portLast: 100 }] }],
      ['dynnat', { ...pool, destinations: [{ port: 0, portLast: 100 }] }],
      ['dynnat', { ...pool, destinations: Array.from({ length: 65 }, () => from) }],
      ['nat', { ...pool, destinations: [from] }],
      ['nat', { ...pool, source: from, destinations: [] }],
      ['lbnat', pool],
    ];
    expect(wrong.map(([action, translation]) => loads(action, translation))).toEqual(
      wrong.map(() => 'program-index'),
    );
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
