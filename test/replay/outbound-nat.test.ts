/**
 * Outbound NAT from documents to packets: who sees which source, and bytes that leave.
 * Source: docs/semantics/actions.md 2, 6; hns.md 4.6.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { CompiledHost } from '../../src/compile/compile-host.js';
import { icmp, tcp, udp, type Packet } from '../../src/index.js';
import { loadHost } from '../../src/load-host.js';
import { replay } from '../../src/replay/replay.js';
import { pcap } from '../cli/captures.js';
import { temporaryFolder } from '../cli/run.js';

const RAW = 101;
const folder = temporaryFolder();
const WEB = '10.1.0.5',
  DB = '10.1.0.6',
  NODE = '10.0.0.4',
  OUTSIDE = '192.0.2.9';
const acl = (id: string, direction: 'In' | 'Out', more: object): object => ({
  ...{ Type: 'ACL', Id: id, RuleType: 'Switch', Action: 'Allow', Direction: direction },
  ...{ Priority: 300, ...more },
});

async function host(exceptions: string[], outboundNat: 'on' | 'off'): Promise<CompiledHost> {
  const nat = { Type: 'OutBoundNAT', ExceptionList: exceptions };
  const description = {
    windows: 'ws2022',
    addresses: [NODE],
    options: { outboundNat },
    networks: [{ name: 'pods', driver: 'l2bridge' }],
    endpoints: [
      { name: 'web', network: 'pods', isolation: 'hyperv', addresses: [WEB], policies: 'web.json' },
      { name: 'db', network: 'pods', isolation: 'hyperv', addresses: [DB], policies: 'db.json' },
    ],
  };
  folder.write('web.json', JSON.stringify([acl('out', 'Out', {}), nat]));
  folder.write('db.json', JSON.stringify([acl('web', 'In', { RemoteAddresses: WEB })]));
  return (await loadHost({ host: folder.write('host.json', JSON.stringify(description)) }))
    .compiled;
}

async function replayed(
  packets: readonly Packet[],
  exceptions: string[] = [],
  outboundNat: 'on' | 'off' = 'on',
): Promise<{ records: string[]; left: Buffer[]; file: string }> {
  const capture = folder.at('capture.pcap');
  writeFileSync(
    capture,
    pcap(
      packets.map(({ bytes }) => Buffer.from(bytes)),
      RAW,
    ),
  );
  const [records, delivered] = [folder.at('records.jsonl'), folder.at('delivered.pcapng')];
  await replay([capture], await host(exceptions, outboundNat), { packets: records, delivered });
  const lines = readFileSync(records, 'utf8').trimEnd().split('\n');
  return {
    records: lines.map((line) => {
      const { endpoint, verdict, rule, reason } = JSON.parse(line) as Record<string, string | null>;
      return [endpoint, verdict, rule ?? reason].join(' ');
    }),
    left: packetsOf(delivered),
    file: delivered,
  };
}

/** The bytes of enhanced packet blocks. */
function packetsOf(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) !== 6) continue;
    found.push(bytes.subarray(at + 28, at + 28 + bytes.readUInt32LE(at + 20)));
  }
  return found;
}

const sourceOf = (ip: Buffer): string => [...ip.subarray(12, 16)].join('.');
const portOf = (ip: Buffer): number => ip.readUInt16BE(20);
const request = (port: number, to = `${OUTSIDE}:443`): Packet =>
  tcp(`${WEB}:${port}`, to, { flags: 'S' });

describe('outbound NAT', () => {
  it('gives each connection a port of its own, and keeps it', async () => {
    const ports = Array.from({ length: 300 }, (_, i) => 1024 + i);
    const { left, records } = await replayed([...ports.map((p) => request(p)), request(1024)]);
    expect(new Set(records)).toEqual(new Set(['web allow out']));
    expect(new Set(left.map(sourceOf))).toEqual(new Set([NODE]));
    expect(new Set(left.slice(0, 300).map(portOf)).size).toBe(300);
    expect(Math.min(...left.map(portOf))).toBeGreaterThanOrEqual(49152);
    expect(portOf(left[300]!)).toBe(portOf(left[0]!));
  });

  it('leaves the answer that the container sees to its flow', async () => {
    const answer = tcp(`${OUTSIDE}:443`, `${WEB}:1024`, { flags: 'SA', ack: 1 });
    expect((await replayed([request(1024), answer])).records).toEqual([
      'web allow out',
      'web allow out',
    ]);
    expect((await replayed([answer])).records).toEqual(['web drop implicit-deny']);
  });

  it('shows another endpoint the host, but for exceptions', async () => {
    const east = [request(1024, `${DB}:5432`)];
    expect((await replayed(east)).records).toEqual(['web allow out', 'db drop implicit-deny']);
    expect((await replayed(east, ['10.1.0.0/16'])).records).toEqual([
      'web allow out',
      'db allow web',
    ]);
    expect((await replayed(east, [], 'off')).records).toEqual(['web allow out', 'db allow web']);
  });

  it('does not translate ICMP, or anything without the option', async () => {
    const echo = icmp(WEB, OUTSIDE, { type: 'echo-request', id: 7 });
    const datagram = udp(`${WEB}:1024`, `${OUTSIDE}:53`, { payload: 'odd' });
    const on = await replayed([echo, datagram]);
    expect(on.left.map(sourceOf)).toEqual([WEB, NODE]);
    const off = await replayed([echo, datagram], [], 'off');
    expect(off.left.map(sourceOf)).toEqual([WEB, WEB]);
  });
});

const hasTshark = spawnSync('tshark', ['--version'], { stdio: 'ignore' }).status === 0;
it.skipIf(!hasTshark)('outbound NAT leaves checksums that tshark finds good', async () => {
  const { file } = await replayed([
    request(1024),
    udp(`${WEB}:1024`, `${OUTSIDE}:53`, { payload: 'odd' }),
  ]);
  const checked = ['ip', 'tcp', 'udp'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`]);
  const filter =
    'ip.checksum.status == 1 and (tcp.checksum.status == 1 or udp.checksum.status == 1)';
  const { stdout } = spawnSync('tshark', ['-r', file, ...checked, '-Y', filter], {
    encoding: 'utf8',
  });
  expect(stdout.trimEnd().split('\n')).toHaveLength(2);
});
