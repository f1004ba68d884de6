/**
 * Members of a rule in the vocabulary of `New-NetFirewallRule`, one row each: shared by the
 * project's own JSON and by the objects of `Get-NetFirewallRule`, whose enumerations are numbers.
 * Source: windows-firewall.md 3.1, 7.3, 7.6.
 */
import type { ErrorCode } from '../errors.js';
import type { SourceNode } from '../source/source-node.js';
import { FIREWALL_STORES, PROFILES_ALL, type FirewallRule } from './firewall-rule.js';
import type { RuleDraft } from './rule-draft.js';
import type { RuleReport } from './rule-report.js';
import {
  itemsOf,
  setAddresses,
  setEdge,
  setIcmp,
  setInterfaceTypes,
  setPlatforms,
  setPorts,
  setProfiles,
  setProtocol,
  setSecurity,
  setTrustTuples,
  wordOf,
} from './vocabulary.js';

/** The texts of a member and where they stand. */
export interface Member {
  readonly texts: readonly string[];
  readonly node: SourceNode;
}

export type Members = ReadonlyMap<string, Member>;

export interface MemberRow {
  readonly name: string;
  readonly field: keyof FirewallRule;
  /** The JSON type of the project's own documents. */
  readonly type: 'text' | 'flag' | 'number' | 'list' | 'word';
  readonly words?: readonly string[];
  /** What the numbers of the cmdlets stand for. */
  readonly numbers?: Readonly<Record<number, string>>;
  readonly set: (
    draft: RuleDraft,
    texts: readonly string[],
    report: RuleReport,
    all: Members,
  ) => void;
}

type TextField = {
  [Name in keyof FirewallRule]: FirewallRule[Name] extends string | null ? Name : never;
}[keyof FirewallRule];
type FlagField = {
  [Name in keyof FirewallRule]: FirewallRule[Name] extends boolean ? Name : never;
}[keyof FirewallRule];

/** `anyIsNone`: the word Any says nothing. */
const textRow = (name: string, field: TextField, anyIsNone = true): MemberRow => ({
  ...{ name, field, type: 'text' },
  set: (draft, texts) => {
    const [text = null] = anyIsNone ? itemsOf(texts) : texts;
    (draft as Record<TextField, string | null>)[field] = text === '' ? null : text;
  },
});

const FLAG_WORDS = ['True', 'False'] as const;
const flagRow = (name: string, field: FlagField, numbers?: MemberRow['numbers']): MemberRow => ({
  ...{ name, field, type: 'flag', words: FLAG_WORDS },
  ...(numbers && { numbers }),
  set: (draft, [text = ''], report) => {
    const value = wordOf(
      { True: true, False: false },
      text,
      refuse(report, 'fw-bool', field, text),
    );
    if (value !== null) draft[field] = value;
  },
});

function refuse(
  report: RuleReport,
  code: ErrorCode,
  field: keyof FirewallRule,
  text: string,
): (expected: string) => void {
  return (expected) =>
    report.error(code, field, `The value is one of ${expected}.`, text, expected);
}

const AUTHENTICATION = ['NotRequired', 'Required', 'NoEncap'] as const;
const ENCRYPTION = ['NotRequired', 'Required', 'Dynamic'] as const;
const sameWords = <Word extends string>(words: readonly Word[]): Record<Word, Word> =>
  Object.fromEntries(words.map((word) => [word, word])) as Record<Word, Word>;

/** Both members make one field, whichever is read first. */
const readSecurity: MemberRow['set'] = (draft, _, report, all) => {
  const authentication = all.get('Authentication')?.texts[0] ?? 'NotRequired';
  const encryption = all.get('Encryption')?.texts[0] ?? 'NotRequired';
  const how = wordOf(
    sameWords(AUTHENTICATION),
    authentication,
    refuse(report, 'fw-flags', 'security', authentication),
  );
  const what = wordOf(
    sameWords(ENCRYPTION),
    encryption,
    refuse(report, 'fw-flags', 'security', encryption),
  );
  if (how !== null && what !== null && draft.security === 'none')
    setSecurity(draft, how, what, report);
};

