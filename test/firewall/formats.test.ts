/** The other forms a policy comes in: netsh, objects of PowerShell, the project's own JSON. */
import { describe, expect, it } from 'vitest';

import { FILTERS } from '../../src/firewall/cmdlet-json.js';
import type { FirewallDocument } from '../../src/firewall/firewall-document.js';
import { firewallFromBytes, firewallFromValue } from '../../src/firewall/load.js';
import { firewallJsonSchema } from '../../src/firewall/own-json-schema.js';
import { polFile, regExport } from './stores.js';

const read = (text: string, strict = true): FirewallDocument =>
  firewallFromBytes(Buffer.from(text), 'file', { strict });
const found = ({ diagnostics }: FirewallDocument): string[] =>
  diagnostics.map(
    ({ severity, code, location: { line, column } }) => `${severity} ${code} ${line}:${column}`,
  );

const LISTING = `
Rule Name:                            Web
----------------------------------------------------------------------
Description:                          a web server
Enabled:                              Yes
Direction:                            In
Profiles:                             Domain,Private
Grouping:                             Servers
LocalIP:                              Any
RemoteIP:                             10.0.0.0/8,LocalSubnet
Protocol:                             TCP
LocalPort:                            80,8000-8010,RPC-EPMap
RemotePort:                           Any
Edge traversal:                       Defer to application
Program:                              C:\\web.exe
Service:                              w3svc
InterfaceTypes:                       LAN,Wireless
Security:                             NotRequired
Rule source:                          Local Setting
Action:                               Allow

Rule Name:                            Ping
----------------------------------------------------------------------
Enabled:                              No
Direction:                            Out
Profiles:                             Domain,Private,Public
Grouping:
LocalIP:                              Any
RemoteIP:                             Any
Protocol:                             ICMPv6
                                      Type    Code
                                      128     Any
                                      1       4
Edge traversal:                       No
Program:                              System
Service:                              Any
InterfaceTypes:                       Any
Security:                             NotRequired
Rule source:                          Corp GPO
Action:                               Block
Ok.
`.replaceAll('\n', '\r\n');

describe('a listing of netsh', () => {
  it('gives the rules, and says what it cannot show', () => {
    const document = read(LISTING);
    expect(found(document)).toEqual(['warning fw-netsh-blind 1:1']);
    expect(document.rules).toMatchObject([
      {
        ...{ id: 'netsh:1', name: 'Web', enabled: true, direction: 'in', action: 'allow' },
        ...{ profiles: 3, group: 'Servers', protocol: 6, edge: 'defer-to-app', store: 'local' },
        remoteAddresses: [
          { from: 0x0a000000n },
          { keyword: 'LocalSubnet', family: 4 },
          { family: 6 },
        ],
        localPorts: [{ from: 80 }, { from: 8000, to: 8010 }, { keyword: 'RPCEPMap' }],
        ...{ program: 'C:\\web.exe', service: 'w3svc', interfaceTypes: 3 },
      },
      {
        ...{ id: 'netsh:2', name: 'Ping', enabled: false, action: 'block', protocol: 58 },
        icmp: [
          { family: 6, type: 128, code: null },
          { family: 6, type: 1, code: 4 },
        ],
        ...{ profiles: 7, program: 'System', service: null, store: 'group-policy' },
      },
    ]);
  });

  it('is refused in another language and without verbose', () => {
    expect(found(read(LISTING.replaceAll('Rule Name', 'Regelname')))).toEqual([
      'error fw-netsh-locale 1:1',
    ]);
    const terse = LISTING.replaceAll(/(?:Program|Service):.*\r\n/g, '');
    expect(found(read(terse))).toContain('error fw-netsh-not-verbose 2:1');
    expect(read(terse, false).rules).toHaveLength(2);
  });

  it('places what is wrong', () => {
    const document = read(LISTING.replace('80,8000-8010', '80,99999'));
    expect(found(document)).toContain('error fw-port 12:1');
    expect(document.rules.map(({ id }) => id)).toEqual(['netsh:2']);
  });
});

const PROFILES = `
Domain Profile Settings:
----------------------------------------------------------------------
State                                 ON
Firewall Policy                       BlockInbound,AllowOutbound
LocalFirewallRules                    N/A (GPO-store only)
LocalConSecRules                      N/A (GPO-store only)
InboundUserNotification               Disable
RemoteManagement                      Disable
UnicastResponseToMulticast            Enable

Logging:
LogAllowedConnections                 Disable
LogDroppedConnections                 Enable
FileName                              %systemroot%\\system32\\LogFiles\\Firewall\\pfirewall.log
MaxFileSize                           4096


Private Profile Settings:
----------------------------------------------------------------------
State                                 OFF
Firewall Policy                       BlockInboundAlways,BlockOutbound
UnicastResponseToMulticast            Disable

Public Profile Settings:
----------------------------------------------------------------------
State                                 NotConfigured
Firewall Policy                       NotConfigured,NotConfigured

Ok.
`.replaceAll('\n', '\r\n');

