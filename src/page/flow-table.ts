/** The table of flows: its head, and its rows as data for the script. */
import { grouped, oneLine } from '../report/text-table.js';
import { FLOWS_MAX, type FlowRecord, type PageData } from './page-data.js';
import { RULES_MAX, place, shownRules } from './tables.js';

const FLOW_COLUMNS = [
  ...['Verdict', 'Endpoint', 'Dir', 'Protocol', 'From', 'To', 'Packets', 'Bytes'],
  ...['Frames', 'By', 'Reason', 'State', 'Written at'],
] as const;

export function flows({ flowCount }: PageData): string {
  const more = flowCount - FLOWS_MAX;
  const th = FLOW_COLUMNS.map(
    (name) => `<th role="columnheader" scope="col"><button type="button">${name}</button></th>`,
  ).join('');
  return `<section><h2 id="flows-title" tabindex="-1">Flows</h2><p>Drops are flows too: one for each tuple and rule.${more > 0 ? ` The first ${grouped(FLOWS_MAX)} of ${grouped(flowCount)} are here; --flows writes all.` : ''}</p>
<div class="tools"><label>Find<input type="search" id="find" placeholder="address, port, rule, reason …" autocomplete="off"></label>
<label>Verdict<select id="verdict"><option value="">any</option><option value="drop">drop</option><option value="allow">allow</option></select></label></div>
<div class="scroll" tabindex="0" role="region" aria-label="Flows"><table id="flows" role="table" class="cards"><thead role="rowgroup"><tr role="row">${th}</tr></thead><tbody role="rowgroup"></tbody></table></div>
<p class="tools pager"><button type="button" id="before">Before</button><button type="button" id="after">Next</button><span id="said" role="status" aria-live="polite"></span></p></section>`;
}

/** What the script fills with the ways to see a frame. */
export function framesDialog(): string {
  return `<dialog id="frames" aria-labelledby="frames-title"><h2 id="frames-title" tabindex="-1"></h2><p id="frames-what"></p>
<div id="frames-ways"></div><div id="frames-rule"></div>
<p class="tools"><button type="button" id="frames-close">Close</button><span id="frames-said" role="status" aria-live="polite"></span></p></dialog>`;
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'ICMP',
  6: 'TCP',
  17: 'UDP',
  58: 'ICMPv6',
};

/** JSON. */
export function flowRows({ flows: all, report, explain }: PageData): unknown {
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
    flow.first_frame === flow.last_frame
      ? String(flow.first_frame)
      : `${flow.first_frame}-${flow.last_frame}`,
    oneLine(flow.rule ?? `${flow.stage ?? ''} default`),
    flow.reason,
    flow.state ?? '',
    oneLine(flow.rule === null ? '' : (places.get(`${flow.endpoint}\0${flow.rule}`) ?? '')),
  ];
  // Of each row the place of its rule in the table of rules.
  const rule = (flow: FlowRecord): number => links.get(`${flow.endpoint}\0${flow.rule}`) ?? -1;
  return { columns: FLOW_COLUMNS, rows: all.map(row), rules: all.map(rule), explain };
}
