/**
 * Draws packet sequences for a drawn host: TCP conversations with gaps and surprises, queries and
 * answers, ICMP errors about earlier packets, fragments, multicast, and times at the edges of timers.
 */
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import type { QuotedTuple, Tuple } from '../../src/simulate/tuple.js';
import { BUSY_PORTS, GROUPS, OWN_4, OWN_6, PEERS_4, PEERS_6, PORTS } from './draw-conditions.js';
import { readAddress } from './packet.js';
import type { Random } from './random.js';

/** Two sides that talk; `last` is when they last did, in milliseconds. */
interface Conversation {
  readonly a: { readonly address: string; readonly port: number };
  readonly b: { readonly address: string; readonly port: number };
  readonly proto: number;
  /** Next sequence number of each side. */
  readonly seq: { a: number; b: number };
  readonly id: number;
  /** Packets of {@link TCP_SCRIPT} sent so far. */
  step: number;
  last: number;
}

/** The life of a connection and the begin of its successor; packets are left out at random. */
const TCP_SCRIPT = [
  { from: 'a', flags: 'S' },
  { from: 'b', flags: 'SA' },
  { from: 'a', flags: 'A' },
  { from: 'b', flags: 'PA' },
  { from: 'a', flags: 'FA' },
  { from: 'b', flags: 'FA' },
  { from: 'a', flags: 'A' },
] as const;

const TCP_FLAGS = [
  'S',
  'SA',
  'A',
  'A',
  'PA',
  'FA',
  'FA',
  'F',
  'R',
  'RA',
  'SR',
  'SF',
  'SFA',
  '',
  'U',
];
const QUERY_TYPES = [
  [8, 0],
  [13, 14],
  [15, 16],
  [17, 18],
] as const;

/** Draws one packet after the other; keeps what later packets must refer to. */
class TupleDraw {
  readonly #random: Random;
  readonly #host: NormalisedHost;
  readonly #conversations: Conversation[];
  readonly #sent: Tuple[] = [];
  #clock = 2000;

  constructor(random: Random, host: NormalisedHost) {
    this.#random = random;
    this.#host = host;
    this.#conversations = Array.from({ length: 3 + random.below(5) }, () => this.#conversation());
  }

  tuple(): Tuple {
    const random = this.#random;
    const conversation = random.pick(this.#conversations);
    const time = this.#time(conversation);
    const drawn = random.chance(0.12) ? this.#oddity(conversation) : this.#speak(conversation);
    const tuple: Tuple = { ...time, ...drawn };
    this.#sent.push(tuple);
    if (random.chance(0.05)) {
      const at = this.#conversations.indexOf(conversation);
      this.#conversations[at] = this.#conversation();
    }
    if (!random.chance(0.05)) return tuple;
    const endpoint = random.pick(this.#host.endpoints).name;
    return { ...tuple, dir: random.pick(['in', 'out'] as const), endpoint };
  }

  #conversation(): Conversation {
    const random = this.#random;
    const six = random.chance(0.4);
    const owned = this.#ownAddresses(six);
    const own = owned.length > 0 ? random.pick(owned) : random.pick(six ? OWN_6 : OWN_4);
    const neighbours = owned.filter((address) => address !== own);
    const peers =
      neighbours.length > 0 && random.chance(0.3) ? neighbours : six ? PEERS_6 : PEERS_4;
    const other = random.pick(peers);
    const sides = [own, other].map((address) => ({
      address,
      port: random.pick(random.chance(0.3) ? BUSY_PORTS : PORTS),
    }));
    let proto = random.pick([6, 6, 6, 6, 17, 17, six ? 58 : 1, six ? 1 : 58, 132, 47, 2, 33, 255]);
    // Published ports are few: some conversations are aimed at them.
    const published = this.#host.endpoints.flatMap(({ hostStage }) =>
      'mappings' in hostStage ? hostStage.mappings : [],
    );
    if (published.length > 0 && random.chance(0.15)) {
      const { protocol, internalPort } = random.pick(published);
      sides[0]!.port = internalPort;
      proto = protocol;
    }
    const [a, b] = random.chance(0.5) ? sides : [...sides].reverse();
    return {
      a: a!,
      b: b!,
      proto,
      seq: { a: random.pick([0, 1000, 2 ** 32 - 2]), b: random.pick([0, 5000, 2 ** 32 - 1]) },
      id: random.below(3),
      step: random.chance(0.8) ? 0 : random.below(7),
      last: 0,
    };
  }

