/** Drawn tuples as packets of the builders, where a builder makes them. */
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { icmp, icmp6, ip, tcp, udp, type Packet, type Tuple } from '../../src/index.js';
import { drawTuples } from '../oracle/draw-tuples.js';
import { drawHost } from '../oracle/draw.js';
import { Random } from '../oracle/random.js';

export interface DrawnSession {
  readonly host: NormalisedHost;
  readonly tuples: readonly Tuple[];
  readonly packets: readonly Packet[];
}

export function drawSession(seed: number, count: number): DrawnSession {
  const random = new Random(seed);
  const host = drawHost(random);
  const drawn = drawTuples(random, host, count).map(
    (tuple) => [tuple, packetOfTuple(tuple)] as const,
  );
  const made = drawn.filter((each): each is readonly [Tuple, Packet] => each[1] !== null);
  return { host, tuples: made.map(([tuple]) => tuple), packets: made.map(([, packet]) => packet) };
}

/** Null for fragments and for protocols with ports that no builder makes. */
function packetOfTuple(tuple: Tuple): Packet | null {
  const { src, dst, at, dir, endpoint } = tuple;
  const ipv6 = src.includes(':');
  if (tuple.fragment !== undefined || tuple.quoted !== undefined) return null;
  const place = {
    ...(at === undefined ? {} : { at }),
    ...(dir === undefined ? {} : { dir }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  const socket = (address: string, port = 0): string =>
    ipv6 ? `[${address}]:${port}` : `${address}:${port}`;
  const [from, to] = [socket(src, tuple.sport), socket(dst, tuple.dport)];
  const { type = 0, code = 0, id = 0, seq = 0, ack = 0, flags = 'S' } = tuple;
  switch (tuple.proto) {
    case 'tcp':
    case 6:
      return tcp(from, to, { ...place, flags, seq, ack });
    case 'udp':
    case 17:
      return udp(from, to, place);
    case 'icmp':
    case 1:
      return ipv6 ? null : icmp(src, dst, { ...place, type, code, id });
    case 'icmpv6':
    case 58:
      return ipv6 ? icmp6(src, dst, { ...place, type, code, id }) : null;
    case 2:
    case 47:
    case 50:
      return ip(src, dst, tuple.proto, { ...place, payload: new Uint8Array(64) });
    default:
      return null;
  }
}
