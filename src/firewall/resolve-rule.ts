/**
 * A rule on one interface: whether it counts, and for which packets its conditions hold, hold not,
 * or are not known to. Source: windows-firewall.md 5.6, 10.2; docs/semantics/firewall.md 4.
 */
import { addressSet, intersectionOf } from '../normalise/address-set.js';
import type { AddressSet } from '../normalise/normalised-host.js';
import type { EffectivePolicy } from './effective-policy.js';
import { enforcementOf, type Enforcement } from './enforcement.js';
import type { InterfaceFacts, MachineFacts } from './facts.js';
import { INTERFACE_TYPE_BIT, type FirewallRule } from './firewall-rule.js';
import { asksForProcess, edgeAnswer, processAnswer, protectionAnswer } from './local-conditions.js';
import { EVERYTHING, intersect, isEmpty, subtract, type Region } from './region.js';
import { resolveAddresses, resolveIcmp, resolvePorts } from './resolve-addresses.js';

/** `assumed`: taken to hold, though nothing says so. */
export type Knowledge = 'yes' | 'assumed' | 'unknown';

export interface RulePart {
  readonly region: Region;
  readonly knowledge: Knowledge;
}

export interface ResolvedRule {
  readonly rule: FirewallRule;
  readonly enforcement: Enforcement;
  /** Empty when it is not enforced, or no packet can meet it. */
  readonly parts: readonly RulePart[];
  /** Of a rule that allows what is authenticated: the same traffic, plain. */
  readonly plain: readonly RulePart[];
}

/** Pieces one rule is cut into; what is left then stays unknown, which is always true. */
const PIECES_MAX = 4096;

const ALL_IPV4: AddressSet = addressSet([{ from: 0n, to: 0xffffffffn }], []);
const ALL_IPV6: AddressSet = addressSet([], [{ from: 0n, to: (1n << 128n) - 1n }]);

export function resolveRule(
  rule: FirewallRule,
  policy: EffectivePolicy,
  machine: MachineFacts,
  facts: InterfaceFacts,
): ResolvedRule {
  const notEnforced = (enforcement: Enforcement): ResolvedRule => ({
    rule,
    enforcement,
    parts: [],
    plain: [],
  });
  const before = enforcementOf(rule, policy, facts);
  if (before !== 'full') return notEnforced(before);
  const onInterface = interfaceAnswer(rule, facts);
  if (onInterface === 'no') return notEnforced('interface-empty');
  const base = tupleParts(rule, machine, facts);
  if (typeof base === 'string') return notEnforced(base);
  if (edgeAnswer(rule, null, facts) === 'no') {
    return { rule, enforcement: 'full', parts: [], plain: [] };
  }
  const known = onInterface === 'yes' ? base : base.map((part) => weakened(part, 'unknown'));
  const ofProcesses = (parts: readonly RulePart[]): readonly RulePart[] =>
    asksForProcess(rule, facts) ? processParts(rule, parts, machine, facts) : parts;
  return {
    ...{ rule, enforcement: 'full' },
    parts: ofProcesses(protectedParts(rule, known, machine)),
    plain: ofProcesses(plainParts(rule, known, machine)),
  };
}

/** What of an Allow that asks for authentication is not protected as it asks. Assumption: W7. */
function plainParts(
  rule: FirewallRule,
  parts: readonly RulePart[],
  { ipsec }: MachineFacts,
): readonly RulePart[] {
  if (rule.security === 'none' || rule.action !== 'allow' || rule.bypassOutbound) return [];
  const guarded = ipsec
    .filter((fact) => protectionAnswer(rule, fact) !== 'no')
    .map(({ local, remote }): Region => ({ ...EVERYTHING, local, remote }));
  return parts.flatMap((part) =>
    guarded
      .reduce<Region[]>(
        (rest, fact) => rest.flatMap((piece) => subtract(piece, fact)),
        [part.region],
      )
      .map((region) => ({ ...part, region })),
  );
}

function weakened({ region, knowledge }: RulePart, to: Knowledge): RulePart {
  const weaker =
    to === 'unknown' || knowledge === 'unknown' ? 'unknown' : to === 'assumed' ? to : knowledge;
  return { region, knowledge: weaker };
}

