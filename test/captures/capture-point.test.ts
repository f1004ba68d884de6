/** Where captures were taken: what of a frame is the packet, and which records are one packet. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  ethernet,
  explainFrame,
  loadHost,
  replay,
  tcp,
  udp,
  vxlan,
  type CompiledHost,
  type Packet,
  type ReplayOptions,
  type ReplayReport,
} from '../../src/index.js';
import { components, pcap, pcapng, type SeenPacket } from '../cli/captures.js';
import { jsonLines, portacl, ROOT, succeed, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();
const SYNTHETIC = path.join(ROOT, '../shared/data/captures/files/synthetic');

const WEB = '10.244.1.5';
const PEER = '10.244.2.9';
const HOSTS = ['10.10.0.4', '10.10.0.5'] as const;

/** An endpoint of an overlay network that takes port 80 and nothing else. */
async function webHost(
  network = '{name: pods, driver: overlay, vni: 4096}',
): Promise<CompiledHost> {
  const file = folder.write(
    'host.yaml',
    [
      'windows: ws2022',
      `networks: [${network}]`,
      'endpoints:',
      `  - {name: web, network: pods, isolation: hyperv, addresses: [${WEB}], policies: [acl.json]}`,
    ].join('\n'),
  );
  const acl = { Type: 'ACL', Action: 'Allow', Direction: 'In', Protocols: '6', LocalPorts: '80' };
  folder.write(
    'acl.json',
    JSON.stringify({ ...acl, Id: 'web', RuleType: 'Switch', Priority: 200 }),
  );
  return (await loadHost({ host: file })).compiled;
}

const frame = (packet: Packet): Buffer => Buffer.from(ethernet(packet).bytes);
const carried = (packet: Packet, vni = 4096): Packet => vxlan(...HOSTS, vni, packet);
const syn = (port: number): Packet => tcp(`${PEER}:4000`, `${WEB}:${port}`);

interface Brief {
  readonly report: ReplayReport;
  /** `frame verdict reason` of each record. */
  readonly records: readonly string[];
}

async function replayed(
  capture: Buffer | string,
  compiled: CompiledHost,
  options: ReplayOptions = {},
): Promise<Brief> {
  const file = typeof capture === 'string' ? capture : folder.write('capture.pcapng', capture);
  const packets = folder.at('packets.jsonl');
  const { report } = await replay([file], compiled, { ...options, packets });
  const records = jsonLines(readFileSync(packets, 'utf8')).map(
    ({ frame: number, verdict, reason }) =>
      `${String(number)} ${String(verdict)} ${String(reason)}`,
  );
  return { report, records };
}

