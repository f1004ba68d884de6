/**
 * What `netsh advfirewall firewall show rule name=all verbose` prints. Source:
 * windows-firewall.md 7.4.
 */
import type { SourceLocation } from '../errors.js';
import type { Reporter } from '../source/diagnostic.js';
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

const FIRST_LABEL = 'Rule Name';
const LABEL_ABOVE_LINE = /^[ \t]*([^:\r\n]{1,60}):[^\r\n]*\r?\n-{50,}/;
const PROFILE_LABEL = /^\s*(?:Domain|Private|Public) Profile Settings$/i;
const RULED_LINE = /^-{50,}\s*$/;

/** The first label with a ruled line below it, in whatever language. */
function firstLabel(text: string): string | null {
  const match = new RegExp(LABEL_ABOVE_LINE, 'm').exec(text);
  return match === null ? null : match[1]!.trim();
}

/** The same of what is no section of profile settings. */
function firstRuleLabel(text: string): string | null {
  const labels = text.matchAll(new RegExp(LABEL_ABOVE_LINE, 'gm'));
  for (const [, label = ''] of labels) if (!PROFILE_LABEL.test(label)) return label.trim();
  return null;
}

export function looksLikeNetshShow(text: string): boolean {
  return firstLabel(text) !== null;
}

/** A label with its value, and the lines below that have none. */
interface Line {
  readonly label: string;
  readonly value: string;
  readonly offset: number;
  readonly below: string[];
  /** Whether the block has had the label before. */
  readonly again: boolean;
}

type Block = ReadonlyMap<string, Line>;

/** Rules of the listing. IDs are made of the position: names of rules are not unique. */
export function readNetshShow(source: SourceText, reporter: Reporter): FirewallRule[] {
  const text = source.text ?? '';
  const at = (offset: number): SourceLocation => ({
    ...{ file: source.name, ...positionAt(source, offset), path: '' },
  });
  // Settings of profiles are another listing, which may stand in the same file.
  const first = firstRuleLabel(text);
  if (first === null) return [];
  if (first.toLowerCase() !== FIRST_LABEL.toLowerCase()) {
    const message = `The listing begins with ${JSON.stringify(first)} where English Windows prints ${JSON.stringify(FIRST_LABEL)}; translated listings are not read. Use the registry or PowerShell instead.`;
    reporter.error('fw-netsh-locale', at(0), message, { expected: FIRST_LABEL });
    return [];
  }
  const blocks = splitBlocks(text);
  const message =
    'A listing of netsh shows no packages, users, interfaces or compartments: a rule that has them is wider here than on the machine. The registry and PowerShell show them.';
  reporter.warning('fw-netsh-blind', at(0), message);
  return blocks.flatMap((block, i) => {
    const rule = readBlock(block, i + 1, at, reporter);
    return rule === null ? [] : [rule];
  });
}

function splitBlocks(text: string): Block[] {
  const blocks: Map<string, Line>[] = [];
  let last: Line | null = null;
  for (const match of text.matchAll(/([^\r\n]*)(?:\r\n|\r|\n|$)/g)) {
    const [, line = ''] = match;
    const labelled = /^([A-Za-z][A-Za-z ]*):\s*(.*?)\s*$/.exec(line);
    if (labelled !== null) {
      const label = labelled[1]!.toLowerCase();
      if (label === FIRST_LABEL.toLowerCase()) blocks.push(new Map());
      const before = blocks.at(-1)?.get(label);
      last = {
        label,
        value: labelled[2]!,
        offset: match.index,
        below: [],
        again: before !== undefined,
      };
      blocks.at(-1)?.set(label, last);
    } else if (/^\s*(?:Ok\.)?\s*$/i.test(line)) {
      last = null;
    } else if (last !== null && !RULED_LINE.test(line)) {
      last.below.push(line.trim());
    }
  }
  return blocks;
}

/** Labels of each field, for places. */
const LABELS: Readonly<Record<string, string>> = {
  ...{ name: 'rule name', description: 'description', enabled: 'enabled', direction: 'direction' },
  ...{
    profiles: 'profiles',
    group: 'grouping',
    localAddresses: 'localip',
    remoteAddresses: 'remoteip',
  },
  ...{ protocol: 'protocol', icmp: 'protocol', localPorts: 'localport', remotePorts: 'remoteport' },
  ...{ edge: 'edge traversal', program: 'program', service: 'service', action: 'action' },
  ...{ interfaceTypes: 'interfacetypes', security: 'security' },
};

