/** Tuples to the rows native code reads (TUPLE_TABLE of program/layout.ts). */
import { shownValue } from '../arguments.js';
import { PortaclError } from '../errors.js';
import { parseIpAddress, parseMac } from '../normalise/address.js';
import type { IpAddressValue } from '../normalise/normalised-host.js';
import { DIRECTION, NONE, TUPLE_FLAG, TUPLE_TABLE } from '../program/layout.js';
import { TableWriter } from '../program/table-writer.js';
import { didYouMean } from '../source/nearest.js';
import { quote } from '../source/source-node.js';
import type { CarriedTuple, QuotedTuple, Tuple } from './tuple.js';

const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  icmpv6: 58,
  sctp: 132,
};
const TCP_FLAG: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };
const SYN = TCP_FLAG['S']!;
const LOW_32 = 0xffffffffn;
const NO_MAC = 0xffffffffffffffffn;
const VLAN_MAX = 4095;
const TNI_MAX = 2 ** 24 - 1;

/** Where a tuple with a direction is judged: an index into the endpoints of the host. */
export type EndpointOf = (tuple: Tuple) => number;

export interface EncodedTuples {
  readonly tuples: Uint8Array;
  readonly quoted: Uint8Array;
}

/**
 * The rows of a batch.
 *
 * @throws {PortaclError} `bad-tuple` naming the field; `line` is that of the first tuple.
 */
export function encodeTuples(
  tuples: readonly Tuple[],
  line: number,
  endpointOf: EndpointOf,
): EncodedTuples {
  const rows = new TableWriter(TUPLE_TABLE);
  const inside = new TableWriter(TUPLE_TABLE);
  tuples.forEach((tuple, i) => {
    const where = `line ${line + i}`;
    const at = new TupleFields(tuple, where, FIELDS);
    const quoted =
      tuple.quoted === undefined
        ? NONE
        : pushRow(
            inside,
            new TupleFields(tuple.quoted, `${where}, quoted`, QUOTED_FIELDS),
            NO_PLACE,
          );
    const carried =
      tuple.carries === undefined ? NONE : pushCarried(inside, tuple.carries, `${where}, carries`);
    const flags =
      (tuple.at === undefined ? 0 : TUPLE_FLAG.has_time) |
      (tuple.dir === undefined ? 0 : TUPLE_FLAG.has_direction) |
      headerFlags(at);
    const endpoint = tuple.dir === undefined ? NONE : endpointOf(tuple);
    pushRow(rows, at, { quoted, carried, flags, endpoint });
  });
  return { tuples: rows.bytes, quoted: inside.bytes };
}

/** What a row says beside the fields of its tuple. */
interface RowPlace {
  readonly quoted: number;
  readonly carried: number;
  readonly flags: number;
  readonly endpoint: number;
}
const NO_PLACE: RowPlace = { quoted: NONE, carried: NONE, flags: 0, endpoint: NONE };

/** The row of a packet in a tunnel, behind that of the packet in it. */
function pushCarried(inside: TableWriter, tuple: CarriedTuple, where: string, depth = 1): number {
  const at = new TupleFields(tuple, where, CARRIED_FIELDS);
  if (depth > CARRIED_DEPTH_MAX) {
    throw new PortaclError('bad-tuple', `${where}: packets stand in each other too deep`);
  }
  const carried =
    tuple.carries === undefined
      ? NONE
      : pushCarried(inside, tuple.carries, `${where}, carries`, depth + 1);
  return pushRow(inside, at, { ...NO_PLACE, carried, flags: headerFlags(at) });
}

function headerFlags(at: TupleFields): number {
  const { tni, key } = at.tuple as Tuple;
  return (
    (tni === undefined ? 0 : TUPLE_FLAG.has_tni) |
    (key === undefined ? 0 : TUPLE_FLAG.has_gre_key) |
    fragmentFlag(at)
  );
}

function fragmentFlag(at: TupleFields): number {
  const fragment: unknown = (at.tuple as Tuple).fragment;
  if (fragment === undefined) return 0;
  if (typeof fragment !== 'object' || fragment === null) throw at.fragmentError();
  return (fragment as { offset?: unknown }).offset === 0
    ? TUPLE_FLAG.first_fragment
    : TUPLE_FLAG.later_fragment;
}

function pushRow(
  rows: TableWriter,
  at: TupleFields,
  { quoted, carried, flags, endpoint }: RowPlace,
): number {
  const tuple = at.tuple as Tuple;
  const source = at.address('src');
  const destination = at.address('dst');
  if (source.family !== destination.family) {
    throw at.error('dst', 'an address of the same family as src');
  }
  return rows.push([
    at.time(),
    at.mac('smac'),
    at.mac('dmac'),
    ...words(source.value),
    ...words(destination.value),
    at.number('seq', 0, 0xffffffff),
    at.number('ack', 0, 0xffffffff),
    tuple.fragment === undefined ? 0 : at.fragmentId(),
    endpoint,
    quoted,
    at.number('tni', 0, TNI_MAX),
    at.number('key', 0, 0xffffffff),
    at.number('sport', 0, 65535),
    at.number('dport', 0, 65535),
    at.number('id', 0, 65535),
    source.family,
    at.protocol(),
    at.tcpFlags(),
    at.number('type', 0, 255),
    at.number('code', 0, 255),
    at.direction(),
    flags,
    0,
    at.number('vlan', 0, VLAN_MAX),
    carried,
  ]);
}

function words(address: bigint): [number, number, number, number] {
  if (address <= LOW_32) return [0, 0, 0, Number(address)];
  return [
    Number(address >> 96n),
    Number((address >> 64n) & LOW_32),
    Number((address >> 32n) & LOW_32),
    Number(address & LOW_32),
  ];
}

