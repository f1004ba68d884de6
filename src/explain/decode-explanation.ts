/** Rows of TRACE_TABLE as an Explanation in the author's terms. */
import type { NativeExplanation } from '../native/engine-types.js';
import { formatAddress, formatMac } from '../normalise/address.js';
import type { NormalisedHost } from '../normalise/normalised-host.js';
import {
  DIRECTIONS,
  FLOW_EVENTS,
  NONE,
  OUTCOMES,
  PACKET_FORMS,
  REASONS,
  SEEN_FLAG,
  SEEN_PACKET_TABLE,
  STAGES,
  TCP_STATES,
  TRACE_EVENTS,
  TRACE_TABLE,
} from '../program/layout.js';
import { readRows, type RowOf } from '../program/table-reader.js';
import type { Decision } from '../report/packet-record.js';
import type { ProgramNames, RuleRowName } from '../report/rule-names.js';
import { CONDITION_FIELDS, failedCondition, type PacketValues } from './condition-values.js';
import type {
  EndpointExplanation,
  Explanation,
  FlowReference,
  GroupExplanation,
  LayerExplanation,
  PacketEnds,
  RuleExplanation,
  RuleReference,
  SeenPacket,
} from './explanation.js';

type PacketRow = RowOf<typeof SEEN_PACKET_TABLE>;
type Step = RowOf<typeof TRACE_TABLE>;
type StepKind = (typeof TRACE_EVENTS)[number];

const TCP = 6;
const MAC_UNKNOWN = 0xffff_ffff_ffff_ffffn;
const NEVER = 0xffff_ffff_ffff_ffffn;
const PROTOCOLS_OF_ICMP: readonly number[] = [1, 58];

export function decodeExplanation(
  native: NativeExplanation,
  host: NormalisedHost,
  names: ProgramNames,
): Explanation {
  const packets = readRows(SEEN_PACKET_TABLE, native.packets).map(packetValues);
  const packet = packets[0]!;
  const steps = new StepReader(readRows(TRACE_TABLE, native.steps));
  const context = { host, names, packets, packet };
  const endpoints: EndpointExplanation[] = [];
  while (!steps.done) endpoints.push(endpointOf(steps, context));
  const decision = endpoints.find(({ decision: { verdict } }) => verdict === 'drop');
  return {
    packet: packet.seen,
    endpoints,
    decision: (decision ?? endpoints.at(-1)!).decision,
  };
}

function packetValues(row: PacketRow): PacketValues {
  return {
    seen: seenPacket(row),
    source: (row.source_hi << 64n) | row.source_lo,
    destination: (row.destination_hi << 64n) | row.destination_lo,
  };
}

interface Context {
  readonly host: NormalisedHost;
  readonly names: ProgramNames;
  /** The packet as it was read, then as it went on from layers that rewrote it. */
  readonly packets: readonly PacketValues[];
  /** The one that is asked about. */
  packet: PacketValues;
}

/** The packet that a layer, or the way to an endpoint, made of it; null when nothing did. */
function translated(steps: StepReader, context: Context): PacketEnds | null {
  const step = steps.take('translated');
  if (step === null) return null;
  context.packet = context.packets[step.row]!;
  const { source, destination, source_port, destination_port } = context.packet.seen;
  return { source, destination, source_port, destination_port };
}

/** The grammar of the rows stands in native/core/engine/explanation.h. */
class StepReader {
  readonly #steps: readonly Step[];
  #at = 0;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  get done(): boolean {
    return this.#at === this.#steps.length;
  }

  /** The next row when it is of that kind. */
  take(kind: StepKind): Step | null {
    const step = this.#steps[this.#at];
    if (step === undefined || TRACE_EVENTS[step.kind] !== kind) return null;
    this.#at++;
    return step;
  }

  /** The next row, which must be of that kind. */
  expect(kind: StepKind): Step {
    const step = this.take(kind);
    if (step !== null) return step;
    const found = TRACE_EVENTS[this.#steps[this.#at]?.kind ?? -1] ?? 'nothing';
    throw new Error(`an explanation has ${found} where ${kind} belongs`);
  }
}

