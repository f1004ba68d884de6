/** The stores of a machine as one policy. Source: windows-firewall.md 2.2, 4, 5.1. */
import { describe, expect, it } from 'vitest';

import type { FirewallDocument } from '../../src/firewall/firewall-document.js';
import { firewallFromBytes } from '../../src/firewall/load.js';
import { compileHost, normaliseHost } from '../../src/index.js';
import { FAR, IN80, machine, OWN, PEER, say, syn } from './machine.js';
import { stored } from './stored.js';
import { polFile } from './stores.js';

describe('stores', () => {
  const ALLOW = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=n|';
  const BLOCK = ALLOW.replace('Allow', 'Block');
  const IN_PROGRAM = `${ALLOW.replace('LPort=80|', '')}App=c:\\a.exe|`;

  it('are united: a local Block beats an Allow of Group Policy, and the reverse', () => {
    for (const [one, other] of [
      ['LOCAL', 'GPO'],
      ['GPO', 'LOCAL'],
    ]) {
      const host = stored([
        [`${one}\\FirewallRules`, 'allow', ALLOW],
        [`${other}\\FirewallRules`, 'block', BLOCK],
      ]);
      expect(say(host, IN80)).toBe('drop rule block');
    }
  });

  it('name the rule of Group Policy first', () => {
    const host = stored([
      ['LOCAL\\FirewallRules', 'local', ALLOW],
      ['GPO\\FirewallRules', 'group', ALLOW],
    ]);
    expect(say(host, IN80)).toBe('allow rule group');
  });

  it('of several Group Policy objects the later one has an ID that both have', () => {
    const key = 'SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\FirewallRules';
    const object = (name: string, id: string, data: string): FirewallDocument =>
      firewallFromBytes(polFile([{ key, name: id, data }]), name, { strict: true });
    const shape = machine({});
    const judged = (...firewall: FirewallDocument[]): string => {
      const { host } = normaliseHost({
        ...{ documents: [], description: shape.description, firewall, strict: true },
      });
      return say({ ...shape, compiled: compileHost(host!) }, IN80);
    };
    expect(judged(object('a.pol', 'x', BLOCK), object('b.pol', 'X', ALLOW))).toBe('allow rule X');
    expect(judged(object('a.pol', 'x', BLOCK), object('b.pol', 'y', ALLOW))).toBe('drop rule x');
    expect(judged(object('b.pol', 'x', ALLOW), object('a.pol', 'X', BLOCK))).toBe('drop rule X');
  });

  it('local rules stand back where Group Policy says so', () => {
    const local = ['LOCAL\\FirewallRules', 'a', ALLOW] as const;
    expect(say(stored([local]), IN80)).toBe('allow rule a');
    const host = stored([local, ['GPO\\PublicProfile', 'AllowLocalPolicyMerge', 0]]);
    expect(say(host, IN80)).toBe('drop query-user-default');
    expect(host.diagnostics.at(-1)!.message).toContain('state 16');
    expect(say(stored([local, ['LOCAL\\PublicProfile', 'AllowLocalPolicyMerge', 0]]), IN80)).toBe(
      'allow rule a',
    );
  });

  it('local rules for a port, or for a program, stand back by switches of their own', () => {
    const port = ['LOCAL\\FirewallRules', 'a', ALLOW] as const;
    const program = ['LOCAL\\FirewallRules', 'a', IN_PROGRAM] as const;
    const noPorts = ['GPO\\PublicProfile\\GloballyOpenPorts', 'AllowUserPrefMerge', 0] as const;
    const noPrograms = [
      'GPO\\PublicProfile\\AuthorizedApplications',
      'AllowUserPrefMerge',
      0,
    ] as const;
    const own = [{ program: 'c:\\a.exe' }];
    expect(say(stored([port, noPorts]), IN80)).toBe('drop query-user-default');
    expect(say(stored([port, noPrograms]), IN80)).toBe('allow rule a');
    expect(say(stored([program, noPrograms], own), IN80)).toBe('drop query-user-default');
    expect(say(stored([program, noPorts], own), IN80)).toBe('allow rule a');
  });

  it('Group Policy sets a profile over the local store, and either can shield', () => {
    const block = ['LOCAL\\PublicProfile', 'DefaultInboundAction', 1] as const;
    const allow = ['GPO\\PublicProfile', 'DefaultInboundAction', 0] as const;
    expect(say(stored([block, allow]), IN80)).toBe('allow default-inbound-allow');
    for (const store of ['LOCAL', 'GPO']) {
      const host = stored([allow, [`${store}\\PublicProfile`, 'DoNotAllowExceptions', 1]]);
      expect(say(host, IN80)).toBe('drop shielded');
    }
  });

  const STATIC = 'LOCAL\\RestrictedServices\\Static\\System';
  const SERVICE = [{ service: 'Dhcp' }];
  const HARDENED = [
    [STATIC, 'allow', 'v2.0|Action=Allow|Dir=In|Protocol=6|LPort=80|Svc=Dhcp|Name=n|'],
    [STATIC, 'block', 'v2.0|Action=Block|Dir=In|Svc=Dhcp|Name=n|'],
  ] as const;

  it('of services: Allow wins over Block there, and no match is no opinion', () => {
    const open = ['LOCAL\\FirewallRules', 'open', ALLOW.replace('LPort=80|', '')] as const;
    expect(say(stored([...HARDENED, open], SERVICE), IN80)).toBe('allow rule open');
    expect(say(stored([...HARDENED, open], SERVICE), syn(PEER, OWN, 81))).toBe('drop rule block');
    expect(say(stored([...HARDENED, open], [{ service: 'Other' }]), syn(PEER, OWN, 81))).toBe(
      'allow rule open',
    );
    expect(say(stored([...HARDENED, open]), syn(PEER, OWN, 81))).toBe('allow rule open');
  });

  it('of services: what they permit, the rules must permit too', () => {
    expect(say(stored(HARDENED, SERVICE), IN80)).toBe('drop query-user-default');
  });

  it('of packages: the same, per package', () => {
    const ISO = 'LOCAL\\RestrictedServices\\AppIso\\FirewallRules';
    const values = [
      [
        ISO,
        'in',
        'v2.27|Action=Allow|Active=TRUE|Dir=In|Name=n|RA4=192.168.1.0/24|AppPkgId=S-1-15-2-1|',
      ],
      [ISO, 'no', 'v2.27|Action=Block|Active=TRUE|Dir=In|Name=n|AppPkgId=S-1-15-2-1|'],
      ['LOCAL\\FirewallRules', 'open', ALLOW],
    ] as const;
    const own = [{ package: 'S-1-15-2-1' }];
    expect(say(stored(values, own), IN80)).toBe('allow rule open');
    expect(say(stored(values, own), syn(FAR, OWN, 80))).toBe('drop rule no');
    expect(say(stored(values), syn(FAR, OWN, 80))).toBe('allow rule open');
  });
});
