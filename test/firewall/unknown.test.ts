/** Conditions that no packet shows: answered by the description, else unknown and counted. */
import { describe, expect, it } from 'vitest';

import { assumed, FAR, machine, OWN, PEER, say, syn, udp, type MachineSpec } from './machine.js';

const IN80 = syn(PEER, OWN, 80);
const PROGRAM = { Name: 'prog', Program: '%SystemRoot%\\System32\\svchost.exe' };
const SERVICE = { Name: 'svc', Service: 'W3Svc' };

const withProcess = (rule: object, ...processes: object[]): MachineSpec => ({
  rules: [rule],
  interface: { processes },
});

describe('a condition on the owner of a socket', () => {
  it('is unknown where nothing says who that is: no match, and counted', () => {
    const host = machine({ rules: [PROGRAM] });
    expect(say(host, IN80)).toBe('drop query-user-default');
    expect(assumed(host, IN80)).toEqual(['prog']);
  });

  it.each([
    [
      'program',
      PROGRAM,
      { program: 'C:/windows/system32/SVCHOST.EXE' },
      { program: 'c:\\other.exe' },
    ],
    ['service', SERVICE, { service: 'w3svc' }, { service: 'dhcp' }],
    ['any service', { ...SERVICE, Service: '*' }, { service: 'w3svc' }, { service: '' }],
    [
      'package',
      { Name: 'p', Package: 'S-1-15-2-1' },
      { package: 's-1-15-2-1' },
      { package: 'S-1-15-2-2' },
    ],
    ['owner', { Name: 'o', Owner: 'S-1-5-21-9' }, { user: 'S-1-5-21-9' }, { user: 'S-1-5-21-8' }],
    [
      ...['user', { Name: 'u', LocalUser: 'D:(A;;CC;;;S-1-5-21-9)(D;;CC;;;S-1-5-21-8)' }],
      ...[{ user: 'S-1-5-21-9' }, { user: 'S-1-5-21-8' }],
    ],
  ] as const)('%s is answered by the process of the port', (_, rule, fits, other) => {
    const port = { protocol: 'tcp', localPort: 80 };
    const right = machine(withProcess(rule, { ...port, ...fits }));
    expect(say(right, IN80)).toContain('allow rule');
    expect(assumed(right, IN80)).toEqual([]);
    const wrong = machine(withProcess(rule, { ...port, ...other }));
    expect(say(wrong, IN80)).toBe('drop query-user-default');
    expect(assumed(wrong, IN80)).toEqual([]);
    // Of another port nothing is said.
    expect(assumed(right, syn(PEER, OWN, 81))).toHaveLength(1);
    expect(assumed(right, udp(PEER, OWN, 80))).toHaveLength(1);
  });

  // Assumption: W18.
  it.each<[string, string, string, Record<string, string>, string]>([
    ['is unknown', '%AppHome%\\web.exe', 'D:\\apps\\web.exe', {}, 'unknown'],
    ['is unknown in the middle', 'D:\\%Site%\\web.exe', 'D:\\shop\\web.exe', {}, 'unknown'],
    ['does not match where what follows differs', '%AppHome%\\web.exe', 'D:\\db.exe', {}, 'no'],
    ['does not match where what leads differs', 'D:\\%Site%\\web.exe', 'C:\\web.exe', {}, 'no'],
    ['matches where it is given', '%AppHome%\\w.exe', 'D:\\a\\w.exe', { AppHome: 'D:\\a' }, 'yes'],
    ['does not match where it is another', '%A%\\w.exe', 'D:\\a\\w.exe', { A: 'D:\\b' }, 'no'],
    ['matches where both name it', '%AppHome%\\w.exe', '%apphome%\\W.EXE', {}, 'yes'],
  ])('a path with a variable %s', (_, Program, program, variables, answer) => {
    const spec = withProcess(
      { Name: 'block', Action: 'Block', Program },
      { protocol: 'tcp', localPort: 80, program },
    );
    const host = machine({
      ...spec,
      profiles: { Public: { DefaultInboundAction: 'Allow' } },
      facts: { variables },
    });
    const verdict = answer === 'yes' ? 'drop rule block' : 'allow default-inbound-allow';
    expect(say(host, IN80)).toBe(verdict);
    expect(assumed(host, IN80)).toEqual(answer === 'unknown' ? ['block'] : []);
  });

  it('the first process that fits a packet owns it', () => {
    const first = { protocol: 'tcp', localPort: 80, service: 'w3svc' };
    const rest = { service: 'other' };
    const host = machine(withProcess(SERVICE, first, rest));
    expect(say(host, IN80)).toBe('allow rule svc');
    expect(say(host, syn(PEER, OWN, 81))).toBe('drop query-user-default');
    expect(assumed(host, syn(PEER, OWN, 81))).toEqual([]);
    expect(say(machine(withProcess(SERVICE, rest, first)), IN80)).toBe('drop query-user-default');
  });

  it('a service that is named stands for its program', () => {
    const rule = { ...PROGRAM, Service: 'Dnscache' };
    expect(say(machine(withProcess(rule, { service: 'Dnscache' })), IN80)).toBe('allow rule prog');
    const both = { service: 'Dnscache', program: 'c:\\other.exe' };
    expect(say(machine(withProcess(rule, both)), IN80)).toBe('drop query-user-default');
  });
});

