/** Lints on rules of Windows Firewall. Source: docs/semantics/firewall.md 2.2, 4; hns.md 10. */
import type { Direction, FirewallListName, NormalisedRule } from '../normalise/normalised-host.js';
import { covers } from './conditions.js';
import {
  COMPARISONS_MAX,
  DIRECTIONS,
  FINDINGS_MAX,
  type LintContext,
  type RuledStage,
} from './lint-context.js';

/** Rules that one message names. */
const NAMES_MAX = 5;

/** The firewall of every endpoint that has one, in the way the other lints look at stages. */
export function firewallStages({ host }: LintContext): readonly RuledStage[] {
  return host.endpoints.flatMap((endpoint): RuledStage[] => {
    const { hostStage } = endpoint;
    if (hostStage.kind !== 'firewall') return [];
    const lists = (direction: Direction): NormalisedRule[][] =>
      hostStage[direction].lists.map((list) => list.rules.map((id) => host.rules[id]!));
    return [
      {
        ...{ endpoint, stage: 'host' },
        implicitDeny: {
          in: hostStage.in.default.action === 'block',
          out: hostStage.out.default.action === 'block',
        },
        lists: { in: lists('in'), out: lists('out') },
      },
    ];
  });
}

/** Allow rules that a Block covers: they never decide, in whatever order they stand. */
export function lintHiddenAllows(context: LintContext): void {
  const told = new Set<string>();
  let budget = COMPARISONS_MAX;
  for (const { hostStage } of context.host.endpoints) {
    if (hostStage.kind !== 'firewall') continue;
    for (const direction of DIRECTIONS) {
      const rulesOf = (name: FirewallListName): NormalisedRule[] =>
        (hostStage[direction].lists.find((list) => list.name === name)?.rules ?? []).map(
          (id) => context.host.rules[id]!,
        );
      const blocks = rulesOf('block').filter(({ assumes }) => assumes === undefined);
      for (const rule of wholeRules(rulesOf('allow'), rulesOf('allow-unknown'))) {
        const by = blocks.find(
          (block) => budget-- > 0 && covers(block.conditions, rule.conditions),
        );
        const key = `${rule.location.file} ${rule.name}`;
        if (by === undefined || told.has(key) || told.size >= FINDINGS_MAX) continue;
        told.add(key);
        const message = `The rule ${rule.name} allows only what the rule ${by.name} blocks, and a Block wins over any Allow.`;
        context.reporter.warning('fw-rule-shadowed', rule.location, message, { rule: rule.name });
      }
    }
  }
}

/** Allow rules that are in one piece: of a rule in parts one may be hidden and another not. */
function wholeRules(
  allows: readonly NormalisedRule[],
  unknown: readonly NormalisedRule[],
): readonly NormalisedRule[] {
  const all = [...allows, ...unknown];
  const inParts = new Set(all.flatMap(({ partOf }) => (partOf === undefined ? [] : [partOf])));
  return all.filter(({ id, partOf }) => partOf === undefined && !inParts.has(id));
}

/** Rules that decide nothing here, because nothing settles what they ask for. */
export function lintUnsettled({ host, reporter }: LintContext): void {
  for (const { name, hostStage } of host.endpoints) {
    if (hostStage.kind !== 'firewall') continue;
    const lists = DIRECTIONS.flatMap((direction) => hostStage[direction].lists);
    const rulesIn = (unknown: boolean): NormalisedRule[] =>
      lists
        .filter((list) => list.name.endsWith('-unknown') === unknown)
        .flatMap((list) => list.rules.map((id) => host.rules[id]!));
    const settled = new Set(rulesIn(false).map((rule) => rule.partOf ?? rule.id));
    const rules = rulesIn(true).filter(
      (rule) => rule.partOf === undefined && !settled.has(rule.id),
    );
    if (rules.length === 0) continue;
    const names = rules.slice(0, NAMES_MAX).map((rule) => rule.name);
    const more = rules.length > NAMES_MAX ? ', …' : '';
    const message = `${rules.length} firewall rules of endpoint ${name} ask for what nothing settles (program, service, user, package, addresses by keyword): ${names.join(', ')}${more}. Unless the host description says it, they are taken as unknownConditions: ${host.options.unknownConditions}.`;
    reporter.info('fw-never-settled', rules[0]!.location, message, { rule: rules[0]!.name });
  }
}
