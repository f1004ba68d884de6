/** A comparison with a firewall log for people: each kind of disagreement, the rarest first. */
import type {
  LogComparisonReport,
  LogDisagreement,
  LogDisagreementKind,
} from '../replay/log-comparison-report.js';
import { emulatedText } from './comparison-text.js';
import { modelText, type TextOptions } from './replay-text.js';
import { grouped, oneLine, textTable } from './text-table.js';

/** Lines shown of a group; --json has all. */
const LINES_MAX = 20;

export function logComparisonText(report: LogComparisonReport, paint: TextOptions): string {
  const { logged, replayed, agreed, repeated } = report;
  const head = [
    `Compared: ${oneLine(report.captures.join(', '))} with ${oneLine(report.log)}`,
    `  Log: ${counts(count(logged.lines, 'line'), [
      [logged.compared, 'compared'],
      [logged.outside, 'before or after the captures'],
      [logged.elsewhere, 'of other addresses'],
      [logged.other, 'of other kinds'],
      [logged.lost, 'events lost'],
    ])}`,
    `  Replay: ${counts(count(replayed.lines, 'line'), [
      [replayed.compared, 'compared'],
      [replayed.outside, 'before or after the log'],
      [replayed.not_logged, 'of what the log does not tell'],
    ])}`,
    `  ${clockText(report.clock)}`,
  ].join('\n');
  const parts = [head, modelText(report.model)];
  for (const group of report.disagreements) parts.push(groupText(group, paint));
  const same = agreed.allow + agreed.drop + repeated;
  parts.push(
    `${grouped(same)} lines agree (${grouped(agreed.allow)} allowed, ${grouped(agreed.drop)} dropped` +
      `${repeated === 0 ? '' : `, ${grouped(repeated)} once more`}), ` +
      `${grouped(report.disagreed)} disagree, ${grouped(report.not_captured)} of packets that are not captured.`,
  );
  return `${parts.join('\n\n')}\n`;
}

function clockText({ time_zone, offset_seconds: offset }: LogComparisonReport['clock']): string {
  const ahead = `${offset < 0 ? '-' : '+'}${Math.abs(offset)} s`;
  return time_zone === null
    ? `Clock of the log: ${ahead}, at which most lines agree or as given`
    : `Clock of the log: ${time_zone}, ${ahead}`;
}

const counts = (head: string, parts: readonly (readonly [number, string])[]): string =>
  [
    head,
    ...parts.filter(([n], i) => i === 0 || n > 0).map(([n, what]) => `${grouped(n)} ${what}`),
  ].join(', ');

const TITLES: Readonly<Record<LogDisagreementKind, string>> = {
  missing: 'not in the log',
  extra: 'in the log alone',
  action: 'of another action',
  'not-captured': 'in the log, of packets that are not captured',
};

function groupText({ kind, logged, emulated, lines }: LogDisagreement, paint: TextOptions): string {
  const said = logged === null ? '' : `, logged ${logged === 'allow' ? 'ALLOW' : 'DROP'}`;
  const here = emulated === null ? '' : `, ${emulatedText(emulated)}`;
  const rows = lines
    .slice(0, LINES_MAX)
    .map(({ line, frame, text }) => [
      line === null ? '' : String(line),
      frame === null ? '' : String(frame),
      oneLine(text),
    ]);
  const more = lines.length - LINES_MAX;
  return [
    paint.bold(`${count(lines.length, 'line')} ${TITLES[kind]}${said}${here}`),
    textTable(
      [{ title: 'Line', align: 'right' }, { title: 'Frame', align: 'right' }, { title: 'Event' }],
      rows,
    ),
    ...(more > 0 ? [`… and ${grouped(more)} more; --json lists all`] : []),
  ].join('\n');
}

const count = (n: number, what: string): string => `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;
