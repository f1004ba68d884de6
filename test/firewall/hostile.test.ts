/** Whatever the bytes are, reading them gives diagnostics and never an exception. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { FILTERS } from '../../src/firewall/cmdlet-json.js';
import { readFirewallLog } from '../../src/firewall/firewall-log.js';
import { firewallFromBytes } from '../../src/firewall/load.js';
import { printRuleString } from '../../src/firewall/print-rule-string.js';
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
/** What members of filter objects say that are not null. */
const ANY: Readonly<Record<string, unknown>> = {
  ...{
    Protocol: 'TCP',
    LocalPort: ['80', '8000-8010'],
    RemoteAddress: ['LocalSubnet', '10.0.0.0/8'],
  },
  ...{ InterfaceType: 0, Program: 'Any', Service: 'Any', OverrideBlockRules: false },
};
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
        ...Object.fromEntries(
          Object.entries(FILTERS).map(([name, members]) => [
            name,
            [
              {
                InstanceID: 'web',
                ...Object.fromEntries(members.map((each) => [each, ANY[each] ?? null])),
              },
            ],
          ]),
        ),
        profiles: [{ Name: 'Public', Enabled: 1 }],
      }),
    ),
  ],
  [
    'netsh listing',
    Buffer.from(
      `Rule Name: a\r\n${'-'.repeat(70)}\r\nEnabled: Yes\r\nDirection: In\r\nProfiles: Public\r\nLocalIP: Any\r\nRemoteIP: 10.0.0.0/8\r\nProtocol: ICMPv4\r\n Type Code\r\n 8 Any\r\nProgram: a\r\nService: b\r\nInterfaceTypes: Any\r\nSecurity: NotRequired\r\nAction: Allow\r\n`,
    ),
  ],
  [
    'netsh lines',
    Buffer.from(
      'netsh advfirewall firewall add rule name="a b" dir=in action=allow protocol=icmpv4:8,any remoteip=10.0.0.0/8,localsubnet\n',
    ),
  ],
];

/** Of `netsh advfirewall show allprofiles`. */
const NETSH_SETTINGS = `Public Profile Settings:\r\n${'-'.repeat(70)}\r\nState                 ON\r\nFirewall Policy       BlockInbound,AllowOutbound\r\nLocalFirewallRules    N/A (GPO-store only)\r\nUnicastResponseToMulticast  Enable\r\n\r\nLogging:\r\nLogAllowedConnections  Disable\r\nMaxFileSize           4096\r\n\r\nOk.\r\n`;

/** Settings of profiles, in the forms that have them; no rules. */
const SETTINGS: readonly (readonly [string, Uint8Array])[] = [
  ['registry export', settingsOf((values) => regExport(values, 'utf8'))],
  ['registry.pol', settingsOf(polFile)],
  [
    'own JSON',
    Buffer.from(
      '{"version":1,"profiles":{"Public":{"Enabled":true,"DefaultInboundAction":"Block","AllowLocalFirewallRules":false,"DisabledInterfaceAliases":["a"],"LogAllowed":true,"LogMaxSizeKilobytes":4096}},"rules":[]}',
    ),
  ],
  [
    'cmdlets',
    Buffer.from(
      JSON.stringify({
        rules: [],
        ...Object.fromEntries(Object.keys(FILTERS).map((name) => [name, []])),
        profiles: [{ Name: 'Public', Enabled: 1, DefaultInboundAction: 4, LogFileName: 'c:\\x' }],
      }),
    ),
  ],
  ['netsh show allprofiles', Buffer.from(NETSH_SETTINGS)],
];

function settingsOf(write: (values: typeof VALUES) => Uint8Array): Uint8Array {
  const key = 'FirewallPolicy\\DomainProfile';
  return write([
    { key, name: 'DoNotAllowExceptions', data: 0 },
    { key, name: 'DefaultOutboundAction', data: 1 },
    { key, name: 'DisabledInterfaces', data: '{D842F406-E895-406A-AC35-9837B6D499F4}' },
    { key: `${key}\\Logging`, name: 'LogFileSize', data: 4096 },
    { key: `${key}\\GloballyOpenPorts`, name: 'AllowUserPrefMerge', data: 0 },
  ]);
}

const LOG = `#Version: 1.5\r\n#Software: Microsoft Windows Firewall\r\n#Time Format: Local\r\n#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path\r\n\r\n${[
  'DROP TCP 192.0.2.1 192.0.2.2 50000 80 52 S 3458995877 0 8192 - - - RECEIVE',
  'ALLOW ICMP fe80::1 ff02::1 - - 0 - - - - 135 0 - SEND',
  'INFO-EVENTS-LOST - - - - - - - - - - - - 7 -',
]
  .map((line) => `2021-06-22 12:19:41 ${line}\r\n`)
  .join('')}`;

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

