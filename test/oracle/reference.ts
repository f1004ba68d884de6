/**
 * A second, naive reading of docs/SEMANTICS.md: a loop over rules and a map of flows.
 *
 * Imported by tests only. It shares no code with `src/compile`, `src/program` or `native`, keeps no
 * cache, and answers one question: what is said of this packet? Section numbers in the comments
 * are those of docs/SEMANTICS.md. Where that text leaves room the comment begins with "Reading:".
 */
import type {
  Conditions,
  Direction,
  HostStage,
  NormalisedEndpoint,
  NormalisedHost,
  NormalisedRule,
  PortMappingAllow,
  PortRange,
  RuleId,
  Stage,
  SwitchStage,
} from '../../src/normalise/normalised-host.js';
import type { FlowEvent, PacketRecord } from '../../src/report/packet-record.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import {
  type Address,
  type Packet,
  type Side,
  ACK,
  FIN,
  ICMP,
  ICMPV6,
  RST,
  SYN,
  addressText,
  flowKey,
  isIcmpError,
  isLimitedBroadcast,
  isLoopback,
  isMulticast,
  isPureSyn,
  readTuple,
} from './packet.js';

type Reason = PacketRecord['reason'];

export type ReferenceRecord = Pick<
  PacketRecord,
  'endpoint' | 'direction' | 'verdict' | 'stage' | 'rule' | 'reason' | 'flow' | 'flow_event'
>;

export interface ReferenceCounter {
  /** Name of the rule, or the reason of a default. */
  readonly name: string;
  packets: number;
  flows: number;
}

type FlowState =
  'untracked' | 'syn' | 'syn-ack' | 'established' | 'closing' | 'time-wait' | 'reset';

interface Flow {
  readonly id: number;
  readonly protocol: number;
  /** Who let the flow in: a rule's name, or null and the reason of a default. */
  readonly rule: string | null;
  readonly reason: Reason;
  /** The side whose packet made the flow. */
  readonly opener: Side;
  state: FlowState;
  /** Sequence number of the responder's SYN, once seen. */
  responderSyn: number | null;
  /** The side whose FIN was seen first. */
  closer: Side | null;
  /** Nanoseconds; the flow is gone when the clock reaches it. */
  deadline: number;
}

/** What one stage says of one packet. */
interface Outcome {
  readonly stage: Stage;
  readonly hasSay: boolean;
  readonly verdict: 'allow' | 'drop';
  readonly reason: Reason;
  readonly rule: string | null;
  /** Name in the counters. */
  readonly credit: string;
  /** The live flow the packet belongs to. */
  readonly flow: Flow | null;
  /** State of the flow to make if the whole walk allows; null to make none. */
  readonly opens: FlowState | null;
}

interface FragmentRecord {
  readonly record: ReferenceRecord;
  readonly credits: readonly string[];
  readonly deadline: number;
}

interface Placement {
  readonly endpoint: NormalisedEndpoint;
  readonly direction: Direction;
}

const SECOND = 1e9;
const FRAGMENT_SECONDS = 60;
const FRAGMENT_RECORDS = 16_384;

const opposite = (side: Side): Side => (side === 'local' ? 'remote' : 'local');

export class Reference {
  readonly #host: NormalisedHost;
  readonly #stateless: boolean;
  readonly #flows = new Map<string, Flow>();
  readonly #fragments = new Map<string, FragmentRecord>();
  readonly #counters = new Map<string, ReferenceCounter>();
  #clock = 0;
  #lastFlowId = 0;

  constructor(host: NormalisedHost, options: { readonly stateless: boolean }) {
    this.#host = host;
    this.#stateless = options.stateless;
  }

  /** The records of one packet, sender first; a packet nobody judges has one record, `pass`. */
  judge(tuple: Tuple): ReferenceRecord[] {
    // 5.1 Time: capture time never runs backwards.
    if (tuple.at !== undefined) this.#clock = Math.max(this.#clock, Math.round(tuple.at * SECOND));
    const packet = readTuple(tuple);
    const placed = tuple.dir === undefined ? this.#place(packet) : this.#placeAsTold(tuple);
    if (typeof placed === 'string') return [passRecord(placed)];

    const records: ReferenceRecord[] = [];
    let flowId: number | null = null;
    for (const { endpoint, direction } of placed) {
      const { record, id } = this.#judgeAt(endpoint, direction, packet, flowId);
      flowId = flowId ?? id;
      records.push(record);
      // 1: the receiver judges only what got so far.
      if (direction === 'out' && record.verdict === 'drop') break;
    }
    return records;
  }

