/** What the peers of rules stand for. */
import { unionOf } from '../normalise/address-set.js';
import type { AddressSet } from '../normalise/normalised-host.js';
import { subtract } from './address-items.js';
import { addressesOfPods, type Cluster, type ClusterPod } from './cluster.js';
import type { Peer } from './objects.js';
import { portsNamed, type NamedPort } from './policy-ports.js';

/** The addresses peers stand for, worked out once for each list of peers. */
export class PeerSets {
  readonly #cluster: Cluster;
  readonly #lists = new Map<readonly Peer[], AddressSet>();
  readonly #pods = new Map<readonly ClusterPod[], AddressSet>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Null is everyone. */
  of(namespace: string, peers: readonly Peer[] | null): AddressSet | null {
    if (peers === null) return null;
    const known = this.#lists.get(peers);
    if (known !== undefined) return known;
    const sets = peers.map((peer) => this.#one(namespace, peer));
    const set = sets.length === 1 ? sets[0]! : unionOf(sets);
    this.#lists.set(peers, set);
    return set;
  }

  #one(namespace: string, peer: Peer): AddressSet {
    if (peer.kind === 'ip-block') return subtract(peer.cidr, peer.except);
    const pods = this.#cluster.peerPods(namespace, peer);
    const known = this.#pods.get(pods);
    if (known !== undefined) return known;
    const set = addressesOfPods(pods);
    this.#pods.set(pods, set);
    return set;
  }

  /** Outbound, a name is looked up in each destination pod: pods by the number it has there. */
  byNumber(
    namespace: string,
    peers: readonly Peer[] | null,
    { port, protocol }: NamedPort,
  ): ReadonlyMap<number, readonly ClusterPod[]> {
    const pods =
      peers === null ? this.#cluster.pods : peers.flatMap((peer) => this.#podsOf(namespace, peer));
    const byNumber = new Map<number, Set<ClusterPod>>();
    for (const pod of pods) {
      for (const number of portsNamed(pod, protocol, port)) {
        const group = byNumber.get(number) ?? new Set();
        byNumber.set(number, group.add(pod));
      }
    }
    return new Map([...byNumber].map(([number, group]) => [number, [...group]]));
  }

  #podsOf(namespace: string, peer: Peer): readonly ClusterPod[] {
    if (peer.kind === 'pods') return this.#cluster.peerPods(namespace, peer);
    const { ipv4, ipv6 } = subtract(peer.cidr, peer.except);
    return this.#cluster.pods.flatMap((pod) => {
      const addresses = pod.addresses.filter(({ family, value }) =>
        (family === 4 ? ipv4 : ipv6).some(({ from, to }) => from <= value && value <= to),
      );
      return addresses.length === 0 ? [] : [{ ...pod, addresses }];
    });
  }
}
