/** `portacl replay`: the summary, the files it writes, and how it ends. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { ReplayReport } from '../../src/report/replay-report.js';
import { ENDPOINT, pcap, pcapng, tcpSyn } from './captures.js';
import {
  EXAMPLE,
  EXAMPLE_HOST,
  L2BRIDGE,
  WEB_POLICY,
  jsonLines,
  parseCsv,
  portacl,
  succeed,
  temporaryFolder,
} from './run.js';

const folder = temporaryFolder();
const example = ['replay', EXAMPLE, '--host', EXAMPLE_HOST, '-q'];
const read = (name: string): string => readFileSync(folder.at(name), 'utf8');

/** An endpoint with a policy that earns a warning: it blocks, and so denies all the rest. */
function surprising(): string[] {
  const settings = { Action: 'Block', Direction: 'In', RuleType: 'Switch', Priority: 200 };
  const policy = JSON.stringify([{ Type: 'ACL', Settings: settings }]);
  const file = folder.write('surprise.json', policy);
  return ['--policy', file, '--endpoint', ENDPOINT, ...L2BRIDGE];
}

/** A value of JSON as a cell of CSV. */
const cell = (value: unknown): string =>
  value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** Source: interfaces.md 2. */
const COLUMNS = [
  ...['frame', 'time_ns', 'endpoint', 'direction', 'verdict', 'stage'],
  ...['layer', 'group', 'rule', 'reason', 'flow', 'flow_event'],
];

describe('the summary', () => {
  it('says which rule dropped what, where it is written, and how much there was', async () => {
    const { stdout, stderr } = await succeed(example);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Capture: .*capture\.pcap, 2,203 packets, 2026-03-10T09:00:01Z to /);
    expect(stdout).toMatch(/^Model: Windows Server 2022 \(build 20348\)$/m);
    expect(stdout).toMatch(/^ +305 {2}web +in +switch {2}implicit-deny +5 {2}the stage has ACLs/m);
    expect(stdout).toMatch(
      /^ +18 {2}web +out +switch {2}web-block-metadata .*web\.policy\.json:2:3$/m,
    );
    expect(stdout).toMatch(/^db +out +switch {2}db-backup +.*db\.policy\.json:41:3$/m);
    expect(stdout).toMatch(
      /\n2,203 packets, 2,576 verdicts \(one at each endpoint of a packet\): .* 32 not judged; \d+ flows\.\n$/,
    );
  });

  it('is a report with --json', async () => {
    const report = JSON.parse((await succeed([...example, '--json'])).stdout) as ReplayReport;
    expect(Object.keys(report)).toEqual([
      ...['model', 'captures', 'capture_order', 'total', 'verdicts', 'flows', 'fragment_overflows'],
      ...['endpoints', 'layers', 'reasons', 'endpoint_reasons', 'rules'],
    ]);
    expect(report.model).toMatchObject({
      windows: { name: 'Windows Server 2022', build: 20348 },
      assumed: [],
      options: { tieBreak: 'block-first', flowLimit: 1_048_576, timers: { hostUdp: 60 } },
    });
    expect(report.model.endpoints.map(({ name }) => name)).toEqual(['web', 'db', 'jobs']);
    expect(report.captures).toEqual([
      {
        file: EXAMPLE,
        packets: 2203,
        bytes: statSync(EXAMPLE).size,
        first_time_ns: '1773133201000000000',
        last_time_ns: report.captures[0]!.last_time_ns,
        lost_packets: 0,
        error: null,
      },
    ]);
    expect(report.captures[0]!.last_time_ns).toMatch(/^1773133673\d{9}$/);
    const none = { packets: 0, bytes: 0 };
    expect(report.endpoints[0]).toMatchObject({
      endpoint: 'web',
      in: { allow: { packets: 798 }, drop: { packets: 313 }, pass: none },
      out: { allow: { packets: 635 }, drop: { packets: 195 }, pass: none },
    });
    expect(report.rules.find(({ rule }) => rule === 'web-clients')).toEqual({
      endpoint: 'web',
      stage: 'switch',
      direction: 'in',
      rule: 'web-clients',
      action: 'allow',
      reason: 'rule',
      priority: 300,
      packets: expect.any(Number) as number,
      bytes: expect.any(Number) as number,
      flows: expect.any(Number) as number,
      first_frame: expect.any(Number) as number,
      last_frame: expect.any(Number) as number,
      assumed: 0,
      location: {
        file: WEB_POLICY,
        line: 25,
        column: 3,
        path: '[2]',
      },
    });
  });

  it('says what was assumed of the platform', async () => {
    const args = ['replay', folder.write('one.pcap', pcap([tcpSyn()])), '--endpoint', ENDPOINT];
    const { stdout, stderr } = await succeed(args);
    expect(stdout).toMatch(/^ {2}assumed: windows is Windows Server 2025 \(build 26100\)$/m);
    expect(stderr).toBe('');
  });

  it('says which options are not the default', async () => {
    const pairs = ['implicitDeny=off', 'timers.hostUdp=7', 'tieBreak=block-first'];
    const options = pairs.flatMap((pair) => ['-o', pair]);
    const { stdout } = await succeed([...example, ...options]);
    expect(stdout).toContain(
      '(build 20348)\n  option: implicitDeny is off\n  option: timers.hostUdp is 7\n\n',
    );
  });

  it('is preceded by warnings on standard error, unless it is told to be quiet', async () => {
    const args = ['replay', folder.write('one.pcap', pcap([tcpSyn()])), ...surprising()];
    const { stderr } = await succeed(args);
    expect(stderr).toMatch(
      /^.*surprise\.json:1:2 warning implicit-deny-surprise .*\n.*:1:2 warning node-blocked .*\n$/,
    );
    expect((await succeed([...args, '--quiet'])).stderr).toBe('');
  });
});

