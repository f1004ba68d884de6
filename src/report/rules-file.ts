/** `--rules`: one record per rule and default, as JSON lines or CSV. */
import { PortaclError } from '../errors.js';
import type { RuleCounter } from './rule-counters.js';

/** @throws {PortaclError} bad-usage */
export function rulesFormat(file: string): 'jsonl' | 'csv' {
  if (file.endsWith('.jsonl')) return 'jsonl';
  if (file.endsWith('.csv')) return 'csv';
  throw new PortaclError(
    'bad-usage',
    `${file}: rules are written as .jsonl or .csv, by the ending of the name`,
  );
}

export function* rulesLines(
  rules: readonly RuleCounter[],
  format: 'jsonl' | 'csv',
): Generator<string> {
  const records = rules.map(flatRecord);
  if (format === 'jsonl') {
    for (const record of records) yield `${JSON.stringify(record)}\n`;
    return;
  }
  if (records.length > 0) yield `${Object.keys(records[0]!).join(',')}\r\n`;
  for (const record of records) yield `${Object.values(record).map(csvCell).join(',')}\r\n`;
}

type Cell = string | number | boolean | null;

function flatRecord({ location, retired, ...rest }: RuleCounter): Record<string, Cell> {
  return {
    ...rest,
    file: location?.file ?? null,
    line: location?.line ?? null,
    column: location?.column ?? null,
    path: location?.path ?? null,
    retired: retired === true,
  };
}

/** Source: RFC 4180. */
function csvCell(value: Cell): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
