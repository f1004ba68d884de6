/** Rows of a rule program by the names their author knows: what reports print. */
import type { CompiledHost } from '../compile/compile-host.js';
import type { NormalisedRule } from '../normalise/normalised-host.js';
import type { Reason } from '../program/layout.js';
import type { DecisionModel, EndpointModel, LayerModel } from '../program/program-model.js';

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
  readonly action: 'allow' | 'block' | 'pass';
  readonly reason: Reason;
  /** The rule as it was written; null for a default. */
  readonly rule: NormalisedRule | null;
}

/** One entry per layer row of the program. */
export type LayerRowName = string;

export interface ProgramNames {
  readonly rules: readonly RuleRowName[];
  readonly layers: readonly LayerRowName[];
}

/**
 * Names by row. Walks the model in the order in which encode.ts pushes rows: per endpoint its layers
 * (groups' rules, then the defaults out and in), then the row that stands for no layer.
 */
export function programNames({ host, model }: CompiledHost): ProgramNames {
  const rules: RuleRowName[] = [];
  const layers: LayerRowName[] = [];
  model.endpoints.forEach((endpoint, index) => {
    const at = (decision: DecisionModel, rest: Partial<RuleRowName>): RuleRowName => ({
      endpoint: index,
      stage: 'switch',
      layer: null,
      group: null,
      direction: null,
      family: null,
      name: decision.name,
      action: decision.action,
      reason: decision.reason,
      rule: decision.source === null ? null : host.rules[decision.source]!,
      ...rest,
    });
    for (const layer of layersOf(endpoint)) {
      layers.push(layer.name);
      const { stage } = layer;
      for (const group of layer.groups) {
        const { direction, family } = group;
        for (const rule of group.rules) {
          const place = { stage, layer: layer.name, group: group.name, direction, family };
          rules.push(at(rule, place));
        }
      }
      rules.push(at(layer.noMatch.out, { stage, layer: layer.name, direction: 'out' }));
      rules.push(at(layer.noMatch.in, { stage, layer: layer.name, direction: 'in' }));
    }
    rules.push(at(endpoint.noLayer, {}));
  });
  return { rules, layers };
}

function layersOf(endpoint: EndpointModel): LayerModel[] {
  return [...endpoint.switchLayers, endpoint.hostLayer];
}
