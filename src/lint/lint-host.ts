/**
 * What is worth saying about a host whose documents are right. Every lint reads only the
 * {@link NormalisedHost}. Source: hns.md 10.
 */
import type { NormalisedHost } from '../normalise/normalised-host.js';
import { createReporter, type Diagnostic } from '../source/diagnostic.js';
import { ruledStages } from './lint-context.js';
import {
  firewallStages,
  lintForeignAddresses,
  lintHiddenRules,
  lintUnsettled,
} from './lint-firewall.js';
import { lintEqualPriorities, lintHostAclOrder, lintShadowedRules } from './lint-pairs.js';
import {
  lintIpv6,
  lintNodeBlocked,
  lintPlatformAddresses,
  lintTranslatedSources,
} from './lint-reach.js';
import {
  lintPublishedPorts,
  lintUnaskedStages,
  lintUntranslatedPorts,
  lintVfp,
} from './lint-platform.js';
import {
  lintAssumptions,
  lintDns,
  lintHostAllow,
  lintImplicitDeny,
  lintLegacyInbound,
  lintNatOnServer2025,
  lintNeverMatches,
} from './lint-stages.js';

/** All findings, in the order of the lints. */
export function lintHost(host: NormalisedHost): readonly Diagnostic[] {
  const reporter = createReporter(false);
  const context = { host, reporter };
  const stages = ruledStages(context);
  lintAssumptions(context);
  lintLegacyInbound(context);
  lintVfp(context);
  lintUnaskedStages(context);
  lintUntranslatedPorts(context);
  for (const lint of [
    lintNatOnServer2025,
    lintImplicitDeny,
    lintHostAllow,
    lintDns,
    lintNodeBlocked,
    lintPlatformAddresses,
    lintIpv6,
    lintTranslatedSources,
    lintPublishedPorts,
    lintNeverMatches,
    lintEqualPriorities,
    lintShadowedRules,
    lintHostAclOrder,
  ]) {
    lint(context, stages);
  }
  lintPublishedPorts(context, firewallStages(context));
  lintForeignAddresses(context);
  lintHiddenRules(context);
  lintUnsettled(context);
  return reporter.result();
}
