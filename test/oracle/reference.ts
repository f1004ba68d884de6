/**
 * A second, naive reading of docs/SEMANTICS.md: a loop over rules and a map of flows.
 *
 * Imported by tests only. It shares no code with `src/compile`, `src/program` or `native`, keeps no
 * cache, and answers one question: what is said of this packet? Section numbers in the comments
 * are those of docs/SEMANTICS.md. Where that text leaves room the comment begins with "Reading:".
 *
 * This file is the order of a packet's way; each step has a file of its own: `packet.ts` reads it,
 * `placing.ts` finds who judges it, `layers.ts` what it meets there, `stage.ts`, `rules.ts` and
 * `translation-layer.ts` what is said of it, `settle.ts`, `asked.ts` and `flows.ts` what remains.
 */
import type {
  Direction,
  NormalisedEndpoint,
  NormalisedHost,
} from '../../src/normalise/normalised-host.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { judgeEncapsulation } from './encapsulation-layer.js';
import { Flows } from './flows.js';
import { keyOf, layersOf, placeOf } from './layers.js';
import {
  type Outcome,
  type WalkContext,
  decidingOutcome,
  outcomeOf,
  refusedAt,
} from './outcome.js';
import { type Packet, readTuple } from './packet.js';
import { place, placeAsTold, receiversOf } from './placing.js';
import {
  Counters,
  type FragmentRecord,
  FragmentRecords,
  type ReferenceCounter,
  type ReferenceRecord,
  passRecord,
  unreadRecord,
} from './record.js';
import { settle } from './settle.js';
import { judgeStage } from './stage.js';
import { clashes, judgeTranslation } from './translation-layer.js';
import { type UpdateAccount, type UpdateMode, updateFlows } from './update.js';

export class Reference {
  #host: NormalisedHost;
  readonly #stateless: boolean;
  readonly #flows = new Flows();
  readonly #fragments = new FragmentRecords();
  readonly #counters = new Counters();

  constructor(host: NormalisedHost, options: { readonly stateless: boolean }) {
    this.#host = host;
    this.#stateless = options.stateless;
  }

