/** `--allowed`, `--dropped` and `--annotate`: captures that other programs read without complaint. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { ENDPOINT, pcap, pcapng, tcpSyn } from '../cli/captures.js';
import {
  EXAMPLE,
  EXAMPLE_HOST,
  L2BRIDGE,
  ROOT,
  jsonLines,
  portacl,
  succeed,
  temporaryFolder,
} from '../cli/run.js';

const folder = temporaryFolder();
const CAPTURES = path.join(ROOT, '../shared/data/captures/files');

const has = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const TOOLS = ['tshark', 'capinfos', 'editcap'].every(has);

/** What a program prints of a file; it must not complain, but for running as root. */
function read(program: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    maxBuffer: 1 << 28,
  });
  expect(stderr.replace(/^Running as user .*\n/m, ''), `${program} ${args.join(' ')}`).toBe('');
  expect(status).toBe(0);
  return stdout;
}

/** Fields of every packet, as tshark prints them. */
const fields = (file: string, ...names: string[]): string[] =>
  read('tshark', '-r', file, '-n', '-T', 'fields', ...names.flatMap((name) => ['-e', name]))
    .replace(/\n$/, '')
    .split('\n');

const TIME_AND_LENGTH = ['frame.time_epoch', 'frame.len', 'frame.cap_len'];

/** Replays a capture with all three outputs and one record per verdict. */
async function replayed(capture: string, ...model: string[]): Promise<Record<string, string>> {
  const name = path.basename(capture);
  const files = {
    allowed: folder.at(`${name}.allowed.pcapng`),
    dropped: folder.at(`${name}.dropped.pcapng`),
    annotate: folder.at(`${name}.annotated.pcapng`),
    packets: folder.at(`${name}.jsonl`),
  };
  const options = Object.entries(files).flatMap(([option, file]) => [`--${option}`, file]);
  await succeed(['replay', capture, '-q', ...model, ...options]);
  return files;
}

/** Frames by what became of them: dropped anywhere, else allowed anywhere, else not judged. */
function outcomes(packets: string): Map<number, string> {
  const rank = ['pass', 'allow', 'drop'];
  const frames = new Map<number, string>();
  for (const { frame, verdict } of jsonLines(readFileSync(packets, 'utf8'))) {
    const before = frames.get(frame as number) ?? 'pass';
    const worse = rank.indexOf(verdict as string) > rank.indexOf(before);
    frames.set(frame as number, worse ? (verdict as string) : before);
  }
  return frames;
}

describe.skipIf(!TOOLS)('of the example, with tshark, capinfos and editcap', () => {
  it('hold each packet once, by what became of it, with its bytes and its time', async () => {
    const files = await replayed(EXAMPLE, '--host', EXAMPLE_HOST);
    const of = outcomes(files['packets']!);
    const original = fields(EXAMPLE, ...TIME_AND_LENGTH);
    const expected = (what: string): string[] => original.filter((_, i) => of.get(i + 1) === what);
    expect(fields(files['allowed']!, ...TIME_AND_LENGTH)).toEqual(expected('allow'));
    expect(fields(files['dropped']!, ...TIME_AND_LENGTH)).toEqual(expected('drop'));
    expect(fields(files['annotate']!, ...TIME_AND_LENGTH)).toEqual(original);
    // Of a connection between two pods the answer that its sender drops is among them.
    expect(expected('allow').length + expected('drop').length).toBe(2203 - 32);
    expect(read('tshark', '-r', files['annotate']!, '-n', '-x')).toBe(
      read('tshark', '-r', EXAMPLE, '-n', '-x'),
    );
    for (const file of [files['allowed']!, files['dropped']!, files['annotate']!]) {
      read('capinfos', file);
      read('editcap', file, `${file}.copy`);
    }
  });

  it('comments name verdict, stage, layer, group, rule with its line, and reason', async () => {
    const files = await replayed(EXAMPLE, '--host', EXAMPLE_HOST);
    const comments = fields(files['annotate']!, 'frame.comment');
    expect(comments[0]).toBe('portacl: pass, reason not-ip');
    expect(comments.join('\n')).toMatch(
      /portacl: drop out at web, switch stage, layer ACL_ENDPOINT_LAYER, group ACL_ENDPOINT_GROUP_IPV4_OUT, rule web-block-metadata \(\S*web\.policy\.json:2:3\), reason rule\n/,
    );
    expect(comments.join('\n')).toMatch(
      /portacl: drop in at web, switch stage, layer ACL_ENDPOINT_LAYER, default, reason implicit-deny\n/,
    );
    // One comment an endpoint, the sender's first.
    expect(comments.join('\n')).toMatch(
      /portacl: allow out at web, .*, reason rule, flow \d+ new,portacl: allow in at db, .*, flow \d+ new\n/,
    );
    const records = jsonLines(readFileSync(files['packets']!, 'utf8'));
    expect(comments.join(',').match(/portacl: /g)).toHaveLength(records.length);
  });

  it('a file nothing belongs in is a capture still', async () => {
    const capture = folder.write('one.pcap', pcap([tcpSyn()]));
    const files = await replayed(capture, '--endpoint', ENDPOINT, ...L2BRIDGE);
    expect(fields(files['dropped']!, 'frame.number')).toEqual(['']);
    read('editcap', files['dropped']!, folder.at('none-copy.pcapng'));
    const empty = folder.write('empty.pcap', pcap([]));
    const none = await replayed(empty, '--endpoint', ENDPOINT, ...L2BRIDGE);
    read('editcap', none['annotate']!, folder.at('empty-copy.pcapng'));
  });

  it('several captures stand one after the other, each with its interface', async () => {
    const [one, two] = [
      folder.write('a.pcap', pcap([tcpSyn()])),
      folder.write('b.pcapng', pcapng([tcpSyn()])),
    ];
    const out = folder.at('both.pcapng');
    const model = ['--endpoint', ENDPOINT, ...L2BRIDGE, '-q'];
    await succeed(['replay', one, two, ...model, '--annotate', out]);
    expect(fields(out, 'frame.interface_id')).toEqual(['0', '1']);
  });
});

