/**
 * Lines of vfpctrl that make the policy of a port: `/add-layer`, `/add-group`, `/add-rule` and their
 * kin, in the order in which they would be run. Source: vfp.md 12.1; docs/semantics/vfpctrl.md.
 *
 *   vfpctrl /port P /layer L /group G /add-rule-ex "dhcp dhcp 17 * 68 * 67 1 0 100 allow"
 *
 * What only looks is passed over; what is not understood is refused with its place: a command that is
 * passed over would leave another policy.
 */
import type { SourceLocation } from '../errors.js';
import type { Conditions, PooledPorts } from '../normalise/normalised-host.js';
import type { Reporter } from '../source/diagnostic.js';
import { didYouMean } from '../source/nearest.js';
import { quote } from '../source/source-node.js';
import { positionAt, type SourceText } from '../source/source-text.js';
import { Refusal, Words, misfit, type Word } from './command-words.js';
import { itemsOf, prefixLength } from './condition-text.js';
import { readCondition } from './read-condition.js';
import type { DumpedPort } from './read-dump.js';
import { REWRITING_READERS, addNatPool, depositNatRange, type NatPools } from './read-rewriting.js';
import {
  addTag,
  askedTag,
  replaceTag,
  withTags,
  type AskedTags,
  type Tag,
  type Tags,
} from './read-tags.js';
import {
  ANY,
  LAYER_BIT,
  RULE_BIT,
  portLayer,
  withOpening,
  type PrefixSide,
  type VfpGroup,
  type VfpLayer,
  type VfpRule,
} from './vfp-layer.js';

const COMMAND =
  /^\s*(?:vfpctrl(?:\.exe)?\s+)?\/(?:port|switch|layer|group|nat-pool|(?:force-)?add-(?:layer|group|rule(?:-ex2?)?|mac-rule|tag(?:-rule)?|nat-pool)|replace-tag|deposit-nat-range|(?:dis|en)able-port|(?:un)?block-port)(?:\s|$)/i;
