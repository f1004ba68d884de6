/** A real `pfirewall.log` against the replay of the captures taken with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { CompiledHost } from '../compile/compile-host.js';
import { PortaclError } from '../errors.js';
import {
  readFirewallLog,
  type FirewallLog,
  type FirewallLogEntry,
} from '../firewall/firewall-log.js';
import { DIRECTIONS, NONE, REASONS } from '../program/layout.js';
import { programNames } from '../report/rule-names.js';
import { PolicyError, type Diagnostic } from '../source/diagnostic.js';
import { readSourceFile } from '../source/read-file.js';
import type { CaptureError } from './capture-error.js';
import { loggingOf } from './firewall-log-form.js';
import { flowsOf, type ReplayedFlow } from './log-flows.js';
import type { LogComparisonReport } from './log-comparison-report.js';
import {
  actionOf,
  addressKey,
  connectionKey,
  isComparable,
  isMany,
  keyOf,
  localSeconds,
  lostEvents,
} from './log-entry.js';
import type { FirewallLogLines } from './firewall-log-format.js';
import { LogGroups, type Emulated, type LoggedLine } from './log-groups.js';
import { clockOffset, matchLog, type LogEvent } from './match-log.js';
import { replay, type ReplayResult } from './replay.js';
import type { ReplayOptions } from './replay-options.js';
import { offsetAt, timeZone } from './time-zone.js';

export interface CompareLogOptions
  extends
    Pick<ReplayOptions, 'lenient' | 'order' | 'capturePoint' | 'signal' | 'onProgress'>,
    FirewallLogLines {
  /** Of the log: `UTC`, `+02:00`, `Europe/Berlin`; without it the offset is estimated. */
  readonly timeZone?: string;
  /** Seconds that the clock of the log is ahead of that of the captures, beside the zone. */
  readonly clockOffset?: number;
  /** Seconds that the two may be apart; default {@link TOLERANCE_SECONDS}. */
  readonly tolerance?: number;
}

