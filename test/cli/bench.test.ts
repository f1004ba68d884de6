/** portacl bench: what it measures, and what it refuses. The numbers themselves are nobody's test. */
import { existsSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { drawTrace, encodeKeys } from '../../src/bench/traces.js';
import {
  classBenchGroup,
  parseClassBenchRules,
  parseClassBenchTrace,
} from '../../src/bench/classbench.js';
import { readBenchReport, type BenchReport } from '../../src/bench/bench-report.js';
import type { BenchCaptureReport, BenchRulesReport } from '../../src/index.js';
import { pcap, pcapng, tcpSyn } from './captures.js';
import { EXAMPLE, L2BRIDGE, ROOT, WEB_POLICY, portacl, succeed, temporaryFolder } from './run.js';

const RULES = `@10.0.0.0/8\t192.168.1.0/24\t0 : 65535\t80 : 80\t0x06/0xFF\t0x0000/0x0200\t
@10.0.0.0/8\t192.168.0.0/16\t1024 : 65535\t0 : 1023\t0x06/0xFF\t0x0000/0x0000\t
@0.0.0.0/0\t192.168.1.7/32\t0 : 65535\t53 : 53\t0x11/0xFF\t0x0000/0x0000\t
@172.16.0.0/12\t0.0.0.0/0\t0 : 65535\t0 : 65535\t0x00/0x00\t0x0000/0x0000\t
@0.0.0.0/0\t10.1.2.3/32\t0 : 65535\t443 : 8443\t0x06/0xFF\t0x0000/0x0000\t
@10.9.9.9/32\t10.1.2.0/24\t0 : 65535\t0 : 65535\t0x01/0xFF\t0x0000/0x0000\t
`;
const TRACE = '167772161\t3232235777\t5000\t80\t6\t0\n1\t2\t3\t4\t17\t-1\n';

const folder = temporaryFolder();
const files = (rules = RULES, trace = TRACE): { rules: string; trace: string } => ({
  rules: folder.write('rules', rules),
  trace: folder.write('trace', trace),
});

describe('portacl bench', () => {
  it('finds every drawn packet a rule and agrees with the linear search', async () => {
    const { rules } = files();
    const args = ['--packets', '3000', '--repetitions', '2', '--threads', '2', '--verify', '3000'];
    const { stdout } = await succeed(['bench', '--rules', rules, ...args, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      ruleCount: 6,
      packets: 3000,
      threads: 2,
      trace: 'uniform',
      unmatched: 0,
      verified: 3000,
      wrong: 0,
      repetitions: [expect.any(Number), expect.any(Number)],
    });
  });

  it('takes a trace, and counts what no rule meets', async () => {
    const { rules, trace } = files();
    const { stdout } = await succeed(['bench', '--rules', rules, '--trace', trace, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ packets: 2, unmatched: 1, verified: 2, wrong: 0 });
  });

  it('takes a policy', async () => {
    const args = ['--rules', WEB_POLICY, ...L2BRIDGE, '--endpoint', '10.244.1.10'];
    const { stdout } = await succeed(['bench', ...args, '--packets', '500', '--repetitions', '1']);
    expect(stdout).toMatch(/^rules +\d+ of group ACL_ENDPOINT_GROUP_IPV4_/);
    expect(stdout).toMatch(/verified +500 answers against the linear search, 0 differ/);
  });

  it.each(['scalar', 'avx2', 'avx512'])(
    'answers the same with kernel %s, or says it is not there',
    async (kernel) => {
      const { rules } = files();
      const args = ['bench', '--rules', rules, '--packets', '500', '--repetitions', '1', '--json'];
      const { code, stdout, stderr } = await portacl(args, { env: { PORTACL_KERNEL: kernel } });
      if (code === 0) expect(JSON.parse(stdout)).toMatchObject({ kernel, wrong: 0, unmatched: 0 });
      else expect(stderr).toMatch(/^kernel-unknown /);
      if (kernel === 'scalar') expect(code).toBe(0);
    },
  );

  it('refuses a kernel that does not exist', async () => {
    const { rules } = files();
    const { code, stderr } = await portacl(['bench', '--rules', rules], {
      env: { PORTACL_KERNEL: 'abacus' },
    });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'kernel-unknown PORTACL_KERNEL is "abacus", which this build has not or this CPU does not run\n',
    );
  });

  it.each([
    ['a prefix past the address', RULES.replace('/24', '/33'), TRACE, /rules:1 the line/],
    ['a port past the last', RULES.replace('443 : 8443', '443 : 84430'), TRACE, /rules:5 the line/],
    [
      'a range that ends before it begins',
      RULES.replace('443 : 8443', '443 : 80'),
      TRACE,
      /rules:5/,
    ],
    ['a packet without a protocol', RULES, '1\t2\t3\t4\n', /trace:1 the line/],
    ['a trace without packets', RULES, '\n', /trace has no packet/],
  ])('names the line with %s', async (_, rules, trace, wanted) => {
    const at = files(rules, trace);
    const { code, stderr } = await portacl(['bench', '--rules', at.rules, '--trace', at.trace]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^bad-rule-set /);
    expect(stderr).toMatch(wanted);
  });

  it('forces an algorithm, and says what was refused before the one that is chosen', async () => {
    const { rules } = files();
    const args = ['bench', '--rules', rules, '--packets', '500', '--repetitions', '1', '--json'];
    const chosen = JSON.parse((await succeed(args)).stdout) as Record<string, unknown>;
    expect(chosen).toMatchObject({ algorithm: 'tables', refusals: [] });
    for (const algorithm of ['linear', 'rows', 'lists']) {
      const { stdout } = await succeed([...args, '--algorithm', algorithm]);
      expect(JSON.parse(stdout)).toMatchObject({ algorithm, wrong: 0, unmatched: 0 });
    }
    // Every rule narrows an address, so nothing is left for tables beside lists.
    const refused = await portacl([...args, '--algorithm', 'both']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^algorithm-refused /);
  });

  it('refuses numbers out of their range', async () => {
    const { rules } = files();
    const { code, stderr } = await portacl(['bench', '--rules', rules, '--threads', '0']);
    expect(code).toBe(2);
    expect(stderr).toContain('--threads 0: a whole number from 1 to 256 is wanted');
  });
});

