/**
 * Packets that are classified in a measurement: drawn from the rules, so that every lookup has a
 * rule to find, and the same on every machine.
 */
import type { TracePacket } from './classbench.js';
import type { ConditionsModel, RangeModel } from '../program/program-model.js';

/** uniform: every packet a fresh point in a rule. zipf: 65,536 such points, drawn by Zipf's law. */
export const TRACE_KINDS = ['uniform', 'zipf'] as const;
export type TraceKind = (typeof TRACE_KINDS)[number];

export const TRACE_SEED = 42n;
const ZIPF_FLOWS = 65_536;
const ZIPF_EXPONENT = 0.99;
const MASK_64 = 0xffff_ffff_ffff_ffffn;
const TCP = 6;
const UDP = 17;

/** splitmix64. */
class Random {
  #state: bigint;
  constructor(seed: bigint) {
    this.#state = seed;
  }
  next(): bigint {
    let z = (this.#state = (this.#state + 0x9e37_79b9_7f4a_7c15n) & MASK_64);
    z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK_64;
    z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK_64;
    return z ^ (z >> 31n);
  }
  below(count: number): number {
    return Number(((this.next() >> 32n) * BigInt(count)) >> 32n);
  }
  within({ from, to }: RangeModel<number>): number {
    return from + this.below(to - from + 1);
  }
  /** 0 to 1, 1 excluded. */
  unit(): number {
    return Number(this.next() >> 11n) * 2 ** -53;
  }
}

/**
 * `count` IPv4 packets, each of which meets a rule of `rules`. There must be at least one rule.
 * Source: the generators that ../shared/data/classbench/README.md defines; equal seeds give its files.
 */
export function drawTrace(
  rules: readonly { readonly conditions: ConditionsModel }[],
  kind: TraceKind,
  count: number,
  seed = TRACE_SEED,
): TracePacket[] {
  const random = new Random(seed);
  const drawable = rules.map(({ conditions }) => intervalsOf(conditions));
  const draw = (): TracePacket => pointIn(drawable[random.below(drawable.length)]!, random);
  if (kind === 'uniform') return Array.from({ length: count }, draw);
  const flows = Array.from({ length: ZIPF_FLOWS }, draw);
  const pick = zipf(ZIPF_FLOWS, random);
  return Array.from({ length: count }, () => flows[pick()]!);
}

type Intervals = readonly RangeModel<number>[];
interface DrawableRule {
  readonly source: Intervals;
  readonly destination: Intervals;
  readonly sourcePorts: Intervals;
  readonly destinationPorts: Intervals;
  readonly protocols: Intervals;
}

const ANY_ADDRESS: Intervals = [{ from: 0, to: 0xffff_ffff }];
const ANY_PORT: Intervals = [{ from: 0, to: 0xffff }];
const ANY_PROTOCOL: Intervals = [{ from: 0, to: 0xff }];

function intervalsOf(conditions: ConditionsModel): DrawableRule {
  const addresses = (ranges: readonly RangeModel<bigint>[] | undefined): Intervals =>
    ranges?.map(({ from, to }) => ({ from: Number(from), to: Number(to) })) ?? ANY_ADDRESS;
  return {
    source: addresses(conditions.source),
    destination: addresses(conditions.destination),
    sourcePorts: conditions.sourcePorts ?? ANY_PORT,
    destinationPorts: conditions.destinationPorts ?? ANY_PORT,
    protocols: conditions.protocols ?? ANY_PROTOCOL,
  };
}

function pointIn(rule: DrawableRule, random: Random): TracePacket {
  const within = (intervals: Intervals): number => random.within(oneOf(intervals, random));
  const source = within(rule.source);
  const destination = within(rule.destination);
  const sourcePort = within(rule.sourcePorts);
  const destinationPort = within(rule.destinationPorts);
  const { from, to } = oneOf(rule.protocols, random);
  const drawn = random.next();
  const protocol = from === to ? from : drawn >> 63n ? TCP : UDP;
  return { source, destination, sourcePort, destinationPort, protocol };
}

/** One number is drawn only where there is a choice, so that plain rules give the published traces. */
const oneOf = (intervals: Intervals, random: Random): RangeModel<number> =>
  intervals.length === 1 ? intervals[0]! : intervals[random.below(intervals.length)]!;

function zipf(count: number, random: Random): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let k = 0; k < count; k++) sums[k] = sum += 1 / (k + 1) ** ZIPF_EXPONENT;
  for (let k = 0; k < count; k++) sums[k]! /= sum;
  return () => {
    const wanted = random.unit();
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Bytes of a `MatchKey4` (native/core/classifier/match_key.h). */
export const KEY_BYTES = 16;
const SHOWS_PORTS = 1;

/** The packets as the engine's classifier reads them. Every packet of a trace has ports. */
export function encodeKeys(packets: readonly TracePacket[]): Uint8Array {
  const bytes = new Uint8Array(packets.length * KEY_BYTES);
  const view = new DataView(bytes.buffer);
  packets.forEach((packet, index) => {
    const at = index * KEY_BYTES;
    view.setUint32(at, packet.source, true);
    view.setUint32(at + 4, packet.destination, true);
    view.setUint16(at + 8, packet.sourcePort, true);
    view.setUint16(at + 10, packet.destinationPort, true);
    view.setUint8(at + 12, packet.protocol);
    view.setUint8(at + 13, SHOWS_PORTS);
  });
  return bytes;
}
