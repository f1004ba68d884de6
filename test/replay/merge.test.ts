/** Several captures by the times of their packets: one conversation recorded in two places. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { beforeAll, describe, expect, it } from 'vitest';

import {
  MERGED_CAPTURES_MAX,
  loadHost,
  replay,
  type CompiledHost,
  type ReplayOptions,
} from '../../src/index.js';
import { ENDPOINT, pcapHeader, pcapRecord, pcapng, tcpSyn } from '../cli/captures.js';
import { EXAMPLE_HOST, EXAMPLE, jsonLines, portacl, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();
let single: CompiledHost;
beforeAll(async () => {
  const platform = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' };
  single = (await loadHost({ platform: { ...platform, endpoint: ENDPOINT } })).compiled;
});

const SYN_ACK = 0x12;
const ACK = 0x10;

/** A segment to or from the endpoint. */
function segment(direction: 'in' | 'out', flags: number): Buffer {
  const bytes = tcpSyn(
    direction === 'in' ? {} : { from: 0x0a010005, to: 0x0a090909, sourcePort: 80, port: 4000 },
  );
  bytes.writeUInt8(flags, 47);
  return bytes;
}

/** What the client's side and the server's side of a handshake recorded, at seconds 0 to 2. */
function halves(): readonly [string, string] {
  const client = [pcapHeader(), pcapRecord(tcpSyn(), 0), pcapRecord(segment('in', ACK), 2)];
  const server = [pcapHeader(), pcapRecord(segment('out', SYN_ACK), 1)];
  return [
    folder.write('client.pcap', Buffer.concat(client)),
    folder.write('server.pcap', Buffer.concat(server)),
  ];
}

async function records(
  captures: readonly string[],
  options: ReplayOptions,
): Promise<Record<string, unknown>[]> {
  const packets = folder.at('records.jsonl');
  await replay(captures, single, { ...options, packets });
  return jsonLines(readFileSync(packets, 'utf8'));
}

describe('captures in order of time', () => {
  it('see a conversation that two captures share as it was', async () => {
    const [client, server] = halves();
    for (const captures of [
      [client, server],
      [server, client],
    ]) {
      const merged = await records(captures, { order: 'time' });
      expect(merged.map(({ direction }) => direction)).toEqual(['in', 'out', 'in']);
      expect(merged.map(({ flow }) => flow)).toEqual([1, 1, 1]);
      expect(merged.slice(1).map(({ reason }) => reason)).toEqual(['established', 'established']);
    }
    // The control: one after the other, the answer comes before what it answers.
    const given = await records([server, client], { order: 'given' });
    expect(given.map(({ direction }) => direction)).toEqual(['out', 'in', 'in']);
    expect(given[0]!['reason']).not.toBe('established');
  });

  it('give what one capture of all packets gives, with every output', async () => {
    const frames = Array.from({ length: 400 }, (_, i) => tcpSyn({ sourcePort: 1 + (i % 90) }));
    const whole = [pcapHeader(), ...frames.map((frame, i) => pcapRecord(frame, i))];
    const parts: Buffer[][] = [[pcapHeader()], [pcapHeader()], [pcapHeader()]];
    frames.forEach((frame, i) => parts[(i * i) % 3]!.push(pcapRecord(frame, i)));
    const one = folder.write('whole.pcap', Buffer.concat(whole));
    const three = parts.map((part, i) => folder.write(`part${i}.pcap`, Buffer.concat(part)));
    const outputs = (name: string): ReplayOptions => ({
      flows: folder.at(`${name}-flows.csv`),
      packets: folder.at(`${name}-packets.jsonl`),
      annotate: folder.at(`${name}-annotated.pcapng`),
    });
    const expected = await replay([one], single, outputs('one'));
    const merged = await replay(three, single, { ...outputs('three'), order: 'time' });
    expect(merged.report.total).toEqual(expected.report.total);
    expect(merged.report.reasons).toEqual(expected.report.reasons);
    const packets = (name: string): unknown[] =>
      jsonLines(readFileSync(folder.at(`${name}-packets.jsonl`), 'utf8')).map((record) => ({
        ...record,
        frame: null,
      }));
    expect(packets('three')).toEqual(packets('one'));
    const again = await replay([folder.at('three-annotated.pcapng')], single, {});
    expect(again.report.reasons).toEqual(expected.report.reasons);
    const columns = (name: string): string[] =>
      readFileSync(folder.at(`${name}-flows.csv`), 'utf8')
        .split('\r\n')
        .slice(1);
    expect(columns('three').length).toBe(columns('one').length);
  });

  it('is the order given where captures follow one another, compressed or not', async () => {
    const early = Buffer.concat([pcapHeader(), pcapRecord(tcpSyn(), 0)]);
    const files = [
      folder.write('early.pcap.gz', gzipSync(early)),
      folder.write('late.pcapng', pcapng([tcpSyn({ port: 81 }), tcpSyn({ port: 82 })])),
    ];
    expect(await records(files, { order: 'time' })).toEqual(await records(files, {}));
  });

  it('keeps the order of the example with an empty capture beside it', async () => {
    const { compiled } = await loadHost({ host: EXAMPLE_HOST });
    const empty = folder.write('empty.pcap', pcapHeader());
    const alone = await replay([EXAMPLE], compiled);
    const beside = await replay([empty, EXAMPLE], compiled, { order: 'time' });
    expect(beside.report.rules).toEqual(alone.report.rules);
    expect(beside.report.captures.map(({ packets }) => packets)).toEqual([0, 2203]);
  });
});

describe('damage in a merged capture', () => {
  function damaged(): readonly [string, string] {
    const [client, server] = halves();
    return [folder.write('cut.pcap', readFileSync(client).subarray(0, -1)), server];
  }

  it('ends the work at its time, and the error names the file', async () => {
    const [cut, server] = damaged();
    const { report, errors } = await replay([server, cut], single, { order: 'time' });
    expect(errors).toMatchObject([{ code: 'capture-cut', file: cut, recordIndex: 1 }]);
    expect(report.captures.map(({ packets }) => packets)).toEqual([0, 1]);
  });

  it('costs its own packets alone in lenient reading', async () => {
    const [cut, server] = damaged();
    const options = { order: 'time', lenient: true } as const;
    const { report, errors } = await replay([server, cut], single, options);
    expect(errors).toMatchObject([{ code: 'capture-cut', file: cut }]);
    expect(report.captures.map(({ packets }) => packets)).toEqual([1, 1]);
  });

  it('is told on the command line with what it meant for the others', async () => {
    const [cut, server] = damaged();
    const args = ['replay', '--merge', server, cut, '--host', EXAMPLE_HOST];
    const strict = await portacl(args);
    expect(strict.code).toBe(1);
    expect(strict.stdout).toContain('Captures are merged by time');
    expect(strict.stderr).toContain(cut);
    expect(strict.stderr).toContain('1 other capture was judged up to the time of the damage only');
    expect(await portacl([...args, '--lenient'])).toMatchObject({ code: 0 });
  });
});

describe('what cannot be merged', () => {
  it.each([
    ['an order that is none', { order: 'newest' } as unknown as ReplayOptions, 1],
    ['a growing capture', { order: 'time', follow: true } as const, 1],
    ['too many captures', { order: 'time' } as const, MERGED_CAPTURES_MAX + 1],
  ])('is refused: %s', async (_, options, count) => {
    const captures = Array.from({ length: count }, () => EXAMPLE);
    await expect(replay(captures, single, options)).rejects.toMatchObject({
      code: expect.stringMatching(/^bad-(?:usage|argument)$/) as string,
    });
  });
});
