/**
 * A condition that got lost on its way makes a rule wider than it was. Whatever is cut out of a file or
 * emptied in it is an error at its place; a rule is never taken without it. Source: windows-firewall.md 11.
 */
import { describe, expect, it } from 'vitest';

import { FILTERS } from '../../src/firewall/cmdlet-json.js';
import type { FirewallDocument } from '../../src/firewall/firewall-document.js';
import { firewallFromBytes, firewallFromValue } from '../../src/firewall/load.js';
import { printRuleString, type FirewallRule } from '../../src/index.js';
import { assumed, IN80, machine, publicProfile, say } from './machine.js';
import { polFile, type Value } from './stores.js';

const read = (text: string | Uint8Array, strict = true): FirewallDocument =>
  firewallFromBytes(typeof text === 'string' ? Buffer.from(text) : text, 'file', { strict });
const errors = ({ diagnostics }: FirewallDocument): string[] =>
  diagnostics.flatMap(({ severity, code, location: { line, column } }) =>
    severity === 'error' ? [`${code} ${line}:${column}`] : [],
  );
const ids = ({ rules }: FirewallDocument): string[] => rules.map(({ id }) => id);

const KEY = 'HKEY_LOCAL_MACHINE\\SYSTEM\\x\\FirewallPolicy';
const reg = (...lines: string[]): string =>
  ['Windows Registry Editor Version 5.00', '', ...lines, ''].join('\r\n');
const RULE = 'v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=n|';

describe('a registry export', () => {
  it('goes on behind bytes, whatever stands next', () => {
    const bytes = '"LogFilePath"=hex(2):41,00,\\\r\n  42,00,00,00';
    const rule = `"a"="${RULE}"`;
    const next = read(
      reg(`[${KEY}\\PublicProfile\\Logging]`, bytes, '"LogFileSize"=dword:00000400'),
    );
    expect(next.settings[0]!.profiles.public).toMatchObject({ logFile: 'AB', logSizeKb: 1024 });
    const key = read(
      reg(
        `[${KEY}\\PublicProfile\\Logging]`,
        bytes,
        '',
        `[${KEY}\\FirewallRules]`,
        rule,
        rule.replace('a', 'b'),
      ),
    );
    expect(key.diagnostics).toEqual([]);
    expect(ids(key)).toEqual(['a', 'b']);
  });

  it.each([
    ['a text with a quotation mark in it', `"a"="${RULE}"RA4=10.0.0.1|"`],
    ['a number of nine digits', '"a"=dword:000000001'],
    ['half a byte', '"a"=hex:01,0'],
    ['bytes that go on without a backslash', '"a"=hex(2):41,00,\r\n42,00'],
  ])('ends where its data ends: %s', (_, line) => {
    const document = read(reg(`[${KEY}\\FirewallRules]`, line));
    expect(errors(document)[0]).toMatch(/^fw-reg [45]:/);
    expect(document.rules).toEqual([]);
  });

  it('may have comments', () => {
    const document = read(reg(`[${KEY}\\FirewallRules] ; rules`, '; all', `"a"="${RULE}" ; web`));
    expect(document.diagnostics).toEqual([]);
    expect(ids(document)).toEqual(['a']);
  });
});