describe('settings of profiles by netsh', () => {
  it('are those of the local store', () => {
    const document = read(PROFILES);
    expect(found(document)).toEqual([]);
    expect(document.rules).toEqual([]);
    expect(document.settings).toMatchObject([
      {
        store: 'local',
        profiles: {
          domain: {
            ...{ enabled: true, shielded: false, defaultInbound: 'block' },
            ...{ defaultOutbound: 'allow', localRules: null, notificationsDisabled: true },
            ...{ unicastAnswersDisabled: false, logAllowed: false, logDropped: true },
            ...{ logSizeKb: 4096, logFile: expect.stringMatching(/pfirewall\.log$/) as unknown },
          },
          private: {
            ...{ enabled: false, shielded: true, defaultInbound: 'block' },
            ...{ defaultOutbound: 'block', unicastAnswersDisabled: true, logDropped: null },
          },
          public: { enabled: null, shielded: null, defaultInbound: null, defaultOutbound: null },
        },
      },
    ]);
  });

  it.each([
    ['before', PROFILES + LISTING],
    ['behind', LISTING + PROFILES],
  ])('may stand %s the rules, which are all read', (_, text) => {
    const document = read(text);
    expect(document.rules.map(({ name }) => name)).toEqual(['Web', 'Ping']);
    expect(document.settings[0]!.profiles.private.enabled).toBe(false);
    expect(document.rules).toMatchObject(
      read(LISTING).rules.map((rule) => ({ ...rule, location: { file: 'file' } })),
    );
  });

  it('are refused where a word is not one of netsh, each at its line', () => {
    const wrong = PROFILES.replace('ON\r', 'MAYBE\r').replace('BlockInboundAlways', 'BlockSome');
    expect(found(read(wrong))).toEqual(['error fw-setting 4:1', 'error fw-setting 22:1']);
    const unknown = PROFILES.replace('RemoteManagement', 'RemoteControl   ');
    expect(found(read(unknown))).toEqual(['error fw-setting 9:1']);
    expect(found(read(unknown, false))).toEqual(['warning fw-setting 9:1']);
    const translated = PROFILES.replaceAll('Profile Settings', 'profil-Einstellungen');
    expect(found(read(translated))).toEqual(['error fw-netsh-locale 1:1']);
  });
});

describe('lines of netsh add rule', () => {
  it('give rules', () => {
    const document = read(
      'rem first\nnetsh advfirewall firewall add rule name="My web" dir=in action=allow protocol=TCP localport=80,443 remoteip=localsubnet profile=private,public program="C:\\Program Files\\w.exe" edge=deferuser enable=no\n',
    );
    expect(found(document)).toEqual([]);
    expect(document.rules).toMatchObject([
      {
        ...{ name: 'My web', direction: 'in', enabled: false, profiles: 6, edge: 'defer-to-user' },
        ...{ program: 'C:\\Program Files\\w.exe', localPorts: [{ from: 80 }, { from: 443 }] },
      },
    ]);
  });

  it('are refused word by word', () => {
    const line = 'netsh advfirewall firewall add rule name=a dir=sideways port=80 action=allow';
    expect(found(read(line))).toEqual(['error fw-key-unknown 1:57', 'error fw-dir 1:44']);
    expect(found(read('netsh advfirewall firewall add rule name=a'))).toEqual([
      'error fw-dir 1:1',
      'error fw-action 1:1',
    ]);
  });
});

const PLAIN = { Authentication: 0, Encryption: 0, OverrideBlockRules: false };

/** A rule object of the cmdlets with its filter objects, which are of any packet. */
function cmdlets(
  rule: object = {},
  filters: Partial<Record<keyof typeof FILTERS, object>> = {},
): object {
  const lists = Object.entries(FILTERS).map(([name, members]) => [
    name,
    [
      {
        InstanceID: 'web',
        ...Object.fromEntries(members.map((member) => [member, 'Any'])),
        ...(name === 'securityFilters' && PLAIN),
        ...filters[name as keyof typeof FILTERS],
      },
    ],
  ]);
  return {
    rules: [
      {
        ...{
          Name: 'web',
          InstanceID: 'web',
          DisplayName: 'Web',
          Enabled: 1,
          Profile: 5,
          Direction: 1,
        },
        ...{ Action: 2, EdgeTraversalPolicy: 0, PolicyStoreSourceType: 2, CimClass: {} },
        ...rule,
      },
    ],
    ...(Object.fromEntries(lists) as object),
  };
}
const fromCmdlets = (value: object): FirewallDocument =>
  firewallFromValue(value, 'file', { strict: true });

