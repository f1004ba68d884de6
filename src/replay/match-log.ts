/**
 * Lines of a real firewall log against those of a replay: which say the same, and which of either
 * side are left. Source: docs/semantics/firewall.md 6.
 */

/** What both sides say of one event. */
export interface LogEvent {
  /** Protocol, addresses, ports, ICMP type and path, whatever is done with the packet. */
  readonly key: string;
  readonly action: 'allow' | 'drop';
  /** Since 1970; of one clock for both sides. */
  readonly seconds: number;
}

export interface LogMatch<Line extends LogEvent, Event extends LogEvent> {
  readonly agreed: readonly (readonly [Line, Event])[];
  /** The same packet, another action. */
  readonly turned: readonly (readonly [Line, Event])[];
  readonly lines: readonly Line[];
  readonly events: readonly Event[];
}

/**
 * Pairs what is at most `tolerance` seconds apart: first what agrees, then, of what is left, what
 * differs in the action alone. Nothing is paired twice. Cost: that of sorting.
 */
export function matchLog<Line extends LogEvent, Event extends LogEvent>(
  lines: readonly Line[],
  events: readonly Event[],
  tolerance: number,
): LogMatch<Line, Event> {
  const same = pair(lines, events, tolerance, ({ key, action }) => `${action} ${key}`);
  const turned = pair(same.lines, same.events, tolerance, ({ key }) => key);
  return {
    agreed: same.pairs,
    turned: turned.pairs,
    lines: turned.lines,
    events: turned.events,
  };
}

interface Pairs<Line, Event> {
  readonly pairs: (readonly [Line, Event])[];
  readonly lines: readonly Line[];
  readonly events: readonly Event[];
}

function pair<Line extends LogEvent, Event extends LogEvent>(
  lines: readonly Line[],
  events: readonly Event[],
  tolerance: number,
  keyOf: (event: LogEvent) => string,
): Pairs<Line, Event> {
  const pairs: (readonly [Line, Event])[] = [];
  const paired = new Set<LogEvent>();
  const byKey = grouped(events, keyOf);
  for (const [key, ours] of grouped(lines, keyOf)) {
    const theirs = byKey.get(key) ?? [];
    let [i, k] = [0, 0];
    while (i < ours.length && k < theirs.length) {
      const apart = ours[i]!.seconds - theirs[k]!.seconds;
      if (apart > tolerance) k++;
      else if (apart < -tolerance) i++;
      else {
        pairs.push([ours[i]!, theirs[k]!]);
        paired.add(ours[i++]!).add(theirs[k++]!);
      }
    }
  }
  return {
    pairs,
    lines: lines.filter((line) => !paired.has(line)),
    events: events.filter((event) => !paired.has(event)),
  };
}

/** Each group in the order of time. */
function grouped<Event extends LogEvent>(
  events: readonly Event[],
  keyOf: (event: LogEvent) => string,
): Map<string, Event[]> {
  const groups = new Map<string, Event[]>();
  for (const event of events) {
    const key = keyOf(event);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [event]);
    else group.push(event);
  }
  for (const group of groups.values()) group.sort((a, b) => a.seconds - b.seconds);
  return groups;
}

/** Pairs of one key that are looked at: a key that comes this often says little of the clock. */
const OCCURRENCES_MAX = 64;

/**
 * How many seconds the lines are ahead of the events: the difference that most pairs of one key and
 * action have, with those a second beside it; of equal ones the smallest. Null without any pair.
 */
export function clockOffset(
  lines: readonly LogEvent[],
  events: readonly LogEvent[],
): number | null {
  const keyOf = ({ key, action }: LogEvent): string => `${action} ${key}`;
  const byKey = grouped(events, keyOf);
  const counts = new Map<number, number>();
  for (const [key, ours] of grouped(lines, keyOf)) {
    for (const line of ours.slice(0, OCCURRENCES_MAX)) {
      for (const event of (byKey.get(key) ?? []).slice(0, OCCURRENCES_MAX)) {
        const apart = Math.round(line.seconds - event.seconds);
        counts.set(apart, (counts.get(apart) ?? 0) + 1);
      }
    }
  }
  const at = (apart: number): number => counts.get(apart) ?? 0;
  let best: { readonly apart: number; readonly weight: number } | null = null;
  for (const apart of counts.keys()) {
    // What stands at the middle counts double, so that the middle is taken.
    const weight = at(apart - 1) + 2 * at(apart) + at(apart + 1);
    const isBetter =
      best === null ||
      weight > best.weight ||
      (weight === best.weight && Math.abs(apart) < Math.abs(best.apart));
    if (isBetter) best = { apart, weight };
  }
  return best?.apart ?? null;
}
