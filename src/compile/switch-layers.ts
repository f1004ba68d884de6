/** The layers of a VFP port. Source: docs/SEMANTICS.md 4.2; vfp.md 10.1, 10.4. */
import { encapsulationLayer } from './encapsulation-layer.js';
import type { TranslationCompiler } from './translation-layers.js';
import { DIRECTION_NAMES, FAMILIES, defaultModel, ruleModel } from './rule-model.js';
import type {
  Direction,
  NormalisedEndpoint,
  NormalisedHost,
  RuleList,
  SwitchStage,
  VfpLayerStage,
} from '../normalise/normalised-host.js';
import type { DecisionModel, GroupModel, LayerModel, RuleModel } from '../program/program-model.js';

const ACL_LAYER = 'ACL_ENDPOINT_LAYER';
const ACL_GROUP = 'ACL_ENDPOINT_GROUP';
const ACL_LAYER_PRIORITY = 15;

/** What a switch stage without layers is called. */
export const noLayer: DecisionModel = defaultModel('allow', 'no-acl-layer', {
  stateful: false,
  flowMs: 0,
});

/** In ascending priority; empty when nothing is programmed. */
export function switchLayers(
  host: NormalisedHost,
  { switchStage: stage, translations = [], encapsulation }: NormalisedEndpoint,
  translating: TranslationCompiler,
): LayerModel[] {
  const own = ownLayers(host, stage);
  const hasAcls = stage.kind !== 'no-acl-layer';
  const rewriting = translations.map((layer) => translating(layer, hasAcls));
  const wrapping = encapsulation ? [encapsulationLayer(encapsulation, hasAcls)] : [];
  return [...own, ...rewriting, ...wrapping].sort((a, b) => a.priority - b.priority);
}

function ownLayers(host: NormalisedHost, stage: SwitchStage): LayerModel[] {
  if (stage.kind === 'no-acl-layer') return [];
  if (stage.kind === 'vfp') return stage.layers.map((layer) => dumpedLayer(host, layer));
  const flowMs = Math.round(host.options.timers.switchFlow * 1000);
  const noMatch = (deny: boolean): DecisionModel =>
    deny
      ? defaultModel('block', 'implicit-deny', { stateful: false, flowMs: 0 })
      : // No match in a layer with default allow passes without a layer flow. Source: vfp.md 3.3.
        defaultModel('allow', 'default-allow', { stateful: false, flowMs: 0 });
  return [
    {
      name: ACL_LAYER,
      priority: ACL_LAYER_PRIORITY,
      stage: 'switch',
      stateful: true,
      hasSay: true,
      noMatch: { in: noMatch(stage.implicitDeny.in), out: noMatch(stage.implicitDeny.out) },
      groups: DIRECTION_NAMES.flatMap((direction) =>
        FAMILIES.flatMap((family) =>
          stage[direction].map((list, i) => group(host, list, i + 1, direction, family, flowMs)),
        ),
      ),
    },
  ];
}

/** A layer as its dump has it. Source: vfp.md 3.3. */
function dumpedLayer(host: NormalisedHost, layer: VfpLayerStage): LayerModel {
  const { name, priority, stateful, defaultAllow, groups, port } = layer;
  const noFlow = { stateful: false, flowMs: 0 };
  const noMatch = defaultAllow
    ? defaultModel('allow', port ? 'port-not-filtered' : 'default-allow', noFlow)
    : defaultModel('block', port ? 'port-blocked' : 'implicit-deny', noFlow);
  const asksFurther = groups.some(({ rules }) =>
    rules.some(({ id }) => host.rules[id]!.conditions.further !== undefined),
  );
  return {
    ...{ name, priority, stage: 'switch', stateful, hasSay: port !== 'disabled' },
    ...(asksFurther && { asksFurther }),
    ...(port === 'blocked' && { blocksAll: true }),
    noMatch: { in: noMatch, out: noMatch },
    groups: groups.map((each) => ({
      ...{ name: each.name, priority: each.priority },
      ...{ direction: each.direction, family: each.family },
      ...(each.byPrefix && { byPrefix: true }),
      rules: each.rules.flatMap(({ id, terminating, stateful: makesFlow, flowSeconds }) => {
        const seconds = flowSeconds ?? host.options.timers.switchFlow;
        const rule = ruleModel(host.rules[id]!, each.family, Math.round(seconds * 1000));
        if (rule === null) return [];
        // A block makes no flow. Source: vfp.md 3.6.
        return [{ ...rule, terminating, stateful: makesFlow && rule.action === 'allow' }];
      }),
    })),
  };
}

function group(
  host: NormalisedHost,
  list: RuleList,
  priority: number,
  direction: Direction,
  family: 4 | 6,
  flowMs: number,
): GroupModel {
  const where = `IPV${family}_${direction.toUpperCase()}`;
  return {
    name: list.tier === null ? `${ACL_GROUP}_${where}` : `${list.tier}_${where}`,
    priority,
    direction,
    family,
    rules: rulesOf(host, list, family, flowMs),
  };
}

/** Those that can match in the family. */
function rulesOf(host: NormalisedHost, list: RuleList, family: 4 | 6, flowMs: number): RuleModel[] {
  const rules: RuleModel[] = [];
  for (const id of list.rules) {
    const rule = ruleModel(host.rules[id]!, family, flowMs);
    if (rule !== null) rules.push(rule);
  }
  return rules;
}
