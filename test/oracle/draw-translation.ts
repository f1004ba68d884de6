/**
 * Draws layers that rewrite and fronts for a drawn host, and packets that meet them: few services,
 * whose ends are addresses of the same small universe.
 */
import type {
  Conditions,
  Distribution,
  Front,
  NormalisedEndpoint,
  NormalisedHost,
  TranslatedEnd,
  TranslationLayer,
  TranslationRule,
} from '../../src/normalise/normalised-host.js';
import type { QuotedTuple, Tuple } from '../../src/simulate/tuple.js';
import { BUSY_PORTS, OWN_4, OWN_6, PEERS_4, PEERS_6 } from './draw-conditions.js';
import { type Address, readAddress } from './packet.js';
import type { Random } from './random.js';

interface Service {
  readonly front: { readonly address: string; readonly port: number };
  /** Ports of its own where they are not kept. */
  readonly ends: readonly { readonly address: string; readonly port: number | null }[];
}

/** The first are addresses of peers and endpoints too. */
const FRONTS_4 = ['10.96.0.1', '10.96.0.2', '10.9.0.4', '10.1.0.6'];
const FRONTS_6 = ['fd00:96::1', 'fd00:9::4'];
const WITH_PORTS = [6, 17, 33, 132, 136];
const DISTRIBUTIONS: readonly Distribution[] = [
  'five_tuple',
  'five_tuple',
  'addresses_and_protocol',
  'addresses',
];

const isSix = (text: string): boolean => text.includes(':');

export function drawServices(random: Random): Service[] {
  return Array.from({ length: 1 + random.below(3) }, () => {
    const six = random.chance(0.3);
    const own = six ? OWN_6 : OWN_4.slice(0, 4);
    const peers = six ? PEERS_6.slice(0, 4) : PEERS_4.slice(0, 5);
    return {
      front: {
        address: random.pick(six ? FRONTS_6 : FRONTS_4),
        port: random.pick(BUSY_PORTS),
      },
      ends: Array.from({ length: 1 + random.below(3) }, () => ({
        address: random.pick(random.chance(0.75) ? own : peers),
        port: random.chance(0.8) ? random.pick([...BUSY_PORTS, 443]) : null,
      })),
    };
  });
}

/** The host with layers and fronts for the services, and some that have nothing to do with them. */
export function withTranslations(
  random: Random,
  host: NormalisedHost,
  services: readonly Service[],
): NormalisedHost {
  const ownerOf = ({ family, value }: Address): number | null => {
    const at = host.endpoints.findIndex(({ addresses }) =>
      addresses.some((each) => each.family === family && each.value === value),
    );
    return at < 0 || random.chance(0.1) ? null : at;
  };
  const end = ({ address, port }: Service['ends'][number]): TranslatedEnd => {
    const read = readAddress(address);
    return { address: read, port, endpoint: ownerOf(read) };
  };
  let count = 0;
  const rule = (): TranslationRule => {
    const { front, ends } = random.pick(services);
    const six = isSix(front.address);
    const lbnat = random.chance(0.5);
    const own = random.pick(six ? OWN_6 : OWN_4);
    if (random.chance(0.15)) return plainRule(random, front, `rule-t${count++}`);
    if (random.chance(0.25)) return poolRule(random, front, `rule-t${count++}`);
    const rewritesSource = random.chance(0.25);
    const rewritesDestination = !rewritesSource || random.chance(0.6);
    const chosen = lbnat ? ends : [random.pick(ends)];
    return {
      name: `rule-t${count++}`,
      direction: random.pick(['in', 'in', 'out'] as const),
      family: six ? 6 : 4,
      conditions: conditionsOf(random, front, rewritesDestination),
      action: lbnat && rewritesDestination ? 'lbnat' : 'nat',
      source: rewritesSource
        ? end({ address: own, port: random.chance(0.5) ? random.pick([80, 49152]) : null })
        : null,
      destinations: rewritesDestination ? chosen.map(end) : [],
      distribution: random.pick(DISTRIBUTIONS),
    };
  };
  const layers = (): TranslationLayer[] =>
    [7, 20, 50]
      .filter(() => random.chance(0.5))
      .map((priority) => ({
        ...{ name: `layer${priority}`, priority, group: `GROUP${priority}` },
        rules: Array.from({ length: 1 + random.below(4) }, rule),
      }));
  const endpoints = host.endpoints.map((endpoint): NormalisedEndpoint => ({
    ...endpoint,
    translations: random.chance(0.75) ? layers() : [],
  }));
  const fronts = new Map<string, Front>();
  for (const { front, ends } of services) {
    for (const protocol of [6, 17, 132]) {
      if (random.chance(0.3)) continue;
      fronts.set(`${front.address} ${front.port} ${protocol}`, {
        ...{ address: readAddress(front.address), port: front.port, protocol },
        ...{ targets: ends.map(end), distribution: random.pick(DISTRIBUTIONS) },
      });
    }
  }
  return { ...host, endpoints, fronts: [...fronts.values()] };
}

