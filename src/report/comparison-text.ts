/** A comparison for people: each kind of disagreement with its packets, the rarest first. */
import type {
  ComparedPacket,
  ComparisonReport,
  Disagreement,
  EmulatedVerdict,
} from '../replay/comparison-report.js';
import { modelText, type TextOptions } from './replay-text.js';
import { grouped, oneLine, textTable } from './text-table.js';

/** Packets shown of a group; --json has all. */
const PACKETS_MAX = 20;

export function comparisonText(report: ComparisonReport, paint: TextOptions): string {
  const { captures, records, components, agreed, not_judged: unjudged } = report;
  const head = [
    `Compared: ${oneLine(captures.join(', '))}`,
    `  ${count(report.packets, 'packet')} in ${count(records, 'record')} of ${count(components.length, 'component')}: ${oneLine(components.join(', '))}`,
  ].join('\n');
  const parts = [head, modelText(report.model)];
  for (const group of report.disagreements) parts.push(groupText(group, paint));
  parts.push(
    `${grouped(agreed.allow + agreed.drop)} agree (${grouped(agreed.allow)} allowed, ${grouped(agreed.drop)} dropped), ` +
      `${grouped(report.disagreed)} disagree, ${grouped(unjudged.allow + unjudged.drop)} not judged` +
      `${unjudged.drop === 0 ? '' : `, of which the platform dropped ${grouped(unjudged.drop)}`}.`,
  );
  return `${parts.join('\n\n')}\n`;
}

function groupText(
  { recorded, component, emulated, packets }: Disagreement,
  paint: TextOptions,
): string {
  const platform =
    recorded === 'drop'
      ? `dropped by the platform at ${oneLine(component ?? '')}`
      : 'no drop recorded';
  const title = `${count(packets.length, 'packet')}: ${platform}, ${emulatedText(emulated)}`;
  const rows = packets.slice(0, PACKETS_MAX).map(packetRow);
  const more = packets.length - PACKETS_MAX;
  return [
    paint.bold(title),
    textTable(
      [
        { title: 'Frame', align: 'right' },
        { title: 'Drop', align: 'right' },
        { title: 'Packet id', align: 'right' },
        { title: 'Time' },
        { title: 'Packet' },
      ],
      rows,
    ),
    ...(more > 0 ? [`… and ${grouped(more)} more; --json lists all`] : []),
  ].join('\n');
}

/** E.g. `dropped here in at web by switch rule deny-rdp (acls.json:3:5), reason rule`. */
export function emulatedText(emulated: EmulatedVerdict): string {
  const { verdict, endpoint, direction, stage, rule, reason, location } = emulated;
  const by = rule === null ? `${stage ?? ''} default` : `${stage ?? ''} rule ${rule}`;
  const place = location === null ? '' : ` (${location.file}:${location.line}:${location.column})`;
  return oneLine(
    `${verdict === 'drop' ? 'dropped' : 'allowed'} here ${direction ?? ''} at ${endpoint ?? ''} by ${by}${place}, reason ${reason}`,
  );
}

function packetRow({
  frame,
  drop_frame: drop,
  packet_id: id,
  time_ns: time,
  packet,
}: ComparedPacket): string[] {
  return [
    String(frame),
    drop === null ? '' : String(drop),
    id ?? '',
    time === null ? '' : utc(time),
    packet,
  ];
}

const count = (n: number, what: string): string => `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;

function utc(timeNs: string): string {
  const ns = BigInt(timeNs);
  const date = new Date(Number(ns / 1_000_000n));
  if (Number.isNaN(date.getTime())) return `${timeNs} ns`;
  const micros = ((ns / 1000n) % 1000n).toString().padStart(3, '0');
  return date.toISOString().replace('Z', `${micros}Z`);
}
