/** The page of a replay. What comes from captures and policies is escaped where it is put in. */
import type { SourceLocation } from '../errors.js';
import type { NativeTimeline } from '../native/binding.js';
import type { RuleCounter } from '../report/rule-counters.js';
import { grouped, oneLine } from '../report/text-table.js';
import { documentHtml, json, table, text } from './html.js';
import { FLOWS_MAX, type FlowRecord, type Lane, type PageData } from './page-data.js';
import { PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';
import { policyLines } from './policy-lines.js';

export function pageHtml(data: PageData): string {
  const title = data.report.captures.map(({ file }) => file).join(', ');
  return documentHtml({
    title,
    skip: ['flows-title', 'Skip to the flows'],
    body: `<header><h1>${text(title)}</h1>${head(data)}</header>
<main>${lanes(data.lanes)}${time(data.timeline)}<div class="two">${reasons(data)}${talkers(data)}</div>${rules(data.report.rules)}${flows(data)}</main>
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

function utc(timeNs: string): string {
  const date = new Date(Number(BigInt(timeNs) / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${timeNs} ns` : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Endpoints drawn; the others are in the tables. */
const LANES_MAX = 24;

function lanes(all: readonly Lane[]): string {
  const busy = all.filter((lane) => arrived(lane) > 0);
  const more = busy.length - LANES_MAX;
  return `<section><h2>The way of the packets</h2><p>What came to each stage, and what it dropped there.</p>${busy.slice(0, LANES_MAX).map(laneHtml).join('')}${more > 0 ? `<p>${grouped(more)} more.</p>` : ''}</section>`;
}

const arrived = ({ allowed, droppedSwitch, droppedHost }: Lane): number =>
  allowed + droppedSwitch + droppedHost;

/** In: switch, then host; out: host, then switch. Source: docs/SEMANTICS.md 1. */
function laneHtml(lane: Lane): string {
  const { endpoint, direction, allowed, droppedSwitch, droppedHost } = lane;
  const all = arrived(lane);
  const box = (name: string, value: number, lost = 0): string =>
    `<li><small>${name}</small><b>${grouped(value)}</b>${stream(value - lost, lost, all)}${lost > 0 ? `<span class="lost">${grouped(lost)} dropped</span>` : ''}</li>`;
  const [from, to] = direction === 'in' ? ['Network', 'Container'] : ['Container', 'Network'];
  const stages =
    direction === 'in'
      ? box('Switch stage', all, droppedSwitch) +
        box('Host stage', all - droppedSwitch, droppedHost)
      : box('Host stage', all, droppedHost) + box('Switch stage', all - droppedHost, droppedSwitch);
  const title = `${endpoint}, ${direction === 'in' ? 'inbound' : 'outbound'}`;
  return `<h3>${text(title)}</h3><ol class="lane" aria-label="${text(title)}">${box(from, all)}${stages}${box(to, allowed)}</ol>`;
}

/** How much of what set out goes on here, and how much is lost. */
function stream(on: number, lost: number, all: number): string {
  const [a, d] = [on, lost].map((n) => (n / Math.max(1, all)) * 100) as [number, number];
  return `<svg class="stream" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="a" width="${a.toFixed(2)}" height="8"/><rect class="d" x="${a.toFixed(2)}" width="${d.toFixed(2)}" height="8"/></svg>`;
}

const BARS_MAX = 128;

function time(timeline: NativeTimeline | null): string {
  if (timeline === null) return '';
  const buckets = timeline.counts.length / 3;
  const step = Math.ceil(buckets / BARS_MAX);
  const bars: { allow: number; drop: number }[] = [];
  for (let i = 0; i < buckets; i++) {
    const bar = (bars[Math.floor(i / step)] ??= { allow: 0, drop: 0 });
    bar.drop += timeline.counts[3 * i]!;
    bar.allow += timeline.counts[3 * i + 1]!;
  }
  const peak = Math.max(1, ...bars.map(({ allow, drop }) => allow + drop));
  const width = 1000 / bars.length;
  const rect = (name: string, x: number, y: number, height: number): string =>
    height === 0
      ? ''
      : `<rect class="${name}" x="${(x + width * 0.1).toFixed(2)}" y="${y.toFixed(2)}" width="${(width * 0.8).toFixed(2)}" height="${height.toFixed(2)}"/>`;
  const shapes = bars.map(({ allow, drop }, i) => {
    const [a, d] = [(allow / peak) * 170, (drop / peak) * 170];
    const seconds = (i * step * Number(timeline.widthNs)) / 1e9;
    return `<g><title>${grouped(allow)} allowed, ${grouped(drop)} dropped, from ${seconds.toFixed(3)} s</title>${rect('d', i * width, 180 - d, d)}${rect('a', i * width, 180 - d - a, a)}</g>`;
  });
  const barSeconds = (step * Number(timeline.widthNs)) / 1e9;
  const dropped = bars.reduce((n, { drop }) => n + drop, 0);
  return `<section><h2>Over time</h2><p>Each bar is ${duration(barSeconds)}; the highest has ${grouped(peak)} verdicts.</p>
<svg class="chart" viewBox="0 0 1000 180" preserveAspectRatio="none" role="img" aria-label="Verdicts over time: ${bars.length} bars, ${grouped(dropped)} drops in all">${shapes.join('')}<line x1="0" y1="180" x2="1000" y2="180"/></svg>
<div class="legend"><span>${text(utc(timeline.startNs.toString()))}</span><span><span class="key allow">allowed</span> &nbsp; <span class="key drop">dropped</span></span><span>${duration(bars.length * barSeconds)} later</span></div></section>`;
}

const duration = (seconds: number): string =>
  seconds < 1
    ? `${(seconds * 1000).toFixed(0)} ms`
    : seconds < 120
      ? `${seconds.toFixed(1)} s`
      : `${(seconds / 60).toFixed(1)} min`;

/** A bar beside a number, which says the same. */
function bar(value: number, most: number, kind: 'allow' | 'drop' | 'pass'): string {
  const width = Math.max(1, (value / Math.max(1, most)) * 100).toFixed(1);
  return `<svg class="bar ${kind}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="8"/></svg>`;
}

function reasons({ report }: PageData): string {
  const drops = report.reasons.filter(({ verdict }) => verdict !== 'allow');
  const most = Math.max(0, ...drops.map(({ packets }) => packets));
  const rows = drops.map(({ verdict, stage, reason, packets }) => [
    `<span class="${verdict}">${reason}</span>`,
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
            ['', ''],
            ['Packets', 'n'],
          ],
          rows,
        )
  }</section>`;
}

function talkers({ talkers: all }: PageData): string {
  const most = Math.max(0, ...all.map(({ packets }) => packets));
  const rows = all.map(({ address, packets, bytes, dropped }) => [
    text(address),
    bar(packets, most, 'allow'),
    grouped(packets),
    grouped(bytes),
    dropped === 0 ? '' : `<span class="drop">${grouped(dropped)}</span>`,
  ]);
  return `<section><h2>Top talkers</h2>${table(
    'Peers with most packets',
    [
      ['Peer', 'm'],
      ['', ''],
      ['Packets', 'n'],
      ['Bytes', 'n'],
      ['Dropped', 'n'],
    ],
    rows,
  )}</section>`;
}

/** Rules on the page; --rules has all. */
const RULES_MAX = 1000;

/** Those that have something to say, in the order of the table. */
function shownRules(all: readonly RuleCounter[]): readonly RuleCounter[] {
  const shown = all.filter(({ rule, packets }) => rule !== null || packets > 0);
  return shown.sort((a, b) => b.packets - a.packets);
}

function rules(all: readonly RuleCounter[]): string {
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
      rule.packets === 0 ? 'never hit' : grouped(rule.packets),
      rule.first_frame === null ? '' : grouped(rule.first_frame),
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
  )}</section>`;
}

function written(location: SourceLocation, lines: string | null): string {
  const where = text(place(location));
  if (lines === null) return where;
  const shown = lines.split('\n').map(text).join('\n');
  return `<details><summary>${where}</summary><pre>${shown}</pre></details>`;
}

const place = ({ file, line, column }: SourceLocation): string =>
  line > 0 ? `${file}:${line}:${column}` : file;

const FLOW_COLUMNS = [
  ...['Verdict', 'Endpoint', 'Dir', 'Protocol', 'From', 'To', 'Packets', 'Bytes'],
  ...['By', 'Reason', 'State', 'Frames', 'Written at'],
] as const;

function flows({ flowCount }: PageData): string {
  const more = flowCount - FLOWS_MAX;
  const th = FLOW_COLUMNS.map(
    (name) => `<th scope="col"><button type="button">${name}</button></th>`,
  ).join('');
  return `<section><h2 id="flows-title" tabindex="-1">Flows</h2><p>Drops are flows too: one for each tuple and rule.${more > 0 ? ` The first ${grouped(FLOWS_MAX)} of ${grouped(flowCount)} are here; --flows writes all.` : ''}</p>
<div class="tools"><label>Find<input type="search" id="find" placeholder="address, port, rule, reason …" autocomplete="off"></label>
<label>Verdict<select id="verdict"><option value="">any</option><option value="drop">drop</option><option value="allow">allow</option></select></label></div>
<div class="scroll" tabindex="0" role="region" aria-label="Flows"><table id="flows"><thead><tr>${th}</tr></thead><tbody></tbody></table></div>
<p class="tools pager"><button type="button" id="before">Before</button><button type="button" id="after">Next</button><span id="said" role="status" aria-live="polite"></span></p></section>`;
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'ICMP',
  6: 'TCP',
  17: 'UDP',
  58: 'ICMPv6',
};

function flowRows({ flows: all, report }: PageData): unknown {
  const places = new Map<string, string>();
  const links = new Map<string, number>();
  shownRules(report.rules).forEach(({ endpoint, rule, location }, i) => {
    if (rule === null) return;
    if (location !== null) places.set(`${endpoint}\0${rule}`, place(location));
    if (i < RULES_MAX) links.set(`${endpoint}\0${rule}`, i);
  });
  const side = (address: string, port: number | null): string =>
    port === null ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const row = (flow: FlowRecord): (string | number)[] => [
    flow.verdict,
    oneLine(flow.endpoint),
    flow.direction,
    PROTOCOLS[flow.protocol] ?? String(flow.protocol),
    side(flow.src, flow.sport),
    side(flow.dst, flow.dport),
    flow.packets_in + flow.packets_out,
    flow.bytes_in + flow.bytes_out,
    oneLine(flow.rule ?? `${flow.stage ?? ''} default`),
    flow.reason,
    flow.state ?? '',
    flow.first_frame === flow.last_frame
      ? String(flow.first_frame)
      : `${flow.first_frame}-${flow.last_frame}`,
    oneLine(flow.rule === null ? '' : (places.get(`${flow.endpoint}\0${flow.rule}`) ?? '')),
  ];
  // Of each row the place of its rule in the table of rules.
  const rule = (flow: FlowRecord): number => links.get(`${flow.endpoint}\0${flow.rule}`) ?? -1;
  return { columns: FLOW_COLUMNS, rows: all.map(row), rules: all.map(rule) };
}
