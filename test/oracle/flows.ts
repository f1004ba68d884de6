/** The flows the oracle keeps, in a map, and their times: SEMANTICS.md 5.1 and state.md 3. */
import type { SemanticOptions, Stage } from '../../src/normalise/normalised-host.js';
import type { FlowEvent } from '../../src/report/packet-record.js';
import { type Flow, type FlowState, nextState } from './flow.js';
import { type Packet, type Side, ICMP, ICMPV6, TCP, UDP } from './packet.js';

export const SECOND = 1e9;

type Timers = SemanticOptions['timers'];

/** Flows by the place of their layer (`placeOf`) and a key that is its own there. */
export class Flows {
  readonly #flows = new Map<string, Flow>();
  #now = 0;
  #lastId = 0;

  /** Capture time in nanoseconds. */
  get now(): number {
    return this.#now;
  }

  /** 5.1 Time: capture time never runs backwards. */
  passTo(seconds: number): void {
    this.#now = Math.max(this.#now, Math.round(seconds * SECOND));
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /** With the places and keys they stand under; one may stand under two. */
  entries(): IterableIterator<[string, Flow]> {
    return this.#flows.entries();
  }

  isLive({ deadline }: Flow): boolean {
    return deadline > this.#now;
  }

  live(place: string, key: string): Flow | null {
    const flow = this.#flows.get(place + key);
    return flow && this.isLive(flow) ? flow : null;
  }

  /** Under all of these keys, in the place of what stood there. */
  keep(place: string, keys: readonly string[], flow: Flow): void {
    for (const key of keys) {
      const before = this.#flows.get(place + key);
      if (before) this.forget(before);
    }
    for (const key of keys) this.#flows.set(place + key, flow);
  }

  forget(flow: Flow): void {
    for (const [key, each] of this.#flows) if (each === flow) this.#flows.delete(key);
  }

  /** Flows alive now, for tests of the reference itself. */
  count(): number {
    return [...new Set(this.#flows.values())].filter((flow) => this.isLive(flow)).length;
  }

  /** 5.1 Limit; state.md 3: whether the layer can hold the flow beside the others it has. */
  hasRoom(
    place: string,
    key: string,
    opening: { readonly protocol: number; readonly state: FlowState },
    { flowLimit, flowLimits }: SemanticOptions,
  ): boolean {
    const own = this.#flows.get(place + key);
    const others = new Set<Flow>();
    for (const [each, flow] of this.#flows) {
      if (each.startsWith(place) && this.isLive(flow) && flow !== own) others.add(flow);
    }
    const ofClass = [...others].filter((flow) => flowClass(flow) === flowClass(opening));
    const halfOpen = [...others].filter(isHalfOpen);
    return (
      others.size < flowLimit &&
      ofClass.length < flowLimits[flowClass(opening)] &&
      (!isHalfOpen(opening) || halfOpen.length < flowLimits.halfOpen)
    );
  }

  /** 5.2: one step of a live flow, and its renewal. */
  advance(
    flow: Flow,
    stage: Stage,
    packet: Packet,
    sender: Side,
    timers: Timers,
  ): FlowEvent | null {
    // firewall.md 3.4: only who asked many keeps the answers open.
    if (flow.asked && !flow.anyRemote) return null;
    const event = packet.tcp ? nextState(flow, packet.tcp, sender) : null;
    if (event === 'reset') {
      const rest = stage === 'host' ? 0 : timers.switchReset * SECOND;
      flow.deadline = Math.min(flow.deadline, this.#now + rest);
    } else if (flow.state !== 'reset') {
      flow.deadline = this.#now + idleTime(flow, stage, timers);
    }
    // A flow that a RST ended at once is no more.
    if (!this.isLive(flow)) this.forget(flow);
    return event;
  }
}

const flowClass = ({ protocol }: { readonly protocol: number }): 'tcp' | 'udp' | 'other' =>
  protocol === TCP ? 'tcp' : protocol === UDP ? 'udp' : 'other';

const isHalfOpen = ({ state }: { readonly state: FlowState }): boolean =>
  state === 'syn' || state === 'syn-ack';

/** 5.1, the table of idle times; nanoseconds. */
export function idleTime(flow: Flow, stage: Stage, timers: Timers): number {
  const onSwitch = stage === 'switch';
  switch (flow.state) {
    case 'syn':
    case 'syn-ack':
      return (onSwitch ? timers.switchHalfOpen : timers.hostHalfOpen) * SECOND;
    case 'established':
    case 'closing':
      return onSwitch ? flow.ttl * SECOND : Infinity;
    case 'time-wait':
      return (onSwitch ? timers.switchTimeWait : timers.hostTimeWait) * SECOND;
    default: {
      const icmp = flow.protocol === ICMP || flow.protocol === ICMPV6;
      if (onSwitch) return flow.ttl * SECOND;
      if (flow.toMany) return timers.hostMulticast * SECOND;
      return (icmp ? timers.hostIcmp : timers.hostUdp) * SECOND;
    }
  }
}
