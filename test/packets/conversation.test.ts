/** Conversations: flags, sequence numbers, times and places of what two sides say. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PortaclError, tcpConversation, udpConversation } from '../../src/index.js';
import { pcap } from '../cli/captures.js';

const CLIENT = '10.9.9.9:4000';
const SERVER = '10.1.0.5:80';

const whole = tcpConversation(CLIENT, SERVER)
  .handshake()
  .request('GET /')
  .reply('hello')
  .acknowledge('client')
  .idleFor(300)
  .request('again')
  .close();

describe('a TCP conversation', () => {
  it.skipIf(spawnSync('tshark', ['--version']).status !== 0)('is sound to tshark', () => {
    const scratch = mkdtempSync(path.join(tmpdir(), 'portacl-conversation-'));
    const file = path.join(scratch, 'tcp.pcap');
    writeFileSync(
      file,
      pcap(
        whole.packets.map(({ bytes }) => Buffer.from(bytes)),
        101,
      ),
    );
    const { stdout } = spawnSync('tshark', [
      ...['-r', file, '-T', 'fields', '-E', 'separator=|'],
      ...['-e', 'tcp.seq', '-e', 'tcp.ack', '-e', 'tcp.flags.str', '-e', 'tcp.analysis.flags'],
    ]);
    rmSync(scratch, { recursive: true });
    expect(stdout.toString().trim().split('\n')).toEqual([
      '0|0|··········S·|',
      '0|1|·······A··S·|',
      '1|1|·······A····|',
      '1|1|·······AP···|',
      '1|6|·······AP···|',
      '6|6|·······A····|',
      '6|6|·······AP···|',
      '11|6|·······A···F|',
      '6|12|·······A···F|',
      '12|7|·······A····|',
    ]);
  });

  it('spaces its packets, and is silent where it is told', () => {
    expect(whole.packets.map(({ after }) => after)).toEqual([
      ...[0, 0.001, 0.001, 0.001, 0.001, 0.001, 300.001, 0.001, 0.001, 0.001],
    ]);
    const late = tcpConversation(CLIENT, SERVER, { at: 5, gap: 1 }).idleFor(2).handshake();
    expect(late.packets.map(({ at, after }) => at ?? after)).toEqual([7, 1, 1]);
  });

  it('says for each side in which direction it goes', () => {
    const options = { dir: 'in', endpoint: 'web' } as const;
    const { packets } = tcpConversation(CLIENT, SERVER, options).handshake().reset('server');
    expect(packets.map(({ dir }) => dir)).toEqual(['in', 'out', 'in', 'out']);
    expect(new Set(packets.map(({ endpoint }) => endpoint))).toEqual(new Set(['web']));
  });

  it('stays as it is when it goes on two ways', () => {
    const open = tcpConversation(CLIENT, SERVER).handshake();
    expect([...open.reset()]).toHaveLength(4);
    expect([...open.close('server')]).toHaveLength(6);
    expect([...open]).toHaveLength(3);
  });

  it('refuses what makes no packets', () => {
    expect(() => tcpConversation('10.9.9.9', SERVER)).toThrow(PortaclError);
    expect(() => tcpConversation(CLIENT, SERVER, { gap: -1 })).toThrow('gap is -1');
    expect(() => whole.idleFor(Number.NaN)).toThrow('idleFor is NaN');
    expect(() => whole.reset('nobody' as never)).toThrow('"client" or "server"');
    expect(() => whole.request(7 as never)).toThrow('payload is 7');
  });
});

describe('a UDP conversation', () => {
  it('has requests and replies', () => {
    const dns = udpConversation('10.1.0.5:5353', '10.0.0.10:53').request('q').reply('a');
    expect(dns.packets.map(({ bytes }) => [bytes[15], bytes.at(-1)])).toEqual([
      [5, 'q'.charCodeAt(0)],
      [10, 'a'.charCodeAt(0)],
    ]);
    expect(dns.idleFor(60).request().packets.at(-1)!.after).toBe(60.001);
  });
});
