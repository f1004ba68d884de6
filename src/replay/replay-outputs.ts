/** The files a replay writes: each under a temporary name until all is complete. */
import { resolve } from 'node:path';

import type { CompiledHost } from '../compile/compile-host.js';
import { FileError, PortaclError } from '../errors.js';
import { loadBinding } from '../native/binding.js';
import type {
  NativeOutputPath,
  NativeOutputs,
  NativeRecordChannel,
  NativeTimeline,
  RecordsFormat,
} from '../native/replay-types.js';
import { AtomicFile } from '../output/atomic-file.js';
import type { ReplayReport } from '../report/replay-report.js';
import { rulesTable } from '../report/rules-table.js';
import { verdictTexts } from '../report/verdict-texts.js';
import { VERSION } from '../version.js';
import { systemErrorName } from './capture-error.js';
import { firewallLogForm } from './firewall-log-form.js';
import type { FirewallLogFormat } from './firewall-log-format.js';
import { rotateLog } from './rotate-log.js';
import { timeZone, type TimeZone } from './time-zone.js';

/** Where to write; see docs/semantics/outputs.md. */
export interface OutputPaths {
  /** One record per packet and judging endpoint; the ending names the format, .jsonl, .csv or .parquet. */
  readonly packets?: string;
  /** The packets that were judged and dropped by nobody, as pcapng. */
  readonly allowed?: string;
  /**
   * The packets of `allowed` as layers that translate left them, with checksums to match, as
   * pcapng. One thread judges then.
   */
  readonly delivered?: string;
  /** The packets that an endpoint dropped, as pcapng. */
  readonly dropped?: string;
  /** All packets as pcapng, each with a comment for every verdict. */
  readonly annotate?: string;
  /** One record per flow; the ending names the format, .jsonl, .csv or .parquet. */
  readonly flows?: string;
  /** One record per rule and default; the ending names the format, .jsonl, .csv or .parquet. */
  readonly rules?: string;
  /** What Windows Firewall would have logged, as it writes `pfirewall.log`. */
  readonly firewallLog?: string;
  /** A page for people: .html, one file that needs nothing else. */
  readonly report?: string;
}

/** Those that the engine writes, in the order in which they are opened and named in messages. */
const ENGINE_OUTPUTS = [
  ...(['packets', 'allowed', 'delivered', 'dropped', 'annotate'] as const),
  ...(['flows', 'firewallLog'] as const),
] as const;
export const OUTPUT_NAMES = [...ENGINE_OUTPUTS, 'rules', 'report'] as const;

/**
 * The format a file of records has by its ending.
 *
 * @throws {PortaclError} bad-usage
 */
export function recordsFormat(what: 'packets' | 'flows' | 'rules', file: string): RecordsFormat {
  if (file.endsWith('.jsonl')) return 'jsonl';
  if (file.endsWith('.csv')) return 'csv';
  if (file.endsWith('.parquet')) return 'parquet';
  throw new PortaclError(
    'bad-usage',
    `${file}: ${what} are written as .jsonl, .csv or .parquet, by the ending of the name`,
  );
}

/** @throws {PortaclError} bad-usage */
export function checkFormats({ packets, flows, rules }: OutputPaths): void {
  if (packets !== undefined) recordsFormat('packets', packets);
  if (flows !== undefined) recordsFormat('flows', flows);
  if (rules !== undefined) recordsFormat('rules', rules);
}

/**
 * Refuses two outputs of one name. `option` names an output as the user does.
 *
 * @throws {PortaclError} bad-usage
 */
export function checkDistinct(
  paths: Readonly<Record<string, string | undefined>>,
  option: (name: string) => string,
): void {
  const seen = new Map<string, string>();
  for (const [name, path] of Object.entries(paths)) {
    if (path === undefined) continue;
    const other = seen.get(resolve(path));
    if (other !== undefined) {
      throw new PortaclError('bad-usage', `${option(other)} and ${option(name)} both name ${path}`);
    }
    seen.set(resolve(path), name);
  }
}

/** The file for what was in a log before it was full; undefined where it is never full. */
export function oldLogOf({
  firewallLog,
  firewallLogSize,
}: OutputPaths & FirewallLogFormat): string | undefined {
  if (firewallLog === undefined || firewallLogSize === undefined) return undefined;
  return `${firewallLog}.old`;
}

export class ReplayOutputs {
  #oldLog: AtomicFile | null = null;
  #page: { readonly html: AtomicFile; readonly flows: AtomicFile } | null = null;
  #rules: AtomicFile | null = null;
  readonly #files = new Map<NativeOutputPath, AtomicFile>();
  readonly #paths: OutputPaths;
  readonly #format: FirewallLogFormat;
  readonly #zone: TimeZone;

