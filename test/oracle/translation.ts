/** The oracle's own reading of docs/semantics/actions.md: rules that rewrite, and what they choose. */
import type {
  Direction,
  Distribution,
  Front,
  NormalisedHost,
  PooledPorts,
  TranslatedEnd,
  TranslationLayer,
  TranslationRule,
} from '../../src/normalise/normalised-host.js';
import { type Address, type Packet, isIcmpError } from './packet.js';
import { matches } from './rules.js';

/** One side of a packet. */
interface End {
  readonly address: Address;
  /** Null where the packet shows no ports. */
  readonly port: number | null;
}

const sourceOf = ({ source, ports }: Packet): End => ({
  address: source,
  port: ports?.source ?? null,
});
const destinationOf = ({ destination, ports }: Packet): End => ({
  address: destination,
  port: ports?.destination ?? null,
});

/** The packet with other ends; one that shows no ports gets none. */
export function withEnds(packet: Packet, source: End, destination: End): Packet {
  const { ports } = packet;
  return {
    ...packet,
    source: source.address,
    destination: destination.address,
    ports: ports && {
      source: source.port ?? ports.source,
      destination: destination.port ?? ports.destination,
    },
  };
}

/** Of a packet that goes the way of `like`: the ends that `like` has. */
export const withEndsOf = (packet: Packet, like: Packet): Packet =>
  withEnds(packet, sourceOf(like), destinationOf(like));

/** The same of a packet that goes the other way. */
export const withEndsAgainst = (packet: Packet, like: Packet): Packet =>
  withEnds(packet, destinationOf(like), sourceOf(like));

/** 2: FNV-1a over what the distribution names, its upper half scaled to the number of ends. */
function chooseEnd(
  distribution: Distribution,
  protocol: number,
  client: End,
  front: End,
  count: number,
): number {
  const bytes: number[] = [];
  const add = (value: bigint, length: number): void => {
    for (let i = length - 1; i >= 0; i--) bytes.push(Number((value >> BigInt(8 * i)) & 255n));
  };
  if (distribution !== 'addresses') add(BigInt(protocol), 1);
  add(client.address.value, 16);
  add(front.address.value, 16);
  if (distribution === 'five_tuple') {
    add(BigInt(client.port ?? 0), 2);
    add(BigInt(front.port ?? 0), 2);
  }
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & (2n ** 64n - 1n);
  return Number(((hash >> 32n) * BigInt(count)) >> 32n);
}

/** 8: which of `count` ways the packet's connection goes. */
export const spreadOver = (packet: Packet, count: number): number =>
  chooseEnd('five_tuple', packet.protocol, sourceOf(packet), destinationOf(packet), count);

function firstRule(
  layer: TranslationLayer,
  direction: Direction,
  packet: Packet,
): TranslationRule | undefined {
  return layer.rules.find(
    (each) =>
      each.direction === direction &&
      each.family === packet.source.family &&
      matches(each.conditions, packet),
  );
}

/** 5: the rule for what opened a flow, when it can still make of it what it became; else null. */
export function leadsTo(
  layer: TranslationLayer,
  direction: Direction,
  opening: Packet,
  left: Packet,
): TranslationRule | null {
  const rule = firstRule(layer, direction, opening);
  if (rule === undefined) return null;
  if (rule.pool !== undefined) {
    const fits = sourcesOf(rule.pool, opening).some(
      (source) => endsText(withEnds(opening, source, destinationOf(opening))) === endsText(left),
    );
    return fits ? rule : null;
  }
  const choices = rule.destinations.length === 0 ? [null] : rule.destinations;
  const leads = choices.some((to) => {
    const made = withEnds(opening, rule.source ?? sourceOf(opening), to ?? destinationOf(opening));
    return endsText(made) === endsText(left);
  });
  return leads ? rule : null;
}

const endsText = ({ source, destination, ports }: Packet): string =>
  [source.value, ports?.source, destination.value, ports?.destination].join(' ');

/** 2 (N29): every source that a pool has for a packet. */
const sourcesOf = (pool: readonly PooledPorts[], { ports }: Packet): End[] =>
  pool.flatMap(({ address, from, to }) =>
    Array.from({ length: to - from + 1 }, (_, i) => ({ address, port: ports && from + i })),
  );

export interface Rewriting {
  readonly rule: TranslationRule;
  /** Null where the rule has nothing left to give. */
  readonly packet: Packet | null;
}

/**
 * 1: what the first rule that matches makes of the packet; null when none matches. `isFree` says
 * whether the answers to a packet are nobody's yet.
 */
export function rewrite(
  layer: TranslationLayer,
  direction: Direction,
  packet: Packet,
  isFree: (leaves: Packet) => boolean,
): Rewriting | null {
  const rule = firstRule(layer, direction, packet);
  if (rule === undefined) return null;
  const { destinations, source, pool, distribution } = rule;
  const [client, front] = [sourceOf(packet), destinationOf(packet)];
  if (pool !== undefined) {
    const sources = sourcesOf(pool, packet);
    const first = chooseEnd(distribution, packet.protocol, client, front, sources.length);
    const left = [...sources.slice(first), ...sources.slice(0, first)]
      .slice(0, packet.ports ? 256 : 1)
      .map((each) => withEnds(packet, each, front));
    const given = packet.ports ? left.find(isFree) : left[0];
    return { rule, packet: given ?? null };
  }
  const nth =
    destinations.length > 1
      ? chooseEnd(distribution, packet.protocol, client, front, destinations.length)
      : 0;
  const to = destinations[nth];
  return { rule, packet: withEnds(packet, source ?? client, to ?? front) };
}

/** 4: the end behind the front that one side of the packet is; null when it is none. */
export function behindFront(
  host: NormalisedHost,
  packet: Packet,
  side: 'source' | 'destination',
): TranslatedEnd | null {
  // An error is about a packet that went the other way.
  const about = isIcmpError(packet) ? packet.quoted : packet;
  if (!about?.ports) return null;
  const reversed = about !== packet;
  if (reversed && about.source.family !== packet.source.family) return null;
  const atSource = (side === 'source') !== reversed;
  const front = atSource ? sourceOf(about) : destinationOf(about);
  const client = atSource ? destinationOf(about) : sourceOf(about);
  if (reversed && front.address.value !== packet[side].value) return null;
  const found = (host.fronts ?? []).find((each: Front) => isFront(each, about.protocol, front));
  if (found === undefined) return null;
  const { targets, distribution } = found;
  return targets[chooseEnd(distribution, about.protocol, client, front, targets.length)]!;
}

function isFront({ address, protocol, port }: Front, of: number, end: End): boolean {
  return (
    protocol === of &&
    port === end.port &&
    address.family === end.address.family &&
    address.value === end.address.value
  );
}

/** 4: the packet as it was before it got the front for a source. */
export function beforeFront(packet: Packet, { address, port }: TranslatedEnd): Packet {
  const end: End = { address, port };
  if (isIcmpError(packet) && packet.quoted) {
    const quoted = withEnds(packet.quoted, sourceOf(packet.quoted), end);
    return { ...packet, source: address, quoted };
  }
  return withEnds(packet, end, destinationOf(packet));
}
