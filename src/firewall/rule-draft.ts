/** A rule while it is read: every reader fills one, `checkRule` judges it. */
import type { FirewallRule, FirewallStore, SchemaVersion } from './firewall-rule.js';
import { PROFILES_ALL } from './firewall-rule.js';
import type { SourceLocation } from '../errors.js';

/** The fields may be set; lists grow. */
export type RuleDraft = {
  -readonly [Name in keyof FirewallRule]: FirewallRule[Name] extends readonly (infer Item)[]
    ? Item[]
    : FirewallRule[Name];
};

/** What forms without a version are read as. Source: windows-firewall.md 2.3. */
export const HIGHEST_VERSION: SchemaVersion = { major: 2, minor: 33 };

export function newDraft(id: string, store: FirewallStore, location: SourceLocation): RuleDraft {
  return {
    id,
    store,
    version: HIGHEST_VERSION,
    name: '',
    description: null,
    group: null,
    enabled: false,
    direction: 'in',
    action: 'allow',
    profiles: PROFILES_ALL,
    protocol: null,
    localPorts: [],
    remotePorts: [],
    icmp: [],
    localAddresses: [],
    remoteAddresses: [],
    dynamicAddresses: [],
    interfaces: [],
    interfaceTypes: 0,
    program: null,
    service: null,
    packageSid: null,
    packageFamily: null,
    localUser: null,
    owner: null,
    remoteMachine: null,
    remoteUser: null,
    security: 'none',
    bypassOutbound: false,
    edge: 'block',
    looseSourceMapping: false,
    localOnlyMapping: false,
    profileCrossing: false,
    platforms: [],
    trustTuples: [],
    networkNames: null,
    securityRealm: null,
    compartment: null,
    skipVersion: null,
    location,
  };
}
