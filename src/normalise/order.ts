/** The order in which rules are asked. Source: hns.md 6.1, Q1; windows-firewall.md 23. */
import type { NormalisedRule, RuleId, SemanticOptions } from './normalised-host.js';

/** Stands behind every number that can be given. */
const UNSET = 65536;

/**
 * Switch rules of one direction: ascending priority; at equal numbers by the option `tieBreak`,
 * by default Block before the others, then the order of the document.
 * Requires: `rules` in the order of the document.
 */
export function switchOrder(
  rules: readonly NormalisedRule[],
  tieBreak: SemanticOptions['tieBreak'],
): readonly RuleId[] {
  const inDocument = tieBreak === 'last-wins' ? rules.toReversed() : rules;
  const rank = (rule: NormalisedRule): number =>
    priorityKey(rule) * 2 + (tieBreak === 'block-first' && rule.action !== 'block' ? 1 : 0);
  return idsBy(inDocument, rank);
}

/**
 * Host rules of one direction. The Windows Firewall has no order and lets any matching block win:
 * all blocks first, in document order. By `priority`: ascending, unset behind every number, Block
 * first at equal numbers.
 */
export function hostOrder(
  rules: readonly NormalisedRule[],
  hostAclOrder: SemanticOptions['hostAclOrder'],
): readonly RuleId[] {
  const blockFirst = (rule: NormalisedRule): number => (rule.action === 'block' ? 0 : 1);
  return hostAclOrder === 'firewall'
    ? idsBy(rules, blockFirst)
    : idsBy(rules, (rule) => priorityKey(rule) * 2 + blockFirst(rule));
}

function priorityKey(rule: NormalisedRule): number {
  return rule.priority ?? UNSET;
}

/** Ids in ascending order of a key; equal keys keep their order. */
function idsBy(
  rules: readonly NormalisedRule[],
  key: (rule: NormalisedRule) => number,
): readonly RuleId[] {
  const keyed = rules.map((rule) => ({ id: rule.id, key: key(rule) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ id }) => id);
}
