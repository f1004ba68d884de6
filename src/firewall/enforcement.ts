/**
 * Whether a rule counts on an interface, and if not, why: in the numbers and names of the service.
 * Source: windows-firewall.md 2.2, point 5.
 */
import type { EffectivePolicy, EffectiveProfile } from './effective-policy.js';
import type { InterfaceFacts } from './facts.js';
import { PROFILE_BIT, type FirewallRule, type PortItem } from './firewall-rule.js';
import { HIGHEST_VERSION } from './rule-draft.js';

export const ENFORCEMENT = {
  full: 1,
  disabled: 4,
  'inactive-profile': 5,
  'local-address-empty': 6,
  'remote-address-empty': 7,
  'local-port-empty': 8,
  'remote-port-empty': 9,
  'interface-empty': 10,
  'local-ports-not-allowed': 14,
  'local-applications-not-allowed': 15,
  'local-rules-not-allowed': 16,
  'platform-mismatch': 18,
  'trust-tuple-empty': 23,
  /** Ours: conditions that nothing here can fill. */
  'condition-not-modelled': 0,
  'other-compartment': 0,
  'newer-reader-needed': 0,
} as const;
export type Enforcement = keyof typeof ENFORCEMENT;

/** The version rules are matched against: Windows 10 and all since call themselves 10.0. */
const PLATFORM = { type: 2, major: 10, minor: 0 } as const;
const TCP = 6;
const UDP = 17;

/** What can be said before the conditions are resolved. */
export function enforcementOf(
  rule: FirewallRule,
  policy: EffectivePolicy,
  facts: InterfaceFacts,
): Enforcement {
  if (!rule.enabled) return 'disabled';
  if (skipped(rule)) return 'newer-reader-needed';
  if ((rule.profiles & PROFILE_BIT[facts.profile]) === 0) return 'inactive-profile';
  if (rule.compartment !== null && rule.compartment !== facts.compartment)
    return 'other-compartment';
  if (!onPlatform(rule)) return 'platform-mismatch';
  if (rule.trustTuples.length > 0) return 'trust-tuple-empty';
  if (rule.networkNames !== null || rule.securityRealm !== null) return 'condition-not-modelled';
  if (rule.store === 'local') return localRight(rule, policy.profiles[facts.profile]);
  return 'full';
}

function skipped({ skipVersion }: FirewallRule): boolean {
  if (skipVersion === null) return false;
  const { major, minor } = HIGHEST_VERSION;
  return major < skipVersion.major || (major === skipVersion.major && minor <= skipVersion.minor);
}

function onPlatform({ platforms }: FirewallRule): boolean {
  if (platforms.length === 0) return true;
  return platforms.some(({ type, major, minor, andLater }) => {
    if (type !== PLATFORM.type) return false;
    if (major === PLATFORM.major && minor === PLATFORM.minor) return true;
    return (
      andLater && (major < PLATFORM.major || (major === PLATFORM.major && minor < PLATFORM.minor))
    );
  });
}

/** Source: windows-firewall.md 2.2, point 4. */
function localRight(rule: FirewallRule, profile: EffectiveProfile): Enforcement {
  if (!profile.localRules) return 'local-rules-not-allowed';
  const transport = rule.protocol === TCP || rule.protocol === UDP;
  const hasKeyword = rule.localPorts.some(({ kind }) => kind === 'keyword');
  const isApplication =
    rule.program !== null &&
    rule.service === null &&
    transport &&
    rule.localPorts.length === 0 &&
    !hasKeyword;
  if (isApplication && !profile.localApplicationRules) return 'local-applications-not-allowed';
  const isPort =
    rule.program === null && rule.service === null && transport && isOnePort(rule.localPorts);
  if (isPort && !profile.localPortRules) return 'local-ports-not-allowed';
  return 'full';
}

function isOnePort(ports: readonly PortItem[]): boolean {
  return ports.length === 1 && ports[0]!.kind === 'range';
}
