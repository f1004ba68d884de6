/** The work of all lints on long lists: counted, so that no load of the machine shows in it. */
import { expect, it } from 'vitest';

import { lintHost } from '../../src/lint/lint-host.js';
import type { Conditions, NormalisedHost } from '../../src/normalise/normalised-host.js';
import { acl, hostOf } from '../policy/reading.js';

/** Rules of peers and ports of their own, in both directions. */
function longList(count: number): NormalisedHost {
  return hostOf(
    Array.from({ length: count }, (_, i) => {
      const ports = i % 2 === 0 ? 'RemotePorts' : 'LocalPorts';
      return acl({
        ...{ Id: `r${i}`, Direction: i % 2 === 0 ? 'Out' : 'In', Protocols: '6' },
        ...{ Action: i % 5 === 0 ? 'Block' : 'Allow', Priority: 100 + (i % 60_000) },
        RemoteAddresses: `10.${(i >> 8) & 255}.${i & 255}.1`,
        [ports]: String(1 + ((i * 31) % 65_000)),
      });
    }),
  );
}

/** How often lints look at the conditions of a rule. */
function looksOf(host: NormalisedHost): number {
  let looks = 0;
  const rules = host.rules.map((rule) => {
    const counted = { ...rule };
    const get = (): Conditions => {
      looks += 1;
      return rule.conditions;
    };
    return Object.defineProperty(counted, 'conditions', { get });
  });
  lintHost({ ...host, rules });
  return looks;
}

it('grows as the list does, and not as its square', () => {
  const [some, twice] = [looksOf(longList(5000)), looksOf(longList(10_000))];
  expect(some).toBeGreaterThan(5000);
  expect(twice / some).toBeLessThan(2.2);
});
