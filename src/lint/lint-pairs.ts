/**
 * Lints that compare rules with one another. The work is bounded: a list of 100,000 rules has
 * five thousand million pairs. What was not compared is said.
 */
import type { NormalisedRule } from '../normalise/normalised-host.js';
import { covers, overlap } from './conditions.js';
import {
  COMPARISONS_MAX,
  DIRECTIONS,
  FINDINGS_MAX,
  directionName,
  placeOfStage,
  stageName,
  type LintContext,
  type RuledStage,
} from './lint-context.js';

/** Comparisons left, shared by one lint over the whole host. */
interface Budget {
  left: number;
}

/** Overlapping switch rules with one priority and different actions. Source: hns.md Q1, 10. */
export function lintEqualPriorities(context: LintContext, stages: readonly RuledStage[]): void {
  const budget: Budget = { left: COMPARISONS_MAX };
  for (const stage of stages.filter((s) => s.stage === 'switch')) {
    const findings = DIRECTIONS.flatMap((direction) =>
      stage.lists[direction].flatMap((list) => conflicts(list, budget)),
    );
    for (const [first, second] of findings.slice(0, FINDINGS_MAX)) {
      const message = `The rules ${first.name} (${first.action}) and ${second.name} (${second.action}) overlap at priority ${second.priority ?? 'unset'}; the platform does not say which one wins, and here ${first.name} does (${context.host.options.tieBreak}).`;
      const rule = { rule: second.name };
      context.reporter.warning('equal-priority-conflict', second.location, message, rule);
    }
    sayUnchecked(context, stage, 'equal-priority-conflict', findings.length, budget);
  }
}

/** Pairs of one sorted list; each rule is named once, with the first rule it conflicts with. */
function conflicts(
  list: readonly NormalisedRule[],
  budget: Budget,
): (readonly [NormalisedRule, NormalisedRule])[] {
  const found: (readonly [NormalisedRule, NormalisedRule])[] = [];
  let start = 0;
  for (let i = 1; i <= list.length; i++) {
    if (list[i]?.priority === list[start]!.priority) continue;
    if (i - start > 1) {
      // One by one: there may be more than a call has room for arguments.
      for (const pair of conflictsInGroup(list.slice(start, i), budget)) found.push(pair);
    }
    start = i;
  }
  return found;
}

function conflictsInGroup(
  group: readonly NormalisedRule[],
  budget: Budget,
): (readonly [NormalisedRule, NormalisedRule])[] {
  if (group.every((rule) => rule.action === group[0]!.action)) return [];
  return group.flatMap((second, j) => {
    for (let i = 0; i < j; i++) {
      const first = group[i]!;
      if (first.action === second.action) continue;
      if (budget.left-- <= 0) return [];
      if (overlap(first.conditions, second.conditions)) return [[first, second] as const];
    }
    return [];
  });
}

/**
 * Rules that an earlier one of their list covers: `shadowed-rule` where it decides otherwise,
 * `redundant-rule` where it decides the same. Source: hns.md 10.
 */
export function lintShadowedRules(context: LintContext, stages: readonly RuledStage[]): void {
  const budget: Budget = { left: COMPARISONS_MAX };
  for (const stage of stages) {
    const findings = DIRECTIONS.flatMap((direction) =>
      stage.lists[direction].flatMap((list) => shadowed(list, budget)),
    );
    for (const [first, second] of findings.slice(0, FINDINGS_MAX)) {
      const isSame = first.action === second.action;
      const effect = isSame ? 'it changes nothing' : 'it has no effect';
      const message = `The rule ${second.name} never decides: ${first.name} (${first.action}) is asked before it and matches all that it matches; ${effect}.`;
      const code = isSame ? 'redundant-rule' : 'shadowed-rule';
      context.reporter.warning(code, second.location, message, { rule: second.name });
    }
    sayUnchecked(context, stage, 'shadowed-rule', findings.length, budget);
  }
}

/**
 * Earlier rules by their destination ports: a rule can only be covered by one without ports, by
 * one with its very port, or by one with ranges.
 */
