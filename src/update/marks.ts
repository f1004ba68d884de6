/** Where in a replay a policy changes, as users write it. */
import { PortaclError } from '../errors.js';

/** Before a packet of that number, or before the first packet of that time or later. */
export type ReplayMark =
  | { readonly frame: number }
  /** Nanoseconds since 1970. */
  | { readonly timeNs: bigint }
  /** Nanoseconds since the first packet that has a time. */
  | { readonly elapsedNs: bigint };

const FRAME = /^\d{1,3}(?:,\d{3})+$|^\d{1,15}$/;
const SECONDS = /^(\d{1,10})\.(\d{1,9})$/;
const ELAPSED = /^\+(\d{1,10})(?:\.(\d{1,9}))?$/;
const DATE = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

export const MARK_FORMS =
  'a frame number (1200), a time (2026-03-01T12:00:00.5Z, or 1772366400.5 in seconds since 1970), or seconds after the first packet (+12.5)';

/** Null for anything else, such as the name of a file. */
export function parseMark(text: string): ReplayMark | null {
  if (FRAME.test(text)) {
    const frame = Number(text.replaceAll(',', ''));
    return frame > 0 ? { frame } : null;
  }
  const seconds = SECONDS.exec(text);
  if (seconds !== null) return { timeNs: nanoseconds(seconds[1]!, seconds[2]) };
  const elapsed = ELAPSED.exec(text);
  if (elapsed !== null) return { elapsedNs: nanoseconds(elapsed[1]!, elapsed[2]) };
  const date = DATE.exec(text);
  if (date === null) return null;
  const whole = Date.parse(`${date[1]!}${date[3]!}`);
  // A day such as 30 February is no date.
  if (Number.isNaN(whole) || !isCalendarDay(date[1]!.slice(0, 10))) return null;
  return { timeNs: BigInt(whole) * 1_000_000n + nanoseconds('0', date[2]) };
}

function isCalendarDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function nanoseconds(whole: string, fraction = ''): bigint {
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** The mark as reports name it; {@link parseMark} reads it. */
export function markText(mark: ReplayMark): string {
  if ('frame' in mark) return String(mark.frame);
  const ns = 'timeNs' in mark ? mark.timeNs : mark.elapsedNs;
  const fraction = String(ns % 1_000_000_000n).padStart(9, '0');
  const seconds = `${ns / 1_000_000_000n}.${fraction.replace(/(?<=\d)0+$/, '')}`;
  return 'timeNs' in mark ? seconds : `+${seconds}`;
}

/** A mark with the files of its policy. */
export interface MarkedPolicies {
  readonly mark: ReplayMark;
  readonly policies: readonly string[];
}

/**
 * `--at MARK FILE...` as words: a mark, and files up to the next.
 *
 * @throws {PortaclError} bad-usage
 */
export function readMarkedPolicies(words: readonly string[]): MarkedPolicies[] {
  const changes: { mark: ReplayMark; policies: string[] }[] = [];
  for (const word of words) {
    const mark = parseMark(word);
    if (mark !== null) changes.push({ mark, policies: [] });
    else if (changes.length > 0) changes.at(-1)!.policies.push(word);
    else throw new PortaclError('bad-usage', `--at ${word}: ${MARK_FORMS} is wanted`);
  }
  const empty = changes.find(({ policies }) => policies.length === 0);
  if (empty !== undefined) {
    throw new PortaclError(
      'bad-usage',
      `--at ${markText(empty.mark)}: the policy files are wanted that hold from there on`,
    );
  }
  return changes;
}