function readBlock(
  block: Block,
  number: number,
  at: (offset: number) => SourceLocation,
  reporter: Reporter,
): FirewallRule | null {
  const id = `netsh:${number}`;
  const start = block.get('rule name')!.offset;
  const place = (field: string | number): SourceLocation =>
    at(block.get(LABELS[field] ?? '')?.offset ?? start);
  const report = new RuleReport(reporter, id, place, reporter.strict ? 'strict' : 'lenient');
  if (!block.has('program') || !block.has('service')) {
    const message =
      'The listing was made without the word verbose, so programs and services are missing and the rule would match more than it should.';
    report.lax('fw-netsh-not-verbose', 'name', message);
  }
  checkLabels(block, report);
  const value = (label: string): string => block.get(label)?.value ?? '';
  const draft = newDraft(id, 'local', at(start));
  draft.name = value('rule name');
  draft.description = value('description') || null;
  draft.group = value('grouping') || null;
  draft.enabled = word(block, 'enabled', { Yes: true, No: false }, 'fw-bool', report) ?? false;
  draft.direction = word(block, 'direction', { In: 'in', Out: 'out' }, 'fw-dir', report) ?? 'in';
  const actions = { Allow: 'allow', Block: 'block', Bypass: 'bypass' } as const;
  draft.action = word(block, 'action', actions, 'fw-action', report) ?? 'allow';
  setConditions(draft, block, report);
  const [source] = itemsOf([value('rule source')]);
  const rule: FirewallRule =
    source === undefined || /^local/i.test(source) ? draft : { ...draft, store: 'group-policy' };
  if (!report.failed) checkRule(rule, report);
  return report.failed ? null : rule;
}

/** Labels of conditions that a listing always has, the last two with the word verbose. */
const NEEDED = ['profiles', 'localip', 'remoteip', 'protocol'];
const NEEDED_OF_PORTS = ['localport', 'remoteport'];
const NEEDED_VERBOSE = ['interfacetypes', 'security'];
const HAS_PORTS = /^(?:tcp|udp|6|17)$/i;
/** Labels whose values go on in the lines below. */
const GOES_ON = ['protocol', 'description'];

/** A listing that was cut or changed on its way: a condition that is not there would widen the rule. */
function checkLabels(block: Block, report: RuleReport): void {
  const isVerbose = block.has('program') && block.has('service');
  const hasPorts = HAS_PORTS.test(block.get('protocol')?.value ?? '');
  const needed = [
    ...NEEDED,
    ...(hasPorts ? NEEDED_OF_PORTS : []),
    ...(isVerbose ? NEEDED_VERBOSE : []),
  ];
  for (const label of needed) {
    if ((block.get(label)?.value ?? '') !== '') continue;
    const message = `The listing does not show ${label} of the rule, a condition that netsh always prints.`;
    report.error('fw-field-malformed', fieldOf(label), message);
  }
  for (const { label, again, below } of block.values()) {
    const field = fieldOf(label);
    if (field === 'name' && label !== FIRST_LABEL.toLowerCase()) continue;
    if (again)
      report.error('fw-key-duplicate', field, `The label ${label} stands twice in a rule.`);
    if (below.length > 0 && !GOES_ON.includes(label)) {
      const message = `What stands below ${label} belongs to no label.`;
      report.error('fw-field-malformed', field, message, below[0]);
    }
  }
}

/** Labels that are no condition are as the name. */
function fieldOf(label: string): string {
  return Object.keys(LABELS).find((name) => LABELS[name] === label) ?? 'name';
}

function setConditions(draft: RuleDraft, block: Block, report: RuleReport): void {
  const list = (label: string): string[] => (block.get(label)?.value ?? '').split(',');
  setProfiles(draft, list('profiles'), report);
  setProtocol(draft, block.get('protocol')?.value ?? '', report);
  // Below ICMP stands a table: a line of titles, then a type and a code a line.
  setIcmp(
    draft,
    (block.get('protocol')?.below ?? [])
      .filter((line) => !/^type/i.test(line))
      .map((line) => line.replace(/\s+/, ':'))
      .filter((line) => !/^any/i.test(line)),
    report,
  );
  setAddresses(draft, 'localAddresses', list('localip'), report);
  setAddresses(draft, 'remoteAddresses', list('remoteip'), report);
  setPorts(draft, 'localPorts', list('localport'), report);
  setPorts(draft, 'remotePorts', list('remoteport'), report);
  setInterfaceTypes(draft, list('interfacetypes'), report);
  const edge = block.get('edge traversal')?.value ?? '';
  if (edge !== '') setEdge(draft, edge, report);
  [draft.program = null] = itemsOf([block.get('program')?.value ?? '']);
  const [service = null] = itemsOf([block.get('service')?.value ?? '']);
  draft.service = service;
  if (block.has('security')) {
    draft.security = word(block, 'security', NETSH_SECURITY, 'fw-flags', report) ?? 'none';
  }
}

function word<T>(
  block: Block,
  label: string,
  words: Readonly<Record<string, T>>,
  code: 'fw-bool' | 'fw-dir' | 'fw-action' | 'fw-flags',
  report: RuleReport,
): T | null {
  const text = block.get(label)?.value ?? '';
  const field = fieldOf(label);
  return wordOf(words, text, (expected) =>
    report.error(code, field, `The value of ${label} is one of ${expected}.`, text, expected),
  );
}
