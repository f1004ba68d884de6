/** A diagnosis for people: the path through the stages, what nearly decided, what would turn it. */
import type { SourceLocation } from '../errors.js';
import { EXPLANATIONS } from '../report/reason-texts.js';
import { grouped, label, oneLine, textTable } from '../report/text-table.js';
import type { Diagnosis, EditReport } from './diagnose.js';
import type {
  ConditionField,
  EndpointExplanation,
  Explanation,
  FailedCondition,
  FlowReference,
  GroupExplanation,
  LayerExplanation,
  PacketEnds,
  RuleExplanation,
  RuleReference,
  SeenPacket,
} from './explanation.js';
import type { NearMiss } from './near-misses.js';

export interface ExplanationPaint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
}

const PLAIN: ExplanationPaint = {
  bold: (text) => text,
  dim: (text) => text,
  red: (text) => text,
  green: (text) => text,
};

/** Rules of one group that are shown; the others are counted. */
const RULES_SHOWN_MAX = 12;

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  ...{ 1: 'icmp', 2: 'igmp', 6: 'tcp', 17: 'udp', 47: 'gre', 50: 'esp', 58: 'icmpv6', 132: 'sctp' },
};

/** The whole of it; ends in a newline. */
export function diagnosisText(diagnosis: Diagnosis, paint: ExplanationPaint = PLAIN): string {
  const { endpoints, near_misses: misses, smallest_edit: edit, decision } = diagnosis;
  const parts = [
    headline(diagnosis, paint),
    ...endpoints.filter(({ endpoint }) => endpoint !== null).map((at) => pathText(at, paint)),
  ];
  if (misses.length > 0) {
    parts.push(`${paint.bold('Near misses')}\n${misses.map(missLine).join('\n')}`);
  }
  if (decision.verdict !== 'pass') {
    const other = decision.verdict === 'drop' ? 'lets it pass' : 'drops it';
    parts.push(
      edit === null
        ? paint.dim(noChangeText(diagnosis, other))
        : `${paint.bold(`Smallest change that ${other}`)}  ${paint.dim('verified by judging it again')}\n${edit.changes.map(changeLine).join('\n')}`,
    );
  }
  return `${parts.join('\n\n')}\n`;
}

function noChangeText({ endpoints, decision }: Diagnosis, other: string): string {
  const layer = endpoints
    .find(({ endpoint }) => endpoint === decision.endpoint)
    ?.layers.find(({ stage }) => stage === decision.stage);
  if (layer?.by === null)
    return 'No rule and no default decided this, so no change of one turns it.';
  return `No small change of the rules was found that ${other}.`;
}

/** Only the path, for messages: one paragraph an endpoint. */
export function explanationText(explanation: Explanation, paint = PLAIN): string {
  const paths = explanation.endpoints.filter(({ endpoint }) => endpoint !== null);
  return [headline(explanation, paint), ...paths.map((at) => pathText(at, paint))].join('\n\n');
}

function headline({ packet, decision }: Explanation, paint: ExplanationPaint): string {
  const { verdict, endpoint, direction, reason, rule, stage } = decision;
  const words = { allow: 'ALLOWED', drop: 'DROPPED', pass: 'NOT JUDGED' };
  const colour = verdict === 'drop' ? paint.red : verdict === 'allow' ? paint.green : paint.dim;
  const where = endpoint === null ? '' : ` at ${label(endpoint)}, ${direction!}bound`;
  const by =
    rule === null
      ? reason
      : reason === 'rule'
        ? `rule ${label(rule)}`
        : `${reason}, ${label(rule)}`;
  const stageText = stage === null ? '' : `, ${stage} stage`;
  const frame =
    packet.time_ns === null ? '' : `frame ${grouped(packet.frame)}, ${timeText(packet.time_ns)}: `;
  return `${frame}${paint.bold(packetText(packet))}\n${colour(words[verdict])}${where}${stageText}: ${by}${meaning(reason)}`;
}

/** Virtual times count from 0: before 1973 they are seconds. */
function timeText(timeNs: string): string {
  const ns = BigInt(timeNs);
  if (ns >= 0n && ns < 100_000_000_000_000_000n) return `${Number(ns) / 1e9} s`;
  const date = new Date(Number(ns / 1_000_000n));
  if (Number.isNaN(date.getTime())) return `${timeNs} ns`;
  const micros = String(((ns / 1000n) % 1_000_000n) + (ns < 0n ? 1_000_000n : 0n));
  return date.toISOString().replace(/\.\d+Z$/, `.${micros.padStart(6, '0')}Z`);
}

