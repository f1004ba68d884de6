/** What each layer did and what became of its flows. Source: docs/semantics/state.md 4. */
import type { NativeCounters } from '../native/engine-types.js';
import { DIRECTIONS } from '../program/layout.js';
import type { ProgramModel } from '../program/program-model.js';

/** Numbers of LayerCounter in native/core/report/counters.h, in their order. */
const NUMBERS = [
  'flow_match',
  'rule_match',
  'rule_drop',
  'no_match',
  'no_match_drop',
  'exempt',
  'refused',
  'tcp_made',
  'udp_made',
  'other_made',
  'tcp_ended',
  'udp_ended',
  'other_ended',
  'verified',
  'midstream',
  'half_open_timeouts',
  'timed_out',
  'expired_time_wait',
  'closed_by_fin',
  'resets',
  'reset_by_syn',
  'limit_drops',
  'half_open_limit_drops',
  'tcp_limit_drops',
  'udp_limit_drops',
  'other_limit_drops',
  'fragment_match',
  'fragment_drop',
  'fragment_no_match',
] as const;

/** Packets by their own direction, flows by that of the packet that made them. */
export type LayerReport = {
  readonly endpoint: string;
  readonly stage: 'switch' | 'host';
  readonly layer: string;
  readonly direction: 'in' | 'out';
} & Readonly<Record<(typeof NUMBERS)[number], number>>;

export function readLayers({ layers }: NativeCounters, model: ProgramModel): LayerReport[] {
  const names = model.endpoints.flatMap(({ name: endpoint, switchLayers, hostLayer }) =>
    [...switchLayers, hostLayer].map(({ name: layer, stage }) => ({ endpoint, stage, layer })),
  );
  return names.flatMap((name, row) =>
    DIRECTIONS.map((direction, d) => {
      const first = (row * DIRECTIONS.length + d) * NUMBERS.length;
      const numbers = NUMBERS.map((number, i) => [number, Number(layers[first + i]!)] as const);
      return { ...name, direction, ...Object.fromEntries(numbers) } as LayerReport;
    }),
  );
}
