/** Disagreements between a log and a replay, those of one kind and cause together. */
import type { FirewallLogEntry } from '../firewall/firewall-log.js';
import type { EmulatedVerdict } from './comparison-report.js';
import type {
  ComparedLine,
  LogDisagreement,
  LogDisagreementKind,
} from './log-comparison-report.js';
import type { LogEvent } from './match-log.js';

/** A line of the log. */
export interface LoggedLine extends LogEvent {
  readonly entry: FirewallLogEntry;
  readonly text: string;
}

/** What the replay says: of a packet, with the line it writes, or of a flow. */
export interface Emulated {
  readonly emulated: EmulatedVerdict;
  readonly frame: number;
  /** Number of the capture; absent for a flow. */
  readonly capture?: number;
  readonly text?: string;
}

export class LogGroups {
  readonly #captures: readonly string[];
  readonly #groups = new Map<string, LogDisagreement & { readonly lines: ComparedLine[] }>();

  constructor(captures: readonly string[]) {
    this.#captures = captures;
  }

  add(kind: LogDisagreementKind, line: LoggedLine | null, behind: Emulated | null): void {
    const head = { kind, logged: line?.action ?? null, emulated: behind?.emulated ?? null };
    const key = JSON.stringify(head);
    const group = this.#groups.get(key) ?? { ...head, lines: [] };
    this.#groups.set(key, group);
    group.lines.push({
      line: line?.entry.line ?? null,
      text: line?.text ?? behind?.text ?? '',
      capture: behind?.capture === undefined ? null : (this.#captures[behind.capture] ?? null),
      frame: behind?.frame ?? null,
    });
  }

  count(kind: LogDisagreementKind): number {
    const of = [...this.#groups.values()].filter((group) => group.kind === kind);
    return of.reduce((sum, { lines }) => sum + lines.length, 0);
  }

  /** Fewest first: what is rare is what a rule got wrong. What no capture shows stands last. */
  sorted(): LogDisagreement[] {
    const last = ({ kind }: LogDisagreement): number => (kind === 'not-captured' ? 1 : 0);
    return [...this.#groups.entries()]
      .sort(
        ([a, x], [b, y]) =>
          last(x) - last(y) || x.lines.length - y.lines.length || (a < b ? -1 : 1),
      )
      .map(([, group]) => group);
  }
}