  counters(): ReferenceCounter[] {
    return [...this.#counters.values()];
  }

  /** Flows alive now, for tests of the reference itself. */
  flowCount(): number {
    return [...this.#flows.values()].filter((flow) => flow.deadline > this.#clock).length;
  }

  // ---- 2 Placing -------------------------------------------------------------------------------

  #place({ source, destination }: Packet): Placement[] | Reason {
    if (isLoopback(source) || isLoopback(destination)) return 'loopback';
    const senders = this.#owners(source);
    const receivers = this.#owners(destination);
    if (senders.some((endpoint) => receivers.includes(endpoint))) return 'own-address';
    // A tuple has no MAC addresses that could decide.
    if (senders.length > 1 || receivers.length > 1) return 'ambiguous-endpoint';

    const sender = senders[0];
    const out: Placement[] = sender ? [{ endpoint: sender, direction: 'out' }] : [];
    const heard =
      isMulticast(destination) || isLimitedBroadcast(destination)
        ? this.#host.endpoints.filter(
            (endpoint) => endpoint !== sender && (!sender || endpoint.network === sender.network),
          )
        : receivers;
    const placed = [...out, ...heard.map((endpoint): Placement => ({ endpoint, direction: 'in' }))];
    return placed.length > 0 ? placed : 'no-endpoint';
  }

