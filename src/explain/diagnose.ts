/** Explanations with what people ask next: which rule nearly decided, and what would change it. */
import { compileHost, type CompiledHost } from '../compile/compile-host.js';
import type { NormalisedHost } from '../normalise/normalised-host.js';
import type { Decision } from '../report/packet-record.js';
import { Simulator, type SimulatorOptions } from '../simulate/simulate.js';
import type { Tuple } from '../simulate/tuple.js';
import { applyEdit, editsFor, type Edit } from './edits.js';
import { explainCapture, type ExplainCaptureOptions } from './explain-capture.js';
import type { Explanation, SeenPacket } from './explanation.js';
import { nearMisses, type NearMiss } from './near-misses.js';
import { parseTuple } from './tuple-text.js';

export interface Diagnosis extends Explanation {
  /** Rules that would have decided otherwise, had fewer conditions failed; the nearest first. */
  readonly near_misses: readonly NearMiss[];
  /**
   * The smallest changes found, together, after which the engine gives the other verdict; null when
   * none of those that were tried does.
   */
  readonly smallest_edit: VerifiedEdit | null;
}

export interface VerifiedEdit {
  readonly changes: readonly EditReport[];
  /**
   * What the engine says with the changes: of a tuple with what came before it judged with them too,
   * of a frame where they are made right before it, live flows asked again.
   */
  readonly decision: Decision;
}

/** An edit of a host, in names. */
export interface EditReport {
  readonly kind: Edit['kind'];
  /** The rule that is changed; null for one that is added. */
  readonly rule: string | null;
  readonly location: NormalisedHost['rules'][number]['location'] | null;
  /** What a widened rule takes besides, or what the conditions of an added one are. */
  readonly add: readonly { readonly field: string; readonly value: string }[];
  readonly endpoint: string | null;
  readonly stage: 'switch' | 'host';
  readonly direction: 'in' | 'out';
  readonly action: 'allow' | 'block' | 'pass';
  readonly priority: number | null;
}

export interface ExplainOptions extends SimulatorOptions {
  /** Packets judged before, so that the one explained meets their flows. */
  readonly after?: readonly (Tuple | string)[];
}

/**
 * Explains what happens to a packet, written as a {@link Tuple} or in the tuple language
 * ({@link parseTuple}).
 *
 * @throws {PortaclError} bad-tuple, engine-missing
 */
export function explain(
  compiled: CompiledHost,
  packet: Tuple | string,
  options: ExplainOptions = {},
): Diagnosis {
  const { after = [], ...simulatorOptions } = options;
  const tuple = tupleOf(packet);
  const before = after.map(tupleOf);
  const ask = (host: CompiledHost): Explanation => {
    const simulator = new Simulator(host, simulatorOptions);
    if (before.length > 0) simulator.judge(before);
    return simulator.explain(tuple);
  };
  const explanation = ask(compiled);
  const steps = editSteps(explanation, compiled.host, ask);
  return diagnosis(explanation, steps);
}

const tupleOf = (packet: Tuple | string): Tuple =>
  typeof packet === 'string' ? parseTuple(packet) : packet;

/**
 * Explains packet `frame` of the last of `captures` with the flows that the packets before it have
 * made, and the policy that judges it where `changes` are given. One pass over the captures up to that
 * packet: an edit is verified with the flows it meets.
 *
 * @throws {CaptureError} for a capture that cannot be read so far
 * @throws {PortaclError} frame-not-found, engine-missing, cancelled
 */
export async function explainFrame(
  captures: readonly string[],
  frame: number,
  compiled: CompiledHost,
  options: ExplainCaptureOptions = {},
): Promise<Diagnosis> {
  const { explanation, judging, judgedBy } = await explainCapture(
    captures,
    frame,
    compiled,
    options,
  );
  // What an edit does is tried on the packet alone, then verified with its flows.
  const alone = tupleOfSeen(explanation);
  if (alone === null) return diagnosis(explanation, []);
  const ask = (host: CompiledHost): Explanation => new Simulator(host).explain(alone);
  const steps = editSteps(explanation, judging.host, ask);
  const last = steps.at(-1);
  if (last === undefined) return diagnosis(explanation, []);
  const { decision } = judgedBy(compileHost(last.host));
  const isTurned = decision.verdict !== explanation.decision.verdict;
  return diagnosis(
    explanation,
    isTurned ? [...steps.slice(0, -1), { ...last, after: decision }] : [],
  );
}

interface EditStep {
  readonly edit: Edit;
  readonly host: NormalisedHost;
  readonly after: Decision;
}

