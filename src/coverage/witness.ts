/**
 * Packets that would cover what was not: for every rule and default never hit one that the engine,
 * asked, lets it answer. Nothing is guessed: what does not reach it is not told.
 *
 * Candidates are drawn from the rule's own conditions, at the ends of their ranges, since a rule may be
 * hidden in part behind others. A rule for which none of them does may still be reachable.
 */
import type { CompiledHost } from '../compile/compile-host.js';
import type { Explanation } from '../explain/explanation.js';
import { formatAddress } from '../normalise/address.js';
import type {
  AddressSet,
  Conditions,
  NormalisedEndpoint,
  NormalisedHost,
  NormalisedRule,
  PortRange,
} from '../normalise/normalised-host.js';
import { Simulator } from '../simulate/simulate.js';
import type { Tuple } from '../simulate/tuple.js';
import { conditionValues, itemRules } from './conditions.js';
import type { ConditionCoverage, Coverage, CoverageItem } from './coverage.js';

/** Candidates tried for one item. */
const CANDIDATES_MAX = 200;
/** Values of one field that are tried. */
const VALUES_MAX = 4;
/** Rules that are asked for all candidates together, about: each takes about a microsecond. */
const RULES_ASKED_MAX = 5_000_000;

/**
 * The same coverage with a packet for each item that was never hit, and for each value never met of
 * those that were; without one from where looking on would take too long. Packets that are there
 * stay, so that hosts can be asked one after the other.
 *
 * @throws {PortaclError} engine-missing
 */
export function withWitnesses(compiled: CompiledHost, { format, items }: Coverage): Coverage {
  const search = new WitnessSearch(compiled);
  return {
    format,
    items: items.map((item) => {
      if (item.hits === 0) return isCovered(item) ? item : { ...item, ...search.find(item, null) };
      const { conditions } = item;
      if (conditions === undefined) return item;
      return {
        ...item,
        conditions: conditions.map((each) =>
          isCovered(each) ? each : { ...each, ...search.find(item, each) },
        ),
      };
    }),
  };
}

const isCovered = ({ hits, witness }: Pick<CoverageItem, 'hits' | 'witness'>): boolean =>
  hits > 0 || typeof witness === 'string';

class WitnessSearch {
  readonly #host: NormalisedHost;
  readonly #simulator: Simulator;
  readonly #rulesOf: (item: CoverageItem) => readonly NormalisedRule[];
  readonly #endpoints: ReadonlyMap<string, NormalisedEndpoint>;
  #explanationsLeft: number;

  constructor(compiled: CompiledHost) {
    this.#host = compiled.host;
    this.#simulator = new Simulator(compiled, { stateless: true });
    this.#rulesOf = itemRules(compiled.host);
    this.#endpoints = new Map(compiled.host.endpoints.map((each) => [each.name, each]));
    this.#explanationsLeft = RULES_ASKED_MAX / (compiled.host.rules.length + 20);
  }