  /** Reading: a direction that is given is believed whatever the addresses are, 2.4 included. */
  #placeAsTold(tuple: Tuple): Placement[] | Reason {
    const endpoint =
      tuple.endpoint === undefined
        ? this.#host.endpoints[0]
        : this.#host.endpoints.find(({ name }) => name === tuple.endpoint);
    return endpoint && tuple.dir ? [{ endpoint, direction: tuple.dir }] : 'no-endpoint';
  }

  #owners(address: Address): NormalisedEndpoint[] {
    return this.#host.endpoints.filter(({ addresses }) =>
      addresses.some(({ family, value }) => family === address.family && value === address.value),
    );
  }

  // ---- 1 The walk of one endpoint --------------------------------------------------------------

  #judgeAt(
    endpoint: NormalisedEndpoint,
    direction: Direction,
    packet: Packet,
    packetFlowId: number | null,
  ): { record: ReferenceRecord; id: number | null } {
    const fragmentKey = packet.fragment
      ? [endpoint.name, direction, packet.protocol, packet.fragment.id]
          .concat(addressText(packet.source), addressText(packet.destination))
          .join(' ')
      : null;
    if (fragmentKey !== null && packet.fragment?.later && !this.#stateless) {
      const known = this.#fragments.get(fragmentKey);
      if (known && known.deadline > this.#clock) {
        known.credits.forEach((name) => this.#credit(name, 0));
        return { record: { ...known.record, flow_event: null }, id: null };
      }
    }

    const outcomes: Outcome[] = [];
    for (const stage of direction === 'in' ? STAGES_IN : STAGES_OUT) {
      const outcome = this.#judgeStage(endpoint, stage, direction, packet);
      outcomes.push(outcome);
      if (outcome.verdict === 'drop') break;
    }
    outcomes.forEach(({ credit }) => this.#credit(credit, 0));

    const deciding = decidingOutcome(outcomes);
    const settled =
      deciding.verdict === 'allow'
        ? this.#settle(endpoint, direction, packet, outcomes, packetFlowId)
        : { full: null, id: null, event: null };
    const record: ReferenceRecord = {
      endpoint: endpoint.name,
      direction,
      verdict: settled.full ? 'drop' : deciding.verdict,
      stage: settled.full ?? deciding.stage,
      rule: settled.full ? null : deciding.rule,
      reason: settled.full ? 'flow-limit' : deciding.reason,
      flow: settled.id,
      flow_event: settled.event,
    };
    if (fragmentKey !== null && !packet.fragment?.later && !this.#stateless) {
      const credits = outcomes.map(({ credit }) => credit);
      const deadline = this.#clock + FRAGMENT_SECONDS * SECOND;
      this.#fragments.delete(fragmentKey);
      this.#fragments.set(fragmentKey, { record, credits, deadline });
      if (this.#fragments.size > FRAGMENT_RECORDS) {
        this.#fragments.delete(this.#fragments.keys().next().value!);
      }
    }
    return { record, id: settled.id };
  }

  // ---- 4.1 One stage ---------------------------------------------------------------------------

  #judgeStage(
    endpoint: NormalisedEndpoint,
    stage: Stage,
    direction: Direction,
    packet: Packet,
  ): Outcome {
    const policy = stage === 'switch' ? endpoint.switchStage : endpoint.hostStage;
    const hasSay = stageHasSay(policy);
    const say = (verdict: 'allow' | 'drop', reason: Reason): Outcome => ({
      ...{ stage, hasSay, verdict, reason, rule: null, credit: reason, flow: null, opens: null },
    });
    if (!hasSay) return say('allow', openStageReason(policy));

    const stateful = !this.#stateless;
    const { options } = this.#host;
    // 5.3: a later fragment whose first is known never comes here.
    if (stateful && packet.fragment?.later) return say('drop', 'fragment-without-first');

    const key = flowKey(packet, direction === 'in' ? 'destination' : 'source');
    const flow = stateful && key !== null ? this.#liveFlow(endpoint, stage, key) : null;
    // 5.2, the row "time-wait, reset": a pure SYN counts as a packet without a flow.
    const reopens =
      flow !== null && (flow.state === 'time-wait' || flow.state === 'reset') && isPureSyn(packet);
    if (flow && !reopens) {
      const { rule, reason } = flow;
      return { ...say('allow', 'established'), rule, credit: rule ?? reason, flow };
    }

    if (stateful && options.icmpErrors === 'flow' && isIcmpError(packet) && packet.quoted) {
      // The quoted packet went the other way: what we hear of was sent by us.
      const quotedKey = flowKey(packet.quoted, direction === 'in' ? 'source' : 'destination');
      const quoted = quotedKey === null ? null : this.#liveFlow(endpoint, stage, quotedKey);
      if (quoted) return { ...say('allow', 'related'), credit: quoted.rule ?? quoted.reason };
    }

    const discovery =
      packet.protocol === ICMPV6 &&
      packet.icmp &&
      packet.icmp.type >= 133 &&
      packet.icmp.type <= 137;
    if (stage === 'switch' && options.neighborDiscovery === 'exempt' && discovery) {
      return say('allow', 'neighbor-discovery');
    }

    const midstream = stateful && packet.tcp !== null && !isPureSyn(packet);
    const isRst = packet.tcp !== null && (packet.tcp.flags & RST) !== 0;
    if (midstream && (isRst ? stage === 'host' : options.midstream === 'strict')) {
      return say('drop', 'non-syn-without-state');
    }

    const judged = this.#judgeByRules(endpoint, stage, direction, packet);
    const opens =
      !stateful || !judged.stateful || isIcmpError(packet) || isRst || packet.fragment?.later
        ? null
        : newFlowState(packet);
    return {
      ...say(judged.verdict, judged.reason),
      rule: judged.rule,
      opens,
      credit: judged.credit,
    };
  }

  #liveFlow(endpoint: NormalisedEndpoint, stage: Stage, key: string): Flow | null {
    const flow = this.#flows.get(`${endpoint.name} ${stage} ${key}`);
    return flow && flow.deadline > this.#clock ? flow : null;
  }

  // ---- 4.2, 4.3 Rules, then defaults -----------------------------------------------------------

  #judgeByRules(
    endpoint: NormalisedEndpoint,
    stage: Stage,
    direction: Direction,
    packet: Packet,
  ): RuleVerdict {
    const policy = stage === 'switch' ? endpoint.switchStage : endpoint.hostStage;
    switch (policy.kind) {
      case 'container-defaults': {
        if (direction === 'out') return byDefault('allow', 'default-allow-outbound');
        if (policy.inboundProtocols.includes(packet.protocol)) {
          return byDefault('allow', 'default-allow-inbound');
        }
        if (isMapped(policy.mappings, packet)) return byDefault('allow', 'port-mapping-allow');
        return byDefault('drop', policy.inboundDeny);
      }
      case 'acl': {
        const lists: (readonly RuleId[])[] = [];
        for (const item of policy[direction]) {
          if (typeof item === 'number') lists.push([item]);
          else lists.push(item.rules);
        }
        for (const list of lists) {
          const rule = list
            .map((id) => this.#host.rules[id]!)
            .find(({ conditions }) => matches(conditions, packet));
          // 4.2: Pass and no match go on with the next tier.
          if (rule && rule.action !== 'pass') return byRule(rule);
        }
        if (direction === 'in' && 'mappings' in policy && isMapped(policy.mappings, packet)) {
          return byDefault('allow', 'port-mapping-allow');
        }
        return policy.implicitDeny[direction]
          ? byDefault('drop', 'implicit-deny')
          : { ...byDefault('allow', 'default-allow'), stateful: false };
      }
      default:
        throw new Error(`stage ${policy.kind} has no rules`);
    }
  }

  // ---- 5 State ---------------------------------------------------------------------------------

  /** Only called when every stage of the endpoint allowed (A10). */
  #settle(
    endpoint: NormalisedEndpoint,
    direction: Direction,
    packet: Packet,
    outcomes: readonly Outcome[],
    packetFlowId: number | null,
  ): { full: Stage | null; id: number | null; event: FlowEvent | null } {
    const local = direction === 'in' ? 'destination' : 'source';
    const sender: Side = direction === 'in' ? 'remote' : 'local';
    const key = flowKey(packet, local);
    const keyAt = (stage: Stage): string => `${endpoint.name} ${stage} ${key ?? ''}`;

    for (const { stage, opens } of outcomes) {
      if (opens === null) continue;
      const replaced = this.#liveFlow(endpoint, stage, key!);
      if (!replaced && this.#flowsAt(endpoint, stage) >= this.#host.options.flowLimit) {
        return { full: stage, id: null, event: null };
      }
    }

    const found = outcomes.find(({ flow }) => flow !== null)?.flow?.id ?? packetFlowId;
    const makes = outcomes.some(({ opens }) => opens !== null);
    const id = found ?? (makes ? ++this.#lastFlowId : null);
    const events: (FlowEvent | null)[] = [];
    for (const { stage, flow, opens, rule, reason, credit } of outcomes) {
      if (flow) {
        events.push(this.#advance(flow, stage, packet, sender));
        // A flow that a RST ended at once is no more.
        if (flow.deadline <= this.#clock) this.#flows.delete(keyAt(stage));
      }
      if (opens === null) continue;
      const made: Flow = {
        ...{ id: id!, protocol: packet.protocol, rule, reason, opener: sender, state: opens },
        ...{ responderSyn: null, closer: null, deadline: 0 },
      };
      made.deadline = this.#clock + this.#idleTime(made, stage);
      this.#flows.set(keyAt(stage), made);
      this.#credit(credit, 1, 0);
      if (opens === 'established') events.push('midstream');
      else if (found === null) events.push('new');
    }
    const event = events.find((each) => each !== null) ?? null;
    const inFlow = makes || outcomes.some(({ flow }) => flow !== null);
    return { full: null, id: inFlow ? id : null, event };
  }

  #flowsAt(endpoint: NormalisedEndpoint, stage: Stage): number {
    const prefix = `${endpoint.name} ${stage} `;
    return [...this.#flows].filter(
      ([key, flow]) => key.startsWith(prefix) && flow.deadline > this.#clock,
    ).length;
  }

  /** 5.2: one step of a live flow, and its renewal. */
  #advance(flow: Flow, stage: Stage, packet: Packet, sender: Side): FlowEvent | null {
    const event = packet.tcp ? nextState(flow, packet.tcp, sender) : null;
    if (event === 'reset') {
      const rest = stage === 'host' ? 0 : this.#host.options.timers.switchReset * SECOND;
      flow.deadline = Math.min(flow.deadline, this.#clock + rest);
    } else if (flow.state !== 'reset') {
      flow.deadline = this.#clock + this.#idleTime(flow, stage);
    }
    return event;
  }

  /** 5.1, the table of idle times; nanoseconds. */
  #idleTime(flow: Flow, stage: Stage): number {
    const { timers } = this.#host.options;
    const onSwitch = stage === 'switch';
    switch (flow.state) {
      case 'syn':
      case 'syn-ack':
        return (onSwitch ? timers.switchHalfOpen : timers.hostHalfOpen) * SECOND;
      case 'established':
      case 'closing':
        return onSwitch ? timers.switchFlow * SECOND : Infinity;
      case 'time-wait':
        return (onSwitch ? timers.switchTimeWait : timers.hostTimeWait) * SECOND;
      default: {
        const icmp = flow.protocol === ICMP || flow.protocol === ICMPV6;
        if (onSwitch) return timers.switchFlow * SECOND;
        return (icmp ? timers.hostIcmp : timers.hostUdp) * SECOND;
      }
    }
  }

  #credit(name: string, flows: number, packets = 1): void {
    const counter = this.#counters.get(name) ?? { name, packets: 0, flows: 0 };
    counter.packets += packets;
    counter.flows += flows;
    this.#counters.set(name, counter);
  }
}