/** Fields of rule strings, right and wrong, that are put together in any order. */
const FIELDS = [
  ...['Action=Allow', 'Action=Block', 'Action=ByPass', 'Active=TRUE', 'Active=FALSE', 'Dir=In'],
  ...['Dir=Out', 'Protocol=6', 'Protocol=17', 'Protocol=1', 'Protocol=58', 'Protocol=0', 'Name=n'],
  ...['Profile=Public', 'Profile=Domain', 'LPort=80', 'LPort2_10=80-90', 'LPort=RPC', 'RPort=53'],
  ...['LPort2_20=DHCP', 'RPort2_10=IPTLSOut', 'ICMP4=8:*', 'ICMP6=128:0', 'LA4=10.0.0.1'],
  ...[
    'RA4=10.0.0.0/255.0.0.0',
    'RA4=LocalSubnet',
    'RA6=fe80::/64',
    'RA42=IntErnet',
    'App=c:\\a.exe',
  ],
  ...['Svc=Dhcp', 'Svc=*', 'IFType=Lan', 'Edge=TRUE', 'Defer=App', 'Defer=User', 'LSM=TRUE'],
  ...['LOM=TRUE', 'Security=Authenticate', 'Security2_9=An-NoEncap', 'AuthByPassOut=TRUE'],
  ...['RMAuth=D:(A;;CC;;;WD)', 'LUAuth=D:(A;;CC;;;WD)', 'LUOwn=S-1-5-21-1', 'Platform=2:6:2'],
  ...['Platform2=GTEQ', 'TTK=Proximity', 'PFN=a_b', 'SkipVer=2.9', 'Bogus=1', 'App=', 'RA4=Any'],
];

describe(`rule strings of chance (seed ${SEED})`, () => {
  it('are refused, or mean what they print', () => {
    const random = randomOf(SEED);
    let taken = 0;
    for (let i = 0; i < 4000; i++) {
      const fields = Array.from({ length: random(9) }, () => FIELDS[random(FIELDS.length)]!);
      const text = ['v2.33', 'Action=Allow', 'Dir=In', 'Name=n', ...fields, ''].join('|');
      const { rules, diagnostics } = firewallFromBytes(
        Buffer.from(JSON.stringify({ a: text })),
        ...(['drawn.json', { strict: true }] as const),
      );
      const isRefused = diagnostics.some(({ severity }) => severity === 'error');
      // Never both, and never neither: a rule is not lost in silence.
      expect([text, isRefused ? 0 : 1]).toEqual([text, rules.length]);
      const [rule] = rules;
      if (rule === undefined) continue;
      taken += 1;
      const printed = printRuleString(rule);
      const again = firewallFromBytes(
        Buffer.from(JSON.stringify({ a: printed })),
        ...(['printed.json', { strict: true }] as const),
      );
      const same = { version: 0, location: 0 };
      expect({ text, rule: { ...again.rules[0], ...same } }).toEqual({
        text,
        rule: { ...rule, ...same },
      });
    }
    // The draw is worth something.
    expect(taken).toBeGreaterThan(100);
  });
});

describe(`mutated files (seed ${SEED})`, () => {
  it.each(SOUND)('%s', (_, bytes) => {
    const whole = firewallFromBytes(bytes, 'sound', { strict: true });
    expect(whole.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(whole.rules).toHaveLength(1);
    const random = randomOf(SEED);
    for (let i = 0; i < RUNS; i++) expectSound(mutate(bytes, random));
  });

  it.each(SETTINGS)('settings: %s', (_, bytes) => {
    const whole = firewallFromBytes(bytes, 'sound', { strict: true });
    expect(whole.diagnostics).toEqual([]);
    expect(whole.settings).toHaveLength(1);
    const random = randomOf(SEED);
    for (let i = 0; i < RUNS; i++) {
      const mutated = mutate(bytes, random);
      expectSound(mutated);
      for (const { profiles } of firewallFromBytes(mutated, 'hostile', { strict: false })
        .settings) {
        for (const { enabled, defaultInbound, defaultOutbound } of Object.values(profiles)) {
          expect([true, false, null]).toContain(enabled);
          for (const action of [defaultInbound, defaultOutbound]) {
            expect(['allow', 'block', null]).toContain(action);
          }
        }
      }
    }
  });

  it('a log: each line is an entry, or one that is placed', () => {
    const whole = readFirewallLog({ name: 'pfirewall.log', text: LOG });
    expect(whole.diagnostics).toEqual([]);
    expect(whole.entries).toHaveLength(3);
    const random = randomOf(SEED);
    for (let i = 0; i < RUNS; i++) {
      const text = Buffer.from(mutate(Buffer.from(LOG), random)).toString('latin1');
      const { entries, diagnostics } = readFirewallLog({ name: 'hostile', text });
      const lines = text.split(/\r\n|\n/);
      const told = new Set([
        ...entries.map(({ line }) => line),
        ...diagnostics.map(({ location }) => location.line),
      ]);
      lines.forEach((line, at) => {
        if (line.trim() !== '' && !line.startsWith('#'))
          expect([text, told.has(at + 1)]).toEqual([text, true]);
      });
    }
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
