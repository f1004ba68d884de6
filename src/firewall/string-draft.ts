/** What the reading of a rule string fills in, key by key. */
import type { EdgeWord, FirewallRule } from './firewall-rule.js';
import type { RuleDraft } from './rule-draft.js';
import type { RuleReport } from './rule-report.js';

/** What only rule strings have to remember until the end. */
export interface StringDraft extends RuleDraft {
  /** Keys seen. */
  readonly given: Set<string>;
  /** Port and ICMP fields ahead of the protocol: keys, for the message. */
  readonly late: { readonly key: string; readonly at: number }[];
  readonly securityFlags: Set<string>;
  edgeAllowed: boolean;
  deferred: EdgeWord | null;
}

export interface KeyRow {
  readonly name: string;
  /** Field of the rule, by which findings are placed. */
  readonly field: keyof FirewallRule;
  readonly once: boolean;
  /** Minor version that has it first. */
  readonly since: number;
  readonly read: (draft: StringDraft, value: string, at: number, report: RuleReport) => void;
}

export type ReadKey = KeyRow['read'];

/** One of the words, case aside. */
export function word<T>(words: Readonly<Record<string, T>>, value: string): T | undefined {
  const key = Object.keys(words).find((each) => each.toLowerCase() === value.toLowerCase());
  return key === undefined ? undefined : words[key];
}
