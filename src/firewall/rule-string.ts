/**
 * Rule strings of the registry and of Group Policy, versions 2.0 to 2.33: `v2.10|Action=Allow|…|`.
 * What each key means stands in rule-string-keys.ts. Source: windows-firewall.md 2.3, 7.1.
 */
import type { SourceLocation } from '../errors.js';
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import { checkRule } from './check-rule.js';
import { finishDraft } from './finish-draft.js';
import type { FirewallRule, FirewallStore, SchemaVersion } from './firewall-rule.js';
import { HIGHEST_VERSION, newDraft } from './rule-draft.js';
import { RuleReport, type Dialect } from './rule-report.js';
import { KEY_NAMES, KEYS } from './rule-string-keys.js';
import type { StringDraft } from './string-draft.js';

/** Windows takes no longer one. Source: windows-firewall.md 11, limits. */
export const RULE_STRING_MAX = 65536;

export interface RuleStringContext {
  readonly id: string;
  readonly store: FirewallStore;
  /** Place of a character of the string. */
  readonly at: (offset: number) => SourceLocation;
  readonly reporter: Reporter;
  readonly dialect: Dialect;
}

export interface RuleStringResult {
  /** Null when it was refused or is of a version that says to ignore it; both are reported. */
  readonly rule: FirewallRule | null;
  /** Forms beyond the grammar that were taken without a word (service stores). */
  readonly additions: number;
}

export function readRuleString(text: string, context: RuleStringContext): RuleStringResult {
  const { id, store, at, reporter, dialect } = context;
  const offsets: Record<string, number> = {};
  const place = (field: string | number): SourceLocation =>
    at(typeof field === 'number' ? field : (offsets[field] ?? 0));
  const report = new RuleReport(reporter, id, place, dialect);
  const none = { rule: null, additions: 0 };
  if (text.length > RULE_STRING_MAX) {
    const message = `The rule string has ${text.length} characters; ${RULE_STRING_MAX} are taken.`;
    report.error('fw-not-a-rule', 0, message);
    return none;
  }
  const version = readVersion(text, report);
  if (version === null) return none;
  const draft: StringDraft = {
    ...newDraft(id, store, at(0)),
    version,
    given: new Set(),
    late: [],
    security: 'none',
    securityFlags: new Set(),
    edgeAllowed: false,
    deferred: null,
  };
  readFields(text, draft, offsets, report);
  const rule = finishDraft(draft, report);
  if (!report.failed) checkRule(rule, report);
  return { rule: report.failed ? null : rule, additions: report.additions };
}

/** Null when it is none, or too new to be read. */
function readVersion(text: string, report: RuleReport): SchemaVersion | null {
  const match = /^([vV])(\d{1,3})\.(\d{1,3})\|/.exec(text);
  const version = match === null ? null : { major: Number(match[2]), minor: Number(match[3]) };
  if (match === null || version === null || version.major > 255 || version.minor > 255) {
    const expected = 'v2.10|Action=…|';
    const message = 'The text does not begin with a version, so it is no firewall rule.';
    report.error('fw-not-a-rule', 0, message, text, expected);
    return null;
  }
  if (version.major > HIGHEST_VERSION.major) {
    const message = `The rule is of version ${version.major}.${version.minor}; it is ignored, as Windows ignores a major version it does not know.`;
    report.warning('fw-version-major', 0, message, match[0]);
    return null;
  }
  if (match[1] === 'V')
    report.lax('fw-not-a-rule', 0, 'The version begins with a small v.', match[0]);
  if (version.minor > HIGHEST_VERSION.minor) {
    const message = `The rule is of version ${version.major}.${version.minor}, newer than ${HIGHEST_VERSION.major}.${HIGHEST_VERSION.minor}; what is known of it is read.`;
    report.warning('fw-version-newer', 0, message, match[0]);
  }
  return version;
}

function readFields(
  text: string,
  draft: StringDraft,
  offsets: Record<string, number>,
  report: RuleReport,
): void {
  let start = text.indexOf('|') + 1;
  while (start < text.length) {
    const bar = text.indexOf('|', start);
    const end = bar < 0 ? text.length : bar;
    readField(text.slice(start, end), start, draft, offsets, report);
    if (bar < 0) {
      report.lax('fw-field-malformed', end, 'The rule string does not end with a bar.');
      return;
    }
    start = bar + 1;
  }
}

function readField(
  field: string,
  start: number,
  draft: StringDraft,
  offsets: Record<string, number>,
  report: RuleReport,
): void {
  const equals = field.indexOf('=');
  if (equals <= 0) {
    report.error(
      'fw-field-malformed',
      start,
      'A field is a key, an equals sign and a value.',
      field,
      'Key=Value',
    );
    return;
  }
  const key = field.slice(0, equals);
  const row = KEYS.get(key.toLowerCase());
  if (row === undefined) {
    const message = `The key ${key} is not known, and a condition left out would widen the rule.${didYouMean(key, KEY_NAMES)}`;
    report.error('fw-key-unknown', start, message, field);
    return;
  }
  const at = start + equals + 1;
  if (row.once && draft.given.has(row.name)) {
    report.error('fw-key-duplicate', start, `The key ${key} is given twice.`, field);
    return;
  }
  draft.given.add(row.name);
  offsets[row.field] ??= at;
  if (row.since > draft.version.minor && draft.version.major === HIGHEST_VERSION.major) {
    noteNewerKey(row.name, row.since, draft.version, start, report);
  }
  row.read(draft, field.slice(equals + 1), at, report);
}

/** Source: windows-firewall.md 3.6, point 12. */
function noteNewerKey(
  key: string,
  since: number,
  { major, minor }: SchemaVersion,
  at: number,
  report: RuleReport,
): void {
  if (report.dialect === 'service') return;
  const message = `The key ${key} is of version ${major}.${since}, the rule of ${major}.${minor}; it is read.`;
  report.warning('fw-version-newer', at, message, key);
}