describe('instructions of a registry.pol', () => {
  const key = 'SOFTWARE\\Policies\\Microsoft\\WindowsFirewall';
  const rules = `${key}\\FirewallRules`;
  const set: Value[] = [
    { key: `${key}\\PublicProfile`, name: 'EnableFirewall', data: 0 },
    { key: rules, name: 'a', data: RULE },
    { key: rules, name: 'b', data: RULE },
  ];
  const left = (name: string, data: string | number, at = rules): string[] => {
    const document = read(polFile([...set, { key: at, name, data }]));
    expect(document.diagnostics).toEqual([]);
    const { enabled } = document.settings[0]?.profiles.public ?? { enabled: null };
    return [...ids(document), ...(enabled === false ? ['off'] : [])];
  };

  it.each([
    ['**Del.a', ' ', rules, ['b', 'off']],
    ['**del.B', ' ', rules, ['a', 'off']],
    ['**delvals.', ' ', rules, ['off']],
    ['**DeleteValues', 'A; b', rules, ['off']],
    ['**Del.EnableFirewall', ' ', `${key}\\publicprofile`, ['a', 'b']],
    ['**DeleteKeys', 'FirewallRules;x', key, ['off']],
    ['**SecureKey', 1, rules, ['a', 'b', 'off']],
    ['**soft.a', 'nonsense', rules, ['a', 'b', 'off']],
    ['**soft.c', RULE, rules, ['a', 'b', 'c', 'off']],
  ] as const)('%s %s', (name, data, at, expected) => {
    expect(left(name, data, at)).toEqual(expected);
  });

  it('are carried out in their order', () => {
    const [, a, b] = set;
    expect(ids(read(polFile([a!, { ...a!, name: '**delvals.' }, b!])))).toEqual(['b']);
  });

  it('are an error when they are not known, and said when they delete nothing', () => {
    const codes = (name: string): string[] =>
      read(polFile([{ key: rules, name, data: ' ' }])).diagnostics.map(
        ({ severity, code }) => `${severity} ${code}`,
      );
    expect(codes('**Purge')).toEqual(['error fw-pol']);
    expect(codes('**')).toEqual(['error fw-pol']);
    expect(codes('**Del.a')).toEqual(['warning fw-pol']);
  });
});

const RULE_OBJECT = {
  ...{ Name: 'web', InstanceID: 'web', DisplayName: 'Web', Enabled: 1, Profile: 4, Direction: 1 },
  ...{ Action: 2, EdgeTraversalPolicy: 0, PolicyStoreSourceType: 1 },
};
type Filter = Record<string, unknown>;
type Filters = Record<keyof typeof FILTERS, Filter[]>;
/** Of any packet: members that say nothing. */
function filters(): Filters {
  const lists = Object.entries(FILTERS).map(([name, members]): [string, Filter[]] => [
    name,
    [{ InstanceID: 'web', ...Object.fromEntries(members.map((member) => [member, null])) }],
  ]);
  return Object.fromEntries(lists) as Filters;
}
const without = (object: object, member: string): Filter =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== member));
const cmdlets = (rule: object, lists: object = filters()): FirewallDocument =>
  firewallFromValue({ rules: [rule], ...lists }, 'cmdlets.json', { strict: true });