function shadowed(
  list: readonly NormalisedRule[],
  budget: Budget,
): (readonly [NormalisedRule, NormalisedRule])[] {
  const anyPort: NormalisedRule[] = [];
  const ranges: NormalisedRule[] = [];
  const byPort = new Map<number, NormalisedRule[]>();
  const found: (readonly [NormalisedRule, NormalisedRule])[] = [];
  for (const rule of list) {
    const ports = rule.conditions.destinationPorts;
    const single = ports?.length === 1 && ports[0]!.from === ports[0]!.to ? ports[0]!.from : null;
    const samePort = single === null ? undefined : byPort.get(single);
    const cover =
      findCover(anyPort, rule, budget) ??
      (ports === null ? undefined : findCover(ranges, rule, budget)) ??
      (samePort && findCover(samePort, rule, budget));
    if (cover !== undefined) found.push([cover, rule]);
    if (ports === null) anyPort.push(rule);
    else if (single === null) ranges.push(rule);
    else if (samePort === undefined) byPort.set(single, [rule]);
    else samePort.push(rule);
  }
  return found;
}

function findCover(
  earlier: readonly NormalisedRule[],
  rule: NormalisedRule,
  budget: Budget,
): NormalisedRule | undefined {
  for (const other of earlier) {
    if (budget.left-- <= 0) return undefined;
    if (covers(other.conditions, rule.conditions)) return other;
  }
  return undefined;
}

/**
 * Host rules between which the option hostAclOrder decides: an Allow with the better number that
 * overlaps a Block. Source: windows-firewall.md 23.
 */
export function lintHostAclOrder(context: LintContext, stages: readonly RuledStage[]): void {
  const budget: Budget = { left: COMPARISONS_MAX };
  for (const stage of stages.filter((s) => s.stage === 'host')) {
    const findings = DIRECTIONS.flatMap((direction) => orderPairs(stage.rules[direction], budget));
    for (const [allow, block] of findings.slice(0, FINDINGS_MAX)) {
      const winner = context.host.options.hostAclOrder === 'firewall' ? block : allow;
      const message = `The Host rules ${allow.name} (allow, ${priorityText(allow)}) and ${block.name} (block, ${priorityText(block)}) overlap; the option hostAclOrder decides, and here ${winner.name} wins.`;
      context.reporter.warning('host-acl-order', allow.location, message, { rule: allow.name });
    }
    sayUnchecked(context, stage, 'host-acl-order', findings.length, budget);
  }
}

function orderPairs(
  rules: readonly NormalisedRule[],
  budget: Budget,
): (readonly [NormalisedRule, NormalisedRule])[] {
  const blocks = rules.filter((rule) => rule.action === 'block');
  return rules
    .filter((rule) => rule.action === 'allow')
    .flatMap((allow) => {
      const block = blocks.find(
        (other) =>
          (allow.priority ?? Infinity) < (other.priority ?? Infinity) &&
          budget.left-- > 0 &&
          overlap(allow.conditions, other.conditions),
      );
      return block === undefined ? [] : [[allow, block] as const];
    });
}

function priorityText({ priority }: NormalisedRule): string {
  return priority === null ? 'no priority' : `priority ${priority}`;
}

function sayUnchecked(
  context: LintContext,
  stage: RuledStage,
  code: string,
  findings: number,
  budget: Budget,
): void {
  const where = `on the ${stageName(stage.stage)} stage of endpoint ${stage.endpoint.name}`;
  if (findings > FINDINGS_MAX) {
    const message = `${findings - FINDINGS_MAX} more of ${code} ${where} are not listed.`;
    context.reporter.info('not-checked', placeOfStage(stage), message);
  }
  if (budget.left < 0) {
    const directions = DIRECTIONS.map(
      (direction) => `${stage.rules[direction].length} ${directionName(direction)}`,
    ).join(' and ');
    const message = `The lint ${code} stopped after ${COMPARISONS_MAX} comparisons ${where}, which has ${directions} rules; there may be more.`;
    context.reporter.info('not-checked', placeOfStage(stage), message);
  }
}