/** A packet can meet this many stages, each of which may need a change. */
const EDITS_MAX = 4;

/**
 * Changes after which the verdict is the other one; empty when none is found. Where several layers
 * refuse, each is changed in turn.
 */
function editSteps(
  explanation: Explanation,
  host: NormalisedHost,
  ask: (compiled: CompiledHost) => Explanation,
): EditStep[] {
  const { verdict } = explanation.decision;
  if (verdict === 'pass') return [];
  let present = explanation;
  let edited = host;
  const steps: EditStep[] = [];
  while (steps.length < EDITS_MAX) {
    const tried = triedEdits(present, edited, ask);
    const turned = tried.find(({ after }) => after.decision.verdict !== verdict);
    // What gets the packet past the layer that dropped it, though another drops it then.
    const further = tried.find(({ after }) => isElsewhere(present.decision, after.decision));
    const step = turned ?? further;
    if (step === undefined) return [];
    steps.push({ edit: step.edit, host: step.host, after: step.after.decision });
    if (turned !== undefined) return steps;
    [present, edited] = [step.after, step.host];
  }
  return [];
}

const isElsewhere = (one: Decision, other: Decision): boolean =>
  one.endpoint !== other.endpoint || one.stage !== other.stage;

interface TriedEdit {
  readonly edit: Edit;
  readonly host: NormalisedHost;
  readonly after: Explanation;
}

function triedEdits(
  explanation: Explanation,
  host: NormalisedHost,
  ask: (compiled: CompiledHost) => Explanation,
): TriedEdit[] {
  const { verdict } = explanation.decision;
  const tried: TriedEdit[] = [];
  for (const edit of editsFor(explanation, host)) {
    const edited = applyEdit(host, edit);
    const after = ask(compileHost(edited));
    tried.push({ edit, host: edited, after });
    // They come in the order of size: the first that turns the verdict is the smallest.
    if (after.decision.verdict !== verdict) break;
  }
  return tried;
}

function diagnosis(explanation: Explanation, steps: readonly EditStep[]): Diagnosis {
  const last = steps.at(-1);
  return {
    ...explanation,
    near_misses: nearMisses(explanation),
    smallest_edit:
      last === undefined
        ? null
        : { changes: steps.map(({ edit }) => editReport(edit)), decision: last.after },
  };
}

function editReport(edit: Edit): EditReport {
  if (edit.kind === 'add') {
    const { endpoint, stage, direction, action, priority, packet } = edit;
    const port = packet.destination_port;
    return {
      ...{ kind: 'add', rule: null, location: null },
      add: [
        { field: 'protocol', value: String(packet.protocol) },
        { field: 'source-address', value: packet.source ?? '' },
        { field: 'destination-address', value: packet.destination ?? '' },
        ...(port === null ? [] : [{ field: 'destination-port', value: String(port) }]),
      ],
      ...{ endpoint, stage, direction, action, priority },
    };
  }
  const { name, location, stage, direction, action, priority } = edit.rule;
  const add = edit.kind === 'widen' ? edit.add : [];
  return {
    ...{ kind: edit.kind, rule: name, location, add, endpoint: null },
    ...{ stage, direction, action, priority },
  };
}

/** The packet as a simulation has it; null where its headers do not say enough. */
function tupleOfSeen({ packet, decision }: Explanation): Tuple | null {
  const { form, protocol, source, destination } = packet;
  if (form !== 'whole' || protocol === null || source === null || destination === null) return null;
  if (decision.endpoint === null || decision.direction === null) return null;
  return {
    dir: decision.direction,
    endpoint: decision.endpoint,
    proto: protocol,
    src: source,
    dst: destination,
    ...ports(packet),
    ...frameFields(packet),
    ...(packet.tcp_flags !== null && { flags: packet.tcp_flags }),
    ...(packet.icmp !== null && {
      type: packet.icmp.type,
      code: packet.icmp.code,
      id: packet.icmp.id ?? 0,
    }),
  };
}

/** What rules of dumped ports ask for beside. */
const frameFields = (packet: SeenPacket): Partial<Tuple> => ({
  ...(packet.source_mac !== null && { smac: packet.source_mac }),
  ...(packet.destination_mac !== null && { dmac: packet.destination_mac }),
  ...(packet.vlan !== 0 && { vlan: packet.vlan }),
  ...(packet.tni !== null && { tni: packet.tni }),
  ...(packet.gre_key !== null && { key: packet.gre_key }),
});

const ports = ({ source_port: sport, destination_port: dport }: SeenPacket): Partial<Tuple> => ({
  ...(sport !== null && { sport }),
  ...(dport !== null && { dport }),
});
