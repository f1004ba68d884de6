/** Firewall files on the command line. */
import { describe, expect, it } from 'vitest';

import { portacl, succeed, temporaryFolder } from './run.js';

const folder = temporaryFolder();
const RULE = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=Web|';
const reg = (rule = RULE): string =>
  `Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\FirewallRules]\r\n"web"="${rule}"\r\n`;
const HOST = ['--isolation', 'host', '--windows', 'ws2022', '--driver', 'transparent'];

describe('check', () => {
  it('knows firewall files by what is in them', async () => {
    const file = folder.write('fw.reg', reg());
    const { stdout } = await succeed(['check', file, ...HOST]);
    expect(stdout).toContain('0 errors, 0 warnings');
  });

  it('names line, column and code', async () => {
    const file = folder.write('wrong.reg', reg(RULE.replace('80', '80000')));
    const { code, stdout } = await portacl(['check', file, ...HOST]);
    expect(code).toBe(1);
    expect(stdout).toContain(`${file}:4:${'"web"="'.length + RULE.indexOf('80|') + 1} fw-port`);
  });
});

describe('simulate --firewall', () => {
  it('judges with the rules of the file', async () => {
    const file = folder.write('fw.reg', reg());
    const tuple = (dport: number): string =>
      JSON.stringify({
        dir: 'in',
        proto: 'tcp',
        src: '10.0.0.9',
        sport: 5,
        dst: '10.0.0.5',
        dport,
      });
    const tuples = folder.write('t.jsonl', `${tuple(80)}\n${tuple(81)}\n`);
    const { stdout } = await succeed(['simulate', '--tuples', tuples, '--firewall', file, ...HOST]);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(answers).toMatchObject([
      { verdict: 'allow', rule: 'web', stage: 'host' },
      { verdict: 'drop', reason: 'query-user-default' },
    ]);
  });
});
