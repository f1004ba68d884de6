/** What a rule's conditions become: addresses, ports, protocols, and sets of addresses by name. */
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/normalise/address.js';
import type { AddressSet } from '../../src/normalise/normalised-host.js';
import { acl, briefly, ruleOf, L2BRIDGE } from '../policy/reading.js';

const range = (from: string, to = from): [string, string] => [from, to];

function printed(set: AddressSet | null): [string, string][] | null {
  if (set === null) return null;
  const of = (family: 4 | 6) =>
    set[family === 4 ? 'ipv4' : 'ipv6'].map((r): [string, string] => [
      formatAddress({ family, value: r.from }),
      formatAddress({ family, value: r.to }),
    ]);
  return [...of(4), ...of(6)];
}

describe('conditions', () => {
  const both = {
    LocalAddresses: '10.1.0.5',
    RemoteAddresses: '10.9.0.0/16',
    Protocols: '6',
    LocalPorts: '80',
    RemotePorts: '1024-65535',
  };

  it('local is the destination of an In rule', () => {
    const { conditions } = ruleOf([acl(both)]);
    expect(printed(conditions.destination)).toEqual([range('10.1.0.5')]);
    expect(printed(conditions.source)).toEqual([range('10.9.0.0', '10.9.255.255')]);
    expect(conditions.destinationPorts).toEqual([{ from: 80, to: 80 }]);
    expect(conditions.sourcePorts).toEqual([{ from: 1024, to: 65535 }]);
  });

  it('local is the source of an Out rule', () => {
    const { conditions } = ruleOf([acl({ ...both, Direction: 'Out' })]);
    expect(printed(conditions.source)).toEqual([range('10.1.0.5')]);
    expect(conditions.sourcePorts).toEqual([{ from: 80, to: 80 }]);
  });

  it.each([
    ['absent', {}],
    [
      'the neutral values of a read-back',
      {
        InternalPort: 0,
        LocalAddresses: '',
        LocalPort: 0,
        Protocol: 256,
        RemoteAddresses: '',
        RemotePort: 0,
        ServiceName: '',
        Scope: 0,
      },
    ],
    ['null', { LocalAddresses: null, Protocols: null, LocalPorts: null }],
    ['256 as a text', { Protocols: '256' }],
  ])('%s means any', (_, fields) => {
    expect(ruleOf([acl(fields)]).conditions).toEqual({
      protocols: null,
      source: null,
      destination: null,
      sourcePorts: null,
      destinationPorts: null,
    });
  });

  it('lists are merged and sorted, families apart', () => {
    const { conditions } = ruleOf([
      acl({
        RemoteAddresses: '10.0.0.2,10.0.0.0/31,fd00::/127',
        Protocols: '17',
        LocalPorts: '90,80-88,89',
      }),
    ]);
    expect(printed(conditions.source)).toEqual([
      range('10.0.0.0', '10.0.0.2'),
      range('fd00::', 'fd00::1'),
    ]);
    expect(conditions.destinationPorts).toEqual([{ from: 80, to: 90 }]);
  });

  it('ports of any protocol on the switch mean TCP and UDP', () => {
    expect(ruleOf([acl({ LocalPorts: '80' })]).conditions.protocols).toEqual([6, 17]);
  });

  it('the port list "0" is port 0, the number 0 is any', () => {
    const portsOf = (fields: object): unknown =>
      ruleOf([acl({ Protocol: 6, ...fields })], { strict: false }).conditions.destinationPorts;
    expect(portsOf({ LocalPorts: '0' })).toEqual([{ from: 0, to: 0 }]);
    expect(portsOf({ LocalPort: 0 })).toBeNull();
    // Of the wrong type; lenient reading takes it.
    expect(portsOf({ LocalPorts: 0 })).toBeNull();
  });

  it('v1 and v2 say the same', () => {
    const v2 = {
      Type: 'ACL',
      Settings: {
        Action: 'Allow',
        Direction: 'In',
        Priority: 200,
        Protocols: '6',
        LocalPorts: '80',
      },
    };
    expect(ruleOf([acl({ Protocol: 6, LocalPort: 80 })]).conditions).toEqual(
      ruleOf([v2]).conditions,
    );
    expect(ruleOf([acl({ Protocol: 6, InternalPort: 80 })]).conditions).toEqual(
      ruleOf([v2]).conditions,
    );
  });
});