function interfaceAnswer(rule: FirewallRule, facts: InterfaceFacts): 'yes' | 'no' | 'unknown' {
  if (rule.interfaceTypes !== 0 && (rule.interfaceTypes & INTERFACE_TYPE_BIT[facts.type]) === 0)
    return 'no';
  if (rule.interfaces.length === 0) return 'yes';
  if (facts.names.length === 0) return 'unknown';
  const names = facts.names.map((name) => name.toLowerCase());
  return rule.interfaces.some((name) => names.includes(name.toLowerCase())) ? 'yes' : 'no';
}

/** What the addresses, ports and types say; the state of the rule when a list came to nothing. */
function tupleParts(
  rule: FirewallRule,
  machine: MachineFacts,
  facts: InterfaceFacts,
): RulePart[] | Enforcement {
  const local = resolveAddresses(rule.localAddresses, [], machine, facts);
  const remote = resolveAddresses(rule.remoteAddresses, rule.dynamicAddresses, machine, facts);
  const localPorts = resolvePorts(rule.localPorts, machine);
  const remotePorts = resolvePorts(rule.remotePorts, machine);
  const isNothing = (set: AddressSet | null): boolean =>
    set !== null && set.ipv4.length + set.ipv6.length === 0;
  if (isNothing(remote.known) && remote.unknown === null) return 'remote-address-empty';
  if (localPorts.known?.length === 0 && localPorts.assumed.length === 0) return 'local-port-empty';
  if (remotePorts.known?.length === 0 && remotePorts.assumed.length === 0)
    return 'remote-port-empty';
  // Source: windows-firewall.md 5.6, LOM: the far side counts as met.
  const anyRemote = rule.localOnlyMapping && rule.action !== 'block';
  const region: Region = {
    ...EVERYTHING,
    protocols: rule.protocol === null ? null : [{ from: rule.protocol, to: rule.protocol }],
    local: rule.icmp.length === 0 ? local.known : intersectionOf(local.known, icmpFamily(rule)),
    remotePorts: anyRemote ? null : remotePorts.known,
    icmp: resolveIcmp(rule),
  };
  const remotes: readonly RulePart[] = anyRemote
    ? [{ region, knowledge: 'yes' }]
    : [
        { region: { ...region, remote: remote.known }, knowledge: 'yes' },
        ...(remote.unknown === null
          ? []
          : [{ region: { ...region, remote: remote.unknown }, knowledge: 'unknown' } as const]),
      ];
  return remotes
    .flatMap((part) => [
      { ...part, region: { ...part.region, localPorts: localPorts.known } },
      ...(localPorts.assumed.length === 0
        ? []
        : [
            weakened(
              { ...part, region: { ...part.region, localPorts: localPorts.assumed } },
              'assumed',
            ),
          ]),
    ])
    .filter((part) => !isEmpty(part.region));
}

function icmpFamily({ icmp }: FirewallRule): AddressSet {
  return icmp[0]!.family === 4 ? ALL_IPV4 : ALL_IPV6;
}

/**
 * Rules that ask for authentication meet declared traffic only; plain traffic does not match.
 * Assumption: W7.
 */
function protectedParts(
  rule: FirewallRule,
  parts: readonly RulePart[],
  { ipsec }: MachineFacts,
): readonly RulePart[] {
  if (rule.security === 'none') return parts;
  return parts.flatMap((part) =>
    ipsec.flatMap((fact) => {
      const answer = protectionAnswer(rule, fact);
      const inside = intersect(part.region, {
        ...EVERYTHING,
        local: fact.local,
        remote: fact.remote,
      });
      if (answer === 'no' || inside === null) return [];
      return [weakened({ ...part, region: inside }, answer)];
    }),
  );
}

/** The first process that holds a packet answers for it; nobody answers for the rest. */
function processParts(
  rule: FirewallRule,
  parts: readonly RulePart[],
  machine: MachineFacts,
  facts: InterfaceFacts,
): readonly RulePart[] {
  const result: RulePart[] = [];
  for (const part of parts) {
    let rest: Region[] = [part.region];
    for (const process of facts.processes) {
      if (rest.length > PIECES_MAX) break;
      const answer = processAnswer(rule, process, machine, facts);
      for (const piece of rest) {
        const inside = intersect(piece, process.region);
        if (inside !== null && answer !== 'no') {
          result.push(weakened({ ...part, region: inside }, answer));
        }
      }
      rest = rest.flatMap((piece) => subtract(piece, process.region));
    }
    const answer = processAnswer(rule, null, machine, facts);
    if (answer === 'no') continue;
    result.push(...rest.map((region) => weakened({ ...part, region }, answer)));
  }
  return result;
}