describe('objects of Get-NetFirewallRule', () => {
  it('are whole', () => {
    const document = cmdlets(RULE_OBJECT);
    expect(document.diagnostics).toEqual([]);
    expect(document.rules).toMatchObject([{ id: 'web', profiles: 4, protocol: null }]);
  });

  const members = Object.entries(FILTERS).flatMap(([name, list]) =>
    list.map((member) => [name as keyof typeof FILTERS, member] as const),
  );
  it.each(members)('are refused when %s do not show %s', (name, member) => {
    const lists = filters();
    lists[name] = [without(lists[name][0]!, member)];
    const { rules, diagnostics } = cmdlets(RULE_OBJECT, lists);
    expect(rules).toEqual([]);
    expect(diagnostics).toMatchObject([{ code: 'fw-filters-missing', expected: member }]);
  });

  it.each(['Enabled', 'Direction', 'Action', 'Profile'])('are refused without %s', (member) => {
    expect(cmdlets(without(RULE_OBJECT, member))).toMatchObject({
      ...{ rules: [], diagnostics: [{ code: 'fw-filters-missing', expected: member }] },
    });
  });

  it('are refused when one rule has two filters that differ', () => {
    const lists = filters();
    const [filter] = lists.portFilters;
    lists.portFilters.push({ ...filter });
    expect(cmdlets(RULE_OBJECT, lists).diagnostics).toEqual([]);
    lists.portFilters.push({ ...filter, Protocol: 'TCP' });
    expect(cmdlets(RULE_OBJECT, lists).diagnostics).toMatchObject([
      { severity: 'error', code: 'fw-id-duplicate', location: { path: 'portFilters[2]' } },
    ]);
  });

  it('tell of named address lists and packages where newer systems print them', () => {
    const guid = '{D842F406-E895-406A-AC35-9837B6D499F4}';
    const more = {
      RemoteDynamicKeywordAddresses: [guid],
      PackageFamilyName: 'a_b',
      PolicyAppId: '',
    };
    expect(cmdlets({ ...RULE_OBJECT, ...more }).rules).toMatchObject([
      { dynamicAddresses: [guid], packageFamily: 'a_b' },
    ]);
    const tagged = cmdlets({ ...RULE_OBJECT, PolicyAppId: 'tag' });
    expect(tagged).toMatchObject({ rules: [], diagnostics: [{ code: 'fw-json-shape' }] });
  });

  it('may join bits, and no others than are known', () => {
    const lists = filters();
    lists.interfaceTypeFilters[0]!['InterfaceType'] = 3;
    expect(cmdlets(RULE_OBJECT, lists).rules).toMatchObject([{ interfaceTypes: 3 }]);
    lists.interfaceTypeFilters[0]!['InterfaceType'] = 9;
    expect(cmdlets(RULE_OBJECT, lists).diagnostics).toMatchObject([{ code: 'fw-iftype' }]);
    expect(cmdlets({ ...RULE_OBJECT, Profile: 8 }).diagnostics).toMatchObject([
      { code: 'fw-profile' },
    ]);
    expect(cmdlets({ ...RULE_OBJECT, Profile: 0 }).rules).toMatchObject([{ profiles: 0x7fffffff }]);
  });
});

const LISTING = `Rule Name: Web
${'-'.repeat(70)}
Description: one line
and another
Enabled: Yes
Direction: In
Profiles: Public
Grouping:
LocalIP: Any
RemoteIP: 10.0.0.0/8
Protocol: TCP
LocalPort: 80
RemotePort: Any
Edge traversal: No
Program: a
Service: b
InterfaceTypes: Any
Security: NotRequired
Rule source: Local Setting
Action: Allow
`;

describe('a listing of netsh', () => {
  it('is whole', () => {
    expect(errors(read(LISTING))).toEqual([]);
    expect(read(LISTING).rules).toHaveLength(1);
  });

  it.each([
    ...['Enabled', 'Direction', 'Profiles', 'LocalIP', 'RemoteIP', 'Protocol', 'LocalPort'],
    ...['RemotePort', 'Program', 'Service', 'InterfaceTypes', 'Security', 'Action'],
  ])('is refused without its line %s', (label) => {
    const cut = read(LISTING.replace(new RegExp(`^${label}:.*\\n`, 'm'), ''));
    expect(errors(cut)).not.toEqual([]);
    expect(cut.rules).toEqual([]);
  });

  it('is refused where a line stands twice or belongs nowhere', () => {
    const twice = LISTING.replace('LocalPort', 'RemoteIP: Any\nLocalPort');
    expect(errors(read(twice))).toEqual(['fw-key-duplicate 12:1']);
    const below = LISTING.replace('10.0.0.0/8', '10.0.0.0/8,\n  192.0.2.1');
    expect(errors(read(below))[0]).toMatch(/^fw-(?:field-malformed|addr) 10:1$/);
  });
});

