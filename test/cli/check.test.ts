/** `portacl check`: all that is wrong or odd, nothing else. */
import { mkdirSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { EXAMPLE_HOST, L2BRIDGE, WEB_POLICY, portacl, succeed, temporaryFolder } from './run.js';

const folder = temporaryFolder();
const acl = (settings: object): object => ({ Type: 'ACL', Settings: settings });
const policy = (name: string, ...acls: object[]): string =>
  folder.write(name, JSON.stringify(acls, null, 1));

const good = { Action: 'Allow', Direction: 'In', RuleType: 'Switch', Priority: 200 };
const open = (): string =>
  policy('open.json', acl({ Id: 'in', ...good }), acl({ Id: 'out', ...good, Direction: 'Out' }));
const surprising = (): string =>
  policy('surprise.json', acl({ ...good, Action: 'Block', Protocols: '6', LocalPorts: '22' }));

describe('check', () => {
  it('has nothing to say of the example', async () => {
    const { stdout, stderr } = await succeed(['check', EXAMPLE_HOST]);
    expect({ stdout, stderr }).toEqual({ stdout: '0 errors, 0 warnings\n', stderr: '' });
  });

  it('reports all errors of a document at once, each with its place, and exits 1', async () => {
    const file = policy(
      'wrong.json',
      acl({ ...good, Action: 'Nope' }),
      acl({ ...good, Protocols: '6', LocalPorts: '70000' }),
      acl({ ...good, RemoteAddresses: '10.0.0.300' }),
    );
    const { code, stdout, stderr } = await portacl(['check', file, ...L2BRIDGE]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const found = stdout.split('\n').map((line) => line.replace(`${file}:`, ''));
    expect(found).toEqual([
      expect.stringMatching(/^\d+:\d+ unknown-value Action is "Nope"/),
      expect.stringMatching(/^\d+:\d+ bad-port /),
      expect.stringMatching(/^\d+:\d+ bad-address /),
      '3 errors, 0 warnings',
      '',
    ]);
  });

  it('reports the errors of all documents', async () => {
    const files = [policy('a.json', acl({ ...good, Action: 1 })), folder.write('b.json', '[')];
    const { stdout } = await portacl(['check', ...files, ...L2BRIDGE]);
    expect(stdout).toContain('a.json:');
    expect(stdout).toContain('b.json:1:2 not-json');
  });

  it('reports warnings and exits 0, unless one is to fail', async () => {
    const args = ['check', surprising(), ...L2BRIDGE];
    const { stdout } = await succeed(args);
    expect(stdout).toMatch(
      /surprise\.json:2:2 warning implicit-deny-surprise .*\n0 errors, 1 warning\n$/,
    );
    expect((await succeed([...args, '-q'])).stdout).toBe('0 errors, 1 warning\n');
    for (const what of ['lint', 'warning']) {
      expect(await portacl([...args, '--fail-on', what])).toMatchObject({ code: 3 });
      expect(await portacl(['check', open(), ...L2BRIDGE, '--fail-on', what])).toMatchObject({
        code: 0,
      });
    }
  });

  it('reports data with --json, errors included', async () => {
    const file = policy('json.json', acl({ ...good, Action: 'Nope' }));
    const { code, stdout, stderr } = await portacl(['check', file, ...L2BRIDGE, '--json']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      errors: 1,
      warnings: 0,
      diagnostics: [
        {
          severity: 'error',
          code: 'unknown-value',
          message: 'Action is "Nope"; it is one of Allow, Block.',
          location: { file, line: 5, column: 14, path: '[0].Settings.Action' },
          found: '"Nope"',
          expected: 'Allow, Block',
          hns: '0x803b000d',
        },
      ],
    });
  });

  it('prints SARIF with --format sarif, and refuses formats there are not', async () => {
    const file = policy('sarif.json', acl({ ...good, Action: 'Nope' }));
    const args = ['check', file, ...L2BRIDGE, '--format'];
    const { code, stdout } = await portacl([...args, 'sarif']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [{ ruleId: 'unknown-value', level: 'error' }] }],
    });
    expect(await portacl([...args, 'xml'])).toMatchObject({ code: 2 });
  });

  it('counts findings as --severity says, but never an error as less', async () => {
    const args = ['check', surprising(), ...L2BRIDGE];
    const lint = (choice: string): string[] => ['--severity', `implicit-deny-surprise=${choice}`];
    expect(await portacl([...args, ...lint('error')])).toMatchObject({ code: 1 });
    expect((await succeed([...args, ...lint('off')])).stdout).toBe('0 errors, 0 warnings\n');
    expect((await succeed([...args, ...lint('info'), '--fail-on', 'lint'])).stdout).toMatch(
      / info /,
    );
    const wrong = policy('severity.json', acl({ ...good, Action: 'Nope' }));
    const lowered = ['--severity', 'unknown-value=off'];
    expect(await portacl(['check', wrong, ...L2BRIDGE, ...lowered])).toMatchObject({ code: 1 });
    for (const pair of ['dns-blocked', 'dns-blocked=loud', 'nothing=off', 'dns-blocked=off=off']) {
      expect(await portacl([...args, '--severity', pair]), pair).toMatchObject({ code: 2 });
    }
  });

  it('compares with other platforms', async () => {
    const args = ['check', open(), ...L2BRIDGE, '--across-windows'];
    expect((await succeed(args)).stdout).toMatch(/^Windows Server 2022 .* 69 other platforms/);
    const failOn = ['--fail-on', 'difference'];
    expect(await portacl([...args, 'isolation', ...failOn])).toMatchObject({ code: 3 });
    // Its implicit deny leaves nothing that an isolation could decide.
    const same = ['check', surprising(), ...L2BRIDGE, '--across-windows', 'isolation'];
    expect(await portacl([...same, ...failOn])).toMatchObject({ code: 0 });
    const { stdout } = await succeed([...same, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ platforms: [{ outcome: 'same', witnesses: [] }] });
    for (const wrong of [['planet'], ['windows,'], ['windows', '--format', 'sarif']]) {
      expect(await portacl([...args, ...wrong])).toMatchObject({ code: 2 });
    }
  });

  it('fails on the codes that --fail-on names', async () => {
    const args = ['check', surprising(), ...L2BRIDGE, '--fail-on'];
    expect(await portacl([...args, 'implicit-deny-surprise'])).toMatchObject({ code: 3 });
    expect(await portacl([...args, 'dns-blocked'])).toMatchObject({ code: 0 });
    expect(await portacl([...args, 'no-such-code'])).toMatchObject({ code: 2 });
  });

  it('takes mistakes as warnings with --lenient', async () => {
    const file = policy(
      'lax.json',
      acl({ ...good, Priority: '200' }),
      acl({ ...good, Direction: 'Out' }),
    );
    expect(await portacl(['check', file, ...L2BRIDGE])).toMatchObject({ code: 1 });
    expect((await succeed(['check', file, ...L2BRIDGE, '--lenient'])).stdout).toMatch(
      /warning wrong-type/,
    );
  });

  it('refuses what the platform cannot take, with the answer of the service', async () => {
    const args = [
      'check',
      WEB_POLICY,
      '--windows',
      'ws2022',
      '--driver',
      'nat',
      '--isolation',
      'process',
    ];
    const { code, stdout } = await portacl(args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/rule-type-not-supported .*\(HNS 0x803b0015\)/);
  });

  it('says that a file is missing', async () => {
    const run = await portacl(['check', folder.at('none.json')]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr.startsWith(`${folder.at('none.json')} file-not-found `)).toBe(true);
    expect(run.stderr).toMatch(/^.*\n$/);
  });

  it('takes a folder of documents and names what it passes over', async () => {
    const at = (name: string): string => folder.at(`documents/${name}`);
    mkdirSync(folder.at('documents'));
    policy('documents/a.json', acl({ ...good, Action: 'Nope' }));
    folder.write('documents/README.md', 'what these documents are');
    const { code, stdout } = await portacl(['check', folder.at('documents'), ...L2BRIDGE]);
    expect(code).toBe(1);
    expect(stdout).toContain(`${at('README.md')}:1:1 info file-passed-over `);
    expect(stdout).toMatch(/a\.json:\d+:\d+ unknown-value /);
  });
});
