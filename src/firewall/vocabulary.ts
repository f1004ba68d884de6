/**
 * The words in which the cmdlets and `netsh` describe rules, to fields of a rule: one reader for
 * every format that uses them. Values come as lists of texts; an empty list and `Any` say nothing.
 * Source: windows-firewall.md 3.1, 7.3, 7.4, 7.6.
 */
import { readAddressItem } from './address-items.js';
import {
  INTERFACE_TYPE_BIT,
  PROFILES_ALL,
  type EdgeWord,
  type SecurityWord,
} from './firewall-rule.js';
import { trustTuple } from './keywords.js';
import { readIcmpItem, readPortItem } from './port-items.js';
import type { RuleDraft } from './rule-draft.js';
import type { RuleReport } from './rule-report.js';

const PROTOCOLS: Readonly<Record<string, number>> = {
  ...{
    hopopt: 0,
    icmpv4: 1,
    igmp: 2,
    tcp: 6,
    udp: 17,
    ipv6: 41,
    'ipv6-route': 43,
    'ipv6-frag': 44,
  },
  ...{ gre: 47, icmpv6: 58, 'ipv6-nonxt': 59, 'ipv6-opts': 60, vrrp: 112, pgm: 113, l2tp: 115 },
};
const ANY_PROTOCOL = 256;

/** Items that say something. */
export function itemsOf(texts: readonly string[]): readonly string[] {
  const items = texts.map((text) => text.trim()).filter((text) => text !== '');
  return items.some((text) => text.toLowerCase() === 'any') ? [] : items;
}

/** The value of a word, case and blanks aside; reports and gives null when it is none. */
export function wordOf<T>(
  words: Readonly<Record<string, T>>,
  text: string,
  onUnknown: (expected: string) => void,
): T | null {
  const flat = (word: string): string => word.toLowerCase().replaceAll(/[\s_-]/g, '');
  const key = Object.keys(words).find((word) => flat(word) === flat(text));
  if (key !== undefined) return words[key]!;
  onUnknown(Object.keys(words).join(', '));
  return null;
}

export function setProtocol(draft: RuleDraft, text: string, report: RuleReport): void {
  const [word] = itemsOf([text]);
  const named = word === undefined ? null : PROTOCOLS[word.toLowerCase()];
  const number = named ?? (word !== undefined && /^\d{1,3}$/.test(word) ? Number(word) : null);
  if (word === undefined || number === ANY_PROTOCOL) draft.protocol = null;
  else if (number !== null && number <= 255) draft.protocol = number;
  else
    report.error(
      'fw-protocol',
      'protocol',
      'A protocol is a number from 0 to 255, a name or Any.',
      word,
      'TCP, UDP, ICMPv4, ICMPv6, Any, 0 to 255',
    );
}

export function setProfiles(draft: RuleDraft, texts: readonly string[], report: RuleReport): void {
  const words = {
    Domain: 1,
    Private: 2,
    Public: 4,
    All: PROFILES_ALL,
    NotApplicable: PROFILES_ALL,
  };
  const bits = itemsOf(texts).map((text) =>
    wordOf(words, text, (expected) =>
      report.error('fw-profile', 'profiles', `A profile is one of ${expected}.`, text, expected),
    ),
  );
  const mask = bits.reduce<number>((sum, bit) => sum | (bit ?? 0), 0);
  draft.profiles = mask === 0 ? PROFILES_ALL : mask;
}

export function setPorts(
  draft: RuleDraft,
  field: 'localPorts' | 'remotePorts',
  texts: readonly string[],
  report: RuleReport,
): void {
  const side = field === 'localPorts' ? 'local' : 'remote';
  for (const text of itemsOf(texts)) {
    const item = readPortItem(text, side, report, field);
    if (item !== null) draft[field].push(item);
  }
}

export function setAddresses(
  draft: RuleDraft,
  field: 'localAddresses' | 'remoteAddresses',
  texts: readonly string[],
  report: RuleReport,
): void {
  const context = { report, field, family: null, keywords: field === 'remoteAddresses' };
  for (const text of itemsOf(texts)) draft[field].push(...readAddressItem(text, context));
}