/** Captures of real blocks and options; synthetic/ says in its names what they show. */
const KEPT = [
  ['synthetic/timestamps.pcapng', 'every resolution and offset'],
  ['synthetic/pcapng-unknown-blocks-and-options.pcapng', 'unknown options, two comments'],
  ['synthetic/odd-caplen-over-snaplen-and-len.pcap', 'odd lengths'],
  ['pcpp/nanosecs_big_endian.pcap', 'big-endian nanoseconds'],
  ['rusticata/modified-format.pcap', 'long record headers'],
] as const;

describe.skipIf(!TOOLS || !existsSync(CAPTURES))('of the captures in ../shared', () => {
  it.each(KEPT)('%s keeps %s', async (name) => {
    const capture = path.join(CAPTURES, name);
    const files = await replayed(capture, '--endpoint', ENDPOINT, ...L2BRIDGE);
    const kept = [...TIME_AND_LENGTH, 'frame.packet_flags', 'frame.comment'];
    const original = fields(capture, ...kept);
    fields(files['annotate']!, ...kept).forEach((line, i) => {
      // Our comment stands behind those of the source.
      expect(line.slice(0, line.indexOf('portacl: ')).replace(/,$/, '')).toBe(original[i]);
    });
    expect(read('tshark', '-r', files['annotate']!, '-n', '-x')).toBe(
      read('tshark', '-r', capture, '-n', '-x'),
    );
    read('editcap', files['annotate']!, `${files['annotate']!}.copy`);
  });

  it('a capture of pktmon keeps components, packet ids and verdicts', async () => {
    const capture = path.join(CAPTURES, 'synthetic/pktmon-etl2pcapng.pcapng');
    const files = await replayed(capture, '--endpoint', '10.244.1.5', ...L2BRIDGE);
    const kept = ['frame.interface_name', 'frame.interface_description', 'frame.packet_id'];
    // tshark counts a journal entry behind the last packet as a packet.
    const expected = fields(capture, ...kept, 'frame.verdict.ebpf_xdp').slice(0, 52);
    expect(fields(files['annotate']!, ...kept, 'frame.verdict.ebpf_xdp')).toEqual(expected);
  });
});

describe('the files', () => {
  const model = ['--endpoint', ENDPOINT, ...L2BRIDGE, '-q'];
  it('are not there when the capture cannot be read', async () => {
    const capture = folder.write('junk.pcap', 'not a capture at all');
    const out = folder.at('junk-out.pcapng');
    const { code } = await portacl(['replay', capture, ...model, '--dropped', out]);
    expect(code).toBe(1);
    expect(folder.list().filter((name) => name.startsWith('junk-out'))).toEqual([]);
  });

  it('hold the packets before damage', async () => {
    const bytes = pcap([tcpSyn(), tcpSyn({ sourcePort: 1 })]).subarray(0, -1);
    const capture = folder.write('cut.pcap', bytes);
    const out = folder.at('cut-out.pcapng');
    const { code } = await portacl(['replay', capture, ...model, '--annotate', out]);
    expect(code).toBe(1);
    expect(readFileSync(out, 'latin1').match(/portacl: allow/g)).toHaveLength(1);
  });

  it('may not be one another, nor a capture that is read', async () => {
    const capture = folder.write('in.pcap', pcap([tcpSyn()]));
    const same = ['--allowed', folder.at('x'), '--dropped', `${folder.path}/./x`];
    expect(await portacl(['replay', capture, ...model, ...same])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--allowed and --dropped both name/) as unknown,
    });
    expect(await portacl(['replay', capture, ...model, '--annotate', capture])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/a capture that is replayed/) as unknown,
    });
    expect(readFileSync(capture)).toEqual(pcap([tcpSyn()]));
  });

  it('are equal bytes for equal input', async () => {
    const outs = ['one', 'two'].map((name) => folder.at(`${name}.equal.pcapng`));
    for (const out of outs) {
      await succeed(['replay', EXAMPLE, '--host', EXAMPLE_HOST, '-q', '--annotate', out]);
    }
    expect(readFileSync(outs[0]!).equals(readFileSync(outs[1]!))).toBe(true);
  });
});