const STAGES_IN: readonly Stage[] = ['switch', 'host'];
const STAGES_OUT: readonly Stage[] = ['host', 'switch'];

function passRecord(reason: Reason): ReferenceRecord {
  return {
    ...{ endpoint: null, direction: null, verdict: 'pass', stage: null, rule: null, reason },
    ...{ flow: null, flow_event: null },
  };
}

/** 1: a drop is named by the stage that dropped, an allow by the last stage that has a say (A1). */
function decidingOutcome(outcomes: readonly Outcome[]): Outcome {
  const last = outcomes.at(-1)!;
  if (last.verdict === 'drop') return last;
  return outcomes.findLast(({ hasSay }) => hasSay) ?? last;
}

/** 1: a stage that cannot refuse anything has no say. */
function stageHasSay(policy: SwitchStage | HostStage): boolean {
  return policy.kind === 'acl' || policy.kind === 'container-defaults';
}

function openStageReason(policy: SwitchStage | HostStage): Reason {
  if (policy.kind === 'acl' || policy.kind === 'container-defaults') {
    throw new Error(`stage ${policy.kind} has a say`);
  }
  return policy.kind;
}

interface RuleVerdict {
  readonly verdict: 'allow' | 'drop';
  readonly rule: string | null;
  readonly reason: Reason;
  readonly credit: string;
  /** Whether an allow makes a flow. */
  readonly stateful: boolean;
}

