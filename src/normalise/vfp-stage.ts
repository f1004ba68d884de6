/** Layers of a dump as the switch stage of an endpoint. Source: vfp.md 3.3, 3.4, 12.9. */
import type { Reporter } from '../source/diagnostic.js';
import { quote } from '../source/source-node.js';
import { prefixLength } from '../vfpctrl/condition-text.js';
import type { PrefixSide, VfpGroup, VfpLayer, VfpRule } from '../vfpctrl/vfp-layer.js';
import type {
  NormalisedRule,
  RuleId,
  SemanticOptions,
  SwitchStage,
  VfpGroupStage,
} from './normalised-host.js';
import { bothConditions } from './both-conditions.js';
import { switchOrder } from './order.js';
import { rewrites } from './vfp-translations.js';

/** Appends the rules of the layers to `rules`. */
export function vfpStage(
  layers: readonly VfpLayer[],
  rules: NormalisedRule[],
  options: SemanticOptions,
  reporter: Reporter,
): SwitchStage {
  refuseSharedPriorities(layers, reporter);
  for (const layer of layers) saySharedPriorities(layer, reporter);
  const made: MadeRules = new Map();
  return {
    kind: 'vfp',
    layers: layers
      .filter((layer) => !rewrites(layer))
      .sort((a, b) => a.priority - b.priority)
      .map(({ id, priority, defaultAllow, stateful, groups, port }) => ({
        ...{ name: id, priority, defaultAllow, stateful },
        ...(port && { port }),
        groups: [...groups]
          .sort((a, b) => a.priority - b.priority)
          .map((group) => groupStage(group, rules, made, options)),
      })),
  };
}

/** A rule of both families stands in two groups and is one rule. */
type MadeRules = Map<VfpRule, NormalisedRule>;

function groupStage(
  group: VfpGroup,
  rules: NormalisedRule[],
  made: MadeRules,
  options: SemanticOptions,
): VfpGroupStage {
  const { id: name, priority, direction, family } = group;
  const asked = group.conditions;
  const own = group.rules.map((rule): [NormalisedRule, VfpRule] => {
    const known = made.get(rule);
    if (known !== undefined) return [known, rule];
    const normalised: NormalisedRule = {
      id: rules.length as RuleId,
      name: rule.name,
      ...{ stage: 'switch', direction, action: rule.action, priority: rule.priority },
      conditions: asked ? bothConditions(asked, rule.conditions) : rule.conditions,
      location: rule.place,
    };
    rules.push(normalised);
    made.set(rule, normalised);
    return [normalised, rule];
  });
  const written = new Map(own.map(([{ id }, rule]) => [id, rule]));
  const ordered =
    group.longestPrefix === undefined
      ? switchOrder(
          own.map(([rule]) => rule),
          options.tieBreak,
        )
      : longestPrefixOrder(own, group.longestPrefix, family);
  return {
    ...{ name, priority, direction, family },
    ...(group.longestPrefix && { byPrefix: true }),
    rules: ordered.map((id) => {
      const { terminating, stateful, flowTtl } = written.get(id)!;
      return { id, terminating, stateful, flowSeconds: flowTtl === 0 ? null : flowTtl };
    }),
  };
}

/** Equal prefixes in the order of the text. Source: vfp.md 3.4; assumption: X7. */
function longestPrefixOrder(
  rules: readonly (readonly [NormalisedRule, VfpRule])[],
  side: PrefixSide,
  family: 4 | 6,
): RuleId[] {
  const length = ({ conditions }: VfpRule): number => prefixLength(conditions[side], family) ?? 0;
  return [...rules].sort(([, a], [, b]) => length(b) - length(a)).map(([{ id }]) => id);
}

/** Source: vfp.md 3.2, [R] refuse at load. */
function refuseSharedPriorities(layers: readonly VfpLayer[], reporter: Reporter): void {
  const first = new Map<number, VfpLayer>();
  for (const layer of layers) {
    const other = first.get(layer.priority);
    first.set(layer.priority, other ?? layer);
    if (other === undefined) continue;
    const message = `The layers ${quote(other.id)} and ${quote(layer.id)} share the priority ${layer.priority}, so that their order is not known.`;
    reporter.error('dump-line', layer.place, message);
  }
}

/** Which of such groups is asked first can decide. Source: vfp.md 15.13; assumption: X9. */
function saySharedPriorities({ id, groups, place }: VfpLayer, reporter: Reporter): void {
  const first = new Map<string, VfpGroup>();
  for (const group of groups.filter(({ rules }) => rules.length > 0)) {
    const { direction, family, priority } = group;
    const key = `${direction} ${family} ${priority}`;
    const other = first.get(key);
    first.set(key, other ?? group);
    if (other === undefined) continue;
    const message = `The groups ${quote(other.id)} and ${quote(group.id)} of layer ${quote(id)} share the priority ${priority}; they are asked in the order of the text.`;
    reporter.warning('dump-assumed', place, message);
  }
}
