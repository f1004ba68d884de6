/** What matchers are given: a host or a session, a packet or several; and what is said of them. */
import { argumentError, isInstance, readingArguments, type ArgumentContext } from '../arguments.js';
import { requireCompiled } from '../compile/require-compiled.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { PortaclError } from '../errors.js';
import type { Explanation } from '../explain/explanation.js';
import type { Packet } from '../packets/packet.js';
import { Session, type SentRecord } from '../session/session.js';
import { packetText } from './failure-text.js';

/**
 * What `expect` is given: a compiled host, whose every expectation begins without flows, or a
 * session, to which the packets are sent.
 */
export type Judge = CompiledHost | { readonly compiled: CompiledHost } | Session;

/** A packet, or several in order: a conversation, an array. */
export type Packets = Packet | Iterable<Packet>;

/** One packet, what was said of it and why. */
export interface Judged {
  readonly packet: Packet;
  readonly sent: SentRecord;
  readonly explanation: Explanation;
}

/** Packets that an expectation sends at most: each is explained. */
const PACKETS_MAX = 10_000;

/** @throws {PortaclError} bad-argument for what judges no packets */
export function withSession<T>(judge: unknown, of: string, work: (session: Session) => T): T {
  if (isInstance(judge, Session)) return work(judge);
  const session = new Session(requireCompiled(compiledIn(judge), of));
  try {
    return readingArguments({ code: 'bad-argument', of }, () => work(session));
  } finally {
    session.close();
  }
}

/** What `loadHost` gives holds the compiled host. */
function compiledIn(judge: unknown): unknown {
  try {
    return typeof judge === 'object' && judge !== null && 'compiled' in judge
      ? judge.compiled
      : judge;
  } catch {
    return judge;
  }
}

/** @throws {PortaclError} bad-packet, also for no packet at all */
export function packetList(packets: unknown, of: string): readonly Packet[] {
  const context: ArgumentContext = { code: 'bad-packet', of };
  const list: Packet[] = [];
  try {
    if (typeof packets === 'object' && packets !== null && Symbol.iterator in packets) {
      for (const packet of packets as Iterable<Packet>) {
        list.push(packet);
        if (list.length > PACKETS_MAX) break;
      }
    } else {
      list.push(packets as Packet);
    }
  } catch (error) {
    throw new PortaclError('bad-packet', `${of}: the packets cannot be read`, { cause: error });
  }
  if (list.length === 0 || list.length > PACKETS_MAX) {
    throw argumentError(context, 'the number of packets', list.length, `1 to ${PACKETS_MAX}`);
  }
  return list;
}

/**
 * Sends a packet and says why it fared so. A packet that no endpoint judges is no verdict, and an
 * expectation about it would hold by accident.
 *
 * @throws {PortaclError} bad-packet for what is no packet or is not judged
 */
export function judgeOne(session: Session, packet: Packet, of: string): Judged {
  const explanation = session.explain(packet);
  const sent = session.send(packet);
  if (sent.verdict === 'pass') {
    throw new PortaclError(
      'bad-packet',
      `${of}: no endpoint judges ${packetText(explanation)} (${sent.reason}); give it the address of one, or dir and endpoint`,
    );
  }
  return { packet, sent, explanation };
}