/** What a packet has, and what the packet quoted in an ICMP error has. */
const QUOTED_FIELDS = ['proto', 'src', 'dst', 'sport', 'dport', 'type', 'code', 'id'] as const;
const CARRIED_FIELDS: readonly (keyof CarriedTuple)[] = [
  ...QUOTED_FIELDS,
  ...(['flags', 'seq', 'ack', 'fragment', 'smac', 'dmac', 'vlan', 'tni', 'key'] as const),
  'carries',
];
const FIELDS: readonly (keyof Tuple)[] = [
  ...CARRIED_FIELDS,
  ...(['dir', 'at', 'endpoint', 'quoted'] as const),
];
/** Beyond two encapsulations nothing is looked at. Source: vfp.md 3.1. */
const CARRIED_DEPTH_MAX = 4;
const FRAGMENT_FIELDS = ['id', 'offset'] as const;

type NumberField =
  'sport' | 'dport' | 'type' | 'code' | 'id' | 'seq' | 'ack' | 'vlan' | 'tni' | 'key';

/** The fields of one tuple, each checked as it is read: a tuple may come from anywhere. */
class TupleFields {
  readonly tuple: Tuple | CarriedTuple | QuotedTuple;
  readonly #where: string;

  constructor(tuple: Tuple | CarriedTuple | QuotedTuple, where: string, fields: readonly string[]) {
    this.#where = where;
    this.tuple = tuple;
    if (typeof tuple !== 'object' || (tuple as unknown) === null || Array.isArray(tuple)) {
      throw new PortaclError('bad-tuple', `${where}: a packet is an object`);
    }
    this.#refuseUnknown(tuple, fields);
  }

  /** A field that is passed over would be a condition that is: a wrong verdict. */
  #refuseUnknown(value: object, fields: readonly string[]): void {
    for (const name of Object.keys(value)) {
      if (fields.includes(name) || (value as Record<string, unknown>)[name] === undefined) continue;
      throw new PortaclError(
        'bad-tuple',
        `${this.#where}: ${quote(name)} is no field here; fields are ${fields.join(', ')}.${didYouMean(name, fields)}`,
      );
    }
  }

  error(field: string, accepted: string): PortaclError {
    const found: unknown = (this.tuple as unknown as Record<string, unknown>)[field];
    const shown = shownValue(found);
    return new PortaclError(
      'bad-tuple',
      `${this.#where}: ${field} is ${shown}; accepted is ${accepted}`,
    );
  }

  address(field: 'src' | 'dst'): IpAddressValue {
    const text: unknown = this.tuple[field];
    const address = typeof text === 'string' ? parseIpAddress(text) : null;
    if (address === null) throw this.error(field, 'an IPv4 or IPv6 address');
    return address;
  }

  number(field: NumberField, fallback: number, max: number): number {
    const value: unknown = (this.tuple as Tuple)[field];
    if (value === undefined || value === null) return fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) {
      return value;
    }
    throw this.error(field, `a number from 0 to ${max}`);
  }

  mac(field: 'smac' | 'dmac'): bigint {
    const text: unknown = (this.tuple as Tuple)[field];
    if (text === undefined) return NO_MAC;
    const mac = typeof text === 'string' ? parseMac(text) : null;
    if (mac === null) throw this.error(field, 'a MAC address such as 02-00-00-00-00-01');
    return mac;
  }

  fragmentId(): number {
    const fragment: unknown = (this.tuple as Tuple).fragment;
    const { id, offset } = (fragment ?? {}) as { id?: unknown; offset?: unknown };
    const ok = (n: unknown, max: number): n is number =>
      typeof n === 'number' && Number.isInteger(n) && n >= 0 && n <= max;
    if (!ok(id, 0xffffffff) || !ok(offset, 65535)) throw this.fragmentError();
    this.#refuseUnknown(fragment as object, FRAGMENT_FIELDS);
    return id;
  }

  fragmentError(): PortaclError {
    return this.error('fragment', '{"id": number, "offset": number}');
  }

  protocol(): number {
    const value: unknown = this.tuple.proto;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) {
      return value;
    }
    const name = typeof value === 'string' ? value.toLowerCase() : '';
    if (Object.hasOwn(PROTOCOLS, name)) return PROTOCOLS[name]!;
    throw this.error(
      'proto',
      `a number from 0 to 255 or one of ${Object.keys(PROTOCOLS).join(', ')}`,
    );
  }

  tcpFlags(): number {
    const value: unknown = (this.tuple as Tuple).flags;
    if (value === undefined || value === null) return SYN;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) {
      return value;
    }
    if (typeof value === 'string' && /^[FSRPAU]*$/i.test(value)) {
      return Array.from(value.toUpperCase()).reduce((bits, letter) => bits | TCP_FLAG[letter]!, 0);
    }
    throw this.error('flags', 'a number from 0 to 255 or letters of FSRPAU');
  }

  direction(): number {
    const value: unknown = (this.tuple as Tuple).dir;
    if (value === undefined) return 0;
    if (value === 'in' || value === 'out') return DIRECTION[value];
    throw this.error('dir', '"in" or "out"');
  }

  time(): bigint {
    const value: unknown = (this.tuple as Tuple).at;
    if (value === undefined) return 0n;
    if (typeof value === 'number' && value >= 0 && value <= SECONDS_MAX) {
      return BigInt(Math.round(value * 1e9));
    }
    throw this.error('at', `seconds from 0 to ${SECONDS_MAX}`);
  }
}

/** Virtual time ends after some 285 years: nanoseconds are kept in 64 bits. */
const SECONDS_MAX = 9e9;
