/** Rows of a rule program by the names their author knows: what reports print. */
import type { CompiledHost } from '../compile/compile-host.js';
import type { NormalisedHost, NormalisedRule } from '../normalise/normalised-host.js';
import type { Reason } from '../program/layout.js';
import type {
  ConditionsModel,
  DecisionAction,
  DecisionModel,
  EndpointModel,
  GroupModel,
  LayerModel,
} from '../program/program-model.js';

/** A row of the rule table: a rule or a default at one endpoint. */
export interface RuleRowName {
  /** Index into the endpoints of the host. */
  readonly endpoint: number;
  readonly stage: 'switch' | 'host';
  readonly layer: string | null;
  /** Null for a default. */
  readonly group: string | null;
  readonly direction: 'in' | 'out' | null;
  readonly family: 4 | 6 | null;
  readonly name: string | null;
  readonly action: DecisionAction;
  readonly reason: Reason;
  /** The rule as it was written; null for a default. */
  readonly rule: NormalisedRule | null;
  /** Row of the layer; null where it belongs to none that is there. */
  readonly layerRow: number | null;
  readonly decision: DecisionModel;
  /** The group it was in, where it is of an earlier policy. */
  readonly retired: { readonly group: string | null } | null;
  /** Of a rule of a group; null for what decides when none does. */
  readonly conditions: ConditionsModel | null;
}

/** A group and the layer row it belongs to. */
export interface GroupRowName {
  readonly layer: number;
  readonly model: GroupModel;
}

/** One entry per layer row of the program. */
export type LayerRowName = string;

export interface ProgramNames {
  readonly rules: readonly RuleRowName[];
  readonly groups: readonly GroupRowName[];
  readonly layers: readonly LayerRowName[];
  /** The same rows as `layers`, with all that is in them. */
  readonly layerModels: readonly LayerModel[];
}

/** What judges, with the names of its rows. */
export interface NamedProgram {
  readonly compiled: CompiledHost;
  readonly names: ProgramNames;
}

/**
 * Names by row. Walks the model in the order in which encode.ts pushes rows: per endpoint its layers
 * (groups' rules, then the defaults out and in), then the row that stands for no layer; at last the
 * retired.
 */
export function programNames({ host, model }: CompiledHost): ProgramNames {
  const rules: RuleRowName[] = [];
  const groups: GroupRowName[] = [];
  const layers: LayerRowName[] = [];
  const layerModels: LayerModel[] = [];
  model.endpoints.forEach((endpoint, index) => {
    for (const layer of layersOf(endpoint)) {
      layers.push(layer.name);
      layerModels.push(layer);
      const layerRow = layers.length - 1;
      const inLayer = { endpoint: index, stage: layer.stage, layer: layer.name, layerRow };
      for (const group of layer.groups) {
        const { direction, family } = group;
        groups.push({ layer: layerRow, model: group });
        const inGroup = { ...inLayer, group: group.name, direction, family };
        for (const rule of group.rules) {
          rules.push(rowName(host, rule, inGroup, rule.conditions));
        }
      }
      rules.push(rowName(host, layer.noMatch.out, { ...inLayer, direction: 'out' }));
      rules.push(rowName(host, layer.noMatch.in, { ...inLayer, direction: 'in' }));
    }
    rules.push(rowName(host, endpoint.noLayer, { endpoint: index }));
  });
  for (const { decision, group, ...place } of model.retired ?? []) {
    rules.push(rowName(host, decision, { ...place, retired: { group } }));
  }
  return { rules, groups, layers, layerModels };
}

/** Member by member: there are as many as rules. */
function rowName(
  host: NormalisedHost,
  decision: DecisionModel,
  place: Partial<RuleRowName>,
  conditions: ConditionsModel | null = null,
): RuleRowName {
  return {
    endpoint: place.endpoint ?? 0,
    stage: place.stage ?? 'switch',
    layer: place.layer ?? null,
    group: place.group ?? null,
    direction: place.direction ?? null,
    family: place.family ?? null,
    name: decision.name,
    action: decision.action,
    reason: decision.reason,
    rule: decision.source === null ? null : host.rules[decision.source]!,
    conditions,
    layerRow: place.layerRow ?? null,
    retired: place.retired ?? null,
    decision,
  };
}

function layersOf(endpoint: EndpointModel): LayerModel[] {
  return [...endpoint.switchLayers, endpoint.hostLayer];
}