describe('lines of netsh add rule', () => {
  const line = (words: string): string =>
    `netsh advfirewall firewall add rule name=a dir=in action=allow ${words}`;

  it.each([
    ...['protocol=', 'profile=', 'program=""', 'service=', 'remoteip=', 'localip=', 'security='],
    ...['interfacetype=', 'protocol=tcp localport=', 'protocol=tcp localport=80,,90', 'edge='],
    ...['remoteip=10.0.0.1,', 'rmtcomputergrp=', 'rmtusrgrp=""', 'protocol=icmpv4:'],
    'protocol=icmpv4:8:0',
  ])('are refused for what says nothing: %s', (words) => {
    const document = read(line(words));
    expect(errors(document)).not.toEqual([]);
    expect(document.rules).toEqual([]);
  });

  it('say any where they mean it', () => {
    const { rules, diagnostics } = read(
      line('protocol=icmpv4:any,any remoteip=any program=any description=""'),
    );
    expect(diagnostics).toEqual([]);
    expect(rules).toMatchObject([{ icmp: [], remoteAddresses: [], program: null }]);
  });
});

describe("the project's own JSON", () => {
  const own = (more: object): FirewallDocument =>
    firewallFromValue({ version: 1, rules: [{ Name: 'a', ...more }] }, 'own.json', {
      strict: true,
    });

  it.each([
    ...['Program', 'Service', 'Package', 'LocalUser', 'Owner', 'RemoteMachine', 'Protocol'],
    ...['LocalPort', 'RemotePort', 'LocalAddress', 'RemoteAddress', 'InterfaceAlias', 'Profile'],
    ...['IcmpType', 'InterfaceType', 'Action', 'Direction', 'Enabled', 'Authentication'],
  ])('is refused where %s is an empty text', (name) => {
    for (const value of ['', ' ']) {
      const { rules, diagnostics } = own({ [name]: value });
      expect(rules).toEqual([]);
      expect(diagnostics).toMatchObject([
        { code: 'fw-json-shape', location: { path: `rules[0].${name}` } },
      ]);
    }
  });

  it('may have empty descriptions', () => {
    expect(own({ Description: '', Group: '' }).diagnostics).toEqual([]);
  });
});

describe('rule strings', () => {
  it('have one list of local users', () => {
    const user = 'D:(A;;CC;;;S-1-5-21-1)';
    const base64 = Buffer.from(user, 'utf16le').toString('base64');
    const text = (more: string): string => JSON.stringify({ a: `${RULE}${more}` });
    expect(read(text(`LUAuth2_24=${base64}|`)).rules).toMatchObject([{ localUser: user }]);
    expect(errors(read(text(`LUAuth=${user}|LUAuth2_24=${base64}|`)))).toEqual([
      'fw-key-duplicate 1:79',
    ]);
  });

  const printed = (more: object): FirewallRule =>
    firewallFromValue({ version: 1, rules: [{ Name: 'a', ...more }] }, 'a', { strict: true })
      .rules[0]!;

  it.each([
    [
      'named address lists',
      { RemoteDynamicKeywordAddresses: '{D842F406-E895-406A-AC35-9837B6D499F4}' },
    ],
    ['a compartment', { Compartment: 2 }],
    ['interfaces by alias', { InterfaceAlias: 'Ethernet' }],
    ['mobile interfaces', { InterfaceType: ['Wired', 'Mobile'] }],
    ['later versions', { Platform: ['6.1+', '10.0'] }],
  ])('are not printed of what they cannot say: %s', (what, more) => {
    expect(() => printRuleString(printed(more))).toThrow(what);
    expect(() => printRuleString(printed(more))).toThrow(
      expect.objectContaining({ code: 'fw-not-printable' }) as Error,
    );
  });

  it('are printed of the same without it', () => {
    const more = {
      InterfaceAlias: '{D842F406-E895-406A-AC35-9837B6D499F4}',
      Platform: ['10.0', '6.1+'],
    };
    expect(printRuleString(printed(more))).toContain('|IF={D842F406');
  });
});