const STORE_WORDS = {
  ...{
    Local: 'local',
    PersistentStore: 'local',
    GroupPolicy: 'group-policy',
    RSOP: 'group-policy',
  },
  ...{ Mdm: 'mdm', Dynamic: 'dynamic', StaticService: 'static-services' },
  ...{ ConfigurableService: 'configurable-services', AppIsolation: 'app-isolation' },
} as const satisfies Record<string, (typeof FIREWALL_STORES)[number]>;

const THREE = { 0: 'NotRequired', 1: 'Required' } as const;

export const MEMBER_ROWS: readonly MemberRow[] = [
  { name: 'Name', field: 'id', type: 'text', set: (draft, [text = '']) => void (draft.id = text) },
  {
    name: 'DisplayName',
    field: 'name',
    type: 'text',
    set: (draft, [text = '']) => void (draft.name = text),
  },
  textRow('Description', 'description', false),
  textRow('Group', 'group', false),
  flagRow('Enabled', 'enabled', { 1: 'True', 2: 'False' }),
  {
    ...{ name: 'Direction', field: 'direction', type: 'word', words: ['Inbound', 'Outbound'] },
    numbers: { 1: 'Inbound', 2: 'Outbound' },
    set: (draft, [text = ''], report) => {
      const words = { Inbound: 'in', Outbound: 'out' } as const;
      draft.direction = wordOf(words, text, refuse(report, 'fw-dir', 'direction', text)) ?? 'in';
    },
  },
  {
    ...{ name: 'Action', field: 'action', type: 'word', words: ['Allow', 'Block', 'AllowBypass'] },
    numbers: { 2: 'Allow', 3: 'AllowBypass', 4: 'Block' },
    set: (draft, [text = ''], report) => {
      const words = { Allow: 'allow', Block: 'block', AllowBypass: 'bypass' } as const;
      draft.action = wordOf(words, text, refuse(report, 'fw-action', 'action', text)) ?? 'allow';
    },
  },
  {
    ...{ name: 'Profile', field: 'profiles', type: 'list' },
    set: (draft, texts, report) =>
      setProfiles(draft, texts.flatMap(bitWords(['Domain', 'Private', 'Public'])), report),
  },
  {
    ...{ name: 'Protocol', field: 'protocol', type: 'text' },
    set: (draft, [text = ''], report) => setProtocol(draft, text, report),
  },
  {
    ...{ name: 'LocalPort', field: 'localPorts', type: 'list' },
    set: (draft, texts, report) => setPorts(draft, 'localPorts', texts, report),
  },
  {
    ...{ name: 'RemotePort', field: 'remotePorts', type: 'list' },
    set: (draft, texts, report) => setPorts(draft, 'remotePorts', texts, report),
  },
  { name: 'IcmpType', field: 'icmp', type: 'list', set: setIcmp },
  {
    ...{ name: 'LocalAddress', field: 'localAddresses', type: 'list' },
    set: (draft, texts, report) => setAddresses(draft, 'localAddresses', texts, report),
  },
  {
    ...{ name: 'RemoteAddress', field: 'remoteAddresses', type: 'list' },
    set: (draft, texts, report) => setAddresses(draft, 'remoteAddresses', texts, report),
  },
  {
    ...{ name: 'RemoteDynamicKeywordAddresses', field: 'dynamicAddresses', type: 'list' },
    set: (draft, texts) => void draft.dynamicAddresses.push(...itemsOf(texts)),
  },
  {
    ...{ name: 'InterfaceAlias', field: 'interfaces', type: 'list' },
    set: (draft, texts) => void draft.interfaces.push(...itemsOf(texts)),
  },
  {
    ...{ name: 'InterfaceType', field: 'interfaceTypes', type: 'list' },
    set: (draft, texts, report) =>
      setInterfaceTypes(
        draft,
        texts.flatMap(bitWords(['Wired', 'Wireless', 'RemoteAccess'])),
        report,
      ),
  },
  textRow('Program', 'program'),
  textRow('Service', 'service'),
  textRow('Package', 'packageSid'),
  textRow('PackageFamilyName', 'packageFamily'),
  textRow('LocalUser', 'localUser'),
  textRow('Owner', 'owner'),
  textRow('RemoteMachine', 'remoteMachine'),
  textRow('RemoteUser', 'remoteUser'),
  {
    ...{ name: 'Authentication', field: 'security', type: 'word', words: AUTHENTICATION },
    ...{ numbers: { ...THREE, 2: 'NoEncap' }, set: readSecurity },
  },
  {
    ...{ name: 'Encryption', field: 'security', type: 'word', words: ENCRYPTION },
    ...{ numbers: { ...THREE, 2: 'Dynamic' }, set: readSecurity },
  },
  flagRow('OverrideBlockRules', 'bypassOutbound', { 0: 'False', 1: 'True' }),
  {
    ...{ name: 'EdgeTraversalPolicy', field: 'edge', type: 'word' },
    words: ['Block', 'Allow', 'DeferToUser', 'DeferToApp'],
    numbers: { 0: 'Block', 1: 'Allow', 2: 'DeferToUser', 3: 'DeferToApp' },
    set: (draft, [text = ''], report) => setEdge(draft, text, report),
  },
  flagRow('LooseSourceMapping', 'looseSourceMapping'),
  flagRow('LocalOnlyMapping', 'localOnlyMapping'),
  flagRow('AllowProfileCrossing', 'profileCrossing'),
  { name: 'Platform', field: 'platforms', type: 'list', set: setPlatforms },
  {
    ...{ name: 'DynamicTarget', field: 'trustTuples', type: 'list', numbers: { 0: 'Any' } },
    set: setTrustTuples,
  },
  {
    ...{ name: 'PolicyStore', field: 'store', type: 'word', words: Object.keys(STORE_WORDS) },
    set: (draft, [text = ''], report) => {
      draft.store =
        wordOf(STORE_WORDS, text, refuse(report, 'fw-json-shape', 'store', text)) ?? 'local';
    },
  },
  {
    ...{ name: 'Compartment', field: 'compartment', type: 'number' },
    set: (draft, [text = ''], report) => {
      if (/^[1-9]\d{0,9}$/.test(text)) draft.compartment = Number(text);
      else report.error('fw-json-shape', 'compartment', 'A compartment is a number from 1.', text);
    },
  },
];

