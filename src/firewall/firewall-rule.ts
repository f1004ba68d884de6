/**
 * A firewall rule and the settings of a profile, in one form whichever file they came from: what
 * was written, words read, nothing resolved. Source: docs/semantics/firewall.md 1;
 * windows-firewall.md 3.1 and 4.
 */
import type { SourceLocation } from '../errors.js';
import type { AddressKeyword, PortKeyword, TrustTuple } from './keywords.js';

/** Where a rule comes from. Source: windows-firewall.md 2.1. */
export const FIREWALL_STORES = [
  'group-policy',
  'mdm',
  'local',
  'dynamic',
  'static-services',
  'configurable-services',
  'app-isolation',
] as const;
export type FirewallStore = (typeof FIREWALL_STORES)[number];

export const PROFILE_NAMES = ['domain', 'private', 'public'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];
export const PROFILE_BIT: Readonly<Record<ProfileName, number>> = {
  domain: 1,
  private: 2,
  public: 4,
};
/** Every profile, those to come included. */
export const PROFILES_ALL = 0x7fffffff;

/** Both ends are included. */
export interface AddressItemRange {
  readonly kind: 'range';
  readonly family: 4 | 6;
  readonly from: bigint;
  readonly to: bigint;
}
export interface AddressItemKeyword {
  readonly kind: 'keyword';
  readonly keyword: AddressKeyword;
  readonly family: 4 | 6;
}
export type AddressItem = AddressItemRange | AddressItemKeyword;

export type PortItem =
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'keyword'; readonly keyword: PortKeyword };

/** Null: any. */
export interface IcmpItem {
  readonly family: 4 | 6;
  readonly type: number | null;
  readonly code: number | null;
}

export interface PlatformItem {
  readonly type: number;
  readonly major: number;
  readonly minor: number;
  /** That version and all later ones. */
  readonly andLater: boolean;
}

export interface SchemaVersion {
  readonly major: number;
  readonly minor: number;
}

/** Security flags of a rule. Source: windows-firewall.md 3.4. */
export const SECURITY_WORDS = [
  'none',
  'authenticate',
  'authenticate-encrypt',
  'authenticate-no-encapsulation',
  'authenticate-negotiate-encryption',
] as const;
export type SecurityWord = (typeof SECURITY_WORDS)[number];

export const EDGE_WORDS = ['block', 'allow', 'defer-to-user', 'defer-to-app'] as const;
export type EdgeWord = (typeof EDGE_WORDS)[number];

/** Bits of interface types; 0 is all. */
export const INTERFACE_TYPE_BIT = { lan: 1, wireless: 2, 'remote-access': 4, mobile: 8 } as const;
export type InterfaceType = keyof typeof INTERFACE_TYPE_BIT;

/** An empty list and null hold for everything, unless said otherwise. */
export interface FirewallRule {
  readonly id: string;
  readonly store: FirewallStore;
  readonly version: SchemaVersion;
  readonly name: string;
  readonly description: string | null;
  readonly group: string | null;
  readonly enabled: boolean;
  readonly direction: 'in' | 'out';
  readonly action: 'allow' | 'block' | 'bypass';
  /** Bits of {@link PROFILE_BIT}. */
  readonly profiles: number;
  readonly protocol: number | null;
  readonly localPorts: readonly PortItem[];
  readonly remotePorts: readonly PortItem[];
  readonly icmp: readonly IcmpItem[];
  readonly localAddresses: readonly AddressItem[];
  readonly remoteAddresses: readonly AddressItem[];
  /** GUIDs of named address lists. */
  readonly dynamicAddresses: readonly string[];
  /** GUIDs in braces or aliases. */
  readonly interfaces: readonly string[];
  readonly interfaceTypes: number;
  readonly program: string | null;
  /** `*` is any service. */
  readonly service: string | null;
  readonly packageSid: string | null;
  readonly packageFamily: string | null;
  /** SDDL. */
  readonly localUser: string | null;
  /** SID. */
  readonly owner: string | null;
  readonly remoteMachine: string | null;
  readonly remoteUser: string | null;
  readonly security: SecurityWord;
  /** Outbound rules that act like a bypass. */
  readonly bypassOutbound: boolean;
  readonly edge: EdgeWord;
  readonly looseSourceMapping: boolean;
  readonly localOnlyMapping: boolean;
  readonly profileCrossing: boolean;
  readonly platforms: readonly PlatformItem[];
  readonly trustTuples: readonly TrustTuple[];
  /** Encoded; how is not published. */
  readonly networkNames: string | null;
  readonly securityRealm: string | null;
  readonly compartment: number | null;
  readonly skipVersion: SchemaVersion | null;
  readonly location: SourceLocation;
}

/** Null: not set in this store. Source: windows-firewall.md 4. */
export interface ProfileSettings {
  readonly enabled: boolean | null;
  /** Inbound rules are not considered. */
  readonly shielded: boolean | null;
  readonly defaultInbound: 'allow' | 'block' | null;
  readonly defaultOutbound: 'allow' | 'block' | null;
  readonly unicastAnswersDisabled: boolean | null;
  readonly stealthDisabled: boolean | null;
  readonly stealthExemptionDisabled: boolean | null;
  readonly localRules: boolean | null;
  readonly localIpsecRules: boolean | null;
  readonly localApplicationRules: boolean | null;
  readonly localPortRules: boolean | null;
  /** GUIDs in braces or aliases. */
  readonly disabledInterfaces: readonly string[] | null;
  readonly logDropped: boolean | null;
  readonly logAllowed: boolean | null;
  readonly logIgnored: boolean | null;
  readonly logSizeKb: number | null;
  readonly logFile: string | null;
  readonly notificationsDisabled: boolean | null;
}

/** In KB. Source: windows-firewall.md 4. */
export const LOG_SIZE = 'a number of KB from 1 to 32767';
export const isLogSize = (kb: number): boolean => Number.isInteger(kb) && kb >= 1 && kb <= 32_767;

export interface GlobalSettings {
  readonly statefulFtpDisabled: boolean | null;
  readonly statefulPptpDisabled: boolean | null;
  readonly policyVersion: number | null;
}

/** The settings of one store. */
export interface StoreSettings {
  readonly store: FirewallStore;
  readonly profiles: Readonly<Record<ProfileName, ProfileSettings>>;
  readonly global: GlobalSettings;
}

export const NO_PROFILE_SETTINGS: ProfileSettings = {
  enabled: null,
  shielded: null,
  defaultInbound: null,
  defaultOutbound: null,
  unicastAnswersDisabled: null,
  stealthDisabled: null,
  stealthExemptionDisabled: null,
  localRules: null,
  localIpsecRules: null,
  localApplicationRules: null,
  localPortRules: null,
  disabledInterfaces: null,
  logDropped: null,
  logAllowed: null,
  logIgnored: null,
  logSizeKb: null,
  logFile: null,
  notificationsDisabled: null,
};

export const NO_GLOBAL_SETTINGS: GlobalSettings = {
  statefulFtpDisabled: null,
  statefulPptpDisabled: null,
  policyVersion: null,
};
