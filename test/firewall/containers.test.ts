/** Whose firewall judges a container, with which rules around it. Source: windows-firewall.md 9. */
import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '../cli/run.js';
import { FAR, judge, machine, OWN, POD, say, syn, type MachineSpec } from './machine.js';

const folder = temporaryFolder();
const endpoint = (more: object = {}): object => ({
  ...{ name: 'pod', network: 'nat', isolation: 'process', addresses: [POD] },
  ...more,
});
const BLOCK = { Name: 'B9443', Action: 'Block', Protocol: 'TCP', LocalPort: 9443 };
const ALLOW = { Name: 'A80', Protocol: 'TCP', LocalPort: 80 };
const BLOCK_OUT = {
  Name: 'out',
  Action: 'Block',
  Direction: 'Outbound',
  Protocol: 'TCP',
  RemotePort: 25,
};
const acl = (action: string, direction: string, more: object = {}): object => ({
  ...{ Type: 'ACL', Id: `${action}-${direction}`, RuleType: 'Host' },
  ...{ Action: action, Direction: direction, ...more },
});

const container = (spec: MachineSpec, more: object = {}): ReturnType<typeof machine> =>
  machine({ ...spec, endpoints: [endpoint(more)] });

describe('a container with process isolation', () => {
  it('has the defaults of the service around the rules of the host', () => {
    const host = container({ rules: [BLOCK, BLOCK_OUT] });
    expect(say(host, syn(FAR, POD, 80))).toBe('allow default-allow-inbound');
    expect(say(host, { proto: 47, src: FAR, dst: POD })).toBe('drop default-deny-other-protocol');
    expect(say(host, syn(POD, FAR, 80))).toBe('allow default-allow-outbound');
    expect(say(host, syn(FAR, POD, 9443))).toBe('drop rule B9443');
    expect(say(host, syn(POD, FAR, 25))).toBe('drop rule out');
  });

  it('is not reached by the default actions of a profile', () => {
    const host = container({ profiles: { Public: { DefaultOutboundAction: 'Block' } } });
    expect(say(host, syn(POD, FAR, 80))).toBe('allow default-allow-outbound');
    expect(say(host, syn(OWN, FAR, 80))).toBe('drop default-outbound-block');
  });

  it('is Public unless the description says otherwise', () => {
    const rules = [{ ...BLOCK, Profile: 'Domain' }];
    expect(say(container({ rules }), syn(FAR, POD, 9443))).toBe('allow default-allow-inbound');
    expect(say(container({ rules }, { profile: 'domain' }), syn(FAR, POD, 9443))).toBe(
      'drop rule B9443',
    );
  });

  it('takes rules of its compartment, and not those of the host’s', () => {
    const of = (compartment: number): string =>
      say(
        container({ rules: [{ ...BLOCK, Compartment: compartment }] }, { compartment: 7 }),
        syn(FAR, POD, 9443),
      );
    expect([of(7), of(1)]).toEqual(['drop rule B9443', 'allow default-allow-inbound']);
  });

  it('takes the rules of the host by option', () => {
    const say9443 = (hostRules: 'apply' | 'block-only' | 'none', rule: object): string =>
      say(
        container({ rules: [rule], options: { hostRules } }, { policies: [acl('Allow', 'Out')] }),
        syn(FAR, POD, 9443),
      );
    const allow = { ...BLOCK, Name: 'A9443', Action: 'Allow' };
    expect(say9443('apply', allow)).toBe('allow rule A9443');
    expect(say9443('block-only', allow)).toBe('drop implicit-deny');
    expect(say9443('block-only', BLOCK)).toBe('drop rule B9443');
    expect(say9443('none', BLOCK)).toBe('drop implicit-deny');
  });

  it('is open when the firewall is off in its profile', () => {
    const host = container({ rules: [BLOCK], profiles: { Public: { Enabled: false } } });
    expect(say(host, syn(FAR, POD, 9443))).toBe('allow firewall-off');
  });

  it('before build 16299 lets in what published ports open', () => {
    const host = machine({ windows: 'ws2016', endpoints: [endpoint({ ports: ['8080:80'] })] });
    expect(say(host, syn(FAR, POD, 80))).toBe('allow port-mapping-allow');
    expect(say(host, syn(FAR, POD, 81))).toBe('drop default-deny-inbound');
  });
});

