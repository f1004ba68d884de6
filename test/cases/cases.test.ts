/** Files of test cases: how they are read, run and printed. */
import { describe, expect, it } from 'vitest';
import {
  PolicyError,
  casesFromText,
  casesJunit,
  casesTap,
  casesText,
  runCases,
  type CaseFile,
} from '../../src/index.js';
import { temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();

const POLICY = `[
  { "Type": "ACL", "Settings": { "Id": "web", "Action": "Allow", "Direction": "In", "Protocols": "6",
    "LocalPorts": "80", "RuleType": "Switch", "Priority": 200 } }
]`;
const HEAD = `policies: web.json
windows: 20348
driver: l2bridge
isolation: process
`;

function read(text: string, name = 'cases.yaml'): CaseFile {
  folder.write('web.json', POLICY);
  return casesFromText({ name: folder.at(name), text });
}

/** `line:column message` of every mistake. */
function mistakes(text: string, name?: string): string[] {
  try {
    read(text, name);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return error.diagnostics.map(
      ({ code, location, message }) => `${location.line}:${location.column} ${code} ${message}`,
    );
  }
  throw new Error('the file was read');
}

const TWO = `${HEAD}cases:
  - name: clients come in & out
    packets:
      - packet: in tcp 10.9.9.9:4000 > 10.1.0.5:80
        expect: allow
        stage: host
      - packet: out tcp 10.1.0.5:80 > 10.9.9.9:4000 flags SA
        by: web
        reason: established
  - name: nobody else # not even <one>
    packets:
      - packet: in tcp 10.9.9.9:4000 > 10.1.0.5:22
        expect: drop
        by: null
      - packet: in udp 10.9.9.9:4000 > 10.1.0.5:80
        expect: allow
        by: web
`;

describe('a file of cases', () => {
  it('names its host by paths that are relative to it', () => {
    const { sources, cases } = read(TWO);
    expect(sources.policies).toEqual([folder.at('web.json')]);
    expect(sources.platform).toMatchObject({ windows: '20348', driver: 'l2bridge' });
    expect(cases.map(({ name }) => name)).toEqual(['clients come in & out', 'nobody else']);
    expect(cases[1]!.packets[0]).toMatchObject({ by: null, reason: null, location: { line: 16 } });
    expect(cases[0]!.packets[0]!.by).toBeUndefined();
  });

  it('may be JSON', () => {
    const packet = { packet: 'in tcp 10.9.9.9:1 > 10.1.0.5:80', expect: 'allow' };
    const text = JSON.stringify({
      policies: ['web.json'],
      cases: [{ name: 'a', packets: [packet] }],
    });
    expect(read(text, 'cases.json').cases).toHaveLength(1);
  });

  it('tells all its mistakes at once, each with its place', () => {
    const text = `hosts: host.yaml
lenient: maybe
cases:
  - name: one
    packets:
      - packet: in tcp 10.9.9.9:4000 10.1.0.5:80
        expect: allow
      - packet: in tcp 10.9.9.9 > 10.1.0.5:80
        expect: alow
      - packet: in tcp 10.9.9.9 > 10.1.0.5:80
      - expect: drop
      - in tcp
  - packets: 7
`;
    expect(mistakes(text)).toEqual([
      expect.stringMatching(
        /^1:1 bad-cases "hosts" is no field of a file of cases.*Did you mean host\?$/,
      ),
      expect.stringMatching(/^2:10 bad-cases lenient is "maybe"/),
      expect.stringMatching(/^6:17 bad-cases .*>/),
      expect.stringMatching(/^9:17 bad-cases expect is "alow".*Did you mean allow\?$/),
      expect.stringMatching(/^10:9 bad-cases it expects nothing/),
      expect.stringMatching(/^11:9 bad-cases it says no packet/),
      expect.stringMatching(/^12:9 bad-cases a packet is "in tcp"/),
      expect.stringMatching(/^13:14 bad-cases packets is 7/),
      expect.stringMatching(/^13:5 bad-cases a case has no name/),
      expect.stringMatching(/^13:5 bad-cases a case has no packets/),
    ]);
    expect(mistakes('cases: []')).toEqual([expect.stringContaining('it has no cases')]);
    expect(mistakes('[]')).toEqual([expect.stringContaining('a file of cases is an array of 0')]);
    expect(mistakes('a: [')[0]).toContain('not-yaml');
  });
});

describe('running cases', () => {
  it('gives every case an empty state and compares what is expected', async () => {
    const { results, coverage } = await runCases(read(TWO));
    expect(results.map(({ packets, failures }) => [packets, failures.length])).toEqual([
      [2, 0],
      [2, 1],
    ]);
    expect(results[1]!.failures[0]).toMatchObject({
      packet: 2,
      expected: 'allow by web',
      actual: 'drop (switch, implicit-deny)',
      location: { line: 19, column: 9 },
    });
    expect(results[1]!.failures[0]!.why).toContain('allow web: protocol is 17, not 6');
    expect(coverage.items.find(({ rule }) => rule === 'web')!.hits).toBe(2);
  });

  it('refuses documents that are wrong', async () => {
    const wrong = read(TWO.replace('web.json', 'gone.json'));
    await expect(runCases(wrong)).rejects.toThrow(
      expect.objectContaining({ code: 'file-not-found' }),
    );
  });
});

describe('the output', () => {
  const output = async (): Promise<{ text: string; tap: string; junit: string }> => {
    const { results } = await runCases(read(TWO));
    const short = (text: string): string => text.replaceAll(folder.path, 'DIR');
    return {
      text: short(casesText(results)),
      tap: short(casesTap(results)),
      junit: short(casesJunit(results)),
    };
  };

  it('for people names place, expectation and reason', async () => {
    const { text } = await output();
    expect(text).toContain(
      'ok  DIR/cases.yaml: clients come in & out\nFAILED  DIR/cases.yaml: nobody else\n',
    );
    expect(text).toContain(
      '    DIR/cases.yaml:19:9 packet 2: in udp 10.9.9.9:4000 > 10.1.0.5:80\n',
    );
    expect(text).toContain('    expected allow by web, got drop (switch, implicit-deny)\n');
    expect(text).toMatch(/\n2 cases, 4 packets, 1 failed\n$/);
  });

  it('as TAP has a plan and a block for each failure', async () => {
    const { tap } = await output();
    expect(tap).toMatch(
      /^TAP version 14\n1\.\.2\nok 1 - DIR\/cases.yaml: clients come in & out\nnot ok 2 - /,
    );
    expect(tap).toMatch(/\n {2}---\n {2}message: \|\n( {4}.*\n)+ {2}\.\.\.\n$/);
  });

  it('as JUnit is XML whatever the names', async () => {
    const { junit } = await output();
    expect(junit).toContain('<testsuites tests="2" failures="1" errors="0">');
    expect(junit).toContain('name="clients come in &amp; out" file="DIR/cases.yaml" line="6"/>');
    expect(junit).toContain(
      '<failure message="expected allow by web, got drop (switch, implicit-deny)">',
    );
    const [first] = (await runCases(read(TWO))).results;
    const hostile = casesJunit([{ ...first!, name: '<a b="c">\u0000\ud800\u202e]]>' }]);
    expect(hostile).toContain('name="&lt;a b=&quot;c&quot;&gt;\\u0000\\ud800\\u202e]]&gt;"');
  });
});
