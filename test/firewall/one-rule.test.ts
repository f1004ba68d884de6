/**
 * One rule in every form it comes in: a drawn rule, written as the machine would export it, is read
 * as the same rule from each. Source: windows-firewall.md 7.
 */
import { describe, expect, it } from 'vitest';

import type { FirewallRule } from '../../src/firewall/firewall-rule.js';
import { firewallFromBytes } from '../../src/firewall/load.js';
import { printRuleString } from '../../src/index.js';
import { randomOf } from '../source/random.js';
import { polFile, regExport } from './stores.js';

const SEED = 20264;
const RULES = 200;

/** Words of the cmdlets; an empty list is any. What netsh cannot show is not drawn. */
interface Drawn {
  readonly name: string;
  readonly enabled: boolean;
  readonly direction: 'Inbound' | 'Outbound';
  readonly action: 'Allow' | 'Block';
  readonly profiles: readonly string[];
  readonly protocol: string;
  readonly localPorts: readonly string[];
  readonly remotePorts: readonly string[];
  readonly icmp: readonly string[];
  readonly localAddresses: readonly string[];
  readonly remoteAddresses: readonly string[];
  readonly interfaceTypes: readonly ('Wired' | 'Wireless' | 'RemoteAccess')[];
  readonly program: string;
  readonly service: string;
  readonly edge: 'Block' | 'Allow' | 'DeferToUser' | 'DeferToApp';
  readonly authenticates: boolean;
}

const PROTOCOLS = ['TCP', 'UDP', 'ICMPv4', 'ICMPv6', 'Any', '47', '2'];
const ADDRESSES = ['10.0.0.1', '10.1.0.0/16', '192.0.2.5-192.0.2.9', 'fd00::/64', 'fe80::1'];
const KEYWORDS = ['LocalSubnet', 'DNS', 'DHCP', 'WINS', 'DefaultGateway'];

function draw(random: (below: number) => number, index: number): Drawn {
  const pick = <T>(items: readonly T[]): T => items[random(items.length)]!;
  const some = <T>(items: readonly T[]): T[] => items.filter(() => random(4) === 0);
  const protocol = pick(PROTOCOLS);
  const hasPorts = protocol === 'TCP' || protocol === 'UDP';
  const inbound = random(2) === 0;
  const action = pick(['Allow', 'Block'] as const);
  const keywords =
    inbound && protocol === 'TCP' ? ['RPC', 'RPCEPMap'] : inbound && hasPorts ? ['Teredo'] : [];
  return {
    name: `rule ${index}`,
    enabled: random(2) === 0,
    direction: inbound ? 'Inbound' : 'Outbound',
    action,
    profiles: some(['Domain', 'Private', 'Public']),
    protocol,
    localPorts: hasPorts ? some(['80', '8000-8010', '65535', ...keywords]) : [],
    remotePorts: hasPorts ? some(['53', '1-1023']) : [],
    icmp: protocol.startsWith('ICMP') ? some(['8', '3:4', '128:0']) : [],
    localAddresses: some(ADDRESSES),
    remoteAddresses: some([...ADDRESSES, ...KEYWORDS]),
    interfaceTypes: some(['Wired', 'Wireless', 'RemoteAccess'] as const),
    program: pick(['Any', 'System', 'C:\\Program Files\\a b.exe']),
    service: pick(['Any', 'Dnscache']),
    edge: inbound ? pick(['Block', 'Allow', 'DeferToUser', 'DeferToApp'] as const) : 'Block',
    authenticates: action === 'Allow' && random(5) === 0,
  };
}

const listed = (items: readonly string[]): string => (items.length === 0 ? 'Any' : items.join(','));
const NETSH_EDGE = {
  ...{ Block: 'No', Allow: 'Yes', DeferToUser: 'Defer to user' },
  DeferToApp: 'Defer to application',
} as const;
const NETSH_TYPE = { Wired: 'LAN', Wireless: 'Wireless', RemoteAccess: 'RAS' } as const;
/** As netsh writes keywords of ports. */
const netshPorts = (ports: readonly string[]): string =>
  listed(ports.map((port) => (port === 'RPCEPMap' ? 'RPC-EPMap' : port)));
const hasPorts = ({ protocol }: Drawn): boolean => protocol === 'TCP' || protocol === 'UDP';

function ownJson(rules: readonly Drawn[]): Uint8Array {
  return json({ version: 1, rules: rules.map(members) });
}

