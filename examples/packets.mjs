// A small packet builder: real bytes with right lengths and checksums, one function per header.
// Every function takes what goes in front of `payload` and returns header and payload together.
import { Buffer } from 'node:buffer';

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd };
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, gre: 47, icmpv6: 58 };
export const TCP = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 };

const EMPTY = Buffer.alloc(0);

/** `00-15-5D-01-00-0A` or with colons: six bytes. */
export const macBytes = (text) => Buffer.from(text.replace(/[-:]/g, ''), 'hex');

/** Four or sixteen bytes. */
export function addressBytes(text) {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number));
  const [head, tail] = text.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array(zeros).fill('0'), ...(tail ?? [])];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** The Internet checksum over all buffers together; only the last may have an odd length. */
export function checksum(...buffers) {
  let sum = 0;
  for (const bytes of buffers) {
    for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] << 8) | (bytes[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The pseudo header that TCP, UDP and ICMPv6 include in their checksum. */
function pseudoHeader(source, destination, protocol, length) {
  const tail = source.length === 4 ? Buffer.alloc(4) : Buffer.alloc(8);
  if (source.length === 4) {
    tail[1] = protocol;
    tail.writeUInt16BE(length, 2);
  } else {
    tail.writeUInt32BE(length);
    tail[7] = protocol;
  }
  return Buffer.concat([source, destination, tail]);
}

function writeChecksum(packet, offset, { src, dst, protocol }) {
  const pseudo = pseudoHeader(addressBytes(src), addressBytes(dst), protocol, packet.length);
  const sum = checksum(pseudo, packet);
  // UDP sends 0xffff for a computed zero, since zero means "no checksum".
  packet.writeUInt16BE(protocol === PROTOCOL.udp && sum === 0 ? 0xffff : sum, offset);
  return packet;
}

export function ethernet({ srcMac, dstMac, type }, payload) {
  const tail = Buffer.alloc(2);
  tail.writeUInt16BE(type);
  return Buffer.concat([macBytes(dstMac), macBytes(srcMac), tail, payload]);
}

export function ipv4({ src, dst, protocol, id = 0, ttl = 128, fragment = 0x4000 }, payload) {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(id & 0xffff, 4);
  header.writeUInt16BE(fragment, 6);
  header[8] = ttl;
  header[9] = protocol;
  addressBytes(src).copy(header, 12);
  addressBytes(dst).copy(header, 16);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, payload]);
}

export function ipv6({ src, dst, protocol, hops = 64 }, payload) {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(payload.length, 4);
  header[6] = protocol;
  header[7] = hops;
  addressBytes(src).copy(header, 8);
  addressBytes(dst).copy(header, 24);
  return Buffer.concat([header, payload]);
}

export function tcp({ src, dst, sport, dport, seq, ack = 0, flags }, payload = EMPTY) {
  // A SYN offers a segment size, as every Windows stack does.
  const options = flags & TCP.syn ? Buffer.from([2, 4, 0x05, 0xb4]) : EMPTY;
  const packet = Buffer.concat([Buffer.alloc(20), options, payload]);
  packet.writeUInt16BE(sport, 0);
  packet.writeUInt16BE(dport, 2);
  packet.writeUInt32BE(seq >>> 0, 4);
  packet.writeUInt32BE(ack >>> 0, 8);
  packet[12] = (20 + options.length) << 2;
  packet[13] = flags;
  packet.writeUInt16BE(0xfaf0, 14);
  return writeChecksum(packet, 16, { src, dst, protocol: PROTOCOL.tcp });
}

export function udp({ src, dst, sport, dport }, payload = EMPTY) {
  const packet = Buffer.concat([Buffer.alloc(8), payload]);
  packet.writeUInt16BE(sport, 0);
  packet.writeUInt16BE(dport, 2);
  packet.writeUInt16BE(packet.length, 4);
  return writeChecksum(packet, 6, { src, dst, protocol: PROTOCOL.udp });
}

/** `rest` is the second half of the header: identifier and sequence number, MTU, … */
export function icmp({ type, code = 0, rest = 0 }, payload = EMPTY) {
  const packet = Buffer.concat([Buffer.alloc(8), payload]);
  packet[0] = type;
  packet[1] = code;
  packet.writeUInt32BE(rest >>> 0, 4);
  packet.writeUInt16BE(checksum(packet), 2);
  return packet;
}

export function icmpv6({ src, dst, type, code = 0, rest = 0 }, payload = EMPTY) {
  const packet = Buffer.concat([Buffer.alloc(8), payload]);
  packet[0] = type;
  packet[1] = code;
  packet.writeUInt32BE(rest >>> 0, 4);
  return writeChecksum(packet, 2, { src, dst, protocol: PROTOCOL.icmpv6 });
}

/** GRE without options. Source: RFC 2784. */
export function gre(payloadType, payload = EMPTY) {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(payloadType, 2);
  return Buffer.concat([header, payload]);
}

/** Operation 1 asks, 2 answers. */
export function arp({ operation, srcMac, src, dstMac = '00-00-00-00-00-00', dst }) {
  return Buffer.concat([
    Buffer.from([0, 1, 8, 0, 6, 4, 0, operation]),
    ...[macBytes(srcMac), addressBytes(src), macBytes(dstMac), addressBytes(dst)],
  ]);
}

/** A classic pcap file, microseconds, Ethernet. `packets` are `{ timeUs, bytes }` in any order. */
export function pcapFile(packets) {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(1, 20);
  const inOrder = packets
    .map((packet, index) => ({ ...packet, index }))
    .sort((a, b) => a.timeUs - b.timeUs || a.index - b.index);
  return Buffer.concat([
    header,
    ...inOrder.flatMap(({ timeUs, bytes }) => {
      const record = Buffer.alloc(16);
      record.writeUInt32LE(Math.floor(timeUs / 1e6), 0);
      record.writeUInt32LE(timeUs % 1e6, 4);
      record.writeUInt32LE(bytes.length, 8);
      record.writeUInt32LE(bytes.length, 12);
      return [record, bytes];
    }),
  ]);
}
