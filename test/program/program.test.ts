import { describe, expect, it } from 'vitest';

import { compileHost, normaliseHost, policyFromValue } from '../../src/index.js';
import { ProgramError, createEngine } from '../../src/native/engine.js';
import {
  ACTION,
  DIRECTORY_ENTRY_BYTES,
  HEADER_BYTES,
  LAYER_FLAG,
  TABLES,
  TABLE_NAMES,
  rowBytes,
  type TableName,
} from '../../src/program/layout.js';
import { encodeTuples } from '../../src/simulate/encode-tuple.js';

const OPTIONS = { stateless: false, unifiedFlows: true, virtualClock: true };

/** The example of docs/RULE_PROGRAM.md. */
function example(): Uint8Array {
  const acl = {
    Type: 'ACL',
    Settings: {
      Id: 'allow-web',
      Action: 'Allow',
      Direction: 'In',
      Protocols: '6',
      LocalPorts: '80',
      Priority: 300,
    },
  };
  const { host } = normaliseHost({
    documents: [policyFromValue([acl], 'acl.json', { strict: true })],
    platform: { windows: 'ws2022', driver: 'l2bridge', endpoint: 'web=10.0.0.5' },
    strict: true,
  });
  return compileHost(host!).program;
}

/** An overlay network with one route, its layer and nothing else on the switch. */
function tunnels(): Uint8Array {
  const route = {
    ...{ DestinationPrefix: '10.244.42.0/24', IsolationId: 4096 },
    ProviderAddress: '172.29.0.24',
  };
  const documents = [
    {
      ...{ Name: 'overlay', Type: 'Overlay', SchemaVersion: { Major: 2, Minor: 0 } },
      Policies: [{ Type: 'RemoteSubnetRoute', Settings: route }],
    },
    {
      ...{ Name: 'pod', HostComputeNetwork: 'overlay', SchemaVersion: { Major: 2, Minor: 0 } },
      IpConfigurations: [{ IpAddress: '10.244.114.4', PrefixLength: 24 }],
      Policies: [{ Type: 'ProviderAddress', Settings: { ProviderAddress: '172.29.0.68' } }],
    },
  ].map((value, i) => policyFromValue([value], `${i}.json`, { strict: true }));
  const { host } = normaliseHost({
    ...{ documents, strict: true, platform: { windows: 'ws2022', isolation: 'hyperv' } },
    options: { encapsulation: 'on' },
  });
  return compileHost(host!).program;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset);
const entry = (table: TableName): number =>
  HEADER_BYTES + TABLE_NAMES.indexOf(table) * DIRECTORY_ENTRY_BYTES;
const rowsOf = (bytes: Uint8Array, table: TableName): number =>
  view(bytes).getUint32(entry(table) + 4, true);
/** Byte of a field of a row. */
function fieldAt(bytes: Uint8Array, table: TableName, row: number, field: string): number {
  let at = view(bytes).getUint32(entry(table), true) + row * rowBytes(TABLES[table]);
  for (const { name, type } of TABLES[table].fields) {
    if (name === field) return at;
    at += { u8: 1, u16: 2, u32: 4, u64: 8 }[type];
  }
  throw new Error(`${table} has no field ${field}`);
}

/** The error that the loader answers. */
function refusal(bytes: Uint8Array): ProgramError {
  try {
    createEngine(bytes, OPTIONS);
  } catch (error) {
    if (error instanceof ProgramError) return error;
    throw error;
  }
  throw new Error('the program was accepted');
}

