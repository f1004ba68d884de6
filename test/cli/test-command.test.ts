/** `portacl test`, `portacl coverage merge` and `--coverage` of a replay. */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EXAMPLE, EXAMPLE_HOST, WEB_POLICY, portacl, succeed, temporaryFolder } from './run.js';

const folder = temporaryFolder();
const cases = (verdict: string): string => `policies: ${WEB_POLICY}
windows: ws2022
driver: l2bridge
isolation: process
cases:
  - name: clients
    packets:
      - packet: in tcp 10.9.9.9:4000 > 10.244.1.10:80
        expect: ${verdict}
`;

describe('portacl test', () => {
  it('ends well when all is as expected, and with 1 when it is not', async () => {
    const good = folder.write('good.yaml', cases('allow'));
    const { stdout } = await succeed(['test', good]);
    expect(stdout).toBe(`ok  ${good}: clients\n1 case, 1 packets, 0 failed\n`);
    const bad = await portacl(['test', good, folder.write('bad.yaml', cases('drop'))]);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain('expected drop, got allow');
  });

  it('prints TAP, JUnit and JSON', async () => {
    const file = folder.write('good.yaml', cases('allow'));
    expect((await succeed(['test', file, '--format', 'tap'])).stdout).toContain('ok 1 - ');
    expect((await succeed(['test', file, '--format', 'junit'])).stdout).toContain('<testcase ');
    const { stdout } = await succeed(['test', file, '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ cases: [{ name: 'clients', failures: [] }] });
  });

  it('tells the mistakes of all files', async () => {
    const one = folder.write('one.yaml', 'cases: 1\n');
    const two = folder.write('two.yaml', 'case: []\n');
    const { code, stderr } = await portacl(['test', one, two]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${one}:1:8 bad-cases cases is 1`);
    expect(stderr).toContain(`${two}:1:1 bad-cases "case" is no field`);
  });

  it.each([
    [['--format', 'xml'], '--format xml: known are text, tap, junit, json'],
    [['--coverage', 'html'], '--coverage html: known are text, json, lcov'],
    [['--fail-under', '101'], '--fail-under 101: a number from 0 to 100'],
    [['--format', 'tap', '--coverage', 'text'], 'give --coverage-output FILE'],
  ])('refuses %j', async (argv, message) => {
    const { code, stderr } = await portacl([
      'test',
      folder.write('good.yaml', cases('allow')),
      ...argv,
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('covers rules, and ends with 3 below what is wanted', async () => {
    const file = folder.write('good.yaml', cases('allow'));
    const run = await portacl(['test', file, '--coverage', 'text', '--fail-under', '99']);
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('Never hit\n');
    expect(run.stderr).toContain('less than 99%');
    await succeed(['test', file, '--fail-under', '10']);
  });

  it('runs again when a file changes, until it is interrupted', async () => {
    const file = folder.write('watched.yaml', cases('allow'));
    let seen = '';
    const run = await portacl(['test', file, '--watch', '-q'], {
      onStart: (child) => {
        child.stdout!.on('data', (part: string) => {
          seen += part;
          if (seen.includes('1 failed')) child.kill('SIGINT');
          else if (seen.includes('0 failed')) {
            void setTimeout(300).then(() => folder.write('watched.yaml', cases('drop')));
          }
        });
      },
    });
    expect(run.stdout).toContain('0 failed');
    expect(run.stdout).toContain('1 failed');
    expect(run.code).toBe(130);
  });
});

describe('--coverage of a replay', () => {
  it('is merged over runs, as text and as lcov', async () => {
    const json = folder.at('run.json');
    const replay = ['replay', EXAMPLE, '--host', EXAMPLE_HOST, '-q'];
    await succeed([...replay, '--coverage', 'json', '--coverage-output', json]);
    const { stdout } = await succeed(['coverage', 'merge', json, json]);
    expect(stdout).toContain('all       10/11 90%  8/8 100%  10/13 76%  20/24 83%');
    const lcov = await succeed([
      'coverage',
      'merge',
      json,
      '--coverage',
      'lcov',
      '--fail-under',
      '83',
    ]);
    expect(lcov.stdout).toContain('FNDA:0,db/db-backup');
    expect((await portacl(['coverage', 'merge', json, '--fail-under', '84'])).code).toBe(3);
    expect((await portacl(['coverage', 'merge', WEB_POLICY])).stderr).toContain('bad-coverage');
  });

  it('names packets for what no packet of the capture hit', async () => {
    const { stdout } = await succeed([
      'replay',
      EXAMPLE,
      '--host',
      EXAMPLE_HOST,
      '-q',
      '--coverage',
      'text',
    ]);
    expect(stdout).toContain('db switch out db-backup, ');
    const [, packet] = /db-backup, .*\n {4}(.*)\n/.exec(stdout)!;
    const explained = await succeed(['explain', packet!, '--host', EXAMPLE_HOST]);
    expect(explained.stdout).toContain('db-backup');
  });
});
