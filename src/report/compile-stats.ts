/** How much policies become: layers, groups, rules, conditions and their values; and how groups are searched. */
import type { CompiledHost } from '../compile/compile-host.js';
import type { NativeClassifierFacts, NativeRefusal } from '../native/classifier-types.js';
import type { LayerModel } from '../program/program-model.js';
import { refusalText } from './search-text.js';
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

/** How the engine finds the first rule of a group that a packet meets. */
export interface GroupStats {
  readonly endpoint: string;
  readonly stage: 'switch' | 'host';
  readonly layer: string;
  readonly group: string;
  readonly rules: number;
  /** linear, tables, rows, lists or both (native/core/classifier/classifier.h). */
  readonly algorithm: string;
  readonly why: string;
  /** Of its structure. */
  readonly bytes: number;
  /** What was tried before, in order. */
  readonly refusals: readonly NativeRefusal[];
}

export interface CompileStats {
  readonly layers: readonly LayerStats[];
  /** Those that have rules. */
  readonly groups: readonly GroupStats[];
  /** Of the rule program. */
  readonly bytes: number;
}

/** `searched` is told of every group by row, as the engine has them. */
export function compileStats(
  { model, program }: CompiledHost,
  searched: readonly NativeClassifierFacts[],
): CompileStats {
  const layers = model.endpoints.flatMap(({ name, switchLayers, hostLayer }) =>
    [...switchLayers, hostLayer].map((layer) => ({ endpoint: name, layer })),
  );
  // Rows of groups are numbered as encode.ts writes them: by endpoint, layer and group.
  const groups = layers
    .flatMap(({ endpoint, layer }) => layer.groups.map(({ name }) => ({ endpoint, layer, name })))
    .map(({ endpoint, layer, name }, row): GroupStats => {
      const { rules, algorithm, reason, bytes, refusals } = searched[row]!;
      return {
        ...{ endpoint, stage: layer.stage, layer: layer.name, group: name, rules },
        ...{ algorithm, why: reason, bytes, refusals },
      };
    });
  return {
    layers: layers.map(({ endpoint, layer }) => layerStats(endpoint, layer)),
    groups: groups.filter(({ rules }) => rules > 0),
    bytes: program.length,
  };
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

export function compileStatsText({ layers, groups, bytes }: CompileStats): string {
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
  return `${table}\n\n${groupTable(groups)}${reasons(groups)}\n\nThe rule program has ${grouped(bytes)} bytes.\n`;
}

function groupTable(groups: readonly GroupStats[]): string {
  const number = { align: 'right' } as const;
  return textTable(
    [
      ...['Endpoint', 'Stage', 'Layer', 'Group'].map((title) => ({ title })),
      ...[{ title: 'Rules', ...number }, { title: 'Search' }, { title: 'Bytes', ...number }],
    ],
    groups.map(({ endpoint, stage, layer, group, rules, algorithm, bytes }) => [
      ...[label(endpoint), stage, label(layer), label(group)],
      ...[grouped(rules), algorithm, grouped(bytes)],
    ]),
  );
}

/** Each reason once, and what was refused for whom. */
function reasons(groups: readonly GroupStats[]): string {
  const lines = new Set(groups.map(({ algorithm, why }) => `${algorithm}: ${why}`));
  for (const { endpoint, group, refusals } of groups) {
    for (const each of refusals) {
      lines.add(`${label(endpoint)}, ${label(group)}: ${refusalText(each)}`);
    }
  }
  return [...lines].map((line) => `\n  ${line}`).join('');
}
