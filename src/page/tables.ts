/** The tables beside that of flows: why packets did not pass, top talkers, rules. */
import type { SourceLocation } from '../errors.js';
import type { RuleCounter } from '../report/rule-counters.js';
import { EXPLANATIONS } from '../report/reason-texts.js';
import { grouped } from '../report/text-table.js';
import { table, text } from './html.js';
import type { PageData } from './page-data.js';
import { policyLines } from './policy-lines.js';

/** A button, once the script runs, that looks for a text among the flows. */
const finder = (shown: string, wanted: string): string =>
  `<span data-find="${text(wanted)}">${text(shown)}</span>`;

/** One that says how a frame can be seen. */
const frame = (number: number): string => `<span data-frame="${number}">${grouped(number)}</span>`;

/** A bar beside a number, which says the same. */
function bar(value: number, most: number, kind: 'allow' | 'drop' | 'pass'): string {
  const width = Math.max(1, (value / Math.max(1, most)) * 100).toFixed(1);
  return `<svg class="bar ${kind}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="8"/></svg>`;
}

export function reasons({ report }: PageData): string {
  const drops = report.reasons.filter(({ verdict }) => verdict !== 'allow');
  const most = Math.max(0, ...drops.map(({ packets }) => packets));
  const rows = drops.map(({ verdict, stage, reason, packets }) => [
    `${verdict === 'drop' ? finder(reason, reason) : reason}<small>${text(EXPLANATIONS[reason] ?? '')}</small>`,
    verdict === 'drop' ? `dropped, ${stage ?? ''}` : 'not judged',
    bar(packets, most, verdict),
    grouped(packets),
  ]);
  return `<section><h2>Why packets did not pass</h2>${
    rows.length === 0
      ? '<p>All passed.</p>'
      : table(
          'Drops by reason, most first',
          [
            ['Reason', ''],
            ['What', ''],
            ['', 'bars'],
            ['Packets', 'n'],
          ],
          rows,
        )
  }</section>`;
}

export function talkers({ talkers: all }: PageData): string {
  const most = Math.max(0, ...all.map(({ packets }) => packets));
  const rows = all.map(({ address, packets, bytes, dropped }) => [
    finder(address, address),
    bar(packets, most, 'allow'),
    grouped(packets),
    grouped(bytes),
    dropped === 0 ? '' : `<span class="drop">${grouped(dropped)}</span>`,
  ]);
  return `<section><h2>Top talkers</h2>${table(
    'Peers with most packets',
    [
      ['Peer', 'm'],
      ['', 'bars'],
      ['Packets', 'n'],
      ['Bytes', 'n'],
      ['Dropped', 'n'],
    ],
    rows,
  )}</section>`;
}

/** Rules on the page; --rules has all. */
export const RULES_MAX = 1000;

/** Those that have something to say, in the order of the table. */
export function shownRules(all: readonly RuleCounter[]): readonly RuleCounter[] {
  const shown = all.filter(({ rule, packets }) => rule !== null || packets > 0);
  return shown.sort((a, b) => b.packets - a.packets);
}

export function rules(all: readonly RuleCounter[]): string {
  const sorted = shownRules(all);
  const never = sorted.filter(({ packets }) => packets === 0).length;
  const textOf = policyLines(sorted.flatMap(({ location }) => location ?? []));
  const rows = sorted
    .slice(0, RULES_MAX)
    .map((rule, i) => [
      text(rule.endpoint),
      rule.direction ?? '',
      rule.stage,
      `<span id="rule-${i}" tabindex="-1">${rule.rule === null ? `<i>${rule.reason}</i>` : text(rule.rule)}</span>`,
      `<span class="${rule.action === 'block' ? 'drop' : 'allow'}">${rule.action}</span>`,
      packetsOf(rule),
      rule.first_frame === null ? '' : frame(rule.first_frame),
      rule.location === null ? '' : written(rule.location, textOf(rule.location)),
    ]);
  const more = sorted.length - RULES_MAX;
  return `<section><h2>Rules</h2><p>${grouped(never)} of ${grouped(sorted.length)} never hit${more > 0 ? `; the ${grouped(RULES_MAX)} with most packets are shown` : ''}.</p>${table(
    'Rules and defaults by packets',
    [
      ['Endpoint', ''],
      ['Dir', ''],
      ['Stage', ''],
      ['Rule', ''],
      ['Action', ''],
      ['Packets', 'n'],
      ['First frame', 'n'],
      ['Written at', 'm'],
    ],
    rows,
    'cards',
  )}</section>`;
}

/** What an allowing rule let in may stand under the stage behind it: no text finds that. */
function packetsOf({ packets, action, rule, reason }: RuleCounter): string {
  if (packets === 0) return 'never hit';
  return action === 'block' ? finder(grouped(packets), rule ?? reason) : grouped(packets);
}

function written(location: SourceLocation, lines: string | null): string {
  const where = text(place(location));
  if (lines === null) return where;
  const shown = lines.split('\n').map(text).join('\n');
  return `<details><summary>${where}</summary><pre>${shown}</pre></details>`;
}

export const place = ({ file, line, column }: SourceLocation): string =>
  line > 0 ? `${file}:${line}:${column}` : file;
