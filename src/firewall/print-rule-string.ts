/**
 * A rule as a rule string, which reads back to the same rule. Keys stand in the order that real
 * strings have. Source: windows-firewall.md 7.1.
 */
import { PortaclError } from '../errors.js';
import { printAddressRange } from './address-items.js';
import { GUID } from './flag-keys.js';
import {
  INTERFACE_TYPE_BIT,
  PROFILES_ALL,
  type AddressItem,
  type FirewallRule,
  type PortItem,
} from './firewall-rule.js';
import { ADDRESS_KEYWORDS, PORT_KEYWORDS, TRUST_TUPLES } from './keywords.js';
import { printIcmpItem } from './port-items.js';

type Field = readonly [key: string, value: string];

/**
 * @throws {PortaclError} fw-not-printable for a condition that no key carries: without it the string
 *   would be a wider rule
 */
export function printRuleString(rule: FirewallRule): string {
  const [unprintable] = Object.entries(UNPRINTABLE).filter(([, has]) => has(rule));
  if (unprintable !== undefined) {
    const message = `The rule ${rule.id} has ${unprintable[0]}, which no key of rule strings carries.`;
    throw new PortaclError('fw-not-printable', message);
  }
  const fields: readonly Field[] = [
    ['Action', { allow: 'Allow', block: 'Block', bypass: 'ByPass' }[rule.action]],
    ['Active', rule.enabled ? 'TRUE' : 'FALSE'],
    ['Dir', rule.direction === 'in' ? 'In' : 'Out'],
    ...optional('Protocol', rule.protocol),
    ...profiles(rule.profiles),
    ...ports('L', rule.localPorts),
    ...ports('R', rule.remotePorts),
    ...rule.icmp.map((item): Field => [`ICMP${item.family}`, printIcmpItem(item)]),
    ...addresses('LA', rule.localAddresses),
    ...addresses('RA', rule.remoteAddresses),
    ...interfaceTypes(rule.interfaceTypes),
    ...rule.interfaces.map((guid): Field => ['IF', guid]),
    ...optional('App', rule.program),
    ...optional('Svc', rule.service),
    ['Name', rule.name],
    ...optional('Desc', rule.description),
    ...optional('PFN', rule.packageFamily),
    ...localUser(rule.localUser),
    ...optional('LUOwn', rule.owner),
    ...optional('AppPkgId', rule.packageSid),
    ...optional('EmbedCtxt', rule.group),
    ...platforms(rule),
    ...rule.trustTuples.map((name): Field => [
      TRUST_TUPLES.find((row) => row.name === name)!.key,
      name,
    ]),
    ...edge(rule),
    ...security(rule),
    ...optional('RMAuth', rule.remoteMachine),
    ...optional('RUAuth', rule.remoteUser),
    ...flag('AuthByPassOut', rule.bypassOutbound),
    ...flag('LOM', rule.localOnlyMapping),
    ...flag('LSM', rule.looseSourceMapping),
    ...flag('PCross', rule.profileCrossing),
    ...optional('NNm', rule.networkNames),
    ...optional('SecurityRealmId', rule.securityRealm),
    ...(rule.skipVersion === null
      ? []
      : [['SkipVer', `${rule.skipVersion.major}.${rule.skipVersion.minor}`] as const]),
  ];
  const { major, minor } = rule.version;
  return `v${major}.${minor}|${fields.map(([key, value]) => `${key}=${value}|`).join('')}`;
}

