/** Which endpoints judge a packet, and in which direction: SEMANTICS.md 2, and fronts of actions.md 4. */
import type {
  Direction,
  NormalisedEndpoint,
  NormalisedHost,
} from '../../src/normalise/normalised-host.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { isTunnel, opens } from './encapsulation-layer.js';
import type { Reason } from './outcome.js';
import {
  type Address,
  type Packet,
  isLimitedBroadcast,
  isLoopback,
  isMulticast,
} from './packet.js';
import { beforeFront, behindFront } from './translation.js';

export interface Placement {
  readonly endpoint: NormalisedEndpoint;
  readonly direction: Direction;
  /** The packet before it got a front for its source. */
  readonly inside?: Packet;
}

/** Sender first; a reason where nobody judges the packet. */
export function place(host: NormalisedHost, packet: Packet): Placement[] | Reason {
  const placed = placeByFront(host, packet) ?? placeByAddress(host, packet);
  return placed === 'no-endpoint' ? (placeByInside(host, packet) ?? placed) : placed;
}

/** actions.md 8: a tunnel between nobodies, by the packet in it. Null where it is nobody's too. */
function placeByInside(host: NormalisedHost, packet: Packet): Placement[] | null {
  const inside = packet.carries;
  if (inside === null || !isTunnel(packet)) return null;
  const placed = placeByFront(host, inside) ?? placeByAddress(host, inside);
  if (typeof placed === 'string') return null;
  const opening = placed.filter(
    (each) => each.inside === undefined && opens(each.endpoint, packet),
  );
  const [first] = opening;
  if (first === undefined) return null;
  // Captured outside: who else judges it comes after its sender.
  return first.direction === 'out' ? [{ ...first, inside }] : opening;
}

/** Reading: a direction that is given is believed whatever the addresses are, 2.4 included. */
export function placeAsTold({ endpoints }: NormalisedHost, tuple: Tuple): Placement[] | Reason {
  const endpoint =
    tuple.endpoint === undefined
      ? endpoints[0]
      : endpoints.find(({ name }) => name === tuple.endpoint);
  return endpoint && tuple.dir ? [{ endpoint, direction: tuple.dir }] : 'no-endpoint';
}

/** actions.md 4: who receives a packet as it left its sender. */
export function receiversOf(
  host: NormalisedHost,
  packet: Packet,
  sender: NormalisedEndpoint,
): NormalisedEndpoint[] {
  const outer = receiversByAddress(host, packet, sender);
  if (outer.length > 0 || packet.carries === null) return outer;
  return receiversByAddress(host, packet.carries, sender).filter((each) => opens(each, packet));
}

function receiversByAddress(
  host: NormalisedHost,
  packet: Packet,
  sender: NormalisedEndpoint,
): NormalisedEndpoint[] {
  const { destination } = packet;
  const others = host.endpoints.filter((each) => each !== sender);
  if (isMulticast(destination) || isLimitedBroadcast(destination)) {
    return others.filter(({ network }) => network === sender.network);
  }
  const target = behindFront(host, packet, 'destination');
  const owners =
    target === null
      ? ownersOf(host, destination)
      : target.endpoint === null
        ? []
        : [host.endpoints[target.endpoint]!];
  return owners.length === 1 && owners[0] !== sender ? owners : [];
}

/** actions.md 4. Null where the packet has nothing to do with a front. */
function placeByFront(host: NormalisedHost, packet: Packet): Placement[] | Reason | null {
  const { endpoints } = host;
  const to = behindFront(host, packet, 'destination');
  if (to !== null) {
    const senders = ownersOf(host, packet.source);
    if (senders.length > 1) return 'ambiguous-endpoint';
    const receiver = to.endpoint === null ? undefined : endpoints[to.endpoint]!;
    const [sender] = senders;
    const placed: Placement[] = [];
    if (sender) placed.push({ endpoint: sender, direction: 'out' });
    if (receiver && receiver !== sender) placed.push({ endpoint: receiver, direction: 'in' });
    return placed.length > 0 ? placed : 'no-endpoint';
  }
  const from = behindFront(host, packet, 'source');
  if (from?.endpoint == null) return null;
  const inside = beforeFront(packet, from);
  return [{ endpoint: endpoints[from.endpoint]!, direction: 'out', inside }];
}

function placeByAddress(
  host: NormalisedHost,
  { source, destination }: Packet,
): Placement[] | Reason {
  const senders = ownersOf(host, source);
  const receivers = ownersOf(host, destination);
  const isOwned = senders.length > 0 || receivers.length > 0;
  if (
    !isOwned &&
    (isLoopback(source) || isLoopback(destination)) &&
    !isMulticast(destination) &&
    !isLimitedBroadcast(destination)
  )
    return 'loopback';
  // A tuple has no MAC addresses that could decide.
  if (senders.length > 1 || receivers.length > 1) return 'ambiguous-endpoint';
  if (senders[0] && senders[0].compartment === receivers[0]?.compartment) return 'own-address';

  const sender = senders[0];
  const out: Placement[] = sender ? [{ endpoint: sender, direction: 'out' }] : [];
  const heard =
    isMulticast(destination) || isLimitedBroadcast(destination)
      ? host.endpoints.filter(
          (endpoint) => endpoint !== sender && (!sender || endpoint.network === sender.network),
        )
      : receivers;
  const placed = [...out, ...heard.map((endpoint): Placement => ({ endpoint, direction: 'in' }))];
  return placed.length > 0 ? placed : 'no-endpoint';
}

function ownersOf({ endpoints }: NormalisedHost, address: Address): NormalisedEndpoint[] {
  return endpoints.filter(({ addresses }) =>
    addresses.some(({ family, value }) => family === address.family && value === address.value),
  );
}
