/**
 * Packets worth asking: for every rule of a host one from its lower and one from its upper corner and
 * one beside it, and for the defaults one of each protocol they tell apart. Two platforms are told
 * to differ by these packets only, so they find differences and prove none absent.
 */
import { formatAddress } from '../normalise/address.js';
import type {
  AddressSet,
  Conditions,
  Direction,
  NormalisedEndpoint,
  NormalisedHost,
  NormalisedRule,
  RuleId,
} from '../normalise/normalised-host.js';
import type { Tuple } from '../simulate/tuple.js';

/** Packets asked at most; what is beyond is counted and said. */
export const PROBES_MAX = 20_000;

const TCP = 6;
const UDP = 17;
const SCTP = 132;
const WITH_PORTS: readonly number[] = [TCP, UDP, SCTP];
const ICMP = 1;
const ICMPV6 = 58;
/** One of each that a default tells apart, and one that is none of them: GRE. */
const DEFAULT_PROTOCOLS: Readonly<Record<4 | 6, readonly number[]>> = {
  4: [TCP, UDP, ICMP, 2, 47],
  6: [TCP, UDP, ICMPV6, 47],
};
const EPHEMERAL = 49_152;
const SOME_PORT = 33_333;

/** Addresses of documentation, for what no rule names. Source: RFC 5737, RFC 3849. */
const SOMEBODY: Readonly<Record<4 | 6, bigint>> = {
  4: 0xcb007107n,
  6: 0x20010db8000000000000000000000007n,
};
const NOBODY: Readonly<Record<4 | 6, bigint>> = {
  4: 0xc0000205n,
  6: 0x20010db8000000000000000000000005n,
};

interface Corner {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly source: bigint | null;
  readonly destination: bigint | null;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
}

/** The packets for one host, without repetition, in an order that does not change. */
export function probePackets(host: NormalisedHost): readonly Tuple[] {
  const probes = new Map<string, Tuple>();
  const add = (tuple: Tuple): void => {
    probes.set(JSON.stringify(tuple), tuple);
  };
  for (const endpoint of host.endpoints) {
    for (const direction of ['in', 'out'] as const) {
      for (const corner of defaultCorners(endpoint)) add(tupleOf(endpoint, direction, corner));
      for (const rule of rulesOf(host, endpoint, direction)) {
        for (const corner of ruleCorners(rule.conditions)) {
          if (probes.size >= PROBES_MAX) return [...probes.values()];
          add(tupleOf(endpoint, direction, corner));
        }
      }
    }
  }
  return [...probes.values()].slice(0, PROBES_MAX);
}

function rulesOf(
  host: NormalisedHost,
  { switchStage, hostStage }: NormalisedEndpoint,
  direction: Direction,
): readonly NormalisedRule[] {
  const ids: readonly RuleId[] = [
    ...(switchStage.kind === 'acl' ? switchStage[direction].flatMap(({ rules }) => rules) : []),
    ...(hostStage.kind === 'acl' ? hostStage[direction] : []),
  ];
  return ids.map((id) => host.rules[id]!);
}

function defaultCorners({ published }: NormalisedEndpoint): readonly Corner[] {
  const any = { source: null, destination: null, sourcePort: null };
  const plain = ([4, 6] as const).flatMap((family) =>
    DEFAULT_PROTOCOLS[family].map((protocol) => ({
      ...{ family, protocol, ...any, destinationPort: null },
    })),
  );
  const mapped = published.map(({ protocol, internalPort }) => ({
    ...{ family: 4 as const, protocol, ...any, destinationPort: internalPort },
  }));
  return [...plain, ...mapped];
}

/** The first and last packet of a rule in each family, and one with the next port. */
function ruleCorners(conditions: Conditions): readonly Corner[] {
  const { protocols, source, destination, sourcePorts, destinationPorts } = conditions;
  return ([4, 6] as const).flatMap((family) => {
    const from = edges(source, family);
    const to = edges(destination, family);
    if (from === null || to === null) return [];
    const corner = (i: 0 | 1): Corner => ({
      family,
      protocol: (i === 0 ? protocols?.[0] : protocols?.at(-1)) ?? TCP,
      source: from[i],
      destination: to[i],
      sourcePort: (i === 0 ? sourcePorts?.[0]?.from : sourcePorts?.at(-1)?.to) ?? null,
      destinationPort:
        (i === 0 ? destinationPorts?.[0]?.from : destinationPorts?.at(-1)?.to) ?? null,
    });
    const [first, last] = [corner(0), corner(1)];
    const port = last.destinationPort;
    const beside = port === null || port === 65_535 ? [] : [{ ...last, destinationPort: port + 1 }];
    return [first, last, ...beside];
  });
}

/** First and last address; null stands for any, and null in place of both for none. */
function edges(
  set: AddressSet | null,
  family: 4 | 6,
): readonly [bigint | null, bigint | null] | null {
  if (set === null) return [null, null];
  const ranges = family === 4 ? set.ipv4 : set.ipv6;
  const [first, last] = [ranges[0], ranges.at(-1)];
  return first === undefined || last === undefined ? null : [first.from, last.to];
}

function tupleOf(endpoint: NormalisedEndpoint, dir: Direction, corner: Corner): Tuple {
  const { family, protocol } = corner;
  const own =
    endpoint.addresses.find((address) => address.family === family)?.value ?? NOBODY[family];
  const peer = SOMEBODY[family];
  const address = (value: bigint | null, other: bigint): string =>
    formatAddress({ family, value: value ?? other });
  return {
    dir,
    endpoint: endpoint.name,
    proto: protocol,
    src: address(corner.source, dir === 'in' ? peer : own),
    dst: address(corner.destination, dir === 'in' ? own : peer),
    ...(WITH_PORTS.includes(protocol) && {
      sport: corner.sourcePort ?? EPHEMERAL,
      dport: corner.destinationPort ?? SOME_PORT,
    }),
    // An echo request.
    ...(protocol === ICMP && { type: 8, code: 0 }),
    ...(protocol === ICMPV6 && { type: 128, code: 0 }),
  };
}
