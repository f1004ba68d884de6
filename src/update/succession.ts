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
import { programNames, type ProgramNames, type RuleRowName } from '../report/rule-names.js';

export interface Succession {
  /** The later host, and behind what is its own what the earlier one left. */
  readonly compiled: CompiledHost;
  /** By row of the earlier program; `NONE`: no successor. See RowMap in native/core/engine/update.h. */
  readonly endpoints: Uint32Array;
  readonly layers: Uint32Array;
  readonly rules: Uint32Array;
}

/** Which rows of the earlier program have counted something; by default all are kept. */
export interface UsedRows {
  readonly endpoint: (row: number) => boolean;
  readonly rule: (row: number) => boolean;
}

const ALL: UsedRows = { endpoint: () => true, rule: () => true };

/** @throws {PortaclError} `program-limit` */
export function succeed(
  earlier: CompiledHost,
  later: CompiledHost,
  used: UsedRows = ALL,
): Succession {
  const before = programNames(earlier);
  const keptEndpoints = endpointsToKeep(earlier, later, before, used);
  const extended = withEndpoints(later, earlier, keptEndpoints);
  const after = programNames(extended);

  const endpointName = (host: NormalisedHost, row: number): string => host.endpoints[row]!.name;
  const endpoints = pair(
    earlier.host.endpoints.map(({ name }) => name),
    extended.host.endpoints.map(({ name }) => name),
  );
  // The layers of an endpoint that is gone are gone with their flows, also where its rows stay.
  const layerKeys = (compiled: CompiledHost): string[] =>
    compiled.model.endpoints.flatMap(({ switchLayers, hostLayer }, i) =>
      [...switchLayers, hostLayer].map(({ name, stage }) =>
        key(endpointName(compiled.host, i), stage, name),
      ),
    );
  const layers = pair(layerKeys(earlier), layerKeys(later));
  const ruleKey =
    (host: NormalisedHost) =>
    (row: RuleRowName): string =>
      key(
        ...[
          endpointName(host, row.endpoint),
          row.stage,
          row.layer,
          row.retired?.group ?? row.group,
        ],
        ...[row.direction, row.family, row.name, row.action, row.reason],
      );
  const rules = pair(
    before.rules.map(ruleKey(earlier.host)),
    after.rules.map(ruleKey(extended.host)),
  );
  const compiled = withRetired(
    later,
    extended,
    earlier,
    before,
    { endpoints, layers, rules },
    used,
  );
  return { compiled, endpoints, layers, rules };
}

/** Unlike for unlike parts, whatever texts they are. */
function key(...parts: readonly (string | number | null)[]): string {
  return JSON.stringify(parts);
}

/** The n-th of a key goes on in the n-th of that key. */
function pair(before: readonly string[], after: readonly string[]): Uint32Array {
  const rows = new Map<string, number[]>();
  // Backwards, so that the first is the last, which is taken first.
  after.forEach((_, i) => {
    const row = after.length - 1 - i;
    const found = rows.get(after[row]!);
    if (found === undefined) rows.set(after[row]!, [row]);
    else found.push(row);
  });
  return Uint32Array.from(before, (each) => rows.get(each)?.pop() ?? NONE);
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
  extended: CompiledHost,
  earlier: CompiledHost,
  before: ProgramNames,
  rows: Pick<Succession, 'endpoints' | 'layers' | 'rules'>,
  used: UsedRows,
): CompiledHost {
  const first = programNames(extended).rules.length;
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
