/** Verdicts for packets that were never bytes: tests, what-if questions, vector files. */
import { argumentError, isArray, readBoolean, readFields, readingArguments } from '../arguments.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { requireCompiled } from '../compile/require-compiled.js';
import { countedCoverage } from '../coverage/conditions.js';
import type { Coverage } from '../coverage/coverage.js';
import { decodeExplanation } from '../explain/decode-explanation.js';
import type { Explanation } from '../explain/explanation.js';
import { createEngine } from '../native/engine.js';
import type { NativeEngine } from '../native/engine-types.js';
import { parseIpAddress } from '../normalise/address.js';
import { endpointNames, type EndpointNames } from '../normalise/endpoint-names.js';
import { decodeRecords } from '../report/decode-records.js';
import type { PacketRecord } from '../report/packet-record.js';
import { readRuleCounters, type RuleCounter } from '../report/rule-counters.js';
import { readUsedRows } from '../report/used-rows.js';
import { programNames, type NamedProgram } from '../report/rule-names.js';
import { changePolicy, readUpdateMode, type ApplyOptions } from '../update/change-policy.js';
import type { PolicyUpdate } from '../update/policy-update.js';
import { encodeTuples, type EncodedTuples } from './encode-tuple.js';
import type { Tuple } from './tuple.js';

export interface SimulatorOptions {
  /** Judge every packet from an empty state (docs/SEMANTICS.md 5.5). */
  readonly stateless?: boolean;
  /** Use the unified flow table; off changes nothing but speed. */
  readonly unifiedFlows?: boolean;
  /** Count the values of conditions too, for {@link Simulator.coverage}; slower. */
  readonly countValues?: boolean;
}

/**
 * A host with its own flow state and a virtual clock that begins at 0. The native state is freed
 * with the object.
 */
export class Simulator {
  readonly #engine: NativeEngine;
  readonly #countsValues: boolean;
  #judging: NamedProgram;
  #endpointOf: EndpointNames;
  #nextLine = 1;

  /** @throws {PortaclError} engine-missing, bad-argument */
  constructor(compiled: CompiledHost, options?: SimulatorOptions) {
    const context = { code: 'bad-argument', of: 'Simulator' } as const;
    const fields = readFields(options, ['stateless', 'unifiedFlows', 'countValues'], context);
    const { program, host } = requireCompiled(compiled, 'Simulator');
    const names = readingArguments(context, () => programNames(compiled));
    this.#judging = { compiled, names };
    this.#endpointOf = readingArguments(context, () => endpointNames(host.endpoints, 'bad-tuple'));
    this.#countsValues = readBoolean(fields.countValues, 'countValues', false, context);
    this.#engine = createEngine(program, {
      stateless: readBoolean(fields.stateless, 'stateless', false, context),
      unifiedFlows: readBoolean(fields.unifiedFlows, 'unifiedFlows', true, context),
      countsValues: this.#countsValues,
      virtualClock: true,
    });
  }

  /**
   * Judges packets in order, after all those of earlier calls. `result[i]` holds the records of
   * `tuples[i]`: one per judging endpoint, the sender's first; at least one. `frame` counts the
   * packets of all calls from 1.
   *
   * @throws {PortaclError} bad-tuple; nothing of the call is judged then.
   */
  judge(tuples: readonly Tuple[]): PacketRecord[][] {
    const line = this.#nextLine;
    const rows = this.#encode(tuples);
    const records = decodeRecords(
      this.#engine.judge(rows.tuples, rows.quoted, line),
      this.#judging.compiled.host,
      this.#judging.names,
    );
    this.#nextLine += tuples.length;
    const byTuple: PacketRecord[][] = tuples.map(() => []);
    for (const { packet, record } of records) {
      const { at } = tuples[packet]!;
      byTuple[packet]!.push({
        frame: line + packet,
        time_ns: at === undefined ? null : BigInt(Math.round(at * 1e9)),
        ...record,
      });
    }
    return byTuple;
  }

  /**
   * What {@link judge} would say of a packet now, and why. Changes nothing: flows, counters, clock
   * and the numbers of later packets stay as they are.
   *
   * @throws {PortaclError} bad-tuple
   */
  explain(tuple: Tuple): Explanation {
    const rows = this.#encode([tuple]);
    const native = this.#engine.explain(rows.tuples, rows.quoted, this.#nextLine);
    return decodeExplanation(native, this.#judging.compiled.host, this.#judging.names);
  }

  #encode(tuples: readonly Tuple[]): EncodedTuples {
    const context = { code: 'bad-tuple', of: 'Simulator' } as const;
    if (!isArray(tuples)) throw argumentError(context, 'the packets', tuples, 'an array of them');
    return readingArguments(context, () =>
      encodeTuples(tuples, this.#nextLine, ({ endpoint }) => this.#endpointOf(endpoint)),
    );
  }

  /**
   * Puts another policy in the place of the one that judges; as `Session.apply`.
   *
   * @throws {PortaclError} bad-argument, program-limit; nothing has changed then
   */
  apply(compiled: CompiledHost, options?: ApplyOptions): PolicyUpdate {
    const later = requireCompiled(compiled, 'apply');
    const mode = readUpdateMode(options, later);
    const used = readUsedRows(this.#engine.counters());
    const { after, update } = changePolicy(this.#engine, this.#judging, later, mode, used);
    this.#judging = after;
    this.#endpointOf = endpointNames(later.host.endpoints, 'bad-tuple');
    return update;
  }

  /** One entry per rule and default of every endpoint, those never hit included. */
  counters(): RuleCounter[] {
    const { compiled, names } = this.#judging;
    return readRuleCounters(this.#engine.counters().rules, compiled.host, names);
  }

  /** As `Session.coverage`. */
  coverage(): Coverage {
    const { compiled, names } = this.#judging;
    return countedCoverage(compiled.host, names, this.#engine.counters(), this.#countsValues);
  }
}

/**
 * The record that decided: the drop, or else the last. What a sender lets out to many has left
 * whatever the receivers do with their copies, so where `tuple` goes to many the sender's record
 * decides. Assumption: K4.
 */
export function decidingRecord(records: readonly PacketRecord[], tuple?: Tuple): PacketRecord {
  const [first] = records;
  if (first?.direction === 'out' && tuple !== undefined && isToMany(tuple.dst)) return first;
  return records.find(({ verdict }) => verdict === 'drop') ?? records.at(-1)!;
}

/** Multicast and limited broadcast. */
function isToMany(text: string): boolean {
  const address = parseIpAddress(text);
  if (address === null) return false;
  if (address.family === 6) return address.value >> 120n === 0xffn;
  return address.value >> 28n === 0xen || address.value === 0xffff_ffffn;
}