describe('a capture of an overlay network', () => {
  const OVERLAY: ReplayOptions = { capturePoint: 'overlay' };
  const capture = pcap([
    frame(carried(syn(80))),
    frame(carried(syn(81))),
    frame(syn(80)),
    frame(udp(`${HOSTS[0]}:50000`, `${HOSTS[1]}:53`)),
  ]);

  it('is judged by what VXLAN carries, and by what nothing carries as it is', async () => {
    const { records } = await replayed(capture, await webHost(), OVERLAY);
    expect(records).toEqual([
      '1 allow rule',
      '2 drop implicit-deny',
      '3 allow established',
      '4 pass no-endpoint',
    ]);
  });

  it('is not opened where captures are those of containers', async () => {
    const { records } = await replayed(capture, await webHost());
    expect(records.map((record) => record.split(' ')[2])).toEqual([
      'no-endpoint',
      'no-endpoint',
      'rule',
      'no-endpoint',
    ]);
  });

  it('is opened for the networks of the model only, where their numbers are known', async () => {
    const other = pcap([frame(carried(syn(80), 4097)), frame(carried(syn(80)))]);
    expect((await replayed(other, await webHost(), OVERLAY)).records).toEqual([
      '1 pass no-endpoint',
      '2 allow rule',
    ]);
    const unknown = await webHost('{name: pods, driver: overlay}');
    expect((await replayed(other, unknown, OVERLAY)).records[0]).toBe('1 allow rule');
  });

  it('is opened once: a tunnel of the endpoint itself is its packet', async () => {
    const twice = carried(vxlan(PEER, WEB, 4096, syn(80)));
    const { records } = await replayed(pcap([frame(twice)]), await webHost(), OVERLAY);
    expect(records).toEqual(['1 drop implicit-deny']);
  });

  it('leaves alone what is no VXLAN, or only a piece of it', async () => {
    const noVni = frame(carried(syn(80)));
    noVni[42] = 0;
    const otherPort = frame(carried(syn(80)));
    otherPort.writeUInt16BE(8472, 36);
    const piece = frame(carried(syn(80)));
    piece.writeUInt16BE(0x2000, 20);
    const short = frame(carried(syn(80))).subarray(0, 46);
    const { records } = await replayed(
      pcap([noVni, otherPort, piece, short]),
      await webHost(),
      OVERLAY,
    );
    expect(records.map((record) => record.split(' ')[1])).toEqual(['pass', 'pass', 'pass', 'pass']);
  });

  it('counts the bytes of the packet, and writes the frame that was captured', async () => {
    const flows = folder.at('flows.jsonl');
    const allowed = folder.at('allowed.pcapng');
    const one = pcap([frame(carried(syn(80)))]);
    await replayed(one, await webHost(), { ...OVERLAY, flows, allowed });
    const [flow] = jsonLines(readFileSync(flows, 'utf8'));
    expect(flow).toMatchObject({ src: PEER, dst: WEB, bytes_in: frame(syn(80)).length });
    expect(readFileSync(allowed).includes(frame(carried(syn(80))))).toBe(true);
  });

  it('says the same on several threads', async () => {
    const frames = Array.from({ length: 400 }, (_, i) =>
      frame(
        carried(
          tcp(`10.244.2.${i % 7}:${4000 + (i % 40)}`, `${WEB}:${80 + (i % 2)}`),
          4096 + (i % 3 === 0 ? 1 : 0),
        ),
      ),
    );
    const host = await webHost();
    const one = await replayed(pcap(frames), host, OVERLAY);
    const three = await replayed(pcap(frames), host, { ...OVERLAY, threads: 3 });
    expect(three).toEqual(one);
    expect(new Set(one.records.map((record) => record.split(' ')[2])).size).toBeGreaterThan(2);
  });

  it('explains the packet that is carried', async () => {
    const file = folder.write('carried.pcap', pcap([frame(carried(syn(81)))]));
    const diagnosis = await explainFrame([file], 1, await webHost(), OVERLAY);
    expect(diagnosis.packet).toMatchObject({ destination: WEB, destination_port: 81 });
  });

  it('is said on the command line, where a wrong word is refused', async () => {
    await webHost();
    const file = folder.write('carried.pcap', pcap([frame(carried(syn(80)))]));
    const host = ['--host', folder.at('host.yaml'), '--json', '-q'];
    const { stdout } = await succeed(['replay', file, ...host, '--capture-point', 'overlay']);
    expect(JSON.parse(stdout)).toMatchObject({ endpoints: [{ in: { allow: { packets: 1 } } }] });
    const wrong = await portacl(['replay', file, ...host, '--capture-point', 'outside']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('one of container, overlay is wanted');
  });

  it.skipIf(!existsSync(SYNTHETIC))('of the data: pods inside, node traffic outside', async () => {
    const capturePath = path.join(SYNTHETIC, 'windows-overlay-vxlan.pcap');
    const { report, records } = await replayed(capturePath, await webHost(), OVERLAY);
    // Frame 11 is of the network 4097, 12 is IPv6 of nobody, 13 to 21 are of the nodes.
    const judged = records.filter((record) => !record.includes('pass'));
    expect(judged.map((record) => Number(record.split(' ')[0]))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(report.total.packets).toBe(21);
    const outside = await replayed(capturePath, await webHost());
    expect(outside.records.every((record) => record.endsWith('no-endpoint'))).toBe(true);
  });
});

describe('a packet that a capture shows at several components', () => {
  const names = ['NIC', 'Switch', 'Pod'];
  const seen = (port: number, id?: number): SeenPacket[] =>
    names.map((_, at) => ({ at, frame: frame(syn(port)), ...(id !== undefined && { id }) }));

  it('is judged once, at the first record that an endpoint judges', async () => {
    const outer: SeenPacket = { at: 0, frame: frame(carried(syn(81))), id: 2 };
    const capture = components(names, [...seen(80, 1), outer, ...seen(81, 2).slice(1)]);
    const { records, report } = await replayed(capture, await webHost());
    expect(records).toEqual([
      '1 allow rule',
      '2 pass duplicate',
      '3 pass duplicate',
      '4 pass no-endpoint',
      '5 drop implicit-deny',
      '6 pass duplicate',
    ]);
    expect(report.endpoints[0]!.in).toMatchObject({ allow: { packets: 1 }, drop: { packets: 1 } });
    // Opened, the outer record is the packet.
    const overlay = await replayed(capture, await webHost(), { capturePoint: 'overlay' });
    expect(overlay.records.slice(3)).toEqual([
      '4 drop implicit-deny',
      '5 pass duplicate',
      '6 pass duplicate',
    ]);
  });

  it('is several packets where nothing says that it is one', async () => {
    const { records } = await replayed(components(names, seen(80)), await webHost());
    expect(records).toEqual(['1 allow rule', '2 allow established', '3 allow established']);
    const ids = components(
      names,
      seen(80).map((each, i) => ({ ...each, id: i })),
    );
    expect((await replayed(ids, await webHost())).records).toEqual(records);
  });

  it('has ids of its own in every capture and section', async () => {
    const capture = components(names, seen(80, 1));
    const first = folder.write('first.pcapng', capture);
    const second = folder.write('second.pcapng', capture);
    const host = await webHost();
    for (const order of ['given', 'time'] as const) {
      const { report } = await replay([first, second], host, { order });
      expect(report.reasons.find(({ reason }) => reason === 'duplicate')!.packets).toBe(4);
    }
    const sections = await replayed(Buffer.concat([capture, capture]), host);
    expect(sections.records[3]).toBe('4 allow established');
  });

  it('is known again among those of a capture without ids, on any number of threads', async () => {
    const capture = components(names, [...seen(80), ...seen(80, 7), ...seen(81), ...seen(81, 8)]);
    const host = await webHost();
    const one = await replayed(capture, host);
    expect(one.records.filter((record) => record.endsWith('duplicate'))).toHaveLength(4);
    expect(await replayed(capture, host, { threads: 2 })).toEqual(one);
    const noIds = pcapng([frame(syn(80)), frame(syn(81))]);
    expect((await replayed(noIds, host)).records).toEqual(['1 allow rule', '2 drop implicit-deny']);
  });

  it('is explained as what it is', async () => {
    const file = folder.write('copies.pcapng', components(names, seen(80, 1)));
    await webHost();
    const { stdout } = await succeed([
      'explain',
      file,
      '--frame',
      '2',
      '--host',
      folder.at('host.yaml'),
      '-q',
    ]);
    expect(stdout).toContain('duplicate');
    const first = await succeed([
      'explain',
      file,
      '--frame',
      '1',
      '--host',
      folder.at('host.yaml'),
      '-q',
    ]);
    expect(first.stdout).not.toContain('duplicate');
  });

  it.skipIf(!existsSync(SYNTHETIC))(
    'of the data: 52 records of pktmon, its packets once',
    async () => {
      const file = path.join(SYNTHETIC, 'pktmon-etl2pcapng.pcapng');
      const { report } = await replayed(file, await webHost('{name: pods, driver: l2bridge}'));
      const compared = await succeed([
        'compare',
        file,
        '--host',
        folder.at('host.yaml'),
        '--json',
        '-q',
      ]);
      const {
        packets,
        records,
        not_judged: unjudged,
      } = JSON.parse(compared.stdout) as {
        packets: number;
        records: number;
        not_judged: { allow: number; drop: number };
      };
      const judged = report.endpoints.flatMap((each) => [each.in, each.out]);
      expect(records).toBe(52);
      expect(judged.reduce((sum, { allow, drop }) => sum + allow.packets + drop.packets, 0)).toBe(
        packets - unjudged.allow - unjudged.drop,
      );
    },
  );
});
