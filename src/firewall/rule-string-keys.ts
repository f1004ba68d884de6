/** The keys of rule strings, one row each: what its value is and where it goes. */
import {
  INTERFACE_TYPE_BIT,
  PROFILES_ALL,
  type EdgeWord,
  type FirewallRule,
  type SecurityWord,
} from './firewall-rule.js';
import { readAddressItem } from './address-items.js';
import { addressKeyword, portKeyword, trustTuple } from './keywords.js';
import { readIcmpItem, readPortItem, type PortSide } from './port-items.js';
import type { RuleDraft } from './rule-draft.js';
import type { RuleReport } from './rule-report.js';

/** What only rule strings have to remember until the end. */
export interface StringDraft extends RuleDraft {
  /** Keys seen. */
  readonly given: Set<string>;
  /** Port and ICMP fields ahead of the protocol: keys, for the message. */
  readonly late: { readonly key: string; readonly at: number }[];
  readonly securityFlags: Set<string>;
  edgeAllowed: boolean;
  deferred: EdgeWord | null;
}

export interface KeyRow {
  readonly name: string;
  /** Field of the rule, by which findings are placed. */
  readonly field: keyof FirewallRule;
  readonly once: boolean;
  /** Minor version that has it first. */
  readonly since: number;
  readonly read: (draft: StringDraft, value: string, at: number, report: RuleReport) => void;
}

type Read = KeyRow['read'];
type TextField = {
  [Name in keyof FirewallRule]: FirewallRule[Name] extends string | null ? Name : never;
}[keyof FirewallRule];

const PROTOCOL_WORDS: Readonly<Record<string, number>> = { icmpv4: 1, tcp: 6, udp: 17, icmpv6: 58 };
const PROFILE_WORDS: Readonly<Record<string, number>> = {
  ...{ domain: 1, private: 2, public: 4, any: PROFILES_ALL },
};

const text =
  (field: TextField): Read =>
  (draft, value) => {
    // An empty text says nothing: EmbedCtxt= and Desc= are written so.
    (draft as Record<TextField, string | null>)[field] =
      value === '' && field !== 'name' ? null : value;
  };

const flag =
  (set: (draft: StringDraft, value: boolean) => void): Read =>
  (draft, value, at, report) => {
    const word = value.toUpperCase();
    if (word === 'TRUE' || word === 'FALSE') {
      set(draft, word === 'TRUE');
      return;
    }
    if (word === 'YES' || word === 'NO') {
      report.lax('fw-bool', at, 'A flag is TRUE or FALSE.', value, 'TRUE or FALSE');
      set(draft, word === 'YES');
      return;
    }
    report.error('fw-bool', at, 'A flag is TRUE or FALSE.', value, 'TRUE or FALSE');
  };

/** One of the words, case aside. */
function word<T>(words: Readonly<Record<string, T>>, value: string): T | undefined {
  const key = Object.keys(words).find((each) => each.toLowerCase() === value.toLowerCase());
  return key === undefined ? undefined : words[key];
}

const readAction: Read = (draft, value, at, report) => {
  const action = word({ Allow: 'allow', Block: 'block', ByPass: 'bypass' } as const, value);
  if (action !== undefined) draft.action = action;
  else
    report.error(
      'fw-action',
      at,
      'An action is Allow, Block or ByPass.',
      value,
      'Allow, Block, ByPass',
    );
};

const readDirection: Read = (draft, value, at, report) => {
  const direction = word({ In: 'in', Out: 'out' } as const, value);
  if (direction !== undefined) draft.direction = direction;
  else report.error('fw-dir', at, 'A direction is In or Out.', value, 'In, Out');
};

const readProfile: Read = (draft, value, at, report) => {
  const bits = word(PROFILE_WORDS, value);
  if (bits === undefined) {
    const expected = 'Domain, Private, Public';
    report.error('fw-profile', at, `A profile is one of ${expected}.`, value, expected);
    return;
  }
  if (bits === PROFILES_ALL) {
    report.lax('fw-profile', at, 'Any profile is written by leaving the key out.', value);
    draft.profiles = PROFILES_ALL;
  } else {
    draft.profiles = draft.profiles === PROFILES_ALL ? bits : draft.profiles | bits;
  }
};

const readProtocol: Read = (draft, value, at, report) => {
  const named = PROTOCOL_WORDS[value.toLowerCase()];
  if (named !== undefined) {
    report.lax('fw-protocol', at, 'A protocol is a number from 0 to 255.', value, '0 to 255');
    draft.protocol = named;
  } else if (/^\d{1,3}$/.test(value) && Number(value) <= 255) {
    draft.protocol = Number(value);
  } else {
    report.error('fw-protocol', at, 'A protocol is a number from 0 to 255.', value, '0 to 255');
  }
  for (const late of draft.late) {
    const message = `The key ${late.key} stands ahead of Protocol, which decides what it means.`;
    report.lax('fw-port-protocol', late.at, message, late.key);
  }
  draft.late.length = 0;
};

