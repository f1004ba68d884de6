/** `portacl compile`: what policies become, and that it is read back. */
import { describe, expect, it } from 'vitest';
import { EXAMPLE_HOST, L2BRIDGE, WEB_POLICY, portacl, succeed, temporaryFolder } from './run.js';

const folder = temporaryFolder();
const policy = ['compile', WEB_POLICY, ...L2BRIDGE, '-q'];

describe('compile', () => {
  it('prints layers, groups and rules as vfpctrl does', async () => {
    const { stdout } = await succeed(policy);
    expect(stdout).toContain('LAYER : ACL_ENDPOINT_LAYER\n');
    expect(stdout).toContain(
      [
        '    RULE : web-ping',
        '        Friendly name : web-ping',
        '        Priority : 310',
        '        Flags : 8195 terminating stateful ',
        '        Type : allow',
        '        Conditions:',
        '            Protocols : 1',
        '            Source IP : 10.0.0.0/8',
        '        Flow TTL: 240',
        '        FlagsEx : 0 ',
      ].join('\n'),
    );
  });

  it('is read back as a policy that says the same', async () => {
    const dump = folder.write('vfpOutput.txt', (await succeed(policy)).stdout);
    const tuple = 'in tcp 10.244.1.2 > 10.244.1.10:8080';
    const explain = async (file: string): Promise<string> =>
      (await succeed(['explain', tuple, '--policy', file, ...L2BRIDGE, '-q'])).stdout;
    const fromDump = await explain(dump);
    expect(fromDump).toContain('DROPPED at endpoint, inbound, switch stage: implicit-deny');
    expect(fromDump).toContain(`web-clients (${dump}:`);
    expect(await explain(WEB_POLICY)).toContain('DROPPED at endpoint, inbound, switch stage');
  });

  it('prints the model as JSON, and how much there is of it', async () => {
    const { stdout } = await succeed(['compile', '--host', EXAMPLE_HOST, '--format', 'json', '-q']);
    const { endpoints } = JSON.parse(stdout) as { endpoints: { name: string }[] };
    expect(endpoints.map(({ name }) => name)).toEqual(['web', 'db', 'jobs']);
    const stats = await succeed(['compile', '--host', EXAMPLE_HOST, '--stats', '-q']);
    expect(stats.stdout).toMatch(/^web +switch +ACL_ENDPOINT_LAYER +4 +/m);
    expect(stats.stdout).toMatch(/^web +switch +ACL_ENDPOINT_LAYER +\S+ +\d+ +(linear|tables) +/m);
    expect(stats.stdout).toMatch(/^ {2}(linear: few rules|tables: the cross products)/m);
    expect(stats.stdout).toMatch(/The rule program has [\d,]+ bytes\.\n$/);
  });

  it('refuses another format, and a dump that it does not understand, with its line', async () => {
    expect(await portacl([...policy, '--format', 'xml'])).toMatchObject({ code: 2, stdout: '' });
    const dump = (await succeed(policy)).stdout.replace('Protocols : 1\n', 'Source tag : 7\n');
    const file = folder.write('bad.txt', dump);
    const line = dump.split('\n').findIndex((each) => each.includes('Source tag')) + 1;
    const run = await portacl(['check', file, ...L2BRIDGE]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain(`${file}:${line}:13 unsupported-condition`);
  });
});
