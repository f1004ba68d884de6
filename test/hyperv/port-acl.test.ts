/** Port ACLs of Hyper-V as PowerShell prints them: what is read, what is refused and where. */
import { describe, expect, it } from 'vitest';

import { compileHost } from '../../src/compile/compile-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { hostView } from '../../src/report/host-view.js';
import { policyFromText, policyFromValue } from '../../src/policy/load.js';
import { Simulator } from '../../src/simulate/simulate.js';
import { brief } from '../policy/reading.js';

const adapter = (fields: object = {}): object => ({
  ...{ Name: 'Network Adapter', VMName: 'web', SwitchName: 'External', IsManagementOs: false },
  ...{ Id: 'Microsoft:1', MacAddress: '00155D010203', IPAddresses: ['10.0.0.5', 'fe80::5'] },
  ...fields,
});
const basic = (fields: object = {}): object => ({
  ...{ Action: 2, Direction: 1, LocalAddress: null, LocalAddressType: 2 },
  ...{ RemoteAddress: '10.0.0.0/8', RemoteAddressType: 2, MeteredMegabytes: null },
  ...{ ParentAdapter: adapter(), IsTemplate: false, ComputerName: 'HOST' },
  ...fields,
});
const extended = (fields: object = {}): object => ({
  ...{ Direction: 1, Action: 1, LocalIPAddress: 'ANY', RemoteIPAddress: 'ANY', LocalPort: '80' },
  ...{ RemotePort: 'ANY', Protocol: 'TCP', Weight: 10, Stateful: true, IdleSessionTimeout: 0 },
  ...{ IsolationID: 0, ParentAdapter: adapter(), IsTemplate: false },
  ...fields,
});
const platform = { windows: 'ws2022' };
const normalise = (...documents: unknown[]): ReturnType<typeof normaliseHost> =>
  normaliseHost({
    documents: documents.map((each, i) => policyFromValue(each, `${i}.json`, { strict: true })),
    ...{ platform, strict: true },
  });
const errorsOf = (acl: object, strict = true): string[] => {
  const text = JSON.stringify(acl, null, 1);
  const { diagnostics } = normaliseHost({
    documents: [policyFromText(text, 'acl.json', { strict })],
    ...{ platform, strict },
  });
  return diagnostics.filter(({ code }) => code !== 'assumed-platform').map(brief);
};

