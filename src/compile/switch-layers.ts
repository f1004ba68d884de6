/** The layers of a VFP port. Source: docs/SEMANTICS.md 4.2; vfp.md 10.1, 10.4. */
import { DIRECTION_NAMES, FAMILIES, defaultModel, ruleModel } from './rule-model.js';
import type {
  Direction,
  NormalisedHost,
  RuleList,
  SwitchStage,
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
export function switchLayers(host: NormalisedHost, stage: SwitchStage): LayerModel[] {
  if (stage.kind === 'no-acl-layer') return [];
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
    rules: list.rules
      .map((id) => ruleModel(host.rules[id]!, family, flowMs))
      .filter((rule): rule is RuleModel => rule !== null),
  };
}