function noteOrder(draft: StringDraft, key: string, at: number): void {
  if (!draft.given.has('Protocol')) draft.late.push({ key, at });
}

const ports =
  (key: string, side: PortSide): Read =>
  (draft, value, at, report) => {
    noteOrder(draft, key, at);
    if (value === '') {
      report.lax('fw-port', at, 'A condition that is not meant is left out.', `${key}=`);
      return;
    }
    const items = value.split(',');
    if (items.length > 1) {
      report.lax('fw-port', at, `The key ${key} takes one port; it is given once for each.`, value);
    }
    for (const item of items) {
      const port = readPortItem(item.trim(), side, report, at);
      if (port === null) continue;
      checkCarrier(key, item.trim(), side, at, report);
      const list = side === 'local' ? draft.localPorts : draft.remotePorts;
      if (!list.some((each) => JSON.stringify(each) === JSON.stringify(port))) list.push(port);
    }
  };

/** Each key takes what its version brought. Source: windows-firewall.md 7.1. */
function checkCarrier(
  key: string,
  item: string,
  side: PortSide,
  at: number,
  report: RuleReport,
): void {
  const row = portKeyword(item, side);
  const isRange = item.includes('-') && row === null;
  const carrier = row?.key ?? (isRange ? `${key[0]!}Port2_10` : `${key[0]!}Port`);
  // Ranges in the keys of 2.10 and later do not disturb; 2.25 is the published home of mDNS.
  const fits =
    carrier === key ||
    (row?.name === 'mDNS' && key === 'LPort2_25') ||
    (row === null && key !== `${key[0]!}Port`);
  if (!fits)
    report.lax(
      'fw-port',
      at,
      `The key ${key} does not carry ${item}; ${carrier} does.`,
      item,
      carrier,
    );
}

const icmp =
  (key: string, family: 4 | 6): Read =>
  (draft, value, at, report) => {
    noteOrder(draft, key, at);
    const item = readIcmpItem(value, family, report, at);
    if (item !== null) draft.icmp.push(item);
  };

const addresses =
  (key: string, side: PortSide, family: 4 | 6, late = false): Read =>
  (draft, value, at, report) => {
    if (value === '' || value.toLowerCase() === 'any') {
      report.lax('fw-addr', at, 'A condition that is not meant is left out.', `${key}=${value}`);
      return;
    }
    const row = addressKeyword(value);
    if (row !== null && row.late !== late) {
      const carrier = `${key.slice(0, 3)}${row.late ? '2' : ''}`;
      report.lax(
        'fw-addr-keyword',
        at,
        `The key ${key} does not carry ${value}; ${carrier} does.`,
        value,
        carrier,
      );
    }
    const context = { report, field: at, family, keywords: side === 'remote' };
    const list = side === 'local' ? draft.localAddresses : draft.remoteAddresses;
    list.push(...readAddressItem(value, context));
  };

const GUID = /^\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}$/;
const readInterface: Read = (draft, value, at, report) => {
  if (GUID.test(value)) draft.interfaces.push(value.toUpperCase());
  else report.error('fw-if', at, 'An interface is a GUID in braces.', value, 'a GUID in braces');
};

const readInterfaceType: Read = (draft, value, at, report) => {
  const types = { Lan: 'lan', Wireless: 'wireless', RemoteAccess: 'remote-access' } as const;
  const type = word(types, value);
  if (type !== undefined) draft.interfaceTypes |= INTERFACE_TYPE_BIT[type];
  else {
    const expected = Object.keys(types).join(', ');
    report.error('fw-iftype', at, `An interface type is one of ${expected}.`, value, expected);
  }
};

const readService: Read = (draft, value, at, report) => {
  if (value.startsWith('=')) {
    report.lax('fw-svc', at, 'The name of the service begins with an equals sign too many.', value);
  }
  draft.service = value.replace(/^=/, '') || null;
};

const securityWord =
  (accepted: readonly string[]): Read =>
  (draft, value, at, report) => {
    const known = accepted.find((each) => each.toLowerCase() === value.toLowerCase());
    if (known !== undefined) draft.securityFlags.add(known);
    else
      report.error(
        'fw-flags',
        at,
        `The value is one of ${accepted.join(', ')}.`,
        value,
        accepted.join(', '),
      );
  };