  /**
   * Takes the places of all files at once. An output that names one of `captures` is refused: it
   * would be replaced by itself.
   *
   * @throws {PortaclError} bad-usage, file-unwritable
   */
  constructor(
    paths: OutputPaths & FirewallLogFormat,
    captures: readonly string[],
    signal?: AbortSignal,
  ) {
    this.#paths = paths;
    this.#zone = timeZone(paths.timeZone ?? 'UTC');
    this.#format = paths;
    checkFormats(paths);
    const given = OUTPUT_NAMES.map((name) => [name, paths[name]] as const);
    checkDistinct(
      { ...Object.fromEntries(given), firewallLogSize: oldLogOf(paths) },
      (name) => name,
    );
    const read = new Set(captures.map((capture) => resolve(capture)));
    for (const [name, path] of given) {
      if (path === undefined || !read.has(resolve(path))) continue;
      throw new PortaclError('bad-usage', `${name} names ${path}, a capture that is replayed`);
    }
    try {
      for (const name of ENGINE_OUTPUTS) {
        const path = paths[name];
        if (path !== undefined) this.#files.set(name, new AtomicFile(path, signal));
      }
      this.#openOldLog(signal);
      if (paths.rules !== undefined) this.#rules = new AtomicFile(paths.rules, signal);
      if (paths.report !== undefined) this.#openPage(paths.report, signal);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  #openOldLog(signal?: AbortSignal): void {
    const old = oldLogOf({ ...this.#paths, ...this.#format });
    if (old !== undefined) this.#oldLog = new AtomicFile(old, signal);
  }

  /** The page is made of flows, which are written beside it and never get their name. */
  #openPage(path: string, signal?: AbortSignal): void {
    const html = new AtomicFile(path, signal);
    try {
      this.#page = { html, flows: new AtomicFile(`${path}.flows`, signal) };
    } catch (error) {
      html.discard();
      throw error;
    }
  }

  /** Writes what is made of the report: rules and page. @throws {FileError} file-unwritable */
  async writeReport(
    report: ReplayReport,
    timeline: NativeTimeline | null,
    explainArguments?: readonly string[],
  ): Promise<void> {
    if (this.#rules !== null) this.#writeRules(report, this.#rules, this.#paths.rules!);
    if (this.#page === null) return;
    const { temporary } = this.#page.flows;
    // Loaded where a page is wanted: a small replay takes hardly longer than what it loads.
    const { readPageData } = await import('../page/page-data.js');
    const { pageHtml } = await import('../page/page-html.js');
    const data = await readPageData(report, timeline, temporary, explainArguments);
    this.#page.html.write([pageHtml(data)]);
  }

  #writeRules({ rules }: ReplayReport, { temporary }: AtomicFile, path: string): void {
    const format = recordsFormat('rules', path);
    const error = loadBinding().writeTable(temporary, format, rulesTable(rules));
    if (error === null) return;
    const why = `it cannot be written (${systemErrorName(error.detail)})`;
    throw new FileError('file-unwritable', path, why);
  }

  /** What the engine is told; null when nothing is wanted. */
  native(compiled: CompiledHost, records: NativeRecordChannel | null): NativeOutputs | null {
    if (this.#files.size === 0 && this.#page === null && records === null) return null;
    const { packets, annotate, flows, firewallLog } = this.#paths;
    return {
      ...Object.fromEntries([...this.#files].map(([name, file]) => [name, file.temporary])),
      ...(packets !== undefined && { packetsFormat: recordsFormat('packets', packets) }),
      ...(flows !== undefined && { flowsFormat: recordsFormat('flows', flows) }),
      ...(annotate !== undefined && { texts: verdictTexts(compiled) }),
      ...(firewallLog !== undefined && {
        firewallLogForm: firewallLogForm(compiled.host, this.#zone, this.#format),
      }),
      ...(this.#page !== null && { reportFlows: this.#page.flows.temporary }),
      ...(records !== null && { records }),
      application: `portacl ${VERSION}`,
    };
  }

  /** The file of an output as the user named it. */
  path(name: NativeOutputPath | ''): string {
    return (
      ENGINE_OUTPUTS.filter((known) => known === name).map((known) => this.#paths[known])[0] ?? ''
    );
  }

  /** @throws {FileError} file-unwritable */
  commit(): void {
    const log = this.#files.get('firewallLog');
    if (this.#oldLog !== null && log !== undefined) {
      const limitBytes = this.#format.firewallLogSize! * 1024;
      if (rotateLog(log.temporary, limitBytes, this.#oldLog.temporary)) this.#oldLog.commit();
      else this.#oldLog.discard();
    }
    for (const file of this.#files.values()) file.commit();
    this.#rules?.commit();
    this.#page?.html.commit();
    this.#page?.flows.discard();
  }

  discard(): void {
    this.#oldLog?.discard();
    for (const file of this.#files.values()) file.discard();
    this.#rules?.discard();
    this.#page?.html.discard();
    this.#page?.flows.discard();
  }
}
