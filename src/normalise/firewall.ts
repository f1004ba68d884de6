/** Windows Firewall of one endpoint: which rules, on what interface, around which defaults. */
import { effectivePolicy } from '../firewall/effective-policy.js';
import { NO_MACHINE_FACTS, type InterfaceFacts } from '../firewall/facts.js';
import type { ProfileName } from '../firewall/firewall-rule.js';
import { firewallStage } from '../firewall/firewall-stage.js';
import { tellNotEnforced, tellOpenPlain } from './firewall-findings.js';
import { addressSet } from './address-set.js';
import type { HostInput } from './host-input.js';
import type {
  AddressSet,
  HostStage,
  NormalisedRule,
  PortMappingAllow,
  SemanticOptions,
} from './normalised-host.js';
import type { PlannedEndpoint } from './planned-endpoint.js';
import type { FirewallContext, RuleContext } from './rule-context.js';
import { containerFirewall, hostStage } from './stages.js';

/** An interface that nobody classified. Source: windows-firewall.md 1, 9.2. Assumption: W2. */
const PROFILE_DEFAULT: ProfileName = 'public';

/** The firewall of the machine; null when no rules are given for it. */
export function firewallOfHost(input: HostInput, options: SemanticOptions): FirewallContext | null {
  const documents = [...(input.description?.firewall ?? []), ...(input.firewall ?? [])];
  if (documents.length === 0) return null;
  const machine = input.description?.machine ?? NO_MACHINE_FACTS;
  return { policy: effectivePolicy(documents, options.sameId), machine };
}

/** The host stage with all that is known; firewall rules are appended to `rules`. */
export function firewalledHostStage(
  context: RuleContext,
  endpoint: PlannedEndpoint,
  compartment: number,
  acls: readonly NormalisedRule[],
  mappings: readonly PortMappingAllow[],
  options: SemanticOptions,
  rules: NormalisedRule[],
): HostStage {
  const firewall = firewallOf(context, endpoint, options);
  if (firewall === null || options.hostFirewall === 'off') {
    return hostStage(context, acls, mappings, options);
  }
  const isContainer = context.isolation === 'process';
  const { stage, notEnforced, openPlain } = firewallStage({
    ...firewall,
    facts: interfaceFacts(context, endpoint, compartment, options),
    options,
    container: isContainer ? containerFirewall(context, acls, mappings, options) : null,
    rules,
  });
  tellNotEnforced(context.reporter, endpoint.name, notEnforced);
  tellOpenPlain(context.reporter, endpoint.name, openPlain);
  return stage;
}

/** The host's own stack always has a firewall; that of a utility VM allows all unless it is given. */
function firewallOf(
  { isolation, firewall, reporter }: RuleContext,
  endpoint: PlannedEndpoint,
  { sameId }: SemanticOptions,
): FirewallContext | null {
  const machine = firewall?.machine ?? NO_MACHINE_FACTS;
  const own = endpoint.firewall ?? [];
  switch (isolation) {
    case 'hyperv':
      return own.length === 0 ? null : { policy: effectivePolicy(own, sameId), machine };
    case 'host':
      return firewall ?? { policy: effectivePolicy([], sameId), machine };
    case 'process':
      if (own.length > 0) {
        const message = `The endpoint ${endpoint.name} is given a firewall of its own, and with process isolation it has that of the host; give the rules under firewall: policies.`;
        reporter.error('fw-env', endpoint.location, message);
      }
      return firewall;
  }
}

function interfaceFacts(
  { subnets }: RuleContext,
  { interface: described, addresses }: PlannedEndpoint,
  compartment: number,
  { localSubnet }: SemanticOptions,
): InterfaceFacts {
  const prefixes = described?.prefixes ?? subnets;
  return {
    compartment,
    profile: described?.profile ?? PROFILE_DEFAULT,
    type: described?.type ?? 'lan',
    names: described?.names ?? [],
    families: ([4, 6] as const).filter((family) =>
      addresses.some((each) => each.family === family),
    ),
    state: described?.state ?? 'ready',
    edgeTraversed: described?.edgeTraversed ?? false,
    prefixes: localSubnet === 'wide' ? withMany(prefixes) : prefixes,
    processes: described?.processes ?? [],
  };
}

/** Link-local addresses, multicast and the limited broadcast. Assumption: W5. */
const MANY = {
  ipv4: [
    { from: 0xa9fe0000n, to: 0xa9feffffn },
    { from: 0xe0000000n, to: 0xefffffffn },
    { from: 0xffffffffn, to: 0xffffffffn },
  ],
  ipv6: [
    { from: 0xfe80n << 112n, to: (0xfec0n << 112n) - 1n },
    { from: 0xffn << 120n, to: (1n << 128n) - 1n },
  ],
};

/** A family of which no prefix is known stays unknown. */
function withMany({ ipv4, ipv6 }: AddressSet): AddressSet {
  return addressSet(
    ipv4.length === 0 ? [] : [...ipv4, ...MANY.ipv4],
    ipv6.length === 0 ? [] : [...ipv6, ...MANY.ipv6],
  );
}
