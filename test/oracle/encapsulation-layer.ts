/** What a layer that puts headers on and takes them off does with one packet: actions.md 8. */
import type {
  Encapsulation,
  EncapsulationLayer,
  NormalisedEndpoint,
} from '../../src/normalise/normalised-host.js';
import { type Answer, type WalkContext, outcomeOf } from './outcome.js';
import { type Packet, UDP, hasInvalidFlags, isNeighborDiscovery } from './packet.js';
import { matches } from './rules.js';
import { spreadOver } from './translation.js';

const GRE = 47;
const IP_IN_IP = { 4: 4, 6: 41 } as const;
const VXLAN_PORT = 4789;
const PUSHES_MAX = 2;

export interface Wrapped {
  readonly answer: Answer;
  /** How many headers layers have put on by now, and not taken off. */
  readonly pushes: number;
  /** What it has taken out of a tunnel; `unread` where that shows nothing. */
  readonly opened: Packet | 'unread' | null;
}

export function judgeEncapsulation(
  { host, endpoint, direction, ...context }: WalkContext,
  layer: EncapsulationLayer,
  packet: Packet,
  pushes: number,
): Wrapped {
  const none = endpoint.switchStage.kind === 'no-acl-layer' ? 'no-acl-layer' : 'default-allow';
  const passes = outcomeOf('switch', false, 'allow', none);
  const say = (answer: Answer): Wrapped => ({ answer, pushes, opened: null });
  if (!context.stateless) {
    if (packet.fragment?.later) return say(passes);
    if (host.options.invalidTcp === 'drop' && hasInvalidFlags(packet)) return say(passes);
  }
  const exempt = host.options.neighborDiscovery === 'exempt' && !context.asTold;
  if (exempt && isNeighborDiscovery(packet)) {
    return say(outcomeOf('switch', false, 'allow', 'neighbor-discovery'));
  }
  const rule = layer.rules.find(
    (each) =>
      each.direction === direction &&
      each.family === packet.source.family &&
      matches(each.conditions, packet),
  );
  if (rule === undefined) return say(passes);
  const { name, puts } = rule;
  const by = { ...outcomeOf('switch', false, 'allow', 'rule'), rule: name, credit: name };
  if (puts !== null) {
    if (pushes === PUSHES_MAX) {
      return say(outcomeOf('switch', false, 'drop', 'invalid-packet'));
    }
    return { answer: { ...by, leaves: around(packet, puts) }, pushes: pushes + 1, opened: null };
  }
  const { carries } = packet;
  if (!isTunnel(packet)) return say(outcomeOf('switch', false, 'drop', 'invalid-packet'));
  if (carries === null) return { answer: by, pushes, opened: 'unread' };
  const leaves = { ...carries, ...ownFrame(packet, carries) };
  return { answer: { ...by, leaves }, pushes: Math.max(0, pushes - 1), opened: leaves };
}

/** An IP packet comes in the frame of the one that carried it. */
function ownFrame(outer: Packet, { smac, dmac }: Packet): Partial<Packet> {
  if (smac !== null || dmac !== null) return {};
  return { smac: outer.smac, dmac: outer.dmac, vlan: outer.vlan };
}

/** 8: the headers that a rule puts on. */
function around(packet: Packet, puts: Encapsulation): Packet {
  const mac = (value: bigint | null, kept: number | null): number | null =>
    value === null ? kept : Number(value);
  const inner = { ...packet, dmac: mac(puts.innerMac, packet.dmac) };
  const isVxlan = puts.format === 'vxlan';
  const isNvgre = puts.format === 'nvgre';
  const protocol = isVxlan
    ? UDP
    : puts.format === 'ip_in_ip'
      ? IP_IN_IP[packet.source.family]
      : GRE;
  return {
    protocol,
    source: puts.source,
    destination: puts.destination,
    ports: isVxlan ? { source: 49152 + spreadOver(packet, 16384), destination: VXLAN_PORT } : null,
    ...{ icmp: null, tcp: null, fragment: null, quoted: null, vlan: 0 },
    smac: mac(puts.sourceMac, inner.smac),
    dmac: mac(puts.destinationMac, inner.dmac),
    tni: isVxlan || isNvgre ? puts.network : null,
    greKey: isNvgre ? puts.network * 256 + spreadOver(packet, 256) : null,
    carries: inner,
  };
}

/** 8: whether a layer of the endpoint would take such headers off what comes in. */
export function opens({ encapsulation, switchStage }: NormalisedEndpoint, packet: Packet): boolean {
  if (encapsulation === undefined || switchStage.kind === 'vfp') return false;
  const rule = encapsulation.rules.find(
    ({ direction, family, conditions }) =>
      direction === 'in' && family === packet.source.family && matches(conditions, packet),
  );
  return rule?.puts === null;
}

/** Whether it is a tunnel at all; a piece of a fragmented one is none. */
export function isTunnel({ protocol, fragment, tni }: Packet): boolean {
  if (fragment !== null) return false;
  return (
    protocol === GRE || protocol === 4 || protocol === 41 || (protocol === UDP && tni !== null)
  );
}
