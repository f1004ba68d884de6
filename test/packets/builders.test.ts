/** Builders: what tshark and the engine read of their bytes, and what they refuse. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  PortaclError,
  decodeCapture,
  ethernet,
  fragment,
  icmp,
  icmp6,
  igmp,
  ip,
  raw,
  tcp,
  udp,
  vlan,
  vxlan,
  type Packet,
} from '../../src/index.js';
import { pcap } from '../cli/captures.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'portacl-packets-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const syn = tcp('10.9.9.9:4000', '10.1.0.5:80');
const CASES: readonly (readonly [string, Packet, string])[] = [
  ['tcp', syn, 'raw:ip:tcp'],
  [
    'tcp with data',
    tcp('10.9.9.9:4000', '10.1.0.5:80', { flags: 'PA', payload: 'odd' }),
    'raw:ip:tcp',
  ],
  ['tcp over IPv6', tcp('[fd00::9]:4000', '[fd00::1]:80', { payload: 'x' }), 'raw:ipv6:tcp'],
  ['udp', udp('10.9.9.9:4000', '10.1.0.5:5000', { payload: 'odd' }), 'raw:ip:udp:data'],
  ['udp over IPv6', udp('[fd00::9]:4000', '[fd00::1]:5000'), 'raw:ipv6:udp'],
  ['icmp', icmp('10.9.9.9', '10.1.0.5', { payload: 'abc' }), 'raw:ip:icmp:data'],
  [
    'icmp error',
    icmp('10.9.9.9', '10.1.0.5', { type: 'destination-unreachable', code: 1, quoted: syn }),
    'raw:ip:icmp:ip:tcp',
  ],
  ['icmp6', icmp6('fd00::9', 'fd00::1', { payload: 'abc' }), 'raw:ipv6:icmpv6:data'],
  ['igmp', igmp('10.9.9.9', '224.0.0.251'), 'raw:ip:igmp:igmp'],
  [
    'igmp 3',
    igmp('10.9.9.9', '224.0.0.22', { type: 0x22, group: '239.1.1.1' }),
    'raw:ip:igmp:igmp',
  ],
  ['gre', ip('10.9.9.9', '10.1.0.5', 47, { payload: new Uint8Array(4) }), 'raw:ip:gre'],
  ['ethernet', ethernet(syn), 'eth:ethertype:ip:tcp'],
  [
    'vlan',
    vlan(100, vlan(200, syn), { ethertype: 0x88a8 }),
    'eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:tcp',
  ],
  [
    'vxlan',
    vxlan('192.0.2.1', '192.0.2.2', 5000, vlan(7, syn)),
    'raw:ip:udp:vxlan:eth:ethertype:vlan:ethertype:ip:tcp',
  ],
  [
    'vxlan over IPv6',
    vxlan('fd00::1', 'fd00::2', 1, syn),
    'raw:ipv6:udp:vxlan:eth:ethertype:ip:tcp',
  ],
];

function captureOf(name: string, packets: readonly Packet[]): string {
  const file = path.join(scratch, `${name.replaceAll(' ', '-')}.pcap`);
  const [{ link }] = packets as [Packet];
  writeFileSync(
    file,
    pcap(
      packets.map(({ bytes }) => Buffer.from(bytes)),
      link === 'ip' ? 101 : 1,
    ),
  );
  return file;
}

const tshark = spawnSync('tshark', ['--version']).status === 0;

/** What tshark says of each packet: protocols, then the state of every checksum (1 is good). */
function dissect(file: string): string[] {
  const fields = ['frame.protocols', '_ws.malformed', 'ip.checksum.status', 'tcp.checksum.status'];
  fields.push('udp.checksum.status', 'icmp.checksum.status', 'icmpv6.checksum.status');
  fields.push('igmp.checksum.status');
  const check = ['ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum'];
  const { stdout, status } = spawnSync('tshark', [
    ...['-r', file, '-T', 'fields', '-E', 'separator=|', '-o', 'ip.defragment:FALSE'],
    ...check.flatMap((each) => ['-o', `${each}:TRUE`]),
    ...fields.flatMap((field) => ['-e', field]),
  ]);
  expect(status).toBe(0);
  return stdout.toString().trim().split('\n');
}

