/**
 * `--delivered`: packets as layers that translate leave them. What is expected comes from the
 * builders, which count checksums anew where the engine updates them by the difference.
 * Source: docs/semantics/actions.md 7.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Buffer } from 'node:buffer';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompiledHost } from '../../src/compile/compile-host.js';
import {
  ethernet,
  fragment,
  icmp,
  icmp6,
  tcp,
  udp,
  vlan,
  vxlan,
  type Packet,
} from '../../src/index.js';
import { loadHost } from '../../src/load-host.js';
import { replay } from '../../src/replay/replay.js';
import { pcap, pcapngBlock } from '../cli/captures.js';
import { succeed, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();
const ALLOW_IN = { Type: 'ACL', Action: 'Allow', Direction: 'In', RuleType: 'Switch' };
const HOST = {
  windows: 'ws2022',
  addresses: ['10.0.0.4', 'fd00::4'],
  networks: [{ name: 'pods', driver: 'l2bridge' }],
  endpoints: [
    {
      ...{ name: 'web', network: 'pods', isolation: 'hyperv' },
      addresses: ['10.1.0.5', 'fd00:1::5'],
      ports: ['5353:53/udp'],
    },
  ],
};
const POLICIES = [
  { ...ALLOW_IN, Id: 'web', Protocols: '6', LocalPorts: '80', Priority: 300 },
  { ...ALLOW_IN, Id: 'dns', Protocols: '17', LocalPorts: '53', Priority: 300 },
];
// Flag 2: on IPv6 addresses of the host too.
const PUBLISHED = {
  Type: 'PortMapping',
  Settings: { Protocol: 6, InternalPort: 80, ExternalPort: 8080, Flags: 2 },
};
const PUBLISHED_4 = { ...PUBLISHED, Settings: { ...PUBLISHED.Settings, Flags: 0 } };
const V4 = { front: '10.0.0.4', inside: '10.1.0.5', client: '10.9.9.9' };
const V6 = { front: '[fd00::4]', inside: '[fd00:1::5]', client: '[fd00:9::9]' };

const answer = { flags: 'SA', ack: 1, payload: 'odd' } as const;
const unreachable = { type: 'destination-unreachable', code: 1 } as const;

/** What is captured, what is delivered; null for a packet that is not. */
const CASES: readonly (readonly [string, Packet, Packet | null])[] = [
  [
    'a request gets the container’s address and port',
    tcp(`${V4.client}:4000`, `${V4.front}:8080`, { flags: 'S' }),
    tcp(`${V4.client}:4000`, `${V4.inside}:80`, { flags: 'S' }),
  ],
  [
    'a reply gets those of the host',
    tcp(`${V4.inside}:80`, `${V4.client}:4000`, answer),
    tcp(`${V4.front}:8080`, `${V4.client}:4000`, answer),
  ],
  [
    'a reply that the host’s NIC shows has them already',
    tcp(`${V4.front}:8080`, `${V4.client}:4000`, answer),
    tcp(`${V4.front}:8080`, `${V4.client}:4000`, answer),
  ],
  [
    'a datagram',
    udp(`${V4.client}:4000`, `${V4.front}:5353`, { payload: 'odd' }),
    udp(`${V4.client}:4000`, `${V4.inside}:53`, { payload: 'odd' }),
  ],
  [
    'the pieces that begin a datagram',
    fragment(udp(`${V4.client}:4001`, `${V4.front}:5353`, { payload: 'p'.repeat(600) }), {
      mtu: 256,
    })[0]!,
    fragment(udp(`${V4.client}:4001`, `${V4.inside}:53`, { payload: 'p'.repeat(600) }), {
      mtu: 256,
    })[0]!,
  ],
  [
    'an error about a reply, and the reply in it',
    icmp('10.5.5.5', V4.front, {
      ...unreachable,
      quoted: tcp(`${V4.front}:8080`, `${V4.client}:4000`, answer),
    }),
    icmp('10.5.5.5', V4.inside, {
      ...unreachable,
      quoted: tcp(`${V4.inside}:80`, `${V4.client}:4000`, answer),
    }),
  ],
  [
    'a request over IPv6',
    tcp(`${V6.client}:4000`, `${V6.front}:8080`, { flags: 'S' }),
    tcp(`${V6.client}:4000`, `${V6.inside}:80`, { flags: 'S' }),
  ],
  [
    'an error over IPv6',
    icmp6('fd00:5::5', 'fd00::4', {
      ...unreachable,
      quoted: tcp(`${V6.front}:8080`, `${V6.client}:4000`, { flags: 'SA', ack: 1 }),
    }),
    icmp6('fd00:5::5', 'fd00:1::5', {
      ...unreachable,
      quoted: tcp(`${V6.inside}:80`, `${V6.client}:4000`, { flags: 'SA', ack: 1 }),
    }),
  ],
  ['what is not allowed', tcp(`${V4.client}:4000`, `${V4.inside}:81`, { flags: 'S' }), null],
  [
    'what no layer rewrites is as it was',
    tcp(`${V4.client}:4444`, `${V4.inside}:80`, { flags: 'S' }),
    tcp(`${V4.client}:4444`, `${V4.inside}:80`, { flags: 'S' }),
  ],
];