describe('objects of Get-NetFirewallRule', () => {
  it('give rules when their filter objects are there', () => {
    const document = fromCmdlets(
      cmdlets(
        {},
        {
          portFilters: {
            Protocol: 'TCP',
            LocalPort: { value: ['80', '443'], Count: 2 },
            RemotePort: 'Any',
          },
          addressFilters: {
            LocalAddress: 'Any',
            RemoteAddress: ['LocalSubnet4', '10.0.0.0/255.0.0.0'],
          },
          applicationFilters: { Program: 'C:\\w.exe', Package: null },
          serviceFilters: { Service: 'Any' },
          interfaceTypeFilters: { InterfaceType: 0 },
          securityFilters: { Authentication: 0, Encryption: 0, OverrideBlockRules: false },
        },
      ),
    );
    expect(found(document)).toEqual([]);
    expect(document.rules).toMatchObject([
      {
        ...{ id: 'web', enabled: true, profiles: 5, direction: 'in', action: 'allow' },
        ...{ store: 'group-policy', protocol: 6, program: 'C:\\w.exe', service: null },
        localPorts: [{ from: 80 }, { from: 443 }],
        remoteAddresses: [{ keyword: 'LocalSubnet', family: 4 }, { from: 0x0a000000n }],
      },
    ]);
  });

  it('may write enumerations as words', () => {
    const { rules } = fromCmdlets(
      cmdlets({
        Enabled: 'False',
        Direction: 'Outbound',
        Action: 'Block',
        Profile: 'Domain, Public',
      }),
    );
    expect(rules).toMatchObject([
      { enabled: false, direction: 'out', action: 'block', profiles: 5 },
    ]);
  });

  it('are refused without filters, saying how to export', () => {
    const { rules } = cmdlets() as { rules: object[] };
    for (const value of [rules, rules[0]!, { rules }]) {
      const [first, ...more] = fromCmdlets(value).diagnostics;
      expect(more).toEqual([]);
      expect(first).toMatchObject({ severity: 'error', code: 'fw-filters-missing' });
      expect(first!.message).toContain('Get-NetFirewallPortFilter');
    }
    const other = cmdlets({ Name: 'b', InstanceID: 'b' });
    expect(fromCmdlets(other).diagnostics[0]).toMatchObject({
      code: 'fw-filters-missing',
      rule: 'b',
    });
  });

  it('bring the settings of profiles', () => {
    const profiles = [
      { Name: 'Public', Enabled: 1, DefaultInboundAction: 4, AllowInboundRules: 0, LogAllowed: 2 },
    ];
    expect(fromCmdlets({ ...cmdlets(), profiles }).settings).toMatchObject([
      {
        profiles: {
          public: { enabled: true, defaultInbound: 'block', shielded: true, logAllowed: null },
        },
      },
    ]);
  });
});

describe('settings of the whole firewall', () => {
  const off = { global: { statefulFtpDisabled: true, statefulPptpDisabled: null } };
  const own = (settings: unknown): ReturnType<typeof firewallFromValue> =>
    firewallFromValue({ version: 1, rules: [], settings }, 'own.json', { strict: true });

  it('are read of Get-NetFirewallSetting, whatever else it prints', () => {
    const settings = { Name: 'x', Exemptions: 9, EnableStatefulFtp: 0, EnableStatefulPptp: 2 };
    for (const written of [settings, [settings], { value: [settings], Count: 1 }]) {
      const document = fromCmdlets({ ...cmdlets(), settings: written });
      expect(found(document)).toEqual([]);
      expect(document.settings).toMatchObject([off]);
    }
    const on = fromCmdlets({ ...cmdlets(), settings: { EnableStatefulFtp: 'True' } });
    expect(on.settings).toMatchObject([{ global: { statefulFtpDisabled: false } }]);
  });

  it("are read of the project's own JSON, which has no others", () => {
    expect(own({ EnableStatefulFtp: false }).settings).toMatchObject([off]);
    const codes = (settings: unknown): string[] =>
      own(settings).diagnostics.map(({ code, location }) => `${code} ${location.path}`);
    expect(codes({ EnableStatefulFtp: false })).toEqual([]);
    expect(codes({ Exemptions: 9 })).toEqual(['fw-json-shape settings.Exemptions']);
    expect(codes({ EnableStatefulFtp: 'x' })).toEqual(['fw-setting settings.EnableStatefulFtp']);
    expect(codes([])).toEqual(['fw-json-shape settings']);
  });
});