export interface CompareLogResult {
  readonly report: LogComparisonReport;
  /** One per capture that was not read to its end. */
  readonly errors: readonly CaptureError[];
  /** Of lines that were left out, with `lenient`. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Times of a log are cut to the second, and events are written when they are decided. */
export const TOLERANCE_SECONDS = 2;

/** A line that the replay writes, and what is behind it. */
interface ReplayedLine extends LogEvent, Emulated {
  readonly text: string;
  readonly capture: number;
}

/**
 * The lines on which a firewall log and the replay disagree. Source: docs/semantics/firewall.md 6.
 *
 * @throws {PolicyError} fw-log-line, unless lenient; as readSourceFile()
 * @throws {PortaclError} as replay()
 */
export async function compareLog(
  captures: readonly string[],
  compiled: CompiledHost,
  logFile: string,
  options: CompareLogOptions = {},
): Promise<CompareLogResult> {
  const { lenient = false } = options;
  checkNumbers(options);
  if (options.timeZone !== undefined) timeZone(options.timeZone);
  const source = readSourceFile(logFile);
  const log = readFirewallLog(source);
  if (log.diagnostics.length > 0 && !lenient) throw new PolicyError(log.diagnostics);
  const folder = mkdtempSync(path.join(tmpdir(), 'portacl-'));
  try {
    const flows = path.join(folder, 'flows.jsonl');
    const lines = path.join(folder, 'pfirewall.log');
    const result = await replay(captures, compiled, {
      ...(options.order && { order: options.order }),
      ...(options.capturePoint && { capturePoint: options.capturePoint }),
      ...(options.signal && { signal: options.signal }),
      ...(options.onProgress && { onProgress: options.onProgress }),
      ...(options.firewallLogTcpDrops && { firewallLogTcpDrops: options.firewallLogTcpDrops }),
      ...(options.firewallLogOtherDrops && {
        firewallLogOtherDrops: options.firewallLogOtherDrops,
      }),
      ...{ lenient, flows, firewallLog: lines, firewallLogTrace: true },
    });
    const comparison = new Comparison(captures, compiled, options, result);
    const report = await comparison.report(
      { name: logFile, log, texts: textsOf(source.text ?? '') },
      result.report.total.packets === 0 ? [] : comparison.replayedLines(lines),
      flows,
    );
    return { report, errors: result.errors, diagnostics: log.diagnostics };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws {PortaclError} bad-usage */
function checkNumbers({ clockOffset, tolerance }: CompareLogOptions): void {
  if (clockOffset !== undefined && !Number.isFinite(clockOffset)) {
    throw new PortaclError('bad-usage', 'the clock offset is a number of seconds');
  }
  if (tolerance !== undefined && !(tolerance >= 0 && Number.isFinite(tolerance))) {
    throw new PortaclError('bad-usage', 'the tolerance is a number of seconds, 0 or more');
  }
}

const textsOf = (text: string): string[] => text.split(/\r\n|\n/);

interface NamedLog {
  readonly name: string;
  readonly log: FirewallLog;
  readonly texts: readonly string[];
}

/** Fields that a traced line has behind those of a log: FirewallLog::put_trace(). */
const TRACE_FIELDS = 5;

class Comparison {
  readonly #captures: readonly string[];
  readonly #compiled: CompiledHost;
  readonly #options: CompareLogOptions;
  readonly #result: ReplayResult;
  readonly #addresses: ReadonlySet<string>;
  readonly #tolerance: number;

  constructor(
    captures: readonly string[],
    compiled: CompiledHost,
    options: CompareLogOptions,
    result: ReplayResult,
  ) {
    this.#captures = captures;
    this.#compiled = compiled;
    this.#options = options;
    this.#result = result;
    this.#tolerance = options.tolerance ?? TOLERANCE_SECONDS;
    const all = compiled.host.endpoints.flatMap(({ addresses }) => addresses);
    this.#addresses = new Set(all.map(addressKey));
  }

  async report(
    { name, log, texts }: NamedLog,
    replayed: readonly ReplayedLine[],
    flowsFile: string,
  ): Promise<LogComparisonReport> {
    const comparable = log.entries.filter(isComparable);
    const own = comparable.filter((entry) => this.#isOwn(entry));
    const actions = this.#actions(own);
    const events = replayed.filter(({ action }) => actions.has(action));
    const { lines: all, offset } = this.#onOneClock(own, events, texts);
    const lines = within(all, this.#captureSpan());
    const covered = within(events, spanOf(all, this.#tolerance));
    const match = matchLog(lines, covered, this.#tolerance);
    const { repeated, left } = splitRepeated(match.lines, match.agreed, this.#tolerance);
    const flows = await flowsOf(flowsFile, new Set(left.map(({ entry }) => connectionKey(entry))));
    const groups = new LogGroups(this.#captures);
    for (const [line, event] of match.turned) groups.add('action', line, event);
    for (const event of match.events) groups.add('missing', null, event);
    for (const line of left) {
      const flow = this.#flowAt(line, flows.get(connectionKey(line.entry)) ?? []);
      groups.add(flow === null ? 'not-captured' : 'extra', line, flow);
    }
    const agreed = (action: 'allow' | 'drop'): number =>
      match.agreed.filter(([line]) => line.action === action).length;
    const notCaptured = groups.count('not-captured');
    return {
      model: this.#result.report.model,
      captures: this.#captures.slice(0, this.#result.report.captures.length),
      log: name,
      clock: {
        time_zone: this.#options.timeZone ?? null,
        offset_seconds: offset,
        tolerance_seconds: this.#tolerance,
      },
      logged: {
        lines: log.entries.length,
        compared: lines.length,
        outside: all.length - lines.length,
        elsewhere: comparable.length - own.length,
        other: log.entries.length - comparable.length,
        lost: lostEvents(log.entries),
      },
      replayed: {
        lines: replayed.length,
        compared: covered.length,
        outside: events.length - covered.length,
        not_logged: replayed.length - events.length,
      },
      agreed: { allow: agreed('allow'), drop: agreed('drop') },
      repeated: repeated.length,
      disagreed: match.turned.length + match.events.length + left.length - notCaptured,
      not_captured: notCaptured,
      disagreements: groups.sorted(),
    };
  }

  /** What the log has at all, and what policies say it should have. */
  #actions(entries: readonly FirewallLogEntry[]): ReadonlySet<string> {
    const actions = new Set<string>(entries.map(actionOf));
    for (const { hostStage } of this.#compiled.host.endpoints) {
      const { allowed, dropped } = loggingOf(hostStage);
      if (allowed === true) actions.add('allow');
      if (dropped === true) actions.add('drop');
    }
    return actions;
  }

  /** The side of the machine is an address of an endpoint, or a group that none need have. */
  #isOwn(entry: FirewallLogEntry): boolean {
    const local = entry.path === 'SEND' ? entry.source : entry.destination;
    if (local === null) return false;
    return this.#addresses.has(addressKey(local)) || (entry.path === 'RECEIVE' && isMany(local));
  }

  /** The lines with times as the captures count them, and how far their clock was ahead. */
  #onOneClock(
    entries: readonly FirewallLogEntry[],
    events: readonly ReplayedLine[],
    texts: readonly string[],
  ): { readonly lines: LoggedLine[]; readonly offset: number } {
    const { timeZone: zoneName, clockOffset: given } = this.#options;
    const lineOf = (entry: FirewallLogEntry, seconds: number): LoggedLine => ({
      ...{ entry, seconds, key: keyOf(entry), action: actionOf(entry) },
      text: texts[entry.line - 1] ?? '',
    });
    if (zoneName === undefined && given === undefined) {
      const local = entries.map((entry) => lineOf(entry, localSeconds(entry)));
      const offset = clockOffset(local, events) ?? 0;
      return { lines: local.map((line) => ({ ...line, seconds: line.seconds - offset })), offset };
    }
    const zone = timeZone(zoneName ?? 'UTC');
    const offset = given ?? 0;
    const lines = entries.map((entry) => {
      const local = localSeconds(entry) - offset;
      // The offset at about that time, then the one at the time that it gives.
      const about = local - offsetAt(zone, local);
      return lineOf(entry, local - offsetAt(zone, about));
    });
    return { lines, offset };
  }

  #captureSpan(): Span {
    const times = this.#result.report.captures.flatMap(({ first_time_ns: a, last_time_ns: b }) =>
      [a, b].filter((time) => time !== null).map((time) => Number(BigInt(time) / 1_000_000_000n)),
    );
    if (times.length === 0) return { from: Infinity, to: -Infinity };
    const [from, to] = [Math.min(...times), Math.max(...times)];
    return { from: from - this.#tolerance, to: to + this.#tolerance };
  }

  #flowAt({ seconds }: LoggedLine, flows: readonly ReplayedFlow[]): ReplayedFlow | null {
    const near = ({ from, to }: ReplayedFlow): boolean =>
      from - this.#tolerance <= seconds && seconds <= to + this.#tolerance;
    return flows.find(near) ?? null;
  }

  /** What the replay wrote, each line with the packet and the rule it is of. */
  replayedLines(file: string): ReplayedLine[] {
    const traces: number[][] = [];
    const texts = textsOf(readSourceFile(file).text ?? '').map((text) => {
      if (text === '' || text.startsWith('#')) return text;
      const cells = text.split(' ');
      traces.push(cells.splice(-TRACE_FIELDS).map(Number));
      return cells.join(' ');
    });
    const { entries } = readFirewallLog({ name: file, text: texts.join('\n') });
    const names = programNames(this.#compiled);
    return entries.map((entry, i): ReplayedLine => {
      const [capture, frame, endpoint, rule, reason] = traces[i]! as Trace;
      const name = rule === NONE ? null : names.rules[rule]!;
      const action = actionOf(entry);
      return {
        ...{ key: keyOf(entry), action, seconds: localSeconds(entry) },
        ...{ text: texts[entry.line - 1]!, capture, frame },
        emulated: {
          verdict: action,
          endpoint: this.#compiled.host.endpoints[endpoint]!.name,
          direction: DIRECTIONS[entry.path === 'RECEIVE' ? 1 : 0],
          stage: 'host',
          layer: name?.layer ?? null,
          group: name?.name == null ? null : name.group,
          rule: name?.name ?? null,
          reason: REASONS[reason]!,
          location: name?.rule?.location ?? null,
        },
      };
    });
  }
}

type Trace = [capture: number, frame: number, endpoint: number, rule: number, reason: number];

interface Span {
  readonly from: number;
  readonly to: number;
}

const within = <Event extends LogEvent>(events: readonly Event[], { from, to }: Span): Event[] =>
  events.filter(({ seconds }) => from <= seconds && seconds <= to);

function spanOf(events: readonly LogEvent[], tolerance: number): Span {
  const span = { from: Infinity, to: -Infinity };
  for (const { seconds } of events) {
    span.from = Math.min(span.from, seconds - tolerance);
    span.to = Math.max(span.to, seconds + tolerance);
  }
  return span;
}

/**
 * Windows writes a packet to many once for each socket that gets it.
 * Source: windows-firewall.md 8.2, rule 5.
 */
function splitRepeated(
  lines: readonly LoggedLine[],
  agreed: readonly (readonly [LoggedLine, ReplayedLine])[],
  tolerance: number,
): { readonly repeated: readonly LoggedLine[]; readonly left: readonly LoggedLine[] } {
  const times = new Map<string, number[]>();
  const nameOf = ({ action, key }: LogEvent): string => `${action} ${key}`;
  for (const [, event] of agreed) {
    const known = times.get(nameOf(event));
    if (known === undefined) times.set(nameOf(event), [event.seconds]);
    else known.push(event.seconds);
  }
  const isRepeated = (line: LoggedLine): boolean =>
    line.entry.destination !== null &&
    isMany(line.entry.destination) &&
    (times.get(nameOf(line)) ?? []).some((at) => Math.abs(at - line.seconds) <= tolerance);
  return {
    repeated: lines.filter(isRepeated),
    left: lines.filter((line) => !isRepeated(line)),
  };
}
