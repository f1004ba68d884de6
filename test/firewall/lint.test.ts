/** What is worth saying of firewall rules that are right, and what check makes of their files. */
import { describe, expect, it } from 'vitest';

import { lintHost } from '../../src/lint/lint-host.js';
import { machine, POD, type MachineSpec } from './machine.js';

const endpoint = (more: object = {}): object => ({
  ...{ name: 'pod', network: 'nat', isolation: 'process', addresses: [POD], ...more },
});

const lints = (spec: MachineSpec): string[] =>
  lintHost(machine(spec).compiled.host)
    .filter(({ code }) => code !== 'assumed-platform')
    .map(({ severity, code, rule }) => `${severity} ${code} ${rule ?? ''}`);

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
