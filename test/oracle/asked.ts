/** Answers of many: UDP that goes to many, or out by a rule that anybody may answer; firewall.md 3.4. */
import type { NormalisedEndpoint } from '../../src/normalise/normalised-host.js';
import type { Flow } from './flow.js';
import { SECOND } from './flows.js';
import { HOST_LAYER, placeOf } from './layers.js';
import type { Outcome, WalkContext } from './outcome.js';
import {
  type Address,
  type Packet,
  UDP,
  addressText,
  isLimitedBroadcast,
  isMulticast,
} from './packet.js';

export function goesToMany({ broadcasts }: NormalisedEndpoint, { destination }: Packet): boolean {
  const directed = destination.family === 4 && broadcasts.includes(Number(destination.value));
  return isMulticast(destination) || isLimitedBroadcast(destination) || directed;
}

/** A key that no packet has: the far side is not part of it. */
const askedKey = (local: Address, port: number): string =>
  `asked ${local.family} ${addressText(local)} ${port}`;

/** firewall.md 3.4: what asked many, or by a rule that anybody may answer to. */
export function askedFlow({ host, endpoint, flows }: WalkContext, packet: Packet): Flow | null {
  if (packet.protocol !== UDP || packet.ports === null) return null;
  const toMany = goesToMany(endpoint, packet);
  const locals = toMany
    ? endpoint.addresses.filter(({ family }) => family === packet.destination.family)
    : [packet.destination];
  const { hostStage: policy } = endpoint;
  const onlyToMany = policy.kind === 'firewall' && !policy.unicastAnswers;
  const { source, destination } = packet.ports;
  const ofDhcp = (source === 67 && destination === 68) || (source === 547 && destination === 546);
  // W21.
  const dhcp = ofDhcp && host.options.dhcpAnswers === 'always';
  for (const local of locals) {
    const flow = flows.live(placeOf(endpoint, HOST_LAYER), askedKey(local, destination));
    if (flow && (toMany || !onlyToMany || flow.anyRemote || dhcp)) return flow;
  }
  return null;
}

/** Keeps that a packet which went out by a flow of this id asked, where many may answer. */
export function noteAsked(
  { host, endpoint, flows }: WalkContext,
  packet: Packet,
  { rule, reason, anyRemote }: Outcome,
  id: number,
): void {
  const toMany = goesToMany(endpoint, packet);
  if (packet.protocol !== UDP || packet.ports === null || !(anyRemote || toMany)) return;
  const { timers } = host.options;
  const idle = (anyRemote ? timers.hostUdp : timers.hostMulticast) * SECOND;
  const place = placeOf(endpoint, HOST_LAYER);
  const key = askedKey(packet.source, packet.ports.source);
  const known = flows.live(place, key);
  const opening = { protocol: UDP, state: 'untracked' } as const;
  if (known === null && !flows.hasRoom(place, key, opening, host.options)) return;
  flows.keep(place, [key], {
    ...{ id: known?.id ?? id, protocol: UDP, opener: 'local', state: 'untracked', asked: true },
    ...{
      toMany: !anyRemote && known?.anyRemote !== true,
      responderSyn: null,
      verified: false,
      closer: null,
    },
    ...{ opening: { packet, direction: 'out' }, ttl: timers.switchFlow, tier: null },
    left: packet,
    rule: known && !anyRemote ? known.rule : rule,
    reason: known && !anyRemote ? known.reason : reason,
    anyRemote: anyRemote || known?.anyRemote === true,
    crosses: false,
    deadline: Math.max(known?.deadline ?? 0, flows.now + idle),
  });
}
