/** Captures that are not what they claim to be: one message, exit 1, no result. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import {
  ENDPOINT,
  pcap,
  pcapHeader,
  pcapRecord,
  pcapng,
  pcapngBlocks,
  tcpSyn,
} from './captures.js';
import { L2BRIDGE, portacl, temporaryFolder } from './run.js';

const folder = temporaryFolder();
const model = ['--endpoint', ENDPOINT, ...L2BRIDGE, '-q'];
const frames = [tcpSyn(), tcpSyn()];

function withWord(bytes: Buffer, offset: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(value, offset);
  return copy;
}

describe('a capture of which nothing can be read', () => {
  const cases: readonly (readonly [string, Buffer | null, RegExp])[] = [
    ['missing', null, /^file-not-found /],
    ['empty', Buffer.alloc(0), /^capture-empty /],
    ['two bytes', Buffer.from([0xd4, 0xc3]), /^capture-/],
    ['a cut header', pcapHeader().subarray(0, 23), /^capture-cut /],
    ['a text', Buffer.from('windows: ws2022\n'), /^capture-unknown-format .*begins with 0x/],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4]), /^capture-unknown-format /],
    [
      'gzip in gzip',
      gzipSync(gzipSync(pcap(frames))),
      /^capture-unknown-format .*begins with 0x1f8b/,
    ],
    ['gzip of nothing', gzipSync(''), /^capture-empty /],
    ['gzip of a text', gzipSync('windows: ws2022'), /^capture-unknown-format /],
    ['a cut gzip header', gzipSync(pcap(frames)).subarray(0, 6), /^compression-cut .*gzip/],
    [
      'a broken gzip block',
      Buffer.concat([gzipSync('').subarray(0, 10), Buffer.alloc(64, 0xff)]),
      /^compression-damaged .*gzip/,
    ],
    ['gzip bytes alone', Buffer.from([0x1f, 0x8b]), /^capture-unknown-format /],
    ['zeros', Buffer.alloc(100_000), /^capture-unknown-format .*begins with 0x00000000/],
    ['another version', withWord(pcap(frames), 4, 9), /^capture-version /],
    ['an unknown link type', pcap(frames, 189), /^capture-link-type .*189 \(USB_LINUX\)/],
    [
      'a record of 4 GB',
      Buffer.concat([pcapHeader(), pcapRecord(tcpSyn(), 0, 0xffff_ffff)]),
      /^capture-record-length .*4294967295/,
    ],
    ['a section of 4 GB', withWord(pcapng(frames), 4, 0xffff_fffc), /^capture-/],
    ['a section of 0 bytes', withWord(pcapng(frames), 4, 0), /^capture-/],
    ['an unknown link type in pcapng', pcapng(frames, 189), /^capture-link-type /],
    [
      'a packet without its interface',
      Buffer.concat([pcapngBlocks(frames)[0]!, pcapngBlocks(frames)[2]!]),
      /^capture-unknown-interface /,
    ],
  ];

  it.concurrent.each(cases)('%s', async (name, bytes, message) => {
    const file = folder.at(name.replaceAll(' ', '-'));
    if (bytes !== null) folder.write(name.replaceAll(' ', '-'), bytes);
    const output = `${file}.csv`;
    const run = await portacl(['replay', file, ...model, '--packets', output, '--json']);
    expect(run).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(run.stderr).toMatch(/^[^\n]{1,400}\n$/);
    expect(run.stderr.startsWith(`${file} `)).toBe(true);
    expect(run.stderr.slice(file.length + 1)).toMatch(message);
    expect(folder.list().filter((each) => folder.at(each).startsWith(output))).toEqual([]);
  });

  it('a folder without captures', async () => {
    mkdirSync(folder.at('no-captures'));
    folder.write('no-captures/notes.txt', 'no capture');
    const run = await portacl(['replay', folder.at('no-captures'), ...model]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /no-captures capture-unknown-format none of the 1 files in this folder is a capture/,
    );
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('unreadable', async () => {
    const file = folder.write('secret.pcap', pcap(frames));
    chmodSync(file, 0);
    const run = await portacl(['replay', file, ...model]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/secret\.pcap file-unreadable /);
  });

  it('a record of 4 GB, in little memory', () => {
    const file = folder.write(
      'huge.pcap',
      Buffer.concat([pcapHeader(), pcapRecord(tcpSyn(), 0, 0x0fff_ffff)]),
    );
    const script = `
      const { replay, loadHost } = await import(process.argv[1]);
      const { compiled } = await loadHost({ platform: { endpoint: '${ENDPOINT}', driver: 'l2bridge' } });
      const { errors } = await replay([process.argv[2]], compiled);
      console.log(errors[0].code, process.resourceUsage().maxRSS < 300_000);
    `;
    const index = new URL('../../dist/index.js', import.meta.url).href;
    const args = ['--input-type=module', '-e', script, index, file];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stdout).toBe('capture-record-length true\n');
  });

  it.runIf(existsSync('/dev/zero'))('zeros without end', async () => {
    const run = await portacl(['replay', '/dev/zero', ...model]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/^\/dev\/zero capture-unknown-format /);
  });
});

describe('a cut capture', () => {
  const cut = (): string => folder.write('cut.pcap', pcap([...frames, tcpSyn()]).subarray(0, -7));

  it('has its complete packets judged, the rest reported, and exits 1', async () => {
    const output = folder.at('cut.jsonl');
    const { code, stdout, stderr } = await portacl([
      'replay',
      cut(),
      ...model,
      '--packets',
      output,
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^Capture: .*cut\.pcap, 2 packets, .*, not read to its end \(capture-cut\)$/m,
    );
    expect(stdout).toMatch(/\n2 packets, 2 verdicts: /);
    expect(stderr).toBe(
      `${cut()} capture-cut the file ends inside the record at byte 164, which claims 54 bytes; 2 packets before it were read\n`,
    );
  });

  it('exits 0 with --lenient, says the same, and goes on with the next', async () => {
    const next = folder.write('next.pcap', pcap(frames));
    const strict = await portacl(['replay', cut(), next, 'other.pcap', ...model, '--json']);
    const [damage, begun, ...rest] = strict.stderr.split('\n');
    expect(begun).toBe(
      `2 captures were not begun: ${next}, other.pcap; with --lenient the work goes on after damage`,
    );
    expect(rest).toEqual(['']);
    expect(strict.code).toBe(1);
    expect(JSON.parse(strict.stdout)).toMatchObject({ total: { packets: 2 } });
    const lenient = await portacl(['replay', cut(), next, ...model, '--json', '--lenient']);
    expect(lenient.code).toBe(0);
    expect(lenient.stderr).toBe(`${damage!}\n`);
    expect(JSON.parse(lenient.stdout)).toMatchObject({
      total: { packets: 4 },
      captures: [
        { packets: 2, error: { code: 'capture-cut' } },
        { packets: 2, error: null },
      ],
    });
  });

  it('keeps every other fault a failure with --lenient', async () => {
    const missing = folder.at('none.pcap');
    const run = await portacl([
      'replay',
      missing,
      folder.write('n.pcap', pcap(frames)),
      ...model,
      '--lenient',
    ]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/none\.pcap file-not-found no such file\n$/);
    expect(run.stdout).toMatch(/\n2 packets, /);
  });
});