  #ownAddresses(six: boolean): string[] {
    return this.#host.endpoints.flatMap(({ addresses }) =>
      [...OWN_4, ...OWN_6].filter((text) =>
        addresses.some(
          ({ family, value }) =>
            (family === 6) === six &&
            value === readAddress(text).value &&
            family === readAddress(text).family,
        ),
      ),
    );
  }

  /** Now, a little later, just at an idle time's edge, back in time, or no time at all. */
  #time(conversation: Conversation): { at?: number } {
    const random = this.#random;
    const { timers } = this.#host.options;
    const edges = [...Object.values(timers), 60];
    if (random.chance(0.3)) {
      const edge = conversation.last + 1000 * random.pick(edges) + random.pick([-1, 0, 1]);
      this.#clock = Math.max(this.#clock, edge);
    } else {
      this.#clock += random.pick([0, 0, 1, 1, 10, 500, 999]);
    }
    conversation.last = this.#clock;
    if (random.chance(0.05)) return {};
    if (random.chance(0.03)) return { at: Math.max(0, this.#clock - 2000) / 1000 };
    return { at: this.#clock / 1000 };
  }

  /** The next packet of a conversation, mostly as the protocol wants it. */
  #speak(conversation: Conversation): Tuple {
    const random = this.#random;
    const { proto, seq, id } = conversation;
    const scripted =
      proto === 6 && random.chance(0.75)
        ? TCP_SCRIPT[conversation.step++ % TCP_SCRIPT.length]
        : null;
    const fromA = scripted ? scripted.from === 'a' : random.chance(0.55);
    const [from, to] = fromA ? [conversation.a, conversation.b] : [conversation.b, conversation.a];
    const base = { proto, src: from.address, dst: to.address };
    if (proto === 1 || proto === 58) {
      const pair = proto === 58 ? ([128, 129] as const) : random.pick(QUERY_TYPES);
      const asks = random.chance(0.5) ? fromA : !fromA;
      return { ...base, type: pair[asks ? 0 : 1], code: random.below(2), id };
    }
    if (![6, 17, 33, 132, 136].includes(proto)) return base;
    const ports = { sport: from.port, dport: to.port };
    if (proto !== 6) return { ...base, ...ports };

    const side = fromA ? 'a' : 'b';
    const other = fromA ? 'b' : 'a';
    const flags = scripted?.flags ?? random.pick(TCP_FLAGS);
    const tuple: Tuple = {
      ...{ ...base, ...ports, flags, seq: seq[side] },
      ack: (seq[other] + (random.chance(0.8) ? 0 : random.pick([-1, 1, 1000]))) >>> 0,
    };
    if (/[SF]/.test(flags)) seq[side] = (seq[side] + 1) >>> 0;
    return tuple;
  }

  #oddity(conversation: Conversation): Tuple {
    const random = this.#random;
    const packet = this.#speak(conversation);
    const six = packet.src.includes(':');
    switch (
      random.pick([
        'error',
        'error',
        'error',
        'piece',
        'piece',
        'piece',
        'group',
        'group',
        'answer',
        'answer',
        'nd',
        'odd',
      ])
    ) {
      case 'error':
        return this.#icmpError(packet);
      case 'piece':
        return random.chance(0.5) ? this.#laterPiece(packet) : this.#piece(packet);
      case 'group': {
        const groups = GROUPS.filter((group) => group.includes(':') === six);
        return { ...packet, dst: random.pick(groups) };
      }
      case 'answer':
        return this.#answer(packet);
      case 'nd':
        return six
          ? { proto: 58, src: packet.src, dst: packet.dst, type: 132 + random.below(7), code: 0 }
          : packet;
      default: {
        const odd = six ? ['::1', '::', packet.src] : ['127.0.0.1', '0.0.0.0', packet.src];
        return random.chance(0.5)
          ? { ...packet, dst: random.pick(odd) }
          : { ...packet, src: random.pick(odd) };
      }
    }
  }

  /** UDP to who sent some before, from anybody. */
  #answer(packet: Tuple): Tuple {
    const random = this.#random;
    const asked = this.#sent.filter(({ proto }) => proto === 17).slice(-6);
    if (asked.length === 0) return packet;
    const { src, sport = 0 } = random.pick(asked);
    const six = src.includes(':');
    const groups = GROUPS.filter((group) => group.includes(':') === six);
    return {
      proto: 17,
      src: random.pick(six ? PEERS_6 : PEERS_4),
      dst: random.chance(0.8) ? src : random.pick(groups),
      sport: random.pick([...PORTS, 67]),
      dport: sport,
    };
  }

  #piece(packet: Tuple): Tuple {
    const offset = this.#random.pick([0, 0, 1, 185]);
    return { ...packet, fragment: { id: this.#random.below(3), offset } };
  }

  /** A later fragment of what began before, often just when the first is forgotten. */
  #laterPiece(packet: Tuple): Tuple {
    const random = this.#random;
    const begun = this.#sent.filter(({ fragment }) => fragment?.offset === 0).slice(-3);
    if (begun.length === 0) return this.#piece(packet);
    const first = random.pick(begun);
    const later: Tuple = { ...first, fragment: { id: first.fragment!.id, offset: 185 } };
    if (first.at === undefined || random.chance(0.6)) return { ...later, at: this.#clock / 1000 };
    const edge = Math.round(first.at * 1000) + 60_000 + random.pick([-1, 0, 1]);
    this.#clock = Math.max(this.#clock, edge);
    return { ...later, at: this.#clock / 1000 };
  }

  /** An error about a packet that was sent before, to its sender, from its receiver or a third. */
  #icmpError(packet: Tuple): Tuple {
    const random = this.#random;
    const about = this.#sent.length > 0 ? random.pick(this.#sent.slice(-20)) : packet;
    const six = about.src.includes(':');
    const quoted: QuotedTuple = {
      ...{ proto: about.proto, src: about.src, dst: about.dst },
      ...(about.sport === undefined ? {} : { sport: about.sport, dport: about.dport! }),
      ...(about.type === undefined
        ? {}
        : { type: about.type, code: about.code!, id: about.id ?? 0 }),
    };
    const reporter = random.chance(0.5) ? about.dst : random.pick(six ? PEERS_6 : PEERS_4);
    return {
      ...{ proto: six ? 58 : 1, src: reporter, dst: about.src },
      type: six ? 1 + random.below(5) : random.pick([3, 4, 5, 11, 12, 9]),
      code: random.below(3),
      quoted,
    };
  }
}

export function drawTuples(random: Random, host: NormalisedHost, count: number): Tuple[] {
  const draw = new TupleDraw(random, host);
  return Array.from({ length: count }, () => draw.tuple());
}