describe('--packets', () => {
  it('writes the columns of the packet record in order, as JSON lines', async () => {
    await succeed([...example, '--packets', folder.at('p.jsonl')]);
    const records = jsonLines(read('p.jsonl'));
    expect(records).toHaveLength(2576);
    for (const record of records) expect(Object.keys(record)).toEqual(COLUMNS);
    expect(records[0]).toMatchObject({
      frame: 1,
      endpoint: null,
      verdict: 'pass',
      reason: 'not-ip',
    });
    expect(records.find(({ rule }) => rule === 'web-block-metadata')).toMatchObject({
      endpoint: 'web',
      direction: 'out',
      verdict: 'drop',
      stage: 'switch',
      layer: 'ACL_ENDPOINT_LAYER',
      group: 'ACL_ENDPOINT_GROUP_IPV4_OUT',
      reason: 'rule',
      flow: null,
      flow_event: null,
    });
  });

  it('writes the same as CSV', async () => {
    await succeed([...example, '--packets', folder.at('p.csv')]);
    await succeed([...example, '--packets', folder.at('same.jsonl')]);
    const [head, ...rows] = parseCsv(read('p.csv'));
    expect(head).toEqual(COLUMNS);
    // Times do not fit a double: compared as they are written.
    const lines = read('same.jsonl').replace(/"time_ns":(\d+)/g, '"time_ns":"$1"');
    expect(rows).toEqual(jsonLines(lines).map((record) => Object.values(record).map(cell)));
  });

  it('writes a packet between two endpoints twice, sender first', async () => {
    await succeed([...example, '--packets', folder.at('two.jsonl')]);
    const [first] = jsonLines(read('two.jsonl')).filter(({ endpoint }) => endpoint === 'db');
    const both = jsonLines(read('two.jsonl')).filter(({ frame }) => frame === first!['frame']);
    expect(both).toMatchObject([
      { endpoint: 'web', direction: 'out' },
      { endpoint: 'db', direction: 'in' },
    ]);
  });
});

describe('--rules', () => {
  const RULE_COLUMNS = [
    ...['endpoint', 'stage', 'direction', 'rule', 'action', 'reason', 'priority', 'packets'],
    ...['bytes', 'flows', 'first_frame', 'last_frame', 'assumed'],
    ...['file', 'line', 'column', 'path', 'retired'],
  ];

  it('writes every rule and default, those never hit included, in both formats', async () => {
    await succeed([...example, '--rules', folder.at('r.jsonl')]);
    await succeed([...example, '--rules', folder.at('r.csv')]);
    const records = jsonLines(read('r.jsonl'));
    for (const record of records) expect(Object.keys(record)).toEqual(RULE_COLUMNS);
    expect(records.filter(({ rule }) => rule !== null)).toHaveLength(11);
    expect(records.find(({ rule }) => rule === 'db-backup')).toMatchObject({
      packets: 0,
      flows: 0,
      first_frame: null,
      last_frame: null,
      line: 41,
    });
    expect(records).toContainEqual(
      expect.objectContaining({ endpoint: 'jobs', rule: null, reason: 'default-allow-inbound' }),
    );
    const [head, ...rows] = parseCsv(read('r.csv'));
    expect(head).toEqual(RULE_COLUMNS);
    expect(rows).toEqual(records.map((record) => Object.values(record).map(cell)));
  });
});