describe('entries of a descriptor that have a condition', () => {
  const rule = (Action: string, entry: string): object => ({
    ...{ Name: 'A', Action, Protocol: 'TCP', LocalPort: 80 },
    LocalUser: `D:${entry}`,
  });
  const asked = (...rules: object[]): ReturnType<typeof machine> =>
    machine({ rules, interface: { processes: [{ user: 'S-1-5-21-1' }] } });
  const ALWAYS = '(A;;CC;;;S-1-5-21-1)';
  const IF = '(XA;;CC;;;S-1-5-21-1;(a == 1))';
  const UNLESS = '(XD;;CC;;;S-1-5-21-1;(a == 1))';

  it('allow nobody for sure', () => {
    expect(say(asked(rule('Allow', ALWAYS)), IN80)).toBe('allow rule A');
    for (const entries of [IF, UNLESS + ALWAYS]) {
      expect(say(asked(rule('Allow', entries)), IN80)).toBe('drop query-user-default');
      expect(assumed(asked(rule('Allow', entries)), IN80)).toEqual(['A']);
    }
  });

  it('spare nobody from a Block for sure', () => {
    const open = publicProfile({ DefaultInboundAction: 'Allow' });
    const blocked = (entries: string): ReturnType<typeof machine> =>
      machine({
        ...{ rules: [rule('Block', entries)], profiles: open },
        interface: { processes: [{ user: 'S-1-5-21-1' }] },
      });
    expect(say(blocked(ALWAYS), IN80)).toBe('drop rule A');
    expect(assumed(blocked(UNLESS + ALWAYS), IN80)).toEqual(['A']);
    expect(assumed(blocked('(D;;CC;;;S-1-5-21-1)'), IN80)).toEqual([]);
  });
});

describe('the mistakes of a file are told all at once', () => {
  const WRONG = RULE.replace('LPort=80', 'LPort=70000').replace('Dir=In', 'Dir=Up');
  const twice = (text: string): string => JSON.stringify({ a: text, b: text });
  const values = ['a', 'b'].map((name) => ({
    key: 'FirewallPolicy\\FirewallRules',
    name,
    data: WRONG,
  }));

  it.each<[string, string | Uint8Array, string[]]>([
    ['rule strings', twice(WRONG), ['fw-dir', 'fw-port', 'fw-dir', 'fw-port']],
    [
      'a registry export',
      reg(`[${KEY}\\FirewallRules]`, `"a"="${WRONG}"`, '"b"=nothing', `"c"="${WRONG}"`),
      ['fw-reg', 'fw-dir', 'fw-port', 'fw-dir', 'fw-port'],
    ],
    ['a registry.pol', polFile(values), ['fw-dir', 'fw-port', 'fw-dir', 'fw-port']],
    [
      'a listing of netsh',
      LISTING.replace('Direction: In', 'Direction: Up').replace(
        'LocalPort: 80',
        'LocalPort: 70000',
      ) + LISTING.replace('RemoteIP: 10.0.0.0/8', 'RemoteIP: 10.0.0.0/99'),
      ['fw-dir', 'fw-port', 'fw-addr-prefix'],
    ],
    [
      'settings of netsh',
      `Public Profile Settings:\n${'-'.repeat(70)}\nState    maybe\nFirewall Policy    x,y\n`,
      ['fw-setting', 'fw-setting'],
    ],
    [
      'lines of netsh',
      'add rule name=a dir=up action=allow protocol=tcp localport=70000\nadd rule name=b dir=in action=no\n',
      ['fw-dir', 'fw-port', 'fw-action'],
    ],
    [
      "the project's own JSON",
      '{"version":1,"rules":[{"Direction":"Up","LocalPort":70000},{"Action":"No"}],"profiles":{"Home":{}}}',
      ['fw-dir', 'fw-port', 'fw-action', 'fw-json-shape'],
    ],
    [
      'objects of Get-NetFirewallRule',
      JSON.stringify({
        rules: [{ ...RULE_OBJECT, Direction: 9, Action: 9 }],
        ...filters(),
        profiles: [{ Name: 'Public', Enabled: 7 }],
      }),
      ['fw-dir', 'fw-action', 'fw-setting'],
    ],
  ])('%s', (_, text, codes) => {
    const document = read(text);
    expect(errors(document).map((error) => error.split(' ')[0])).toEqual(codes);
    expect(document.rules).toEqual([]);
  });
});