/** What the other forms can say and rule strings cannot. */
const UNPRINTABLE: Readonly<Record<string, (rule: FirewallRule) => boolean>> = {
  'named address lists': ({ dynamicAddresses }) => dynamicAddresses.length > 0,
  'a compartment': ({ compartment }) => compartment !== null,
  'interfaces by alias': ({ interfaces }) => interfaces.some((name) => !GUID.test(name)),
  'mobile interfaces': ({ interfaceTypes }) => (interfaceTypes & INTERFACE_TYPE_BIT.mobile) !== 0,
  'later versions of a platform that is not the last': ({ platforms }) =>
    platforms.slice(0, -1).some(({ andLater }) => andLater),
  'a bar in a condition': (rule) =>
    TEXT_CONDITIONS.some((field) => rule[field]?.includes('|') === true),
};
const TEXT_CONDITIONS = [
  ...(['packageSid', 'packageFamily', 'owner', 'remoteMachine', 'remoteUser'] as const),
  ...(['networkNames', 'securityRealm'] as const),
];

function optional(key: string, value: string | number | null): Field[] {
  return value === null ? [] : [[key, String(value)]];
}

function flag(key: string, value: boolean): Field[] {
  return value ? [[key, 'TRUE']] : [];
}

function profiles(mask: number): Field[] {
  if (mask === PROFILES_ALL) return [];
  return ['Domain', 'Private', 'Public']
    .filter((_, bit) => (mask & (1 << bit)) !== 0)
    .map((name) => ['Profile', name]);
}

function ports(side: 'L' | 'R', items: readonly PortItem[]): Field[] {
  return items.map((item) => {
    if (item.kind === 'keyword') {
      const row = PORT_KEYWORDS.find(({ name }) => name === item.keyword)!;
      return [row.key, row.strings[0]!];
    }
    const { from, to } = item;
    return from === to ? [`${side}Port`, String(from)] : [`${side}Port2_10`, `${from}-${to}`];
  });
}

function addresses(side: 'LA' | 'RA', items: readonly AddressItem[]): Field[] {
  return items.map((item) => {
    const key = `${side}${item.family}`;
    if (item.kind === 'range') return [key, printAddressRange(item)];
    const row = ADDRESS_KEYWORDS.find(({ name }) => name === item.keyword)!;
    return [`${key}${row.late ? '2' : ''}`, row.string];
  });
}

function interfaceTypes(mask: number): Field[] {
  const words = { lan: 'Lan', wireless: 'Wireless', 'remote-access': 'RemoteAccess' } as const;
  return Object.entries(words)
    .filter(([name]) => (mask & INTERFACE_TYPE_BIT[name as keyof typeof words]) !== 0)
    .map(([, text]) => ['IFType', text]);
}

/** A descriptor with a bar, which conditional entries may have, is carried in base 64. */
function localUser(sddl: string | null): Field[] {
  if (sddl?.includes('|')) {
    return [['LUAuth2_24', Buffer.from(sddl, 'utf16le').toString('base64')]];
  }
  return optional('LUAuth', sddl);
}

/** GTEQ speaks of the last platform. */
function platforms({ platforms: list }: FirewallRule): Field[] {
  const fields = list.map(({ type, major, minor }): Field => [
    'Platform',
    `${type}:${major}:${minor}`,
  ]);
  return list.at(-1)?.andLater ? [...fields, ['Platform2', 'GTEQ']] : fields;
}

function edge({ edge: word }: FirewallRule): Field[] {
  switch (word) {
    case 'block':
      return [];
    case 'allow':
      return [['Edge', 'TRUE']];
    case 'defer-to-app':
      return [
        ['Edge', 'TRUE'],
        ['Defer', 'App'],
      ];
    case 'defer-to-user':
      return [['Defer', 'User']];
  }
}

function security({ security: word }: FirewallRule): Field[] {
  switch (word) {
    case 'none':
      return [];
    case 'authenticate':
      return [['Security', 'Authenticate']];
    case 'authenticate-encrypt':
      return [['Security', 'AuthenticateEncrypt']];
    case 'authenticate-no-encapsulation':
      return [
        ['Security', 'Authenticate'],
        ['Security2_9', 'An-NoEncap'],
      ];
    case 'authenticate-negotiate-encryption':
      return [
        ['Security', 'AuthenticateEncrypt'],
        ['Security2', 'AnE-Nego'],
      ];
  }
}
