/** The page of a replay. What comes from captures and policies is escaped where it is put in. */
import { grouped } from '../report/text-table.js';
import { lanes, time, utc } from './drawings.js';
import { flowRows, flows, framesDialog } from './flow-table.js';
import { documentHtml, json, text } from './html.js';
import type { PageData } from './page-data.js';
import { PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';
import { reasons, rules, talkers } from './tables.js';

export function pageHtml(data: PageData): string {
  const title = data.report.captures.map(({ file }) => file).join(', ');
  return documentHtml({
    title,
    skip: ['flows-title', 'Skip to the flows'],
    body: `<header><h1>${text(title)}</h1>${head(data)}</header>
<main>${lanes(data.lanes)}${time(data.timeline)}<div class="two">${reasons(data)}${talkers(data)}</div>${rules(data.report.rules)}${flows(data)}</main>
${framesDialog()}
<footer>Written by portacl. What the numbers mean: docs/SEMANTICS.md and docs/semantics/outputs.md.</footer>
<script type="application/json" id="flows-data">${json(flowRows(data))}</script>`,
    style: PAGE_STYLE,
    script: PAGE_SCRIPT,
  });
}

function head({ report }: PageData): string {
  const { model, captures, total, flows, verdicts } = report;
  const times = captures.flatMap(({ first_time_ns: a, last_time_ns: b }) => (a && b ? [a, b] : []));
  const [first, last] = times.length === 0 ? [] : [smallest(times), largest(times)];
  const span = first === undefined || last === undefined ? '' : `, ${utc(first)} to ${utc(last)}`;
  const assumed = model.assumed.map(({ what, assumed: is }) => `${what} is assumed to be ${is}`);
  const note = assumed.length === 0 ? '' : ` ${assumed.join('; ')}.`;
  const tile = (value: number, what: string, name = ''): string =>
    `<li><b class="${name}">${grouped(value)}</b><span>${what}</span></li>`;
  return `<p>${text(`${model.windows.name} (build ${model.windows.build})${span}.${note}`)}</p>
<ul class="tiles">${tile(total.packets, 'packets')}${tile(verdicts.allow.packets, 'verdicts allow', 'allow')}${tile(verdicts.drop.packets, 'verdicts drop', 'drop')}${tile(verdicts.pass.packets, 'not judged')}${tile(flows, 'flows')}</ul>`;
}

const bigint = (a: string, b: string): number => (BigInt(a) < BigInt(b) ? -1 : 1);
const smallest = (times: readonly string[]): string => [...times].sort(bigint)[0]!;
const largest = (times: readonly string[]): string => [...times].sort(bigint).at(-1)!;
