/** Verdicts of a replay as batches: the same as its records, no faster than they are taken. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';

import { beforeAll, describe, expect, it } from 'vitest';

import {
  loadHost,
  replay,
  replayBatches,
  type CompiledHost,
  type PacketRecord,
  type ReplayOptions,
} from '../../src/index.js';
import { ENDPOINT, pcap, pcapHeader, pcapRecord, tcpSyn } from '../cli/captures.js';
import { EXAMPLE, EXAMPLE_HOST, ROOT, jsonLines, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();
let web: CompiledHost;
let single: CompiledHost;
let large: string;
const LARGE = 200_000;
beforeAll(async () => {
  web = (await loadHost({ host: EXAMPLE_HOST })).compiled;
  const platform = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' };
  single = (await loadHost({ platform: { ...platform, endpoint: ENDPOINT } })).compiled;
  const records = Array.from({ length: 1000 }, (_, i) =>
    pcapRecord(tcpSyn({ sourcePort: 1 + i }), i),
  );
  const thousand = Buffer.concat(records);
  const copies = Array.from({ length: LARGE / 1000 }, () => thousand);
  large = folder.write('large.pcap', Buffer.concat([pcapHeader(), ...copies]));
});

/** Times as those of JSON lines, which are not exact. */
const plain = (record: PacketRecord): unknown => ({
  ...record,
  time_ns: record.time_ns === null ? null : Number(record.time_ns),
});