function endpointOf(steps: StepReader, context: Context): EndpointExplanation {
  const { row, direction } = steps.expect('endpoint');
  context.packet = context.packets[0]!;
  const comesAs = translated(steps, context);
  const follows = steps.take('fragment') !== null;
  const layers: LayerExplanation[] = [];
  for (let step = steps.take('layer'); step !== null; step = steps.take('layer')) {
    layers.push(layerOf(step, steps, DIRECTIONS[direction]!, context));
  }
  // A fragment may come to light behind a layer that takes headers off.
  const followsInside = steps.take('fragment') !== null;
  return {
    endpoint: row === NONE ? null : context.host.endpoints[row]!.name,
    direction: row === NONE ? null : DIRECTIONS[direction]!,
    follows_first_fragment: follows || followsInside,
    comes_as: comesAs,
    layers,
    decision: decisionOf(steps.expect('verdict'), row, context),
  };
}

function layerOf(
  step: Step,
  steps: StepReader,
  direction: 'in' | 'out',
  context: Context,
): LayerExplanation {
  const layer = step.row === NONE ? null : context.names.layerModels[step.row]!;
  const flow = flowOf(steps.take('flow'), context.names);
  const closing = flowOf(steps.take('closing_flow'), context.names);
  const asked = new Map<number, AskedGroup>();
  for (let group = steps.take('group'); group !== null; group = steps.take('group')) {
    asked.set(group.row, askedGroup(group, steps, context));
  }
  steps.take('default');
  const assumed = steps.take('assumed');
  const answer = steps.expect('answer');
  const groups = asked.size === 0 ? [] : groupsOf(step.row, asked, direction, context);
  return {
    stage: STAGES[step.stage] ?? 'switch',
    layer: layer?.name ?? null,
    priority: layer?.priority ?? null,
    verdict: OUTCOMES[answer.outcome] === 'allow' ? 'allow' : 'drop',
    reason: REASONS[answer.reason]!,
    by: answer.row === NONE ? null : ruleReference(context.names.rules[answer.row]!),
    flow,
    closing_flow: closing,
    assumed: assumed === null ? null : ruleReference(context.names.rules[assumed.row]!),
    makes_flow: answer.count !== 0,
    leaves_as: translated(steps, context),
    groups,
  };
}

interface AskedGroup {
  readonly taken: number;
  readonly rules: readonly RuleExplanation[];
}

function askedGroup(group: Step, steps: StepReader, context: Context): AskedGroup {
  const rules: RuleExplanation[] = [];
  for (let rule = steps.take('rule'); rule !== null; rule = steps.take('rule')) {
    const name = context.names.rules[rule.row]!;
    const field = rule.other === NONE ? null : CONDITION_FIELDS[rule.other - 1]!;
    rules.push({
      ...ruleReference(name),
      failed: field === null ? null : failedCondition(field, name.conditions!, context.packet),
      failed_conditions: rule.count,
    });
  }
  return { taken: group.other, rules };
}

/** All groups of a layer: those asked, and why the others were not. */
function groupsOf(
  layer: number,
  asked: ReadonlyMap<number, AskedGroup>,
  direction: 'in' | 'out',
  { names, packet }: Context,
): GroupExplanation[] {
  const groups: GroupExplanation[] = [];
  names.groups.forEach(({ layer: of, model }, row) => {
    if (of !== layer) return;
    const { name, priority, family } = model;
    const head = { group: name, priority, direction: model.direction, family };
    const found = asked.get(row);
    if (found === undefined) {
      const result =
        model.direction !== direction
          ? 'other-direction'
          : family !== packet.seen.family
            ? 'other-family'
            : 'not-reached';
      groups.push({ ...head, result, rules: [], not_asked: model.rules.length });
      return;
    }
    const taken = found.taken === NONE ? null : names.rules[found.taken]!.action;
    const result = taken === null ? 'no-match' : taken === 'pass' ? 'pass' : 'rule';
    const behind = model.rules.length - found.rules.length;
    groups.push({ ...head, result, rules: found.rules, not_asked: behind });
  });
  return groups;
}