describe("the project's own JSON", () => {
  const own = (rules: unknown, more: object = {}): FirewallDocument =>
    firewallFromValue({ version: 1, rules, ...more }, 'file', { strict: true });

  it('has the defaults of New-NetFirewallRule', () => {
    expect(own([{ Name: 'a' }]).rules).toMatchObject([
      {
        id: 'a',
        name: 'a',
        enabled: true,
        direction: 'in',
        action: 'allow',
        profiles: 0x7fffffff,
        protocol: null,
      },
    ]);
  });

  it('gives rules and settings', () => {
    const document = own(
      [
        {
          ...{
            Name: 'a',
            DisplayName: 'A',
            Direction: 'outbound',
            Action: 'Block',
            Profile: ['Domain'],
          },
          ...{ Protocol: 'TCP', RemotePort: [80, '8000-8010'], RemoteAddress: 'Internet6' },
          ...{ InterfaceType: 'Wireless', PolicyStore: 'GroupPolicy', Compartment: 3 },
        },
        {
          Name: 'b',
          OverrideBlockRules: true,
          Authentication: 'Required',
          RemoteMachine: 'D:(A;;CC;;;WD)',
        },
      ],
      { profiles: { Public: { Enabled: true, DefaultOutboundAction: 'Block' } } },
    );
    expect(found(document)).toEqual([]);
    expect(document.rules).toMatchObject([
      {
        ...{ direction: 'out', action: 'block', profiles: 1, interfaceTypes: 2, compartment: 3 },
        remotePorts: [{ from: 80 }, { from: 8000, to: 8010 }],
        remoteAddresses: [{ keyword: 'Internet', family: 6 }],
        store: 'group-policy',
      },
      { action: 'bypass', security: 'authenticate' },
    ]);
    expect(document.settings[0]!.profiles.public).toMatchObject({
      enabled: true,
      defaultOutbound: 'block',
    });
  });

  it.each([
    [[{ Name: 'a', RemoteIP: '10.0.0.1' }], 'fw-json-shape'],
    [[{ Name: 'a', LocalPort: { from: 1 } }], 'fw-json-shape'],
    [[{ Name: 'a', LocalPort: 80 }], 'fw-port-protocol'],
    [[{ Name: 'a', Action: 'AllowBypass' }], 'fw-action'],
    [[{ Name: 'a', Enabled: 'perhaps' }], 'fw-bool'],
    [[{ Name: 'a' }, { Name: 'A' }], 'fw-id-duplicate'],
    [[{ Name: 'a|b' }], 'fw-id'],
    [{}, 'fw-json-shape'],
    [[5], 'fw-json-shape'],
  ])('refuses %j', (rules, code) => {
    expect(own(rules).diagnostics).toContainEqual(
      expect.objectContaining({ severity: 'error', code }),
    );
  });

  it('refuses other versions, members and profiles', () => {
    const codes = (value: object): string[] =>
      firewallFromValue({ version: 1, rules: [], ...value }, 'f', { strict: true }).diagnostics.map(
        ({ code }) => code,
      );
    expect(codes({ version: 2 })).toEqual(['fw-json-shape']);
    expect(codes({ rule: [] })).toEqual(['fw-json-shape']);
    expect(codes({ profiles: { Home: {} } })).toEqual(['fw-json-shape']);
    expect(codes({ profiles: { Public: { Enabled: 'perhaps' } } })).toEqual(['fw-setting']);
    expect(codes({ profiles: { Public: { Enable: true } } })).toEqual(['fw-json-shape']);
  });

  it('has a schema that names every member', () => {
    const schema = firewallJsonSchema() as {
      properties: { rules: { items: { properties: object } } };
    };
    const names = Object.keys(schema.properties.rules.items.properties);
    expect(names).toContain('RemoteAddress');
    expect(names).toHaveLength(new Set(names).size);
  });
});

describe('rule strings in JSON', () => {
  const STRING = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=n|Protocol=6|LPort=80|';

  it('are read by name or as a list', () => {
    expect(read(JSON.stringify({ web: STRING })).rules).toMatchObject([{ id: 'web' }]);
    expect(read(JSON.stringify([STRING, STRING])).rules).toMatchObject([
      { id: 'file[0]' },
      { id: 'file[1]' },
    ]);
  });

  it('are placed', () => {
    const text = `[\n  "${STRING.replace('80', '80000')}"]`;
    expect(found(read(text))).toEqual([`error fw-port 2:${4 + STRING.indexOf('80')}`]);
  });
});

