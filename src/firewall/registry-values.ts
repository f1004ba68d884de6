/**
 * Registry values to rules and settings: `.reg`, `registry.pol` and hives all come here. Source:
 * windows-firewall.md 2.1, 4.
 */
import type { SourceLocation } from '../errors.js';
import type { Reporter } from '../source/diagnostic.js';
import { quote } from '../source/source-node.js';
import { checkRules } from './firewall-document.js';
import type { FirewallRule, FirewallStore, StoreSettings } from './firewall-rule.js';
import { RegistrySettings } from './registry-settings.js';
import type { RegistryValue } from './registry-value.js';
import type { Dialect } from './rule-report.js';
import { readRuleString } from './rule-string.js';

export interface RegistryPolicy {
  readonly rules: readonly FirewallRule[];
  readonly settings: readonly StoreSettings[];
}

/** Where the stores stand, below the key of the policy. */
const RULE_KEYS: Readonly<Record<string, FirewallStore>> = {
  firewallrules: 'local',
  'mdm\\firewallrules': 'mdm',
  'restrictedservices\\static\\system': 'static-services',
  'restrictedservices\\configurable\\system': 'configurable-services',
  'restrictedservices\\appiso\\firewallrules': 'app-isolation',
};

const ROOTS: readonly (readonly [RegExp, 'local' | 'group-policy' | 'defaults'])[] = [
  [/(?:^|\\)Policies\\Microsoft\\WindowsFirewall(?:\\(.*))?$/i, 'group-policy'],
  [/(?:^|\\)Defaults\\FirewallPolicy(?:\\(.*))?$/i, 'defaults'],
  [/(?:^|\\)FirewallPolicy(?:\\(.*))?$/i, 'local'],
];

/** `root` is the store that keys without a path of their own are of (exports of netsh). */
export function readRegistryValues(
  values: readonly RegistryValue[],
  reporter: Reporter,
  rootStore: 'local' | null = null,
): RegistryPolicy {
  const rules: FirewallRule[] = [];
  const settings = new RegistrySettings(reporter);
  const unsupported = new Map<string, { count: number; at: SourceLocation }>();
  const additions = new Map<string, { count: number; at: SourceLocation }>();
  for (const value of values) {
    const place = placeOf(value.key, rootStore);
    if (place === null) continue;
    const store = ruleStore(place);
    if (store === null) {
      if (!settings.take(place.store, place.rest, value)) add(unsupported, place.rest, value.at(0));
      continue;
    }
    if (typeof value.data !== 'string') {
      const message = `The value ${quote(value.name)} is no text, so it is no firewall rule.`;
      reporter.error('fw-not-a-rule', value.at(0), message, { rule: value.name });
      continue;
    }
    const dialect = dialectOf(store, reporter.strict);
    const read = readRuleString(value.data, {
      id: value.name,
      store,
      at: value.at,
      reporter,
      dialect,
    });
    if (read.rule !== null) rules.push(read.rule);
    if (read.additions > 0) add(additions, store, value.at(0));
  }
  for (const [store, { count, at }] of additions) {
    const message = `${count} rules of the store ${store} use forms beyond the published grammar, as Windows itself does there; they are read.`;
    reporter.info('fw-service-forms', at, message);
  }
  for (const [key, { count, at }] of unsupported) {
    const message = `${count} values of the key ${quote(key)} are not modelled and decide nothing here.`;
    reporter.warning('fw-store-unsupported', at, message, { found: quote(key) });
  }
  checkRules(rules, reporter);
  return { rules, settings: settings.result() };
}

/** Stores that Windows fills itself are read as Windows writes them. Source: windows-firewall.md 7.1. */
export function dialectOf(store: FirewallStore, strict: boolean): Dialect {
  if (store === 'static-services' || store === 'configurable-services') return 'service';
  return strict ? 'strict' : 'lenient';
}

function add(
  counts: Map<string, { count: number; at: SourceLocation }>,
  key: string,
  at: SourceLocation,
): void {
  const entry = counts.get(key) ?? { count: 0, at };
  entry.count += 1;
  counts.set(key, entry);
}

interface Place {
  readonly store: 'local' | 'group-policy';
  /** Key below the policy. */
  readonly rest: string;
}

/** Null for keys that are no policy in force. */
function placeOf(key: string, rootStore: 'local' | null): Place | null {
  for (const [root, store] of ROOTS) {
    const match = root.exec(key);
    if (match === null) continue;
    return store === 'defaults' ? null : { store, rest: match[1] ?? '' };
  }
  return rootStore === null ? null : { store: rootStore, rest: key };
}

function ruleStore({ store, rest }: Place): FirewallStore | null {
  const key = rest.toLowerCase();
  if (!Object.hasOwn(RULE_KEYS, key)) return null;
  const found = RULE_KEYS[key]!;
  return store === 'group-policy' && found === 'local' ? 'group-policy' : found;
}