const meaning = (reason: string): string =>
  EXPLANATIONS[reason] === undefined ? '' : ` (${EXPLANATIONS[reason]})`;

/** `frame 5: tcp 10.9.9.9:4000 > 10.1.0.5:80 [S]` */
export function packetText(packet: SeenPacket): string {
  const { protocol, form } = packet;
  if (protocol === null) return `frame ${grouped(packet.frame)}: no IP packet (${form})`;
  const details = [
    packet.tcp_flags === null ? '' : `[${packet.tcp_flags}]`,
    packet.icmp === null ? '' : `type ${packet.icmp.type}/${packet.icmp.code}`,
    packet.fragment === null
      ? ''
      : `${packet.fragment.first ? 'first' : 'later'} fragment of ${packet.fragment.id}`,
    form === 'whole' ? '' : `(${form})`,
  ];
  return [
    PROTOCOL_NAMES[protocol] ?? `protocol ${protocol}`,
    endsText(packet),
    ...details.filter((detail) => detail !== ''),
  ].join(' ');
}

function endsText(ends: PacketEnds): string {
  const side = (address: string | null, port: number | null): string => {
    if (port === null) return address ?? '?';
    return address?.includes(':') ? `[${address}]:${port}` : `${address ?? '?'}:${port}`;
  };
  return `${side(ends.source, ends.source_port)} > ${side(ends.destination, ends.destination_port)}`;
}

function pathText(at: EndpointExplanation, paint: ExplanationPaint): string {
  const comes = at.comes_as === null ? '' : `, as ${endsText(at.comes_as)}`;
  const head = `${paint.bold(`${label(at.endpoint ?? '')}, ${at.direction!}bound`)}${comes}`;
  if (at.follows_first_fragment) {
    return `${head}\n  a later fragment: what was decided for the first holds (${at.decision.verdict})`;
  }
  return [head, ...at.layers.flatMap((layer) => layerLines(layer, at, paint))].join('\n');
}

function layerLines(
  layer: LayerExplanation,
  at: EndpointExplanation,
  paint: ExplanationPaint,
): string[] {
  const colour = layer.verdict === 'drop' ? paint.red : paint.green;
  const name = layer.layer === null ? '' : ` ${label(layer.layer)}`;
  const lines = [`  ${layer.stage}${name}: ${colour(layer.verdict)} by ${answerText(layer)}`];
  if (layer.flow !== null) lines.push(`    ${flowText(layer.flow)}`);
  if (layer.closing_flow !== null) {
    lines.push(`    flow ${layer.closing_flow.id} is closing: a new connection takes its place`);
  }
  for (const group of layer.groups) lines.push(...groupLines(group, paint));
  if (layer.assumed !== null) {
    lines.push(`    ${ruleText(layer.assumed)} has a condition that nothing settles`);
  }
  if (layer.leaves_as !== null) lines.push(`    goes on as ${endsText(layer.leaves_as)}`);
  if (layer.makes_flow && at.decision.verdict === 'allow') {
    lines.push(paint.dim('    opens a flow: the answers will pass'));
  }
  return lines;
}

function answerText({ by, reason }: LayerExplanation): string {
  if (by?.rule == null) return `${reason}${meaning(reason)}`;
  return reason === 'rule' ? ruleText(by) : `${reason}, ${ruleText(by)}`;
}

function flowText({ id, opened, by, tcp_state: state, ends_in: ends }: FlowReference): string {
  const who = by === null ? '' : `, let in by ${ruleText(by)}`;
  const states = state === null ? '' : `, ${state}`;
  const end = ends === null ? '' : `, ends in ${ends.toFixed(1)} s without packets`;
  return `belongs to flow ${id}, opened ${opened}bound${who}${states}${end}`;
}

function ruleText({ rule, reason, location }: RuleReference): string {
  if (rule === null) return `the default ${reason}`;
  return `${label(rule)}${location === null ? '' : ` (${placeText(location)})`}`;
}

/** `file:line`, or the file alone where no line is known. */
const placeText = ({ file, line }: SourceLocation): string =>
  oneLine(line > 0 ? `${file}:${line}` : file);

function groupLines(group: GroupExplanation, paint: ExplanationPaint): string[] {
  const { result, rules } = group;
  if (result === 'other-direction' || result === 'other-family') return [];
  const head = `    ${label(group.group)}: `;
  if (result === 'not-reached') return [paint.dim(`${head}not asked, it was decided before`)];
  const asked = `${grouped(rules.length)} ${rules.length === 1 ? 'rule' : 'rules'} asked`;
  const found = {
    'no-match': 'none matches',
    pass: 'the last one passes it on',
    rule: 'the last one matches',
  };
  return [`${head}${asked}, ${found[result]}`, ...rulesTable(shownRules(rules))];
}