describe('Host ACLs of a container are rules of its compartment', () => {
  const TCP80 = { Protocols: '6', LocalPorts: '80' };

  it('replace the defaults, and a rule of the host stands beside them', () => {
    const host = container(
      { rules: [ALLOW, BLOCK] },
      { policies: [acl('Allow', 'In', { Protocols: '6', LocalPorts: '443,9443' })] },
    );
    expect(say(host, syn(FAR, POD, 443))).toBe('allow rule Allow-In');
    expect(say(host, syn(FAR, POD, 80))).toBe('allow rule A80');
    expect(say(host, syn(FAR, POD, 9443))).toBe('drop rule B9443');
    expect(say(host, syn(FAR, POD, 22))).toBe('drop implicit-deny');
    expect(say(host, syn(POD, FAR, 22))).toBe('drop implicit-deny');
  });

  it('have no order, or theirs, by option', () => {
    const policies = [
      acl('Allow', 'In', { ...TCP80, Priority: 100 }),
      acl('Block', 'In', { ...TCP80, Priority: 200 }),
    ];
    const of = (hostAclOrder: 'firewall' | 'priority'): string =>
      say(container({ options: { hostAclOrder } }, { policies }), syn(FAR, POD, 80));
    expect([of('firewall'), of('priority')]).toEqual(['drop rule Block-In', 'allow rule Allow-In']);
  });
});

describe('a container with Hyper-V isolation', () => {
  it('has a firewall of its own, which allows all', () => {
    const host = container({ rules: [BLOCK] }, { isolation: 'hyperv' });
    expect(say(host, syn(FAR, POD, 9443))).toBe('allow guest-default-allow');
  });

  it('has the one that is given for it, as an ordinary machine, and not that of the host', () => {
    const rules = [{ Name: 'guest', Protocol: 'TCP', LocalPort: 443 }];
    const file = folder.write('guest.json', JSON.stringify({ version: 1, rules }));
    const guest = { isolation: 'hyperv', firewall: [file] };
    const open = { Name: 'host', Protocol: 'TCP', LocalPort: 80 };
    const host = container({ rules: [open] }, guest);
    expect(say(host, syn(FAR, POD, 443))).toBe('allow rule guest');
    expect(say(host, syn(FAR, POD, 80))).toBe('drop query-user-default');
    expect(say(host, syn(POD, FAR, 80))).toBe('allow default-outbound-allow');
    expect(say(host, syn(FAR, OWN, 80))).toBe('allow rule host');
    // With process isolation there is none to give.
    expect(() => container({}, { firewall: [file] })).toThrow('fw-env');
  });
});

describe('the own stack of the host', () => {
  it('is compartment 1, and its rules apply to its addresses', () => {
    const host = container({ rules: [ALLOW] });
    expect(say(host, syn(FAR, OWN, 80))).toBe('allow rule A80');
    expect(say(host, syn(FAR, OWN, 81))).toBe('drop query-user-default');
    expect(
      host.compiled.host.endpoints.map(({ name, compartment }) => [name, compartment]),
    ).toEqual([
      ['pod', 2],
      ['eth', 1],
    ]);
  });

  it('judges what its containers send to it', () => {
    const records = judge(container({}), syn(POD, OWN, 53));
    expect(records.map(({ endpoint: at, reason }) => [at, reason])).toEqual([
      ['pod', 'default-allow-outbound'],
      ['eth', 'query-user-default'],
    ]);
  });

  it('takes no ACL', () => {
    expect(() => machine({ interface: { policies: [] } })).toThrow('bad-host-description');
  });
});
