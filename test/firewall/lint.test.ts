/** What is worth saying of firewall rules that are right: each with a case that has it and one that has not. */
import { describe, expect, it } from 'vitest';

import { firewallFromBytes, firewallFromValue } from '../../src/firewall/load.js';
import { hostDescriptionFromValue } from '../../src/host-description/load.js';
import { normaliseHost } from '../../src/index.js';
import { lintHost } from '../../src/lint/lint-host.js';
import { machine, OWN, POD, type MachineSpec } from './machine.js';
import { stored } from './stored.js';
import { regExport } from './stores.js';

const endpoint = (more: object = {}): object => ({
  ...{ name: 'pod', network: 'nat', isolation: 'process', addresses: [POD], ...more },
});

const lints = (spec: MachineSpec): string[] =>
  lintHost(machine(spec).compiled.host)
    .filter(({ code }) => !['assumed-platform', 'port-not-translated'].includes(code))
    .map(({ severity, code, rule }) => `${severity} ${code} ${rule ?? ''}`);

/** Findings of a code, with the rules they name. */
const found = (
  { diagnostics }: Pick<ReturnType<typeof machine>, 'diagnostics'>,
  code: string,
): string[] =>
  diagnostics.flatMap((each) =>
    each.code === code ? [`${each.severity} ${each.rule ?? ''}`.trim()] : [],
  );

const ALLOW = { Name: 'A', Protocol: 'TCP', LocalPort: '80-90', RemoteAddress: '10.0.0.0/8' };
const BLOCK = { Name: 'B', Action: 'Block', Protocol: 'TCP', LocalPort: '1-100' };

describe('an Allow wholly inside a Block', () => {
  it('is named, once for all endpoints', () => {
    expect(lints({ rules: [ALLOW, BLOCK], endpoints: [endpoint()] })).toEqual([
      'warning fw-rule-shadowed A',
    ]);
  });

  it('is one that could never decide', () => {
    expect(lints({ rules: [ALLOW, { ...BLOCK, LocalPort: '1-85' }] })).toEqual([]);
    expect(lints({ rules: [ALLOW, { ...BLOCK, Direction: 'Outbound' }] })).toEqual([]);
    expect(lints({ rules: [ALLOW, { ...BLOCK, Enabled: false }] })).toEqual([]);
    const ping = { Name: 'A', Protocol: 'ICMPv4', IcmpType: '8' };
    const other = { Name: 'B', Action: 'Block', Protocol: 'ICMPv4', IcmpType: '13' };
    expect(lints({ rules: [ping, other] })).toEqual([]);
    expect(lints({ rules: [ping, { ...other, IcmpType: 'Any' }] })).toEqual([
      'warning fw-rule-shadowed A',
    ]);
  });
});

it('rules that nothing settles are counted and named', () => {
  const rules = [{ ...ALLOW, Program: 'c:\\a.exe' }];
  expect(lints({ rules })).toEqual(['info fw-never-settled A']);
  const processes = [{ program: 'c:\\a.exe' }];
  expect(lints({ rules, interface: { processes } })).toEqual([]);
});

it('a rule for the published port instead of the container’s is named', () => {
  const rules = [{ ...BLOCK, LocalPort: 8080 }];
  expect(lints({ rules, endpoints: [endpoint({ ports: ['8080:80'] })] })).toEqual([
    'warning judged-on-internal-port B',
  ]);
  expect(
    lints({ rules: [{ ...BLOCK, LocalPort: 80 }], endpoints: [endpoint({ ports: ['8080:80'] })] }),
  ).toEqual([]);
});

describe('a Block wholly inside a Block', () => {
  const narrow = { ...BLOCK, Name: 'narrow', LocalPort: '20-30' };

  it('is said', () => {
    expect(lints({ rules: [narrow, BLOCK] })).toEqual(['info fw-rule-shadowed narrow']);
    expect(lints({ rules: [BLOCK, { ...BLOCK, Name: 'again' }] })).toEqual([
      'info fw-rule-shadowed again',
    ]);
  });

  it('is one that blocks nothing else', () => {
    expect(lints({ rules: [{ ...narrow, LocalPort: '20-101' }, BLOCK] })).toEqual([]);
    expect(lints({ rules: [{ ...narrow, Action: 'Allow', Enabled: false }, BLOCK] })).toEqual([]);
  });
});

