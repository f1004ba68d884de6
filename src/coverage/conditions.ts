/**
 * Which values of a rule's conditions packets had when the rule answered: of `LocalPorts: 80,443` each
 * port is one. The engine counts them where it is asked to (docs/semantics/library.md, L12).
 */
import {
  CONDITION_FIELDS,
  addressRangeText,
  icmpRangeText,
  numberRangeText,
} from '../explain/condition-values.js';
import type { ConditionField } from '../explain/explanation.js';
import type { NativeCounters } from '../native/engine-types.js';
import type { Conditions, NormalisedHost, NormalisedRule } from '../normalise/normalised-host.js';
import type { RangeModel } from '../program/program-model.js';
import { readRuleCounters } from '../report/rule-counters.js';
import type { ProgramNames } from '../report/rule-names.js';
import {
  coverageOf,
  type ConditionCoverage,
  type Coverage,
  type CoverageItem,
} from './coverage.js';

/** One value of a condition, and the conditions that name this value alone. */
export interface ConditionValue {
  readonly field: ConditionField;
  /** A single value, a range `from-to`, or a prefix. */
  readonly value: string;
  readonly narrowed: Conditions;
}

/** Values of one rule that are told apart; a rule with more counts as a whole. */
const VALUES_MAX = 1024;

/** Of a condition with one value, that is as often met as the rule, nothing is told. */
export function conditionValues(conditions: Conditions): readonly ConditionValue[] {
  const fields = [
    protocolValues(conditions),
    addressValues(conditions, 'source'),
    addressValues(conditions, 'destination'),
    rangeValues(conditions, 'sourcePorts', 'source-port', numberRangeText),
    rangeValues(conditions, 'destinationPorts', 'destination-port', numberRangeText),
    rangeValues(conditions, 'icmp', 'icmp-type-code', icmpRangeText),
  ];
  const values = fields.filter((each) => each.length > 1).flat();
  return values.length > VALUES_MAX ? [] : values;
}

function protocolValues(conditions: Conditions): ConditionValue[] {
  return (conditions.protocols ?? []).map((protocol) => ({
    field: 'protocol',
    value: String(protocol),
    narrowed: { ...conditions, protocols: [protocol] },
  }));
}

function addressValues(conditions: Conditions, side: 'source' | 'destination'): ConditionValue[] {
  const set = conditions[side];
  if (set === null) return [];
  const ofFamily = (family: 4 | 6): ConditionValue[] =>
    set[`ipv${family}`].map((range) => ({
      field: `${side}-address`,
      value: addressRangeText(range, family),
      narrowed: { ...conditions, [side]: { ipv4: [], ipv6: [], [`ipv${family}`]: [range] } },
    }));
  return [...ofFamily(4), ...ofFamily(6)];
}

function rangeValues(
  conditions: Conditions,
  name: 'sourcePorts' | 'destinationPorts' | 'icmp',
  field: ConditionField,
  text: typeof numberRangeText,
): ConditionValue[] {
  return (conditions[name] ?? []).map((range) => ({
    field,
    value: text(range),
    narrowed: { ...conditions, [name]: [range] },
  }));
}

/** What an engine has counted as coverage, with the values of each rule where `countsValues`. */
export function countedCoverage(
  host: NormalisedHost,
  names: ProgramNames,
  counters: NativeCounters,
  countsValues: boolean,
): Coverage {
  const coverage = coverageOf(readRuleCounters(counters.rules, host, names));
  return countsValues ? withValues(coverage, host, names, counters) : coverage;
}

function withValues(
  { format, items }: Coverage,
  host: NormalisedHost,
  names: ProgramNames,
  counters: NativeCounters,
): Coverage {
  const hits = countedValues(host, names, counters);
  const rulesOf = itemRules(host);
  return {
    format,
    items: items.map((item) => {
      if (item.rule === null) return item;
      const place = `${item.endpoint} ${placeOf(item.stage, item.rule, item.location)}`;
      // Parts of one rule may have equal values.
      const values = rulesOf(item).flatMap((rule) => conditionValues(rule.conditions));
      const byName = new Map(values.map((each) => [nameOf(each), each]));
      const conditions = [...byName].map(([name, { field, value }]): ConditionCoverage => ({
        ...{ field, value },
        hits: hits.get(`${place} ${name}`) ?? 0,
      }));
      return conditions.length === 0 ? item : { ...item, conditions };
    }),
  };
}

/** The rules that an item stands for: one, or the parts of one. */
export function itemRules(host: NormalisedHost): (item: CoverageItem) => readonly NormalisedRule[] {
  const rules = new Map<string, NormalisedRule[]>();
  for (const rule of host.rules) {
    const place = placeOf(rule.stage, rule.name, rule.location);
    const known = rules.get(place);
    if (known === undefined) rules.set(place, [rule]);
    else known.push(rule);
  }
  return ({ stage, rule, location }) =>
    rule === null ? [] : (rules.get(placeOf(stage, rule, location)) ?? []);
}

/** Numbers of ConditionValues::Count in native/core/report/condition_values.h. */
const VALUE_WORDS = 6;

/** Packets by endpoint, rule and value. */
function countedValues(
  host: NormalisedHost,
  names: ProgramNames,
  { conditionValues: words }: NativeCounters,
): Map<string, number> {
  const hits = new Map<string, number>();
  for (let i = 0; i < words.length; i += VALUE_WORDS) {
    const [place, fromHigh, fromLow, toHigh, toLow, packets] = words.subarray(i, i + VALUE_WORDS);
    const row = names.rules[Number(place! & 0xffffffffn)]!;
    if (row.rule === null) continue;
    const field = CONDITION_FIELDS[Number(place! >> 32n) - 1]!;
    const range = { from: (fromHigh! << 64n) | fromLow!, to: (toHigh! << 64n) | toLow! };
    const value = valueText(field, range, row.family ?? 4);
    const { stage, name, location } = row.rule;
    const endpoint = host.endpoints[row.endpoint]!.name;
    const key = `${endpoint} ${placeOf(stage, name, location)} ${nameOf({ field, value })}`;
    hits.set(key, (hits.get(key) ?? 0) + Number(packets!));
  }
  return hits;
}

function valueText(field: ConditionField, range: RangeModel<bigint>, family: 4 | 6): string {
  if (field === 'source-address' || field === 'destination-address') {
    return addressRangeText(range, family);
  }
  const numbers = { from: Number(range.from), to: Number(range.to) };
  return field === 'icmp-type-code' ? icmpRangeText(numbers) : numberRangeText(numbers);
}

const nameOf = ({ field, value }: Pick<ConditionValue, 'field' | 'value'>): string =>
  `${field} ${value}`;

const placeOf = (stage: string, rule: string, at: CoverageItem['location']): string =>
  JSON.stringify([stage, rule, at?.file, at?.line, at?.column, at?.path]);