function ruleReference({ rule, name, action, reason }: RuleRowName): RuleReference {
  return {
    id: rule?.id ?? null,
    rule: name,
    action,
    reason,
    priority: rule?.priority ?? null,
    location: rule?.location ?? null,
  };
}

function flowOf(step: Step | null, names: ProgramNames): FlowReference | null {
  if (step === null) return null;
  const state = TCP_STATES[step.tcp_state]!;
  return {
    id: Number(step.flow),
    opened: DIRECTIONS[step.direction]!,
    by: step.row === NONE ? null : ruleReference(names.rules[step.row]!),
    tcp_state: state === 'not-tcp' ? null : state,
    ends_in: step.life_ns === NEVER ? null : Number(step.life_ns) / 1e9,
  };
}

function decisionOf(step: Step, endpoint: number, { host, names }: Context): Decision {
  const rule = step.row === NONE ? null : names.rules[step.row]!;
  return {
    endpoint: endpoint === NONE ? null : host.endpoints[endpoint]!.name,
    direction: endpoint === NONE ? null : DIRECTIONS[step.direction]!,
    verdict: OUTCOMES[step.outcome]!,
    stage: STAGES[step.stage]!,
    layer: step.other === NONE ? null : names.layers[step.other]!,
    group: rule?.name == null ? null : rule.group,
    rule: rule?.name ?? null,
    reason: REASONS[step.reason]!,
    flow: step.flow === 0n ? null : Number(step.flow),
    flow_event: FLOW_EVENTS[step.flow_event]!,
  };
}

function seenPacket(row: PacketRow): SeenPacket {
  const has = (flag: number): boolean => (row.flags & flag) !== 0;
  const family = row.family === 4 || row.family === 6 ? row.family : null;
  const address = (hi: bigint, lo: bigint): string | null =>
    family === null ? null : formatAddress({ family, value: (hi << 64n) | lo });
  const mac = (value: bigint): string | null => (value === MAC_UNKNOWN ? null : formatMac(value));
  const form = PACKET_FORMS[row.form]!;
  const isWhole = form === 'whole' && !has(SEEN_FLAG.later_fragment);
  const isIcmp = PROTOCOLS_OF_ICMP.includes(row.protocol);
  return {
    frame: Number(row.frame),
    time_ns: has(SEEN_FLAG.has_time) ? BigInt.asIntN(64, row.time_ns).toString() : null,
    form,
    family,
    protocol: family === null ? null : row.protocol,
    source: address(row.source_hi, row.source_lo),
    destination: address(row.destination_hi, row.destination_lo),
    source_port: has(SEEN_FLAG.has_ports) ? row.source_port : null,
    destination_port: has(SEEN_FLAG.has_ports) ? row.destination_port : null,
    tcp_flags: isWhole && row.protocol === TCP ? flagLetters(row.tcp_flags) : null,
    icmp:
      isWhole && isIcmp
        ? {
            type: row.icmp_type,
            code: row.icmp_code,
            id: has(SEEN_FLAG.icmp_query) ? row.icmp_id : null,
          }
        : null,
    fragment: has(SEEN_FLAG.fragment)
      ? { id: row.fragment_id, first: !has(SEEN_FLAG.later_fragment) }
      : null,
    source_mac: mac(row.source_mac),
    destination_mac: mac(row.destination_mac),
    vlan: row.vlan,
    tni: has(SEEN_FLAG.has_tni) ? row.tni : null,
    gre_key: has(SEEN_FLAG.has_gre_key) ? row.gre_key : null,
  };
}

const flagLetters = (bits: number): string =>
  Array.from('FSRPAU')
    .filter((_, i) => (bits & (1 << i)) !== 0)
    .join('');