describe('a rule that can never match', () => {
  const local = (...addresses: string[]): object => ({ ...ALLOW, LocalAddress: addresses });

  it('is one for local addresses that no endpoint has', () => {
    expect(lints({ rules: [local('192.168.1.6')] })).toEqual(['warning never-matches A']);
    expect(lints({ rules: [local('192.168.1.6', OWN)] })).toEqual([]);
    expect(lints({ rules: [{ ...local('239.0.0.1'), Direction: 'Outbound' }] })).toEqual([
      'warning never-matches A',
    ]);
    // What comes in to many has the group as its local address.
    expect(lints({ rules: [local('239.0.0.1')] })).toEqual([]);
    expect(lints({ rules: [local('192.168.1.255')] })).toEqual([]);
  });

  it('is not one that an endpoint can meet, or one of a family of which nothing is known', () => {
    const pod = endpoint();
    expect(lints({ rules: [local(POD)], endpoints: [pod] })).toEqual([]);
    expect(lints({ rules: [local('172.16.0.6')], endpoints: [pod] })).toEqual([
      'warning never-matches A',
    ]);
    const ipv4Only = { addresses: [OWN] };
    const rule = { ...local('fd00::6'), RemoteAddress: 'Any' };
    expect(lints({ rules: [rule], interface: ipv4Only })).toEqual([]);
    expect(lints({ rules: [rule] })).toEqual(['warning never-matches A']);
    expect(lints({ rules: [{ ...rule, LocalAddress: 'fe80::6' }] })).toEqual([]);
  });

  it('is one whose lists have no family in common', () => {
    const rule = { Name: 'A', Protocol: 'ICMPv4', IcmpType: '8', LocalAddress: 'fd00::5' };
    expect(found(machine({ rules: [rule] }), 'fw-addr-family')).toEqual(['warning A']);
    const both = { ...rule, LocalAddress: ['fd00::5', OWN] };
    expect(found(machine({ rules: [both] }), 'fw-addr-family')).toEqual([]);
    const apart = { ...both, RemoteAddress: 'fd00::/64' };
    expect(found(machine({ rules: [apart] }), 'fw-addr-family')).toEqual(['warning A']);
  });
});

describe('rules that nobody asks', () => {
  const HYPERV = {
    windows: 'ws2022',
    networks: [{ name: 'nat', driver: 'nat' }],
    endpoints: [{ name: 'vm', network: 'nat', isolation: 'hyperv', addresses: [POD] }],
  };
  const only = (description: object): string[] =>
    found(
      normaliseHost({
        documents: [],
        description: hostDescriptionFromValue(description, 'host.yaml', { strict: true }),
        firewall: [
          firewallFromValue({ version: 1, rules: [ALLOW] }, 'local.json', { strict: true }),
        ],
        strict: true,
      }),
      'stage-has-no-effect',
    );

  it('are those of the host beside guests that have firewalls of their own', () => {
    expect(only(HYPERV)).toEqual(['warning A']);
    expect(only({ ...HYPERV, host: { interfaces: [{ name: 'eth', addresses: [OWN] }] } })).toEqual(
      [],
    );
  });

  it('are those of a firewall that is off, by option or in every profile that counts', () => {
    const code = 'stage-has-no-effect';
    const off = { Public: { Enabled: false } };
    const isOff = (spec: MachineSpec): string[] =>
      found(machine({ rules: [ALLOW], ...spec }), code);
    expect(isOff({ options: { hostFirewall: 'off' } })).toEqual(['warning A']);
    expect(isOff({ profiles: off })).toEqual(['warning A']);
    expect(isOff({ profiles: { Private: { Enabled: false } } })).toEqual([]);
    expect(isOff({ profiles: off, endpoints: [endpoint({ profile: 'domain' })] })).toEqual([]);
  });

  it('are the default actions of a profile in a container', () => {
    const spec = { profiles: { Public: { DefaultOutboundAction: 'Block' } } };
    const code = 'stage-has-no-effect';
    expect(found(machine({ ...spec, endpoints: [endpoint()] }), code)).toEqual(['warning']);
    expect(found(machine(spec), code)).toEqual([]);
    const domain = { profiles: { Domain: { DefaultOutboundAction: 'Block' } } };
    expect(found(machine({ ...domain, endpoints: [endpoint()] }), code)).toEqual([]);
  });
});

