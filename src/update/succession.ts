/**
 * One policy after another: where what the earlier one had went in the later one.
 *
 * An endpoint goes on in the one of its name, a layer in the one of its name there, a rule in the one
 * that has its name, its action and its group. What has no successor leaves a row behind where it is
 * still needed, so that flows and counters keep their names; nothing asks such rows.
 * Source: docs/semantics/updates.md 1.
 */
import type { CompiledHost } from '../compile/compile-host.js';
import type { NormalisedHost, NormalisedRule, RuleId } from '../normalise/normalised-host.js';
import { encodeProgram } from '../program/encode.js';
import { NONE } from '../program/layout.js';
import type { EndpointModel, RetiredModel } from '../program/program-model.js';
import {
  programNames,
  type NamedProgram,
  type ProgramNames,
  type RuleRowName,
} from '../report/rule-names.js';
import { pairRows, type KeyedRows } from './pair-rows.js';
import { sparedRows } from './spared-rows.js';

export interface Succession {
  /** The later host, and behind what is its own what the earlier one left. */
  readonly after: NamedProgram;
  /** By row of the earlier program; `NONE`: no successor. See RowMap in native/core/engine/update.h. */
  readonly endpoints: Uint32Array;
  readonly layers: Uint32Array;
  readonly rules: Uint32Array;
  /** Rows of the earlier program whose flows are not asked again, ascending. */
  readonly spared: Uint32Array;
}

/** Which rows of the earlier program have counted something; by default all are kept. */
export interface UsedRows {
  readonly endpoint: (row: number) => boolean;
  readonly rule: (row: number) => boolean;
}

const ALL: UsedRows = { endpoint: () => true, rule: () => true };

/** @throws {PortaclError} `program-limit` */
export function succeed(
  { compiled: earlier, names: before }: NamedProgram,
  later: CompiledHost,
  used: UsedRows = ALL,
): Succession {
  const keptEndpoints = endpointsToKeep(earlier, later, before, used);
  const extended = withEndpoints(later, earlier, keptEndpoints);
  const after = programNames(extended);
  const endpoints = pairRows(
    { rows: earlier.host.endpoints, key: ({ name }) => name },
    { rows: extended.host.endpoints, key: ({ name }) => name },
    { isAlike: (a, b) => a.name === b.name, name: ({ name }) => name },
  );
  const layers = pairRows(layerPlaces(earlier), layerPlaces(later), {
    isAlike: (a, b) => a.endpoint === b.endpoint && a.stage === b.stage && a.name === b.name,
    name: ({ name }) => name,
  });
  const rules = pairRows(ruleRows(earlier.host, before), ruleRows(extended.host, after), {
    isAlike: (a, b) =>
      a.name === b.name &&
      a.action === b.action &&
      a.reason === b.reason &&
      a.family === b.family &&
      a.direction === b.direction &&
      a.layer === b.layer &&
      a.stage === b.stage &&
      groupOf(a) === groupOf(b) &&
      earlier.host.endpoints[a.endpoint]!.name === extended.host.endpoints[b.endpoint]!.name,
    name: ({ name }) => name,
  });
  const compiled = withRetired(
    later,
    { compiled: extended, names: after },
    earlier,
    before,
    { endpoints, layers, rules },
    used,
  );
  return {
    after: { compiled, names: compiled === extended ? after : programNames(compiled) },
    ...{ endpoints, layers, rules },
    spared: sparedRows(earlier.host, later.host, before, endpoints),
  };
}

interface LayerPlace {
  readonly endpoint: string;
  readonly stage: 'switch' | 'host';
  readonly name: string;
}

/** The layers of an endpoint that is gone are gone with their flows, also where its rows stay. */
function layerPlaces({ host, model }: CompiledHost): KeyedRows<LayerPlace> {
  const rows = model.endpoints.flatMap(({ switchLayers, hostLayer }, i) =>
    [...switchLayers, hostLayer].map(({ name, stage }) => ({
      ...{ endpoint: host.endpoints[i]!.name, stage, name },
    })),
  );
  return { rows, key: ({ endpoint, stage, name }) => key(endpoint, stage, name) };
}

const groupOf = (row: RuleRowName): string | null => row.retired?.group ?? row.group;

