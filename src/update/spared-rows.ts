/**
 * Rules whose flows a change of policy spares: those with profile crossing, where the profile of the
 * interface has changed and nothing else of its firewall. Source: windows-firewall.md 6.7.
 * Assumption: W19.
 */
import type { HostStage, NormalisedHost } from '../normalise/normalised-host.js';
import type { ProgramNames } from '../report/rule-names.js';

/** Rows of the earlier program, ascending. `endpoints`: see Succession. */
export function sparedRows(
  earlier: NormalisedHost,
  later: NormalisedHost,
  { rules }: ProgramNames,
  endpoints: Uint32Array,
): Uint32Array {
  const differing = earlier.endpoints.map(({ hostStage }, row) =>
    differInProfile(hostStage, later.endpoints[endpoints[row]!]?.hostStage),
  );
  // Rules are many, and hardly a change is one of profiles.
  if (!differing.includes(true)) return new Uint32Array(0);
  return Uint32Array.from(
    rules.flatMap(({ rule, endpoint }, row) =>
      rule?.profileCrossing && differing[endpoint] ? [row] : [],
    ),
  );
}

function differInProfile(earlier: HostStage, later: HostStage | undefined): boolean {
  if (earlier.kind !== 'firewall' || later?.kind !== 'firewall') return false;
  if (earlier.besideProfile === undefined || earlier.profile === later.profile) return false;
  return earlier.besideProfile === later.besideProfile;
}
