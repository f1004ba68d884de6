/** One value of the registry, whichever file it came from. */
import type { SourceLocation } from '../errors.js';

export interface RegistryValue {
  /** Below the hive, without a leading backslash; empty for the root of an export. */
  readonly key: string;
  readonly name: string;
  /** Text, number, or null for what is neither. */
  readonly data: string | number | null;
  /** Place of a character of the data; 0 is the value itself. */
  readonly at: (offset: number) => SourceLocation;
}