  /** Nothing where the work that is allowed is done. */
  find(
    item: CoverageItem,
    condition: ConditionCoverage | null,
  ): { readonly witness?: string | null } {
    let tried = 0;
    for (const tuple of this.#candidates(item, condition)) {
      if (++tried > CANDIDATES_MAX) break;
      if (--this.#explanationsLeft < 0) return {};
      if (reaches(this.#simulator.explain(tuple), item)) return { witness: tupleText(tuple) };
    }
    return { witness: null };
  }

  *#candidates(item: CoverageItem, condition: ConditionCoverage | null): Generator<Tuple> {
    const endpoint = this.#endpoints.get(item.endpoint);
    if (endpoint === undefined) return;
    const rules = this.#rulesOf(item).flatMap((rule) =>
      condition === null ? [rule] : narrowed(rule, condition),
    );
    const several = this.#host.endpoints.length > 1;
    for (const rule of item.rule === null ? [null, ...this.#host.rules] : rules) {
      yield* candidates(endpoint, rule, item.direction, several);
    }
  }
}

/** The rule with the one value in the place of all of that condition. */
function narrowed(rule: NormalisedRule, { field, value }: ConditionCoverage): NormalisedRule[] {
  return conditionValues(rule.conditions)
    .filter((each) => each.field === field && each.value === value)
    .map((each) => ({ ...rule, conditions: each.narrowed }));
}

/** Whether the item answers, in its stage of its endpoint. */
function reaches({ endpoints }: Explanation, item: CoverageItem): boolean {
  return endpoints.some(
    ({ endpoint, direction, layers }) =>
      endpoint === item.endpoint &&
      (item.direction === null || direction === item.direction) &&
      layers.some(
        ({ stage, by }) =>
          stage === item.stage &&
          by?.rule === item.rule &&
          (item.rule === null ? by.reason === item.reason : sameLocation(by.location, item)),
      ),
  );
}

function sameLocation(location: CoverageItem['location'], item: CoverageItem): boolean {
  return (
    location?.file === item.location?.file &&
    location?.path === item.location?.path &&
    location?.line === item.location?.line
  );
}

/** Peers and own addresses that no rule names: documentation addresses, and a private one. */
const SOME_IPV4 = ['192.0.2.77', '10.77.77.77', '203.0.113.77'];
const SOME_IPV6 = ['2001:db8::77', 'fd77::77'];
const SOME_PROTOCOLS = [6, 17, 47, 1, 58];
const SOME_PORTS = [49_152, 80, 65_535];
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/** Packets that meet the conditions of a rule, or, without one, packets of all kinds. */
function* candidates(
  endpoint: NormalisedEndpoint,
  rule: NormalisedRule | null,
  wanted: 'in' | 'out' | null,
  several: boolean,
): Generator<Tuple> {
  const directions = rule === null ? (['in', 'out'] as const) : ([rule.direction] as const);
  const conditions = rule?.conditions;
  for (const dir of directions) {
    if (wanted !== null && dir !== wanted) continue;
    for (const family of [4, 6] as const) {
      const own = endpoint.addresses.filter((each) => each.family === family).map(formatAddress);
      const some = family === 4 ? SOME_IPV4 : SOME_IPV6;
      const ends = (set: AddressSet | null | undefined, isOwn: boolean): string[] =>
        set
          ? addressesIn(set, family, isOwn ? own : [])
          : isOwn && own.length > 0
            ? own.slice(0, VALUES_MAX)
            : some;
      const sources = ends(conditions?.source, dir === 'out');
      const destinations = ends(conditions?.destination, dir === 'in');
      const protocols = conditions?.protocols?.slice(0, VALUES_MAX) ?? SOME_PROTOCOLS;
      for (const proto of protocols) {
        if (family === 6 ? proto === 1 : proto === 58) continue;
        for (const src of sources) {
          for (const dst of destinations) {
            if (src === dst) continue;
            const tuple: Tuple = {
              ...{ dir, proto, src, dst },
              ...(several ? { endpoint: endpoint.name } : {}),
            };
            yield* withTransport(tuple, proto, conditions);
          }
        }
      }
    }
  }
}

/** With ports, or type and code, where the protocol has them. */
function* withTransport(
  tuple: Tuple,
  proto: number,
  conditions: Conditions | undefined,
): Generator<Tuple> {
  if (proto === 1 || proto === 58) {
    const types = conditions?.icmp ?? [];
    const values = types.length === 0 ? [(proto === 1 ? 8 : 128) * 256] : endsOf(types);
    for (const both of values) yield { ...tuple, type: both >> 8, code: both & 255 };
    return;
  }
  if (!WITH_PORTS.has(proto)) {
    yield tuple;
    return;
  }
  for (const dport of portsIn(conditions?.destinationPorts)) {
    for (const sport of portsIn(conditions?.sourcePorts)) yield { ...tuple, sport, dport };
  }
}

function portsIn(ranges: readonly PortRange[] | null | undefined): number[] {
  return ranges ? endsOf(ranges) : SOME_PORTS;
}

const endsOf = (ranges: readonly PortRange[]): number[] =>
  [...new Set(ranges.flatMap(({ from, to }) => [from, to]))].slice(0, VALUES_MAX);

/** Ends of the ranges, own addresses among them first; special addresses judge nobody. */
function addressesIn(set: AddressSet, family: 4 | 6, own: readonly string[]): string[] {
  const ranges = family === 4 ? set.ipv4 : set.ipv6;
  const inside = (text: string): boolean => own.includes(text);
  const values = ranges
    .slice(0, VALUES_MAX)
    .flatMap(({ from, to }) => [from, to, from + 1n <= to ? from + 1n : to])
    .map((value) => formatAddress({ family, value }));
  const known = own.filter((text) => values.includes(text));
  const rest = [...new Set(values)].filter((text) => !inside(text) && !isSpecial(text));
  return [...known, ...rest].slice(0, 2 * VALUES_MAX);
}

function isSpecial(text: string): boolean {
  return /^(0|127|22[4-9]|2[345]\d)\.|^(::|::1)$|^ff/i.test(text);
}

function tupleText({ dir, proto, src, dst, sport, dport, type, code, endpoint }: Tuple): string {
  const end = (address: string, port: number | undefined): string =>
    port === undefined
      ? address
      : address.includes(':')
        ? `[${address}]:${port}`
        : `${address}:${port}`;
  const name = NAMES[Number(proto)] ?? String(proto);
  const words = [
    ...(type === undefined ? [] : [`type ${type}${code ? `/${code}` : ''}`]),
    ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`]),
  ];
  return [`${dir ?? ''} ${name} ${end(src, sport)} > ${end(dst, dport)}`.trim(), ...words].join(
    ' ',
  );
}

const NAMES: Readonly<Record<number, string>> = {
  ...{ 1: 'icmp', 6: 'tcp', 17: 'udp', 47: 'gre', 58: 'icmpv6', 132: 'sctp' },
};
