/**
 * The project's own JSON: `{ "version": 1, "profiles": …, "rules": … }` in the vocabulary of
 * `New-NetFirewallRule`. Source: windows-firewall.md 7.6.
 */
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import {
  describe,
  locate,
  member,
  type ObjectNode,
  type SourceDocument,
  type SourceNode,
} from '../source/source-node.js';
import { checkRule } from './check-rule.js';
import { MEMBER_ROWS, setMembers, type Member, type MemberRow } from './cmdlet-members.js';
import {
  NO_GLOBAL_SETTINGS,
  NO_PROFILE_SETTINGS,
  PROFILE_NAMES,
  type FirewallRule,
  type FirewallStore,
  type GlobalSettings,
  type ProfileName,
  type ProfileSettings,
  type StoreSettings,
} from './firewall-rule.js';
import { readGlobalMembers, readProfileMembers } from './profile-members.js';
import { newDraft } from './rule-draft.js';
import { RuleReport } from './rule-report.js';

export const OWN_VERSION = 1;
const TOP_MEMBERS = ['version', '$schema', 'profiles', 'settings', 'rules'];

export interface JsonPolicy {
  readonly rules: readonly FirewallRule[];
  readonly settings: readonly StoreSettings[];
}

export function looksLikeOwnJson({ root }: SourceDocument): boolean {
  if (root.kind !== 'object') return false;
  return (
    member(root, 'version') !== null && (member(root, 'rules') ?? member(root, 'profiles')) !== null
  );
}

export function readOwnJson(document: SourceDocument, reporter: Reporter): JsonPolicy {
  const root = document.root as ObjectNode;
  for (const unknown of root.value.filter(({ key }) => !TOP_MEMBERS.includes(key))) {
    const message = `The document has no member ${JSON.stringify(unknown.key)}.${didYouMean(unknown.key, TOP_MEMBERS)}`;
    reporter.error('fw-json-shape', { document, node: unknown, part: 'key' }, message);
  }
  const version = member(root, 'version');
  if (version !== null && version.value !== OWN_VERSION) {
    const expected = String(OWN_VERSION);
    const message = `The version of the document is ${describe(version)}; ${expected} is read.`;
    reporter.error('fw-json-shape', { document, node: version }, message, { expected });
  }
  return {
    rules: readRules(document, member(root, 'rules'), reporter),
    settings: [
      ...readProfiles(document, member(root, 'profiles'), reporter),
      ...readGlobal(document, member(root, 'settings'), false, reporter),
    ],
  };
}

function readRules(
  document: SourceDocument,
  node: SourceNode | null,
  reporter: Reporter,
): readonly FirewallRule[] {
  if (node === null) return [];
  if (node.kind !== 'array') {
    reporter.error('fw-json-shape', { document, node }, 'The rules are a list.', {
      found: describe(node),
    });
    return [];
  }
  return node.value.flatMap((item, i) => {
    if (item.kind !== 'object') {
      reporter.error('fw-json-shape', { document, node: item }, 'A rule is an object.', {
        found: describe(item),
      });
      return [];
    }
    const rule = readRule(document, item, i, reporter);
    return rule === null ? [] : [rule];
  });
}

function readRule(
  document: SourceDocument,
  node: ObjectNode,
  index: number,
  reporter: Reporter,
): FirewallRule | null {
  const name = member(node, 'Name');
  const id = name?.kind === 'string' ? name.value : `rules[${index}]`;
  const places = new Map<string | number, SourceNode>();
  const report = new RuleReport(
    reporter,
    id,
    (field) => locate(document, places.get(field) ?? node),
    reporter.strict ? 'strict' : 'lenient',
  );
  const members = new Map<string, Member>();
  const names = MEMBER_ROWS.map((row) => row.name);
  for (const each of node.value) {
    const row = MEMBER_ROWS.find((known) => known.name === each.key);
    if (row === undefined) {
      places.set(0, each);
      const message = `A rule has no member ${JSON.stringify(each.key)}, and a condition left out would widen it.${didYouMean(each.key, names)}`;
      report.error('fw-json-shape', 0, message, each.key);
      continue;
    }
    places.set(row.field, each);
    const texts = textsOf(row, each, report);
    if (texts !== null) members.set(row.name, { texts, node: each });
  }
  const draft = newDraft(id, 'local', locate(document, node));
  draft.enabled = true;
  setMembers(draft, members, report, false);
  if (draft.name === '') draft.name = draft.id;
  if (members.get('Action')?.texts[0]?.toLowerCase() === 'allowbypass') {
    const message = 'AllowBypass is what the cmdlets print; write Allow with OverrideBlockRules.';
    report.error('fw-action', 'action', message, 'AllowBypass', 'Allow, Block');
  }
  if (!report.failed) checkRule(draft, report);
  return report.failed ? null : draft;
}