/** The packets of a pcapng capture. */
function packetsOf(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) !== 6) continue;
    found.push(bytes.subarray(at + 28, at + 28 + bytes.readUInt32LE(at + 20)));
  }
  return found;
}

/** Times are a second apart, so the errors find their flows. */
async function delivered(name: string, packets: readonly Uint8Array[], linkType: number) {
  const [capture, file] = [folder.at(`${name}.pcap`), folder.at(`${name}.pcapng`)];
  writeFileSync(
    capture,
    pcap(
      packets.map((bytes) => Buffer.from(bytes)),
      linkType,
    ),
  );
  await replay([capture], host, { delivered: file, threads: 2 });
  return { file, packets: packetsOf(file) };
}

const RAW = 101;
const ETHERNET = 1;
let hostFile: string;
let host: CompiledHost;
beforeAll(async () => {
  writeFileSync(folder.at('web.json'), JSON.stringify(POLICIES));
  writeFileSync(folder.at('ports.json'), JSON.stringify([PUBLISHED_4, PUBLISHED]));
  hostFile = folder.at('host.json');
  const [endpoint] = HOST.endpoints;
  const endpoints = [{ ...endpoint, policies: ['web.json', 'ports.json'] }];
  writeFileSync(hostFile, JSON.stringify({ ...HOST, endpoints }));
  host = (await loadHost({ host: hostFile })).compiled;
});

