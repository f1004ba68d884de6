/**
 * Which values of a rule's conditions packets had when the rule answered: of `LocalPorts: 80,443` each
 * port is one. Counted where every packet is explained, in test cases; a replay counts rules
 * (docs/semantics/library.md, L12).
 */
import { addressRangeText, numberRangeText } from '../explain/condition-values.js';
import type { ConditionField, Explanation, SeenPacket } from '../explain/explanation.js';
import { parseIpAddress } from '../normalise/address.js';
import type { Conditions, NormalisedHost, NormalisedRule } from '../normalise/normalised-host.js';
import type { ConditionCoverage, Coverage, CoverageItem } from './coverage.js';

/** One value of a condition, and the conditions that name this value alone. */
export interface ConditionValue {
  readonly field: ConditionField;
  /** A single value, a range `from-to`, or a prefix. */
  readonly value: string;
  readonly matches: (packet: SeenPacket) => boolean;
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
    portValues(conditions, 'sourcePorts'),
    portValues(conditions, 'destinationPorts'),
    icmpValues(conditions),
  ];
  const values = fields.filter((each) => each.length > 1).flat();
  return values.length > VALUES_MAX ? [] : values;
}

function protocolValues(conditions: Conditions): ConditionValue[] {
  return (conditions.protocols ?? []).map((protocol) => ({
    field: 'protocol',
    value: String(protocol),
    matches: (packet) => packet.protocol === protocol,
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
      matches: (packet) => {
        const address = packet[side] === null ? null : parseIpAddress(packet[side]);
        return (
          address?.family === family && address.value >= range.from && address.value <= range.to
        );
      },
      narrowed: { ...conditions, [side]: { ipv4: [], ipv6: [], [`ipv${family}`]: [range] } },
    }));
  return [...ofFamily(4), ...ofFamily(6)];
}

function portValues(
  conditions: Conditions,
  side: 'sourcePorts' | 'destinationPorts',
): ConditionValue[] {
  const [field, of] =
    side === 'sourcePorts'
      ? (['source-port', 'source_port'] as const)
      : (['destination-port', 'destination_port'] as const);
  return (conditions[side] ?? []).map((range) => ({
    field,
    value: numberRangeText(range),
    matches: ({ [of]: port }) => port !== null && port >= range.from && port <= range.to,
    narrowed: { ...conditions, [side]: [range] },
  }));
}

function icmpValues(conditions: Conditions): ConditionValue[] {
  return (conditions.icmp ?? []).map((range) => ({
    field: 'icmp-type-code',
    value: numberRangeText(range),
    matches: ({ icmp }) => {
      const both = icmp === null ? -1 : icmp.type * 256 + icmp.code;
      return both >= range.from && both <= range.to;
    },
    narrowed: { ...conditions, icmp: [range] },
  }));
}

/** Counts values as packets are explained. */
export interface ConditionCounter {
  readonly note: (explanation: Explanation) => void;
  /** The same coverage with the values of each rule. */
  readonly addTo: (coverage: Coverage) => Coverage;
}

export function conditionCounter(host: NormalisedHost): ConditionCounter {
  /** By endpoint and rule, and within it by field and value. */
  const counts = new Map<string, Map<string, number>>();
  const values = new Map<NormalisedRule, readonly ConditionValue[]>();
  const valuesOf = (rule: NormalisedRule): readonly ConditionValue[] => {
    const known = values.get(rule) ?? conditionValues(rule.conditions);
    values.set(rule, known);
    return known;
  };
  const countsOf = (key: string): Map<string, number> => {
    const known = counts.get(key) ?? new Map<string, number>();
    counts.set(key, known);
    return known;
  };
  const byPlace = new Map<string, NormalisedRule[]>();
  for (const rule of host.rules) {
    const key = placeOf(rule.stage, rule.name, rule.location);
    byPlace.set(key, [...(byPlace.get(key) ?? []), rule]);
  }
  return {
    note: ({ packet, endpoints }) => {
      for (const { endpoint, layers } of endpoints) {
        for (const { stage, by, flow } of layers) {
          // A packet of a flow was not held against the conditions.
          if (by?.id == null || flow !== null) continue;
          const rule = host.rules[by.id]!;
          const key = `${endpoint} ${placeOf(stage, rule.name, rule.location)}`;
          const ofRule = countsOf(key);
          for (const value of valuesOf(rule)) {
            if (value.matches(packet)) ofRule.set(idOf(value), (ofRule.get(idOf(value)) ?? 0) + 1);
          }
        }
      }
    },
    addTo: ({ format, items }) => ({
      format,
      items: items.map((item) => {
        if (item.rule === null) return item;
        const place = placeOf(item.stage, item.rule, item.location);
        const ofRule = countsOf(`${item.endpoint} ${place}`);
        const all = (byPlace.get(place) ?? []).flatMap(valuesOf);
        // Parts of one rule may have equal values.
        const byId = new Map(all.map((each) => [idOf(each), each]));
        const conditions = [...byId].map(([id, { field, value }]): ConditionCoverage => ({
          field,
          value,
          hits: ofRule.get(id) ?? 0,
        }));
        return conditions.length === 0 ? item : { ...item, conditions };
      }),
    }),
  };
}

const idOf = ({ field, value }: ConditionValue): string => `${field} ${value}`;

const placeOf = (stage: string, rule: string, location: CoverageItem['location']): string =>
  JSON.stringify([stage, rule, location?.file, location?.line, location?.column, location?.path]);
