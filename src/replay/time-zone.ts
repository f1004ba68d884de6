/** Zones in which logs tell the time of day: `UTC`, an offset, or a name such as `Europe/Berlin`. */
import { PortaclError } from '../errors.js';

/** From `fromSeconds` since 1970 on, local time is `offsetSeconds` ahead of UTC. */
export interface ZoneOffset {
  readonly fromSeconds: number;
  readonly offsetSeconds: number;
}

export type TimeZone = readonly ZoneOffset[];

export const UTC: TimeZone = [{ fromSeconds: 0, offsetSeconds: 0 }];

const OFFSET = /^([+-])(\d{2}):?(\d{2})$/;
/** Years in which a zone's changes are looked for: those of Unix time in 32 bits. */
const [FIRST_SECOND, LAST_SECOND] = [0, 2 ** 32];
/** No zone changes twice in less. */
const STEP_SECONDS = 7 * 86_400;

/**
 * The offsets of a zone over the years.
 *
 * @throws {PortaclError} bad-usage
 */
export function timeZone(name: string): TimeZone {
  if (/^(utc|z)$/i.test(name)) return UTC;
  const offset = OFFSET.exec(name);
  if (offset !== null) {
    const [hours, minutes] = [Number(offset[2]), Number(offset[3])];
    if (hours > 14 || minutes > 59) throw unknownZone(name);
    const sign = offset[1] === '-' ? -1 : 1;
    return [{ fromSeconds: 0, offsetSeconds: sign * (hours * 3600 + minutes * 60) }];
  }
  return namedZone(name);
}

/** Seconds that local time is ahead of UTC at a second since 1970. */
export function offsetAt(zone: TimeZone, seconds: number): number {
  const current = zone.findLast(({ fromSeconds }) => fromSeconds <= seconds);
  return (current ?? zone[0]!).offsetSeconds;
}

function unknownZone(name: string): PortaclError {
  return new PortaclError(
    'bad-usage',
    `the time zone ${name} is not known; UTC, an offset such as +02:00 or a name such as Europe/Berlin is wanted`,
  );
}

function namedZone(name: string): TimeZone {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  } catch {
    throw unknownZone(name);
  }
  const offsetAt = (seconds: number): number => {
    const parts = new Map(
      format.formatToParts(seconds * 1000).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type)!;
    const [date, clock] = [
      [part('year'), part('month') - 1, part('day')] as const,
      [part('hour'), part('minute'), part('second')] as const,
    ];
    return Date.UTC(...date, ...clock) / 1000 - seconds;
  };
  let offsetSeconds = offsetAt(FIRST_SECOND);
  const zone: ZoneOffset[] = [{ fromSeconds: FIRST_SECOND, offsetSeconds }];
  for (let at = FIRST_SECOND; at < LAST_SECOND; at += STEP_SECONDS) {
    const next = offsetAt(at + STEP_SECONDS);
    if (next === offsetSeconds) continue;
    let [before, after] = [at, at + STEP_SECONDS];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(middle) === offsetSeconds) before = middle;
      else after = middle;
    }
    zone.push({ fromSeconds: after, offsetSeconds: next });
    offsetSeconds = next;
  }
  return zone;
}
