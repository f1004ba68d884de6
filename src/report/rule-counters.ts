/** What each rule and default was credited with. Source: docs/SEMANTICS.md 7. */
import type { NormalisedHost } from '../normalise/normalised-host.js';
import type { SourceLocation } from '../errors.js';
import type { Reason } from '../program/layout.js';
import type { DecisionAction } from '../program/program-model.js';
import type { ProgramNames, RuleRowName } from './rule-names.js';

export interface RuleCounter {
  readonly endpoint: string;
  readonly stage: 'switch' | 'host';
  /** Null where a default holds for both directions. */
  readonly direction: 'in' | 'out' | null;
  /** Null for a default. */
  readonly rule: string | null;
  readonly action: DecisionAction;
  readonly reason: Reason;
  /** Null for a default. */
  readonly priority: number | null;
  readonly packets: number;
  /** On the wire. */
  readonly bytes: number;
  /** Flows it made. */
  readonly flows: number;
  /** Null when it was never hit. */
  readonly first_frame: number | null;
  readonly last_frame: number | null;
  /** Packets judged by the rules whose verdict an unknown condition of this rule could turn. */
  readonly assumed: number;
  /** Where it is written; null for a default. */
  readonly location: SourceLocation | null;
  /** Present where a change of policy took it away. */
  readonly retired?: true;
}

/** Numbers of RuleCounter in native/core/report/counters.h. */
export const RULE_COUNTER_WORDS = 7;

/** IPv4 and IPv6 rows of one rule are one entry. In the order of the program. */
export function readRuleCounters(
  words: BigUint64Array,
  host: NormalisedHost,
  names: ProgramNames,
): RuleCounter[] {
  const entries = new Map<string, Sum>();
  names.rules.forEach((row, i) => {
    const key = keyOf(row);
    const sum = entries.get(key) ?? {
      row,
      packets: 0,
      bytes: 0,
      flows: 0,
      first: 0,
      last: 0,
      assumed: 0,
    };
    entries.set(key, sum);
    const word = (k: number): number => Number(words[i * RULE_COUNTER_WORDS + k]!);
    const [first, last] = [word(3), word(4)];
    sum.packets += word(0);
    sum.bytes += word(1);
    sum.flows += word(2);
    sum.assumed += word(5);
    if (first !== 0 && (sum.first === 0 || first < sum.first)) sum.first = first;
    if (last > sum.last) sum.last = last;
  });
  return [...entries.values()].map((sum) => counterOf(sum, host));
}

interface Sum {
  readonly row: RuleRowName;
  packets: number;
  bytes: number;
  flows: number;
  first: number;
  last: number;
  assumed: number;
}

function keyOf(row: RuleRowName): string {
  // Parts of one rule are one entry.
  if (row.rule !== null) return `${row.endpoint} ${row.rule.partOf ?? row.rule.id}`;
  // What rewrites is no author's rule, but has a name.
  if (row.name !== null) return `${row.endpoint} ${row.layer ?? ''} ${row.name}`;
  return `${row.endpoint} ${row.stage} ${row.direction ?? ''} ${row.reason}`;
}

function counterOf(sum: Sum, host: NormalisedHost): RuleCounter {
  const { row } = sum;
  return {
    endpoint: host.endpoints[row.endpoint]!.name,
    stage: row.stage,
    direction: row.direction,
    rule: row.name,
    action: row.action,
    reason: row.reason,
    priority: row.rule?.priority ?? null,
    packets: sum.packets,
    bytes: sum.bytes,
    flows: sum.flows,
    first_frame: sum.first === 0 ? null : sum.first,
    last_frame: sum.last === 0 ? null : sum.last,
    assumed: sum.assumed,
    location: row.rule?.location ?? null,
    ...(row.retired && { retired: true }),
  };
}
