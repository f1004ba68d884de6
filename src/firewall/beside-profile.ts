/**
 * Whether nothing but the profile of its interface makes a stage another one than before: what rules
 * with profile crossing spare their flows for. Source: windows-firewall.md 6.7.
 */
import { createHash } from 'node:crypto';

import type { NormalisedRule } from '../normalise/normalised-host.js';
import type { EffectivePolicy } from './effective-policy.js';
import type { ContainerFirewall, FirewallStageInput } from './firewall-stage-input.js';

/**
 * Digests of all that a stage is made of beside the profile: equal for stages that differ in it alone.
 * Undefined where no rule of the policy crosses profiles, since nobody asks then.
 */
export function besideProfile({
  policy,
  machine,
  facts,
  options,
  container,
}: Omit<FirewallStageInput, 'rules'>): string | undefined {
  if (!policy.rules.some(({ profileCrossing }) => profileCrossing)) return undefined;
  const interfaceFacts = { ...facts, profile: null };
  const rest = digestOf([machine, interfaceFacts, options, container && withoutNumbers(container)]);
  return `${policyDigest(policy)}-${rest}`;
}

/** A policy is that of many endpoints. */
const policyDigests = new WeakMap<EffectivePolicy, string>();

function policyDigest(policy: EffectivePolicy): string {
  const known = policyDigests.get(policy) ?? digestOf(policy);
  policyDigests.set(policy, known);
  return known;
}

/** Numbers of rules depend on what else the model holds. */
function withoutNumbers({ acls, ...rest }: ContainerFirewall): object {
  const plain = (rules: readonly NormalisedRule[]): object[] =>
    rules.map((rule) => ({ ...rule, id: null, partOf: null }));
  return { ...rest, acls: acls && { in: plain(acls.in), out: plain(acls.out) } };
}

/** Where something was written does not matter. */
function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (key, each: unknown) => {
    if (key === 'location') return undefined;
    if (typeof each === 'bigint') return each.toString(16);
    return each instanceof Map ? [...(each as Map<unknown, unknown>)] : each;
  });
  return createHash('sha256').update(text).digest('hex');
}
