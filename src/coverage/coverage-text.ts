/** Coverage for people, and as lcov for the tools that draw it beside the policy. */
import { grouped, label, textTable } from '../report/text-table.js';
import { oneLine } from '../report/text-table.js';
import {
  coverageKind,
  coverageShare,
  type ConditionCoverage,
  type Coverage,
  type CoverageItem,
} from './coverage.js';

/** Items never hit that are listed. */
const LISTED_MAX = 100;

/** A table by endpoint, what was never hit, and packets that would, where they were looked for; ends in a newline. */
export function coverageText({ items }: Coverage): string {
  const isCounted = items.some(({ conditions }) => conditions !== undefined);
  const kinds = KINDS.filter((kind) => kind !== 'conditions' || isCounted);
  const endpoints = [...new Set(items.map(({ endpoint }) => endpoint))];
  const row = (name: string, of: readonly CoverageItem[]): string[] => {
    return [label(name), ...kinds.map((kind) => shareText(coverageKind(of, kind)))];
  };
  const columns = ['endpoint', ...kinds.map((kind) => TITLES[kind])].map((title, i) =>
    i === 0 ? { title } : { title, align: 'right' as const },
  );
  const rows = [
    ...endpoints.map((name) =>
      row(
        name,
        items.filter(({ endpoint }) => endpoint === name),
      ),
    ),
    row('all', items),
  ];
  return [`Coverage\n${textTable(columns, rows)}\n`, missedText(items)]
    .filter((part) => part !== '')
    .join('\n');
}

const KINDS = ['rules', 'conditions', 'defaults', 'all'] as const;
const TITLES = {
  rules: 'rules',
  conditions: 'values',
  defaults: 'defaults',
  all: 'together',
} as const;

function shareText(items: readonly { readonly hits: number }[]): string {
  const { hit, total, percent } = coverageShare(items);
  // Rounded down, so that only all is 100.
  return `${grouped(hit)}/${grouped(total)} ${Math.floor(percent)}%`;
}

function missedText(items: readonly CoverageItem[]): string {
  const missed = items.flatMap(missedOf);
  if (missed.length === 0) return '';
  const lines = missed.slice(0, LISTED_MAX).flatMap(({ item, condition }) => {
    const { witness } = condition ?? item;
    const value = condition === null ? '' : `, ${condition.field} ${condition.value}`;
    const name = `  ${oneLine(`${item.endpoint} ${itemText(item)}${value}`)}`;
    if (witness === undefined) return [name];
    return [
      name,
      `    ${witness === null ? 'no packet was found that reaches it' : oneLine(witness)}`,
    ];
  });
  const more = missed.length - LISTED_MAX;
  if (more > 0) lines.push(`  … and ${grouped(more)} more`);
  return `Never hit\n${lines.join('\n')}\n`;
}

/** A rule or default never hit, or the values never met of one that was. */
function missedOf(
  item: CoverageItem,
): readonly { readonly item: CoverageItem; readonly condition: ConditionCoverage | null }[] {
  if (item.hits === 0) return [{ item, condition: null }];
  const missed = (item.conditions ?? []).filter(({ hits }) => hits === 0);
  return missed.map((condition) => ({ item, condition }));
}

/** `switch in web-clients, web.json:3:5`. */
export function itemText({ stage, direction, rule, reason, location }: CoverageItem): string {
  const what = [stage, direction, rule ?? `default ${reason}`].filter((each) => each !== null);
  const place = location === null || location.line === 0 ? '' : `, ${placeText(location)}`;
  return `${what.join(' ')}${place}`;
}

const placeText = ({
  file,
  line,
  column,
}: {
  file: string;
  line: number;
  column: number;
}): string => `${file}:${line}:${column}`;

/**
 * Rules as functions at their lines. Rules of values that were no text have no line and are left out,
 * as are defaults. Source: geninfo(1), "FILES".
 */
export function coverageLcov({ items }: Coverage): string {
  const files = new Map<string, CoverageItem[]>();
  for (const item of items) {
    if (item.location === null || item.location.line === 0) continue;
    const { file } = item.location;
    files.set(file, [...(files.get(file) ?? []), item]);
  }
  return [...files].map(([file, found]) => lcovRecord(file, found)).join('');
}

function lcovRecord(file: string, items: readonly CoverageItem[]): string {
  const lines = new Map<number, number>();
  for (const { location, hits } of items) {
    lines.set(location!.line, (lines.get(location!.line) ?? 0) + hits);
  }
  const sorted = [...lines].sort(([a], [b]) => a - b);
  const name = ({ endpoint, rule }: CoverageItem): string => oneLine(`${endpoint}/${rule ?? ''}`);
  // Values of conditions are the branches of their rule.
  const branches = items.flatMap(({ location, conditions = [] }, block) =>
    conditions.map(({ hits }, i) => `BRDA:${location!.line},${block},${i},${hits}`),
  );
  return [
    'TN:',
    `SF:${oneLine(file)}`,
    ...items.map((item) => `FN:${item.location!.line},${name(item)}`),
    ...items.map((item) => `FNDA:${item.hits},${name(item)}`),
    `FNF:${items.length}`,
    `FNH:${items.filter(({ hits }) => hits > 0).length}`,
    ...sorted.map(([line, hits]) => `DA:${line},${hits}`),
    ...branches,
    ...(branches.length === 0
      ? []
      : [
          `BRF:${branches.length}`,
          `BRH:${branches.filter((each) => !each.endsWith(',0')).length}`,
        ]),
    `LF:${sorted.length}`,
    `LH:${sorted.filter(([, hits]) => hits > 0).length}`,
    'end_of_record\n',
  ].join('\n');
}