describe('sets', () => {
  const set = (Id: string, Values: string, PolicyType: unknown = 'IPSET'): unknown => ({
    Type: 'SetPolicy',
    Settings: { Id, Name: Id, PolicyType, Values },
  });
  const a = set('a', '10.0.0.1');
  const b = set('b', '10.0.0.1,10.0.0.2');
  const source = (fields: Record<string, unknown>, ...sets: unknown[]) =>
    ruleOf([...sets, acl(fields)]).conditions;

  it('names are ANDed and LocalAddresses means source in both directions (V21)', () => {
    for (const Direction of ['In', 'Out']) {
      const conditions = source({ Direction, LocalAddresses: 'a,b', RemoteAddresses: 'b' }, a, b);
      expect(printed(conditions.source)).toEqual([range('10.0.0.1')]);
      expect(printed(conditions.destination)).toEqual([range('10.0.0.1', '10.0.0.2')]);
    }
  });
  it('names in one field and addresses in the other meet at the source', () => {
    const conditions = source({ LocalAddresses: 'b', RemoteAddresses: '10.0.0.2' }, b);
    expect(printed(conditions.source)).toEqual([range('10.0.0.2')]);
    expect(conditions.destination).toBeNull();
  });
  it('a nested set has what its members have; a number as type is told by the values', () => {
    const nested = set('n', 'a,c', 2);
    const conditions = source({ LocalAddresses: 'n' }, nested, a, set('c', '10.0.0.3', 0));
    expect(printed(conditions.source)).toEqual([range('10.0.0.1'), range('10.0.0.3')]);
  });
  it('a nested set without members matches all before build 26100, with a warning', () => {
    const policy = [set('n', '', 'NESTEDIPSET'), acl({ LocalAddresses: 'n' })];
    expect(briefly(policy)).toEqual([
      'warning empty-nested-set-matches-all 0:0 [0].Settings.Values',
    ]);
    expect(ruleOf(policy).conditions.source).toBeNull();
    const platform = { ...L2BRIDGE, windows: '2025' };
    expect(briefly(policy, { platform })).toEqual([]);
    expect(printed(ruleOf(policy, { platform }).conditions.source)).toEqual([]);
  });
  it('a nested set without members is what the option emptyNestedSet says', () => {
    const policy = [set('n', '', 'NESTEDIPSET'), acl({ LocalAddresses: 'n' })];
    const newest = { ...L2BRIDGE, windows: '2025' };
    const [nothing, everything] = (['nothing', 'everything'] as const).map((emptyNestedSet) => ({
      options: { emptyNestedSet },
    }));
    expect(briefly(policy, nothing)).toEqual([]);
    expect(printed(ruleOf(policy, nothing).conditions.source)).toEqual([]);
    expect(ruleOf(policy, { ...everything, platform: newest }).conditions.source).toBeNull();
    expect(briefly(policy, { ...everything, platform: newest })).toEqual([
      'warning empty-nested-set-matches-all 0:0 [0].Settings.Values',
    ]);
  });
  it('names of sets are local and remote by the option setNameDirection, as addresses are', () => {
    const policy = [set('a', '10.0.0.1'), acl({ LocalAddresses: 'a' })];
    const options = { setNameDirection: 'local-remote' } as const;
    const byPacket = ruleOf(policy).conditions;
    const bySide = ruleOf(policy, { options }).conditions;
    expect([printed(byPacket.source), byPacket.destination]).toEqual([[range('10.0.0.1')], null]);
    expect([bySide.source, printed(bySide.destination)]).toEqual([null, [range('10.0.0.1')]]);
    const out = [set('a', '10.0.0.1'), acl({ Direction: 'Out', LocalAddresses: 'a' })];
    expect(ruleOf(out, { options }).conditions).toEqual(ruleOf(out).conditions);
  });
  it.each([
    [
      'an unknown set',
      [a, acl({ LocalAddresses: 'x' })],
      'error unknown-set 0:0 [1].LocalAddresses',
    ],
    [
      'a name where there are no sets',
      [acl({ LocalAddresses: 'x' })],
      'error bad-address 0:0 [0].LocalAddresses',
    ],
    [
      'Any where there are sets',
      [a, acl({ LocalAddresses: 'Any' })],
      'error bad-address 0:0 [1].LocalAddresses',
    ],
    [
      'names beside addresses',
      [a, acl({ LocalAddresses: 'a,10.0.0.1' })],
      'error mixed-sets-and-addresses 0:0 [1].LocalAddresses',
    ],
    [
      'an unknown member',
      [set('n', 'x', 'NESTEDIPSET')],
      'error unknown-set 0:0 [0].Settings.Values',
    ],
    [
      'a set that contains itself',
      [set('n', 'm', 'NESTEDIPSET'), set('m', 'n', 'NESTEDIPSET')],
      'error set-cycle 0:0 [1].Settings.Values',
    ],
    ['a value that is no address', [set('a', 'Any')], 'error bad-address 0:0 [0].Settings.Values'],
    [
      'a value with a wrong prefix',
      [set('a', '10.0.0.0/40')],
      'error bad-prefix 0:0 [0].Settings.Values',
    ],
  ])('%s is refused', (_, policy, expected) => {
    expect(briefly(policy)).toEqual([expected]);
  });
});
