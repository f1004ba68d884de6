/**
 * Text that vfpctrl has printed: /list-layer, /list-group, /list-rule, /get-rule-counter, alone, one
 * after another, or inside a support bundle. Source: vfp.md 12.2 to 12.9.
 *
 * Blocks are told by their keys, never by columns. What stands in no block of a layer, group or rule
 * is other output and passed over; what stands in one and is not understood refuses the rule, with
 * its line: a condition that is passed over would let more packets match.
 */
import type { Conditions, Direction } from '../normalise/normalised-host.js';
import type { Reporter } from '../source/diagnostic.js';
import { quote } from '../source/source-node.js';
import type { SourceText } from '../source/source-text.js';
import { itemsOf, prefixLength, readAddresses } from './condition-text.js';
import {
  draftPorts,
  type GroupDraft,
  type LayerDraft,
  type Line,
  type PortDraft,
  type RuleDraft,
} from './dump-blocks.js';
import { readCondition } from './read-condition.js';
import {
  ACL_GROUP_PREFIX,
  ACL_LAYER,
  ANY,
  FILTER_TYPES,
  LAYER_BIT,
  RULE_BIT,
  portLayer,
  type PrefixSide,
  type VfpGroup,
  type VfpLayer,
  type VfpRule,
  withOpening,
} from './vfp-layer.js';

/** One port of a dump. */
export interface DumpedPort {
  /** Null where the text names none. */
  readonly name: string | null;
  readonly layers: readonly VfpLayer[];
}

/** Reads all ports of a text; what is wrong goes to the reporter. */
export function readDump(source: SourceText, reporter: Reporter): readonly DumpedPort[] {
  return draftPorts(source, reporter).map((port) => {
    const layers = layersOf(port, reporter);
    const { name, state, stateAt } = port;
    return { name, layers: state === null ? layers : [portLayer(state, stateAt!)] };
  });
}

function layersOf(port: PortDraft, reporter: Reporter): VfpLayer[] {
  const layers = new Map(port.layers);
  for (const [id, group] of port.loose) homeOf(id, group, layers, reporter)?.groups.set(id, group);
  return [...layers.values()].flatMap((draft) => layerOf(draft, reporter) ?? []);
}

/** The layer of a group whose output named none. Assumption: X1. */
function homeOf(
  id: string,
  group: GroupDraft,
  layers: Map<string, LayerDraft>,
  reporter: Reporter,
): LayerDraft | null {
  const withGroup = [...layers.values()].find(({ groups }) => groups.has(id));
  if (withGroup !== undefined) return withGroup;
  if (id.startsWith(ACL_GROUP_PREFIX)) {
    const known = layers.get(ACL_LAYER.id);
    if (known !== undefined) return known;
    const { place } = group.head;
    const message = `The layer of ${quote(id)} is not in the dump; taken is ${ACL_LAYER.id}, priority ${ACL_LAYER.priority}, without default allow.`;
    reporter.info('dump-assumed', place, message);
    const line = (key: string, value: string): Line => ({
      text: `${key} : ${value}`,
      key,
      value,
      place,
    });
    const lines = [line('priority', String(ACL_LAYER.priority))];
    const layer = { id: ACL_LAYER.id, head: group.head, lines, groups: new Map(), complete: false };
    layers.set(layer.id, layer);
    return layer;
  }
  const [only] = layers.values();
  if (only !== undefined && layers.size === 1) return only;
  const message = `The group ${quote(id)} stands in no layer; put the output of /list-layer before it, or list the rules of the whole port.`;
  reporter.error('dump-incomplete', group.head.place, message);
  return null;
}

