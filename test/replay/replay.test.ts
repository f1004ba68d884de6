/** replay() as a function: cancelling, progress, several at once, and numbers that agree. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { beforeAll, describe, expect, it } from 'vitest';

import {
  CaptureError,
  FileError,
  PortaclError,
  Simulator,
  loadHost,
  replay,
  type CompiledHost,
  type PacketCount,
  type ReplayReport,
} from '../../src/index.js';
import {
  ENDPOINT,
  components,
  pcap,
  pcapHeader,
  pcapRecord,
  pcapng,
  tcpSyn,
} from '../cli/captures.js';
import { EXAMPLE, EXAMPLE_HOST, jsonLines, succeed, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();
let web: CompiledHost;
let single: CompiledHost;
beforeAll(async () => {
  web = (await loadHost({ host: EXAMPLE_HOST })).compiled;
  const platform = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' };
  single = (await loadHost({ platform: { ...platform, endpoint: ENDPOINT } })).compiled;
});

/** A capture large enough that something can happen meanwhile. */
function large(): string {
  const records = Array.from({ length: 1000 }, (_, i) =>
    pcapRecord(tcpSyn({ sourcePort: 1 + i }), i),
  );
  const million = Array.from({ length: 1000 }, () => Buffer.concat(records));
  return folder.write('large.pcap', Buffer.concat([pcapHeader(), ...million]));
}

describe('packets that a capture says it lost', () => {
  const gaps = (): string =>
    folder.write(
      'gaps.pcapng',
      components(
        ['a'],
        [
          { at: 0, frame: tcpSyn() },
          { at: 0, frame: tcpSyn({ sourcePort: 2 }), lost: 40 },
          { at: 0, frame: tcpSyn({ sourcePort: 3 }), lost: 2 },
        ],
      ),
    );

  it.each([{}, { threads: 2 }, { order: 'time' }] as const)('are counted, %o', async (options) => {
    const whole = folder.write('whole.pcapng', pcapng([tcpSyn()]));
    const { report } = await replay([gaps(), whole, EXAMPLE], single, options);
    expect(report.captures.map(({ lost_packets: lost }) => lost)).toEqual([42, 0, 0]);
  });

  it('are told in the text, and only where there are any', async () => {
    const args = ['--endpoint', ENDPOINT, '--driver', 'l2bridge', '-q'];
    const { stdout } = await succeed(['replay', gaps(), ...args]);
    expect(stdout).toMatch(/^Capture: .*, 3 packets, .*, 42 packets lost while it was written$/m);
    expect((await succeed(['replay', EXAMPLE, ...args])).stdout).not.toContain('lost');
  });
});

describe('cancelling', () => {
  it('before the beginning', async () => {
    const packets = folder.at('never.jsonl');
    const work = replay([EXAMPLE], web, { signal: AbortSignal.abort(), packets });
    await expect(work).rejects.toMatchObject({ name: 'CaptureError', code: 'cancelled' });
    expect(folder.list()).not.toContain('never.jsonl');
  });

  it('midway removes what was written', async () => {
    const controller = new AbortController();
    const file = large();
    const work = replay([file, file], single, {
      signal: controller.signal,
      packets: folder.at('half.jsonl'),
    });
    expect(folder.list().some((name) => /^half\.jsonl\.\d+\.partial$/.test(name))).toBe(true);
    setTimeout(() => controller.abort(), 30);
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
    expect(folder.list().filter((name) => name.startsWith('half'))).toEqual([]);
  });

  it('after the end changes nothing', async () => {
    const controller = new AbortController();
    const packets = folder.at('done.jsonl');
    await replay([EXAMPLE], web, { signal: controller.signal, packets });
    controller.abort();
    expect(jsonLines(readFileSync(packets, 'utf8'))).toHaveLength(2576);
  });
});