describe('a builder', () => {
  describe.skipIf(!tshark)('makes packets that tshark finds sound', () => {
    const lines = new Map<Packet, string>();
    beforeAll(() => {
      for (const link of ['ip', 'ethernet'] as const) {
        const packets = CASES.map(([, packet]) => packet).filter((each) => each.link === link);
        dissect(captureOf(link, packets)).forEach((line, i) => lines.set(packets[i]!, line));
      }
    });

    it.each(CASES)('%s', (name, packet, protocols) => {
      const [stack, malformed, ...states] = lines.get(packet)!.split('|');
      expect(stack).toBe(protocols);
      expect(malformed).toBe('');
      const said = states.flatMap((each) => (each === '' ? [] : each.split(',')));
      expect(said).not.toHaveLength(0);
      expect(said.filter((state) => state !== '1')).toEqual([]);
    });

    it('knows a wrong checksum when it sees one', () => {
      const bytes = Uint8Array.from(syn.bytes);
      bytes[36]! ^= 1;
      const [line] = dissect(captureOf('wrong', [raw(bytes, { link: 'ip' })]));
      expect(line!.split('|')[3]).toBe('0');
    });

    it.each([
      ['IPv4', udp('10.9.9.9:4000', '10.1.0.5:53', { payload: 'x'.repeat(4000) })],
      ['IPv6', udp('[fd00::9]:4000', '[fd00::1]:5000', { payload: 'x'.repeat(4000) })],
    ])('fragments of %s that make the packet again', (name, packet) => {
      const pieces = fragment(packet, { mtu: 1280, id: 77 });
      expect(pieces).toHaveLength(4);
      expect(Math.max(...pieces.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(1280);
      const { stdout } = spawnSync('tshark', [
        ...['-r', captureOf(`pieces ${name}`, pieces), '-o', 'udp.check_checksum:TRUE'],
        ...['-Y', 'udp', '-T', 'fields', '-e', 'udp.length', '-e', 'udp.checksum.status'],
      ]);
      expect(stdout.toString().trim()).toBe('4008\t1');
    });
  });

  it('makes what the engine reads alike', async () => {
    for (const link of ['ip', 'ethernet'] as const) {
      const packets = CASES.filter(([, packet]) => packet.link === link);
      const output = path.join(scratch, `${link}.jsonl`);
      const fd = openSync(output, 'w');
      const file = captureOf(
        link,
        packets.map(([, packet]) => packet),
      );
      await decodeCapture(file, { format: 'jsonl', fd });
      closeSync(fd);
      const decoded = readFileSync(output, 'utf8').trim().split('\n');
      expect(decoded).toHaveLength(packets.length);
      decoded.forEach((line, i) => {
        const { layers, malformed, short } = JSON.parse(line) as Record<string, unknown>;
        expect(layers, packets[i]![0]).not.toHaveLength(0);
        expect([malformed ?? false, short ?? false], packets[i]![0]).toEqual([false, false]);
      });
    }
  });

  it('gives a packet that fits back whole', () => {
    expect(fragment(syn)).toEqual([syn]);
  });

  it('keeps a copy of raw bytes', () => {
    const bytes = Uint8Array.from(syn.bytes);
    const packet = raw(bytes, { link: 'ip' });
    bytes.fill(0);
    expect(packet.bytes).toEqual(syn.bytes);
    expect(packet.reply).toBeUndefined();
  });

  it.each<[string, () => unknown, string]>([
    [
      'a port above 65535',
      () => tcp('10.0.0.1:70000', '10.0.0.2:1'),
      'tcp: the source is "10.0.0.1:70000"',
    ],
    ['a missing port', () => udp('10.0.0.1', '10.0.0.2:1'), 'udp: the source is "10.0.0.1"'],
    ['two families', () => tcp('10.0.0.1:1', '[fd00::1]:1'), 'of the family of the source'],
    [
      'IPv6 without brackets',
      () => tcp('fd00::1:80', '[fd00::2]:80'),
      'an IPv6 address in brackets',
    ],
    ['an unknown flag', () => tcp('10.0.0.1:1', '10.0.0.2:1', { flags: 'X' }), 'letters of FSRPAU'],
    [
      'an option of another name',
      () => tcp('10.0.0.1:1', '10.0.0.2:1', { flag: 'S' } as object),
      '"flag" is no option here; options are at, after, dir, endpoint, ttl, id, payload, flags, seq, ack. Did you mean flags?',
    ],
    [
      'at and after',
      () => tcp('10.0.0.1:1', '10.0.0.2:1', { at: 1, after: 1 }),
      'nothing beside at',
    ],
    ['time before zero', () => tcp('10.0.0.1:1', '10.0.0.2:1', { at: -1 }), 'at is -1'],
    ['ICMP over IPv6', () => icmp('fd00::1', 'fd00::2'), 'an IPv4 address'],
    ['ICMPv6 over IPv4', () => icmp6('10.0.0.1', '10.0.0.2'), 'an IPv6 address'],
    [
      'an unknown ICMP type',
      () => icmp('10.0.0.1', '10.0.0.2', { type: 'ping' as never }),
      'echo-request',
    ],
    ['a VLAN above 4095', () => vlan(4096, syn), 'vlan: id is 4096'],
    ['a VNI above 24 bits', () => vxlan('10.0.0.1', '10.0.0.2', 2 ** 24, syn), 'vni is 16777216'],
    ['a frame in pieces', () => fragment(ethernet(syn)), 'fragment: the packet is an object'],
    ['a small mtu', () => fragment(syn, { mtu: 10 }), 'mtu is 10'],
    ['a frame in a frame', () => ethernet(ethernet(syn)), 'an IP packet'],
    ['a wrong MAC', () => ethernet(syn, { sourceMac: '1' }), 'a MAC address'],
    [
      'an endless payload',
      () => udp('10.0.0.1:1', '10.0.0.2:1', { payload: 'x'.repeat(1e6) }),
      'payload',
    ],
    [
      'a payload too long',
      () => udp('10.0.0.1:1', '10.0.0.2:1', { payload: 'x'.repeat(65_530) }),
      'at most',
    ],
    ['a protocol above 255', () => ip('10.0.0.1', '10.0.0.2', 256), 'protocol is 256'],
    ['IGMP over IPv6', () => igmp('fd00::1', 'ff02::1'), 'an IPv4 address'],
    ['no bytes', () => raw('abc' as never), 'raw: bytes is "abc"'],
  ])('refuses %s', (_, build, message) => {
    expect(build).toThrow(PortaclError);
    expect(build).toThrow(message);
    expect(build).toThrow(expect.objectContaining({ code: 'bad-packet' }));
  });
});

describe('a reply', () => {
  it('of a SYN is a SYN+ACK that acknowledges it', () => {
    const reply = tcp('10.9.9.9:4000', '10.1.0.5:80', { seq: 0xffffffff, dir: 'in' }).reply!();
    const expected = tcp('10.1.0.5:80', '10.9.9.9:4000', { flags: 'SA', ack: 0, dir: 'out' });
    expect(reply.bytes).toEqual(expected.bytes);
    expect(reply.dir).toBe('out');
  });

  it('of data is an ACK of all of it', () => {
    const data = tcp('10.9.9.9:1', '10.1.0.5:2', { flags: 'FA', seq: 7, ack: 9, payload: 'abc' });
    const expected = tcp('10.1.0.5:2', '10.9.9.9:1', { flags: 'A', seq: 9, ack: 11 });
    expect(data.reply!().bytes).toEqual(expected.bytes);
  });

  it('of an echo request has its identifier and its payload', () => {
    const request = icmp('10.9.9.9', '10.1.0.5', { id: 5, seq: 6, payload: 'abc' });
    const expected = { type: 'echo-reply', id: 5, seq: 6, payload: 'abc' } as const;
    expect(request.reply!().bytes).toEqual(icmp('10.1.0.5', '10.9.9.9', expected).bytes);
    expect(icmp('10.9.9.9', '10.1.0.5', { type: 3 }).reply).toBeUndefined();
  });

  it('of a tagged frame is tagged, from the receiver’s MAC', () => {
    const macs = { sourceMac: '02-00-00-00-00-0A', destinationMac: '02-00-00-00-00-0B' };
    const back = { sourceMac: macs.destinationMac, destinationMac: macs.sourceMac };
    const reply = vlan(9, ethernet(syn, macs)).reply!();
    expect(reply.bytes).toEqual(vlan(9, ethernet(syn.reply!(), back)).bytes);
  });
});
