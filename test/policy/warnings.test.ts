/** What is taken with a warning: repaired by the lenient reading, or odd in either. */
import { describe, expect, it } from 'vitest';
import { acl, briefly, diagnosticsOf, hostOf, type Reading } from './reading.js';

describe('lenient reading takes, with a warning', () => {
  const lenient: Reading = { strict: false };
  it.each<[string, Record<string, unknown>, string]>([
    ['an action in another case', { Action: 'allow' }, 'unknown-value'],
    ['a field in another case', { Protocols: '6', Localports: '80' }, 'unknown-field'],
    ['a field no schema knows', { Color: 'red' }, 'unknown-field'],
    ['a number where a text belongs', { Protocols: 6 }, 'wrong-type'],
    ['a text where a number belongs', { Priority: '200' }, 'wrong-type'],
    ['a protocol by name', { Protocols: 'tcp' }, 'bad-protocol'],
    ['protocol 0', { Protocol: 0 }, 'bad-protocol'],
    ['no priority', { Priority: 0 }, 'bad-priority'],
    ['a priority of 99', { Priority: 99 }, 'bad-priority'],
    ['a service, leaving the rule out', { ServiceName: 'dns' }, 'unsupported-condition'],
  ])('%s', (_, fields, code) => {
    expect(diagnosticsOf([acl(fields)], lenient).map((d) => `${d.severity} ${d.code}`)).toEqual([
      `warning ${code}`,
    ]);
    hostOf([acl(fields)], lenient);
  });

  it('a type no schema knows, said once', () => {
    const policy = [{ Type: 'LoopbackDSR' }, { Type: 'LoopbackDSR' }, acl()];
    expect(briefly(policy, lenient)).toEqual(['info unknown-policy-type 0:0 [0].Type']);
  });
});

describe('either reading warns of', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['host bits below the prefix', { LocalAddresses: '10.0.0.1/8' }, 'bad-prefix'],
    ['spaces in addresses', { LocalAddresses: '10.0.0.1, 10.0.0.2' }, 'space-in-list'],
    ['spaces in ports', { Protocols: '6', LocalPorts: '80, 81' }, 'space-in-list'],
    ['a list of protocols', { Protocols: '6,17' }, 'protocol-list'],
    ['ports of any protocol on the switch', { LocalPorts: '80' }, 'ports-of-any-protocol'],
    ['a long list', { RemoteAddresses: new Array(4001).fill('10.0.0.1').join() }, 'long-list'],
  ])('%s', (_, fields, code) => {
    expect(diagnosticsOf([acl(fields)]).map((d) => `${d.severity} ${d.code}`)).toEqual([
      `warning ${code}`,
    ]);
  });

  it('policies that are equal in every field, and takes them once', () => {
    const policy = [
      acl({ Id: 'a' }),
      acl({ Id: 'b' }),
      acl({ Id: 'a' }),
      acl({ Id: 'a', Priority: 300 }),
    ];
    expect(briefly(policy)).toEqual(['warning duplicate-policy 0:0 [2]']);
    expect(hostOf(policy).rules).toHaveLength(3);
  });

  it('what keeps containers apart, which is not judged', () => {
    const of = (DisableICC: boolean): readonly string[] =>
      briefly({ Name: 'e', IPAddress: '10.0.0.5', DisableICC, Policies: [] });
    expect(of(true)).toEqual(['warning policy-not-evaluated 0:0 DisableICC']);
    expect(of(false)).toEqual([]);
  });

  it('a prefix of length 0 on NAT', () => {
    const platform = { driver: 'nat', isolation: 'process', windows: '2022' };
    expect(briefly([acl({ RemoteAddresses: '0.0.0.0/0' })], { platform })).toEqual([
      'warning any-family-address 0:0 [0].RemoteAddresses',
    ]);
  });
});