/** What it takes leaves as it came, past the rules behind it. */
function plainRule(random: Random, front: Service['front'], name: string): TranslationRule {
  return {
    ...{
      name,
      direction: random.pick(['in', 'out'] as const),
      family: isSix(front.address) ? 6 : 4,
    },
    conditions: conditionsOf(random, front, true),
    ...{ action: 'allow', source: null, destinations: [], distribution: 'five_tuple' },
    flowSeconds: random.pick([1, 10]),
  };
}

/** A source of a pool that is soon used up. */
function poolRule(random: Random, front: Service['front'], name: string): TranslationRule {
  const six = isSix(front.address);
  const from = random.pick([49152, 49152, 65534]);
  return {
    ...{ name, direction: random.pick(['out', 'out', 'in'] as const), family: six ? 6 : 4 },
    conditions: conditionsOf(random, front, random.chance(0.6)),
    ...{ action: 'dynnat', source: null, destinations: [] },
    pool: Array.from({ length: random.pick([1, 1, 2]) }, () => ({
      address: readAddress(random.pick(six ? [...FRONTS_6, ...OWN_6] : [...FRONTS_4, ...OWN_4])),
      ...{ from, to: from + random.pick([0, 0, 1]) },
    })),
    distribution: random.pick(DISTRIBUTIONS),
  };
}

function conditionsOf(
  random: Random,
  { address, port }: Service['front'],
  rewritesDestination: boolean,
): Conditions {
  const { family, value } = readAddress(address);
  const one = [{ from: value, to: value }];
  const exact = random.chance(rewritesDestination ? 0.85 : 0.3);
  return {
    protocols: random.pick([null, [6], [6, 17], [6, 17, 132]]),
    source: null,
    destination: exact ? { ipv4: family === 4 ? one : [], ipv6: family === 6 ? one : [] } : null,
    sourcePorts: null,
    destinationPorts: exact && random.chance(0.7) ? [{ from: port, to: port }] : null,
  };
}

/** Some rules, layers, ends and fronts less; or others. Endpoints may have gone before. */
export function withFewerTranslations(
  random: Random,
  host: NormalisedHost,
  services: readonly Service[],
): NormalisedHost {
  if (random.chance(0.2)) return withTranslations(random, host, services);
  const known = host.endpoints.length;
  const fit = (end: TranslatedEnd): TranslatedEnd =>
    end.endpoint !== null && end.endpoint >= known ? { ...end, endpoint: null } : end;
  const fewer = <T>(items: readonly T[]): T[] => {
    const left = items.filter(() => !random.chance(0.2));
    return left.length > 0 ? left : items.slice(0, 1);
  };
  return {
    ...host,
    fronts: (host.fronts ?? []).map((front) => ({ ...front, targets: front.targets.map(fit) })),
    endpoints: host.endpoints.map((endpoint) => ({
      ...endpoint,
      translations: (endpoint.translations ?? [])
        .filter(() => !random.chance(0.1))
        .map((layer) => ({
          ...layer,
          rules: fewer(layer.rules).map((rule) => ({
            ...rule,
            source: rule.source && fit(rule.source),
            destinations: fewer(rule.destinations).map(fit),
            ...(rule.pool && { pool: fewer(rule.pool) }),
          })),
        })),
    })),
  };
}

/** The packet as a service's, to or from its front or an end behind it; often as it was. */
export function throughService(random: Random, tuple: Tuple, services: readonly Service[]): Tuple {
  if (random.chance(0.1)) return oneOfMany(random, tuple, random.pick(services));
  const turned = turn(random, tuple, services);
  if (tuple.quoted === undefined) return turned;
  const quoted = turn(random, tuple.quoted, services);
  // An error goes to the sender of what it quotes.
  return { ...turned, dst: quoted.src, quoted };
}

/** A request like many others of the time: what uses up a pool. */
function oneOfMany(random: Random, { at }: Tuple, { front }: Service): Tuple {
  const isTcp = random.chance(0.7);
  return {
    ...(at !== undefined && { at }),
    ...{ proto: isTcp ? 'tcp' : 'udp', src: (isSix(front.address) ? OWN_6 : OWN_4)[0]! },
    ...{ dst: front.address, sport: 1024 + random.below(50), dport: front.port },
    ...(isTcp && { flags: 'S' }),
  };
}

function turn<T extends Tuple | QuotedTuple>(
  random: Random,
  tuple: T,
  services: readonly Service[],
): T {
  const { front, ends } = random.pick(services);
  const hasPorts = WITH_PORTS.includes(Number(tuple.proto));
  const side = (
    address: string,
    front_chance: number,
  ): { address: string; port: number | null } | null => {
    const at = ends.find((each) => each.address === address);
    if (at === undefined || random.chance(0.1)) return null;
    return random.chance(front_chance) ? front : at;
  };
  const to = side(tuple.dst, 0.7);
  const from = to === null ? side(tuple.src, 0.35) : null;
  return {
    ...tuple,
    ...(to && { dst: to.address }),
    ...(to?.port != null && hasPorts && { dport: to.port }),
    ...(from && { src: from.address }),
    ...(from?.port != null && hasPorts && { sport: from.port }),
  };
}

export type { Service };
