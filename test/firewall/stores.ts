/** Real stores, and the ways to write one: registry exports made of tables. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../house/tree.js';

export const DATA = path.join(ROOT, '../shared/data/firewall');
export const HAS_DATA = existsSync(DATA);

const LOCAL_KEY = 'SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\';

export interface Value {
  readonly key: string;
  readonly name: string;
  readonly data: string | number;
}

/** The values of a table of `../shared/data/firewall`: key, name, type and data between tabs. */
export function tableValues(file: string): Value[] {
  const [, ...lines] = readFileSync(path.join(DATA, file), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [key = '', name = '', type = '', data = ''] = line.split('\t').map(unescaped);
    return { key, name, data: type === 'REG_DWORD' ? Number(data) : data };
  });
}

function unescaped(text: string): string {
  const letters: Readonly<Record<string, string>> = { '\\': '\\', t: '\t', r: '\r', n: '\n' };
  return text.replaceAll(/\\([\\trn])/g, (_, letter: string) => letters[letter]!);
}

/** A registry export as regedit writes it: UTF-16 with a mark, CR LF. */
export function regExport(
  values: readonly Value[],
  encoding: 'utf16le' | 'utf8' = 'utf16le',
): Uint8Array {
  const quoted = (text: string): string =>
    `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  let text = 'Windows Registry Editor Version 5.00\r\n';
  let last = '';
  for (const { key, name, data } of values) {
    const whole = key.startsWith('FirewallPolicy') ? LOCAL_KEY + key : key;
    if (whole !== last) text += `\r\n[HKEY_LOCAL_MACHINE\\${whole}]\r\n`;
    last = whole;
    const written =
      typeof data === 'number' ? `dword:${data.toString(16).padStart(8, '0')}` : quoted(data);
    text += `${quoted(name)}=${written}\r\n`;
  }
  const mark = encoding === 'utf16le' ? [0xff, 0xfe] : [];
  return Buffer.concat([Buffer.from(mark), Buffer.from(text, encoding)]);
}

/** A `registry.pol` with those values. */
export function polFile(values: readonly Value[]): Uint8Array {
  const text = (s: string): Buffer => Buffer.from(`${s}\0`, 'utf16le');
  const sign = (s: string): Buffer => Buffer.from(s, 'utf16le');
  const number = (n: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(n);
    return bytes;
  };
  const records = values.flatMap(({ key, name, data }) => {
    const bytes = typeof data === 'number' ? number(data) : text(data);
    const type = number(typeof data === 'number' ? 4 : 1);
    return [
      ...[sign('['), text(key), sign(';'), text(name), sign(';'), type, sign(';')],
      ...[number(bytes.length), sign(';'), bytes, sign(']')],
    ];
  });
  return Buffer.concat([Buffer.from('PReg', 'latin1'), number(1), ...records]);
}