/** Bits, or words with commas between them; 0 is any, and a number with other bits is no word. */
const bitWords =
  (words: readonly string[]) =>
  (text: string): string[] => {
    if (!/^\d{1,10}$/.test(text)) return text.split(',');
    const bits = Number(text);
    if (bits === 0 || bits === PROFILES_ALL) return ['Any'];
    if (bits >= 1 << words.length) return [text];
    return words.filter((_, i) => (bits & (1 << i)) !== 0);
  };

/**
 * Fills a draft from members. `numbers`: enumerations may be the numbers of the cmdlets.
 * Requires: only names that {@link MEMBER_ROWS} has.
 */
export function setMembers(
  draft: RuleDraft,
  members: Members,
  report: RuleReport,
  numbers: boolean,
): void {
  const worded = new Map<string, Member>();
  for (const row of MEMBER_ROWS) {
    const member = members.get(row.name);
    if (member === undefined) continue;
    const texts = member.texts.map(
      (text) => (numbers && text !== '' ? row.numbers?.[Number(text)] : undefined) ?? text,
    );
    worded.set(row.name, { ...member, texts });
  }
  for (const row of MEMBER_ROWS) {
    const member = worded.get(row.name);
    if (member !== undefined && member.texts.length > 0)
      row.set(draft, member.texts, report, worded);
  }
  overrideBlocks(draft);
}

/** The cmdlet writes both bypasses as an Allow that overrides blocks. Source: windows-firewall.md 7.6. */
function overrideBlocks(draft: RuleDraft): void {
  if (!draft.bypassOutbound || draft.direction === 'out') return;
  draft.bypassOutbound = false;
  if (draft.action === 'allow') draft.action = 'bypass';
}
