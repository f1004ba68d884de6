/**
 * What is worth saying of firewall rules that are right, where they meet the machine: which of them
 * count nowhere, and which say what they hardly mean. Source: docs/semantics/firewall.md 2, 4.
 */
import type { SourceLocation } from '../errors.js';
import { ENFORCEMENT, type Enforcement } from '../firewall/enforcement.js';
import type { FirewallRule, ProfileName } from '../firewall/firewall-rule.js';
import { WINDOWS_SERVICES } from '../firewall/windows-services.js';
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import { quote } from '../source/source-node.js';
import type { NormalisedEndpoint, SemanticOptions } from './normalised-host.js';
import type { PlannedEndpoint } from './planned-endpoint.js';
import type { FirewallContext } from './rule-context.js';

/** Rules that one message names. */
const NAMES_MAX = 3;
/** For findings that stand in no file. */
const NOWHERE: SourceLocation = { file: '<host>', line: 0, column: 0, path: '' };

function named(rules: readonly FirewallRule[]): string {
  const names = rules.slice(0, NAMES_MAX).map(({ id }) => id);
  return `${names.join(', ')}${rules.length > NAMES_MAX ? ', …' : ''}`;
}

/** Rules that do not count at an interface, by state. */
export function tellNotEnforced(
  reporter: Reporter,
  endpoint: string,
  notEnforced: readonly { readonly rule: FirewallRule; readonly enforcement: Enforcement }[],
): void {
  const byState = new Map<Enforcement, FirewallRule[]>();
  for (const { rule, enforcement } of notEnforced) {
    const list = byState.get(enforcement) ?? [];
    list.push(rule);
    byState.set(enforcement, list);
  }
  for (const [state, list] of byState) {
    const message = `${list.length} firewall rules are not enforced at endpoint ${endpoint}, state ${ENFORCEMENT[state]} (${state}): ${named(list)}.`;
    reporter.info('fw-rule-not-enforced', list[0]!.location, message, { rule: list[0]!.id });
  }
}

/** Rules that ask for authentication to no effect. Assumption: W7. */
export function tellOpenPlain(
  reporter: Reporter,
  endpoint: string,
  rules: readonly FirewallRule[],
): void {
  if (rules.length === 0) return;
  const [{ location, id }] = rules as [FirewallRule];
  const message = `${rules.length} firewall rules ask for authentication, and endpoint ${endpoint} lets the same traffic pass without it, by another rule or its default: ${named(rules)}.`;
  reporter.warning('fw-plain-traffic', location, message, { rule: id });
}

/** All of them, once the endpoints are known. */
export function tellFirewallFindings(
  firewall: FirewallContext | null,
  planned: readonly PlannedEndpoint[],
  endpoints: readonly NormalisedEndpoint[],
  options: SemanticOptions,
  reporter: Reporter,
): void {
  if (firewall === null) return;
  tellUnasked(firewall, endpoints, options, reporter);
  tellUnaskedDefaults(firewall, endpoints, reporter);
  tellUnknownServices(firewall, planned, reporter);
  tellSameIds(firewall, options, reporter);
  tellStatefulHelpers(firewall, reporter);
}

/** Rules of the host are given, and the firewall of the host judges no endpoint (R5; hns.md Q19). */
function tellUnasked(
  { policy }: FirewallContext,
  endpoints: readonly NormalisedEndpoint[],
  { hostFirewall }: SemanticOptions,
  reporter: Reporter,
): void {
  const [first] = policy.rules;
  if (first === undefined) return;
  const judged = endpoints.filter(({ isolation }) => isolation !== 'hyperv');
  if (judged.some(({ hostStage }) => hostStage.kind === 'firewall')) return;
  const why =
    judged.length === 0
      ? 'containers with Hyper-V isolation have a firewall of their own, and the own stack of the host is not described'
      : hostFirewall === 'off'
        ? 'the option hostFirewall is off'
        : 'the firewall is off in the profile, or at the interface, of every endpoint';
  const message = `The firewall rules of the host judge nothing here: ${why}.`;
  reporter.warning('stage-has-no-effect', first.location, message, { rule: first.id });
}

