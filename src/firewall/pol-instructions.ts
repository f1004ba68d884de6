/**
 * Names in a `registry.pol` that begin with two asterisks say what to do, not what to set: delete a
 * value, all values, keys. Source: windows-firewall.md 7.2; MS-GPREG 3.2.5.1.
 */
import type { Reporter } from '../source/diagnostic.js';
import { quote } from '../source/source-node.js';
import type { RegistryValue } from './registry-value.js';

/** Whether an earlier value of the file is deleted. */
type Deletes = (value: RegistryValue) => boolean;

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const POLICY = /(?:^|\\)WindowsFirewall(?:\\|$)/i;

/** The values that are left when all records have been carried out in the order of the file. */
export function applyInstructions(
  records: readonly RegistryValue[],
  reporter: Reporter,
): readonly RegistryValue[] {
  let left: RegistryValue[] = [];
  for (const record of records) {
    if (!record.name.startsWith('**')) {
      left.push(record);
      continue;
    }
    const [, word = '', rest = ''] = /^\*\*([A-Za-z]+)\.?(.*)$/s.exec(record.name) ?? [];
    if (same(word, 'soft')) {
      // A soft value is set where there is none.
      if (!left.some(isOf(record.key, rest))) left.push({ ...record, name: rest });
      continue;
    }
    // Who may write the key is no matter of the firewall.
    if (same(word, 'securekey')) continue;
    const deletes = deletion(record, word, rest);
    if (deletes === null) {
      const message = `The instruction ${quote(record.name)} is not known, so what the file sets is not known either.`;
      reporter.error('fw-pol', record.at(0), message, { found: quote(record.name) });
      continue;
    }
    const kept = left.filter((value) => !deletes(value));
    if (kept.length === left.length && POLICY.test(record.key)) {
      const message = `The instruction ${quote(record.name)} deletes nothing that this file sets; what other files set stays.`;
      reporter.warning('fw-pol', record.at(0), message, { found: quote(record.name) });
    }
    left = kept;
  }
  return left;
}

const isOf =
  (key: string, name: string): Deletes =>
  (value) =>
    same(value.key, key) && same(value.name, name);

/** Null for what is no deletion. */
function deletion({ key, data }: RegistryValue, word: string, name: string): Deletes | null {
  const listed = String(data ?? '')
    .split(';')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  switch (word.toLowerCase()) {
    case 'del':
      return isOf(key, name);
    case 'delvals':
      return (value) => same(value.key, key);
    case 'deletevalues':
      return (value) => listed.some((item) => isOf(key, item)(value));
    case 'deletekeys':
      return (value) =>
        listed.some((item) =>
          `${value.key}\\`.toLowerCase().startsWith(`${key}\\${item}\\`.toLowerCase()),
        );
    default:
      return null;
  }
}
