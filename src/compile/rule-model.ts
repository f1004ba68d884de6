/** One author's rule as a rule of a group, for one family. */
import type { AddressSet, Conditions, NormalisedRule } from '../normalise/normalised-host.js';
import type {
  ConditionsModel,
  DecisionModel,
  RangeModel,
  RuleModel,
} from '../program/program-model.js';
import type { Reason } from '../program/layout.js';

export const FAMILIES = [4, 6] as const;
export const DIRECTION_NAMES = ['in', 'out'] as const;

/**
 * The rule in a family's group; null when it can never match there because an address list has no
 * item of the family. Source: docs/SEMANTICS.md 4.4.
 */
export function ruleModel(rule: NormalisedRule, family: 4 | 6, flowMs: number): RuleModel | null {
  const { conditions } = rule;
  const source = familyRanges(conditions.source, family);
  const destination = familyRanges(conditions.destination, family);
  if (source?.length === 0 || destination?.length === 0) return null;
  const model: Mutable<RuleModel> = {
    name: rule.name,
    action: rule.action,
    reason: 'rule',
    // `pass` must let the walk go on with the next group. Source: docs/SEMANTICS.md 4.2.
    terminating: rule.action !== 'pass',
    stateful: rule.action === 'allow',
    priority: rule.priority ?? 0,
    flowMs,
    source: rule.id,
    conditions: conditionsModel(conditions, source, destination),
  };
  if (rule.anyRemote) model.anyRemote = true;
  if (rule.assumes) model.assumes = rule.assumes;
  return model;
}

/** Members are added one by one: spreading what is there took half of the time of compiling long lists. */
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Conditions as a group of that family has them. */
export function conditionsFor(conditions: Conditions, family: 4 | 6): ConditionsModel {
  return conditionsModel(
    conditions,
    familyRanges(conditions.source, family),
    familyRanges(conditions.destination, family),
  );
}

function conditionsModel(
  { protocols, sourcePorts, destinationPorts, icmp, further }: Conditions,
  source: ConditionsModel['source'],
  destination: ConditionsModel['destination'],
): ConditionsModel {
  const model: Mutable<ConditionsModel> = {};
  if (protocols !== null) model.protocols = runs(protocols);
  if (source !== undefined) model.source = source;
  if (destination !== undefined) model.destination = destination;
  if (sourcePorts !== null) model.sourcePorts = sourcePorts;
  if (destinationPorts !== null) model.destinationPorts = destinationPorts;
  if (icmp) model.icmp = icmp;
  if (further) model.further = further;
  return model;
}

/** A default: decides when no rule does. */
export function defaultModel(
  action: 'allow' | 'block',
  reason: Reason,
  flow: { readonly stateful: boolean; readonly flowMs: number },
): DecisionModel {
  return { name: null, action, reason, terminating: true, priority: 0, source: null, ...flow };
}

function familyRanges(
  set: AddressSet | null,
  family: 4 | 6,
): readonly RangeModel<bigint>[] | undefined {
  if (set === null) return undefined;
  return family === 4 ? set.ipv4 : set.ipv6;
}

/** Runs of one protocol, which most lists are; rules share them. */
const SINGLE_RUNS: readonly (readonly RangeModel<number>[])[] = Array.from(
  { length: 256 },
  (_, n) => [{ from: n, to: n }],
);

/** Sorted protocol numbers as runs. */
function runs(numbers: readonly number[]): readonly RangeModel<number>[] {
  if (numbers.length === 1) return SINGLE_RUNS[numbers[0]!]!;
  const out: { from: number; to: number }[] = [];
  for (const n of numbers) {
    const last = out.at(-1);
    if (last?.to === n - 1) last.to = n;
    else out.push({ from: n, to: n });
  }
  return out;
}