const readDefer: Read = (draft, value, at, report) => {
  const deferred = word({ App: 'defer-to-app', User: 'defer-to-user' } as const, value);
  if (deferred !== undefined) draft.deferred = deferred;
  else report.error('fw-flags', at, 'Defer is App or User.', value, 'App, User');
};

const readPlatform: Read = (draft, value, at, report) => {
  const match = /^(\d):(\d{1,3}):(\d{1,3})$/.exec(value);
  const [type, major, minor] = (match ?? []).slice(1).map(Number) as [number, number, number];
  if (match === null || type > 7 || major > 255 || minor > 255) {
    report.error('fw-platform', at, 'A platform is written type:major:minor.', value, '2:6:2');
    return;
  }
  draft.platforms.push({ type, major, minor, andLater: false });
};

const readLater: Read = (draft, value, at, report) => {
  const last = draft.platforms.at(-1);
  if (value.toUpperCase() !== 'GTEQ' || last === undefined) {
    report.error('fw-platform', at, 'Platform2 is GTEQ, behind a Platform.', value, 'GTEQ');
    return;
  }
  draft.platforms[draft.platforms.length - 1] = { ...last, andLater: true };
};

const readTrust: Read = (draft, value, at, report) => {
  const row = trustTuple(value);
  if (row !== null) draft.trustTuples.push(row.name);
  else report.error('fw-flags', at, `${value} is no trust tuple that is known.`, value);
};

const readBase64: Read = (draft, value, at, report) => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    report.error('fw-sddl', at, 'The descriptor is not in base 64.', value);
    return;
  }
  const bytes = Buffer.from(value, 'base64');
  // Windows writes UTF-16; a text without zero bytes was written by somebody else.
  draft.localUser = bytes.toString(bytes.includes(0) ? 'utf16le' : 'utf8').replace(/\0+$/, '');
};

const readSkip: Read = (draft, value, at, report) => {
  const match = /^v?(\d{1,3})\.(\d{1,3})$/i.exec(value);
  if (match !== null) draft.skipVersion = { major: Number(match[1]), minor: Number(match[2]) };
  else report.error('fw-field-malformed', at, 'SkipVer is a version.', value, '2.10');
};

const readNetworkNames: Read = (draft, value, at, report) => {
  const message = 'How NNm is encoded is not published; the rule is kept and not enforced.';
  report.warning('fw-rule-not-enforced', at, message);
  draft.networkNames = value;
};

const ONCE = true;
const MANY = false;
const row = (name: string, field: keyof FirewallRule, once: boolean, read: Read): KeyRow => {
  const since = /2_(\d+)$/.exec(name);
  return { name, field, once, since: since === null ? 0 : Number(since[1]), read };
};

const portRow = (name: string): KeyRow => {
  const side = name.startsWith('L') ? 'local' : 'remote';
  return row(name, side === 'local' ? 'localPorts' : 'remotePorts', MANY, ports(name, side));
};
const addressRow = (name: string, late = false): KeyRow => {
  const side = name.startsWith('L') ? 'local' : 'remote';
  const family = name[2] === '4' ? 4 : 6;
  const field = side === 'local' ? 'localAddresses' : 'remoteAddresses';
  return row(name, field, MANY, addresses(name, side, family, late));
};

