/** Which endpoints judge a packet, and in which direction: SEMANTICS.md 2, and fronts of actions.md 4. */
import type {
  Direction,
  NormalisedEndpoint,
  NormalisedHost,
} from '../../src/normalise/normalised-host.js';
import type { Tuple } from '../../src/simulate/tuple.js';
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
  return placeByFront(host, packet) ?? placeByAddress(host, packet);
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
  if (senders.length > 0 && senders[0] === receivers[0]) return 'own-address';

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
