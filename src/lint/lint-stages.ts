/** Lints that look at one stage as a whole. Source: hns.md 10. */
import type { Direction, NormalisedRule } from '../normalise/normalised-host.js';
import { VFP_DRIVERS } from '../platform/stage-table.js';
import { BUILD_NAT_ACL_FAULT } from '../platform/windows-releases.js';
import { canMatch, isAny } from './conditions.js';
import {
  DIRECTIONS,
  FINDINGS_MAX,
  HOST_LOCATION,
  directionName,
  placeOfStage,
  stageName,
  type LintContext,
  type RuledStage,
} from './lint-context.js';

const DNS_PORT = 53;
const DNS_PROTOCOLS = [6, 17];

/** A direction in which nothing is allowed, and nobody wrote that all of it is to be denied. */
export function lintImplicitDeny(context: LintContext, stages: readonly RuledStage[]): void {
  for (const stage of stages) {
    const silent = DIRECTIONS.filter((direction) => deniesSilently(stage, direction));
    if (silent.length === 0) continue;
    const names = silent.map(directionName).join(' and ');
    const name = stageName(stage.stage);
    const message = `The ${name} rules of endpoint ${stage.endpoint.name} allow nothing ${names}, and one rule is enough to deny whatever no rule matches in both directions; add an Allow rule ${names} at the last priority if only the blocked traffic is meant.`;
    context.reporter.warning('implicit-deny-surprise', placeOfStage(stage), message);
  }
}

/** Nothing is allowed, and no rule says that everything is denied. */
export function deniesSilently(stage: RuledStage, direction: Direction): boolean {
  if (!stage.implicitDeny[direction]) return false;
  return !stage.rules[direction].some((rule) => rule.action !== 'block' || isAny(rule.conditions));
}

/** Rules whose source and destination have no family in common, or an empty set. */
export function lintNeverMatches(context: LintContext, stages: readonly RuledStage[]): void {
  for (const stage of stages) {
    const never = DIRECTIONS.flatMap((direction) =>
      stage.rules[direction].filter((rule) => !canMatch(rule.conditions)),
    );
    for (const rule of never.slice(0, FINDINGS_MAX)) {
      const message = `The rule ${rule.name} can match no packet: its source and destination have no address family in common.`;
      context.reporter.warning('never-matches', rule.location, message, { rule: rule.name });
    }
  }
}

/** Outbound is filtered, and no rule lets DNS out. */
export function lintDns(context: LintContext, stages: readonly RuledStage[]): void {
  for (const stage of stages) {
    const rules = stage.rules.out;
    const isFiltered = rules.some((rule) => rule.action === 'allow') && stage.implicitDeny.out;
    if (!isFiltered || rules.some(letsDnsOut)) continue;
    const message = `The ${stageName(stage.stage)} rules of endpoint ${stage.endpoint.name} filter outbound traffic and none allows port ${DNS_PORT}; names will not resolve.`;
    context.reporter.warning('dns-blocked', placeOfStage(stage), message);
  }
}

function letsDnsOut({ action, conditions }: NormalisedRule): boolean {
  const { protocols, destinationPorts } = conditions;
  return (
    action !== 'block' &&
    (protocols?.some((protocol) => DNS_PROTOCOLS.includes(protocol)) ?? true) &&
    (destinationPorts?.some((p) => p.from <= DNS_PORT && DNS_PORT <= p.to) ?? true)
  );
}

/** Host rules on a VFP network without the pair of allow rules that Calico and Azure NPM add. */
export function lintHostAllow(context: LintContext, stages: readonly RuledStage[]): void {
  const drivers: readonly string[] = VFP_DRIVERS;
  for (const stage of stages) {
    const { driver } = context.host.networks[stage.endpoint.network]!;
    if (stage.stage !== 'host' || !drivers.includes(driver)) continue;
    const without = DIRECTIONS.filter(
      (direction) =>
        !stage.rules[direction].some((rule) => rule.action === 'allow' && isAny(rule.conditions)),
    );
    if (without.length === 0) continue;
    const names = without.map(directionName).join(' and ');
    const message = `The Host rules of endpoint ${stage.endpoint.name} have no rule that allows everything ${names}; on ${driver} the switch filters, and Calico and Azure NPM always add a pair of Host allow rules.`;
    context.reporter.warning('host-allow-missing', placeOfStage(stage), message);
  }
}

/** ACLs on NAT on the build where they had no effect at first. Source: Windows-Containers#616. */
export function lintNatOnServer2025(context: LintContext, stages: readonly RuledStage[]): void {
  if (context.host.windows.build !== BUILD_NAT_ACL_FAULT) return;
  for (const stage of stages) {
    if (context.host.networks[stage.endpoint.network]!.driver !== 'nat') continue;
    const message = `On build ${BUILD_NAT_ACL_FAULT} the ACLs of NAT endpoints had no effect before the updates of April 2026 (KB5082062, KB5082063); endpoint ${stage.endpoint.name} is judged as with them.`;
    context.reporter.warning('server-2025-nat-acl', placeOfStage(stage), message);
  }
}

/** Builds that let nothing in, and no port is published. Source: hns.md 5.2 (R12, R13). */
export function lintLegacyInbound({ host, reporter }: LintContext): void {
  for (const { name, hostStage } of host.endpoints) {
    if (hostStage.kind !== 'container-defaults') continue;
    if (hostStage.inboundDeny !== 'default-deny-inbound' || hostStage.mappings.length > 0) continue;
    const everything =
      hostStage.inboundExceptions.length > 0
        ? 'everything but the exceptions of legacyInboundExceptions'
        : 'everything';
    const message = `${host.windows.name} (build ${host.windows.build}) denies ${everything} inbound by default, and no published port opens endpoint ${name}.`;
    reporter.warning('legacy-inbound-deny', HOST_LOCATION, message);
  }
}

/** What no document said. Source: hns.md 4.7. */
export function lintAssumptions({ host, reporter }: LintContext): void {
  for (const { what, assumed } of host.assumptions) {
    const message = `Nothing says the ${what}; ${assumed} is assumed.`;
    reporter.info('assumed-platform', HOST_LOCATION, message, { expected: what, found: assumed });
  }
}