/** The nearest of those that did not match, in their order, and the one that did. */
function shownRules(rules: readonly RuleExplanation[]): readonly (RuleExplanation | number)[] {
  if (rules.length <= RULES_SHOWN_MAX) return rules;
  const nearest = rules
    .map((rule, i) => ({ i, count: rule.failed_conditions }))
    .sort((a, b) => a.count - b.count || a.i - b.i)
    .slice(0, RULES_SHOWN_MAX)
    .map(({ i }) => i)
    .sort((a, b) => a - b);
  return [...nearest.map((i) => rules[i]!), rules.length - nearest.length];
}

function rulesTable(rows: readonly (RuleExplanation | number)[]): string[] {
  const cells = rows.filter((row) => typeof row !== 'number').map(ruleCells);
  const more = rows.find((row) => typeof row === 'number');
  const table = textTable(
    ['', '', '', '', ''].map((title) => ({ title })),
    cells,
  );
  // The table begins with a line of titles, which are empty here.
  const lines = table.split('\n').slice(1);
  if (more !== undefined) lines.push(`… and ${grouped(more)} that are further away`);
  return lines.map((line) => `      ${line}`);
}

function ruleCells(rule: RuleExplanation): string[] {
  const { failed, failed_conditions: count, location } = rule;
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  return [
    failed === null ? 'yes' : 'no',
    rule.rule === null ? rule.reason : label(rule.rule),
    `${rule.action}${rule.priority === null ? '' : ` ${rule.priority}`}`,
    failed === null ? 'all conditions hold' : `${failedText(failed)}${more}`,
    location === null ? '' : placeText(location),
  ];
}

const FIELD_WORDS: Readonly<Record<ConditionField, string>> = {
  protocol: 'protocol',
  'source-address': 'source',
  'destination-address': 'destination',
  'source-port': 'source port',
  'destination-port': 'destination port',
  'icmp-type-code': 'ICMP type',
  'tcp-opening': 'TCP segment',
  'source-mac': 'source MAC',
  'destination-mac': 'destination MAC',
  vlan: 'VLAN',
  tni: 'tenant network',
  'gre-key': 'GRE key',
};

/** `destination port 8080 is not 80 or 443` */
function failedText({ field, wanted, wanted_count: count, actual }: FailedCondition): string {
  const value = (text: string): string => (field === 'protocol' ? protocolText(text) : text);
  const has =
    actual === null ? `no ${FIELD_WORDS[field]}` : `${FIELD_WORDS[field]} ${value(actual)}`;
  const more = count > wanted.length ? ` or ${grouped(count - wanted.length)} more` : '';
  if (wanted.length === 0) return `${has}: nothing would do`;
  const values = `${orList(wanted.map(value), more !== '')}${more}`;
  return actual === null ? `${has} to be ${values}` : `${has} is not ${values}`;
}

const protocolText = (number: string): string => PROTOCOL_NAMES[Number(number)] ?? number;

function orList(items: readonly string[], goesOn: boolean): string {
  if (items.length === 1) return items[0]!;
  if (goesOn) return items.join(', ');
  return `${items.slice(0, -1).join(', ')} or ${items.at(-1)!}`;
}

function missLine(miss: NearMiss): string {
  const { action, failed, failed_conditions: count } = miss;
  const would = action === 'allow' ? 'would let it pass' : 'would drop it';
  const kept = count === 1 ? '' : `, the first of ${count}`;
  return `  ${ruleText(miss)} ${would}: ${failedText(failed!)}${kept}`;
}

function changeLine(change: EditReport): string {
  const { kind, rule, location, add, action, priority, stage, direction } = change;
  const name =
    rule === null ? '' : `${label(rule)}${location === null ? '' : ` (${placeText(location)})`}`;
  const values = add.map(({ field, value }) => {
    const text = field === 'protocol' ? protocolText(value) : value;
    return `${FIELD_WORDS[field as ConditionField]} ${text}`;
  });
  switch (kind) {
    case 'widen':
      return `  ${name}: take also ${values.join(' and ')}`;
    case 'remove':
      return `  remove ${name}`;
    case 'add':
      return `  ${label(change.endpoint ?? '')}: a new ${stage} rule, ${action} ${direction}bound, priority ${priority ?? 'unset'}: ${values.join(', ')}`;
  }
}