function ruleRows(host: NormalisedHost, { rules }: ProgramNames): KeyedRows<RuleRowName> {
  return {
    rows: rules,
    key: (row) =>
      key(
        ...[host.endpoints[row.endpoint]!.name, row.stage, row.layer, groupOf(row)],
        ...[row.direction, row.family, row.name, row.action, row.reason],
      ),
  };
}

/** Unlike for unlike parts, whatever texts they are. */
function key(...parts: readonly (string | number | null)[]): string {
  return JSON.stringify(parts);
}

/** Endpoints that are gone and have counted something. */
function endpointsToKeep(
  earlier: CompiledHost,
  later: CompiledHost,
  before: ProgramNames,
  used: UsedRows,
): number[] {
  const known = new Set(later.host.endpoints.map(({ name }) => name));
  const gone = earlier.host.endpoints.flatMap(({ name }, i) => (known.has(name) ? [] : [i]));
  if (gone.length === 0) return [];
  const hit = new Set(before.rules.flatMap((row, i) => (used.rule(i) ? [row.endpoint] : [])));
  return gone.filter((i) => used.endpoint(i) || hit.has(i));
}

/** The later host and endpoints of the earlier one, which have no address and judge nothing. */
function withEndpoints(
  later: CompiledHost,
  { host, model }: CompiledHost,
  rows: readonly number[],
): CompiledHost {
  if (rows.length === 0) return later;
  const models = rows.map((row): EndpointModel => {
    const { name, noLayer, hostLayer } = model.endpoints[row]!;
    return {
      ...{
        name,
        noLayer,
        network: NONE,
        compartment: NONE,
        mac: null,
        addresses: [],
        broadcasts: [],
        switchLayers: [],
      },
      hostLayer: { ...hostLayer, groups: [] },
    };
  });
  const { networks, endpoints } = later.host;
  const gone = rows.map((row, i) => ({
    ...host.endpoints[row]!,
    ...{ addresses: [], broadcasts: [], network: networks.length + i },
  }));
  const left = rows.map((row) => host.networks[host.endpoints[row]!.network]!);
  return {
    ...later,
    host: {
      ...later.host,
      networks: [...networks, ...left],
      endpoints: [...endpoints, ...gone],
    },
    model: { ...later.model, endpoints: [...later.model.endpoints, ...models] },
  };
}

/** Gives the rules without a successor rows of their own, which are then in `rows.rules`. */
function withRetired(
  later: CompiledHost,
  { compiled: extended, names }: NamedProgram,
  earlier: CompiledHost,
  before: ProgramNames,
  rows: Pick<Succession, 'endpoints' | 'layers' | 'rules'>,
  used: UsedRows,
): CompiledHost {
  const first = names.rules.length;
  const rules: NormalisedRule[] = [...extended.host.rules];
  const ids = new Map<number, RuleId>();
  const idOf = (id: RuleId): RuleId => {
    const known = ids.get(id);
    if (known !== undefined) return known;
    const { partOf, ...rule } = earlier.host.rules[id]!;
    const moved = rules.length as RuleId;
    ids.set(id, moved);
    rules.push({ ...rule, id: moved });
    if (partOf !== undefined && partOf !== id) {
      rules[moved] = { ...rules[moved]!, partOf: idOf(partOf) };
    }
    return moved;
  };
  const retired: RetiredModel[] = [];
  before.rules.forEach((row, i) => {
    const endpoint = rows.endpoints[row.endpoint]!;
    if (rows.rules[i] !== NONE || endpoint === NONE || !used.rule(i)) return;
    rows.rules[i] = first + retired.length;
    const { decision } = row;
    const source = decision.source === null ? null : idOf(decision.source as RuleId);
    const layerRow = row.layerRow === null ? NONE : rows.layers[row.layerRow]!;
    const { stage, direction, family, layer } = row;
    const group = row.retired?.group ?? row.group;
    retired.push({
      ...{ endpoint, stage, direction, family, layer, group },
      decision: { ...decision, source },
      layerRow: layerRow === NONE ? null : layerRow,
    });
  });
  if (retired.length === 0 && extended === later) return later;
  const model = { ...extended.model, retired };
  return { host: { ...extended.host, rules }, model, program: encodeProgram(model) };
}