const ROWS: readonly KeyRow[] = [
  row('Action', 'action', ONCE, readAction),
  row(
    'Active',
    'enabled',
    ONCE,
    flag((draft, value) => (draft.enabled = value)),
  ),
  row('Dir', 'direction', ONCE, readDirection),
  row('Profile', 'profiles', MANY, readProfile),
  row('Protocol', 'protocol', ONCE, readProtocol),
  ...['LPort', 'LPort2_10', 'LPort2_20', 'LPort2_24', 'LPort2_25', 'LPort2_29'].map(portRow),
  ...['RPort', 'RPort2_10', 'RPort2_28'].map(portRow),
  row('ICMP4', 'icmp', MANY, icmp('ICMP4', 4)),
  row('ICMP6', 'icmp', MANY, icmp('ICMP6', 6)),
  ...['LA4', 'LA6', 'RA4', 'RA6'].map((name) => addressRow(name)),
  ...['RA42', 'RA62'].map((name) => addressRow(name, true)),
  row('IF', 'interfaces', MANY, readInterface),
  row('IFType', 'interfaceTypes', MANY, readInterfaceType),
  row('App', 'program', ONCE, text('program')),
  row('Svc', 'service', ONCE, readService),
  row('Name', 'name', ONCE, text('name')),
  row('Desc', 'description', ONCE, text('description')),
  row('EmbedCtxt', 'group', ONCE, text('group')),
  row('PFN', 'packageFamily', ONCE, text('packageFamily')),
  row('AppPkgId', 'packageSid', ONCE, text('packageSid')),
  row('LUAuth', 'localUser', ONCE, text('localUser')),
  row('LUAuth2_24', 'localUser', ONCE, readBase64),
  row('LUOwn', 'owner', ONCE, text('owner')),
  row('RMAuth', 'remoteMachine', ONCE, text('remoteMachine')),
  row('RUAuth', 'remoteUser', ONCE, text('remoteUser')),
  row('SecurityRealmId', 'securityRealm', ONCE, text('securityRealm')),
  row('Security', 'security', ONCE, securityWord(['Authenticate', 'AuthenticateEncrypt'])),
  row('Security2_9', 'security', ONCE, securityWord(['An-NoEncap'])),
  row('Security2', 'security', ONCE, securityWord(['AnE-Nego'])),
  row(
    'AuthByPassOut',
    'bypassOutbound',
    ONCE,
    flag((draft, value) => (draft.bypassOutbound = value)),
  ),
  row(
    'Edge',
    'edge',
    ONCE,
    flag((draft, value) => (draft.edgeAllowed = value)),
  ),
  row('Defer', 'edge', ONCE, readDefer),
  row(
    'LSM',
    'looseSourceMapping',
    ONCE,
    flag((draft, value) => (draft.looseSourceMapping = value)),
  ),
  row(
    'LOM',
    'localOnlyMapping',
    ONCE,
    flag((draft, value) => (draft.localOnlyMapping = value)),
  ),
  row(
    'PCross',
    'profileCrossing',
    ONCE,
    flag((draft, value) => (draft.profileCrossing = value)),
  ),
  row('Platform', 'platforms', MANY, readPlatform),
  row('Platform2', 'platforms', ONCE, readLater),
  ...['TTK', 'TTK2_22', 'TTK2_27', 'TTK2_28'].map((name) =>
    row(name, 'trustTuples', MANY, readTrust),
  ),
  row('NNm', 'networkNames', ONCE, readNetworkNames),
  row('SkipVer', 'skipVersion', ONCE, readSkip),
];

/** By the key in small letters: Windows compares without regard to case. */
export const KEYS: ReadonlyMap<string, KeyRow> = new Map(
  ROWS.map((each) => [each.name.toLowerCase(), each]),
);
export const KEY_NAMES: readonly string[] = ROWS.map(({ name }) => name);

/** What hangs on several keys, and what must be there. */
export function finishDraft(draft: StringDraft, report: RuleReport): FirewallRule {
  const { given, late, securityFlags, edgeAllowed, deferred, ...rule } = draft;
  for (const { key, at } of late) {
    report.error(
      'fw-port-protocol',
      at,
      `The rule has ${key} and no protocol.`,
      key,
      'Protocol=6|',
    );
  }
  if (!given.has('Action')) report.error('fw-action', 0, 'The rule has no Action.');
  if (!given.has('Dir')) report.error('fw-dir', 0, 'The rule has no Dir.');
  if (!given.has('Name')) report.lax('fw-name', 0, 'The rule has no Name.');
  return {
    ...rule,
    // Source: windows-firewall.md 7.1: a rule of a service store without Active is active.
    enabled: given.has('Active') ? rule.enabled : report.dialect === 'service',
    name: given.has('Name') ? rule.name : rule.id,
    edge: edgeOf(edgeAllowed, deferred, report),
    security: securityOf(securityFlags, report),
  };
}

/** Source: windows-firewall.md 3.6, point 5. */
function edgeOf(allowed: boolean, deferred: EdgeWord | null, report: RuleReport): EdgeWord {
  if (deferred === 'defer-to-app' && !allowed) {
    report.warning(
      'fw-flags',
      'edge',
      'Defer=App stands without Edge=TRUE; it is read as if that stood there.',
    );
  }
  return deferred ?? (allowed ? 'allow' : 'block');
}

/** Source: windows-firewall.md 3.4, 3.6 point 8. */
function securityOf(flags: ReadonlySet<string>, report: RuleReport): SecurityWord {
  const encrypts = flags.has('AuthenticateEncrypt');
  if (flags.has('An-NoEncap')) {
    if (!flags.has('Authenticate'))
      report.error('fw-flags', 'security', 'An-NoEncap needs Security=Authenticate.');
    return 'authenticate-no-encapsulation';
  }
  if (flags.has('AnE-Nego')) {
    if (!encrypts)
      report.error('fw-flags', 'security', 'AnE-Nego needs Security=AuthenticateEncrypt.');
    return 'authenticate-negotiate-encryption';
  }
  if (encrypts) return 'authenticate-encrypt';
  return flags.has('Authenticate') ? 'authenticate' : 'none';
}
