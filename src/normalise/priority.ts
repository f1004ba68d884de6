/** Priorities of rules. Source: hns.md 4.5. */
import { BUILD_ACL_LISTS } from '../platform/windows-releases.js';
import type { WrittenRule } from '../policy/document.js';
import { textOf } from '../policy/read-fields.js';
import { describe } from '../source/source-node.js';
import type { Stage } from './normalised-host.js';
import { placeOf, platformText, type RuleContext } from './rule-context.js';

export const PRIORITY_MIN = 100;
export const PRIORITY_MAX = 65500;
/** The field is a 16-bit number. */
const PRIORITY_LIMIT = 65535;
const EXPECTED = `a whole number from ${PRIORITY_MIN} to ${PRIORITY_MAX}`;

/** The priority; null when unset, which only Host rules may be; undefined when refused. */
export function readPriority(
  context: RuleContext,
  rule: WrittenRule,
  stage: Stage,
): number | null | undefined {
  const node = rule.priority;
  const number = numberIn(node);
  if (number === 0) return unset(context, rule, stage);
  if (Number.isInteger(number) && number >= PRIORITY_MIN && number <= PRIORITY_MAX) return number;
  const place = placeOf(rule, node);
  const details = { found: describe(node!), expected: EXPECTED, rule: rule.name };
  if (!Number.isInteger(number) || number < 0 || number > PRIORITY_LIMIT) {
    const message = `Priority is ${describe(node!)}; it is ${EXPECTED}.`;
    context.reporter.error('bad-priority', place, message, details);
    return undefined;
  }
  const message = `Priority is ${number}; the numbers known to work are ${PRIORITY_MIN} to ${PRIORITY_MAX}.`;
  context.reporter.lax('bad-priority', place, message, details);
  return number;
}

/** Lenient reading lets a text stand for the number. 0 when absent. */
function numberIn(node: WrittenRule['priority']): number {
  return node?.kind === 'number' ? node.value : Number(textOf(node ?? undefined) ?? 0);
}

function unset(context: RuleContext, rule: WrittenRule, stage: Stage): number | null {
  const { reporter, windows } = context;
  const details = { found: 'no priority', expected: EXPECTED, rule: rule.name };
  const place = placeOf(rule, rule.priority);
  if (stage === 'switch') {
    // Q6: one example leaves it out, one report says that it is refused.
    const message = `The Switch rule has no Priority; it is ${EXPECTED}${reporter.strict ? '' : `, and ${PRIORITY_MAX} is taken`}.`;
    reporter.lax('bad-priority', place, message, details);
    return PRIORITY_MAX;
  }
  if (windows.build < BUILD_ACL_LISTS) {
    const message = `The Host rule has no Priority, which is needed before build ${BUILD_ACL_LISTS}; this is ${platformText(context)}.`;
    reporter.lax('bad-priority', place, message, details);
  }
  return null;
}