/** Types with or without a code; which family they are of, the protocol says. */
export function setIcmp(draft: RuleDraft, texts: readonly string[], report: RuleReport): void {
  for (const text of itemsOf(texts)) {
    const written = /[:,]/.test(text) ? text : `${text}:*`;
    const item = readIcmpItem(written, draft.protocol === 58 ? 6 : 4, report, 'icmp');
    if (item !== null) draft.icmp.push(item);
  }
}

export function setInterfaceTypes(
  draft: RuleDraft,
  texts: readonly string[],
  report: RuleReport,
): void {
  const { lan, wireless, mobile } = INTERFACE_TYPE_BIT;
  const remote = INTERFACE_TYPE_BIT['remote-access'];
  const words = {
    Wired: lan,
    LAN: lan,
    Wireless: wireless,
    RemoteAccess: remote,
    RAS: remote,
    Mobile: mobile,
  };
  for (const text of itemsOf(texts)) {
    draft.interfaceTypes |=
      wordOf(words, text, (expected) =>
        report.error(
          'fw-iftype',
          'interfaceTypes',
          `An interface type is one of ${expected}.`,
          text,
          expected,
        ),
      ) ?? 0;
  }
}

const EDGE: Readonly<Record<string, EdgeWord>> = {
  ...{ Block: 'block', No: 'block', Allow: 'allow', Yes: 'allow' },
  ...{ DeferToUser: 'defer-to-user', DeferUser: 'defer-to-user' },
  ...{ DeferToApp: 'defer-to-app', DeferToApplication: 'defer-to-app', DeferApp: 'defer-to-app' },
};

export function setEdge(draft: RuleDraft, text: string, report: RuleReport): void {
  const edge = wordOf(EDGE, text, (expected) =>
    report.error('fw-flags', 'edge', `Edge traversal is one of ${expected}.`, text, expected),
  );
  if (edge !== null) draft.edge = edge;
}

export function setTrustTuples(
  draft: RuleDraft,
  texts: readonly string[],
  report: RuleReport,
): void {
  for (const text of itemsOf(texts)) {
    const row = trustTuple(text);
    if (row !== null) draft.trustTuples.push(row.name);
    else report.error('fw-flags', 'trustTuples', `${text} is no transport that is known.`, text);
  }
}

/** `Authentication` and `Encryption` of the cmdlets. Source: windows-firewall.md 3.4. */
export function setSecurity(
  draft: RuleDraft,
  authentication: 'NotRequired' | 'Required' | 'NoEncap',
  encryption: 'NotRequired' | 'Required' | 'Dynamic',
  report: RuleReport,
): void {
  if (authentication === 'NoEncap') draft.security = 'authenticate-no-encapsulation';
  else if (encryption === 'Dynamic') draft.security = 'authenticate-negotiate-encryption';
  else if (encryption === 'Required') draft.security = 'authenticate-encrypt';
  else if (authentication === 'Required') draft.security = 'authenticate';
  if (encryption !== 'NotRequired' && authentication !== 'Required') {
    report.error('fw-flags', 'security', 'Encryption needs Authentication Required.');
  }
}

/** What `netsh` calls them. */
export const NETSH_SECURITY: Readonly<Record<string, SecurityWord>> = {
  NotRequired: 'none',
  Authenticate: 'authenticate',
  AuthEnc: 'authenticate-encrypt',
  AuthNoEncap: 'authenticate-no-encapsulation',
  AuthDynEnc: 'authenticate-negotiate-encryption',
};

/** `6.2+` is that version and later; other texts name no version that could decide here. */
export function setPlatforms(draft: RuleDraft, texts: readonly string[], report: RuleReport): void {
  for (const text of itemsOf(texts)) {
    const match = /^(\d{1,3})\.(\d{1,3})(\+?)$/.exec(text);
    if (match === null) {
      report.error(
        'fw-platform',
        'platforms',
        'A platform is a version such as 6.2+.',
        text,
        '6.2+',
      );
      continue;
    }
    const [major, minor] = [Number(match[1]), Number(match[2])];
    draft.platforms.push({ type: 2, major, minor, andLater: match[3] === '+' });
  }
}
