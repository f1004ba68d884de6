/**
 * Verdicts as columns: typed arrays over one buffer, no object per packet. What replays and
 * sessions answer with where packets are many.
 */
import type { NormalisedHost } from '../normalise/normalised-host.js';
import {
  DIRECTIONS,
  FLOW_EVENTS,
  NONE,
  OUTCOMES,
  REASONS,
  RECORD_COLUMNS,
  RECORD_COLUMNS_BYTES,
  STAGES,
  type Reason,
} from '../program/layout.js';
import type { PacketRecord } from './packet-record.js';
import type { ProgramNames } from './rule-names.js';

/** What the numbers of the columns stand for. */
export interface RecordDictionary {
  /** By `endpoint`. */
  readonly endpoints: readonly string[];
  /** By `layer`. */
  readonly layers: readonly string[];
  /** By `rule`; name and group are null for a default. */
  readonly rules: readonly { readonly rule: string | null; readonly group: string | null }[];
  /** By `direction`, `verdict`, `stage`, `reason`, `flow_event`. */
  readonly directions: readonly ['out', 'in'];
  readonly verdicts: readonly ['drop', 'allow', 'pass'];
  readonly stages: readonly [null, 'switch', 'host'];
  readonly reasons: readonly Reason[];
  readonly flowEvents: typeof FLOW_EVENTS;
}

/**
 * One row per packet and judging endpoint, in order, the sender's first. The columns are those of
 * `PacketRecord` as numbers; `dictionary` says what they stand for.
 */
export interface RecordBatch extends Iterable<PacketRecord> {
  readonly length: number;
  /** Nanoseconds; the smallest 64-bit number where the packet has no time. */
  readonly time_ns: BigInt64Array;
  /** From 1; whole numbers. */
  readonly frame: Float64Array;
  /** From 1; 0 is none. */
  readonly flow: Float64Array;
  /** `NO_ROW` where no endpoint owns the packet. */
  readonly endpoint: Uint32Array;
  /** `NO_ROW` for none. */
  readonly layer: Uint32Array;
  /** `NO_ROW` for none. */
  readonly rule: Uint32Array;
  /** Without meaning where there is no endpoint. */
  readonly direction: Uint8Array;
  readonly verdict: Uint8Array;
  readonly stage: Uint8Array;
  readonly reason: Uint8Array;
  readonly flow_event: Uint8Array;
  readonly dictionary: RecordDictionary;
  /** The record of a row. @throws {RangeError} for a row that is not there */
  record(row: number): PacketRecord;
}

/** "No row" in the columns `endpoint`, `layer` and `rule`. */
export const NO_ROW: number = NONE;
const NO_TIME = -(2n ** 63n);

type ColumnName = (typeof RECORD_COLUMNS)[number]['name'];
const COLUMN_ARRAY = {
  i64: BigInt64Array,
  f64: Float64Array,
  u32: Uint32Array,
  u8: Uint8Array,
} as const;

/** What they have in common, over memory that is shared or not. */
type ColumnConstructor = new (
  buffer: ArrayBufferLike,
  at: number,
  length: number,
) => ArrayBufferView;

/** The columns of a buffer that has room for `rows`, of which `length` are filled. */
export type RecordColumns = Pick<RecordBatch, ColumnName>;

export function columnsOf(buffer: ArrayBufferLike, rows: number, length: number): RecordColumns {
  const columns: Partial<Record<ColumnName, ArrayBufferView>> = {};
  let at = 0;
  for (const { name, type } of RECORD_COLUMNS) {
    const Column = COLUMN_ARRAY[type];
    columns[name] = new (Column as ColumnConstructor)(buffer, at, length);
    at += rows * Column.BYTES_PER_ELEMENT;
  }
  return columns as unknown as RecordColumns;
}

/** Bytes of columns for `rows`. */
export const columnBytes = (rows: number): number => rows * RECORD_COLUMNS_BYTES;

export function recordDictionary(host: NormalisedHost, names: ProgramNames): RecordDictionary {
  return {
    endpoints: host.endpoints.map(({ name }) => name),
    layers: names.layers,
    rules: names.rules.map(({ name, group }) => ({
      rule: name,
      group: name === null ? null : group,
    })),
    directions: DIRECTIONS,
    verdicts: OUTCOMES,
    stages: STAGES,
    reasons: REASONS,
    flowEvents: FLOW_EVENTS,
  };
}

export function recordBatch(
  columns: RecordColumns,
  length: number,
  dictionary: RecordDictionary,
): RecordBatch {
  const record = (row: number): PacketRecord => {
    if (!(row >= 0 && row < length)) throw new RangeError(`a batch of ${length} has no row ${row}`);
    return recordAt(columns, row, dictionary);
  };
  return {
    ...columns,
    length,
    dictionary,
    record,
    *[Symbol.iterator]() {
      for (let row = 0; row < length; row++) yield record(row);
    },
  };
}

/** Requires: a row of the columns. */
export function recordAt(
  columns: RecordColumns,
  row: number,
  { endpoints, layers, rules }: RecordDictionary,
): PacketRecord {
  const time = columns.time_ns[row]!;
  const endpoint = columns.endpoint[row]!;
  const layer = columns.layer[row]!;
  const ruleRow = columns.rule[row]!;
  const named = ruleRow === NONE ? null : rules[ruleRow]!;
  const flow = columns.flow[row]!;
  return {
    frame: columns.frame[row]!,
    time_ns: time === NO_TIME ? null : time,
    endpoint: endpoint === NONE ? null : endpoints[endpoint]!,
    direction: endpoint === NONE ? null : DIRECTIONS[columns.direction[row]!]!,
    verdict: OUTCOMES[columns.verdict[row]!]!,
    stage: STAGES[columns.stage[row]!]!,
    layer: layer === NONE ? null : layers[layer]!,
    group: named === null ? null : named.group,
    rule: named === null ? null : named.rule,
    reason: REASONS[columns.reason[row]!]!,
    flow: flow === 0 ? null : flow,
    flow_event: FLOW_EVENTS[columns.flow_event[row]!]!,
  };
}