describe('a service that nobody knows', () => {
  const code = 'fw-unknown-service';
  const rule = (Service: string, more: object = {}): object => ({ ...ALLOW, Service, ...more });

  it('is named, with what may have been meant', () => {
    const host = machine({ rules: [rule('Dnscahe'), rule('dnscahe', { Name: 'C' })] });
    expect(found(host, code)).toEqual(['warning A']);
    const [finding] = host.diagnostics.filter((each) => each.code === code);
    expect(finding!.message).toContain('A, C may match nothing. Did you mean Dnscache?');
    expect(finding!.location.file).toBe('local.json');
  });

  it('is none of Windows, none that the description names, and of a rule that counts', () => {
    expect(found(machine({ rules: [rule('DNSCACHE'), rule('*', { Name: 'C' })] }), code)).toEqual(
      [],
    );
    const own = { interface: { processes: [{ service: 'shop' }] } };
    expect(found(machine({ rules: [rule('Shop')], ...own }), code)).toEqual([]);
    expect(found(machine({ rules: [rule('Shop')] }), code)).toEqual(['warning A']);
    expect(found(machine({ rules: [rule('Shop', { Enabled: false })] }), code)).toEqual([]);
  });
});

describe('one ID in the local store and in Group Policy', () => {
  const RULE = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=n|';
  const sameIds = (group: string, sameId: 'union' | 'override' = 'union'): string[] => {
    const keys = ['FirewallPolicy', 'SOFTWARE\\Policies\\Microsoft\\WindowsFirewall'];
    const values = [RULE, group].map((data, i) => ({
      ...{ key: `${keys[i]!}\\FirewallRules`, name: 'web', data },
    }));
    const shape = machine({});
    const policy = firewallFromBytes(regExport(values), 'stores.reg', { strict: true });
    return found(
      normaliseHost({
        ...{ documents: [], description: shape.description, firewall: [policy], strict: true },
        options: { sameId },
      }),
      'fw-same-id',
    );
  };

  it('is said where the rules differ and both count', () => {
    expect(sameIds(RULE.replace('Allow', 'Block'))).toEqual(['warning web']);
    expect(sameIds(RULE)).toEqual([]);
    expect(sameIds(RULE.replace('Allow', 'Block'), 'override')).toEqual([]);
  });
});

describe('rules for control connections that Windows reads', () => {
  const code = 'fw-stateful-helper';
  const rule = (more: object): object => ({ Name: 'A', Protocol: 'TCP', LocalPort: 21, ...more });
  const out = { Direction: 'Outbound', LocalPort: 'Any' };

  it.each([
    ['FTP in', rule({})],
    ['FTP in, in a range', rule({ LocalPort: '20-21' })],
    ['FTP out', rule({ ...out, RemotePort: 21 })],
    ['PPTP in', rule({ LocalPort: 1723 })],
  ])('are named: %s', (_, each) => {
    expect(found(machine({ rules: [each] }), code)).toEqual(['warning A']);
  });

  it.each([
    ['another port', rule({ LocalPort: 22 })],
    ['of the far side', rule({ LocalPort: 'Any', RemotePort: 21 })],
    ['UDP', rule({ Protocol: 'UDP' })],
    ['a Block', rule({ Action: 'Block' })],
    ['one that is not enabled', rule({ Enabled: false })],
    ['one without ports', rule({ LocalPort: 'Any' })],
  ])('are not these: %s', (_, each) => {
    expect(found(machine({ rules: [each] }), code)).toEqual([]);
  });

  it.each([
    [0, ['warning A']],
    [1, []],
  ])('are right where the policy has Windows not read them: %i', (disabled, expected) => {
    const text = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=21|Name=ftp|';
    const host = stored([
      ['LOCAL', 'DisableStatefulFTP', disabled],
      ['LOCAL\\FirewallRules', 'A', text],
    ]);
    expect(found(host, code)).toEqual(expected);
  });
});