describe('names that would break a format', () => {
  const endpoint = 'a,b "c"\r\nd\te\u0001 \u{1f600}=1';
  const rule = '"r",\n\u0007\u00e9\u{1f680}\u2028';
  const policy = {
    Type: 'ACL',
    Settings: {
      ...{ Id: rule, Action: 'Allow', Direction: 'In', Protocols: '6', LocalPorts: '80' },
      ...{ RuleType: 'Switch', Priority: 200 },
    },
  };
  const host = {
    windows: 'ws2022',
    networks: [{ name: 'n', driver: 'l2bridge' }],
    endpoints: [{ name: endpoint, network: 'n', addresses: [ENDPOINT], policies: [policy] }],
  };
  const replayed = async (...rest: string[]): Promise<string> => {
    const description = folder.write('names.json', JSON.stringify(host));
    const capture = folder.write('names.pcap', pcap([tcpSyn()]));
    return (await succeed(['replay', capture, '--host', description, '-q', ...rest])).stdout;
  };

  it('come back whole from JSON lines', async () => {
    await replayed('--packets', folder.at('n.jsonl'), '--rules', folder.at('nr.jsonl'));
    expect(jsonLines(read('n.jsonl'))).toMatchObject([{ endpoint, verdict: 'allow' }]);
    expect(jsonLines(read('nr.jsonl'))[0]).toMatchObject({ endpoint, rule, packets: 1 });
  });

  it('come back whole from CSV', async () => {
    await replayed('--packets', folder.at('n.csv'), '--rules', folder.at('nr.csv'));
    const [, packet] = parseCsv(read('n.csv'));
    expect(packet![COLUMNS.indexOf('endpoint')]).toBe(endpoint);
    const [, first] = parseCsv(read('nr.csv'));
    expect(first!.slice(0, 4)).toEqual([endpoint, 'switch', 'in', rule]);
  });

  it('stay on one line of the summary and move no cursor', async () => {
    const text = await replayed();
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028]/);
    expect(text).toContain('a,b "c"\\u000d\\u000ad\\u0009e\\u0001 \u{1f600}=1');
  });
});

describe('the same input', () => {
  it('gives the same bytes, twice and without the flow cache', async () => {
    const texts = await Promise.all(
      [[], [], ['--no-unified-flows']].map(async (rest, i) => {
        const [packets, rules] = [`same${i}.csv`, `same-rules${i}.jsonl`];
        const outputs = ['--packets', folder.at(packets), '--rules', folder.at(rules)];
        const { stdout } = await succeed([...example, '--json', ...outputs, ...rest]);
        return [stdout, read(packets), read(rules)];
      }),
    );
    expect(texts[1]).toEqual(texts[0]);
    expect(texts[2]).toEqual(texts[0]);
  });

  it('gives other verdicts with --stateless: nothing is established', async () => {
    const { stdout } = await succeed([...example, '--json', '--stateless']);
    const { reasons, flows } = JSON.parse(stdout) as ReplayReport;
    expect(flows).toBe(0);
    expect(reasons.map(({ reason }) => reason)).not.toContain('established');
  });
});

describe('--fail-on', () => {
  const allowed = (): string[] => [
    ...['replay', folder.write('ok.pcap', pcap([tcpSyn()])), '--endpoint', ENDPOINT, ...L2BRIDGE],
  ];

  it('drop exits 3 when a packet was dropped, after the whole result', async () => {
    const { code, stdout } = await portacl([...example, '--fail-on', 'drop']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/not judged; \d+ flows\.\n$/);
    expect(await portacl([...allowed(), '--fail-on', 'drop'])).toMatchObject({ code: 0 });
  });

  it('lint exits 3 when there was a warning, also when nobody wants to see it', async () => {
    const linted = ['replay', folder.write('l.pcap', pcap([tcpSyn()])), ...surprising()];
    expect(await portacl([...linted, '-q', '--fail-on', 'lint'])).toMatchObject({ code: 3 });
    expect(await portacl([...allowed(), '--fail-on', 'lint'])).toMatchObject({ code: 0 });
  });

  it('gives way to a damaged capture', async () => {
    const cut = folder.write('cut.pcap', pcap([tcpSyn(), tcpSyn()]).subarray(0, -1));
    const args = ['replay', cut, '--host', EXAMPLE_HOST, '-q', '--fail-on', 'drop'];
    expect(await portacl(args)).toMatchObject({ code: 1 });
  });
});

