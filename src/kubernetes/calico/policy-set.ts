/**
 * The rules of one tier in one direction. Source: hns.md 7.4;
 * felix/dataplane/windows/policysets/policysets.go, GetPolicySetRules.
 */
import { newRule, PRIORITY, type HnsAcl } from './hns-acl.js';

/** The ACLs of a policy or profile, both directions; null when it is not known. */
export type PolicySet = readonly HnsAcl[] | null;

/**
 * Static rules, then those of the policies in order, a priority higher whenever the action changes,
 * then Block or, where the tier ends so, Pass. A policy that is not known ends the list.
 */
export function tierRules(
  staticRules: readonly HnsAcl[],
  policies: readonly PolicySet[],
  isInbound: boolean,
  endsInBlock: boolean,
): readonly HnsAcl[] {
  const direction = isInbound ? 'In' : 'Out';
  const rules = staticRules.filter((rule) => rule.Direction === direction);
  let priority: number = PRIORITY.rule;
  let last: HnsAcl | null = null;
  for (const policy of policies) {
    if (policy === null) break;
    for (const member of policy.filter((rule) => rule.Direction === direction)) {
      if (last !== null && last.Action !== member.Action) priority++;
      last = { ...member, Priority: priority };
      rules.push(last);
    }
  }
  const end = newRule(isInbound, priority + 1);
  return [...rules, endsInBlock ? end : { ...end, Action: 'Pass' }];
}
