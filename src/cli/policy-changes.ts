/** `--at`: policies that take the place of others on the way through captures. */
import { loadHost, type LoadedHost } from '../load-host.js';
import { readMarkedPolicies } from '../update/marks.js';
import type { PolicyChange } from '../update/policy-schedule.js';
import { hostSources, type ModelOptions } from './model-options.js';

/**
 * The hosts of `--at`: what the command line gives, with other policies.
 *
 * @throws {PolicyError} and {@link PortaclError} as `loadHost`; bad-usage
 */
export async function loadChanges(
  options: ModelOptions & { readonly at?: string[] },
): Promise<(PolicyChange & LoadedHost)[]> {
  const changes: (PolicyChange & LoadedHost)[] = [];
  for (const { mark, policies } of readMarkedPolicies(options.at ?? [])) {
    const loaded = await loadHost({ ...hostSources(options), policies });
    changes.push({ ...loaded, at: mark });
  }
  return changes;
}
