/** Names are bounded: every record of a packet repeats those it is about. */
import { describe, expect, it } from 'vitest';
import { acl, briefly, diagnosticsOf } from './reading.js';

describe('a name has at most 1,024 characters', () => {
  const atMost = 'n'.repeat(1024);
  const long = `${atMost}n`;
  const tier = (name: string, id: string): object => ({
    Type: 'TierAcl',
    Settings: {
      Name: name,
      Order: 1,
      Direction: 'In',
      TierAclRules: [{ Id: id, TierAclRuleAction: 'Allow', Priority: 200 }],
    },
  });
  const set = (id: string): object => ({
    Type: 'SetPolicy',
    Settings: { Id: id, Name: 'set', PolicyType: 'IPSET', Values: '10.0.0.1' },
  });

  it.each<[string, (name: string) => unknown, string]>([
    ['of a v1 rule', (name) => [acl({ Id: name })], '[0].Id'],
    [
      'of a v2 rule',
      (Id) => ({ Type: 'ACL', Settings: { Id, Action: 'Allow', Direction: 'In', Priority: 200 } }),
      'Settings.Id',
    ],
    ['of a tier', (name) => [tier(name, 'r')], '[0].Settings.Name'],
    ['of a rule of a tier', (name) => [tier('t', name)], '[0].Settings.TierAclRules[0].Id'],
    ['of a set', (name) => [set(name)], '[0].Settings.Id'],
    ['of a v1 endpoint', (Name) => ({ Name, IPAddress: '10.0.0.1' }), 'Name'],
    ['of a v2 endpoint', (ID) => ({ ID, HostComputeNetwork: 'n' }), 'ID'],
    [
      'of the network of an endpoint',
      (name) => ({ HostComputeNetwork: name }),
      'HostComputeNetwork',
    ],
    ['of a network', (Name) => ({ Name, Type: 'L2Bridge', Subnets: [] }), 'Name'],
  ])('%s', (_, document, path) => {
    for (const strict of [true, false]) {
      const errors = (name: string): string[] =>
        briefly(document(name), { strict }).filter((line) => line.startsWith('error'));
      expect(errors(atMost)).toEqual([]);
      expect(errors(long)).toEqual([`error name-too-long 0:0 ${path}`]);
    }
  });

  it('of the endpoint of a flag', () => {
    const platform = { windows: '2022', driver: 'l2bridge', isolation: 'process', endpoint: long };
    const [error] = diagnosticsOf([], { platform });
    expect(error).toMatchObject({ code: 'name-too-long', location: { file: '--endpoint' } });
    expect(error!.message.length).toBeLessThan(200);
  });

  it('also where it is that of very many megabytes', () => {
    const diagnostics = diagnosticsOf([acl({ Id: 'n'.repeat(50_000_000), Priority: 1 })]);
    expect(diagnostics.map(({ code }) => code)).toEqual(['name-too-long', 'bad-priority']);
    expect(JSON.stringify(diagnostics).length).toBeLessThan(4000);
  });
});
