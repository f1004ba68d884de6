/**
 * Draws layers that put headers on and take them off, and packets in tunnels: few tunnels, between
 * addresses of which some are an endpoint's, so that what one layer puts on another takes off.
 */
import type {
  Conditions,
  Encapsulation,
  EncapsulationLayer,
  EncapsulationRule,
  NormalisedEndpoint,
  NormalisedHost,
} from '../../src/normalise/normalised-host.js';
import type { CarriedTuple, Tuple } from '../../src/simulate/tuple.js';
import { OWN_4, OWN_6, PEERS_4 } from './draw-conditions.js';
import { readAddress } from './packet.js';
import type { Random } from './random.js';

const PROVIDERS_4 = ['172.29.0.24', '172.29.0.68', '172.29.0.1'];
const PROVIDERS_6 = ['fd00:29::24', 'fd00:29::68'];
const NETWORKS = [4096, 5000];
const FORMATS = ['vxlan', 'vxlan', 'nvgre', 'ip_in_gre', 'ip_in_ip'] as const;
const MACS = [null, null, 0x02_00_00_00_00_07n];

const ANY: Conditions = {
  ...{ protocols: null, source: null, destination: null },
  ...{ sourcePorts: null, destinationPorts: null },
};

/** A copy that lacks a member. */
export function without<T extends object, K extends keyof T>(from: T, name: K): Omit<T, K> {
  return Object.fromEntries(
    Object.entries(from).filter(([key]) => key !== name),
  ) as unknown as Omit<T, K>;
}

export function withEncapsulation(random: Random, host: NormalisedHost): NormalisedHost {
  let count = 0;
  const layer = (): EncapsulationLayer => ({
    // Beside, between and behind layers that rewrite.
    ...{ name: 'encap', priority: random.pick([5, 17, 40, 60]), group: 'ENCAP' },
    rules: Array.from({ length: 2 + random.below(4) }, () => drawRule(random, `rule-e${count++}`)),
  });
  return {
    ...host,
    endpoints: host.endpoints.map((endpoint): NormalisedEndpoint => {
      const bare = without(endpoint, 'encapsulation');
      return random.chance(0.8) ? { ...bare, encapsulation: layer() } : bare;
    }),
  };
}

function drawRule(random: Random, name: string): EncapsulationRule {
  const direction = random.pick(['in', 'in', 'out'] as const);
  // Mostly as a network has it: on outwards, off inwards.
  const opens = random.chance(direction === 'in' ? 0.85 : 0.2);
  const six = random.chance(0.25);
  return {
    ...{ name, direction, family: six ? 6 : 4 },
    conditions: opens ? drawOpening(random) : drawPrefix(random, six),
    puts: opens ? null : drawHeaders(random),
  };
}

function drawOpening(random: Random): Conditions {
  const network = random.pick(NETWORKS);
  return random.pick<Conditions>([
    {
      ...ANY,
      protocols: [17],
      further: [{ field: 'tni', ranges: [{ from: network, to: network }] }],
    },
    { ...ANY, further: [{ field: 'tni', ranges: [{ from: 0, to: 0xffffff }] }] },
    { ...ANY, protocols: [4, 41, 47] },
    { ...ANY, protocols: [17] },
  ]);
}

function drawPrefix(random: Random, six: boolean): Conditions {
  if (random.chance(0.3)) return ANY;
  const { value } = readAddress(random.pick(six ? OWN_6 : [...OWN_4, ...PEERS_4]));
  const ranges = [{ from: value & ~0xffn, to: value | 0xffn }];
  return { ...ANY, destination: { ipv4: six ? [] : ranges, ipv6: six ? ranges : [] } };
}

function drawHeaders(random: Random): Encapsulation {
  const providers = random.chance(0.2) ? PROVIDERS_6 : PROVIDERS_4;
  const format = random.pick(FORMATS);
  return {
    format,
    source: readAddress(random.pick(providers)),
    destination: readAddress(random.pick(providers)),
    network: format === 'vxlan' || format === 'nvgre' ? random.pick(NETWORKS) : 0,
    sourceMac: random.pick(MACS),
    destinationMac: random.pick(MACS),
    innerMac: random.pick(MACS),
  };
}

/** The packet in a tunnel, sometimes in two; often as it was. */
export function throughTunnel(random: Random, tuple: Tuple): Tuple {
  if (tuple.quoted !== undefined || random.chance(0.5)) return tuple;
  const { dir, at, endpoint, ...inside } = tuple;
  const outer = {
    ...(dir !== undefined && { dir }),
    ...(at !== undefined && { at }),
    ...(endpoint !== undefined && { endpoint }),
  };
  const once = around(random, inside);
  const carried = random.chance(0.1) ? around(random, once) : once;
  if (random.chance(0.05)) return { ...outer, ...without(carried, 'carries') };
  return { ...outer, ...carried };
}

function around(random: Random, carries: CarriedTuple): CarriedTuple {
  const six = random.chance(0.15);
  const providers = six ? PROVIDERS_6 : PROVIDERS_4;
  const ends = { src: random.pick(providers), dst: random.pick(providers) };
  // Some are the endpoints' own tunnels.
  const own = random.chance(0.1) ? { dst: random.pick(six ? OWN_6 : OWN_4.slice(0, 4)) } : {};
  const tni = random.pick(NETWORKS);
  switch (random.pick(FORMATS)) {
    case 'vxlan':
      return {
        proto: 17,
        ...ends,
        ...own,
        sport: 50_000 + random.below(3),
        dport: 4789,
        tni,
        carries,
      };
    case 'nvgre':
      return { proto: 47, ...ends, ...own, tni, key: tni * 256, carries };
    case 'ip_in_gre':
      return { proto: 47, ...ends, ...own, carries };
    case 'ip_in_ip':
      return { proto: carries.src.includes(':') ? 41 : 4, ...ends, ...own, carries };
  }
}
