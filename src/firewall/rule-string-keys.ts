/** The keys of rule strings, one row each: what its value is and where it goes. */
import type { FirewallRule } from './firewall-rule.js';
import {
  text,
  condition,
  flag,
  readAction,
  readDirection,
  readProfile,
  readInterface,
  readInterfaceType,
  readService,
  securityWord,
  readDefer,
  readPlatform,
  readLater,
  readTrust,
  readBase64,
  readSkip,
  readNetworkNames,
} from './flag-keys.js';
import type { KeyRow, ReadKey } from './string-draft.js';
import { readProtocol, ports, icmp, addresses } from './tuple-keys.js';

const ONCE = true;
const MANY = false;
const row = (name: string, field: keyof FirewallRule, once: boolean, read: ReadKey): KeyRow => {
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
  row('App', 'program', ONCE, condition('program')),
  row('Svc', 'service', ONCE, readService),
  row('Name', 'name', ONCE, text('name')),
  row('Desc', 'description', ONCE, text('description')),
  row('EmbedCtxt', 'group', ONCE, text('group')),
  row('PFN', 'packageFamily', ONCE, condition('packageFamily')),
  row('AppPkgId', 'packageSid', ONCE, condition('packageSid')),
  row('LUAuth', 'localUser', ONCE, condition('localUser')),
  row('LUAuth2_24', 'localUser', ONCE, readBase64),
  row('LUOwn', 'owner', ONCE, condition('owner')),
  row('RMAuth', 'remoteMachine', ONCE, condition('remoteMachine')),
  row('RUAuth', 'remoteUser', ONCE, condition('remoteUser')),
  row('SecurityRealmId', 'securityRealm', ONCE, condition('securityRealm')),
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
