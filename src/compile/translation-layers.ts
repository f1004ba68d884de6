/** Layers that rewrite. Source: docs/semantics/actions.md; vfp.md 10.1. */
import type {
  Front,
  NormalisedHost,
  PooledPorts,
  TranslatedEnd,
  TranslationLayer,
  TranslationRule,
} from '../normalise/normalised-host.js';
import type {
  FrontModel,
  GroupModel,
  LayerModel,
  RuleModel,
  TargetModel,
  TranslationModel,
} from '../program/program-model.js';
import { DIRECTION_NAMES, FAMILIES, conditionsFor, defaultModel } from './rule-model.js';

/** `hasAcls`: whether the switch stage has another layer, which says what it is called without one. */
export type TranslationCompiler = (layer: TranslationLayer, hasAcls: boolean) => LayerModel;

/** Of one host. A layer that endpoints share is worked out once. */
export function translationCompiler({ options }: NormalisedHost): TranslationCompiler {
  const flowMs = Math.round(options.timers.switchFlow * 1000);
  const made = new Map<TranslationLayer, readonly GroupModel[]>();
  return (layer, hasAcls) => {
    const groups = made.get(layer) ?? translationGroups(layer, flowMs);
    made.set(layer, groups);
    const flow = { stateful: false, flowMs: 0 };
    // Default allow: what no rule matches passes without a flow. Source: vfp.md 10.1, flag 1.
    const noMatch = defaultModel('allow', hasAcls ? 'default-allow' : 'no-acl-layer', flow);
    const { name, priority } = layer;
    return {
      ...{ name, priority, stage: 'switch', stateful: true, hasSay: false, translates: true },
      noMatch: { in: noMatch, out: noMatch },
      groups,
    };
  };
}

function translationGroups(
  { group, rules }: TranslationLayer,
  flowMs: number,
): readonly GroupModel[] {
  return DIRECTION_NAMES.flatMap((direction) =>
    FAMILIES.map((family): GroupModel => ({
      ...{ name: `${group}_IPv${family}_${direction.toUpperCase()}`, priority: 1 },
      ...{ direction, family },
      rules: rules
        .filter((rule) => rule.direction === direction && rule.family === family)
        .map((rule) => translationRule(rule, flowMs)),
    })),
  ).filter((each) => each.rules.length > 0);
}

function translationRule(rule: TranslationRule, flowMs: number): RuleModel {
  const { name, action, family, conditions, flowSeconds } = rule;
  const own = flowSeconds === undefined ? flowMs : Math.round(flowSeconds * 1000);
  return {
    ...{ name, action, reason: 'rule', terminating: true, stateful: true },
    ...{ priority: 0, flowMs: own, source: null },
    conditions: conditionsFor(conditions, family),
    ...(action !== 'allow' && { translation: translationModel(rule) }),
  };
}

function translationModel(rule: TranslationRule): TranslationModel {
  const { source, destinations, pool, distribution } = rule;
  return {
    source: source === null ? null : target(source),
    destinations: pool === undefined ? destinations.map(target) : pool.map(pooled),
    distribution,
  };
}

export function frontModel({ address, targets, ...rest }: Front): FrontModel {
  return { ...address, targets: targets.map(target), ...rest };
}

function pooled({ address, from, to }: PooledPorts): TargetModel {
  return { value: address.value, port: from, portLast: to, endpoint: null };
}

function target({ address, port, endpoint }: TranslatedEnd): TargetModel {
  return { value: address.value, port, endpoint };
}