function byDefault(verdict: 'allow' | 'drop', reason: Reason): RuleVerdict {
  return { verdict, rule: null, reason, credit: reason, stateful: verdict === 'allow' };
}

function byRule({ name, action }: NormalisedRule): RuleVerdict {
  const allowed = action === 'allow';
  return {
    ...{ verdict: allowed ? 'allow' : 'drop', rule: name, reason: 'rule', credit: name },
    stateful: allowed,
  };
}

/** 4.4: all conditions hold; one that is not given holds for every packet. */
function matches(conditions: Conditions, packet: Packet): boolean {
  const { protocols, source, destination, sourcePorts, destinationPorts } = conditions;
  const addressIn = (set: Conditions['source'], address: Address): boolean =>
    set === null ||
    (address.family === 4 ? set.ipv4 : set.ipv6).some(
      ({ from, to }) => from <= address.value && address.value <= to,
    );
  const portIn = (ranges: readonly PortRange[] | null, port: number | undefined): boolean =>
    ranges === null ||
    (port !== undefined && ranges.some(({ from, to }) => from <= port && port <= to));
  return (
    (protocols === null || protocols.includes(packet.protocol)) &&
    addressIn(source, packet.source) &&
    addressIn(destination, packet.destination) &&
    portIn(sourcePorts, packet.ports?.source) &&
    portIn(destinationPorts, packet.ports?.destination)
  );
}

/** 1.2, 4.3: the internal port of a published port, with its protocol. */
function isMapped(mappings: readonly PortMappingAllow[], packet: Packet): boolean {
  return mappings.some(
    ({ protocol, internalPort }) =>
      protocol === packet.protocol && internalPort === packet.ports?.destination,
  );
}

/** 5.2, the rows of state "none"; other protocols have no machine. */
function newFlowState(packet: Packet): FlowState {
  if (!packet.tcp) return 'untracked';
  return isPureSyn(packet) ? 'syn' : 'established';
}

/** 5.2: changes the state of a live flow; returns the event. */
function nextState(flow: Flow, tcp: NonNullable<Packet['tcp']>, sender: Side): FlowEvent | null {
  const has = (bits: number): boolean => (tcp.flags & bits) === bits;
  if (has(RST)) {
    if (flow.state === 'reset') return null;
    flow.state = 'reset';
    return 'reset';
  }
  const fromResponder = sender === opposite(flow.opener);
  if ((flow.state === 'syn' || flow.state === 'syn-ack') && has(SYN | ACK) && fromResponder) {
    flow.state = 'syn-ack';
    flow.responderSyn = tcp.seq;
    return null;
  }
  if (flow.state === 'syn-ack' && has(ACK) && !fromResponder) {
    // Reading: an acknowledgement is cumulative, so anything behind the SYN acknowledges it too.
    const behindSyn = (tcp.ack - flow.responderSyn! - 1) >>> 0;
    if (behindSyn >= 2 ** 31) return null;
    flow.state = 'established';
    return 'established';
  }
  if (flow.state === 'established' && has(FIN)) {
    flow.state = 'closing';
    flow.closer = sender;
    return 'closing';
  }
  if (flow.state === 'closing' && has(FIN) && sender !== flow.closer) {
    flow.state = 'time-wait';
    return 'closed';
  }
  return null;
}
