/** What every rule must hold, whatever its format. Source: windows-firewall.md 3.1, 3.3, 3.6. */
import type { ErrorCode } from '../errors.js';
import type { FirewallRule, PortItem } from './firewall-rule.js';
import { PORT_KEYWORDS, type PortKeywordRow } from './keywords.js';
import type { RuleReport } from './rule-report.js';
import { parseSddl } from './sddl.js';

const TCP = 6;
const UDP = 17;
const ICMP_PROTOCOL = { 4: 1, 6: 58 } as const;
/** Source: windows-firewall.md 3.1, last paragraph. */
const LIST_MAX = 1000;

/** Reports all that is wrong with a rule; fields are named as in {@link FirewallRule}. */
export function checkRule(rule: FirewallRule, report: RuleReport): void {
  for (const check of [
    checkTexts,
    checkPorts,
    checkIcmp,
    checkAddresses,
    checkFlags,
    checkSecurity,
    checkLists,
  ]) {
    check(rule, report);
  }
}

const TEXTS: readonly (readonly [keyof FirewallRule, ErrorCode, RegExp, string])[] = [
  ['id', 'fw-id', /^[^|]{1,511}$/s, '1 to 511 characters, none of them |'],
  [
    'name',
    'fw-name',
    /^(?!all$)[^|]{1,9999}$/is,
    '1 to 9,999 characters, none of them |, and not the word all',
  ],
  ['description', 'fw-desc', /^[^|]{0,9999}$/s, 'shorter than 10,000 characters, none of them |'],
  ['group', 'fw-group', /^[^|]{0,9999}$/s, 'shorter than 10,000 characters, none of them |'],
  [
    'program',
    'fw-app',
    /^[^/*?"<>|]{1,259}$/s,
    'a path of at most 259 characters, none of them / * ? " < > |',
  ],
  [
    'service',
    'fw-svc',
    /^(?:\*|[^/\\|]{1,259})$/s,
    'a short name of at most 259 characters without / \\ |, or *',
  ],
];

function checkTexts(rule: FirewallRule, report: RuleReport): void {
  for (const [field, code, form, expected] of TEXTS) {
    const text = rule[field];
    if (typeof text !== 'string' || form.test(text)) continue;
    const message =
      text === ''
        ? `The rule has no ${field}.`
        : `The ${field} does not have the form Windows takes.`;
    report.error(code, field, message, text, expected);
  }
  for (const field of ['localUser', 'remoteUser', 'remoteMachine'] as const) {
    const text = rule[field];
    if (text === null || parseSddl(text) !== null) continue;
    const expected =
      'a descriptor such as O:LSD:(A;;CC;;;S-1-5-32-544) with allow and deny entries';
    report.error('fw-sddl', field, `The ${field} is not ${expected}.`, text, expected);
  }
}

function checkPorts(rule: FirewallRule, report: RuleReport): void {
  const { protocol, direction } = rule;
  const hasPorts = protocol === TCP || protocol === UDP;
  for (const field of ['localPorts', 'remotePorts'] as const) {
    if (rule[field].length > 0 && !hasPorts) {
      const message = 'Ports are a condition of TCP and UDP, and the rule is of neither.';
      report.error(
        'fw-port-protocol',
        field,
        message,
        String(protocol ?? 'any'),
        'protocol 6 or 17',
      );
    }
    for (const item of rule[field]) {
      if (item.kind === 'keyword' && hasPorts)
        checkPortKeyword(item, field, protocol, direction, report);
    }
  }
}

function checkPortKeyword(
  item: Extract<PortItem, { kind: 'keyword' }>,
  field: 'localPorts' | 'remotePorts',
  protocol: number,
  direction: 'in' | 'out',
  report: RuleReport,
): void {
  const row: PortKeywordRow = PORT_KEYWORDS.find(({ name }) => name === item.keyword)!;
  const wrongProtocol = row.protocol !== null && row.protocol !== protocol;
  if (!wrongProtocol && (row.direction ?? direction) === direction) return;
  const expected = `${row.direction === 'out' ? 'outbound' : 'inbound'}${row.protocol === null ? '' : row.protocol === TCP ? ' TCP' : ' UDP'} rules`;
  const message = `The keyword ${item.keyword} is for ${expected}.`;
  report.error('fw-port-keyword', field, message, item.keyword, expected);
}

function checkIcmp({ icmp, protocol }: FirewallRule, report: RuleReport): void {
  const wrong = icmp.find(({ family }) => ICMP_PROTOCOL[family] !== protocol);
  if (wrong === undefined) return;
  const expected = `protocol ${ICMP_PROTOCOL[wrong.family]}`;
  const message = `ICMP types of IPv${wrong.family} are a condition of ${expected}.`;
  report.error('fw-port-protocol', 'icmp', message, String(protocol ?? 'any'), expected);
}

function checkAddresses(
  { localAddresses, remoteAddresses, icmp }: FirewallRule,
  report: RuleReport,
): void {
  const lists: readonly (readonly { readonly family: 4 | 6 }[])[] = [
    localAddresses,
    remoteAddresses,
    icmp,
  ];
  const canMatch = ([4, 6] as const).some((family) =>
    lists.every((list) => list.length === 0 || list.some((item) => item.family === family)),
  );
  if (canMatch) return;
  const message =
    'Local addresses, remote addresses and ICMP types have no family in common: the rule can never match.';
  report.warning('fw-addr-family', 'remoteAddresses', message);
}

function checkFlags(rule: FirewallRule, report: RuleReport): void {
  const refuse = (field: keyof FirewallRule, message: string): void =>
    report.error('fw-flags', field, message);
  if (rule.edge !== 'block' && rule.direction === 'out') {
    refuse('edge', 'Edge traversal is for inbound rules.');
  }
  if (rule.looseSourceMapping) {
    if (rule.direction === 'in')
      refuse('looseSourceMapping', 'Loose source mapping is for outbound rules.');
    if (rule.protocol === TCP) refuse('looseSourceMapping', 'Loose source mapping is not for TCP.');
    if (rule.security !== 'none')
      refuse('looseSourceMapping', 'Loose source mapping and authentication exclude each other.');
  }
  if (rule.action === 'block' && (rule.localOnlyMapping || rule.profileCrossing)) {
    const field = rule.localOnlyMapping ? 'localOnlyMapping' : 'profileCrossing';
    report.warning('fw-flags', field, `The flag ${field} has no effect on a Block rule.`);
  }
}

function checkSecurity(rule: FirewallRule, report: RuleReport): void {
  const { security, action, direction } = rule;
  const refuse = (field: keyof FirewallRule, message: string): void =>
    report.error('fw-flags', field, message);
  const authenticates = security !== 'none';
  if (authenticates && action === 'block')
    refuse('security', 'A Block rule asks for no authentication.');
  if (security === 'authenticate-negotiate-encryption' && direction === 'out') {
    refuse('security', 'Negotiated encryption is for inbound rules.');
  }
  if (action === 'bypass') {
    if (direction === 'out')
      refuse('action', 'ByPass is for inbound rules; outbound rules have AuthByPassOut.');
    if (!authenticates) refuse('action', 'ByPass needs a rule that asks for authentication.');
    if (rule.remoteMachine === null) refuse('action', 'ByPass needs a list of remote machines.');
  }
  if (rule.bypassOutbound && (direction === 'in' || action !== 'allow' || !authenticates)) {
    refuse(
      'bypassOutbound',
      'AuthByPassOut is for outbound Allow rules that ask for authentication.',
    );
  }
  const asks = rule.remoteMachine !== null || rule.remoteUser !== null;
  if (asks && !authenticates)
    refuse('remoteMachine', 'Remote machines and users are known by authentication only.');
  if (rule.remoteMachine !== null && direction === 'out') {
    report.warning(
      'fw-flags',
      'remoteMachine',
      'Remote machines are a condition of inbound rules.',
    );
  }
}

function checkLists(rule: FirewallRule, report: RuleReport): void {
  for (const [field, value] of Object.entries(rule)) {
    if (!Array.isArray(value) || value.length <= LIST_MAX) continue;
    const message = `The list ${field} has ${value.length} items; Windows takes ${LIST_MAX}.`;
    report.error('fw-list-too-long', field, message, String(value.length), String(LIST_MAX));
  }
}
