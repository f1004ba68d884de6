/**
 * Layers of vfpctrl commands that rewrite, as layers of translation: what such a layer may be here.
 * Source: vfp.md 3.3, 3.6; docs/semantics/vfpctrl.md (X8).
 */
import type { Reporter } from '../source/diagnostic.js';
import { quote } from '../source/source-node.js';
import type { VfpGroup, VfpLayer, VfpRule } from '../vfpctrl/vfp-layer.js';
import { bothConditions } from './both-conditions.js';
import type { TranslationLayer, TranslationRule } from './normalised-host.js';

/** Whether a rule of the layer rewrites. */
export const rewrites = ({ groups }: VfpLayer): boolean =>
  groups.some(({ rules }) => rules.some((rule) => rule.rewrites !== undefined));

/** Those of the layers that rewrite, by priority. Errors: dump-line, dump-incomplete. */
export function vfpTranslations(
  layers: readonly VfpLayer[],
  reporter: Reporter,
): readonly TranslationLayer[] {
  return layers
    .filter(rewrites)
    .sort((a, b) => a.priority - b.priority)
    .map((layer): TranslationLayer => {
      if (!layer.stateful || !layer.defaultAllow) {
        const message = `The layer ${quote(layer.id)} has rules that rewrite; it must be stateful and let pass what no rule matches (flag 1).`;
        reporter.error('dump-line', layer.place, message);
      }
      const groups = [...layer.groups].sort((a, b) => a.priority - b.priority);
      return {
        ...{ name: layer.id, priority: layer.priority, group: layer.id },
        rules: groups.flatMap((group) => rulesOf(group, reporter)),
      };
    });
}

/** In the order in which they are asked: all end the walk of their layer, so the first decides. */
function rulesOf(group: VfpGroup, reporter: Reporter): TranslationRule[] {
  const { direction, family } = group;
  return inOrder(group).map((rule): TranslationRule => {
    refuseOthers(rule, group, reporter);
    const { source = null, destinations = [], pool } = rule.rewrites ?? {};
    const { conditions: asked = rule.conditions } = group;
    return {
      ...{ name: rule.name, direction, family },
      conditions: asked === rule.conditions ? asked : bothConditions(asked, rule.conditions),
      action: rule.rewrites?.action ?? 'allow',
      ...{ source, destinations, distribution: 'five_tuple' },
      ...(pool && { pool }),
      ...(rule.flowTtl !== 0 && { flowSeconds: rule.flowTtl }),
    };
  });
}

/** By priority, at equal ones as written: there is no block among them. */
const inOrder = ({ rules }: VfpGroup): VfpRule[] =>
  [...rules].sort((a, b) => a.priority - b.priority);

function refuseOthers(rule: VfpRule, group: VfpGroup, reporter: Reporter): void {
  const refuse = (what: string): void => {
    const message = `The rule ${quote(rule.name)} ${what}.`;
    reporter.error('dump-line', rule.place, message);
  };
  if (group.longestPrefix !== undefined) {
    refuse('stands in a group of the longest prefix, in a layer that rewrites');
  } else if (rule.action !== 'allow') {
    refuse('blocks, in a layer that rewrites; rules of allow and of rewriting are evaluated there');
  } else if (!rule.terminating || !rule.stateful) {
    refuse('is not terminating and stateful (flags 1 and 2), in a layer that rewrites');
  } else if ((rule.conditions.further ?? group.conditions?.further) !== undefined) {
    refuse('asks for more than protocol, addresses and ports, in a layer that rewrites');
  }
  if (rule.rewrites?.pool?.length === 0) {
    const message = `The rule ${quote(rule.name)} draws from a NAT pool without a range; /deposit-nat-range gives it one.`;
    reporter.error('dump-incomplete', rule.place, message);
  }
}