describe('onProgress', () => {
  it('is told ever more bytes, up to those of all captures', async () => {
    const file = large();
    const seen: number[] = [];
    const { report } = await replay([file, file], single, {
      onProgress: (bytes) => seen.push(bytes),
      packets: folder.at('progress.csv'),
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(report.captures.map(({ bytes }) => bytes)).toEqual([70_000_024, 70_000_024]);
    for (const bytes of seen) expect(bytes).toBeLessThanOrEqual(140_000_048);
  });
});

describe('several at once', () => {
  it('two replays on one host do not see each other', async () => {
    const alone = await replay([EXAMPLE], web);
    const [a, b] = await Promise.all([replay([EXAMPLE], web), replay([EXAMPLE], web)]);
    expect(a.report).toEqual(alone.report);
    expect(b.report).toEqual(alone.report);
  });

  it('fifty simulators each have their own flows', () => {
    const syn = {
      dir: 'in',
      proto: 6,
      src: '10.9.9.9',
      dst: ENDPOINT,
      sport: 1,
      dport: 80,
    } as const;
    const back = {
      ...syn,
      dir: 'out',
      src: ENDPOINT,
      dst: '10.9.9.9',
      sport: 80,
      dport: 1,
      flags: 'SA',
    } as const;
    const all = Array.from({ length: 50 }, () => new Simulator(single));
    all.forEach((simulator, i) => {
      if (i % 2 === 0) simulator.judge([syn]);
    });
    const reasons = all.map((simulator) => simulator.judge([back])[0]![0]!.reason);
    expect(reasons).toEqual(
      all.map((_, i) => (i % 2 === 0 ? 'established' : 'default-allow-outbound')),
    );
  });
});

describe('what is wrong', () => {
  it('with a capture is in the result, with its place', async () => {
    const bytes = pcap([tcpSyn(), tcpSyn()]);
    const { report, errors } = await replay(
      [folder.write('cut.pcap', bytes.subarray(0, -1))],
      single,
    );
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(CaptureError);
    expect(errors[0]).toBeInstanceOf(PortaclError);
    expect(errors[0]).toMatchObject({
      name: 'CaptureError',
      code: 'capture-cut',
      file: folder.at('cut.pcap'),
      recordIndex: 1,
      byteOffset: 24 + 70,
    });
    expect(report.captures[0]!.error).toEqual({
      code: 'capture-cut',
      message: errors[0]!.message,
    });
  });

  it('with one of two captures of one name is told of the right one', async () => {
    const file = folder.write('same.pcap', pcap([tcpSyn()]).subarray(0, -1));
    const options = { lenient: true };
    const { report, errors } = await replay([file, EXAMPLE, file], single, options);
    expect(errors.map(({ recordIndex }) => recordIndex)).toEqual([0, 0]);
    expect(report.captures.map(({ error }) => error?.code ?? null)).toEqual([
      'capture-cut',
      null,
      'capture-cut',
    ]);
  });

  it('ends the work at the first capture, unless it is lenient', async () => {
    const files = [folder.at('none.pcap'), EXAMPLE];
    const strict = await replay(files, web);
    expect(strict.report.captures.map(({ packets }) => packets)).toEqual([0]);
    const lenient = await replay(files, web, { lenient: true });
    expect(lenient.report.captures.map(({ packets }) => packets)).toEqual([0, 2203]);
  });

  it.each([
    ['p.xlsx', 'bad-usage'],
    ['none/p.csv', 'file-unwritable'],
  ])('with an output is thrown: %s', async (name, code) => {
    const work = replay([EXAMPLE], web, { packets: folder.at(name) });
    await expect(work).rejects.toMatchObject({ code });
  });

  it('with a file says which, in a field of its own', async () => {
    const packets = folder.at('none/p.csv');
    const work = replay([EXAMPLE], web, { packets });
    await expect(work).rejects.toBeInstanceOf(FileError);
    await expect(work).rejects.toMatchObject({ file: packets });
  });
});

describe('every cut', () => {
  const frames = [tcpSyn(), tcpSyn({ port: 81 })];

  it.each([
    ['pcap', pcap(frames), [24, 94, 164]],
    ['pcapng', pcapng(frames), [28, 48, 136, 224]],
  ] as const)('of a small %s is reported or is its end', async (kind, bytes, ends) => {
    expect(ends.at(-1)).toBe(bytes.length);
    for (let length = 0; length <= bytes.length; length++) {
      const file = folder.write(`cut.${kind}`, bytes.subarray(0, length));
      const { report, errors } = await replay([file], single);
      const whole = (ends as readonly number[]).includes(length);
      expect({ length, errors: errors.length }).toEqual({ length, errors: whole ? 0 : 1 });
      if (!whole) expect(errors[0]!.code).toMatch(/^capture-(empty|cut|unknown-format)$/);
      const packets = ends.slice(kind === 'pcap' ? 1 : 2).filter((end) => end <= length).length;
      expect({ length, packets: report.total.packets }).toEqual({ length, packets });
    }
  });
});

describe('the numbers of a report', () => {
  const sum = (counts: readonly PacketCount[], what: keyof PacketCount): number =>
    counts.reduce((total, count) => total + count[what], 0);
  const outcomes = (
    { endpoints }: ReplayReport,
    outcome: 'allow' | 'drop' | 'pass',
  ): PacketCount[] => endpoints.flatMap((each) => [each.in[outcome], each.out[outcome]]);
  const modes = [{}, { stateless: true }, { unifiedFlows: false }] as const;

  it.each(modes)('are the same whether records are written or not: %j', async (mode) => {
    const packets = folder.at('same-numbers.jsonl');
    const written = await replay([EXAMPLE], web, { ...mode, packets });
    const silent = await replay([EXAMPLE], web, mode);
    expect(silent.report).toEqual(written.report);
    const cached = await replay([EXAMPLE], web, { ...mode, unifiedFlows: true });
    expect(cached.report).toEqual(written.report);
  });

  it.each(modes)('agree with each other and with the records: %j', async (mode) => {
    const packets = folder.at('numbers.jsonl');
    const { report } = await replay([EXAMPLE], web, { ...mode, packets });
    const records = jsonLines(readFileSync(packets, 'utf8'));
    const count = (wanted: Record<string, unknown>): number =>
      records.filter((r) => Object.entries(wanted).every(([key, value]) => r[key] === value))
        .length;

    const { allow, drop, pass } = report.verdicts;
    const verdicts = sum([allow, drop, pass], 'packets');
    expect(verdicts).toBe(records.length);
    for (const verdict of ['allow', 'drop', 'pass'] as const) {
      expect(report.verdicts[verdict].packets).toBe(count({ verdict }));
    }
    expect(report.total.packets).toBe(
      sum(
        report.captures.map(({ packets: n }) => ({ packets: n, bytes: 0 })),
        'packets',
      ),
    );
    expect(new Set(records.map(({ frame }) => frame)).size).toBe(report.total.packets);
    expect(sum(report.reasons, 'packets')).toBe(verdicts);
    const unplaced = count({ endpoint: null });
    const placed = (['allow', 'drop', 'pass'] as const).flatMap((o) => outcomes(report, o));
    expect(sum(placed, 'packets')).toBe(verdicts - unplaced);

    for (const verdict of ['allow', 'drop'] as const) {
      const rows = report.reasons.filter((row) => row.verdict === verdict);
      expect(sum(rows, 'packets')).toBe(count({ verdict }));
      expect(sum(rows, 'packets')).toBe(sum(outcomes(report, verdict), 'packets'));
      expect(sum(rows, 'bytes')).toBe(sum(outcomes(report, verdict), 'bytes'));
    }
    for (const { verdict, stage, reason, packets: n } of report.reasons) {
      expect(n).toBe(count({ verdict, stage, reason }));
    }
    for (const row of report.endpoint_reasons) {
      const { packets: n, first_frame: first, endpoint, direction, verdict, stage, reason } = row;
      const which = { endpoint, direction, verdict, stage, reason };
      expect(n).toBe(count(which));
      const own = records.find((r) => Object.entries(which).every(([key, v]) => r[key] === v));
      expect(first).toBe(own?.['frame']);
    }
    // Every drop stands at a rule, at a default, or at an endpoint's reason.
    const dropped = [
      ...report.rules.filter(({ action }) => action === 'block'),
      ...report.endpoint_reasons.filter(({ verdict }) => verdict === 'drop'),
    ];
    expect(dropped.reduce((total, row) => total + row.packets, 0)).toBe(count({ verdict: 'drop' }));
    for (const { endpoint, ...directions } of report.endpoints) {
      for (const direction of ['in', 'out'] as const) {
        for (const [verdict, { packets: n }] of Object.entries(directions[direction])) {
          expect(n).toBe(count({ endpoint, direction, verdict }));
        }
      }
    }
    const flows = records.filter(
      ({ flow_event }) => flow_event === 'new' || flow_event === 'midstream',
    );
    expect(new Set(records.flatMap(({ flow }) => flow ?? [])).size).toBe(report.flows);
    expect(flows.length).toBeGreaterThanOrEqual(report.flows);
  });

  it('credit every drop to the rule or default that its record names', async () => {
    const packets = folder.at('credit.jsonl');
    const { report } = await replay([EXAMPLE], web, { packets });
    const dropped = jsonLines(readFileSync(packets, 'utf8')).filter(
      ({ verdict }) => verdict === 'drop',
    );
    for (const row of report.rules.filter(({ action }) => action === 'block')) {
      const own = dropped.filter(
        ({ endpoint, direction, stage, rule, reason }) =>
          endpoint === row.endpoint &&
          stage === row.stage &&
          rule === row.rule &&
          reason === row.reason &&
          (row.direction === null || direction === row.direction),
      );
      expect({ row: row.rule ?? row.reason, packets: own.length }).toEqual({
        row: row.rule ?? row.reason,
        packets: row.packets,
      });
      expect(row.first_frame).toBe(own[0]?.['frame'] ?? null);
      expect(row.last_frame).toBe(own.at(-1)?.['frame'] ?? null);
    }
  });
});

interface PcapPacket {
  readonly header: {
    readonly timestampSeconds: number;
    readonly timestampMicroseconds: number;
    readonly originalLength: number;
  };
}
interface PcapParser {
  on(event: 'packet', listener: (packet: PcapPacket) => void): void;
  on(event: 'end', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

describe('the example capture', () => {
  it('has the frames, bytes and times that pcap-parser counts', async () => {
    const { parse } = createRequire(import.meta.url)('pcap-parser') as {
      parse: (file: string) => PcapParser;
    };
    const packets: PcapPacket['header'][] = [];
    await new Promise<void>((resolve, reject) => {
      const parser = parse(EXAMPLE);
      parser.on('packet', ({ header }) => packets.push(header));
      parser.on('end', resolve);
      parser.on('error', reject);
    });
    const { report } = await replay([EXAMPLE], web);
    const time = (header: PcapPacket['header']): string =>
      (
        BigInt(header.timestampSeconds) * 1_000_000_000n +
        BigInt(header.timestampMicroseconds) * 1000n
      ).toString();
    expect(report.total).toEqual({
      packets: packets.length,
      bytes: packets.reduce((bytes, { originalLength }) => bytes + originalLength, 0),
    });
    expect(report.captures[0]).toMatchObject({
      packets: packets.length,
      bytes: readFileSync(EXAMPLE).length,
      first_time_ns: time(packets[0]!),
      last_time_ns: time(packets.at(-1)!),
    });
  });
});