describe('what is unknown', () => {
  const ALLOW = { Name: 'allow', Protocol: 'TCP', LocalPort: 80 };
  const MAYBE_BLOCK = { Name: 'maybe', Action: 'Block', Program: 'c:\\a.exe' };

  it('is named only where it could turn the verdict', () => {
    expect(assumed(machine({ rules: [ALLOW, MAYBE_BLOCK] }), IN80)).toEqual(['maybe']);
    expect(assumed(machine({ rules: [MAYBE_BLOCK] }), IN80)).toEqual([]);
    const blocked = { Name: 'block', Action: 'Block', Protocol: 'TCP' };
    expect(assumed(machine({ rules: [blocked, MAYBE_BLOCK, PROGRAM] }), IN80)).toEqual([]);
    expect(assumed(machine({ rules: [ALLOW, PROGRAM] }), IN80)).toEqual([]);
  });

  it('may count as met', () => {
    const host = machine({ rules: [PROGRAM], options: { unknownConditions: 'match' } });
    expect(say(host, IN80)).toBe('allow rule prog');
    expect(assumed(host, IN80)).toEqual(['prog']);
    const both = machine({ rules: [ALLOW, MAYBE_BLOCK], options: { unknownConditions: 'match' } });
    expect(say(both, IN80)).toBe('drop rule maybe');
  });

  it('may leave the packet indeterminate', () => {
    const options = { unknownConditions: 'report' } as const;
    expect(say(machine({ rules: [PROGRAM], options }), IN80)).toBe('drop indeterminate');
    expect(say(machine({ rules: [ALLOW, PROGRAM], options }), IN80)).toBe('allow rule allow');
    expect(say(machine({ rules: [ALLOW, MAYBE_BLOCK], options }), IN80)).toBe('drop indeterminate');
  });

  it.each([
    'DNS',
    'DHCP',
    'WINS',
    'DefaultGateway',
    'Intranet',
    'Internet',
    'IntranetRemoteAccess',
  ])('are the addresses of %s that nobody gives', (keyword) => {
    const host = machine({ rules: [{ ...ALLOW, RemoteAddress: [keyword, FAR] }] });
    expect(assumed(host, IN80)).toEqual(['allow']);
    expect(say(host, syn(FAR, OWN, 80))).toBe('allow rule allow');
    expect(assumed(host, syn(FAR, OWN, 80))).toEqual([]);
  });

  it('are local subnets that nobody describes', () => {
    const rules = [{ ...ALLOW, RemoteAddress: 'LocalSubnet' }];
    const host = machine({ rules, interface: { prefixes: [] } });
    expect(assumed(host, IN80)).toEqual(['allow']);
  });

  it('is an interface without a name', () => {
    const host = machine({ rules: [{ ...ALLOW, InterfaceAlias: 'Ethernet' }] });
    expect(assumed(host, IN80)).toEqual(['allow']);
  });

  it('RPC stands for the dynamic ports, and such a verdict is assumed', () => {
    const rules = [{ Name: 'rpc', Protocol: 'TCP', LocalPort: 'RPC' }];
    const packet = syn(PEER, OWN, 50123);
    expect(say(machine({ rules }), packet)).toBe('allow rule rpc');
    expect(assumed(machine({ rules }), packet)).toEqual(['rpc']);
    const facts = { portSets: { RPC: [50123] } };
    expect(assumed(machine({ rules, facts }), packet)).toEqual([]);
  });
});

describe('the description', () => {
  it.each([
    [{ interface: { profile: 'home' } }, 'fw-env'],
    [{ interface: { interfaceType: 'token ring' } }, 'fw-env'],
    [{ interface: { processes: [{ localPort: 80 }] } }, 'fw-env'],
    [{ interface: { processes: [{ protocol: 'tcp', localPort: 'x' }] } }, 'fw-port-keyword'],
    [{ interface: { prefixes: ['10.0.0.0/40'] } }, 'fw-addr-prefix'],
    [{ facts: { addressSets: { Nowhere: [] } } }, 'fw-env'],
    [{ facts: { portSets: { Nowhere: [] } } }, 'fw-env'],
    [{ facts: { addressSets: { DNS: ['LocalSubnet'] } } }, 'fw-addr-keyword'],
    [{ facts: { policies: ['absent.reg'] } }, 'file-not-found'],
  ])('%j is refused', (spec: MachineSpec, code) => {
    expect(() => machine(spec)).toThrow(`"code": "${code}"`);
  });
});
