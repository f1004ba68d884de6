/** Each lint with one case that has it and one that has not. */
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.js';
import { lintHost } from '../../src/lint/lint-host.js';
import { COMPARISONS_MAX } from '../../src/lint/lint-context.js';
import { acl, hostOf, type Reading } from '../policy/reading.js';

const PAIR = [
  acl({ Id: 'all-in', Priority: 65500 }),
  acl({ Id: 'all-out', Direction: 'Out', Priority: 65500 }),
];
const hostRule = (fields: Record<string, unknown>): unknown =>
  acl({ RuleType: 'Host', Priority: 0, ...fields });
const HOST_PAIR = [hostRule({ Id: 'host-in' }), hostRule({ Id: 'host-out', Direction: 'Out' })];
const on = (driver: string, windows: string): Reading => ({
  platform: { driver, windows, isolation: 'process' },
});

function codesOf(
  policy: unknown,
  reading: Reading = {},
): (readonly [ErrorCode, string | undefined])[] {
  return lintHost(hostOf(policy, { strict: false, ...reading })).map(
    (d) => [d.code, d.rule] as const,
  );
}

describe.each<[ErrorCode, string, unknown, string | undefined, unknown, Reading?, Reading?]>([
  [
    'implicit-deny-surprise',
    'one that only blocks',
    [acl({ Action: 'Block', Direction: 'Out', RemoteAddresses: '10.0.0.9' })],
    undefined,
    [acl({ Action: 'Block', Direction: 'Out', RemoteAddresses: '10.0.0.9' }), ...PAIR],
  ],
  [
    'implicit-deny-surprise',
    'rules of one direction',
    [acl()],
    undefined,
    [acl(), acl({ Direction: 'Out', Action: 'Block', Priority: 65500 })],
  ],
  [
    'equal-priority-conflict',
    'Allow and Block of one number (V14)',
    [acl({ Id: 'a', Priority: 1000 }), acl({ Id: 'b', Priority: 1000, Action: 'Block' })],
    'a',
    [
      acl({ Id: 'a', Priority: 1000, RemoteAddresses: '10.0.0.1' }),
      acl({ Id: 'b', Priority: 1000, Action: 'Block', RemoteAddresses: '10.0.0.2' }),
    ],
  ],
  [
    'equal-priority-conflict',
    'one family in common',
    [
      acl({ Id: 'a', RemoteAddresses: '10.0.0.1,fd00::1' }),
      acl({ Id: 'b', Action: 'Block', RemoteAddresses: 'fd00::/64' }),
    ],
    'a',
    [
      acl({ Id: 'a', RemoteAddresses: '10.0.0.1' }),
      acl({ Id: 'b', Action: 'Block', RemoteAddresses: 'fd00::/64' }),
    ],
  ],
  [
    'redundant-rule',
    'a rule below one that is wider',
    [
      acl({ Id: 'wide', RemoteAddresses: '10.0.0.0/8' }),
      acl({
        Id: 'narrow',
        Priority: 300,
        RemoteAddresses: '10.1.0.0/16',
        Protocols: '6',
        LocalPorts: '80',
      }),
      ...PAIR,
    ],
    'narrow',
    [
      acl({ Id: 'wide', Priority: 300, RemoteAddresses: '10.0.0.0/8' }),
      acl({ Id: 'narrow', RemoteAddresses: '10.1.0.0/16', Protocols: '6', LocalPorts: '80' }),
      ...PAIR,
    ],
  ],
  [
    'redundant-rule',
    'a port within a range',
    [
      acl({ Id: 'wide', Protocols: '6', LocalPorts: '80-90' }),
      acl({ Id: 'narrow', Priority: 300, Protocols: '6', LocalPorts: '85' }),
    ],
    'narrow',
    [
      acl({ Id: 'wide', Protocols: '6', LocalPorts: '80-90' }),
      acl({ Id: 'narrow', Priority: 300, Protocols: '6', LocalPorts: '91' }),
    ],
  ],
  [
    'shadowed-rule',
    'a Block below an Allow that is wider',
    [
      acl({ Id: 'wide', RemoteAddresses: '10.0.0.0/8' }),
      acl({ Id: 'narrow', Action: 'Block', Priority: 300, RemoteAddresses: '10.1.0.0/16' }),
    ],
    'narrow',
    [
      acl({ Id: 'wide', RemoteAddresses: '10.0.0.0/8' }),
      acl({ Id: 'narrow', Priority: 300, RemoteAddresses: '10.1.0.0/16' }),
    ],
  ],
  [
    'never-matches',
    'two families',
    [acl({ Id: 'x', LocalAddresses: '10.0.0.1', RemoteAddresses: 'fd00::1' })],
    'x',
    [acl({ Id: 'x', LocalAddresses: '10.0.0.1,fd00::2', RemoteAddresses: 'fd00::1' })],
  ],
  [
    'host-acl-order',
    'an Allow with the better number over a Block',
    [
      hostRule({ Id: 'a', Priority: 100 }),
      hostRule({ Id: 'b', Priority: 200, Action: 'Block', RemoteAddresses: '10.0.0.1' }),
    ],
    'a',
    [
      hostRule({ Id: 'a', Priority: 300 }),
      hostRule({ Id: 'b', Priority: 200, Action: 'Block', RemoteAddresses: '10.0.0.1' }),
    ],
  ],
  [
    'legacy-inbound-deny',
    'an old build without mapping',
    [],
    undefined,
    [{ Type: 'NAT', Protocol: 'TCP', InternalPort: 80 }],
    on('nat', '2016'),
    on('nat', '2016'),
  ],
  [
    'assumed-platform',
    'a driver that nothing says',
    PAIR,
    undefined,
    PAIR,
    { platform: { windows: '2022', isolation: 'process' } },
  ],
  [
    'server-2025-nat-acl',
    'ACLs on NAT on build 26100',
    [acl()],
    undefined,
    [acl()],
    on('nat', '2025'),
    on('nat', '2022'),
  ],
  [
    'host-allow-missing',
    'Host rules without the pair',
    [hostRule({ Action: 'Block', Protocols: '6', LocalPorts: '80' })],
    undefined,
    [hostRule({ Action: 'Block', Protocols: '6', LocalPorts: '80' }), ...HOST_PAIR],
  ],
  [
    'dns-blocked',
    'one port out',
    [acl({ Direction: 'Out', Protocols: '6', RemotePorts: '443' })],
    undefined,
    [
      acl({ Direction: 'Out', Protocols: '6', RemotePorts: '443' }),
      acl({ Direction: 'Out', Protocols: '17', RemotePorts: '53' }),
    ],
  ],
])('%s', (code, title, has, rule, hasNot, hasReading, hasNotReading) => {
  it(`has it: ${title}`, () => {
    expect(codesOf(has, hasReading)).toContainEqual([code, rule]);
  });
  it('has it not', () => {
    expect(codesOf(hasNot, hasNotReading).map(([c]) => c)).not.toContain(code);
  });
});

it('a lint names the place of the rule', () => {
  const host = hostOf(
    '[{"Type":"ACL","Action":"Allow","Direction":"In","Priority":200},\n {"Type":"ACL","Action":"Allow","Direction":"In","Priority":300,"Protocols":"6"}]',
  );
  const finding = lintHost(host).find((d) => d.code === 'redundant-rule');
  expect(finding!.location).toEqual({ file: 'policy.json', line: 2, column: 2, path: '[1]' });
});

it('work on long lists is bounded, and says where it stopped', () => {
  const count = Math.ceil(Math.sqrt(2 * COMPARISONS_MAX)) + 10;
  const policy = Array.from({ length: count }, (_, i) =>
    acl({ Id: `r${i}`, RemoteAddresses: `10.${i >> 8}.${i & 255}.0/24`, Priority: 100 + i }),
  );
  expect(codesOf(policy)).toContainEqual(['not-checked', undefined]);
});

it('a host without ACLs has nothing to say', () => {
  expect(codesOf([])).toEqual([]);
});