describe('the batches of a replay', () => {
  it.each([{}, { stateless: true }, { order: 'time' }] as const)(
    'hold what its records hold: %j',
    async (options: ReplayOptions) => {
      const file = folder.at('records.jsonl');
      const expected = await replay([EXAMPLE], web, { ...options, packets: file });
      const stream = replayBatches([EXAMPLE], web, options);
      const records: unknown[] = [];
      for await (const batch of stream) for (const record of batch) records.push(plain(record));
      expect(records).toEqual(jsonLines(readFileSync(file, 'utf8')));
      expect((await stream.result).report).toEqual(expected.report);
    },
  );

  it('are full but for the last, and stay as they were when more come', async () => {
    const kept = [];
    for await (const batch of replayBatches([large], single)) kept.push(batch);
    expect(kept.map(({ length }) => length)).toEqual([
      ...Array.from({ length: 12 }, () => 16_384),
      LARGE - 12 * 16_384,
    ]);
    const frames = kept.flatMap(({ frame }) => [...frame]);
    expect(frames.every((frame, i) => frame === i + 1)).toBe(true);
    expect(kept[0]!.frame.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('name the capture of every packet', async () => {
    const first = folder.write('first.pcap', pcap([tcpSyn(), tcpSyn()]));
    const second = folder.write('second.pcap', pcap([tcpSyn(), tcpSyn()]));
    const captures = async (options: ReplayOptions): Promise<number[]> => {
      const all: number[] = [];
      for await (const { capture } of replayBatches([first, second], single, options)) {
        all.push(...capture);
      }
      return all;
    };
    expect(await captures({})).toEqual([0, 0, 1, 1]);
    expect(await captures({ order: 'time' })).toEqual([0, 1, 0, 1]);
  });

  it('can be read by a worker without a copy', async () => {
    for await (const { verdict } of replayBatches([large], single)) {
      const worker = new Worker(
        `const { parentPort, workerData } = require('node:worker_threads');
         parentPort.postMessage(workerData.reduce((sum, one) => sum + one, 0));`,
        { eval: true, workerData: verdict },
      );
      const sum = await new Promise((resolve) => worker.once('message', resolve));
      expect(sum).toBe(verdict.reduce((total, one) => total + one, 0));
      await worker.terminate();
      break;
    }
  });

  it('come beside outputs that are files', async () => {
    const packets = folder.at('beside.csv');
    const stream = replayBatches([EXAMPLE], web, { packets });
    let rows = 0;
    for await (const { length } of stream) rows += length;
    await stream.result;
    expect(readFileSync(packets, 'utf8').split('\r\n')).toHaveLength(rows + 2);
  });
});

describe('a slow caller', () => {
  it('lets the engine be two batches ahead and no more', async () => {
    const progress: number[] = [];
    const stream = replayBatches([large], single, { onProgress: (bytes) => progress.push(bytes) });
    let batches = 0;
    for await (const { length } of stream) {
      if (++batches > 2) continue;
      await sleep(500);
      // The batch in hand, two that are filled, and what was read for the next.
      const bytes = (batches + 2) * length * 70 + 300_000;
      expect(Math.max(...progress)).toBeLessThan(bytes);
      expect(Math.max(...progress)).toBeGreaterThan(0);
    }
    expect(batches).toBe(13);
  });
});

describe('the end', () => {
  it('by break stops the work, and outputs are gone', async () => {
    const packets = folder.at('broken-off.jsonl');
    const stream = replayBatches([large], single, { packets });
    for await (const batch of stream) {
      expect(batch.length).toBe(16_384);
      break;
    }
    await expect(stream.result).rejects.toMatchObject({ code: 'cancelled' });
    expect(folder.list().filter((name) => name.startsWith('broken-off'))).toEqual([]);
    // An iteration that was broken off is over.
    for await (const batch of stream) expect(batch).toBe('none');
  });

  it('by an error in the loop hands that error on', async () => {
    const stream = replayBatches([large], single);
    const loop = async (): Promise<void> => {
      for await (const batch of stream) throw new Error(`row ${batch.length}`);
    };
    await expect(loop()).rejects.toThrow('row 16384');
    await expect(stream.result).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('by a signal is thrown in the loop', async () => {
    const controller = new AbortController();
    const stream = replayBatches([large], single, { signal: controller.signal });
    const loop = async (): Promise<void> => {
      for await (const batch of stream) if (batch.length > 0) controller.abort();
    };
    await expect(loop()).rejects.toMatchObject({ code: 'cancelled' });
    const before = replayBatches([large], single, { signal: AbortSignal.abort() });
    await expect(before[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('by damage is an end, with the damage in the result', async () => {
    const bytes = pcap([tcpSyn(), tcpSyn()]);
    const cut = folder.write('cut.pcap', bytes.subarray(0, -1));
    const stream = replayBatches([cut], single);
    let rows = 0;
    for await (const { length } of stream) rows += length;
    expect(rows).toBe(1);
    expect((await stream.result).errors).toMatchObject([{ code: 'capture-cut', recordIndex: 1 }]);
  });

  it('by an output that cannot be is thrown in the loop', async () => {
    const stream = replayBatches([EXAMPLE], web, { packets: folder.at('none/p.csv') });
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'file-unwritable',
    });
    await expect(stream.result).rejects.toMatchObject({ code: 'file-unwritable' });
  });

  it('of a growing capture is the signal; batches come as packets do', async () => {
    const growing = folder.write('growing.pcap', pcap([tcpSyn()]));
    const controller = new AbortController();
    const stream = replayBatches([growing], single, { follow: true, signal: controller.signal });
    const lengths: number[] = [];
    for await (const { length } of stream) {
      lengths.push(length);
      if (lengths.length === 1) appendFileSync(growing, pcapRecord(tcpSyn({ port: 81 }), 1));
      else controller.abort();
    }
    expect(lengths).toEqual([1, 1]);
    expect((await stream.result).report.total.packets).toBe(2);
  });
});

describe('many iterations that are broken off, cancelled or go to their end', () => {
  it('leave nothing behind, and Node ends as ever', { timeout: 60_000 }, () => {
    const compressed = folder.write('small.pcap.gz', gzipSync(pcap([tcpSyn()])));
    const script = path.join(ROOT, 'test/replay/broken-off.mjs');
    const run = spawnSync(process.execPath, ['--expose-gc', script, large, compressed], {
      encoding: 'utf8',
    });
    expect(run).toMatchObject({ status: 0, signal: null, stderr: '' });
    const [before, after] = JSON.parse(run.stdout) as [number, number];
    // Forty whose first batch stayed would hold 29 MB.
    expect(after - before).toBeLessThan(8 << 20);
  });
});
