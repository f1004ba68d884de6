/** Captures of Solaris (RFC 1761) as a user meets them; their bytes are native/test's subject. */
import { readFileSync } from 'node:fs';

import { beforeAll, describe, expect, it } from 'vitest';

import { listCaptures, loadHost, replay, type CompiledHost } from '../../src/index.js';
import { ENDPOINT, pcap, tcpSyn } from '../cli/captures.js';
import { EXAMPLE, jsonLines, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();
let single: CompiledHost;
beforeAll(async () => {
  const platform = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' };
  single = (await loadHost({ platform: { ...platform, endpoint: ENDPOINT } })).compiled;
});

function snoop(frames: readonly Buffer[], link = 4): Buffer {
  const numbers = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
    return bytes;
  };
  const records = frames.map((frame, i) => {
    const pad = Buffer.alloc((4 - (frame.length % 4)) % 4);
    const { length } = frame;
    const head = numbers(length, length, 24 + length + pad.length, 0, 1_700_000_000 + i, 0);
    return Buffer.concat([head, frame, pad]);
  });
  return Buffer.concat([Buffer.from('snoop\0\0\0', 'latin1'), numbers(2, link), ...records]);
}

describe('a snoop capture', () => {
  it('is judged as the same packets in another container', async () => {
    const frames = [tcpSyn(), tcpSyn({ port: 81 }), tcpSyn({ to: 0x0a0a0a0a })];
    const [one, other] = [
      folder.write('one.snoop', snoop(frames)),
      folder.write('one.pcap', pcap(frames)),
    ];
    const packets = folder.at('one.jsonl');
    await replay([one], single, { packets, annotate: folder.at('one.pcapng') });
    const records = jsonLines(readFileSync(packets, 'utf8'));
    await replay([other], single, { packets });
    expect(records).toEqual(jsonLines(readFileSync(packets, 'utf8')));
    expect(records.map(({ endpoint }) => endpoint !== null)).toEqual([true, true, false]);
    await replay([folder.at('one.pcapng')], single, { packets });
    expect(records).toEqual(jsonLines(readFileSync(packets, 'utf8')));
  });

  it('is found in a folder, and what only begins alike is not', () => {
    folder.write('capture.snoop', snoop([]));
    folder.write('snoop.txt', 'snoop is a dog');
    expect(listCaptures([folder.path])).toContain(folder.at('capture.snoop'));
    expect(listCaptures([folder.path])).not.toContain(folder.at('snoop.txt'));
  });

  it('of another link is refused by the name that its format has for it', async () => {
    const { errors } = await replay([folder.write('fddi', snoop([tcpSyn()], 8))], single);
    expect(errors).toMatchObject([{ code: 'capture-link-type', recordIndex: 0, byteOffset: 12 }]);
    expect(errors[0]!.message).toContain('data link type 8 (FDDI) of a snoop file is not read');
    const example = await replay([EXAMPLE], single);
    expect(example.errors).toEqual([]);
  });
});