describe('captures', () => {
  const endpoint = ['--endpoint', ENDPOINT, ...L2BRIDGE, '-q', '--json'];
  const report = async (...args: string[]): Promise<ReplayReport> =>
    JSON.parse((await succeed(['replay', ...args, ...endpoint])).stdout) as ReplayReport;

  it('are read from standard input as -', async () => {
    const { stdout } = await succeed(['replay', '-', ...endpoint], {
      input: pcap([tcpSyn(), tcpSyn()]),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      captures: [{ file: '-', packets: 2, error: null }],
    });
  });

  it('are judged in order, and flows live on from one to the next', async () => {
    const [a, b] = [folder.write('a.pcap', pcap([tcpSyn()])), folder.at('b.pcapng')];
    folder.write('b.pcapng', pcapng([tcpSyn(), tcpSyn({ port: 81 })]));
    const { captures, total, flows } = await report(a, b);
    expect(captures.map(({ file, packets }) => [file, packets])).toEqual([
      [a, 1],
      [b, 2],
    ]);
    expect({ packets: total.packets, flows }).toEqual({ packets: 3, flows: 2 });
  });

  it('may follow an option that takes one value, and stand behind --', async () => {
    const capture = folder.write('last.pcap', pcap([tcpSyn()]));
    const options = ['-o', 'midstream=strict', '-o', 'tieBreak=last-wins', '--fail-on', 'lint'];
    expect((await report('--fail-on', 'drop', ...options, capture)).model.options).toMatchObject({
      midstream: 'strict',
      tieBreak: 'last-wins',
    });
    const policies = ['--policy', folder.write('1.json', '[]'), folder.write('2.json', '[]')];
    expect((await report(capture, ...policies)).total.packets).toBe(1);
    const { stdout } = await succeed(['replay', ...endpoint, ...policies, '--', capture]);
    expect(JSON.parse(stdout)).toMatchObject({ total: { packets: 1 } });
  });

  it('without packets are no fault', async () => {
    const { total, captures } = await report(folder.write('header.pcap', pcap([])));
    expect({ total, error: captures[0]!.error }).toEqual({
      total: { packets: 0, bytes: 0 },
      error: null,
    });
  });
});

describe('an output', () => {
  const outputs = ['--packets', '--rules'];

  it.each(outputs)('%s replaces an older file when it is complete', async (option) => {
    const file = folder.write('older.csv', 'old');
    await succeed([...example, option, file]);
    expect(read('older.csv')).not.toContain('old,');
    expect(read('older.csv').length).toBeGreaterThan(1000);
    expect(folder.list().filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it.each(outputs)('%s is refused before work when it cannot be written', async (option) => {
    mkdirSync(folder.at('dir.csv'), { recursive: true });
    for (const [name, reason] of [
      ['none/x.csv', 'its folder does not exist (ENOENT)'],
      ['dir.csv', 'it is a directory'],
    ] as const) {
      const { code, stdout, stderr } = await portacl([...example, option, folder.at(name)]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(`${folder.at(name)} file-unwritable it cannot be written: ${reason}\n`);
    }
    expect(folder.list().filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it.each(outputs)('%s keeps the older file when no capture could be read', async (option) => {
    const file = folder.write('keep.csv', 'old');
    const args = ['replay', folder.at('none.pcap'), '--host', EXAMPLE_HOST, '-q', '--json'];
    const { code, stdout } = await portacl([...args, option, file]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(read('keep.csv')).toBe('old');
    expect(folder.list().filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it.each(outputs)('%s does not appear when another output is refused', async (option) => {
    const other = option === '--rules' ? '--packets' : '--rules';
    const args = [...example, option, folder.at('late.csv'), other, folder.at('none/x.csv')];
    expect(await portacl(args)).toMatchObject({ code: 1, stdout: '' });
    expect(folder.list().filter((name) => name.startsWith('late.csv'))).toEqual([]);
  });

  it.runIf(existsSync('/dev/full'))('on a full disk is an error that says so', async () => {
    const full = openSync('/dev/full', 'w');
    try {
      for (const args of [example, [...example, '--json'], ['host', '--host', EXAMPLE_HOST]]) {
        const { code, stderr } = await portacl(args, { stdout: full });
        expect(code).toBe(1);
        expect(stderr).toBe('<stdout> file-unwritable it cannot be written (ENOSPC)\n');
      }
    } finally {
      closeSync(full);
    }
  });
});

describe('a policy of very many rules', () => {
  it('has a summary that ends, and says where all of it is', async () => {
    const acl = (i: number): object => ({
      Type: 'ACL',
      Settings: {
        ...{ Id: `r${i}`, Action: 'Allow', Direction: 'In', Protocols: '6', LocalPorts: '443' },
        ...{
          RuleType: 'Switch',
          Priority: 200 + (i % 60_000),
          RemoteAddresses: `10.0.0.${i % 256}`,
        },
      },
    });
    const policy = folder.write(
      'many.json',
      JSON.stringify(Array.from({ length: 5000 }, (_, i) => acl(i))),
    );
    const args = ['replay', folder.write('m.pcap', pcap([tcpSyn()])), '--policy', policy];
    const { stdout } = await succeed([...args, '--endpoint', ENDPOINT, ...L2BRIDGE, '-q']);
    expect(stdout.split('\n').length).toBeLessThan(80);
    expect(stdout).toContain('… and 4,950 more; --rules FILE lists all\n');
  });
});
