/**
 * Which rules and defaults of a host were asked and answered: of a replay, a session or test cases,
 * and of several of them together.
 */
import { argumentError } from '../arguments.js';
import { PortaclError, type SourceLocation } from '../errors.js';
import { CONDITION_FIELDS } from '../explain/condition-values.js';
import type { ConditionField } from '../explain/explanation.js';
import type { Reason } from '../program/layout.js';
import type { RuleCounter } from '../report/rule-counters.js';

/** A rule or a default at one endpoint. */
export interface CoverageItem {
  readonly endpoint: string;
  readonly stage: 'switch' | 'host';
  readonly direction: 'in' | 'out' | null;
  /** Null for a default. */
  readonly rule: string | null;
  readonly reason: Reason;
  /** Where it is written; null for a default. */
  readonly location: SourceLocation | null;
  /** Packets it decided or let into a flow. */
  readonly hits: number;
  /**
   * Of what was never hit: a packet that would cover it, as `portacl explain` takes it; null where
   * none was found, absent where none was looked for.
   */
  readonly witness?: string | null;
  /** Of a rule whose conditions list several values, those values; absent where they were not counted. */
  readonly conditions?: readonly ConditionCoverage[];
}

/** One value of a condition of a rule. */
export interface ConditionCoverage {
  readonly field: ConditionField;
  /** A single value, a range `from-to`, or a prefix. */
  readonly value: string;
  /** Packets that had it when the rule answered. */
  readonly hits: number;
  /** As that of an item; absent where the whole rule was never hit. */
  readonly witness?: string | null;
}

export interface Coverage {
  readonly format: typeof COVERAGE_FORMAT;
  readonly items: readonly CoverageItem[];
}

export const COVERAGE_FORMAT = 'portacl-coverage-1';

export interface CoverageShare {
  readonly hit: number;
  readonly total: number;
  /** 100 where there is nothing. */
  readonly percent: number;
}

/** Defaults that stand for a stage that has no say: nothing there could be tested. */
const WITHOUT_SAY: ReadonlySet<string> = new Set<Reason>([
  'no-acl-layer',
  'port-not-filtered',
  'guest-default-allow',
  'firewall-off',
]);

export function coverageOf(counters: readonly RuleCounter[]): Coverage {
  const items = counters
    .filter(({ rule, reason }) => rule !== null || !WITHOUT_SAY.has(reason))
    .map(({ endpoint, stage, direction, rule, reason, location, packets }) => ({
      ...{ endpoint, stage, direction, rule, reason, location },
      hits: packets,
    }));
  return { format: COVERAGE_FORMAT, items };
}

/** All items of all runs; hits of the same one are added. In the order of their first run. */
export function mergeCoverage(runs: readonly Coverage[]): Coverage {
  const merged = new Map<string, CoverageItem>();
  for (const item of runs.flatMap(({ items }) => items)) {
    const key = keyOf(item);
    const before = merged.get(key);
    merged.set(key, before === undefined ? item : sumOf(before, item));
  }
  return { format: COVERAGE_FORMAT, items: [...merged.values()] };
}

function sumOf(before: CoverageItem, item: CoverageItem): CoverageItem {
  const conditions = new Map<string, ConditionCoverage>();
  for (const each of [...(before.conditions ?? []), ...(item.conditions ?? [])]) {
    const key = `${each.field} ${each.value}`;
    const known = conditions.get(key);
    conditions.set(key, known === undefined ? each : hitsOf(known, each));
  }
  return {
    ...hitsOf(before, item),
    ...(conditions.size > 0 && { conditions: [...conditions.values()] }),
  };
}

/** With the hits of both; what was hit in one of them needs no packet. */
function hitsOf<Counted extends Pick<CoverageItem, 'hits' | 'witness'>>(
  before: Counted,
  { hits, witness }: Counted,
): Counted {
  const { witness: known = witness, ...counted } = before;
  const sum = before.hits + hits;
  return {
    ...(counted as Counted),
    hits: sum,
    ...(sum === 0 && known !== undefined && { witness: known }),
  };
}

function keyOf({ endpoint, stage, direction, rule, reason, location }: CoverageItem): string {
  const place = location && [location.file, location.line, location.column, location.path];
  return JSON.stringify([endpoint, stage, direction, rule, rule === null ? reason : null, place]);
}

/** What a share counts; `all` are the rules and the defaults. */
export type CoverageKind = 'all' | 'rules' | 'defaults' | 'conditions';

export function coverageKind(
  items: readonly CoverageItem[],
  kind: CoverageKind,
): readonly { readonly hits: number }[] {
  if (kind === 'all') return items;
  if (kind === 'conditions') return items.flatMap(({ conditions = [] }) => conditions);
  return items.filter(({ rule }) => (rule === null) === (kind === 'defaults'));
}

export function coverageShare(items: readonly { readonly hits: number }[]): CoverageShare {
  const hit = items.filter(({ hits }) => hits > 0).length;
  const total = items.length;
  return { hit, total, percent: total === 0 ? 100 : (100 * hit) / total };
}

/**
 * Coverage as `--coverage json` writes it.
 *
 * @throws {PortaclError} bad-coverage
 */
export function coverageFromJson(text: string, name: string): Coverage {
  const wrong = (): PortaclError =>
    argumentError({ code: 'bad-coverage', of: name }, 'the text', text.slice(0, 40), ACCEPTED);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong();
  }
  const coverage = coverageFromValue(value);
  if (coverage === null) throw wrong();
  return coverage;
}

/** The value, when it is coverage; null otherwise. */
export function coverageFromValue(value: unknown): Coverage | null {
  const { format, items } = (typeof value === 'object' && value !== null ? value : {}) as Coverage;
  if ((format as unknown) !== COVERAGE_FORMAT || !Array.isArray(items)) return null;
  if (!(items as readonly unknown[]).every(isItem)) return null;
  return { format, items: items as readonly CoverageItem[] };
}

const ACCEPTED = 'what --coverage json writes';

function isItem(value: unknown): value is CoverageItem {
  if (typeof value !== 'object' || value === null) return false;
  const { endpoint, stage, direction, rule, reason, location, hits, witness, conditions } =
    value as Record<keyof CoverageItem, unknown>;
  return (
    typeof endpoint === 'string' &&
    (stage === 'switch' || stage === 'host') &&
    (direction === null || direction === 'in' || direction === 'out') &&
    (rule === null || typeof rule === 'string') &&
    typeof reason === 'string' &&
    (location === null || isLocation(location)) &&
    isCount(hits) &&
    isWitness(witness) &&
    (conditions === undefined ||
      (Array.isArray(conditions) && (conditions as readonly unknown[]).every(isCondition)))
  );
}

const isWitness = (value: unknown): boolean =>
  value === undefined || value === null || typeof value === 'string';

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isCondition(value: unknown): value is ConditionCoverage {
  if (typeof value !== 'object' || value === null) return false;
  const { field, value: text, hits, witness } = value as Record<keyof ConditionCoverage, unknown>;
  return (
    (CONDITION_FIELDS as readonly unknown[]).includes(field) &&
    typeof text === 'string' &&
    isCount(hits) &&
    isWitness(witness)
  );
}

function isLocation(value: unknown): value is SourceLocation {
  if (typeof value !== 'object' || value === null) return false;
  const { file, line, column, path } = value as Record<keyof SourceLocation, unknown>;
  return (
    typeof file === 'string' &&
    typeof path === 'string' &&
    [line, column].every((n) => Number.isSafeInteger(n) && (n as number) >= 0)
  );
}
