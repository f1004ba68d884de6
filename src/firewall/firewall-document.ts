/** What one file says of the firewall, whichever kind of file it is. */
import type { Diagnostic, Reporter } from '../source/diagnostic.js';
import { quote } from '../source/source-node.js';
import type { FirewallRule, StoreSettings } from './firewall-rule.js';

export interface FirewallDocument {
  /** The file as the user named it. */
  readonly name: string;
  /** In the order of the file. */
  readonly rules: readonly FirewallRule[];
  readonly settings: readonly StoreSettings[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Rules of one policy; beyond is an error, not a cut. Source: windows-firewall.md 11, limits. */
export const RULES_MAX = 100_000;

/** Refuses what only the whole list shows: equal names in one store, too many rules. */
export function checkRules(rules: readonly FirewallRule[], reporter: Reporter): void {
  const seen = new Set<string>();
  for (const { id, store, location } of rules) {
    const key = `${store} ${id.toLowerCase()}`;
    if (seen.has(key)) {
      const message = `The store has two rules with the ID ${quote(id)}.`;
      reporter.lax('fw-id-duplicate', location, message, { found: quote(id), rule: id });
    }
    seen.add(key);
  }
  if (rules.length > RULES_MAX) {
    const { location } = rules[RULES_MAX]!;
    const message = `The policy has ${rules.length} rules; ${RULES_MAX} are taken.`;
    reporter.error('document-limit', location, message);
  }
}
