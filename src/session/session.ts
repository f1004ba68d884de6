/**
 * A host under test: packets in, verdicts out, with flows and a virtual clock of its own.
 *
 * A session keeps what a switch port and a firewall would remember; it is cheap (a thousand may be
 * alive), belongs to one thread, and is freed with the object or, sooner, by `close`.
 */
import { argumentError, isArray, readBoolean, readFields, readingArguments } from '../arguments.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { requireCompiled } from '../compile/require-compiled.js';
import { countedCoverage } from '../coverage/conditions.js';
import type { Coverage } from '../coverage/coverage.js';
import { PortaclError } from '../errors.js';
import { decodeExplanation } from '../explain/decode-explanation.js';
import type { Explanation } from '../explain/explanation.js';
import type { NativeSession, NativeSessionState } from '../native/engine-types.js';
import { createSession } from '../native/engine.js';
import { endpointNames, type EndpointNames } from '../normalise/endpoint-names.js';
import { SECONDS_MAX, type Packet } from '../packets/packet.js';
import { goesToMany } from '../packets/to-many.js';
import type { PacketRecord } from '../report/packet-record.js';
import {
  columnBytes,
  columnsOf,
  recordAt,
  recordBatch,
  recordDictionary,
  type RecordBatch,
  type RecordColumns,
  type RecordDictionary,
} from '../report/record-batch.js';
import { readUsedRows } from '../report/used-rows.js';
import { readRuleCounters, type RuleCounter } from '../report/rule-counters.js';
import { programNames, type NamedProgram } from '../report/rule-names.js';
import { decidingRecord } from '../simulate/simulate.js';
import { changePolicy, readUpdateMode, type ApplyOptions } from '../update/change-policy.js';
import type { PolicyUpdate } from '../update/policy-update.js';
import { flowViews, type FlowView } from './flow-view.js';
import { CALL_PACKETS_MAX, packetPacker, type PacketPacker } from './pack-packets.js';

export interface SessionOptions {
  /** Judge every packet from an empty state (docs/SEMANTICS.md 5.5). */
  readonly stateless?: boolean;
  /** Use the unified flow table; off changes nothing but speed. */
  readonly unifiedFlows?: boolean;
  /** Count the values of conditions too, for {@link Session.coverage}; slower. */
  readonly countValues?: boolean;
}

/** The record that decided, as `decidingRecord` finds it. */
export interface SentRecord extends PacketRecord {
  /** All of them, the sender's first, when more than one endpoint judged. */
  readonly records?: readonly PacketRecord[];
}

/** What a session remembered at one moment. */
export interface SessionSnapshot {
  /** Seconds of virtual time. */
  readonly now: number;
}

/** What only this module may look into. */
interface SnapshotContent {
  readonly origin: CompiledHost;
  readonly policy: SessionPolicy;
  readonly state: NativeSessionState;
  readonly nowNs: number;
}

/** What judges, and the names of its rows. */
interface SessionPolicy {
  readonly host: CompiledHost;
  /** The same with what earlier policies left. */
  readonly judging: NamedProgram;
  readonly dictionary: RecordDictionary;
  readonly endpointOf: EndpointNames;
}

function policyOf(host: CompiledHost, judging: NamedProgram): SessionPolicy {
  return {
    ...{ host, judging },
    dictionary: recordDictionary(judging.compiled.host, judging.names),
    endpointOf: endpointNames(host.host.endpoints, 'bad-packet'),
  };
}
const snapshots = new WeakMap<SessionSnapshot, SnapshotContent>();

/** Records of one packet that are read without another call. */
const SEND_ROWS = 4;

export class Session {
  /** The host it was made for. */
  readonly #origin: CompiledHost;
  readonly #native: NativeSession;
  readonly #countsValues: boolean;
  #policy: SessionPolicy;
  readonly #packer: PacketPacker;
  #nowNs = 0;
  #closed = false;
  /** Columns for one packet, used again and again. */
  readonly #sent: { readonly bytes: Uint8Array; readonly columns: RecordColumns };

