/** Why a packet fared as it did, for the message of an expectation that failed. */
import type { Explanation, LayerExplanation } from '../explain/explanation.js';
import { nearMisses, type NearMiss } from '../explain/near-misses.js';
import type { PacketRecord } from '../report/packet-record.js';
import { excerpt } from '../source/excerpt.js';

/** Several lines, the first of which names packet and verdict. */
export function judgedText(record: PacketRecord, explanation: Explanation): string {
  const place = record.endpoint === null ? '' : ` ${record.direction} at ${record.endpoint}`;
  const lines = [`${packetText(explanation)}${place}: ${verdictText(record)}`];
  for (const { endpoint, direction, layers } of explanation.endpoints) {
    for (const layer of layers) {
      lines.push(`  ${direction} ${endpoint}, ${layerText(layer)}`);
      if (layer.by?.location) lines.push(indented(excerpt(layer.by.location)));
    }
  }
  return [...lines, ...nearText(explanation)].join('\n');
}

/** `drop by rule web-block (switch, rule)`. */
export function verdictText({
  verdict,
  stage,
  rule,
  reason,
}: Pick<PacketRecord, 'verdict' | 'stage' | 'rule' | 'reason'>): string {
  const by = rule === null ? '' : ` by ${rule}`;
  return `${verdict}${by} (${[stage, reason].filter((each) => each !== null).join(', ')})`;
}

function layerText({ stage, layer, verdict, reason, by, flow }: LayerExplanation): string {
  const rule = by?.rule ?? null;
  const through = flow === null ? '' : `, flow ${flow.id}`;
  return `${stage}${layer === null ? '' : ` ${layer}`}: ${verdict}${rule === null ? '' : ` by ${rule}`} (${reason}${through})`;
}

function nearText(explanation: Explanation): string[] {
  const near = nearMisses(explanation);
  if (near.length === 0) return [];
  return ['  nearest rules that would have decided otherwise:', ...near.map(missText)];
}

function missText({ rule, action, failed, failed_conditions: count, location }: NearMiss): string {
  const { field = '', wanted = [], wanted_count: of = 0, actual = null } = failed ?? {};
  const values = `${wanted.join(', ')}${of > wanted.length ? `, … (${of})` : ''}`;
  const others = count > 1 ? `, and ${count - 1} more` : '';
  const why = `${field} is ${actual ?? 'absent'}, not ${values}${others}`;
  const where = location === null ? '' : `\n${indented(excerpt(location))}`;
  return `    ${action} ${rule ?? ''}: ${why}${where}`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '      ');
}

/** `tcp 10.9.9.9:4000 > 10.1.0.5:80 [S]`. */
export function packetText({ packet }: Explanation): string {
  const { protocol, source, destination, source_port: from, destination_port: to } = packet;
  if (source === null || destination === null || protocol === null) return 'a packet without IP';
  const end = (address: string, port: number | null): string =>
    port === null ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const name = PROTOCOL_NAMES[protocol] ?? `protocol ${protocol}`;
  const flags = packet.tcp_flags === null ? '' : ` [${packet.tcp_flags}]`;
  const icmp = packet.icmp === null ? '' : ` type ${packet.icmp.type} code ${packet.icmp.code}`;
  return `${name} ${end(source, from)} > ${end(destination, to)}${flags}${icmp}`;
}

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  ...{ 1: 'icmp', 2: 'igmp', 6: 'tcp', 17: 'udp', 47: 'gre', 50: 'esp', 58: 'icmpv6', 132: 'sctp' },
};