describe('rule program', () => {
  it('has the rows that docs/RULE_PROGRAM.md counts', () => {
    const bytes = example();
    const counts = Object.fromEntries(
      (['endpoints', 'addresses', 'layers', 'groups', 'conditions'] as const).map((table) => [
        table,
        rowsOf(bytes, table),
      ]),
    );
    expect(counts).toEqual({ endpoints: 1, addresses: 1, layers: 2, groups: 6, conditions: 6 });
    createEngine(bytes, OPTIONS);
  });

  it('is the same bytes for the same policies', () => {
    expect(example()).toEqual(example());
  });

  const patch32 =
    (table: TableName, row: number, field: string, value: number) =>
    (bytes: Uint8Array): number => {
      const at = fieldAt(bytes, table, row, field);
      view(bytes).setUint32(at, value, true);
      return at;
    };

  const faults: readonly (readonly [string, string, (bytes: Uint8Array) => unknown])[] = [
    ['another magic', 'program-magic', (b) => (b[0] = 0)],
    ['another version', 'program-version', (b) => (b[4] = 99)],
    ['a total that is not the size', 'program-cut', (b) => view(b).setUint32(8, 1, true)],
    [
      'a table outside the bytes',
      'program-cut',
      (b) => view(b).setUint32(entry('rules'), 1 << 30, true),
    ],
    [
      'rows of another size',
      'program-row-size',
      (b) => view(b).setUint32(entry('rules') + 8, 1, true),
    ],
    [
      'more rows than the limit',
      'program-limit',
      (b) => view(b).setUint32(entry('settings') + 4, 2, true),
    ],
    ['a layer that is not there', 'program-index', patch32('groups', 0, 'layer', 77)],
    ['a string that is not there', 'program-index', patch32('endpoints', 0, 'name', 1 << 20)],
    [
      'a group that takes the rules of another',
      'program-index',
      patch32('groups', 0, 'rule_count', 2),
    ],
    [
      'a host layer that is a switch layer',
      'program-index',
      patch32('endpoints', 0, 'host_layer', 0),
    ],
    ['a condition of no known field', 'program-value', patch32('conditions', 0, 'field', 99)],
    ['a field that wraps to a known one', 'program-value', patch32('conditions', 0, 'field', 257)],
    [
      'an action that does not exist',
      'program-value',
      (b) => (b[fieldAt(b, 'rules', 0, 'action')] = 9),
    ],
    [
      'a reason that does not exist',
      'program-value',
      (b) => (b[fieldAt(b, 'rules', 0, 'reason')] = 200),
    ],
    [
      'a direction that does not exist',
      'program-value',
      (b) => (b[fieldAt(b, 'groups', 0, 'direction')] = 2),
    ],
    [
      'an address family that does not exist',
      'program-value',
      patch32('addresses', 0, 'family', 5),
    ],
    [
      'a range that ends before it begins',
      'program-range',
      (b) => view(b).setUint16(fieldAt(b, 'ranges16', 0, 'from'), 9, true),
    ],
    [
      'groups out of order',
      'program-order',
      (b) => {
        // Both inbound IPv4 groups would need an order; the first is put behind the second.
        view(b).setUint8(fieldAt(b, 'groups', 1, 'family'), 4);
        view(b).setUint32(fieldAt(b, 'groups', 0, 'priority'), 9, true);
      },
    ],
    [
      'more layers than an endpoint may have',
      'program-limit',
      patch32('endpoints', 0, 'layer_count', 65),
    ],
    ['rules behind the last', 'program-index', patch32('groups', 0, 'rule_count', 1 << 22)],
    ['conditions that two rules have', 'program-index', patch32('rules', 1, 'condition_first', 0)],
    ['a default that is not there', 'program-index', patch32('layers', 0, 'no_match_in', 1 << 20)],
    ['text that is not UTF-8', 'program-text', (b) => (b[fieldAt(b, 'text', 0, 'byte')] = 0xff)],
  ];

  it.each(faults)('refuses %s with %s', (_, code, damage) => {
    const bytes = example();
    damage(bytes);
    const error = refusal(bytes);
    expect(error.code).toBe(code);
    expect(error.byteOffset).toBeLessThanOrEqual(bytes.length);
  });

  const set8 =
    (table: TableName, field: string, value: number) =>
    (bytes: Uint8Array): number => {
      const at = fieldAt(bytes, table, 0, field);
      bytes[at] = value;
      return at;
    };
  /** The rows of its rules: the `encap`, two `decap`. */
  const tunnelFaults: readonly (readonly [
    string,
    string,
    TableName,
    (bytes: Uint8Array) => unknown,
  ])[] = [
    [
      'a format that is none',
      'program-value',
      'encapsulations',
      set8('encapsulations', 'format', 0),
    ],
    ['an unknown format', 'program-value', 'encapsulations', set8('encapsulations', 'format', 5)],
    ['an unknown family', 'program-value', 'encapsulations', set8('encapsulations', 'family', 5)],
    [
      'an IPv4 address with an upper half',
      'program-value',
      'encapsulations',
      set8('encapsulations', 'source_hi', 1),
    ],
    [
      'a network beyond 24 bits',
      'program-value',
      'encapsulations',
      patch32('encapsulations', 0, 'network', 1 << 24),
    ],
    [
      'a network where the format has none',
      'program-value',
      'encapsulations',
      set8('encapsulations', 'format', 4),
    ],
    [
      'a MAC address beyond 48 bits',
      'program-value',
      'encapsulations',
      (b) => view(b).setUint32(fieldAt(b, 'encapsulations', 0, 'inner_mac'), 0, true),
    ],
    [
      'headers that are not there',
      'program-index',
      'rules',
      (b) => view(b).setUint32(fieldAt(b, 'rules', encapRow(b), 'translation'), 7, true),
    ],
    [
      'headers that a decap has',
      'program-index',
      'rules',
      (b) => (b[fieldAt(b, 'rules', encapRow(b), 'action')] = ACTION.decap),
    ],
    [
      'an encap in a layer that puts nothing on',
      'program-index',
      'rules',
      (b) => (b[fieldAt(b, 'layers', encapLayer(b), 'flags')]! &= ~LAYER_FLAG.encapsulates),
    ],
    [
      'a host stage that puts headers on',
      'program-value',
      'layers',
      (b) => {
        for (let row = 0; row < rowsOf(b, 'layers'); row++) {
          b[fieldAt(b, 'layers', row, 'flags')]! |= LAYER_FLAG.encapsulates;
        }
      },
    ],
  ];
  const findRow = (bytes: Uint8Array, table: TableName, is: (row: number) => boolean): number => {
    const rows = Array.from({ length: rowsOf(bytes, table) }, (_, row) => row);
    return rows.find(is)!;
  };
  const encapRow = (bytes: Uint8Array): number =>
    findRow(
      bytes,
      'rules',
      (row) => bytes[fieldAt(bytes, 'rules', row, 'action')] === ACTION.encap,
    );
  const encapLayer = (bytes: Uint8Array): number =>
    findRow(
      bytes,
      'layers',
      (row) => (bytes[fieldAt(bytes, 'layers', row, 'flags')]! & LAYER_FLAG.encapsulates) !== 0,
    );

  it.each(tunnelFaults)('refuses %s with %s of %s', (_, code, table, damage) => {
    createEngine(tunnels(), OPTIONS);
    const bytes = tunnels();
    damage(bytes);
    const error = refusal(bytes);
    expect(error.code).toBe(code);
    const first = view(bytes).getUint32(entry(table), true);
    expect(error.byteOffset).toBeGreaterThanOrEqual(first);
    expect(error.byteOffset).toBeLessThan(first + rowsOf(bytes, table) * rowBytes(TABLES[table]));
  });

  it('refuses every cut of a program', () => {
    const bytes = example();
    for (let size = 0; size < bytes.length; size += 7) {
      expect(refusal(bytes.subarray(0, size)).code).toMatch(/^program-(magic|cut)$/);
    }
  });

  it('judges without a fault by whatever damaged program it accepts (seed 7)', () => {
    let state = 7;
    const random = (n: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    const { tuples, quoted } = encodeTuples(
      [1, 2, 3].map((n) => ({ proto: 6, src: `10.0.0.${n}`, dst: '10.0.0.5', dport: 80 })),
      1,
      () => 0,
    );
    let accepted = 0;
    for (let round = 0; round < 3000; round++) {
      const bytes = example();
      for (let n = random(3); n >= 0; n--) bytes[random(bytes.length)] = random(256);
      try {
        createEngine(bytes, OPTIONS).judge(tuples, quoted, 1);
        accepted++;
      } catch (error) {
        expect(error).toBeInstanceOf(ProgramError);
      }
    }
    expect(accepted).toBeGreaterThan(100);
  });
});