/** Default actions that somebody set, in compartments of containers. Source: Windows-Containers#617. */
function tellUnaskedDefaults(
  { policy }: FirewallContext,
  endpoints: readonly NormalisedEndpoint[],
  reporter: Reporter,
): void {
  const told = new Set<ProfileName>();
  for (const { name, isolation, hostStage } of endpoints) {
    if (isolation !== 'process' || hostStage.kind !== 'firewall') continue;
    const { profile } = hostStage;
    const { defaultInbound, defaultOutbound } = policy.profiles[profile];
    const set = [
      ...(defaultInbound === 'allow' ? ['inbound Allow'] : []),
      ...(defaultOutbound === 'block' ? ['outbound Block'] : []),
    ];
    if (set.length === 0 || told.has(profile)) continue;
    told.add(profile);
    const message = `The default ${set.join(' and ')} of the profile ${profile} has no effect in compartments of containers, such as that of endpoint ${name}: what no rule matches there is as the service for containers programs it.`;
    reporter.warning('stage-has-no-effect', NOWHERE, message);
  }
}

/** Services that neither Windows has nor the description names: a slip makes a rule match nothing. */
function tellUnknownServices(
  { policy }: FirewallContext,
  planned: readonly PlannedEndpoint[],
  reporter: Reporter,
): void {
  const described = planned
    .flatMap((endpoint) => endpoint.interface?.processes ?? [])
    .flatMap(({ service }) => (service === null || service === '' ? [] : [service]));
  const names = [...WINDOWS_SERVICES, ...described];
  const known = new Set(['*', ...names.map((name) => name.toLowerCase())]);
  const byService = new Map<string, FirewallRule[]>();
  for (const rule of policy.rules) {
    const { service, enabled } = rule;
    if (service === null || !enabled || known.has(service.toLowerCase())) continue;
    byService.set(service.toLowerCase(), [...(byService.get(service.toLowerCase()) ?? []), rule]);
  }
  for (const rules of byService.values()) {
    const [{ service, location, id }] = rules as [FirewallRule];
    const message = `No service ${quote(service!)} is known of Windows, and the host description names none: ${named(rules)} may match nothing.${didYouMean(service!, names)}`;
    reporter.warning('fw-unknown-service', location, message, { found: quote(service!), rule: id });
  }
}

/** Assumption: W4. Rules that Group Policy and the local store have under one ID and that differ. */
function tellSameIds(
  { policy }: FirewallContext,
  { sameId }: SemanticOptions,
  reporter: Reporter,
): void {
  // With `override` the local one has stood back already.
  if (sameId === 'override') return;
  const group = new Map(
    policy.rules
      .filter(({ store }) => store === 'group-policy')
      .map((rule) => [rule.id.toLowerCase(), rule]),
  );
  for (const rule of policy.rules.filter(({ store }) => store === 'local')) {
    const other = group.get(rule.id.toLowerCase());
    if (other === undefined || meaningOf(other) === meaningOf(rule)) continue;
    const message = `The local store and Group Policy have different rules with the ID ${quote(rule.id)}; both count (option sameId).`;
    reporter.warning('fw-same-id', rule.location, message, { rule: rule.id });
  }
}

/** All of a rule but where it stands. */
const meaningOf = (rule: FirewallRule): string =>
  JSON.stringify({ ...rule, id: null, store: null, location: null }, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString(16) : value,
  );

/** Protocols whose control connections Windows reads. Source: windows-firewall.md 6.9, question 12. */
const HELPERS = [
  { reads: 'ftp', name: 'FTP', port: 21, setting: 'DisableStatefulFTP' },
  { reads: 'pptp', name: 'PPTP', port: 1723, setting: 'DisableStatefulPPTP' },
] as const;
const TCP = 6;

/** Rules that let control connections pass, of which Windows would make more than is made here. */
function tellStatefulHelpers({ policy }: FirewallContext, reporter: Reporter): void {
  for (const { reads, name, port, setting } of HELPERS) {
    if (!policy.reads[reads]) continue;
    const rules = policy.rules.filter((rule) => admitsPort(rule, port));
    if (rules.length === 0) continue;
    const [{ location, id }] = rules as [FirewallRule];
    const message = `${named(rules)} let control connections of ${name} (TCP port ${port}) pass. Windows reads those while ${setting} is not 1, and lets in what they announce; here that is judged by the rules alone.`;
    reporter.warning('fw-stateful-helper', location, message, { rule: id });
  }
}

function admitsPort(rule: FirewallRule, port: number): boolean {
  const { enabled, action, direction, protocol, localPorts, remotePorts } = rule;
  const ports = direction === 'in' ? localPorts : remotePorts;
  return (
    enabled &&
    action !== 'block' &&
    protocol === TCP &&
    ports.some((item) => item.kind === 'range' && item.from <= port && port <= item.to)
  );
}
