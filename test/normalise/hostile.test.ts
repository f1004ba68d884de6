/** Whatever a document holds, reading it gives diagnostics and never an exception. */
import { expect, it } from 'vitest';
import { lintHost } from '../../src/lint/lint-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { policyFromValue } from '../../src/policy/load.js';
import { randomOf } from '../source/random.js';

const KEYS = [
  'Type',
  'Settings',
  'Policies',
  'Action',
  'Direction',
  'Priority',
  'Protocol',
  'Protocols',
  'LocalPorts',
  'RemotePort',
  'InternalPort',
  'LocalAddresses',
  'RemoteAddresses',
  'RuleType',
  'Id',
  'Name',
  'Order',
  'TierAclRules',
  'TierAclRuleAction',
  'PolicyType',
  'Values',
  'HostComputeNetwork',
  'IpConfigurations',
  'IpAddress',
  'VirtualNetwork',
  'IPAddress',
  'MacAddress',
  'Flags',
  'Ipams',
  'Success',
  'Output',
  'RequestType',
  'ExternalPort',
  'HostComputeEndpoints',
  'FrontendVIPs',
  'PortMappings',
  'DistributionType',
  'References',
  'VIPs',
  'priority',
  '__proto__',
  'constructor',
  'toString',
];
const VALUES = [
  'ACL',
  'TierAcl',
  'SetPolicy',
  'NAT',
  'PortMapping',
  'QOS',
  'ELB',
  'Allow',
  'Block',
  'Pass',
  'In',
  'Out',
  'Host',
  'Switch',
  'IPSET',
  'NESTEDIPSET',
  'Add',
  'Overlay',
  '',
  ' ',
  ',',
  '10.0.0.1',
  '10.0.0.0/8',
  'fd00::/64',
  'Any',
  'a',
  'a,b',
  '6',
  '80',
  '80-90',
  '90-80',
  '@{a=b}',
  0,
  1,
  6,
  80,
  200,
  65536,
  -1,
  0.5,
  1e308,
  Infinity,
  NaN,
  true,
  false,
  null,
];

it('random documents never throw', () => {
  const seed = 4711;
  const random = randomOf(seed);
  const value = (depth: number): unknown => {
    const kind = random(depth > 5 ? 6 : 10);
    if (kind < 6) return VALUES[random(VALUES.length)];
    if (kind < 8) return Array.from({ length: random(4) }, () => value(depth + 1));
    return object(depth);
  };
  const object = (depth: number): unknown =>
    Object.fromEntries(
      Array.from({ length: random(8) }, () => [KEYS[random(KEYS.length)], value(depth + 1)]),
    );
  const acl = (): unknown => ({
    Type: 'ACL',
    Action: 'Allow',
    Direction: 'In',
    Priority: 200,
    ...(object(3) as object),
  });
  for (let i = 0; i < 5000; i++) {
    const strict = random(2) === 0;
    const input = random(2) === 0 ? value(0) : [acl(), acl(), object(1)];
    const documents = [policyFromValue(input, 'random', { strict })];
    const driver = ['l2bridge', 'nat', 'overlay'][random(3)];
    const windows = ['2016', '2019', '2022', '2025'][random(4)];
    const told = `seed ${seed}, document ${i}: ${JSON.stringify(input)}`;
    expect(() => {
      const { host } = normaliseHost({ documents, strict, platform: { driver, windows } });
      if (host !== null) lintHost(host);
    }, told).not.toThrow();
  }
});
