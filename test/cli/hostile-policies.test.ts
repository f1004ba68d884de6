/** Policies that are not what they claim to be: located messages, exit 1, no result. */
import { describe, expect, it } from 'vitest';

import { ENDPOINT, pcap, tcpSyn } from './captures.js';
import { L2BRIDGE, portacl, temporaryFolder } from './run.js';

const folder = temporaryFolder();
const acl = (fields: string): string =>
  `[{"Type":"ACL","Settings":{"Action":"Allow","Direction":"In",${fields}}}]`;
const policy = (settings: object): object => ({ Type: 'ACL', Settings: settings });

describe('a policy that is not one', () => {
  const cases: readonly (readonly [string, string | Buffer, RegExp])[] = [
    ['empty', '', /:1:1 not-json Nothing but white space/],
    ['white space', ' \n\t', /:2:2 not-json Nothing but white space/],
    ['NaN', acl('"Priority":NaN'), /:1:\d+ not-json The word NaN/],
    ['1e308', acl('"Priority":1e308'), /:1:\d+ bad-priority Priority is 1e\+308/],
    ['a million digits', acl(`"Priority":${'9'.repeat(1_000_000)}`), /:1:\d+ bad-priority/],
    ['100 MB of brackets', '['.repeat(100_000_000), /:1:129 document-limit Nesting deeper/],
    ['deep objects', `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`, /:1:\d+ document-limit/],
    ['a name twice', '[{"Type":"ACL","Type":"ACL"}]', /:1:16 duplicate-key The name "Type"/],
    ['a name twice, escaped', '[{"Type":"ACL","T\\u0079pe":"ACL"}]', /:1:16 duplicate-key/],
    [
      'UTF-16 without mark',
      Buffer.from('[]  ', 'utf16le'),
      /:1:1 not-json .*UTF-16LE without mark/,
    ],
    ['UTF-16 the other way', Buffer.from([0xfe, 0xff, 0, 0x5b]), /:1:1 not-json .*UTF-16BE/],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /:1:1 not-json .*0x89/],
    [
      'bytes',
      Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) & 255)),
      /:1:2 not-json/,
    ],
    ['prototype keys', acl('"__proto__":{"Priority":200}'), /unknown-field .*"__proto__"/],
    ['a type every object has', '[{"Type":"constructor"}]', /unknown-policy-type .*"constructor"/],
    [
      'a long text',
      acl(`"Priority":"${'x'.repeat(50_000_000)}"`),
      /:1:\d+ [a-z-]+ Priority is "x+…"/,
    ],
    [
      'control characters',
      acl('"Priority":"\\u001b[2J\u009b2J\u202e"'),
      /:1:\d+ [a-z-]+ Priority is/,
    ],
    ['a number as document', '42', /:1:1 wrong-type The value is 42/],
    ['a cut document', '[{"Type":"ACL"', /:1:15 not-json /],
  ];

  it.concurrent.each(cases)('%s', async (name, content, message) => {
    const file = folder.write(`${name.replace(/\W/g, '-')}.json`, content);
    const capture = folder.write('one.pcap', pcap([tcpSyn()]));
    const args = ['replay', capture, '--policy', file, '--endpoint', ENDPOINT, ...L2BRIDGE];
    const { code, signal, stdout, stderr } = await portacl([
      ...args,
      '--packets',
      folder.at('p.csv'),
    ]);
    expect({ code, signal, stdout }).toEqual({ code: 1, signal: null, stdout: '' });
    expect(stderr).toMatch(message);
    for (const line of stderr.trimEnd().split('\n')) {
      expect(line).toMatch(/:\d+:\d+ [a-z-]+ [A-Z]/);
      expect(line.length).toBeLessThan(500);
      // eslint-disable-next-line no-control-regex
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
    expect(folder.list().filter((each) => each.startsWith('p.csv'))).toEqual([]);
  });

  it('with 100,000 errors is bounded, and says that there is more', async () => {
    const wrong = policy({ Action: 'Nope', Direction: 'In', Priority: 200 });
    const file = folder.write(
      'many.json',
      JSON.stringify(Array.from({ length: 100_000 }, () => wrong)),
    );
    const { code, stdout } = await portacl(['check', file, ...L2BRIDGE]);
    const lines = stdout.split('\n');
    expect(code).toBe(1);
    expect(lines).toHaveLength(103);
    expect(lines.slice(-3)).toEqual([
      '… and 99,900 more of severity error; portacl check --json lists up to 10,000',
      '100000 errors, 0 warnings',
      '',
    ]);
    const json = await portacl(['check', file, ...L2BRIDGE, '--json']);
    const report = JSON.parse(json.stdout) as { errors: number; diagnostics: { code: string }[] };
    expect(report.errors).toBe(100_000);
    expect(report.diagnostics).toHaveLength(10_001);
    expect(report.diagnostics.at(-1)!.code).toBe('too-many-diagnostics');
    const replayed = await portacl(['replay', 'none', '--policy', file, ...L2BRIDGE]);
    expect(replayed.stderr.split('\n')).toHaveLength(102);
  });
});
