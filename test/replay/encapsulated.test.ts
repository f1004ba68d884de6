/**
 * Overlay networks with their outer headers: packets captured inside leave in VXLAN, packets captured in
 * VXLAN are judged by what they carry. What is expected comes from the builders; tshark finds it good.
 * Source: docs/semantics/actions.md 8.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Buffer } from 'node:buffer';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompiledHost } from '../../src/compile/compile-host.js';
import { ethernet, fragment, tcp, udp, vlan, vxlan, type Packet } from '../../src/index.js';
import { loadHost } from '../../src/load-host.js';
import { replay } from '../../src/replay/replay.js';
import { pcap } from '../cli/captures.js';
import { temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();

const HERE = '172.29.0.68';
const THERE = '172.29.0.24';
const NETWORK = 4096;
const ROUTER = '66-29-27-b4-64-9c';
const POD = '10.244.114.4';
const PEER = '10.244.42.6';
const PODS = { sourceMac: '0e-2a-0a-f4-72-04', destinationMac: '00-15-5d-31-08-01' };
const PEERS = { sourceMac: ROUTER, destinationMac: PODS.sourceMac };

const OVERLAY = {
  ...{ Name: 'overlay', Type: 'Overlay', SchemaVersion: { Major: 2, Minor: 0 } },
  Ipams: [
    {
      Subnets: [
        {
          IpAddressPrefix: '10.244.114.0/24',
          Policies: [{ Type: 'VSID', Settings: { IsolationId: NETWORK } }],
        },
      ],
    },
  ],
  Policies: [
    {
      Type: 'RemoteSubnetRoute',
      Settings: {
        ...{ DestinationPrefix: '10.244.42.0/24', IsolationId: NETWORK },
        ...{ ProviderAddress: THERE, DistributedRouterMacAddress: ROUTER },
      },
    },
  ],
};
const acl = (more: object): object => ({
  ...{ Type: 'ACL', Action: 'Allow', RuleType: 'Switch', Priority: 300, Protocols: '6' },
  ...more,
});
const POLICIES = [
  acl({ Id: 'web', Direction: 'In', LocalPorts: '80' }),
  acl({ Id: 'out', Direction: 'Out', RemotePorts: '443' }),
  { Type: 'ProviderAddress', Settings: { ProviderAddress: HERE } },
];

/** As a builder has it, but for what is chosen of outer headers: no checksum of UDP, not to be split. */
function asWritten(packet: Packet): Buffer {
  const bytes = Buffer.from(packet.bytes);
  const ip = packet.link === 'ethernet' ? 14 : 0;
  bytes.writeUInt16BE(0x4000, ip + 6);
  bytes.writeUInt16BE(0, ip + 20 + 6);
  bytes.writeUInt16BE(0, ip + 10);
  let sum = 0;
  for (let at = ip; at < ip + 20; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes.writeUInt16BE(~sum & 0xffff, ip + 10);
  return bytes;
}

/** The same source port as the packet that was written has: chosen by a hash. */
function inTunnel(inside: Packet, like: Buffer, macs: object): Buffer {
  const port = like.readUInt16BE(14 + 20);
  expect(port).toBeGreaterThanOrEqual(49152);
  const outer = vxlan(HERE, THERE, NETWORK, inside, { port, ttl: 128, id: 0 });
  return asWritten(ethernet(outer, macs));
}

function packetsOf(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) !== 6) continue;
    const captured = bytes.readUInt32LE(at + 20);
    expect(bytes.readUInt32LE(at + 24)).toBe(captured);
    found.push(bytes.subarray(at + 28, at + 28 + captured));
  }
  return found;
}

interface Said {
  readonly endpoint: string | null;
  readonly direction: string | null;
  readonly verdict: string;
  readonly rule: string | null;
  readonly reason: string;
}

