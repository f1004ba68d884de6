/** Items of port lists and of ICMP lists. Source: windows-firewall.md 3.3, 7.1. */
import { PORT_MAX } from '../normalise/ports.js';
import type { IcmpItem, PortItem } from './firewall-rule.js';
import { PORT_KEYWORDS, portKeyword } from './keywords.js';
import type { Field, RuleReport } from './rule-report.js';

export type PortSide = 'local' | 'remote';

/** A port, a range or a keyword; null when it is refused, which has been reported. */
export function readPortItem(
  text: string,
  side: PortSide,
  report: RuleReport,
  field: Field,
): PortItem | null {
  const numbers = /^(\d{1,6})(?:\s*-\s*(\d{1,6}))?$/.exec(text);
  if (numbers !== null) {
    const from = Number(numbers[1]);
    const to = numbers[2] === undefined ? from : Number(numbers[2]);
    if (to <= PORT_MAX && from <= to) return { kind: 'range', from, to };
    const expected = `0 to ${PORT_MAX}, the first not above the second`;
    report.error('fw-port', field, `A port is ${expected}.`, text, expected);
    return null;
  }
  const row = portKeyword(text, side);
  if (row?.side === side) {
    return { kind: 'keyword', keyword: row.name };
  }
  const words = PORT_KEYWORDS.filter((each) => each.side === side).map(({ name }) => name);
  if (/^[A-Za-z]/.test(text)) {
    const message = `${text} is no keyword for ${side} ports.`;
    report.error('fw-port-keyword', field, message, text, words.join(', '));
  } else {
    report.error(
      'fw-port',
      field,
      'What stands here is no port.',
      text,
      'a port, a range or a keyword',
    );
  }
  return null;
}

export function printPortItem(item: PortItem): string {
  if (item.kind === 'keyword') return item.keyword;
  return item.from === item.to ? String(item.from) : `${item.from}-${item.to}`;
}

/** `type:code`, where the code may be `*`; null when it is refused, which has been reported. */
export function readIcmpItem(
  text: string,
  family: 4 | 6,
  report: RuleReport,
  field: Field,
): IcmpItem | null {
  const match = /^(\d{1,4}|\*)[:,](\d{1,4}|\*|any)$/i.exec(text);
  const type = match?.[1] === '*' ? null : Number(match?.[1]);
  const written = match?.[2]?.toLowerCase();
  const code = written === '*' || written === 'any' || written === '256' ? null : Number(written);
  if (match === null || (type ?? 0) > 255 || (code ?? 0) > 255) {
    const expected = 'type:code, each 0 to 255, the code also *';
    report.error('fw-icmp', field, `An ICMP type is written ${expected}.`, text, expected);
    return null;
  }
  return { family, type, code };
}

export function printIcmpItem({ type, code }: IcmpItem): string {
  return `${type ?? '*'}:${code ?? '*'}`;
}