describe('portacl bench --capture', () => {
  const measured = async (file: string): Promise<BenchCaptureReport> => {
    const args = ['bench', '--capture', file, '--repetitions', '2', '--json'];
    return JSON.parse((await succeed(args)).stdout) as BenchCaptureReport;
  };

  it('reads every packet and hashes its flow, as libpcap does where it is installed', async () => {
    const report = await measured(EXAMPLE);
    expect(report).toMatchObject({ capture: EXAMPLE, compression: null, packets: 2203 });
    expect(report.hashed).toBe(2203 - (await packetsWithoutFlow(EXAMPLE)));
    const libpcap = report.readers.some(({ name }) => name === 'libpcap');
    expect(report.agrees).toBe(libpcap ? true : null);
    expect(report.skipped).toHaveLength(libpcap ? 0 : 1);
    for (const { cpuSeconds, wallSeconds, packetsPerSecond } of report.readers) {
      expect([cpuSeconds.length, wallSeconds.length]).toEqual([2, 2]);
      expect(packetsPerSecond).toBeCloseTo(
        2203 / (((wallSeconds[0] ?? 0) + (wallSeconds[1] ?? 0)) / 2),
        3,
      );
    }
  });

  it('finds the same in a compressed capture, next to the decompressor', async () => {
    const report = await measured(folder.write('a.gz', gzipSync(readFileSync(EXAMPLE))));
    const { packets, bytes, hashed } = await measured(EXAMPLE);
    expect(report).toMatchObject({ compression: 'gzip', packets, bytes, hashed, agrees: null });
    expect(report.measurements.filter(({ name }) => name.startsWith('room '))).toEqual([]);
    const names = report.readers.map(({ name }) => name);
    const program = names.includes('program');
    expect(names).toEqual([
      ...['records', 'headers', 'portacl', 'decompressor'],
      ...(program ? ['program'] : []),
    ]);
    expect(report.skipped.map(({ name }) => name)).toEqual(program ? [] : ['program']);
    expect(report.ratio).toBeGreaterThan(0);
    expect(report.costRatio).toBeGreaterThan(0);
    if (program) expect(report.programRatio).toBeGreaterThan(0);
    else expect(report.programRatio).toBeNull();
  });

  it('replays it as well, with a policy', async () => {
    const model = ['--policy', WEB_POLICY, ...L2BRIDGE, '--endpoint', '10.244.1.10'];
    const args = ['--repetitions', '1', '--threads', '2', '--json', ...model];
    const { stdout } = await succeed(['bench', '--capture', EXAMPLE, ...args]);
    const report = JSON.parse(stdout) as BenchCaptureReport;
    expect(report).toMatchObject({ packets: 2203, threads: 2 });
    expect(report.readers.at(-1)).toMatchObject({
      name: 'replay',
      cpuSeconds: [expect.any(Number)],
    });
    const names = report.measurements.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['room read', 'room parse', 'room flow', 'room judge']),
    );
    const { latency } = report.measurements.find(({ name }) => name === 'judging')!;
    // The last batch is not full.
    expect(latency).toMatchObject({ of: 'batch of 64 packets', count: Math.floor(2203 / 64) });
    expect(latency!.p50).toBeLessThanOrEqual(latency!.p999);
    expect(report.peakBytes).toBeGreaterThan(1 << 20);
  });

  it('says nothing of verdicts without a policy', async () => {
    const { readers, measurements } = await measured(EXAMPLE);
    expect(readers.map(({ name }) => name)).not.toContain('judging');
    expect(measurements.filter(({ latency }) => latency !== null)).toEqual([]);
    expect(measurements.map(({ name }) => name)).not.toContain('room judge');
  });

  it('says it in words', async () => {
    const file = folder.write('a.pcapng', pcapng([tcpSyn(), tcpSyn(), Buffer.alloc(60)]));
    const { stdout } = await succeed(['bench', '--capture', file]);
    expect(stdout).toContain('3 packets, 168 bytes, 2 with a flow');
    expect(stdout).toMatch(
      /^portacl +\d+\.\d\d M packets\/s, .* of processor time, .* ns a packet, median of 7$/m,
    );
    expect(stdout).toMatch(/^(ratio .* times libpcap, processor time|libpcap +left out: .+)$/m);
  });

  it('says of a compressed capture how it compares with the decompressor', async () => {
    const file = folder.write('b.gz', gzipSync(pcap([tcpSyn(), tcpSyn()])));
    const { stdout } = await succeed(['bench', '--capture', file, '--repetitions', '2']);
    expect(stdout).toMatch(
      /^ratio +\d+\.\d\d times as fast as the decompressor alone by the clock, for \d+\.\d\d times its processor time$/m,
    );
  });

  it('names damage, and measures nothing', async () => {
    const file = folder.write('cut.pcap', pcap([tcpSyn(), tcpSyn()]).subarray(0, -1));
    const { code, stdout, stderr } = await portacl(['bench', '--capture', file]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/cut\.pcap capture-cut .* 1 packet before it was read/);
  });

  it.each([
    [[], 'one of --rules, --capture and --measure is wanted'],
    [['--rules', 'a', '--capture', 'b'], 'one of --rules, --capture and --measure is wanted'],
    [['--measure', 'flows', '--verify', '2'], '--verify is for --rules, not for --measure flows'],
    [['--measure', 'boundary', '--flows', '2'], 'for --measure flows, --measure churn, not for'],
    [['--capture', EXAMPLE, '--cost', '2'], '--cost is for --rules, not for --capture'],
    [['--capture', EXAMPLE, '--verify', '2'], '--verify is for --rules, not for --capture'],
    [['--capture', EXAMPLE, '--threads', '2'], '--threads is for a replay'],
    [['--capture', '-'], '- is no file, which could be read several times'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await portacl(['bench', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('portacl bench --rules --cost', () => {
  it('says what rules cost, each of them in the memory that is exact', async () => {
    const { rules } = files();
    const args = ['--packets', '500', '--repetitions', '1', '--cost', '6'];
    const { stdout } = await succeed(['bench', '--rules', rules, ...args, '--json']);
    const { costs } = JSON.parse(stdout) as BenchRulesReport;
    expect(costs.map(({ rule }) => rule).sort()).toEqual(
      Array.from({ length: 6 }, (_, i) => `line ${i + 1}`),
    );
    expect(costs.map(({ savedNs }) => savedNs)).toEqual(
      costs.map(({ savedNs }) => savedNs).sort((a, b) => b - a),
    );
    // A part of a lookup is noise however quiet the machine.
    expect(costs.every(({ noiseNs }) => noiseNs > 0)).toBe(true);
    expect(costs.every(({ savedBytes }) => savedBytes >= 0)).toBe(true);
    expect(costs.some(({ savedBytes }) => savedBytes > 0)).toBe(true);
  });

  it('looks at the likely rules of many, and ends', async () => {
    const many = Array.from(
      { length: 90 },
      (_, i) =>
        `@10.${i}.0.0/16\t192.168.1.0/24\t0 : 65535\t${i} : ${i}\t0x06/0xFF\t0x0000/0x0000\t\n`,
    ).join('');
    const args = ['--packets', '300', '--repetitions', '1', '--cost', '8'];
    const { rules } = files(many);
    const { stdout } = await succeed(['bench', '--rules', rules, ...args]);
    const rows = stdout
      .split('what a lookup gains without a rule\n')[1]!
      .trim()
      .split('\n')
      .slice(1);
    expect(rows.length).toBeGreaterThan(3);
    expect(rows.length).toBeLessThanOrEqual(8);
    expect(
      rows.every((row) => /^line \d+ +\d+ +-?[\d.]+ ns +± [\d.]+ ns +(?:slow|noise) /.test(row)),
    ).toBe(true);
  });
});

describe('portacl bench --measure', () => {
  const smoke = async (measure: string, ...more: readonly string[]): Promise<BenchReport> => {
    const { stdout } = await succeed(['bench', '--measure', measure, '--smoke', '--json', ...more]);
    return readBenchReport(folder.write(`${measure}.json`, stdout));
  };

  it.each([
    [
      'flows',
      [
        ['flow made', 1000],
        ['packets of open flows', 1000],
      ],
    ],
    [
      'churn',
      [
        ['connections', null],
        ['engine built', null],
      ],
    ],
    [
      'updates',
      [
        ['replay without updates', null],
        ['replay with 2 updates', null],
        ['update of one rule of 20', null],
      ],
    ],
    [
      'boundary',
      [
        ['session, one by one', null],
        ['session, batches of 1000', null],
        ['simulator, one by one', null],
        ['replay, counted', null],
        ['replay, columns', null],
      ],
    ],
  ])('%s ends in seconds and gives every round', async (measure, wanted) => {
    const { about, measurements } = await smoke(measure);
    expect(measurements.map(({ name, at }) => [name, at])).toEqual(wanted);
    for (const { rounds, unit } of measurements) {
      expect(rounds).toHaveLength(unit === 'updates/s' ? 6 : unit === 's' ? 1 : 3);
      expect(rounds.every((round) => round > 0)).toBe(true);
    }
    expect(about.command).toBe(`bench --measure ${measure} --smoke --json`);
  });

  it('reaches the flows that are wanted, and weighs them', async () => {
    const more = ['--flows', '100000', '--packets', '1000', '--repetitions', '1'];
    const { measurements } = await smoke('flows', ...more);
    expect(measurements.filter(({ name }) => name === 'flow made').map(({ at }) => at)).toEqual([
      1000, 10_000, 100_000,
    ]);
    const weight = measurements.find(({ unit }) => unit === 'bytes/flow')!;
    expect(weight.median).toBeGreaterThan(16);
  });

  it('says it as a table, with latencies', async () => {
    const { stdout } = await succeed(['bench', '--measure', 'churn', '--smoke']);
    expect(stdout).toMatch(/^what +at +median +scatter +rounds +mean +p50 +p90 +p99 +p99\.9$/m);
    expect(stdout).toMatch(/^connections .*\/s .* 3 .* ns|us/m);
    expect(stdout).toContain('latencies are of each batch of 64 packets');
  });

  it('writes the page or nothing', async () => {
    const page = folder.at('bench.html');
    const args = ['bench', '--measure', 'churn', '--smoke', '--html', page];
    await succeed(args);
    expect(readFileSync(page, 'utf8')).toContain('<h1>bench --measure churn --smoke --html ');
    const missing = await portacl([...args.slice(0, -1), folder.at('no/folder.html')]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('file-unwritable');
    expect(missing.stdout).toBe('');
  });
});

describe('portacl bench --compare', () => {
  /** The report of a smoke run, with its medians times `factor`. */
  async function base(factor: number): Promise<string> {
    const args = ['bench', '--measure', 'churn', '--smoke', '--json'];
    const report = JSON.parse((await succeed(args)).stdout) as BenchReport;
    const measurements = report.measurements.map((each) => ({
      ...each,
      rounds: each.rounds.map(() => each.median * factor),
      median: each.median * factor,
    }));
    return folder.write(`base-${factor}.json`, JSON.stringify({ ...report, measurements }));
  }
  const compared = async (file: string, ...more: string[]): ReturnType<typeof portacl> =>
    portacl(['bench', '--measure', 'churn', '--smoke', '--compare', file, ...more]);

  it('ends with 3 when something is a million times as slow, and with 0 when it is faster', async () => {
    const slower = await compared(await base(1e6));
    expect(slower.code).toBe(3);
    expect(slower.stdout).toMatch(/^connections .* worse$/m);
    expect(slower.stdout).toMatch(/^1 of 2 are worse$/m);
    const faster = await compared(await base(1e-6), '--json');
    expect(faster.code).toBe(0);
    // The same, where the few rounds of a busy machine scatter by a quarter.
    const verdict = expect.stringMatching(/^(?:better|same)$/) as string;
    expect(JSON.parse(faster.stdout)).toMatchObject({
      comparison: { regressions: 0, rows: [{ verdict }, { verdict: 'unknown' }] },
    });
  });

  it.each([
    ['no JSON', 'x', /it is no JSON/],
    ['of another version', '{"version": 99}', /version: /],
    ['without measurements', '{"version": 1, "about": {}}', /about\.command: /],
  ])('refuses a report that is %s before anything is measured', async (_, text, wanted) => {
    const { code, stdout, stderr } = await compared(folder.write('base.json', text));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^bad-bench-report .*base\.json is no report of version 1 /);
    expect(stderr).toMatch(wanted);
  });
});

/** ARP and fragments. */
async function packetsWithoutFlow(file: string): Promise<number> {
  const { stdout } = await succeed(['decode', file]);
  return stdout.split('\n').filter((line) => / ARP | fragment of /.test(line)).length;
}

const CLASSBENCH = path.join(ROOT, '../shared/data/classbench');
const unpacked = (file: string): string =>
  execFileSync('xz', ['-dc', file], { encoding: 'utf8', maxBuffer: 1 << 27 });

describe.skipIf(!existsSync(CLASSBENCH))('ClassBench sets (../shared/data/classbench)', () => {
  it('gives the published trace for the published seed', () => {
    const rules = unpacked(path.join(CLASSBENCH, 'rules/acl1_1k.xz'));
    const trace = unpacked(path.join(CLASSBENCH, 'traces/acl1_1k.trace.xz'));
    const wanted = parseClassBenchTrace(trace, 'trace');
    const group = classBenchGroup(parseClassBenchRules(rules, 'rules'));
    const drawn = drawTrace(group.rules, 'uniform', wanted.length);
    expect(Buffer.from(encodeKeys(drawn)).equals(encodeKeys(wanted))).toBe(true);
  });

  it.each(
    ['acl1', 'acl2', 'acl4', 'acl5', 'fw1', 'fw2', 'fw4', 'fw5', 'ipc1'].flatMap((seed) =>
      ['1k', '10k'].map((size) => `${seed}_${size}`),
    ),
  )(
    'answers as the linear search on %s',
    async (set) => {
      const rules = folder.write(set, unpacked(path.join(CLASSBENCH, `rules/${set}.xz`)));
      const args = [
        '--rules',
        rules,
        '--packets',
        '4000',
        '--repetitions',
        '1',
        '--verify',
        '4000',
      ];
      const { stdout } = await succeed(['bench', ...args, '--json']);
      expect(JSON.parse(stdout)).toMatchObject({ unmatched: 0, verified: 4000, wrong: 0 });
    },
    60_000,
  );
});
