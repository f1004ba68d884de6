/**
 * The stores of a machine as one policy: rules united, settings merged by their laws.
 * Source: windows-firewall.md 2.2, 4.
 */
import type { FirewallDocument } from './firewall-document.js';
import {
  FIREWALL_STORES,
  NO_PROFILE_SETTINGS,
  PROFILE_NAMES,
  type FirewallRule,
  type FirewallStore,
  type ProfileName,
  type ProfileSettings,
  type StoreSettings,
} from './firewall-rule.js';

/** Settings in force. */
export interface EffectiveProfile {
  readonly enabled: boolean;
  readonly shielded: boolean;
  readonly defaultInbound: 'allow' | 'block';
  readonly defaultOutbound: 'allow' | 'block';
  readonly stealth: boolean;
  readonly unicastAnswers: boolean;
  readonly localRules: boolean;
  readonly localApplicationRules: boolean;
  readonly localPortRules: boolean;
  readonly disabledInterfaces: readonly string[];
  /** Null: no store says it. */
  readonly logAllowed: boolean | null;
  readonly logDropped: boolean | null;
}

export interface EffectivePolicy {
  /** By store (Group Policy, MDM, local, dynamic, …), then as written. */
  readonly rules: readonly FirewallRule[];
  readonly profiles: Readonly<Record<ProfileName, EffectiveProfile>>;
  /** Whether Windows reads control connections for what they announce. */
  readonly reads: { readonly ftp: boolean; readonly pptp: boolean };
}

type Setting = keyof ProfileSettings;

/** Later files of one store set what they say over earlier ones. */
export function effectivePolicy(
  documents: readonly FirewallDocument[],
  sameId: 'union' | 'override',
): EffectivePolicy {
  const rules = unitedRules(documents);
  const settings = documents.flatMap((document) => document.settings);
  const profiles = Object.fromEntries(
    PROFILE_NAMES.map((name) => [name, effectiveProfile(name, settings)]),
  ) as Record<ProfileName, EffectiveProfile>;
  const rank = (store: FirewallStore): number => FIREWALL_STORES.indexOf(store);
  const ordered = [...rules].sort((a, b) => rank(a.store) - rank(b.store));
  const isOff = (setting: 'statefulFtpDisabled' | 'statefulPptpDisabled'): boolean =>
    settings.some(({ global }) => global[setting] === true);
  return {
    rules: sameId === 'override' ? overridden(ordered) : ordered,
    profiles,
    reads: { ftp: !isOff('statefulFtpDisabled'), pptp: !isOff('statefulPptpDisabled') },
  };
}

/**
 * Those of all files; among Group Policy objects the one of higher precedence, which stands later,
 * has the ID. Source: windows-firewall.md 2.2, point 3.
 */
function unitedRules(documents: readonly FirewallDocument[]): readonly FirewallRule[] {
  const taken = new Set<string>();
  const united = [...documents].reverse().map(({ rules }) => {
    const isGroup = ({ store }: FirewallRule): boolean => store === 'group-policy';
    const kept = rules.filter((rule) => !isGroup(rule) || !taken.has(rule.id.toLowerCase()));
    for (const rule of rules.filter(isGroup)) taken.add(rule.id.toLowerCase());
    return kept;
  });
  return united.reverse().flat();
}

/** Assumption: W4. Local rules with the ID of a Group Policy rule stand back. */
function overridden(rules: readonly FirewallRule[]): readonly FirewallRule[] {
  const ids = new Set(
    rules.filter(({ store }) => store === 'group-policy').map(({ id }) => id.toLowerCase()),
  );
  return rules.filter(({ store, id }) => store !== 'local' || !ids.has(id.toLowerCase()));
}

function effectiveProfile(name: ProfileName, settings: readonly StoreSettings[]): EffectiveProfile {
  const ofStore = (store: FirewallStore): ProfileSettings =>
    settings
      .filter((each) => each.store === store)
      .reduce<ProfileSettings>(
        (sum, { profiles }) => overlaid(sum, profiles[name]),
        NO_PROFILE_SETTINGS,
      );
  const group = ofStore('group-policy');
  const local = ofStore('local');
  const byGroup = <Name extends Setting>(setting: Name): ProfileSettings[Name] =>
    group[setting] ?? local[setting];
  const anyOn = (setting: 'shielded' | 'logDropped' | 'logAllowed'): boolean | null =>
    group[setting] === true || local[setting] === true ? true : (group[setting] ?? local[setting]);
  return {
    enabled: byGroup('enabled') ?? true,
    shielded: anyOn('shielded') ?? false,
    defaultInbound: byGroup('defaultInbound') ?? 'block',
    defaultOutbound: byGroup('defaultOutbound') ?? 'allow',
    stealth: !(byGroup('stealthDisabled') ?? false),
    unicastAnswers: !(byGroup('unicastAnswersDisabled') ?? false),
    // Group Policy alone says it.
    localRules: group.localRules ?? true,
    localApplicationRules: byGroup('localApplicationRules') ?? true,
    localPortRules: byGroup('localPortRules') ?? true,
    disabledInterfaces: byGroup('disabledInterfaces') ?? [],
    logAllowed: anyOn('logAllowed'),
    logDropped: anyOn('logDropped'),
  };
}

function overlaid(below: ProfileSettings, above: ProfileSettings): ProfileSettings {
  const set = Object.entries(above).filter(([, value]) => value !== null);
  return { ...below, ...(Object.fromEntries(set) as Partial<ProfileSettings>) };
}
