/** Policies of type NetworkACL, as the option `networkAcl` has them. Source: hns.md 6.6. */
import { describe, expect, it } from 'vitest';

import { compileHost } from '../../src/compile/compile-host.js';
import { normaliseHost, type PlatformFlags } from '../../src/normalise/normalise-host.js';
import type { SemanticOptionsInput } from '../../src/normalise/options.js';
import { policyFromValue } from '../../src/policy/load.js';
import { Simulator } from '../../src/simulate/simulate.js';
import { brief, L2BRIDGE } from '../policy/reading.js';

const settings = { Direction: 'In', Protocols: '6', Priority: 500 };
const networkAcl = (fields: object): object => ({
  Type: 'NetworkACL',
  Settings: { ...settings, ...fields },
});
const acl = (fields: object): object => ({ Type: 'ACL', Settings: { ...settings, ...fields } });
const documentOf = (network: object[], own: object[]): object[] => [
  { ID: 'n', Name: 'pods', Type: 'L2Bridge', Ipams: [], Policies: network },
  {
    ...{ ID: 'e', Name: 'web', HostComputeNetwork: 'n', Policies: own },
    IpConfigurations: [{ IpAddress: '10.0.0.5' }],
  },
];
const normalise = (
  policy: unknown,
  networkAcl: SemanticOptionsInput['networkAcl'],
  platform: PlatformFlags = L2BRIDGE,
): ReturnType<typeof normaliseHost> =>
  normaliseHost({
    documents: [policyFromValue(policy, 'network.json', { strict: true })],
    options: networkAcl === undefined ? {} : { networkAcl },
    ...{ strict: true, platform },
  });
/** Verdict and reason or rule of TCP to each port. */
const answers = (
  policy: unknown,
  option: SemanticOptionsInput['networkAcl'],
  ports: readonly number[],
): string[] => {
  // Without a firewall that could refuse, an allow names the switch stage.
  const platform = { ...L2BRIDGE, isolation: 'hyperv' };
  const { host, diagnostics } = normalise(policy, option, platform);
  if (host === null) throw new Error(diagnostics.map(brief).join());
  const simulator = new Simulator(compileHost(host), { stateless: true });
  return simulator
    .judge(ports.map((dport) => ({ proto: 'tcp', src: '10.9.9.9', dst: '10.0.0.5', dport })))
    .map(([record]) => `${record!.verdict} ${record!.rule ?? record!.reason}`);
};

const mixed = documentOf(
  [
    networkAcl({ Id: 'n-block', Action: 'Block', LocalPorts: '22', Priority: 200 }),
    networkAcl({ Id: 'n-allow', Action: 'Allow', LocalPorts: '22-80', Priority: 300 }),
  ],
  [
    acl({ Id: 'own-22', Action: 'Allow', LocalPorts: '22', Priority: 100 }),
    acl({ Id: 'own-80', Action: 'Block', LocalPorts: '80', Priority: 400 }),
  ],
);

describe('network ACLs', () => {
  it('are kept and not evaluated unless asked for, and said so', () => {
    expect(answers(mixed, undefined, [22, 70, 80])).toEqual([
      'allow own-22',
      'drop implicit-deny',
      'drop own-80',
    ]);
    expect(normalise(mixed, undefined).diagnostics.map(brief)).toEqual([
      'info policy-not-evaluated 0:0 [0].Policies[0]',
    ]);
    expect(normalise(mixed, 'merge').diagnostics).toEqual([]);
  });

  it('merge into one list with the ACLs of each endpoint', () => {
    expect(answers(mixed, 'merge', [22, 70, 80, 443])).toEqual([
      'allow own-22',
      'allow n-allow',
      'allow n-allow',
      'drop implicit-deny',
    ]);
  });

  it('end with a Block before the ACLs of the endpoint, and go on with an Allow', () => {
    expect(answers(mixed, 'before', [22, 70, 80, 443])).toEqual([
      'drop n-block',
      'drop implicit-deny',
      'drop own-80',
      'drop implicit-deny',
    ]);
  });

  it('deny nothing more before an endpoint without ACLs, and as ACLs do when merged', () => {
    const alone = documentOf([networkAcl({ Id: 'n', Action: 'Block', LocalPorts: '22' })], []);
    expect(answers(alone, 'before', [22, 80])).toEqual(['drop n', 'allow default-allow']);
    expect(answers(alone, 'merge', [22, 80])).toEqual(['drop n', 'drop implicit-deny']);
  });

  it('are not evaluated on an endpoint, whatever the option, and said so', () => {
    const misplaced = documentOf([], [networkAcl({ Action: 'Block' })]);
    for (const option of ['off', 'merge', 'before'] as const) {
      expect(normalise(misplaced, option).diagnostics.map(brief)).toEqual([
        'info policy-not-evaluated 0:0 [1].Policies[0]',
      ]);
      expect(answers(misplaced, option, [22])).toEqual(['allow guest-default-allow']);
    }
  });

  it('of lists that stand alone hold for the network', () => {
    const loose = [networkAcl({ Id: 'loose', Action: 'Block', LocalPorts: '22' })];
    const { host, diagnostics } = normalise(loose, 'merge');
    expect(diagnostics.map(brief)).toEqual([]);
    expect(host!.rules.map(({ name }) => name)).toEqual(['loose']);
  });

  it.each<[string, object, SemanticOptionsInput['networkAcl'], PlatformFlags, string[]]>([
    [
      'a wrong field',
      networkAcl({ Action: 'Deny' }),
      'off',
      L2BRIDGE,
      ['error unknown-value 0:0 [0].Policies[0].Settings.Action'],
    ],
    [
      'a build without them',
      networkAcl({ Action: 'Block' }),
      'merge',
      { ...L2BRIDGE, windows: '2019' },
      ['error needs-newer-windows 0:0 [0].Policies[0]'],
    ],
    [
      'Host rules before others',
      networkAcl({ Action: 'Block', RuleType: 'Host' }),
      'before',
      L2BRIDGE,
      ['error rule-type-not-supported 0:0 [0].Policies[0]'],
    ],
    [
      'a driver that takes no Switch rules',
      networkAcl({ Action: 'Block', RuleType: 'Switch' }),
      'merge',
      { ...L2BRIDGE, driver: 'nat' },
      ['error rule-type-not-supported 0:0 [0].Policies[0]'],
    ],
  ])('are refused with %s', (_, policy, option, platform, expected) => {
    const { diagnostics } = normalise(documentOf([policy], []), option, platform);
    expect(diagnostics.map(brief)).toEqual(expected);
  });
});
