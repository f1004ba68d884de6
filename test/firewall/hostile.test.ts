/** Whatever the bytes are, reading them gives diagnostics and never an exception. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { firewallFromBytes } from '../../src/firewall/load.js';
import { randomOf } from '../source/random.js';
import { DATA, polFile, regExport } from './stores.js';

const SEED = 20251;
const RUNS = 400;

const RULE =
  'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort2_10=80-90|LPort=RPC|RA4=10.0.0.0/255.0.0.0|RA6=fe80::/64|RA42=IntErnet|LUAuth=O:LSD:(A;;CC;;;WD)(XA;;CC;;;WD;(a == "("))|App=%a%\\b.exe|Svc=*|Name=n|TTK2_22=WFDPrint|Platform=2:6:2|Platform2=GTEQ|Edge=TRUE|Defer=App|';
const VALUES = [
  { key: 'FirewallPolicy\\FirewallRules', name: 'a', data: RULE },
  { key: 'FirewallPolicy\\PublicProfile', name: 'EnableFirewall', data: 1 },
  { key: 'FirewallPolicy\\PublicProfile\\Logging', name: 'LogFilePath', data: 'c:\\x' },
];
const RULES = { Name: 'web', InstanceID: 'web', Direction: 1, Action: 2, Enabled: 1, Profile: 7 };
const hive = path.join(DATA, 'win10-1803-export/fwpolicy_full.wfw');

/** One sound file of every form. */
const SOUND: readonly (readonly [string, Uint8Array])[] = [
  ['registry export', regExport(VALUES, 'utf8')],
  ['registry export in UTF-16', regExport(VALUES)],
  ['registry.pol', polFile(VALUES)],
  ['rule strings', Buffer.from(JSON.stringify({ a: RULE }))],
  [
    'own JSON',
    Buffer.from(
      '{"version":1,"profiles":{"Public":{"Enabled":true}},"rules":[{"Name":"a","Protocol":"TCP","LocalPort":["80"],"RemoteAddress":"LocalSubnet","IcmpType":[]}]}',
    ),
  ],
  [
    'cmdlets',
    Buffer.from(
      JSON.stringify({
        rules: [RULES],
        portFilters: [{ InstanceID: 'web', Protocol: 'TCP', LocalPort: '80' }],
        ...{ addressFilters: [{ InstanceID: 'web' }], applicationFilters: [{ InstanceID: 'web' }] },
        ...{ serviceFilters: [{ InstanceID: 'web' }], interfaceFilters: [{ InstanceID: 'web' }] },
        ...{
          interfaceTypeFilters: [{ InstanceID: 'web' }],
          securityFilters: [{ InstanceID: 'web' }],
        },
        profiles: [{ Name: 'Public', Enabled: 1 }],
      }),
    ),
  ],
  [
    'netsh listing',
    Buffer.from(
      `Rule Name: a\r\n${'-'.repeat(70)}\r\nEnabled: Yes\r\nDirection: In\r\nProtocol: ICMPv4\r\n Type Code\r\n 8 Any\r\nProgram: a\r\nService: b\r\nAction: Allow\r\n`,
    ),
  ],
  [
    'netsh lines',
    Buffer.from(
      'netsh advfirewall firewall add rule name="a b" dir=in action=allow protocol=icmpv4:8,any remoteip=10.0.0.0/8,localsubnet\n',
    ),
  ],
];

function mutate(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const out = Buffer.from(bytes);
  for (let i = random(4) + 1; i > 0 && out.length > 0; i--) {
    const at = random(out.length);
    const kind = random(4);
    if (kind === 0) out[at] = random(256);
    else if (kind === 1)
      out.copy(out, at, random(out.length), Math.min(out.length, at + random(64)));
    else if (kind === 2) out.fill(random(256), at, Math.min(out.length, at + random(8)));
    else return out.subarray(0, at);
  }
  return out;
}

function expectSound(bytes: Uint8Array): void {
  for (const strict of [true, false]) {
    const { rules, diagnostics } = firewallFromBytes(bytes, 'hostile', { strict });
    for (const { code, message, location } of diagnostics) {
      expect([code, message, location.file].every((text) => text.length > 0)).toBe(true);
    }
    for (const { id, protocol } of rules) {
      expect(id).not.toBe('');
      expect(protocol ?? 0).toBeLessThan(256);
    }
  }
}

describe(`mutated files (seed ${SEED})`, () => {
  it.each(SOUND)('%s', (_, bytes) => {
    const whole = firewallFromBytes(bytes, 'sound', { strict: true });
    expect(whole.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(whole.rules).toHaveLength(1);
    const random = randomOf(SEED);
    for (let i = 0; i < RUNS; i++) expectSound(mutate(bytes, random));
  });

  it.skipIf(!existsSync(hive))('hive', () => {
    const bytes = readFileSync(hive);
    const random = randomOf(SEED);
    for (let i = 0; i < 60; i++) expectSound(mutate(bytes, random));
  });

  it('bytes of chance behind every magic', () => {
    const random = randomOf(SEED);
    for (const magic of [
      'regf',
      'PReg\x01\0\0\0',
      'REGEDIT4\n',
      '{"version":1,"rules":',
      '[',
      'Rule Name: a\n',
    ]) {
      for (let i = 0; i < 50; i++) {
        const noise = Array.from({ length: random(5000) }, () => random(256));
        expectSound(Buffer.concat([Buffer.from(magic, 'latin1'), Buffer.from(noise)]));
      }
    }
  });
});
