/** How much policies become: layers, groups, rules, conditions and their values. */
import type { CompiledHost } from '../compile/compile-host.js';
import type { LayerModel } from '../program/program-model.js';
import { grouped, label, textTable } from './text-table.js';

export interface LayerStats {
  readonly endpoint: string;
  readonly stage: 'switch' | 'host';
  readonly layer: string;
  readonly groups: number;
  readonly rules: number;
  readonly conditions: number;
  /** Ranges in all conditions. */
  readonly values: number;
}

export interface CompileStats {
  readonly layers: readonly LayerStats[];
  /** Of the rule program. */
  readonly bytes: number;
}

export function compileStats({ model, program }: CompiledHost): CompileStats {
  const layers = model.endpoints.flatMap(({ name, switchLayers, hostLayer }) =>
    [...switchLayers, hostLayer].map((layer) => layerStats(name, layer)),
  );
  return { layers, bytes: program.length };
}

function layerStats(endpoint: string, { name, stage, groups }: LayerModel): LayerStats {
  const rules = groups.flatMap((group) => group.rules);
  const conditions = rules.flatMap(
    (rule) => Object.values(rule.conditions) as readonly unknown[][],
  );
  return {
    ...{ endpoint, stage, layer: name, groups: groups.length, rules: rules.length },
    conditions: conditions.length,
    values: conditions.reduce((count, values) => count + values.length, 0),
  };
}

export function compileStatsText({ layers, bytes }: CompileStats): string {
  const number = { align: 'right' } as const;
  const table = textTable(
    [
      ...[{ title: 'Endpoint' }, { title: 'Stage' }, { title: 'Layer' }],
      ...['Groups', 'Rules', 'Conditions', 'Values'].map((title) => ({ title, ...number })),
    ],
    layers.map(({ endpoint, stage, layer, groups, rules, conditions, values }) => [
      ...[label(endpoint), stage, label(layer)],
      ...[groups, rules, conditions, values].map(grouped),
    ]),
  );
  return `${table}\n\nThe rule program has ${grouped(bytes)} bytes.\n`;
}
