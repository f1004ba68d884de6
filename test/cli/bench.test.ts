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
import type { BenchCaptureReport } from '../../src/index.js';
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
    expect(report.readers.map(({ name }) => name)).toEqual(['portacl', 'decompressor']);
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

  it('names damage, and measures nothing', async () => {
    const file = folder.write('cut.pcap', pcap([tcpSyn(), tcpSyn()]).subarray(0, -1));
    const { code, stdout, stderr } = await portacl(['bench', '--capture', file]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/cut\.pcap capture-cut .* 1 packet before it was read/);
  });

  it.each([
    [[], 'one of --rules and --capture is wanted'],
    [['--rules', 'a', '--capture', 'b'], 'one of --rules and --capture is wanted'],
    [['--capture', EXAMPLE, '--verify', '2'], '--verify is for --rules, not for --capture'],
    [['--capture', EXAMPLE, '--threads', '2'], '--threads is for a replay'],
    [['--capture', '-'], '- is no file, which could be read several times'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await portacl(['bench', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
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
