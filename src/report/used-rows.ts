/** Which rows of a program have counted something. */
import type { NativeCounters } from '../native/engine-types.js';
import { OUTCOMES } from '../program/layout.js';
import type { UsedRows } from '../update/succession.js';
import { RULE_COUNTER_WORDS } from './rule-counters.js';

/** Of all directions and outcomes: packets, bytes. */
const ENDPOINT_WORDS = 2 * OUTCOMES.length * 2;

export function readUsedRows({ rules, endpoints }: NativeCounters): UsedRows {
  const hasCounted = (words: BigUint64Array, row: number, length: number): boolean =>
    words.subarray(row * length, (row + 1) * length).some((word) => word !== 0n);
  return {
    endpoint: (row) => hasCounted(endpoints, row, ENDPOINT_WORDS),
    rule: (row) => hasCounted(rules, row, RULE_COUNTER_WORDS),
  };
}