function layerOf(draft: LayerDraft, reporter: Reporter): VfpLayer | null {
  const { id, head } = draft;
  const { place } = head;
  const priority = numberAt(draft.lines, 'priority', head, reporter);
  const flags = flagsOf(draft.lines, head, reporter);
  if (priority === null || flags === null) return null;
  const defaultAllow = (flags & LAYER_BIT.defaultAllow) !== 0;
  if ((flags & LAYER_BIT.hairpin) !== 0) {
    const message = `The layer ${quote(id)} is a hairpin layer, which sends packets to another port; it is left out.`;
    reporter.warning('dump-not-evaluated', place, message);
    return null;
  }
  const types = new Set([...draft.groups.values()].flatMap(({ rules }) => rules.map(typeOf)));
  const others = [...types].filter((type) => !isFilter(type));
  if (others.length > 0) {
    const message = `The layer ${quote(id)} has rules of type ${others.join(', ')}, which change packets; it is left out, and packets are judged as if it passed them unchanged.`;
    reporter.warning('dump-not-evaluated', place, message);
    return null;
  }
  const isEmpty = draft.complete || [...draft.groups.values()].some(({ complete }) => complete);
  if (types.size === 0 && !isEmpty) {
    const what = defaultAllow ? 'default allow' : 'no default allow';
    const message = `No rules of the layer ${quote(id)} (${what}) are in the dump; it is left out.`;
    reporter[defaultAllow ? 'info' : 'warning']('dump-not-evaluated', place, message);
    return null;
  }
  const groups = [...draft.groups.values()].flatMap((group) => groupOf(group, reporter) ?? []);
  // Whether a layer is stateful is not printed. Assumption: X2. Source: vfp.md 12.9, 15.16.
  const stateful =
    id === ACL_LAYER.id || groups.some(({ rules }) => rules.some((rule) => rule.stateful));
  return { id, priority, defaultAllow, stateful, groups, place };
}

const isFilter = (type: string): boolean => (FILTER_TYPES as readonly string[]).includes(type);

const typeOf = ({ lines }: RuleDraft): string =>
  (lines.find(({ key }) => key === 'type')?.value ?? '').toLowerCase();

/** `0x9, Default Allow , …`: the number counts, the names do not. Source: vfp.md 12.3. */
function flagsOf(lines: readonly Line[], head: Line, reporter: Reporter): number | null {
  const line = lines.find(({ key }) => key === 'flags');
  if (line === undefined) return 0;
  const match = /^0x([0-9a-f]{1,8})\b/i.exec(line.value);
  if (match !== null) return parseInt(match[1]!, 16);
  bad(reporter, line, `The flags of ${quote(head.text)} are`, 'a number such as 0x1');
  return null;
}

function numberAt(
  lines: readonly Line[],
  key: string,
  head: Line,
  reporter: Reporter,
): number | null {
  const line = lines.find((each) => each.key === key);
  if (line !== undefined && /^\d{1,10}$/.test(line.value) && Number(line.value) < 2 ** 32) {
    return Number(line.value);
  }
  bad(
    reporter,
    line ?? head,
    `The ${key} of ${quote(head.text)} is`,
    'a number',
    line === undefined,
  );
  return null;
}

function bad(reporter: Reporter, line: Line, what: string, wanted: string, absent = false): void {
  const found = absent ? 'missing' : quote(line.value);
  reporter.error('dump-line', line.place, `${what} ${found}; wanted is ${wanted}.`);
}

function groupOf(draft: GroupDraft, reporter: Reporter): VfpGroup | null {
  const { id, head, lines } = draft;
  const priority = numberAt(lines, 'priority', head, reporter);
  const direction = wordAt<Direction>(lines, 'direction', head, { in: 'in', out: 'out' }, reporter);
  const family = wordAt<4 | 6>(lines, 'type', head, { ipv4: 4, ipv6: 6 }, reporter);
  if (priority === null || direction === null || family === null) return null;
  const from = lines.findIndex(({ key }) => key === 'conditions');
  const to = lines.findIndex(({ key }) => key === 'match type');
  const conditions = from < 0 ? [] : lines.slice(from + 1, to < 0 ? undefined : to);
  const own = readConditions(conditions, family, `the group ${quote(id)}`, reporter);
  if (own === null) return null;
  const match = lines[to]?.value.toLowerCase() ?? '';
  const prefix = /^longest prefix match on (source|destination) ip$/.exec(match)?.[1];
  const longestPrefix = prefix as PrefixSide | undefined;
  if (to >= 0 && longestPrefix === undefined && !match.startsWith('priority-based')) {
    const message = `The group ${quote(id)} matches by ${quote(match)}; groups are evaluated by priority, or by the longest prefix of the source or destination IP.`;
    reporter.error('unsupported-condition', lines[to]!.place, message);
    return null;
  }
  if (draft.rules.length === 0 && !draft.complete) {
    const message = `No rules of the group ${quote(id)} are in the dump; taken is that it has none.`;
    reporter.warning('dump-assumed', head.place, message);
  }
  const rules = draft.rules.flatMap((rule, i) => ruleOf(rule, i, family, reporter) ?? []);
  if (longestPrefix !== undefined) refuseLists(draft.rules, longestPrefix, family, reporter);
  return {
    ...{ id, priority, direction, family, rules },
    ...(own !== ANY && { conditions: own }),
    ...(longestPrefix && { longestPrefix }),
  };
}

