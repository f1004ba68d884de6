/** The summary of a replay for people: who was dropped, by which rule, and where it is written. */
import type { SourceLocation } from '../errors.js';
import { DEFAULT_OPTIONS } from '../normalise/options.js';
import type { ModelReport, ReplayReport } from './replay-report.js';
import { policyChangeText } from './policy-change-text.js';
import { EXPLANATIONS } from './reason-texts.js';
import type { RuleCounter } from './rule-counters.js';
import { grouped, label, oneLine, textTable, type Column } from './text-table.js';

export interface TextOptions {
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly dim: (text: string) => string;
}

export function replayText(report: ReplayReport, paint: TextOptions): string {
  const parts = [
    [...report.captures.map(captureLine), ...mergedLine(report)].join('\n'),
    modelText(report.model),
    endpointTable(report),
    section(paint, 'Dropped', dropTable(report)),
    section(paint, 'Allowed', allowTable(report), ALLOWED_NOTE),
    section(paint, 'Not judged', passTable(report)),
    section(paint, 'Policy changes', policyChangeText(report.policy_changes ?? [])),
    section(paint, 'Assumed', assumedTable(report), ASSUMED_NOTE),
    section(paint, 'Rules never hit', neverHit(report)),
    totalLine(report),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

export function modelText(model: ModelReport): string {
  const lines = [`Model: ${model.windows.name} (build ${model.windows.build})`];
  for (const { what, assumed } of model.assumed)
    lines.push(oneLine(`  assumed: ${what} is ${assumed}`));
  for (const [name, value] of otherThanDefault(model.options)) {
    lines.push(`  option: ${name} is ${value}`);
  }
  return lines.join('\n');
}

/** Choices other than the default, by their names on the command line. */
function otherThanDefault(options: ModelReport['options']): (readonly [string, string])[] {
  const flat = (of: Readonly<Record<string, unknown>>): (readonly [string, string])[] =>
    Object.entries(of).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null
        ? flat(value as Record<string, unknown>).map(
            ([inner, v]) => [`${name}.${inner}`, v] as const,
          )
        : [[name, String(value)] as const],
    );
  const defaults = new Map(flat({ ...DEFAULT_OPTIONS }));
  return flat(options).filter(([name, value]) => defaults.get(name) !== value);
}

/** Without it the numbers seem to contradict those of the endpoints. */
const ALLOWED_NOTE =
  'a packet counts at every stage it passed, an answer at the rule that let its flow in';

function section(paint: TextOptions, title: string, body: string, note = ''): string {
  const head = note === '' ? paint.bold(title) : `${paint.bold(title)}  ${paint.dim(note)}`;
  return body === '' ? '' : `${head}\n${body}`;
}

function captureLine({
  file,
  packets,
  first_time_ns: first,
  last_time_ns: last,
  lost_packets: lost,
  error,
}: ReplayReport['captures'][number]): string {
  const span =
    first === null || last === null
      ? ''
      : `, ${utc(first)} to ${utc(last)} (${duration(BigInt(last) - BigInt(first))})`;
  const gaps = lost === 0 ? '' : `, ${count(lost, 'packet')} lost while it was written`;
  const damage = error === null ? '' : `, not read to its end (${error.code})`;
  return `Capture: ${oneLine(file)}, ${count(packets, 'packet')}${span}${gaps}${damage}`;
}

function mergedLine({ captures, capture_order: order }: ReplayReport): readonly string[] {
  return order === 'time' && captures.length > 1 ? ['Captures are merged by time'] : [];
}

function endpointTable(report: ReplayReport): string {
  const rows = report.endpoints.flatMap(({ endpoint, ...directions }, i) => {
    const { driver, isolation } = report.model.endpoints[i]!;
    return (['in', 'out'] as const).map((direction) => {
      const { allow, drop, pass } = directions[direction];
      return [
        label(endpoint),
        `${driver}, ${isolation}`,
        direction,
        ...[allow, drop, pass].map(({ packets }) => grouped(packets)),
      ];
    });
  });
  return textTable(
    [
      { title: 'Endpoint' },
      { title: 'Driver, isolation' },
      { title: 'Dir' },
      { title: 'Allowed', align: 'right' },
      { title: 'Dropped', align: 'right' },
      { title: 'Not judged', align: 'right' },
    ],
    rows,
  );
}

/** Rules and defaults that dropped, then drops without one; most packets first. */
function dropTable(report: ReplayReport): string {
  const byRow = report.rules.filter((row) => row.action === 'block' && row.packets > 0);
  const rows = byRow.map((row) => decisionRow(row));
  for (const each of report.endpoint_reasons.filter(({ verdict }) => verdict === 'drop')) {
    const { endpoint, direction, stage, reason, packets, first_frame: frame } = each;
    const what = EXPLANATIONS[reason] ?? '';
    rows.push({
      packets,
      cells: [label(endpoint), direction, stage ?? '', reason, grouped(frame), what],
    });
  }
  return decisionTable(rows);
}

/** Of stages that cannot refuse anything. */
const WITHOUT_SAY: readonly string[] = ['no-acl-layer', 'guest-default-allow', 'port-not-filtered'];

function allowTable(report: ReplayReport): string {
  return decisionTable(
    report.rules
      .filter((row) => row.action === 'allow' && row.packets > 0)
      .filter(({ reason }) => !WITHOUT_SAY.includes(reason))
      .map((row) => decisionRow(row)),
  );
}

interface DecisionRow {
  readonly packets: number;
  readonly cells: readonly string[];
}

function decisionRow(row: RuleCounter): DecisionRow {
  const { endpoint, stage, direction, rule, reason, packets } = row;
  return {
    packets,
    cells: [
      label(endpoint),
      direction ?? '',
      stage,
      rule === null ? reason : label(rule),
      row.first_frame === null ? '' : grouped(row.first_frame),
      row.location === null ? (EXPLANATIONS[reason] ?? '') : place(row.location),
    ],
  };
}

function decisionTable(rows: readonly DecisionRow[]): string {
  if (rows.length === 0) return '';
  const sorted = [...rows].sort((a, b) => b.packets - a.packets);
  return firstRows(
    [
      { title: 'Packets', align: 'right' },
      { title: 'Endpoint' },
      { title: 'Dir' },
      { title: 'Stage' },
      { title: 'By' },
      { title: 'First frame', align: 'right' },
      { title: 'Where it is written, or what it means' },
    ],
    sorted.map(({ packets, cells }) => [grouped(packets), ...cells]),
  );
}

/** Rows of a table shown; a policy may have hundreds of thousands. */
const ROWS_MAX = 50;

function firstRows(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const table = textTable(columns, rows.slice(0, ROWS_MAX));
  const more = rows.length - ROWS_MAX;
  return more <= 0 ? table : `${table}\n… and ${grouped(more)} more; --rules FILE lists all`;
}

function passTable(report: ReplayReport): string {
  const rows = report.reasons.filter(({ verdict }) => verdict === 'pass');
  if (rows.length === 0) return '';
  return textTable(
    [{ title: 'Packets', align: 'right' }, { title: 'Reason' }, { title: 'Meaning' }],
    rows.map(({ packets, reason }) => [grouped(packets), reason, EXPLANATIONS[reason] ?? '']),
  );
}

const ASSUMED_NOTE =
  'verdicts that would turn, if what the rule asks for and nothing settles were so';

/** Rules at which verdicts were counted as assumed; most packets first. */
function assumedTable(report: ReplayReport): string {
  const rows = report.rules.filter(({ assumed }) => assumed > 0);
  if (rows.length === 0) return '';
  return firstRows(
    [
      { title: 'Packets', align: 'right' },
      { title: 'Endpoint' },
      { title: 'Dir' },
      { title: 'Rule' },
      { title: 'Where' },
    ],
    [...rows]
      .sort((a, b) => b.assumed - a.assumed)
      .map(({ assumed, endpoint, direction, rule, reason, location }) => [
        grouped(assumed),
        label(endpoint),
        direction ?? '',
        rule === null ? reason : label(rule),
        location === null ? '' : place(location),
      ]),
  );
}

function neverHit(report: ReplayReport): string {
  const rows = report.rules.filter(({ rule, packets }) => rule !== null && packets === 0);
  if (rows.length === 0) return '';
  return firstRows(
    [
      { title: 'Endpoint' },
      { title: 'Dir' },
      { title: 'Stage' },
      { title: 'Rule' },
      { title: 'Where' },
    ],
    rows.map(({ endpoint, direction, stage, rule, location }) => [
      label(endpoint),
      direction ?? '',
      stage,
      label(rule!),
      location === null ? '' : place(location),
    ]),
  );
}

function totalLine({ total, verdicts: { allow, drop, pass }, flows }: ReplayReport): string {
  const verdicts = allow.packets + drop.packets + pass.packets;
  const why = verdicts === total.packets ? '' : ' (one at each endpoint of a packet)';
  return (
    `${count(total.packets, 'packet')}, ${count(verdicts, 'verdict')}${why}: ${grouped(allow.packets)} allowed, ` +
    `${grouped(drop.packets)} dropped, ${grouped(pass.packets)} not judged; ${count(flows, 'flow')}.`
  );
}

const count = (n: number, what: string): string => `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;

function place({ file, line, column }: SourceLocation): string {
  return line > 0 ? `${oneLine(file)}:${line}:${column}` : oneLine(file);
}

function utc(timeNs: string): string {
  const date = new Date(Number(BigInt(timeNs) / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${timeNs} ns` : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function duration(ns: bigint): string {
  const seconds = Number(ns / 1_000_000n) / 1000;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
