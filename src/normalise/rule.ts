/** One rule: its stage, whether the platform takes it there, and what it means. */
import { BUILD_SETS_AND_TIERS, windowsText } from '../platform/windows-releases.js';
import type { WrittenRule, WrittenTier } from '../policy/document.js';
import { locate } from '../source/source-node.js';
import { readConditions } from './conditions.js';
import type { NormalisedRule, RuleId, Stage } from './normalised-host.js';
import { readPriority } from './priority.js';
import { platformText, type RuleContext } from './rule-context.js';

/** The meaning of an ACL or of a tier's rule; null when it is refused. */
export function normaliseRule(
  context: RuleContext,
  rule: WrittenRule,
  id: RuleId,
): NormalisedRule | null {
  const stage = rule.ruleType ?? context.cell.ruleTypeDefault;
  if (!isAccepted(context, rule, stage)) return null;
  const conditions = readConditions(context, rule, stage);
  const priority = readPriority(context, rule, stage);
  if (conditions === null || priority === undefined) return null;
  return {
    id,
    name: rule.name,
    stage,
    direction: rule.direction,
    action: rule.action,
    priority,
    conditions,
    location: locate(rule.document, rule.node),
  };
}

/** R16, R17, R18: what the platform does not take is refused, not ignored. */
function isAccepted(context: RuleContext, rule: WrittenRule, stage: Stage): boolean {
  const { cell, reporter } = context;
  if (cell.accepts.includes(stage)) return true;
  const place = { document: rule.document, node: rule.node };
  const name = stage === 'host' ? 'Host' : 'Switch';
  if (cell.accepts.length === 0) {
    const message = `The default port ACLs cannot be changed ${platformText(context)}; the rule would have no effect and is refused.`;
    reporter.error('not-reprogrammable', place, message, {
      found: `a ${name} rule`,
      expected: 'no ACL',
      rule: rule.name,
    });
    return false;
  }
  const accepted = cell.accepts.map((s) => (s === 'host' ? 'Host' : 'Switch')).join(' and ');
  const message = `A ${name} rule cannot be enforced ${platformText(context)}; only ${accepted} rules can.`;
  reporter.error('rule-type-not-supported', place, message, {
    found: name,
    expected: accepted,
    rule: rule.name,
  });
  return false;
}

/** Whether the declared build has network ACLs; reported when not. Source: hns.md 4.3. */
export function hasNetworkAcls(context: RuleContext, rule: WrittenRule): boolean {
  if (context.windows.build >= BUILD_SETS_AND_TIERS) return true;
  const message = `A NetworkACL needs build ${BUILD_SETS_AND_TIERS}; this is ${windowsText(context.windows)}.`;
  const place = { document: rule.document, node: rule.node };
  context.reporter.error('needs-newer-windows', place, message, { rule: rule.name });
  return false;
}

/** Whether the declared build has tiers; reported when not. Source: hns.md 4.3. */
export function acceptsTier(context: RuleContext, tier: WrittenTier): boolean {
  if (context.windows.build >= BUILD_SETS_AND_TIERS) return true;
  const message = `A TierAcl needs build ${BUILD_SETS_AND_TIERS}; this is ${windowsText(context.windows)}.`;
  const place = { document: tier.document, node: tier.node };
  context.reporter.error('needs-newer-windows', place, message, { rule: tier.name });
  return false;
}
