/** What a platform refuses, with its place: releases, drivers and isolations that do not take a policy. */
import { describe, expect, it } from 'vitest';
import { acl, aclText, briefly, diagnosticsOf, FIELDS, type Reading } from './reading.js';

describe('a platform refuses', () => {
  it.each<[string, string, string[], Reading]>([
    [
      'an IPv6 address on overlay',
      aclText('"LocalAddresses":"fd00::1"'),
      [`error needs-newer-windows 2:${FIELDS + 17} [0].LocalAddresses`],
      { platform: { driver: 'overlay', isolation: 'process', windows: '2022' } },
    ],
    [
      'an IPv6 address before Server 2022',
      aclText('"LocalAddresses":"fd00::1"'),
      [`error needs-newer-windows 2:${FIELDS + 17} [0].LocalAddresses`],
      { platform: { driver: 'l2bridge', isolation: 'process', windows: '2019' } },
    ],
    [
      'a Host rule without priority before 1803',
      '{"Type":"ACL","Action":"Allow","Direction":"In","RuleType":"Host"}',
      ['error bad-priority 1:1'],
      { platform: { driver: 'l2bridge', isolation: 'process', windows: '1709' } },
    ],
    [
      'a list of ports before 1803',
      aclText('"Protocols":"6","LocalPorts":"80,81"'),
      [`error needs-newer-windows 2:${FIELDS + 29} [0].LocalPorts`],
      { platform: { driver: 'l2bridge', isolation: 'process', windows: '1709' } },
    ],
    [
      'a list of addresses before 1803',
      aclText('"LocalAddresses":"10.0.0.1,10.0.0.2"'),
      [`error needs-newer-windows 2:${FIELDS + 17} [0].LocalAddresses`],
      { platform: { driver: 'l2bridge', isolation: 'process', windows: '1709' } },
    ],
    [
      'a tier before Server 2022',
      '{"Type":"TierAcl","Settings":{"Name":"t","Order":1,"Direction":"In","TierAclRules":[]}}',
      ['info tiers-assumed 1:1', 'error needs-newer-windows 1:1'],
      { platform: { driver: 'l2bridge', isolation: 'process', windows: '2019' } },
    ],
    [
      'a Switch rule on NAT, with its place',
      aclText('"RuleType":"Switch"'),
      ['error rule-type-not-supported 2:1 [0]'],
      { platform: { driver: 'nat', isolation: 'process', windows: '2022' } },
    ],
    [
      'any ACL on NAT with Hyper-V isolation, with its place',
      aclText('"Protocols":"6"'),
      ['error not-reprogrammable 2:1 [0]'],
      { platform: { driver: 'nat', isolation: 'hyperv', windows: '2022' } },
    ],
    [
      'a set before Server 2022',
      '{"Type":"SetPolicy","Settings":{"Id":"s","PolicyType":"IPSET","Values":""}}',
      ['error needs-newer-windows 1:1'],
      { platform: { driver: 'l2bridge', isolation: 'process', windows: '2019' } },
    ],
  ])('%s', (_, text, expected, reading) => {
    expect(briefly(text, reading)).toEqual(expected);
  });

  it('a Switch rule on NAT (V15)', () => {
    const platform = { driver: 'nat', isolation: 'process', windows: '2022' };
    expect(briefly([acl({ RuleType: 'Switch' })], { platform })).toEqual([
      'error rule-type-not-supported 0:0 [0]',
    ]);
  });
  it('any ACL on NAT with Hyper-V isolation (V16)', () => {
    const platform = { driver: 'nat', isolation: 'hyperv', windows: '2022' };
    expect(briefly([acl()], { platform })).toEqual(['error not-reprogrammable 0:0 [0]']);
  });
  it('a Host rule on L2Bridge with Hyper-V isolation (V17)', () => {
    const platform = { driver: 'L2Bridge', isolation: 'Hyper-V', windows: '2022' };
    const [diagnostic] = diagnosticsOf([acl({ RuleType: 'Host' })], { platform });
    expect(diagnostic).toMatchObject({ code: 'rule-type-not-supported', hns: '0x803b0015' });
    expect(diagnostic!.message).toMatch(/build 20348.*l2bridge.*hyperv/);
  });
});
