/**
 * Conversations: the packets two sides exchange, with right sequence numbers and times.
 *
 *     tcpConversation('10.9.9.9:4000', '10.1.0.5:80')
 *       .handshake().request('GET /').reply('hello').idleFor(300).request('again').close()
 *
 * A conversation is a value: every step gives a longer one, and what was there stays as it was.
 */
import { argumentError, readFields } from '../arguments.js';
import {
  PLACE_FIELDS,
  SECONDS_MAX,
  contextOf,
  readPlace,
  type Packet,
  type PacketOptions,
} from './packet.js';
import { answersOf, tcp, udp, type SocketAddress } from './transport.js';

/** Time and place of the first packet; `dir` is that of the client's packets. */
export interface ConversationOptions extends PacketOptions {
  /** Seconds between two packets; default 0.001. */
  readonly gap?: number;
}

/** What TCP and UDP conversations have in common. Iterates over the packets. */
export interface Conversation extends Iterable<Packet> {
  readonly packets: readonly Packet[];
}

export interface UdpConversation extends Conversation {
  /** The client speaks. */
  request(payload?: string | Uint8Array): UdpConversation;
  /** The server speaks. */
  reply(payload?: string | Uint8Array): UdpConversation;
  /** Nothing happens for so many seconds, beside the usual gap. */
  idleFor(seconds: number): UdpConversation;
}

export interface TcpConversation extends Conversation {
  /** SYN, SYN+ACK, ACK. */
  handshake(): TcpConversation;
  /** The client speaks. */
  request(payload?: string | Uint8Array): TcpConversation;
  /** The server speaks. */
  reply(payload?: string | Uint8Array): TcpConversation;
  /** A bare acknowledgement. */
  acknowledge(from: Side): TcpConversation;
  /** FIN+ACK of one side, FIN+ACK of the other, the last ACK. Default: the client closes. */
  close(from?: Side): TcpConversation;
  /** A RST. Default: of the client. */
  reset(from?: Side): TcpConversation;
  /** Nothing happens for so many seconds, beside the usual gap. */
  idleFor(seconds: number): TcpConversation;
}

export type Side = 'client' | 'server';

const GAP_SECONDS = 0.001;

/** The options of both kinds. */
interface Course {
  readonly client: SocketAddress;
  readonly server: SocketAddress;
  readonly gap: number;
  /** Of the first packet. */
  readonly first: PacketOptions;
  readonly place: Pick<Packet, 'dir' | 'endpoint'>;
}

/** How far it has come. */
interface Progress {
  readonly packets: readonly Packet[];
  /** Seconds of silence before the next packet. */
  readonly idle: number;
}

const START: Progress = { packets: [], idle: 0 };

/**
 * TCP between a client and a server; nothing is said yet.
 *
 * @throws {PortaclError} bad-packet
 */
export function tcpConversation(
  client: SocketAddress,
  server: SocketAddress,
  options?: ConversationOptions,
): TcpConversation {
  const course = courseOf('tcpConversation', client, server, options);
  tcp(client, server); // refuses addresses that make no packet now, not at the first step
  return tcpFrom(course, START, { client: 1000, server: 5000 });
}

/** Next sequence number of each side. */
type Sequence = Readonly<Record<Side, number>>;

