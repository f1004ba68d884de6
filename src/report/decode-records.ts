/** Rows of RECORD_TABLE as PacketRecords with the author's names. */
import type { NormalisedHost } from '../normalise/normalised-host.js';
import {
  DIRECTIONS,
  FLOW_EVENTS,
  NONE,
  OUTCOMES,
  REASONS,
  RECORD_TABLE,
  STAGES,
  rowBytes,
} from '../program/layout.js';
import type { Decision } from './packet-record.js';
import type { ProgramNames } from './rule-names.js';

const ROW_BYTES = rowBytes(RECORD_TABLE);

/** The place of the packet in its batch, and what was said of it; `frame` and time are not filled. */
export interface DecodedRecord {
  readonly packet: number;
  readonly record: Decision;
}

export function decodeRecords(
  bytes: Uint8Array,
  host: NormalisedHost,
  names: ProgramNames,
): DecodedRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: DecodedRecord[] = [];
  for (let at = 0; at < bytes.length; at += ROW_BYTES)
    records.push(decodeRow(view, at, host, names));
  return records;
}

/** Offsets are those of RECORD_TABLE's fields. */
function decodeRow(
  view: DataView,
  at: number,
  host: NormalisedHost,
  names: ProgramNames,
): DecodedRecord {
  const flow = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  const packet = view.getUint32(at + 8, true);
  const endpoint = view.getUint32(at + 12, true);
  const rule = view.getUint32(at + 16, true);
  const layer = view.getUint32(at + 20, true);
  const [direction, outcome, stage, reason, event] = [24, 25, 26, 27, 28].map((offset) =>
    view.getUint8(at + offset),
  ) as [number, number, number, number, number];
  const ruleName = rule === NONE ? null : names.rules[rule]!;
  return {
    packet,
    record: {
      endpoint: endpoint === NONE ? null : host.endpoints[endpoint]!.name,
      direction: endpoint === NONE ? null : DIRECTIONS[direction]!,
      verdict: OUTCOMES[outcome]!,
      stage: STAGES[stage]!,
      layer: layer === NONE ? null : names.layers[layer]!,
      group: ruleName?.name == null ? null : ruleName.group,
      rule: ruleName?.name ?? null,
      reason: REASONS[reason]!,
      flow: flow === 0 ? null : flow,
      flow_event: FLOW_EVENTS[event]!,
    },
  };
}