function wordAt<T>(
  lines: readonly Line[],
  key: string,
  head: Line,
  words: Readonly<Record<string, T>>,
  reporter: Reporter,
): T | null {
  const line = lines.find((each) => each.key === key);
  const word = line?.value.toLowerCase() ?? '';
  if (Object.hasOwn(words, word)) return words[word]!;
  const wanted = Object.keys(words).join(' or ');
  bad(reporter, line ?? head, `The ${key} of ${quote(head.text)} is`, wanted, line === undefined);
  return null;
}

function ruleOf(
  draft: RuleDraft,
  index: number,
  family: 4 | 6,
  reporter: Reporter,
): VfpRule | null {
  const { id, head, lines } = draft;
  const value = (key: string): string => lines.find((line) => line.key === key)?.value ?? '';
  const priority = numberAt(lines, 'priority', head, reporter);
  const flagsLine = lines.find(({ key }) => key === 'flags');
  const flags = /^(\d{1,10})(?:\s|$)/.exec(flagsLine?.value ?? '')?.[1];
  if (flags === undefined) {
    bad(
      reporter,
      flagsLine ?? head,
      `The flags of ${quote(head.text)} are`,
      'a number',
      flagsLine === undefined,
    );
  }
  const conditions = conditionsOf(draft, family, reporter);
  const ttl = /^\d{1,9}$/.exec(value('flow ttl'))?.[0];
  if (ttl === undefined) {
    bad(reporter, head, `The flow TTL of ${quote(head.text)} is`, 'a number of seconds', true);
  }
  if (priority === null || flags === undefined || conditions === null || ttl === undefined) {
    return null;
  }
  const bits = Number(flags);
  return {
    name: value('friendly name') || id || `rule ${index + 1}`,
    action: typeOf(draft) as VfpRule['action'],
    priority,
    terminating: (bits & RULE_BIT.terminating) !== 0,
    stateful: (bits & RULE_BIT.stateful) !== 0,
    flowTtl: Number(ttl),
    conditions: withOpening(conditions, bits),
    place: head.place,
  };
}

/** Lines from `Conditions:` to `Flow TTL`; null refuses the rule. */
function conditionsOf(draft: RuleDraft, family: 4 | 6, reporter: Reporter): Conditions | null {
  const { head, lines } = draft;
  const from = lines.findIndex(({ key }) => key === 'conditions');
  const to = lines.findIndex(({ key }) => key === 'flow ttl');
  if (from < 0 || to < from) {
    bad(
      reporter,
      head,
      `The conditions of ${quote(head.text)} are`,
      'a list that ends at Flow TTL',
      true,
    );
    return null;
  }
  const name = `the rule ${quote(draft.id || head.text)}`;
  return readConditions(lines.slice(from + 1, to), family, name, reporter);
}

/** Null refuses what has them. */
function readConditions(
  lines: readonly Line[],
  family: 4 | 6,
  holder: string,
  reporter: Reporter,
): Conditions | null {
  let conditions: Conditions | null = ANY;
  for (const line of lines) {
    if (line.text === '<none>') continue;
    const next: Conditions | null = readCondition(conditions ?? ANY, line.key, line.value, family);
    if (next === null) {
      const message = `The condition ${quote(line.text)} is not understood; ${holder} is refused, since without it more packets would match.`;
      reporter.error('unsupported-condition', line.place, message);
    }
    conditions = conditions === null ? null : next;
  }
  return conditions;
}

/** Of several prefixes the longest that holds would count, which one set of addresses cannot say. */
function refuseLists(
  rules: readonly RuleDraft[],
  side: PrefixSide,
  family: 4 | 6,
  reporter: Reporter,
): void {
  for (const { lines } of rules) {
    const line = lines.find(({ key }) => key === `${side} ip` || key === `${side} ipv6`);
    if (line === undefined) continue;
    const set = readAddresses(line.value, family);
    if (itemsOf(line.value).length === 1 && prefixLength(set, family) !== null) continue;
    const message = `${quote(line.text)} is no single prefix, in a group of the longest prefix; give each prefix a rule.`;
    reporter.error('unsupported-condition', line.place, message);
  }
}