describe('a registry export', () => {
  const KEY = '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall';

  it('has expandable texts in bytes, over several lines', () => {
    const bytes = [...Buffer.from('%a%\0', 'utf16le')].map((byte) =>
      byte.toString(16).padStart(2, '0'),
    );
    const text = `REGEDIT4\r\n\r\n${KEY}\\PublicProfile\\Logging]\r\n"LogFileSize"=dword:00000400 ; size\r\n`;
    expect(read(text).settings[0]!.profiles.public.logSizeKb).toBe(1024);
    const unicode = text.replace('REGEDIT4', 'Windows Registry Editor Version 5.00');
    const wrapped = `${unicode}"LogFilePath"=hex(2):${bytes.slice(0, 3).join(',')},\\\r\n  ${bytes.slice(3).join(',')}\r\n`;
    expect(read(wrapped).settings[0]!.profiles.public.logFile).toBe('%a%');
  });

  it('gives StandardProfile of Group Policy to Private and Public where they have no key', () => {
    const standard = `Windows Registry Editor Version 5.00\n${KEY}\\StandardProfile]\n"EnableFirewall"=dword:00000000\n`;
    const [one] = read(standard).settings;
    expect(one!.profiles).toMatchObject({
      ...{ domain: { enabled: null }, private: { enabled: false }, public: { enabled: false } },
    });
    const [two] = read(
      `${standard}${KEY}\\PublicProfile]\n"EnableFirewall"=dword:00000001\n`,
    ).settings;
    expect(two!.profiles).toMatchObject({ private: { enabled: null }, public: { enabled: true } });
  });

  it.each([
    ['nonsense', 'fw-reg', '2:1'],
    ['"a"', 'fw-reg', '2:1'],
    ['"a"=word', 'fw-reg', '2:5'],
    ['"a"="open', 'fw-reg', '2:5'],
    [`${KEY}\\PublicProfile]\n"EnableFirewall"="yes"`, 'fw-setting', '3:19'],
    [`${KEY}\\PublicProfile]\n"EnableFirewall"=dword:00000007`, 'fw-setting', '3:18'],
    [`${KEY}\\FirewallRules]\n"a"=dword:00000007`, 'fw-not-a-rule', '3:5'],
  ])('refuses %j', (line, code, place) => {
    expect(found(read(`Windows Registry Editor Version 5.00\n${line}\n`))).toEqual([
      `error ${code} ${place}`,
    ]);
  });

  it('says once a store that rules of services go beyond the grammar, and reads them', () => {
    const key = 'FirewallPolicy\\RestrictedServices\\Static\\System';
    const of = (...values: string[]): string[] => {
      const bytes = regExport(values.map((data, i) => ({ key, name: `r${i}`, data })));
      const { rules, diagnostics } = firewallFromBytes(bytes, 'fw.reg', { strict: true });
      expect(rules).toHaveLength(values.length);
      return diagnostics.map(({ severity, code }) => `${severity} ${code}`);
    };
    const plain = 'v2.10|Action=Block|Active=TRUE|Dir=In|Svc=Dhcp|Name=n|';
    const odd = 'V2.0|Action=Block|Dir=In|LPort=137-138|Protocol=udp|Svc==Dhcp|Name=n|';
    expect(of(odd, odd)).toEqual(['info fw-service-forms']);
    expect(of(plain)).toEqual([]);
  });

  it('warns of settings that are not known, and ignores other keys', () => {
    const text = `Windows Registry Editor Version 5.00\n${KEY}\\PublicProfile]\n"Shields"=dword:1\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Other]\n"a"="b"\n`;
    expect(found(read(text))).toEqual(['warning fw-setting 3:11']);
  });
});

describe('binary files that are cut', () => {
  const values = [{ key: 'FirewallPolicy\\PublicProfile', name: 'EnableFirewall', data: 1 }];

  it('are refused as a whole', () => {
    const whole = polFile(values);
    expect(firewallFromBytes(whole, 'a.pol', { strict: true }).settings).toHaveLength(1);
    const cut = firewallFromBytes(whole.subarray(0, whole.length - 1), 'a.pol', { strict: true });
    expect(cut).toMatchObject({
      settings: [],
      diagnostics: [{ code: 'fw-pol', severity: 'error' }],
    });
    const hive = firewallFromBytes(Buffer.from('regf'), 'a.wfw', { strict: true });
    expect(hive.diagnostics).toMatchObject([{ code: 'fw-hive', severity: 'error' }]);
    expect(regExport(values).length).toBeGreaterThan(0);
  });
});