/** An empty text elsewhere would be a condition that holds for everything, which no writer means. */
const MAY_BE_EMPTY = new Set(['DisplayName', 'Description', 'Group']);

/** Texts of a member of the JSON type its row says; null when it is of another, which is reported. */
function textsOf(row: MemberRow, node: SourceNode, report: RuleReport): string[] | null {
  const scalar = ({ kind, value }: SourceNode): string | null =>
    kind === 'string' || kind === 'number' || (kind === 'boolean' && row.type === 'flag')
      ? String(value)
      : null;
  const texts =
    node.kind === 'array' && row.type === 'list' ? node.value.map(scalar) : [scalar(node)];
  const saysNothing = texts.some((text) => text?.trim() === '') && !MAY_BE_EMPTY.has(row.name);
  if (texts.every((text) => text !== null) && !saysNothing) return texts;
  const expected = saysNothing
    ? 'a text that is not empty, or left out'
    : row.type === 'list'
      ? 'a text or number, or a list of them'
      : row.type === 'flag'
        ? 'true or false'
        : 'a text or number';
  report.error(
    'fw-json-shape',
    row.field,
    `The member ${row.name} is ${expected}.`,
    describe(node),
    expected,
  );
  return null;
}

function readProfiles(
  document: SourceDocument,
  node: SourceNode | null,
  reporter: Reporter,
): readonly StoreSettings[] {
  if (node === null) return [];
  if (node.kind !== 'object') {
    reporter.error('fw-json-shape', { document, node }, 'The profiles are an object by name.', {
      found: describe(node),
    });
    return [];
  }
  const profiles: Partial<Record<ProfileName, ProfileSettings>> = {};
  for (const each of node.value) {
    const name = PROFILE_NAMES.find((known) => known === each.key.toLowerCase());
    if (name === undefined || each.kind !== 'object') {
      const message = `The profiles are Domain, Private and Public, each an object of settings.`;
      reporter.error('fw-json-shape', { document, node: each, part: 'key' }, message, {
        found: each.key,
      });
      continue;
    }
    profiles[name] = readProfileMembers(each, { document, reporter, cmdlet: false });
  }
  return [storeSettings('local', profiles)];
}

/** Settings of the whole firewall; `cmdlet`: as `Get-NetFirewallSetting` prints them. */
export function readGlobal(
  document: SourceDocument,
  node: SourceNode | null,
  cmdlet: boolean,
  reporter: Reporter,
): readonly StoreSettings[] {
  if (node === null) return [];
  if (node.kind !== 'object') {
    reporter.error('fw-json-shape', { document, node }, 'The settings are an object.', {
      found: describe(node),
    });
    return [];
  }
  return [storeSettings('local', {}, readGlobalMembers(node, { document, reporter, cmdlet }))];
}

export function storeSettings(
  store: FirewallStore,
  profiles: Partial<Record<ProfileName, ProfileSettings>>,
  global: GlobalSettings = NO_GLOBAL_SETTINGS,
): StoreSettings {
  return {
    store,
    profiles: {
      domain: profiles.domain ?? NO_PROFILE_SETTINGS,
      private: profiles.private ?? NO_PROFILE_SETTINGS,
      public: profiles.public ?? NO_PROFILE_SETTINGS,
    },
    global,
  };
}