async function run(name: string, packets: readonly Packet[], by = host) {
  const [capture, file, records] = ['pcap', 'pcapng', 'jsonl'].map((type) =>
    folder.at(`${name}.${type}`),
  ) as [string, string, string];
  writeFileSync(
    capture,
    pcap(
      packets.map(({ bytes }) => Buffer.from(bytes)),
      1,
    ),
  );
  await replay([capture], by, { delivered: file, packets: records, threads: 2 });
  const said = readFileSync(records, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Said)
    .map(({ endpoint, direction, verdict, rule, reason }) =>
      [endpoint, direction, verdict, rule, reason].filter((word) => word !== null).join(' '),
    );
  return { file, said, packets: packetsOf(file) };
}

async function loaded(encapsulation: 'on' | 'off'): Promise<CompiledHost> {
  const file = folder.at(`host-${encapsulation}.json`);
  writeFileSync(folder.at('network.json'), JSON.stringify(OVERLAY));
  writeFileSync(folder.at('pod.json'), JSON.stringify(POLICIES));
  const endpoint = { name: 'pod', network: 'overlay', isolation: 'hyperv', addresses: [POD] };
  writeFileSync(
    file,
    JSON.stringify({
      windows: 'ws2022',
      networks: [{ name: 'overlay', driver: 'overlay', documents: ['network.json'] }],
      endpoints: [{ ...endpoint, mac: PODS.sourceMac, policies: ['pod.json'] }],
      options: { encapsulation },
    }),
  );
  return (await loadHost({ host: file })).compiled;
}

let host: CompiledHost;
let plain: CompiledHost;
beforeAll(async () => {
  host = await loaded('on');
  plain = await loaded('off');
});

const request = (to = `${PEER}:443`): Packet =>
  ethernet(tcp(`${POD}:4000`, to, { flags: 'S', payload: 'odd' }), PODS);
const reply = (): Packet =>
  ethernet(tcp(`${PEER}:443`, `${POD}:4000`, { flags: 'SA', ack: 1 }), PEERS);
const carried = (inside: Packet, network = NETWORK): Packet =>
  ethernet(vxlan(THERE, HERE, network, inside));