function members(rule: Drawn): object {
  return {
    ...{ Name: rule.name, DisplayName: rule.name, Enabled: rule.enabled, Action: rule.action },
    ...{ Direction: rule.direction, Protocol: rule.protocol, Profile: rule.profiles },
    ...{ LocalPort: rule.localPorts, RemotePort: rule.remotePorts, IcmpType: rule.icmp },
    ...{ LocalAddress: rule.localAddresses, RemoteAddress: rule.remoteAddresses },
    ...{ InterfaceType: rule.interfaceTypes, Program: rule.program, Service: rule.service },
    ...{
      EdgeTraversalPolicy: rule.edge,
      ...(rule.authenticates && { Authentication: 'Required' }),
    },
  };
}

/** With the numbers, and the three ways in which a list comes. */
function cmdlets(rules: readonly Drawn[]): Uint8Array {
  const values = (items: readonly string[], i: number): unknown =>
    items.length === 0
      ? [null, 'Any', {}, ''][i % 4]
      : items.length === 1
        ? items[0]
        : i % 2 === 0
          ? items
          : { value: items, Count: items.length };
  const bits = (names: readonly string[], all: readonly string[]): number =>
    names.reduce((sum, name) => sum | (1 << all.indexOf(name)), 0);
  const each = (of: (rule: Drawn, i: number) => object): object[] =>
    rules.map((rule, i) => ({ InstanceID: rule.name, ...of(rule, i) }));
  const EDGE = ['Block', 'Allow', 'DeferToUser', 'DeferToApp'];
  return json({
    rules: each(({ name, enabled, direction, action, profiles, edge }) => ({
      ...{ Name: name, DisplayName: name, Enabled: enabled ? 1 : 2, PolicyStoreSourceType: 1 },
      ...{ Direction: direction === 'Inbound' ? 1 : 2, Action: action === 'Allow' ? 2 : 4 },
      ...{ Profile: bits(profiles, ['Domain', 'Private', 'Public']), CimClass: {} },
      EdgeTraversalPolicy: EDGE.indexOf(edge),
    })),
    portFilters: each(({ protocol, localPorts, remotePorts, icmp }, i) => ({
      ...{ Protocol: protocol, LocalPort: values(localPorts, i), DynamicTarget: 0 },
      ...{ RemotePort: values(remotePorts, i), IcmpType: values(icmp, i) },
    })),
    addressFilters: each(({ localAddresses, remoteAddresses }, i) => ({
      LocalAddress: values(localAddresses, i),
      RemoteAddress: values(remoteAddresses, i),
    })),
    applicationFilters: each(({ program }) => ({ Program: program, Package: null })),
    serviceFilters: each(({ service }) => ({ Service: service })),
    interfaceFilters: each(() => ({ InterfaceAlias: 'Any' })),
    interfaceTypeFilters: each(({ interfaceTypes }) => ({
      InterfaceType: bits(interfaceTypes, ['Wired', 'Wireless', 'RemoteAccess']),
    })),
    securityFilters: each(({ authenticates }) => ({
      ...{ Authentication: authenticates ? 1 : 0, Encryption: 0, OverrideBlockRules: false },
      ...{ LocalUser: 'Any', RemoteUser: 'Any', RemoteMachine: 'Any' },
    })),
  });
}

function netshListing(rules: readonly Drawn[]): Uint8Array {
  const blocks = rules.map((rule) => {
    const lines: (readonly [string, string])[] = [
      ['Enabled', rule.enabled ? 'Yes' : 'No'],
      ['Direction', rule.direction === 'Inbound' ? 'In' : 'Out'],
      ['Profiles', rule.profiles.length === 0 ? 'Domain,Private,Public' : rule.profiles.join(',')],
      ['Grouping', ''],
      ['LocalIP', listed(rule.localAddresses)],
      ['RemoteIP', listed(rule.remoteAddresses)],
      ['Protocol', rule.protocol],
      ...(hasPorts(rule)
        ? ([
            ['LocalPort', netshPorts(rule.localPorts)],
            ['RemotePort', netshPorts(rule.remotePorts)],
          ] as const)
        : []),
      ['Edge traversal', NETSH_EDGE[rule.edge]],
      ['Program', rule.program],
      ['Service', rule.service],
      ['InterfaceTypes', listed(rule.interfaceTypes.map((type) => NETSH_TYPE[type]))],
      ['Security', rule.authenticates ? 'Authenticate' : 'NotRequired'],
      ['Rule source', 'Local Setting'],
      ['Action', rule.action],
    ];
    const icmp = rule.icmp.map((item) => {
      const [type = '', code = 'Any'] = item.split(':');
      return `${' '.repeat(38)}${type.padEnd(8)}${code}`;
    });
    const table = icmp.length === 0 ? [] : [`${' '.repeat(38)}Type    Code`, ...icmp];
    return [
      `${'Rule Name:'.padEnd(38)}${rule.name}`,
      '-'.repeat(70),
      ...lines.flatMap(([label, value]) => [
        `${`${label}:`.padEnd(38)}${value}`,
        ...(label === 'Protocol' ? table : []),
      ]),
      '',
    ].join('\r\n');
  });
  return utf16(`\r\n${blocks.join('\r\n')}Ok.\r\n`);
}

