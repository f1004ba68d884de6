/**
 * What is wrong with, or worth saying about, something the user wrote: data first, an exception
 * only at the border of the API. Every stage reports all it finds; the next stage does not start
 * when one of them is an error.
 */
import {
  ERRORS,
  PortaclError,
  type ErrorCode,
  type ErrorRow,
  type SourceLocation,
} from '../errors.js';
import { locate, type SourceDocument, type SourceNode } from './source-node.js';

export type Severity = 'error' | 'warning' | 'info';

export interface Diagnostic {
  readonly severity: Severity;
  readonly code: ErrorCode;
  /** One calm sentence: what was found, where, what is allowed. */
  readonly message: string;
  readonly location: SourceLocation;
  /** What was found, as written and shortened. */
  readonly found?: string;
  /** What is accepted there. */
  readonly expected?: string;
  /** What the Host Networking Service answers with. Source: hns.md 9. */
  readonly hns?: string;
  /** Name of the rule it is about. */
  readonly rule?: string;
  /** Of `too-many-diagnostics`: how many of its severity are not listed. */
  readonly unlisted?: number;
}

/** Diagnostics kept of one severity; what is beyond is counted and said once. */
export const DIAGNOSTICS_MAX = 10_000;

/** The parts of a diagnostic that only some have. */
export interface DiagnosticDetails {
  readonly found?: string;
  readonly expected?: string;
  readonly hns?: string;
  readonly rule?: string;
}

/** A value in a document, the name of a member in a document, or a place known otherwise. */
export type Place =
  | { readonly document: SourceDocument; readonly node: SourceNode; readonly part?: 'key' }
  | SourceLocation;

/** Collects diagnostics. `lax` is an error in strict reading and a warning in lenient. */
export interface Reporter {
  readonly strict: boolean;
  error(code: ErrorCode, at: Place, message: string, details?: DiagnosticDetails): void;
  lax(code: ErrorCode, at: Place, message: string, details?: DiagnosticDetails): void;
  warning(code: ErrorCode, at: Place, message: string, details?: DiagnosticDetails): void;
  info(code: ErrorCode, at: Place, message: string, details?: DiagnosticDetails): void;
  /** Takes over what another stage reported. */
  add(diagnostics: readonly Diagnostic[]): void;
  hasErrors(): boolean;
  /** All diagnostics in the order of reporting. */
  result(): readonly Diagnostic[];
}

export function createReporter(strict: boolean): Reporter {
  const list: Diagnostic[] = [];
  const counts: Record<Severity, number> = { error: 0, warning: 0, info: 0 };

  const push = (diagnostic: Diagnostic): void => {
    if (diagnostic.unlisted !== undefined) {
      // What an earlier stage did not list this one does not either, but counts.
      counts[diagnostic.severity] += diagnostic.unlisted;
      return;
    }
    counts[diagnostic.severity] += 1;
    if (counts[diagnostic.severity] <= DIAGNOSTICS_MAX) list.push(diagnostic);
  };
  const report =
    (severity: Severity) =>
    (code: ErrorCode, at: Place, message: string, details: DiagnosticDetails = {}): void => {
      // Beyond the limit only the count matters; finding the place would cost time.
      if (counts[severity] >= DIAGNOSTICS_MAX) counts[severity] += 1;
      else push(diagnosticOf(severity, code, at, message, details));
    };

  return {
    strict,
    error: report('error'),
    lax: report(strict ? 'error' : 'warning'),
    warning: report('warning'),
    info: report('info'),
    add: (diagnostics) => diagnostics.forEach(push),
    hasErrors: () => counts.error > 0,
    result: () => [...list, ...overflow(counts)],
  };
}

/** How many of a severity there were, those that are not listed among them. */
export function countOf(diagnostics: readonly Diagnostic[], severity: Severity): number {
  return diagnostics
    .filter((diagnostic) => diagnostic.severity === severity)
    .reduce((count, { unlisted = 1 }) => count + unlisted, 0);
}

/** A diagnostic with its place and the answer of the service filled in. */
export function diagnosticOf(
  severity: Severity,
  code: ErrorCode,
  at: Place,
  message: string,
  details: DiagnosticDetails = {},
): Diagnostic {
  const location = 'node' in at ? locate(at.document, at.node, at.part) : at;
  const row: ErrorRow = ERRORS[code];
  const hns = severity === 'error' && row.hns !== undefined ? { hns: row.hns } : {};
  return { severity, code, message, location, ...hns, ...details };
}

function overflow(counts: Record<Severity, number>): Diagnostic[] {
  return (['error', 'warning', 'info'] as const)
    .filter((severity) => counts[severity] > DIAGNOSTICS_MAX)
    .map((severity) => ({
      severity,
      code: 'too-many-diagnostics',
      message: `${counts[severity] - DIAGNOSTICS_MAX} more of severity ${severity} are not listed; at most ${DIAGNOSTICS_MAX} are.`,
      location: { file: '', line: 0, column: 0, path: '' },
      unlisted: counts[severity] - DIAGNOSTICS_MAX,
    }));
}

/**
 * The exception for wrong input: policies and host descriptions. It carries every diagnostic; its
 * own fields are those of the first error.
 */
export class PolicyError extends PortaclError {
  readonly diagnostics: readonly Diagnostic[];
  readonly path: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  readonly found: string | null;
  readonly expected: string | null;
  /** The messages of the further errors. */
  readonly notes: readonly string[];

  /** Requires: at least one diagnostic of severity `error`. */
  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter((d) => d.severity === 'error');
    const first = errors[0];
    if (first === undefined) throw new TypeError('a PolicyError needs an error');
    super(first.code, first.message);
    this.diagnostics = diagnostics;
    this.path = first.location.path;
    this.file = first.location.file;
    this.line = first.location.line;
    this.column = first.location.column;
    this.found = first.found ?? null;
    this.expected = first.expected ?? null;
    this.notes = errors.slice(1).map((d) => d.message);
  }
}
