/** Lines of `netsh advfirewall firewall add rule`, as generators write them. Source: windows-firewall.md 7.4. */
import type { SourceLocation } from '../errors.js';
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import { positionAt, type SourceText } from '../source/source-text.js';
import { checkRule } from './check-rule.js';
import type { FirewallRule } from './firewall-rule.js';
import { newDraft, type RuleDraft } from './rule-draft.js';
import { RuleReport } from './rule-report.js';
import {
  itemsOf,
  NETSH_SECURITY,
  setAddresses,
  setEdge,
  setIcmp,
  setInterfaceTypes,
  setPorts,
  setProfiles,
  setProtocol,
  wordOf,
} from './vocabulary.js';

const COMMAND = /^(?:netsh(?:\.exe)?\s+)?(?:advfirewall\s+)?(?:firewall\s+)?add\s+rule\s+/i;

export function looksLikeNetshAdd(text: string): boolean {
  return text.split(/\r\n|\r|\n/).some((line) => COMMAND.test(line.trim()));
}

type Take = (draft: RuleDraft, value: string, report: RuleReport) => void;
const list = (value: string): string[] => value.split(',');

/** Words of the command, with the field of the rule they set. */
const WORDS: Readonly<Record<string, readonly [keyof FirewallRule, Take]>> = {
  name: ['name', (draft, value) => void (draft.name = value)],
  description: ['description', (draft, value) => void (draft.description = value || null)],
  dir: [
    'direction',
    (draft, value, report) => {
      const words = { in: 'in', out: 'out' } as const;
      draft.direction = wordOf(words, value, refuse(report, 'fw-dir', 'direction', value)) ?? 'in';
    },
  ],
  action: [
    'action',
    (draft, value, report) => {
      const words = { allow: 'allow', block: 'block', bypass: 'bypass' } as const;
      draft.action = wordOf(words, value, refuse(report, 'fw-action', 'action', value)) ?? 'allow';
    },
  ],
  enable: [
    'enabled',
    (draft, value, report) => {
      const words = { yes: true, no: false };
      draft.enabled = wordOf(words, value, refuse(report, 'fw-bool', 'enabled', value)) ?? true;
    },
  ],
  protocol: [
    'protocol',
    (draft, value, report) => {
      const [protocol = '', ...types] = value.split(':');
      setProtocol(draft, protocol, report);
      const [written = 'any'] = types;
      if (types.length > 1 || written === '') {
        const expected = 'protocol:type,code';
        report.error('fw-icmp', 'protocol', `ICMP is written ${expected}.`, value, expected);
      } else if (!/^any(?:,any)?$/i.test(written)) {
        setIcmp(draft, [written.replace(',', ':')], report);
      }
    },
  ],
  profile: ['profiles', (draft, value, report) => setProfiles(draft, list(value), report)],
  localip: [
    'localAddresses',
    (draft, value, report) => setAddresses(draft, 'localAddresses', list(value), report),
  ],
  remoteip: [
    'remoteAddresses',
    (draft, value, report) => setAddresses(draft, 'remoteAddresses', list(value), report),
  ],
  localport: [
    'localPorts',
    (draft, value, report) => setPorts(draft, 'localPorts', list(value), report),
  ],
  remoteport: [
    'remotePorts',
    (draft, value, report) => setPorts(draft, 'remotePorts', list(value), report),
  ],
  interfacetype: [
    'interfaceTypes',
    (draft, value, report) => setInterfaceTypes(draft, list(value), report),
  ],
  program: ['program', (draft, value) => void (draft.program = itemsOf([value])[0] ?? null)],
  service: [
    'service',
    (draft, value) => void (draft.service = value.toLowerCase() === 'any' ? '*' : value),
  ],
  edge: ['edge', setEdge],
  security: [
    'security',
    (draft, value, report) => {
      draft.security =
        wordOf(NETSH_SECURITY, value, refuse(report, 'fw-flags', 'security', value)) ?? 'none';
    },
  ],
  rmtcomputergrp: ['remoteMachine', (draft, value) => void (draft.remoteMachine = value)],
  rmtusrgrp: ['remoteUser', (draft, value) => void (draft.remoteUser = value)],
};

const LISTS = new Set([
  ...['profile', 'localip', 'remoteip', 'localport', 'remoteport', 'interfacetype'],
]);