describe('delivered packets', () => {
  it.each([
    ['as they are', RAW, (packet: Packet) => packet],
    ['behind tags', ETHERNET, (packet: Packet) => vlan(100, vlan(200, packet))],
  ])(
    'have the ends that layers gave them, and checksums to match, %s',
    async (name, link, wrap) => {
      const { packets } = await delivered(
        name,
        CASES.map(([, captured]) => wrap(captured).bytes),
        link,
      );
      const expected = CASES.filter(([, , left]) => left !== null);
      expect(packets).toHaveLength(expected.length);
      expected.forEach(([title, , left], i) => {
        expect(packets[i]!.toString('hex'), title).toBe(
          Buffer.from(wrap(left!).bytes).toString('hex'),
        );
      });
    },
  );

  it('keep checksums that were wrong, absent, or cut off by the capture', async () => {
    const ends = [`${V4.client}:4000`, `${V4.front}:5353`, `${V4.inside}:53`] as const;
    const before = Buffer.from(udp(ends[0], ends[1], { payload: 'abc' }).bytes);
    const after = Buffer.from(udp(ends[0], ends[2], { payload: 'abc' }).bytes);
    const change = (bytes: Buffer, checksum: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy.writeUInt16BE(checksum, 26);
      return copy;
    };
    const right = (bytes: Buffer): number => bytes.readUInt16BE(26);
    // One's complement: what is one too much before is one too much after.
    const off = (bytes: Buffer): number => (right(bytes) === 0xffff ? 1 : right(bytes) + 1);
    const { packets } = await delivered(
      'kept',
      [change(before, 0), change(before, off(before)), before.subarray(0, 26)],
      RAW,
    );
    expect(packets[0]!.equals(change(after, 0))).toBe(true);
    expect(packets[1]!.equals(change(after, off(after)))).toBe(true);
    // Cut before the checksum: a header that is not whole is not judged.
    expect(packets).toHaveLength(2);
  });

  it('of an overlay keep what carries them, its checksum made to match', async () => {
    const inside = (to: string): Packet => ethernet(tcp(`${V4.client}:4000`, to, { flags: 'S' }));
    const outside = (packet: Packet): Buffer =>
      Buffer.from(vxlan('fd00::a1', 'fd00::a2', 5000, packet).bytes);
    const [before, after] = [inside(`${V4.front}:8080`), inside(`${V4.inside}:80`)].map(outside);
    const capture = folder.at('overlay.pcap');
    writeFileSync(capture, pcap([before!], RAW));
    const file = folder.at('overlay.pcapng');
    await replay([capture], host, { delivered: file, capturePoint: 'overlay' });
    expect(packetsOf(file).map((bytes) => bytes.toString('hex'))).toEqual([after!.toString('hex')]);
  });

  it('keep times, interface and comments', async () => {
    const section = Buffer.alloc(16);
    section.writeUInt32LE(0x1a2b3c4d, 0);
    section.writeUInt16LE(1, 4);
    section.fill(0xff, 8);
    const described = Buffer.alloc(8);
    described.writeUInt16LE(RAW, 0);
    const request = Buffer.from(CASES[0]![1].bytes);
    const head = Buffer.alloc(20);
    head.writeUInt32LE(7, 8);
    head.writeUInt32LE(request.length, 12);
    head.writeUInt32LE(request.length, 16);
    const comment = Buffer.from('\u0001\0\u0006\0marked\0\0\0\0\0\0', 'latin1');
    const padding = Buffer.alloc((4 - (request.length % 4)) % 4);
    const capture = folder.at('comment.pcapng');
    writeFileSync(
      capture,
      Buffer.concat([
        pcapngBlock(0x0a0d0d0a, section),
        pcapngBlock(1, described),
        pcapngBlock(6, Buffer.concat([head, request, padding, comment])),
      ]),
    );
    const file = folder.at('comment.out.pcapng');
    await succeed(['replay', capture, '--host', hostFile, '-q', '--delivered', file]);
    expect(packetsOf(file)[0]!.equals(Buffer.from(CASES[0]![2]!.bytes))).toBe(true);
    expect(readFileSync(file, 'latin1')).toContain('marked');
  });
});

const hasTshark = spawnSync('tshark', ['--version'], { stdio: 'ignore' }).status === 0;

it.skipIf(!hasTshark)('delivered packets have checksums that tshark finds good', async () => {
  const { file } = await delivered(
    'tshark',
    CASES.map(([, captured]) => captured.bytes),
    RAW,
  );
  const layers = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'];
  const checked = ['ip', 'tcp', 'udp'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`]);
  const fields = layers.flatMap((layer) => ['-e', `${layer}.checksum.status`]);
  const { stdout } = spawnSync('tshark', ['-r', file, ...checked, '-T', 'fields', ...fields], {
    encoding: 'utf8',
  });
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(CASES.length - 1);
  for (const line of lines) {
    const statuses = line.split(/[\t,]/).filter((status) => status !== '');
    expect(statuses.length).toBeGreaterThan(0);
    // Good, or not to be told of a part; never bad.
    for (const status of statuses) expect(['1', '2', 'Good', 'Unverified']).toContain(status);
  }
});
