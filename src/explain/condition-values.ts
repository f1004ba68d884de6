/** Conditions of a rule and the fields of a packet as text. */
import { formatAddress, formatMac, parseMac } from '../normalise/address.js';
import type { FurtherField } from '../normalise/normalised-host.js';
import type { ConditionsModel, RangeModel } from '../program/program-model.js';
import type { ConditionField, FailedCondition, SeenPacket } from './explanation.js';

/** Fields in the order of CONDITION_FIELD, which counts from 1. */
export const CONDITION_FIELDS: readonly ConditionField[] = [
  'protocol',
  'source-address',
  'destination-address',
  'source-port',
  'destination-port',
  'icmp-type-code',
  'tcp-opening',
  'source-mac',
  'destination-mac',
  'vlan',
  'tni',
  'gre-key',
];

/** Values that an explanation lists of one condition. */
const WANTED_MAX = 4;

/** A packet whose addresses are also numbers. */
export interface PacketValues {
  readonly seen: SeenPacket;
  readonly source: bigint;
  readonly destination: bigint;
}

/** Why a condition does not hold. */
export function failedCondition(
  field: ConditionField,
  conditions: ConditionsModel,
  packet: PacketValues,
): FailedCondition {
  const { seen } = packet;
  const family = seen.family ?? 4;
  switch (field) {
    case 'protocol':
      return failed(field, numbers(conditions.protocols), numberOf(seen.protocol), numberText);
    case 'source-port':
      return failed(field, numbers(conditions.sourcePorts), numberOf(seen.source_port), numberText);
    case 'destination-port': {
      const ports = numbers(conditions.destinationPorts);
      return failed(field, ports, numberOf(seen.destination_port), numberText);
    }
    case 'icmp-type-code': {
      const { icmp } = seen;
      const actual = icmp === null ? null : icmp.type * 256 + icmp.code;
      return failed(field, numbers(conditions.icmp), numberOf(actual), ICMP_TEXT);
    }
    case 'source-address':
      return failed(field, conditions.source ?? [], packet.source, addressText(family));
    case 'destination-address':
      return failed(field, conditions.destination ?? [], packet.destination, addressText(family));
    case 'tcp-opening':
      return failed(field, further('tcp_opening', conditions), openingOf(seen), OPENING_TEXT);
    case 'source-mac':
      return failed(field, further('source_mac', conditions), macOf(seen.source_mac), MAC_TEXT);
    case 'destination-mac': {
      const wanted = further('destination_mac', conditions);
      return failed(field, wanted, macOf(seen.destination_mac), MAC_TEXT);
    }
    case 'vlan':
      return failed(field, further('vlan', conditions), numberOf(seen.vlan), numberText);
    case 'tni':
      return failed(field, further('tni', conditions), numberOf(seen.tni), numberText);
    case 'gre-key':
      return failed(field, further('gre_key', conditions), numberOf(seen.gre_key), numberText);
  }
}

const further = (
  wanted: FurtherField,
  { further: all = [] }: ConditionsModel,
): RangeModel<bigint>[] => numbers(all.find(({ field }) => field === wanted)?.ranges);

/** As the engine's tcp_opening(); null: it is no TCP, or does not show it. */
function openingOf({ tcp_flags: flags }: SeenPacket): bigint | null {
  if (flags === null) return null;
  return flags.includes('S') && !/[AR]/.test(flags) ? 1n : 0n;
}

const macOf = (text: string | null): bigint | null => (text === null ? null : parseMac(text));

/** A range as the shortest text: one value, a prefix of an address, or `from-to`. */
export function addressRangeText({ from, to }: RangeModel<bigint>, family: 4 | 6): string {
  const text = (value: bigint): string => formatAddress({ family, value });
  if (from === to) return text(from);
  const size = to - from + 1n;
  const isPrefix = (size & (size - 1n)) === 0n && from % size === 0n;
  if (!isPrefix) return `${text(from)}-${text(to)}`;
  const bits = family === 4 ? 32 : 128;
  return `${text(from)}/${bits - (size.toString(2).length - 1)}`;
}

export const numberRangeText = ({ from, to }: RangeModel<number>): string =>
  from === to ? String(from) : `${from}-${to}`;

/** Of types and codes in one number, as the program has them: `3` with any code, `3/4`, `3/0-3/4`. */
export function icmpRangeText({ from, to }: RangeModel<number>): string {
  if (from % 256 === 0 && to === from + 255) return String(from / 256);
  return from === to ? icmpText(from) : `${icmpText(from)}-${icmpText(to)}`;
}

interface ValueText {
  readonly range: (range: RangeModel<bigint>) => string;
  readonly value: (value: bigint) => string;
}

const numberText: ValueText = {
  range: ({ from, to }) => numberRangeText({ from: Number(from), to: Number(to) }),
  value: String,
};

const addressText = (family: 4 | 6): ValueText => ({
  range: (range) => addressRangeText(range, family),
  value: (value) => formatAddress({ family, value }),
});

const OPENING_TEXT: ValueText = {
  range: ({ from }) => (from === 1n ? 'SYN' : 'no SYN'),
  value: (value) => (value === 1n ? 'SYN' : 'no SYN'),
};

const MAC_TEXT: ValueText = {
  range: ({ from, to }) => (from === to ? formatMac(from) : `${formatMac(from)}-${formatMac(to)}`),
  value: formatMac,
};

/** Type and code in one number, as the program has them. */
const ICMP_TEXT: ValueText = {
  range: ({ from, to }) => icmpRangeText({ from: Number(from), to: Number(to) }),
  value: (value) => icmpText(Number(value)),
};

const icmpText = (both: number): string => `${both >> 8}/${both & 255}`;

const numbers = (ranges: readonly RangeModel<number>[] = []): RangeModel<bigint>[] =>
  ranges.map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) }));

const numberOf = (value: number | null): bigint | null => (value === null ? null : BigInt(value));

function failed(
  field: ConditionField,
  ranges: readonly RangeModel<bigint>[],
  actual: bigint | null,
  text: ValueText,
): FailedCondition {
  const distance = ({ from, to }: RangeModel<bigint>): bigint => {
    if (actual === null) return 0n;
    return actual < from ? from - actual : actual > to ? actual - to : 0n;
  };
  const nearest = nearestRanges(ranges, distance);
  return {
    field,
    wanted: nearest.map(text.range),
    wanted_count: ranges.length,
    actual: actual === null ? null : text.value(actual),
  };
}

/** The first few by distance; equal ones in their order. Linear: lists may be long. */
function nearestRanges(
  ranges: readonly RangeModel<bigint>[],
  distance: (range: RangeModel<bigint>) => bigint,
): RangeModel<bigint>[] {
  const best: { readonly range: RangeModel<bigint>; readonly away: bigint }[] = [];
  for (const range of ranges) {
    const away = distance(range);
    let at = best.length;
    while (at > 0 && best[at - 1]!.away > away) at--;
    if (at < WANTED_MAX) best.splice(at, 0, { range, away });
    if (best.length > WANTED_MAX) best.pop();
  }
  return best.map(({ range }) => range);
}
