/** Lints on rules of Windows Firewall. Source: docs/semantics/firewall.md 2.2, 4; hns.md 10. */
import { addressSet, intersectionOf, unionOf } from '../normalise/address-set.js';
import type {
  AddressRange,
  AddressSet,
  Direction,
  FirewallListName,
  NormalisedEndpoint,
  NormalisedRule,
} from '../normalise/normalised-host.js';
import { covers } from './conditions.js';
import {
  COMPARISONS_MAX,
  DIRECTIONS,
  FINDINGS_MAX,
  ruledStage,
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
    const implicitDeny = {
      in: hostStage.in.default.action === 'block',
      out: hostStage.out.default.action === 'block',
    };
    return [ruledStage(endpoint, 'host', implicitDeny, { in: lists('in'), out: lists('out') })];
  });
}

/** Rules that a Block covers: they never decide, in whatever order they stand. */
export function lintHiddenRules(context: LintContext): void {
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
      const hidden = (rule: NormalisedRule, by: readonly NormalisedRule[]): void => {
        const cover = by.find((block) => budget-- > 0 && covers(block.conditions, rule.conditions));
        const key = `${rule.location.file} ${rule.name}`;
        if (cover === undefined || told.has(key) || told.size >= FINDINGS_MAX) return;
        told.add(key);
        tellHidden(context, rule, cover);
      };
      for (const rule of wholeRules(rulesOf('allow'), rulesOf('allow-unknown'))) {
        hidden(rule, blocks);
      }
      // Of two that are equal the one that stands first is the one that is named.
      for (const rule of wholeRules(rulesOf('block'), rulesOf('block-unknown'))) {
        const others = blocks.filter(
          (block) =>
            block.id !== rule.id &&
            (block.id < rule.id || !covers(rule.conditions, block.conditions)),
        );
        hidden(rule, others);
      }
    }
  }
}

function tellHidden({ reporter }: LintContext, rule: NormalisedRule, by: NormalisedRule): void {
  const { name, location, action, assumes } = rule;
  if ((assumes ?? action) === 'block') {
    const message = `The rule ${name} blocks only what the rule ${by.name} blocks too.`;
    reporter.info('fw-rule-shadowed', location, message, { rule: name });
    return;
  }
  const message = `The rule ${name} allows only what the rule ${by.name} blocks, and a Block wins over any Allow.`;
  reporter.warning('fw-rule-shadowed', location, message, { rule: name });
}

/** Rules that are in one piece: of a rule in parts one may be hidden and another not. */
function wholeRules(
  settled: readonly NormalisedRule[],
  unknown: readonly NormalisedRule[],
): readonly NormalisedRule[] {
  const all = [...settled, ...unknown];
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

const IPV4_MAX = 0xffffffffn;
const IPV6_MAX = (1n << 128n) - 1n;
/** Multicast and broadcast, the local side of what comes in to many. */
const TO_MANY: AddressSet = addressSet(
  [{ from: 0xe0000000n, to: IPV4_MAX }],
  [{ from: 0xffn << 120n, to: IPV6_MAX }],
);
/** An interface has those beside its own, and sends with none before it has any. */
const LINK_LOCAL_OR_NONE: AddressSet = addressSet(
  [{ from: 0n, to: 0n }],
  [
    { from: 0n, to: 0n },
    { from: 0xfe80n << 112n, to: (0xfec0n << 112n) - 1n },
  ],
);

/** Rules whose local addresses no endpoint has at which they count. */
export function lintForeignAddresses({ host, reporter }: LintContext): void {
  /** Rules that are in force somewhere, by file and name, with whether some packet can meet them. */
  const inForce = new Map<string, { readonly rule: NormalisedRule; canMatch: boolean }>();
  for (const endpoint of host.endpoints) {
    const { hostStage } = endpoint;
    if (hostStage.kind !== 'firewall') continue;
    for (const direction of DIRECTIONS) {
      const own = ownAddresses(endpoint, direction);
      for (const rule of hostStage[direction].lists.flatMap((list) => list.rules)) {
        const { conditions, name, location } = host.rules[rule]!;
        const local = direction === 'in' ? conditions.destination : conditions.source;
        const key = `${location.file} ${name}`;
        const seen = inForce.get(key) ?? { rule: host.rules[rule]!, canMatch: false };
        seen.canMatch ||= local === null || own === null || !isEmptySet(intersectionOf(local, own));
        inForce.set(key, seen);
      }
    }
  }
  const never = [...inForce.values()].filter(({ canMatch }) => !canMatch);
  for (const { rule } of never.slice(0, FINDINGS_MAX)) {
    const message = `The rule ${rule.name} can match no packet: its local addresses are those of no endpoint at which it counts.`;
    reporter.warning('never-matches', rule.location, message, { rule: rule.name });
  }
}

/** Null where nothing says the addresses; any of a family of which none is said. */
function ownAddresses(
  { addresses, broadcasts }: NormalisedEndpoint,
  direction: Direction,
): AddressSet | null {
  if (addresses.length === 0) return null;
  const ranges = (family: 4 | 6, max: bigint): AddressRange[] => {
    const own = addresses.filter((address) => address.family === family);
    return own.length === 0 ? [{ from: 0n, to: max }] : own.map(({ value }) => one(value));
  };
  const directed = broadcasts.map((value) => one(BigInt(value)));
  const own = addressSet([...ranges(4, IPV4_MAX), ...directed], ranges(6, IPV6_MAX));
  return unionOf([own, LINK_LOCAL_OR_NONE, ...(direction === 'in' ? [TO_MANY] : [])]);
}

const one = (value: bigint): AddressRange => ({ from: value, to: value });

const isEmptySet = (set: AddressSet | null): boolean =>
  set !== null && set.ipv4.length + set.ipv6.length === 0;