const COMMENT = /^\s*(?:#|::|rem\s|$)/i;
const MODIFIERS = ['port', 'switch', 'layer', 'group', 'nat-pool'] as const;
type Modifier = (typeof MODIFIERS)[number];

/** Whether a text that is no JSON looks like commands: its first line that says something does. */
export function isCommands(text: string): boolean {
  const first = text
    .slice(0, 100_000)
    .split(/\r?\n|\r/)
    .find((line) => !COMMENT.test(line));
  return first !== undefined && COMMAND.test(first);
}

interface Command {
  readonly action: Word;
  readonly modifiers: ReadonlyMap<Modifier, Word>;
  readonly words: readonly Word[];
}
/** What tags hold when all lines have run, their rules ask for. */
interface RuleDraft extends VfpRule {
  readonly asked?: AskedTags;
}
interface GroupDraft extends Omit<VfpGroup, 'rules'> {
  /** By id; those without one by their number, which is no word. */
  readonly rules: Map<string, RuleDraft>;
}
interface LayerDraft extends Omit<VfpLayer, 'groups'> {
  readonly groups: Map<string, GroupDraft>;
}
interface PortDraft {
  readonly layers: Map<string, LayerDraft>;
  readonly pools: NatPools;
  readonly tags: Tags;
  /** As VFP begins with it: enabled, and here not blocked. */
  disabled: boolean;
  blocked: boolean;
  /** Of the last command that changed one of these. */
  place: SourceLocation | null;
}

/** Reads the ports that all lines together make; what is wrong goes to the reporter. */
export function readCommands(source: SourceText, reporter: Reporter): readonly DumpedPort[] {
  const ports = new Map<string | null, PortDraft>();
  for (const words of linesOf(source)) {
    try {
      const command = commandOf(words);
      if (command !== null) run(command, ports);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reporter.error(error.code, error.place, error.message);
    }
  }
  return [...ports].map(([name, port]) => ({ name, layers: layersOf(port) }));
}

function layersOf({ layers, tags, disabled, blocked, place }: PortDraft): VfpLayer[] {
  if (disabled || blocked) return [portLayer(disabled ? 'disabled' : 'blocked', place!)];
  return [...layers.values()].map((layer) => ({
    ...layer,
    groups: [...layer.groups.values()].map((group) => ({
      ...group,
      rules: [...group.rules.values()].map(({ asked, ...rule }) => ({
        ...rule,
        ...(asked && { conditions: withTags(rule.conditions, asked, tags) }),
      })),
    })),
  }));
}

/** The words of each line that is no comment; quotation marks hold them together for the shell alone. */
function* linesOf(source: SourceText): Generator<readonly Word[]> {
  let offset = 0;
  for (const raw of (source.text ?? '').split(/(?<=\r\n|\n|\r(?!\n))/)) {
    const start = offset;
    offset += raw.length;
    if (COMMENT.test(raw)) continue;
    const words = [...raw.matchAll(/[^\s"]+/g)].map(({ 0: text, index }) => ({
      text,
      place: { file: source.name, ...positionAt(source, start + index), path: '' },
    }));
    if (words.length > 0) yield words;
  }
}

/** Null for what only looks. */
function commandOf(all: readonly Word[]): Command | null {
  const words = /^vfpctrl(?:\.exe)?$/i.test(all[0]?.text ?? '') ? all.slice(1) : all;
  const modifiers = new Map<Modifier, Word>();
  let action: Word | null = null;
  const rest: Word[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const name = word.text.startsWith('/') ? word.text.slice(1).toLowerCase() : null;
    if (name === null) {
      if (action === null) throw misfit(word, 'a modifier or action, which begin with /');
      rest.push(word);
    } else if ((MODIFIERS as readonly string[]).includes(name)) {
      const value = words[++at];
      if (value === undefined) throw misfit(word, `/${name} with its value`);
      modifiers.set(name as Modifier, value);
    } else if (action !== null) {
      throw misfit(word, 'one action a line');
    } else {
      action = word;
    }
  }
  if (action === null) throw misfit(all.at(-1)!, 'an action such as /add-rule-ex');
  return /^\/(?:list|get|sample)-/i.test(action.text) ? null : { action, modifiers, words: rest };
}

const ACTIONS: Readonly<Record<string, (command: Command, port: PortDraft) => void>> = {
  'add-layer': addLayer,
  'force-add-layer': addLayer,
  'add-group': addGroup,
  'force-add-group': addGroup,
  'add-rule': (command, port) => addRule(command, port, []),
  'add-rule-ex': (command, port) => addRule(command, port, ['id', 'name']),
  'add-rule-ex2': (command, port) => addRule(command, port, ['id', 'name']),
  'force-add-rule': (command, port) => addRule(command, port, ['id', 'name']),
  'add-mac-rule': (command, port) =>
    addRule(command, port, ['id', 'name', 'smac', 'dmac', 'tni', 'vlan']),
  'add-tag-rule': (command, port) => addRule(command, port, ['id', 'name', 'stag', 'dtag']),
  'add-tag': (command, port) => addTag(new Words(command), port.tags),
  'replace-tag': (command, port) => replaceTag(new Words(command), port.tags),
  'add-nat-pool': (command, port) => addNatPool(new Words(command), port.pools),
  'deposit-nat-range': (command, port) => {
    const pool = command.modifiers.get('nat-pool');
    if (pool === undefined) throw misfit(command.action, '/nat-pool with the id of a NAT pool');
    depositNatRange(new Words(command), port.pools, pool);
  },
  'enable-port': (command, port) => setState(command, port, { disabled: false }),
  'disable-port': (command, port) => setState(command, port, { disabled: true }),
  'block-port': (command, port) => setState(command, port, { blocked: true }),
  'unblock-port': (command, port) => setState(command, port, { blocked: false }),
};

/** Source: vfp.md 2.1. */
function setState(
  command: Command,
  port: PortDraft,
  state: Partial<Pick<PortDraft, 'disabled' | 'blocked'>>,
): void {
  new Words(command).end();
  Object.assign(port, state, { place: command.action.place });
}

function run(command: Command, ports: Map<string | null, PortDraft>): void {
  const name = command.action.text.slice(1).toLowerCase();
  if (!Object.hasOwn(ACTIONS, name)) {
    const known = Object.keys(ACTIONS);
    const message = `${quote(command.action.text)} is not evaluated; evaluated are /${known.join(', /')}.${didYouMean(name, known)}`;
    throw new Refusal('dump-line', command.action.place, message);
  }
  const port = command.modifiers.get('port')?.text ?? null;
  const draft: PortDraft = ports.get(port) ?? {
    ...{ layers: new Map<string, LayerDraft>(), pools: new Map<string, PooledPorts[]>() },
    tags: new Map<string, Tag>(),
    ...{ disabled: false, blocked: false, place: null },
  };
  ports.set(port, draft);
  ACTIONS[name]!(command, draft);
}

const U32 = 2 ** 32 - 1;
const isForced = ({ action }: Command): boolean => /^\/force-/i.test(action.text);

/** `[id] [name] [stateful|stateless] [priority] [flags]` */
function addLayer(command: Command, port: PortDraft): void {
  const words = new Words(command);
  const id = words.take('the id');
  words.take('the name');
  const stateful = words.one('the kind', { stateful: true, stateless: false });
  const priority = words.number('the priority', U32);
  const flags = words.left > 0 ? words.number('the flags', U32) : 0;
  words.end();
  if ((flags & LAYER_BIT.hairpin) !== 0) throw misfit(id, 'a layer that is no hairpin layer');
  refuseKnown(command, port.layers, id, 'layer');
  const defaultAllow = (flags & LAYER_BIT.defaultAllow) !== 0;
  const place = command.action.place;
  port.layers.set(id.text, {
    ...{ id: id.text, priority, defaultAllow, stateful, place },
    groups: new Map(),
  });
}

function refuseKnown(
  command: Command,
  known: ReadonlyMap<string, unknown>,
  { text, place }: Word,
  kind: 'layer' | 'group',
): void {
  if (!known.has(text) || isForced(command)) return;
  const message = `The ${kind} ${quote(text)} is there already.`;
  throw new Refusal('dump-line', place, message);
}

const SIDES = {
  in: { direction: 'in', family: 4 },
  out: { direction: 'out', family: 4 },
  inv6: { direction: 'in', family: 6 },
  outv6: { direction: 'out', family: 6 },
} as const;
const LONGEST_PREFIX: Readonly<Record<string, PrefixSide>> = {
  vfxconditiondestinationip: 'destination',
  vfxconditiondestinationipv6: 'destination',
  vfxconditionsourceip: 'source',
  vfxconditionsourceipv6: 'source',
};
const BY_PRIORITY = /^priority_based(?:_(?:single|multi|all|auto)_condition_opt)?$/i;

/**
 * `[id] [name] [in|out|inv6|outv6] [priority] [[proto] [src_ip] [src_prt] [dest_ip] [dest_prt]]
 * [[match type] [condition type..*5]]`. The types of the `_opt` forms choose a structure, not answers.
 */
function addGroup(command: Command, port: PortDraft): void {
  const layer = holderOf(command, port.layers, 'layer', 'layer');
  const words = new Words(command);
  const id = words.take('the id');
  words.take('the name');
  const { direction, family } = words.one('the direction', SIDES);
  const priority = words.number('the priority', U32);
  const isMatchType = ({ text }: Word): boolean => /^lpm$/i.test(text) || BY_PRIORITY.test(text);
  let conditions = ANY;
  let match = words.left > 0 ? words.take('the conditions') : null;
  if (match !== null && !isMatchType(match)) {
    conditions = tupleConditions(ANY, words, family, match);
    match = words.left > 0 ? words.take('the match type') : null;
    if (match !== null && !isMatchType(match)) throw misfit(match, 'lpm or priority_based');
  }
  const isPrefix = match !== null && /^lpm$/i.test(match.text);
  const longestPrefix = isPrefix ? words.one('the side', LONGEST_PREFIX) : null;
  while (!isPrefix && words.left > 0) words.take('a condition type');
  words.end();
  refuseKnown(command, layer.groups, id, 'group');
  layer.groups.set(id.text, {
    ...{ id: id.text, priority, direction, family, rules: new Map() },
    ...(conditions !== ANY && { conditions }),
    ...(longestPrefix !== null && { longestPrefix }),
  });
}

function holderOf<T>(
  { modifiers, action }: Command,
  all: ReadonlyMap<string, T>,
  modifier: 'layer' | 'group',
  kind: string,
): T {
  const word = modifiers.get(modifier);
  const found = word === undefined ? undefined : all.get(word.text);
  if (found !== undefined) return found;
  const { place, text } = word ?? action;
  const message =
    word === undefined
      ? `${quote(text)} names no ${kind}; /${modifier} with its id is wanted.`
      : `The ${kind} ${quote(text)} is not there; /add-${kind} makes it.`;
  throw new Refusal('dump-incomplete', place, message);
}

/**
 * `[proto] [src_ip] [src_prt] [dest_ip] [dest_prt]`, of which `first` is taken already. `*` is any; so
 * are protocol 256 and port 0. Assumption: X6.
 */
function tupleConditions(
  before: Conditions,
  words: Words,
  family: 4 | 6,
  first: Word = words.take('the protocol'),
): Conditions {
  let conditions = before;
  const add = (key: string, word: Word, any: string): void => {
    if (word.text !== '*' && word.text !== any) {
      conditions = conditionOf(conditions, key, word, family);
    }
  };
  add('protocol', first, '256');
  add('source ip', words.take('the source address'), '*');
  add('source port', words.take('the source port'), '0');
  add('destination ip', words.take('the destination address'), '*');
  add('destination port', words.take('the destination port'), '0');
  return conditions;
}

function conditionOf(before: Conditions, key: string, word: Word, family: 4 | 6): Conditions {
  const next = readCondition(before, key, word.text, family);
  if (next !== null) return next;
  const message = `The ${key} ${quote(word.text)} is not understood; * is any.`;
  throw new Refusal('unsupported-condition', word.place, message);
}

type Lead = 'id' | 'name' | 'stag' | 'dtag' | keyof typeof LEAD_KEYS;
const LEAD_KEYS = {
  smac: 'source mac',
  dmac: 'destination mac',
  tni: 'tni',
  vlan: 'vlan',
} as const;

const RULE_TYPES = {
  allow: 'allow',
  block: 'block',
  nat: 'nat',
  lbnat: 'lbnat',
  dynnat: 'dynnat',
} as const;

/** `[leading words] [proto] … [dest_prt] [flag] [ttl] [pri] [type]`; `-ex2` has two words before the type. */
function addRule(command: Command, port: PortDraft, lead: readonly Lead[]): void {
  const layer = holderOf(command, port.layers, 'layer', 'layer');
  const group = holderOf(command, layer.groups, 'group', 'group');
  const { family } = group;
  const words = new Words(command);
  const names: string[] = [];
  const tags: (string | null)[] = [];
  let conditions: Conditions = ANY;
  for (const what of lead) {
    const word = words.take(what);
    if (what === 'id' || what === 'name') names.push(word.text);
    else if (what === 'stag' || what === 'dtag') tags.push(askedTag(port.tags, word, family));
    else if (word.text !== '*') conditions = conditionOf(conditions, LEAD_KEYS[what], word, family);
  }
  conditions = tupleConditions(conditions, words, family);
  const bits = words.number('the flags', U32);
  const flowTtl = words.number('the flow TTL', 1e9);
  const priority = words.number('the priority', U32);
  if (/-ex2$/i.test(command.action.text)) {
    words.take('the rule flags');
    words.take('the rule counter');
  }
  const type = words.one('the type', RULE_TYPES);
  const rewrites =
    type === 'allow' || type === 'block'
      ? null
      : REWRITING_READERS[type](words, family, bits, port.pools, command.action);
  words.end();
  const [id = '', name = id] = names;
  const [source = null, destination = null] = tags;
  if (group.longestPrefix !== undefined) {
    if ((source ?? destination) !== null)
      throw misfit(command.action, 'a prefix, not a tag, in a group of the longest prefix');
    refuseNoPrefix(command, conditions, group.longestPrefix, family);
  }
  if (isForced(command)) {
    group.rules.delete(id);
  } else if (id !== '' && group.rules.has(id)) {
    throw misfit(
      command.words[0]!,
      'an id that no rule of the group has; /force-add-rule replaces',
    );
  }
  const nth = group.rules.size + 1;
  group.rules.set(id || `rule ${nth}`, {
    ...{ name: name || `rule ${nth}`, priority, flowTtl },
    action: type === 'block' ? 'block' : 'allow',
    ...(rewrites && { rewrites }),
    ...((source ?? destination) !== null && { asked: { source, destination } }),
    terminating: (bits & RULE_BIT.terminating) !== 0,
    stateful: (bits & RULE_BIT.stateful) !== 0,
    conditions: withOpening(conditions, bits),
    place: command.action.place,
  });
}

/** As with dumps: see refuseLists() of read-dump.ts. */
function refuseNoPrefix(
  { words, action }: Command,
  conditions: Conditions,
  side: PrefixSide,
  family: 4 | 6,
): void {
  const isList = words.some(({ text }) => /[./:]/.test(text) && itemsOf(text).length > 1);
  if (!isList && prefixLength(conditions[side], family) !== null) return;
  const message = `The ${side} is no single prefix, in a group of the longest prefix; give each prefix a rule.`;
  throw new Refusal('unsupported-condition', action.place, message);
}