  /** @throws {PortaclError} engine-missing, bad-argument */
  constructor(compiled: CompiledHost, options?: SessionOptions) {
    const context = { code: 'bad-argument', of: 'Session' } as const;
    const fields = readFields(options, ['stateless', 'unifiedFlows', 'countValues'], context);
    this.#origin = requireCompiled(compiled, 'Session');
    this.#policy = readingArguments(context, () =>
      policyOf(compiled, { compiled, names: programNames(compiled) }),
    );
    this.#countsValues = readBoolean(fields.countValues, 'countValues', false, context);
    this.#native = createSession(compiled.program, {
      stateless: readBoolean(fields.stateless, 'stateless', false, context),
      unifiedFlows: readBoolean(fields.unifiedFlows, 'unifiedFlows', true, context),
      countsValues: this.#countsValues,
    });
    this.#packer = packetPacker((name) => this.#policy.endpointOf(name));
    const bytes = new Uint8Array(columnBytes(SEND_ROWS));
    this.#sent = { bytes, columns: columnsOf(bytes.buffer, SEND_ROWS, SEND_ROWS) };
  }

  /** The host that judges. */
  get host(): CompiledHost {
    return this.#policy.host;
  }

  /** Seconds of virtual time. */
  get now(): number {
    return this.#nowNs / 1e9;
  }

  /**
   * Lets time pass.
   *
   * @throws {PortaclError} bad-argument
   */
  advance(seconds: number): void {
    const context = { code: 'bad-argument', of: 'advance' } as const;
    const value: unknown = seconds;
    if (typeof value !== 'number' || !(value >= 0 && value <= SECONDS_MAX)) {
      throw argumentError(context, 'seconds', value, `a number from 0 to ${SECONDS_MAX}`);
    }
    const native = this.#open();
    this.#nowNs = Math.min(this.#nowNs + Math.round(value * 1e9), SECONDS_MAX * 1e9);
    native.advance(this.#nowNs);
  }

  /**
   * Judges one packet after all those before it.
   *
   * @throws {PortaclError} bad-packet; nothing is judged then
   */
  send(packet: Packet): SentRecord {
    const native = this.#open();
    const nowNs = this.#packer.pack([packet], this.#nowNs);
    const { bytes, columns } = this.#sent;
    const count = native.judge(this.#packer.input, 1, bytes);
    this.#nowNs = nowNs;
    if (count === 1) return recordAt(columns, 0, this.#policy.dictionary);
    const records = [...this.#batch(native, count)];
    const [first] = records;
    // What a sender lets out to many has left, whatever the receivers do. Assumption: K4.
    const isOut = first?.direction === 'out' && goesToMany(packet);
    return { ...(isOut ? first : decidingRecord(records)), records };
  }

  /**
   * Judges packets in order: the verdicts as columns. Faster than `send`, since nothing is made per
   * packet.
   *
   * @throws {PortaclError} bad-packet, also for more than 1,048,576; nothing is judged then
   */
  sendAll(packets: Iterable<Packet>): RecordBatch {
    const native = this.#open();
    const list = listOf(packets);
    const nowNs = this.#packer.pack(list, this.#nowNs);
    const rows = list.length;
    const bytes = new Uint8Array(columnBytes(rows));
    const count = native.judge(this.#packer.input, rows, bytes);
    this.#nowNs = nowNs;
    if (count > rows) return this.#batch(native, count);
    return recordBatch(columnsOf(bytes.buffer, rows, count), count, this.#policy.dictionary);
  }

  /**
   * What {@link send} would say of a packet now, and why. Changes nothing: flows, counters, clock and
   * the numbers of later packets stay as they are.
   *
   * @throws {PortaclError} bad-packet
   */
  explain(packet: Packet): Explanation {
    const native = this.#open();
    this.#packer.pack([packet], this.#nowNs);
    const { compiled, names } = this.#policy.judging;
    return decodeExplanation(native.explain(this.#packer.input), compiled.host, names);
  }

  /** One entry per rule and default of every endpoint, those never hit included. */
  counters(): RuleCounter[] {
    const { rules } = this.#open().counters();
    const { compiled, names } = this.#policy.judging;
    return readRuleCounters(rules, compiled.host, names);
  }

  /** Which rules and defaults have answered and, with `countValues`, with which values. */
  coverage(): Coverage {
    const { compiled, names } = this.#policy.judging;
    return countedCoverage(compiled.host, names, this.#open().counters(), this.#countsValues);
  }

  /** The live flows, one entry per stage that let them in, by id. */
  flows(): FlowView[] {
    const { compiled, names } = this.#policy.judging;
    return flowViews(this.#open().flows(), compiled, names);
  }

  /**
   * Puts another policy in the place of the one that judges, at once: no packet meets a part of it.
   * Flows and counters live on as `mode` says, by default the option `onPolicyChange` of the new
   * host (docs/semantics/updates.md).
   *
   * @throws {PortaclError} bad-argument, program-limit; nothing has changed then
   */
  apply(compiled: CompiledHost, options?: ApplyOptions): PolicyUpdate {
    const native = this.#open();
    const later = requireCompiled(compiled, 'apply');
    const mode = readUpdateMode(options, later);
    const used = readUsedRows(native.counters());
    const { after, update } = changePolicy(native, this.#policy.judging, later, mode, used);
    this.#policy = policyOf(later, after);
    return update;
  }

  /** All that later verdicts depend on: the policy, flows, fragments, the clock, the counters. */
  snapshot(): SessionSnapshot {
    const snapshot: SessionSnapshot = Object.freeze({ now: this.now });
    const state = this.#open().save();
    const content = { origin: this.#origin, policy: this.#policy, state, nowNs: this.#nowNs };
    snapshots.set(snapshot, content);
    return snapshot;
  }

  /**
   * Goes back, or on, to a snapshot of this session or of another that was made for the same
   * compiled host; to the policy of that moment too.
   *
   * @throws {PortaclError} bad-argument
   */
  restore(snapshot: SessionSnapshot): void {
    const context = { code: 'bad-argument', of: 'restore' } as const;
    const native = this.#open();
    const content = isObject(snapshot) ? snapshots.get(snapshot) : undefined;
    if (content?.origin !== this.#origin) {
      throw argumentError(context, 'the snapshot', snapshot, 'one of a session on the same host');
    }
    native.restore(content.state);
    this.#policy = content.policy;
    this.#nowNs = content.nowNs;
  }

  /** Frees the native state at once; every later call is an error. */
  close(): void {
    this.#closed = true;
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(): NativeSession {
    if (this.#closed) throw new PortaclError('bad-argument', 'the session is closed');
    return this.#native;
  }

  /** The records of the last call, when there are more of them than packets. */
  #batch(native: NativeSession, count: number): RecordBatch {
    const bytes = new Uint8Array(columnBytes(count));
    native.records(bytes);
    return recordBatch(columnsOf(bytes.buffer, count, count), count, this.#policy.dictionary);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** @throws {PortaclError} bad-packet, also for an endless iterable */
function listOf(packets: Iterable<Packet>): readonly Packet[] {
  if (isArray(packets)) return packets as readonly Packet[];
  try {
    const list: Packet[] = [];
    for (const packet of packets) {
      list.push(packet);
      if (list.length > CALL_PACKETS_MAX) break; // refused by the packer
    }
    return list;
  } catch (error) {
    throw new PortaclError('bad-packet', 'sendAll: the packets cannot be iterated over', {
      cause: error,
    });
  }
}