  /** The records of one packet, sender first; a packet nobody judges has one record, `pass`. */
  judge(tuple: Tuple): ReferenceRecord[] {
    if (tuple.at !== undefined) this.#flows.passTo(tuple.at);
    const packet = readTuple(tuple);
    const asTold = tuple.dir !== undefined;
    const placed = asTold ? placeAsTold(this.#host, tuple) : place(this.#host, packet);
    if (typeof placed === 'string') return [passRecord(placed)];

    const records: ReferenceRecord[] = [];
    for (const { endpoint, direction, inside } of placed) {
      const { record, left } = this.#judgeAt(endpoint, direction, inside ?? packet, asTold);
      records.push(record);
      // 1: the receiver judges only what got so far.
      if (direction !== 'out') continue;
      if (record.verdict === 'drop') break;
      // actions.md 4: who receives it says the packet as it left.
      const out = left?.packet ?? inside;
      if (asTold || out === undefined) continue;
      for (const receiver of receiversOf(this.#host, out, endpoint)) {
        records.push(this.#judgeAt(receiver, 'in', out, false, left?.pushes).record);
      }
      break;
    }
    return records;
  }

  /** The way of a packet past one endpoint, from its first layer to what remains of it. */
  #judgeAt(
    endpoint: NormalisedEndpoint,
    direction: Direction,
    packet: Packet,
    asTold: boolean,
    pushes = 0,
  ): { record: ReferenceRecord; left?: Left } {
    const [flows, stateless] = [this.#flows, this.#stateless];
    const known = stateless ? null : this.#fragments.find(endpoint, direction, packet, flows.now);
    if (known !== null) {
      // Reading: it walks through no stage, so only what decided is credited.
      this.#counters.credit(known.credit, 1, 0);
      return { record: { ...known.record, flow_event: null } };
    }

    const context = { host: this.#host, flows, stateless, endpoint, direction, asTold };
    const walked = walk(context, packet, pushes, (inner) =>
      stateless ? null : this.#fragments.find(endpoint, direction, inner, flows.now),
    );
    if (walked.ends === 'unread') return { record: unreadRecord(endpoint, direction) };
    if (walked.ends !== null) {
      this.#counters.credit(walked.ends.credit, 1, 0);
      return { record: { ...walked.ends.record, flow_event: null } };
    }
    let { outcomes } = walked;
    const keeps = (): boolean =>
      outcomes.at(-1)!.verdict === 'allow' || this.#host.options.flowsOfDropped === 'keep';
    if (keeps()) outcomes = checkClash(context, outcomes);
    if (keeps()) outcomes = checkRoom(context, outcomes);
    const { verdict, stage, rule, reason, credit } = decidingOutcome(outcomes);
    const allows = verdict === 'allow';
    for (const each of outcomes) {
      this.#counters.credit(each.credit, 1, keeps() && each.opens !== null ? 1 : 0);
    }
    const passed = outcomes.filter((each) => each.verdict === 'allow');
    const settled = keeps() ? settle(context, packet, passed) : null;
    // A packet that is dropped is of no flow, whatever the layers before it keep.
    const { id, event } = (allows ? settled : null) ?? { id: null, event: null };
    const record: ReferenceRecord = {
      ...{ endpoint: endpoint.name, direction, verdict, stage, rule, reason },
      ...{ flow: id, flow_event: event },
    };
    if (!stateless) {
      this.#fragments.keep(endpoint, direction, packet, flows.now, { record, credit });
      for (const opened of walked.opened) {
        this.#fragments.keep(endpoint, direction, opened, flows.now, { record, credit });
      }
    }
    const left = outcomes.findLast(({ leaves }) => leaves !== null)?.leaves;
    return left ? { record, left: { packet: left, pushes: walked.pushes } } : { record };
  }

  /** docs/semantics/updates.md: another policy in the place of this one. */
  apply(host: NormalisedHost, mode: UpdateMode): UpdateAccount {
    const last = this.#host;
    this.#host = host;
    const names = new Set(host.endpoints.map(({ name }) => name));
    this.#fragments.forget((name) => mode === 'reset' || !names.has(name));
    return updateFlows(this.#flows, last, host, mode);
  }

  counters(): ReferenceCounter[] {
    return this.#counters.all();
  }

  /** Flows alive now, for tests of the reference itself. */
  flowCount(): number {
    return this.#flows.count();
  }
}

/** A packet as it left its sender, and how many headers it was given there. */
interface Left {
  readonly packet: Packet;
  readonly pushes: number;
}

interface Walked {
  readonly outcomes: Outcome[];
  readonly pushes: number;
  /** The last packet that came out of a tunnel. */
  readonly opened: readonly Packet[];
  /** What answers in place of the outcomes: nothing that can be read, or a first fragment. */
  readonly ends: 'unread' | FragmentRecord | null;
}

/** 1: what the layers say, in their order, each of the packet as it comes there; up to a refusal. */
function walk(
  context: WalkContext,
  packet: Packet,
  pushesBefore: number,
  firstOf: (inner: Packet) => FragmentRecord | null,
): Walked {
  const outcomes: Outcome[] = [];
  let entry = packet;
  let pushes = pushesBefore;
  let opened: Packet[] = [];
  for (const layer of layersOf(context.endpoint, context.direction)) {
    const { translation, encapsulation } = layer;
    if (encapsulation !== undefined) {
      const wrapped = judgeEncapsulation(context, encapsulation, entry, pushes);
      const { answer, opened: inner } = wrapped;
      outcomes.push({ ...answer, layer, entry });
      if (inner === 'unread') return { outcomes, pushes, opened, ends: 'unread' };
      if (answer.verdict === 'drop') break;
      ({ pushes } = wrapped);
      entry = answer.leaves ?? entry;
      if (inner !== null) {
        opened = [inner];
        const first = firstOf(inner);
        if (first !== null) return { outcomes, pushes, opened, ends: first };
      }
      continue;
    }
    const said =
      translation === null
        ? judgeStage(context, layer, entry)
        : judgeTranslation(context, layer, translation, entry);
    outcomes.push({ ...said, layer, entry });
    if (said.verdict === 'drop') break;
    entry = said.leaves ?? entry;
  }
  return { outcomes, pushes, opened, ends: null };
}

/** actions.md 3: no connection whose answers another one has. */
function checkClash(context: WalkContext, outcomes: Outcome[]): Outcome[] {
  const clash = outcomes.findIndex((outcome) => clashes(context, outcome));
  if (clash < 0) return outcomes;
  return refusedAt(clash, outcomes, outcomeOf('switch', false, 'drop', 'translation-conflict'));
}

/** 5.1 Limit: of a packet whose flows would be kept. */
function checkRoom(context: WalkContext, outcomes: Outcome[]): Outcome[] {
  const { host, flows, endpoint, direction } = context;
  const lacksRoom = ({ layer, entry, opens }: Outcome): boolean => {
    if (opens === null) return false;
    const opening = { protocol: entry.protocol, state: opens };
    const key = keyOf(layer, entry, direction);
    return !flows.hasRoom(placeOf(endpoint, layer), key, opening, host.options);
  };
  // W22: a firewall that is off does without the flow.
  const isOff = ({ stage, hasSay }: Outcome): boolean => stage === 'host' && !hasSay;
  const kept = outcomes.map((each) =>
    isOff(each) && lacksRoom(each) ? { ...each, opens: null } : each,
  );
  const full = kept.findIndex(lacksRoom);
  if (full < 0) return kept;
  const { stage } = kept[full]!;
  return refusedAt(full, kept, outcomeOf(stage, true, 'drop', 'flow-limit'));
}
