/** Short ways to a reading for the tests of the policy front end. */
import type { HostInput, PlatformFlags } from '../../src/normalise/host-input.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import type { NormalisedHost, NormalisedRule } from '../../src/normalise/normalised-host.js';
import type { SemanticOptionsInput } from '../../src/normalise/options.js';
import { policyFromText, policyFromValue } from '../../src/policy/load.js';
import type { Diagnostic } from '../../src/source/diagnostic.js';

/** Where the tests stand unless they say otherwise. */
export const L2BRIDGE: PlatformFlags = {
  windows: 'ws2022',
  driver: 'l2bridge',
  isolation: 'process',
};

export interface Reading {
  readonly strict?: boolean;
  readonly platform?: PlatformFlags;
  readonly options?: SemanticOptionsInput;
}

/** Diagnostics of a text, or of a value, read and normalised. */
export function diagnosticsOf(policy: unknown, reading: Reading = {}): readonly Diagnostic[] {
  return normalise(policy, reading).diagnostics;
}

/** `severity code line:column path` of each diagnostic: everything but the words. */
export function briefly(policy: unknown, reading: Reading = {}): readonly string[] {
  return diagnosticsOf(policy, reading).map(brief);
}

export function brief({ severity, code, location }: Diagnostic): string {
  return `${severity} ${code} ${location.line}:${location.column} ${location.path}`.trimEnd();
}

export function normalise(
  policy: unknown,
  { strict = true, platform = L2BRIDGE, options = {} }: Reading = {},
): ReturnType<typeof normaliseHost> {
  const document =
    typeof policy === 'string'
      ? policyFromText(policy, 'policy.json', { strict })
      : policyFromValue(policy, 'policy.json', { strict });
  const input: HostInput = { documents: [document], strict, platform, options };
  return normaliseHost(input);
}

/** The host of policies that must be right. */
export function hostOf(policy: unknown, reading: Reading = {}): NormalisedHost {
  const { host, diagnostics } = normalise(policy, reading);
  if (host === null) throw new Error(diagnostics.map((d) => d.message).join('\n'));
  return host;
}

/** The one rule of a policy that must be right. */
export function ruleOf(policy: unknown, reading: Reading = {}): NormalisedRule {
  return hostOf(policy, reading).rules[0]!;
}

/** A v1 ACL with what differs. */
export function acl(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { Type: 'ACL', Action: 'Allow', Direction: 'In', Priority: 200, ...fields };
}

/** A JSON text with an ACL on line 2, so that places are worth asserting. */
export function aclText(fields: string): string {
  return `[\n{"Type":"ACL","Action":"Allow","Direction":"In","Priority":200,${fields}}]`;
}
/** Column of the first of those fields' values. */
export const FIELDS = aclText('').split('\n')[1]!.indexOf('200,') + 5;
