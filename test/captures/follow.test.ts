/** Captures that are still being written. */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { decodeCapture } from '../../src/index.js';
import { ENDPOINT, pcap, pcapHeader, pcapRecord, tcpSyn } from '../cli/captures.js';
import { portacl, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();
const record = (i: number): Buffer => pcapRecord(tcpSyn({ sourcePort: 1 + i }), i);

interface Following {
  readonly lines: () => number;
  readonly reached: (count: number) => Promise<void>;
  readonly end: () => Promise<{ packets: number; code: string | undefined }>;
}

function follow(file: string): Following {
  const output = `${file}.jsonl`;
  const fd = openSync(output, 'w');
  const controller = new AbortController();
  const work = decodeCapture(file, {
    format: 'jsonl',
    fd,
    follow: true,
    signal: controller.signal,
  });
  const lines = (): number => readFileSync(output, 'utf8').split('\n').length - 1;
  return {
    lines,
    reached: async (count) => {
      while (lines() < count) await sleep(10);
    },
    end: async () => {
      controller.abort();
      const { packets, error } = await work;
      closeSync(fd);
      return { packets, code: error?.code };
    },
  };
}

describe('following a capture', () => {
  it('gives each packet once it is whole, until it is cancelled', async () => {
    const file = folder.write('growing.pcap', Buffer.alloc(0));
    const following = follow(file);
    await sleep(80);
    appendFileSync(file, pcapHeader().subarray(0, 10));
    await sleep(80);
    appendFileSync(file, Buffer.concat([pcapHeader().subarray(10), record(0)]));
    await following.reached(1);
    for (let i = 1; i < 4; i++) {
      appendFileSync(file, record(i).subarray(0, 30));
      await sleep(80);
      expect(following.lines()).toBe(i);
      appendFileSync(file, record(i).subarray(30));
      await following.reached(i + 1);
    }
    // A packet that is half written is no damage.
    appendFileSync(file, record(9).subarray(0, 40));
    await sleep(80);
    expect(await following.end()).toEqual({ packets: 4, code: 'cancelled' });
  });

  it('names damage at once', async () => {
    const file = folder.write('damaged.pcap', pcap([tcpSyn()]));
    const following = follow(file);
    await following.reached(1);
    appendFileSync(file, Buffer.alloc(16, 0xff));
    await sleep(200);
    expect(await following.end()).toEqual({ packets: 1, code: 'capture-record-length' });
  });

  it('names a file that shrinks', async () => {
    const file = folder.write('shrinking.pcap', pcap([tcpSyn(), tcpSyn()]));
    const following = follow(file);
    await following.reached(2);
    truncateSync(file, 30);
    await sleep(200);
    expect(await following.end()).toEqual({ packets: 2, code: 'file-shrunk' });
  });

  it('refuses compressed bytes', async () => {
    const file = folder.write('compressed.pcap', gzipSync(pcap([tcpSyn()])));
    const run = await portacl(['decode', '--follow', file]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/compressed and cannot be followed/);
  });

  it('ends by Ctrl-C with all that is there', async () => {
    const file = folder.write('ctrl-c.pcap', pcap([tcpSyn(), tcpSyn()]));
    let shown = '';
    const run = await portacl(['decode', '--follow', file], {
      onStart: (child) =>
        child.stdout?.on('data', (text: string) => {
          shown += text;
          if (shown.split('\n').length === 3) child.kill('SIGINT');
        }),
    });
    expect(run.code).toBe(130);
    expect(run.stdout.split('\n')).toHaveLength(3);
  });
});

describe('portacl replay --follow', () => {
  it('judges what is written until Ctrl-C, and keeps every output', async () => {
    const file = folder.write('replayed.pcap', pcap([tcpSyn()]));
    const packets = folder.at('replayed.jsonl');
    const rules = folder.at('replayed.csv');
    const model = ['--endpoint', ENDPOINT, '--driver', 'l2bridge', '-q', '--json'];
    const outputs = ['--packets', packets, '--rules', rules];
    const run = await portacl(['replay', file, '--follow', ...model, ...outputs], {
      onStart: (child) => {
        void (async () => {
          while (!folder.list().some((name) => name.startsWith('replayed.jsonl'))) await sleep(20);
          appendFileSync(file, Buffer.concat([record(1), record(2), record(3).subarray(0, 20)]));
          await sleep(500);
          child.kill('SIGINT');
        })();
      },
    });
    expect(run).toMatchObject({ code: 130, stderr: '' });
    expect(JSON.parse(run.stdout)).toMatchObject({
      captures: [{ packets: 3, error: null }],
      total: { packets: 3 },
    });
    expect(readFileSync(packets, 'utf8').split('\n')).toHaveLength(4);
    expect(readFileSync(rules, 'utf8').length).toBeGreaterThan(0);
  });
});

describe('portacl replay FOLDER', () => {
  it('judges the captures in it, in order', async () => {
    mkdirSync(folder.at('ring'));
    folder.write('ring/2.pcap', pcap([tcpSyn(), tcpSyn()]));
    folder.write('ring/1.pcap.gz', gzipSync(pcap([tcpSyn()])));
    folder.write('ring/notes.txt', 'no capture');
    const model = ['--endpoint', ENDPOINT, '--driver', 'l2bridge', '-q', '--json'];
    const run = await portacl(['replay', folder.at('ring'), ...model]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toMatchObject({
      captures: [
        { file: folder.at('ring/1.pcap.gz'), packets: 1 },
        { file: folder.at('ring/2.pcap'), packets: 2 },
      ],
    });
  });
});

describe('a file that shrinks while it is read', () => {
  it('ends where it ends, without a crash', async () => {
    // Above what is read at once; the first packets fill the output, a pipe that nobody empties.
    const records = Array.from({ length: 60_000 }, (_, i) => record(i % 60_000));
    const file = folder.write('cut-meanwhile.pcap', Buffer.concat([pcapHeader(), ...records]));
    const run = await portacl(['decode', file], {
      onStart: (child) => {
        child.stdout?.pause();
        setTimeout(() => {
          truncateSync(file, 1000);
          child.stdout?.resume();
        }, 700);
      },
    });
    expect(run.signal).toBeNull();
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/ capture-cut /);
  });
});
