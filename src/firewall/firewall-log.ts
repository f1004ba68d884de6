/**
 * `pfirewall.log` as Windows writes it: the W3C header names the fields, a line is an event.
 * Source: windows-firewall.md 8.
 */
import { parseIpAddress } from '../normalise/address.js';
import type { IpAddressValue } from '../normalise/normalised-host.js';
import { createReporter, type Diagnostic, type Reporter } from '../source/diagnostic.js';
import { quote } from '../source/source-node.js';
import type { SourceText } from '../source/source-text.js';

/** `OPEN`, `OPEN-INBOUND` and `CLOSE` are of the age of Windows XP. */
export const LOG_ACTIONS: readonly string[] = [
  ...['ALLOW', 'DROP', 'INFO-EVENTS-LOST', 'OPEN', 'OPEN-INBOUND', 'CLOSE'],
];
export const LOG_PATHS = ['SEND', 'RECEIVE', 'FORWARD', 'UNKNOWN'] as const;

/** Null stands for `-`. */
export interface FirewallLogEntry {
  /** From 1. */
  readonly line: number;
  /** `2021-06-22`, `12:19:41`: local time of the machine. */
  readonly date: string;
  readonly time: string;
  readonly action: string;
  /** 6, 17, a number as printed; `ICMP` is of both families, by the addresses 1 or 58. */
  readonly protocol: number | null;
  readonly source: IpAddressValue | null;
  readonly destination: IpAddressValue | null;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  readonly size: number | null;
  readonly tcpFlags: string | null;
  readonly tcpSequence: number | null;
  readonly tcpAcknowledgement: number | null;
  readonly tcpWindow: number | null;
  readonly icmpType: number | null;
  readonly icmpCode: number | null;
  /** Count of events that were lost. */
  readonly info: string | null;
  readonly path: (typeof LOG_PATHS)[number] | null;
  readonly pid: number | null;
}

export interface FirewallLog {
  readonly entries: readonly FirewallLogEntry[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Fields of the header; newer systems add the last. */
// prettier-ignore
const FIELDS = [
  'date', 'time', 'action', 'protocol', 'src-ip', 'dst-ip', 'src-port', 'dst-port', 'size',
  'tcpflags', 'tcpsyn', 'tcpack', 'tcpwin', 'icmptype', 'icmpcode', 'info', 'path', 'pid',
] as const;
type FieldName = (typeof FIELDS)[number];
const FIELDS_MIN = FIELDS.length - 1;

/**
 * Reads a log: any number of headers, LF or CR LF, blank lines. A line that is not of the form is an
 * error with its place; the others are read.
 */
export function readFirewallLog(source: SourceText): FirewallLog {
  const reporter = createReporter(true);
  const entries: FirewallLogEntry[] = [];
  let names: readonly FieldName[] = FIELDS.slice(0, FIELDS_MIN);
  (source.text ?? '').split(/\r\n|\n/).forEach((text, i) => {
    const line = i + 1;
    if (text.trim() === '') return;
    if (text.startsWith('#')) {
      names = readHeader(text, names, source.name, line, reporter);
      return;
    }
    const entry = readLine(text, line, names, source.name, reporter);
    if (entry !== null) entries.push(entry);
  });
  return { entries, diagnostics: reporter.result() };
}

function readHeader(
  text: string,
  before: readonly FieldName[],
  file: string,
  line: number,
  reporter: Reporter,
): readonly FieldName[] {
  if (!text.startsWith('#Fields:')) return before;
  const names = text.slice('#Fields:'.length).trim().split(/ +/);
  const known = names.filter((name): name is FieldName =>
    (FIELDS as readonly string[]).includes(name),
  );
  if (known.length === names.length && known.length >= FIELDS_MIN) return known;
  refuse(
    reporter,
    file,
    line,
    1,
    'The header names other fields than those of Windows Firewall.',
    text,
  );
  return before;
}

function refuse(
  reporter: Reporter,
  file: string,
  line: number,
  column: number,
  message: string,
  found: string,
): void {
  reporter.error('fw-log-line', { file, line, column, path: '' }, message, { found: quote(found) });
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{2}:\d{2}:\d{2}$/;
const PROTOCOLS: Readonly<Record<string, number>> = { TCP: 6, UDP: 17 };

function readLine(
  text: string,
  line: number,
  names: readonly FieldName[],
  file: string,
  reporter: Reporter,
): FirewallLogEntry | null {
  const cells = text.trimEnd().split(' ');
  if (cells.length !== names.length) {
    const message = `The line has ${cells.length} fields; the header names ${names.length}.`;
    refuse(reporter, file, line, 1, message, text);
    return null;
  }
  const failed: FieldName[] = [];
  const cell = (name: FieldName): string => cells[names.indexOf(name)] ?? '-';
  const wrong = (name: FieldName, expected: string): null => {
    failed.push(name);
    const column = cells.slice(0, names.indexOf(name)).join(' ').length + 2;
    refuse(reporter, file, line, column, `The field ${name} is ${expected}.`, cell(name));
    return null;
  };
  const number = (name: FieldName, max: number): number | null => {
    const value = cell(name);
    if (value === '-') return null;
    return /^\d{1,10}$/.test(value) && Number(value) <= max
      ? Number(value)
      : wrong(name, `a number up to ${max}`);
  };
  const address = (name: FieldName): IpAddressValue | null => {
    const value = cell(name);
    return value === '-' ? null : (parseIpAddress(value) ?? wrong(name, 'an address'));
  };
  const word = (name: FieldName, words: readonly string[]): string | null => {
    const value = cell(name);
    if (value === '-') return null;
    return words.includes(value) ? value : wrong(name, words.join(', '));
  };
  const matching = (name: FieldName, form: RegExp, expected: string): string => {
    if (!form.test(cell(name))) wrong(name, expected);
    return cell(name);
  };
  const source = address('src-ip');
  const protocol = (): number | null => {
    const value = cell('protocol');
    if (value === 'ICMP') return source?.family === 6 ? 58 : 1;
    return PROTOCOLS[value] ?? number('protocol', 255);
  };
  const U16 = 0xffff;
  const U32 = 0xffffffff;
  const entry: FirewallLogEntry = {
    line,
    date: matching('date', DATE, 'a date such as 2021-06-22'),
    time: matching('time', TIME, 'a time such as 12:19:41'),
    action: word('action', LOG_ACTIONS) ?? '',
    protocol: protocol(),
    source,
    destination: address('dst-ip'),
    sourcePort: number('src-port', U16),
    destinationPort: number('dst-port', U16),
    size: number('size', U32),
    tcpFlags:
      cell('tcpflags') === '-' ? null : matching('tcpflags', /^[FSRPAU]+$/, 'letters of FSRPAU'),
    tcpSequence: number('tcpsyn', U32),
    tcpAcknowledgement: number('tcpack', U32),
    tcpWindow: number('tcpwin', U32),
    icmpType: number('icmptype', 255),
    icmpCode: number('icmpcode', 255),
    info: cell('info') === '-' ? null : cell('info'),
    path: word('path', LOG_PATHS) as FirewallLogEntry['path'],
    pid: names.includes('pid') ? number('pid', U32) : null,
  };
  return failed.length > 0 ? null : entry;
}
