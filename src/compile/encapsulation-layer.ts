/** The layer that puts headers on packets and takes them off. Source: docs/semantics/actions.md 8. */
import type { EncapsulationLayer, EncapsulationRule } from '../normalise/normalised-host.js';
import type { GroupModel, LayerModel, RuleModel } from '../program/program-model.js';
import { DIRECTION_NAMES, FAMILIES, conditionsFor, defaultModel } from './rule-model.js';

/** `hasAcls`: whether the switch stage has another layer, which says what it is called without one. */
export function encapsulationLayer(layer: EncapsulationLayer, hasAcls: boolean): LayerModel {
  const { name, priority, group, rules } = layer;
  const noMatch = defaultModel('allow', hasAcls ? 'default-allow' : 'no-acl-layer', NO_FLOW);
  return {
    ...{ name, priority, stage: 'switch', stateful: false, hasSay: false, encapsulates: true },
    ...(rules.some(({ conditions }) => conditions.further) && { asksFurther: true }),
    noMatch: { in: noMatch, out: noMatch },
    groups: DIRECTION_NAMES.flatMap((direction) =>
      FAMILIES.map((family): GroupModel => ({
        ...{ name: `${group}_IPV${family}_${direction.toUpperCase()}`, priority: 100 },
        ...{ direction, family, byPrefix: true },
        rules: rules
          .filter((rule) => rule.direction === direction && rule.family === family)
          .map(ruleOf),
      })),
    ).filter((each) => each.rules.length > 0),
  };
}

const NO_FLOW = { stateful: false, flowMs: 0 };

function ruleOf({ name, family, conditions, puts }: EncapsulationRule): RuleModel {
  return {
    ...{ name, action: puts === null ? 'decap' : 'encap', reason: 'rule', terminating: true },
    ...{ ...NO_FLOW, priority: 0, source: null },
    conditions: conditionsFor(conditions, family),
    ...(puts !== null && {
      encapsulation: {
        ...puts,
        family: puts.source.family,
        source: puts.source.value,
        destination: puts.destination.value,
      },
    }),
  };
}