describe('port ACLs of Hyper-V', () => {
  it('are counted once in the platform model, whatever families they match', () => {
    const ofOne = extended({ RemoteIPAddress: '10.0.0.0/8', LocalPort: '81' });
    const { host } = normalise([extended(), ofOne, extended({ Direction: 2 })]);
    const [, adapter_] = hostView(host!).compartments;
    expect(adapter_!.switch!.rules).toEqual({ in: 2, out: 1 });
  });

  it('make their adapters endpoints, also from two documents', () => {
    const management = adapter({
      Id: 'Microsoft:2',
      Name: 'Management',
      IsManagementOs: true,
      IPAddresses: '10.0.0.9 fe80::9',
    });
    const { host } = normalise(
      [basic(), basic({ RemoteAddress: 'ANY' })],
      [extended(), extended({ ParentAdapter: management, Weight: 1 })],
    );
    expect(host!.networks).toMatchObject([{ name: 'External', driver: 'transparent' }, {}]);
    expect(host!.endpoints).toMatchObject([
      {
        ...{ name: 'web', network: 0, isolation: 'hyperv', mac: 0x00155d010203n },
        addresses: [{ family: 4, value: 0x0a000005n }, { family: 6 }],
        switchStage: {
          kind: 'vfp',
          layers: [
            { name: 'HYPERV_PORT_ACL', defaultAllow: true, stateful: false },
            { name: 'HYPERV_EXTENDED_PORT_ACL', defaultAllow: true, stateful: true },
          ],
        },
      },
      { name: 'Management', isolation: 'host' },
    ]);
  });

  it('count an ACL of both families once', () => {
    const { host } = normalise(extended());
    expect(host!.rules.map(({ name }) => name)).toEqual(['0.json']);
  });

  it('let replies in where the ACL is stateful, and what nothing matches', () => {
    const out = { Direction: 2, LocalPort: 'ANY', RemotePort: '53', Protocol: 'UDP' };
    const { host } = normalise([
      extended(out),
      extended({ ...out, RemotePort: '123', Stateful: false }),
      extended({ Action: 2, LocalPort: 'ANY', Protocol: 'ANY', Weight: 1, Stateful: false }),
    ]);
    const [web, peer] = ['10.0.0.5', '10.9.9.9'];
    const send = { proto: 'udp', src: web, dst: peer, sport: 5000 } as const;
    const reply = { proto: 'udp', src: peer, dst: web, dport: 5000 } as const;
    const records = new Simulator(compileHost(host!)).judge([
      { ...send, dport: 53 },
      { ...reply, sport: 53 },
      { ...send, dport: 123 },
      { ...reply, sport: 123 },
      { ...send, dport: 9 },
      { ...reply, sport: 9 },
    ]);
    expect(records.map(([record]) => [record!.verdict, record!.rule])).toEqual([
      ['allow', '0.json[0]'],
      ['allow', '0.json[0]'],
      ['allow', '0.json[1]'],
      ['drop', '0.json[2]'],
      ['allow', null],
      ['drop', '0.json[2]'],
    ]);
  });

  it('for MAC addresses are a list of their own, in which an address decides before any', () => {
    const mac = (RemoteAddress: string, fields: object = {}): object =>
      basic({ RemoteAddress, RemoteAddressType: 'Mac', ...fields });
    const any = { RemoteAddress: 'ANY', RemoteAddressType: 'WildcardMac', Direction: 'Both' };
    const peer = '02-00-00-00-00-01';
    const tuple = { proto: 'udp', src: '10.9.9.9', dst: '10.0.0.5', sport: 1, dport: 2 } as const;
    const [mine, other] = ['00-15-5d-01-02-03', '02-00-00-00-00-02'];
    const judged = (acls: object[], ...macs: [smac?: string, dmac?: string][]): string[] => {
      const { host } = normalise(acls);
      return new Simulator(compileHost(host!))
        .judge(
          macs.map(([smac, dmac]) => ({ ...tuple, ...(smac && { smac }), ...(dmac && { dmac }) })),
        )
        .map(([record]) => record!.verdict);
    };
    const only = [basic(any), mac('020000000001', { Action: 'Allow', Direction: 'Both' })];
    expect(judged(only, [peer, mine], [other, mine])).toEqual(['allow', 'drop']);
    // What a packet does not show is not met.
    expect(judged(only, [])).toEqual(['drop']);
    expect(judged([mac(peer)], [peer, mine], [other, mine], [])).toEqual([
      'drop',
      'allow',
      'allow',
    ]);
    // Of the other direction, and of the other side.
    expect(judged([mac(peer, { Direction: 'Outbound' })], [peer, mine])).toEqual(['allow']);
    const local = { LocalAddress: mine, LocalAddressType: 'Mac', RemoteAddress: null };
    expect(judged([basic(local)], [peer, mine], [mine, other])).toEqual(['drop', 'allow']);
    // Both lists must allow.
    const address = { RemoteAddress: '10.9.9.9' };
    expect(judged([...only, basic(address)], [peer, mine])).toEqual(['drop']);
    expect(judged([...only, basic({ ...address, Action: 'Allow' })], [other, mine])).toEqual([
      'drop',
    ]);
  });

  it.each<[string, object, string[]]>([
    ['an action outside the list', basic({ Action: 4 }), ['error unknown-value 2:12 Action']],
    [
      'a direction of the other kind',
      extended({ Direction: 'Both' }),
      ['error unknown-value 2:15 Direction'],
    ],
    [
      'an address that is none',
      basic({ RemoteAddress: '10.0.0.300' }),
      ['error bad-address 6:19 RemoteAddress'],
    ],
    [
      'a prefix out of range',
      basic({ RemoteAddress: '10.0.0.0/40' }),
      ['error bad-prefix 6:19 RemoteAddress'],
    ],
    [
      'addresses of both sides',
      basic({ LocalAddress: '10.0.0.5' }),
      ['error conflicting-fields 6:19 RemoteAddress'],
    ],
    [
      'a MAC address that is none',
      basic({ RemoteAddress: '00-15-5D-00-00', RemoteAddressType: 'Mac' }),
      ['error bad-address 6:19 RemoteAddress'],
    ],
    [
      'MAC addresses of both sides',
      basic({ LocalAddress: '00-15-5D-00-00-01', RemoteAddress: '00-15-5D-00-00-02' }),
      ['error conflicting-fields 6:19 RemoteAddress'],
    ],
    [
      'a MAC address beside another',
      basic({ LocalAddress: '00-15-5D-00-00-01' }),
      ['error bad-address 6:19 RemoteAddress'],
    ],
    [
      'a MAC address of an extended one, which has none',
      extended({ RemoteIPAddress: '00-15-5D-00-00-01' }),
      ['error bad-address 5:21 RemoteIPAddress'],
    ],
    ['a port that is none', extended({ LocalPort: 'http' }), ['error bad-port 6:15 LocalPort']],
    ['ports of ICMP', extended({ Protocol: 'ICMP' }), ['error ports-need-protocol 8:14 Protocol']],
    ['a protocol that is none', extended({ Protocol: 'x' }), ['error bad-protocol 8:14 Protocol']],
    ['a weight that is none', extended({ Weight: -1 }), ['error bad-priority 9:12 Weight']],
    ['a flag that is a text', extended({ Stateful: 'yes' }), ['error wrong-type 10:14 Stateful']],
    [
      'an isolated network',
      extended({ IsolationID: 7 }),
      ['error unsupported-condition 12:17 IsolationID'],
    ],
    [
      'an ACL that meters, which decides nothing',
      basic({ Action: 'Meter' }),
      ['info policy-not-evaluated 1:1'],
    ],
  ])('%s', (_, acl, expected) => {
    expect(errorsOf(acl)).toEqual(expected);
  });

  it('are left out in lenient reading where nothing here can judge them', () => {
    expect(errorsOf(extended({ IsolationID: 7 }), false)).toEqual([
      'warning unsupported-condition 12:17 IsolationID',
    ]);
  });

  it('are refused where their adapter was cut and there are several', () => {
    const cut = (name: string): object => basic({ ParentAdapter: name });
    expect(errorsOf([cut('VMNetworkAdapter (a)')])).toEqual([]);
    expect(errorsOf([cut('VMNetworkAdapter (a)'), cut('VMNetworkAdapter (b)')])).toEqual([
      'error truncated-dump 10:20 [0].ParentAdapter',
      'error truncated-dump 22:20 [1].ParentAdapter',
    ]);
  });

  it('are refused beside Switch ACLs of the same endpoint', () => {
    const acl = { Type: 'ACL', Action: 'Allow', Direction: 'In', Priority: 200 };
    const { diagnostics } = normaliseHost({
      documents: [
        policyFromValue([basic({ ParentAdapter: undefined }), acl], 'mixed.json', { strict: true }),
      ],
      platform: { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' },
      strict: true,
    });
    expect(diagnostics.map(brief)).toEqual(['error conflicting-fields 0:0 [0]']);
  });
});
