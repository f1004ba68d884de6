/** Whether a packet goes to many receivers: multicast or limited broadcast. */
import type { Packet } from './packet.js';

const MACS_BYTES = 12;
const TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);

/** False for what is no IP packet. Source: docs/SEMANTICS.md 2.2. */
export function goesToMany({ bytes, link }: Pick<Packet, 'bytes' | 'link'>): boolean {
  const at = link === 'ip' ? 0 : ipOffset(bytes);
  switch ((bytes[at] ?? 0) >> 4) {
    case 4: {
      const first = bytes[at + 16] ?? 0;
      const isBroadcast = [16, 17, 18, 19].every((offset) => bytes[at + offset] === 255);
      return first >> 4 === 14 || isBroadcast;
    }
    case 6:
      return bytes[at + 24] === 255;
    default:
      return false;
  }
}

/** Behind the Ethernet header and its tags. */
function ipOffset(bytes: Uint8Array): number {
  let at = MACS_BYTES;
  while (TAGS.has(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0))) at += 4;
  return at + 2;
}