const ADD_EDGE = { Block: 'no', Allow: 'yes', DeferToUser: 'deferuser', DeferToApp: 'deferapp' };

/** A line has one ICMP type; what is any is left out. */
function netshLines(rules: readonly Drawn[]): Uint8Array {
  const lines = rules.map((rule) => {
    const [type] = rule.icmp.map((item) => item.replace(':', ','));
    const word = (name: string, items: readonly string[]): string[] =>
      items.length === 0 ? [] : [`${name}=${items.join(',')}`];
    const given = (name: string, text: string): string[] =>
      text === 'Any' ? [] : [`${name}="${text}"`];
    return [
      ...['netsh advfirewall firewall add rule', `name="${rule.name}"`],
      ...[`dir=${rule.direction === 'Inbound' ? 'in' : 'out'}`, `action=${rule.action}`],
      ...[`enable=${rule.enabled ? 'yes' : 'no'}`, `edge=${ADD_EDGE[rule.edge]}`],
      ...word('protocol', [`${rule.protocol}${type === undefined ? '' : `:${type}`}`]),
      ...word('profile', rule.profiles),
      ...word('localip', rule.localAddresses),
      ...word('remoteip', rule.remoteAddresses),
      ...word('localport', rule.localPorts),
      ...word('remoteport', rule.remotePorts),
      ...word(
        'interfacetype',
        rule.interfaceTypes.map((each) => NETSH_TYPE[each]),
      ),
      ...given('program', rule.program),
      ...given('service', rule.service),
      ...(rule.authenticates ? ['security=authenticate'] : []),
    ].join(' ');
  });
  return Buffer.from(lines.join('\r\n'));
}

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
/** As PowerShell redirects it. */
const utf16 = (text: string): Uint8Array => Buffer.from(`\ufeff${text}`, 'utf16le');

/** What a rule means, without its place, version and store's way of naming it. */
function meaning({ id, location, version, profiles, ...rule }: FirewallRule): unknown {
  expect([id, location.file, version.major]).not.toContain('');
  // netsh prints every profile that there is.
  return { ...rule, profiles: profiles === 7 ? 0x7fffffff : profiles };
}

const read = (bytes: Uint8Array, name: string): readonly FirewallRule[] => {
  const { rules, diagnostics } = firewallFromBytes(bytes, name, { strict: true });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return rules;
};

describe(`rules of chance (seed ${SEED})`, () => {
  const random = randomOf(SEED);
  const drawn = Array.from({ length: RULES }, (_, i) => draw(random, i));
  const rules = read(ownJson(drawn), 'own.json');
  const strings = rules.map((rule) => ({
    ...{ key: 'FirewallPolicy\\FirewallRules', name: rule.id, data: printRuleString(rule) },
  }));
  const groupKey = 'SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\FirewallRules';

  it('are many', () => {
    expect(rules).toHaveLength(RULES);
    expect(new Set(strings.map(({ data }) => data)).size).toBe(RULES);
  });

  it.each<[string, Uint8Array]>([
    ["the project's own JSON in UTF-16", utf16(Buffer.from(ownJson(drawn)).toString())],
    ['objects of Get-NetFirewallRule', cmdlets(drawn)],
    ['the same in UTF-16', utf16(Buffer.from(cmdlets(drawn)).toString())],
    ['a listing of netsh in UTF-16', netshListing(drawn)],
    ['a registry export', regExport(strings)],
    ['the same in UTF-8', regExport(strings, 'utf8')],
    ['rule strings in JSON', json(Object.fromEntries(strings.map((s) => [s.name, s.data])))],
  ])('are the same in %s', (name, bytes) => {
    expect(read(bytes, name).map(meaning)).toEqual(rules.map(meaning));
  });

  it('are the same in lines of netsh add rule', () => {
    const told = drawn.filter(({ icmp }) => icmp.length < 2);
    const names = new Set(told.map(({ name }) => name));
    const expected = rules.filter(({ name }) => names.has(name)).map(meaning);
    expect(read(netshLines(told), 'lines.txt').map(meaning)).toEqual(expected);
  });

  it('are the same in a registry.pol, as those of Group Policy', () => {
    const bytes = polFile(strings.map((value) => ({ ...value, key: groupKey })));
    const local = read(bytes, 'registry.pol').map((rule) => ({ ...rule, store: 'local' as const }));
    expect(local.map(meaning)).toEqual(rules.map(meaning));
  });
});
