/**
 * The small universe of addresses, ports and protocols that hosts and packets are drawn from, and the
 * conditions of rules in it.
 */
import type {
  AddressRange,
  AddressSet,
  Conditions,
  PortRange,
} from '../../src/normalise/normalised-host.js';
import { mergeRanges } from './hosts.js';
import { readAddress } from './packet.js';
import type { Random } from './random.js';

/** Numbers around the bounds of 10.9.0.4/30; the IPv6 ones have the same low 32 bits. */
export const PEERS_4 = ['10.9.0.3', '10.9.0.4', '10.9.0.5', '10.9.0.7', '10.9.0.8', '0.0.0.0'];
export const PEERS_6 = ['fd00:9::3', 'fd00:9::4', 'fd00:9::7', 'fd00:9::8', '::10.9.0.4', '::'];
export const OWN_4 = ['10.1.0.5', '10.1.0.6', '10.1.0.7', '10.2.0.5', '255.255.255.254'];
export const OWN_6 = ['fd00::5', 'fd00::6', '::10.1.0.5', 'fd00:0:0:1::5'];
export const GROUPS = ['224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1', 'ff02::fb'];
/** Drawn more often than the rest: published ports are among them. */
export const BUSY_PORTS = [79, 80, 81];
export const PORTS = [0, 1, ...BUSY_PORTS, 442, 443, 444, 5432, 49151, 49152, 65534, 65535];
const PROTOCOL_SETS = [[6], [17], [6, 17], [1], [58], [1, 58], [47], [132], [2], [50, 51], [255]];

const everyAddress = [...PEERS_4, ...PEERS_6, ...OWN_4, ...OWN_6, ...GROUPS];

function drawAddressSet(random: Random): AddressSet {
  const wanted = random.pick(['both', 4, 6, 'none'] as const);
  const ranges = (family: 4 | 6): AddressRange[] => {
    if (wanted === 'none' || (wanted !== 'both' && wanted !== family)) return [];
    const last = family === 4 ? 2n ** 32n - 1n : 2n ** 128n - 1n;
    if (random.chance(0.15)) return [{ from: 0n, to: last }];
    const bounds = everyAddress.map(readAddress).filter((address) => address.family === family);
    return mergeRanges(
      Array.from({ length: 1 + random.below(3) }, () => {
        const nudge = BigInt(random.below(3) - 1);
        const one = clamp(random.pick(bounds).value + nudge, last);
        const other = random.chance(0.5) ? one : random.pick(bounds).value;
        return one < other ? { from: one, to: other } : { from: other, to: one };
      }),
    );
  };
  return { ipv4: ranges(4), ipv6: ranges(6) };
}

const clamp = (value: bigint, last: bigint): bigint =>
  value < 0n ? 0n : value > last ? last : value;

function drawPorts(random: Random): PortRange[] {
  return mergeRanges(
    Array.from({ length: 1 + random.below(3) }, () => {
      const one = random.pick(PORTS);
      const other = random.chance(0.5) ? one : random.pick(PORTS);
      return { from: Math.min(one, other), to: Math.max(one, other) };
    }),
  );
}

export function drawConditions(random: Random): Conditions {
  const maybe = <T>(probability: number, draw: () => T): T | null =>
    random.chance(probability) ? draw() : null;
  return {
    protocols: maybe(0.6, () => random.pick(PROTOCOL_SETS)),
    source: maybe(0.4, () => drawAddressSet(random)),
    destination: maybe(0.4, () => drawAddressSet(random)),
    sourcePorts: maybe(0.15, () => drawPorts(random)),
    destinationPorts: maybe(0.35, () => drawPorts(random)),
  };
}

export const ANY: Conditions = {
  protocols: null,
  source: null,
  destination: null,
  sourcePorts: null,
  destinationPorts: null,
};
