/** How a policy can be written so that the front end keeps its meaning. */
import { addressItems, subtract } from '../kubernetes/address-items.js';
import type { Departure } from '../kubernetes/departure.js';
import type { Peer, PolicyPort } from '../kubernetes/objects.js';

/** Prefixes that are written out. */
const PREFIXES_SHOWN = 12;

/** One sentence; null where the policy has no other way to say it. */
export function remedyOf({ code, policy, place }: Departure): string | null {
  if (policy === null || place === null) return null;
  const rules = [...policy.ingress, ...policy.egress];
  const peer = rules.flatMap(({ peers }) => peers ?? []).find(({ node }) => node === place.node);
  const port = rules.flatMap(({ ports }) => ports ?? []).find(({ node }) => node === place.node);
  if (code === 'host-network-peer') return 'Name the addresses of the nodes as address blocks.';
  if (code === 'inverted-selector') return 'Select the namespaces by labels that they have.';
  return (peer && ofPeer(peer)) ?? (port && ofPort(port)) ?? null;
}

/** What remains of a block without its exceptions: the same meaning, and every front end takes it. */
function ofPeer(peer: Peer): string | null {
  if (peer.kind !== 'ip-block' || peer.cidr.family === 6 || peer.except.length === 0) return null;
  const items = addressItems(subtract(peer.cidr, peer.except));
  if (items.length === 0) return 'The exceptions leave nothing of the block; leave it out.';
  const shown = items.slice(0, PREFIXES_SHOWN).join(', ');
  const more = items.length - PREFIXES_SHOWN;
  const rest = more > 0 ? ` and ${more} more` : '';
  return `Write the blocks that the exceptions leave, without except: ${shown}${rest}.`;
}

function ofPort({ port }: PolicyPort): string | null {
  return typeof port === 'string' ? 'Give the port by its number.' : null;
}