function tcpFrom(course: Course, progress: Progress, sequence: Sequence): TcpConversation {
  /** One segment more, of `from`. */
  const say = (
    before: readonly [Progress, Sequence],
    from: Side,
    flags: string,
    payload?: string | Uint8Array,
  ): readonly [Progress, Sequence] => {
    const [then, seq] = before;
    const to = from === 'client' ? 'server' : 'client';
    const [source, destination] = [course[from], course[to]];
    const packet = tcp(source, destination, {
      ...nextPlace(course, then, from),
      ...{ flags, seq: seq[from], ack: flags.includes('A') ? seq[to] : 0 },
      ...(payload === undefined ? {} : { payload }),
    });
    const length = payload === undefined ? 0 : byteLength(payload);
    const consumed = length + (/[SF]/.test(flags) ? 1 : 0);
    return [
      { packets: [...then.packets, packet], idle: 0 },
      { ...seq, [from]: (seq[from] + consumed) % 2 ** 32 },
    ];
  };
  const here = [progress, sequence] as const;
  const go = ([then, seq]: readonly [Progress, Sequence]): TcpConversation =>
    tcpFrom(course, then, seq);
  return {
    packets: progress.packets,
    [Symbol.iterator]: () => progress.packets[Symbol.iterator](),
    handshake: () => go(say(say(say(here, 'client', 'S'), 'server', 'SA'), 'client', 'A')),
    request: (payload) => go(say(here, 'client', 'PA', payload)),
    reply: (payload) => go(say(here, 'server', 'PA', payload)),
    acknowledge: (from) => go(say(here, sideOf(from), 'A')),
    close: (from = 'client') => {
      const other = sideOf(from) === 'client' ? 'server' : 'client';
      return go(say(say(say(here, from, 'FA'), other, 'FA'), from, 'A'));
    },
    reset: (from = 'client') => go(say(here, sideOf(from), 'RA')),
    idleFor: (seconds) => go([idle('tcpConversation', progress, seconds), sequence]),
  };
}

/**
 * UDP between a client and a server; nothing is said yet.
 *
 * @throws {PortaclError} bad-packet
 */
export function udpConversation(
  client: SocketAddress,
  server: SocketAddress,
  options?: ConversationOptions,
): UdpConversation {
  const course = courseOf('udpConversation', client, server, options);
  udp(client, server);
  return udpFrom(course, START);
}

function udpFrom(course: Course, progress: Progress): UdpConversation {
  const say = (from: Side, payload: string | Uint8Array | undefined): UdpConversation => {
    const to = from === 'client' ? 'server' : 'client';
    const packet = udp(course[from], course[to], {
      ...nextPlace(course, progress, from),
      ...(payload === undefined ? {} : { payload }),
    });
    return udpFrom(course, { packets: [...progress.packets, packet], idle: 0 });
  };
  return {
    packets: progress.packets,
    [Symbol.iterator]: () => progress.packets[Symbol.iterator](),
    request: (payload) => say('client', payload),
    reply: (payload) => say('server', payload),
    idleFor: (seconds) => udpFrom(course, idle('udpConversation', progress, seconds)),
  };
}

function courseOf(
  of: string,
  client: SocketAddress,
  server: SocketAddress,
  options: ConversationOptions | undefined,
): Course {
  const context = contextOf(of);
  const { gap = GAP_SECONDS, ...rest } = readFields(options, [...PLACE_FIELDS, 'gap'], context);
  if (typeof gap !== 'number' || !(gap >= 0 && gap <= SECONDS_MAX)) {
    throw argumentError(context, 'gap', gap, `seconds from 0 to ${SECONDS_MAX}`);
  }
  const { at, after, dir, endpoint } = readPlace(rest, context);
  return {
    client,
    server,
    gap,
    first: at === undefined ? { after } : { at },
    place: { dir, endpoint },
  };
}

function nextPlace(
  course: Course,
  { packets, idle: silence }: Progress,
  from: Side,
): PacketOptions {
  const { dir, endpoint } = course.place;
  const place =
    from === 'server'
      ? answersOf(course.place)
      : { ...(dir === undefined ? {} : { dir }), ...(endpoint === undefined ? {} : { endpoint }) };
  if (packets.length === 0 && silence === 0) return { ...place, ...course.first };
  if (packets.length > 0) return { ...place, after: course.gap + silence };
  const { at, after = 0 } = course.first;
  return { ...place, ...(at === undefined ? { after: after + silence } : { at: at + silence }) };
}

function idle(of: string, progress: Progress, seconds: number): Progress {
  const value: unknown = seconds;
  if (typeof value !== 'number' || !(value >= 0 && value <= SECONDS_MAX)) {
    throw argumentError(contextOf(of), 'idleFor', value, `seconds from 0 to ${SECONDS_MAX}`);
  }
  return { ...progress, idle: progress.idle + value };
}

function sideOf(side: Side): Side {
  const value: unknown = side;
  if (value === 'client' || value === 'server') return value;
  throw argumentError(contextOf('tcpConversation'), 'the side', value, '"client" or "server"');
}

function byteLength(payload: string | Uint8Array): number {
  return typeof payload === 'string' ? new TextEncoder().encode(payload).length : payload.length;
}