describe('packets of an overlay network', () => {
  it('leave in VXLAN to the host of their subnet, the frame inside to its router', async () => {
    const { said, packets } = await run('leave', [request()]);
    expect(said).toEqual(['pod out allow out rule']);
    const inside = ethernet(tcp(`${POD}:4000`, `${PEER}:443`, { flags: 'S', payload: 'odd' }), {
      ...PODS,
      destinationMac: ROUTER,
    });
    const expected = inTunnel(inside, packets[0]!, {
      sourceMac: PODS.sourceMac,
      destinationMac: ROUTER,
    });
    expect(packets[0]!.toString('hex')).toBe(expected.toString('hex'));
  });

  it('leave as they are to anywhere else, and where the option is off', async () => {
    const elsewhere = request('10.9.9.9:443');
    const { packets } = await run('elsewhere', [elsewhere]);
    expect(packets[0]!.equals(Buffer.from(elsewhere.bytes))).toBe(true);
    const off = await run('off', [request()], plain);
    expect(off.said).toEqual(['pod out allow out rule']);
    expect(off.packets[0]!.equals(Buffer.from(request().bytes))).toBe(true);
  });

  it('leave not at all where a rule before the tunnel drops them', async () => {
    const { said, packets } = await run('dropped', [request(`${PEER}:22`)]);
    expect(said).toEqual(['pod out drop implicit-deny']);
    expect(packets).toEqual([]);
  });

  it('keep the tag of the frame inside, and their length where the capture cut them', async () => {
    const { packets } = await run('tag', [vlan(7, request())]);
    expect(packets[0]!.readUInt16BE(12)).toBe(0x0800);
    expect(packets[0]!.readUInt16BE(14 + 36 + 12)).toBe(0x8100);
    expect(packets[0]!.length).toBe(request().bytes.length + 4 + 50);
  });

  it('are judged inside VXLAN, and delivered without it', async () => {
    const syn = ethernet(tcp(`${PEER}:5000`, `${POD}:80`, { flags: 'S' }), PEERS);
    const closed = ethernet(tcp(`${PEER}:5000`, `${POD}:81`, { flags: 'S' }), PEERS);
    const { said, packets } = await run('judged', [carried(syn), carried(closed)]);
    expect(said).toEqual(['pod in allow web rule', 'pod in drop implicit-deny']);
    expect(packets.map((each) => each.toString('hex'))).toEqual([
      Buffer.from(syn.bytes).toString('hex'),
    ]);
  });

  it('belong to the flow of what left in a tunnel', async () => {
    const { said } = await run('flow', [request(), carried(reply())]);
    expect(said).toEqual(['pod out allow out rule', 'pod in allow out established']);
    const alone = await run('alone', [carried(reply())]);
    expect(alone.said).toEqual(['pod in drop implicit-deny']);
  });

  it('that were captured outside are their sender’s, and stay as they were captured', async () => {
    const outside = ethernet(vxlan(HERE, THERE, NETWORK, request()));
    const { said, packets } = await run('outside', [outside, carried(reply())]);
    expect(said).toEqual(['pod out allow out rule', 'pod in allow out established']);
    expect(packets[0]!.equals(Buffer.from(outside.bytes))).toBe(true);
    expect(packets[1]!.equals(Buffer.from(reply().bytes))).toBe(true);
  });

  it('of another network, or in no tunnel that is opened, are nobody’s', async () => {
    const syn = ethernet(tcp(`${PEER}:5000`, `${POD}:80`, { flags: 'S' }), PEERS);
    const other = carried(syn, NETWORK + 1);
    expect((await run('other', [other])).said).toEqual(['pass no-endpoint']);
    const notVxlan = ethernet(udp(`${THERE}:50000`, `${HERE}:4790`, { payload: 'no tunnel' }));
    expect((await run('not-vxlan', [notVxlan])).said).toEqual(['pass no-endpoint']);
    expect((await run('closed', [carried(syn)], plain)).said).toEqual(['pass no-endpoint']);
  });

  it('in pieces inside follow their first one, and have none to follow without it', async () => {
    const data = tcp(`${PEER}:5000`, `${POD}:80`, { flags: 'S', payload: 'p'.repeat(600) });
    const pieces = fragment(data, { mtu: 256 }).map((each) => carried(ethernet(each, PEERS)));
    const { said, packets } = await run('pieces', pieces);
    expect(said).toEqual(pieces.map(() => 'pod in allow web rule'));
    expect(packets.every((each) => each.length < 300 && each.readUInt16BE(12) === 0x0800)).toBe(
      true,
    );
    const { said: late } = await run('late', pieces.slice(1));
    expect(late).toEqual(pieces.slice(1).map(() => 'pod in drop fragment-without-first'));
  });
});

const hasTshark = spawnSync('tshark', ['--version'], { stdio: 'ignore' }).status === 0;

it.skipIf(!hasTshark)('tshark finds the tunnels and what they carry good', async () => {
  const { file } = await run('tshark', [
    request(),
    request('10.9.9.9:443'),
    carried(ethernet(tcp(`${PEER}:5000`, `${POD}:80`, { flags: 'S' }), PEERS)),
  ]);
  const fields = ['frame.protocols', 'vxlan.vni', 'ip.checksum.status', 'tcp.checksum.status'];
  const { stdout, status } = spawnSync('tshark', [
    ...['-r', file, '-T', 'fields', '-E', 'separator=|'],
    ...['ip', 'tcp', 'udp'].flatMap((each) => ['-o', `${each}.check_checksum:TRUE`]),
    ...[...fields, '_ws.malformed', '_ws.expert.severity'].flatMap((field) => ['-e', field]),
  ]);
  expect(status).toBe(0);
  const lines = stdout.toString().trim().split('\n');
  expect(lines.map((line) => line.split('|').slice(0, 5).join('|'))).toEqual([
    'eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp:tls|4096|1,1|1|',
    'eth:ethertype:ip:tcp:tls||1|1|',
    'eth:ethertype:ip:tcp||1|1|',
  ]);
});