function refuse(
  report: RuleReport,
  code: 'fw-dir' | 'fw-action' | 'fw-bool' | 'fw-flags',
  field: keyof FirewallRule,
  value: string,
): (expected: string) => void {
  return (expected) =>
    report.error(code, field, `The value is one of ${expected}.`, value, expected);
}

/** IDs are made of the position. Lines that begin with `:`, `rem` or `#` are comments. */
export function readNetshAdd(source: SourceText, reporter: Reporter): FirewallRule[] {
  const rules: FirewallRule[] = [];
  for (const match of (source.text ?? '').matchAll(/([^\r\n]*)(?:\r\n|\r|\n|$)/g)) {
    const line = match[1]!.trim();
    if (line === '' || /^(?::|#|@?rem\b)/i.test(line)) continue;
    const at = match.index + match[1]!.length - match[1]!.trimStart().length;
    const place = (offset: number): SourceLocation => ({
      ...{ file: source.name, ...positionAt(source, at + offset), path: '' },
    });
    const rule = readLine(line, `netsh:${rules.length + 1}`, place, reporter);
    if (rule !== null) rules.push(rule);
  }
  return rules;
}

function readLine(
  line: string,
  id: string,
  place: (offset: number) => SourceLocation,
  reporter: Reporter,
): FirewallRule | null {
  const offsets: Record<string, number> = {};
  const at = (field: string | number): SourceLocation =>
    place(typeof field === 'number' ? field : (offsets[field] ?? 0));
  const report = new RuleReport(reporter, id, at, reporter.strict ? 'strict' : 'lenient');
  const command = COMMAND.exec(line);
  if (command === null) {
    report.error('fw-not-a-rule', 0, 'The line is no netsh advfirewall firewall add rule.', line);
    return null;
  }
  const draft = newDraft(id, 'local', place(0));
  draft.enabled = true;
  const given = readWords(line, command[0].length, offsets, report);
  // The protocol decides what ICMP types and ports mean, so it goes first.
  const ordered = [...given].sort(
    ([a], [b]) => Number(b === 'protocol') - Number(a === 'protocol'),
  );
  for (const [word, value] of ordered) WORDS[word]![1](draft, value, report);
  for (const word of ['name', 'dir', 'action']) {
    if (given.has(word)) continue;
    const code = word === 'name' ? 'fw-name' : word === 'dir' ? 'fw-dir' : 'fw-action';
    report.error(code, 0, `The line has no ${word}=.`);
  }
  if (!report.failed) checkRule(draft, report);
  return report.failed ? null : draft;
}

/** `word=value`, values with blanks in quotation marks. */
function readWords(
  line: string,
  start: number,
  offsets: Record<string, number>,
  report: RuleReport,
): Map<string, string> {
  const given = new Map<string, string>();
  const pattern = /\s*([A-Za-z]+)=("[^"]*"|\S*)|\s*(\S+)/y;
  pattern.lastIndex = start;
  for (let match = pattern.exec(line); match?.[0]; match = pattern.exec(line)) {
    const word = (match[1] ?? match[3] ?? '').toLowerCase();
    const at = match.index + match[0].length - match[0].trimStart().length;
    if (match[1] === undefined || !Object.hasOwn(WORDS, word)) {
      const message = `The word ${word} is not known to add rule.${didYouMean(word, Object.keys(WORDS))}`;
      report.error('fw-key-unknown', at, message, match[0].trim());
    } else if (given.has(word)) {
      report.error('fw-key-duplicate', at, `The word ${word} is given twice.`, match[0].trim());
    } else {
      const value = match[2]!.replace(/^"([^]*)"$/, '$1');
      given.set(word, value);
      offsets[WORDS[word]![0]] = at;
      if (saysNothing(word, value)) {
        const message = `The word ${word} has no value, or an empty item: a condition that is not meant is left out.`;
        report.error('fw-field-malformed', at, message, match[0].trim());
      }
    }
  }
  return given;
}

/** Empty it would hold for everything, which is what no writer means. */
function saysNothing(word: string, value: string): boolean {
  if (word === 'description') return false;
  return (LISTS.has(word) ? value.split(',') : [value]).some((item) => item.trim() === '');
}
