/** `portacl host`: the platform model that verdicts rest on. */
import { describe, expect, it } from 'vitest';

import type { HostView } from '../../src/report/host-view.js';
import { EXAMPLE_HOST, portacl, succeed, temporaryFolder } from './run.js';

const folder = temporaryFolder();
const view = async (...args: string[]): Promise<HostView> =>
  JSON.parse((await succeed(['host', '--json', '-q', ...args])).stdout) as HostView;

describe('host', () => {
  it('shows compartments, stages, defaults and what is accepted', async () => {
    const { stdout, stderr } = await succeed(['host', '--host', EXAMPLE_HOST]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Model: Windows Server 2022 \(build 20348\)\n/);
    expect(stdout).toMatch(/^ +1 {2}host +- +- +- +management vNIC$/m);
    expect(stdout).toMatch(
      /^ +2 {2}web +web +10\.244\.1\.10, fd00:10:244:1::10 +l2bridge, process +host vNIC$/m,
    );
    expect(stdout).toMatch(/^Endpoint web: accepts ACLs of RuleType Host and Switch$/m);
    expect(stdout).toMatch(/^ {2}switch {2}in +3 {2}drop \(implicit-deny\)$/m);
    expect(stdout).toMatch(
      /^ {2}host +in +0 {2}allow ICMP, IGMP, TCP, UDP, ICMPv6 \(default-allow-inbound\), else drop \(default-deny-other-protocol\)$/m,
    );
  });

  it('shows the same as data', async () => {
    const { model, compartments } = await view('--host', EXAMPLE_HOST);
    expect(model.windows).toEqual({ name: 'Windows Server 2022', build: 20348 });
    expect(compartments.map(({ compartment, owner }) => [compartment, owner])).toEqual([
      [1, 'host'],
      [2, 'web'],
      [3, 'db'],
      [4, 'jobs'],
    ]);
    expect(compartments[0]).toMatchObject({
      endpoint: null,
      switch: null,
      host: null,
      accepts: [],
    });
    expect(compartments[1]).toMatchObject({
      network: 'pods',
      driver: 'l2bridge',
      accepts: ['host', 'switch'],
      switch: { programmable: true, rules: { in: 3, out: 3 } },
      host: { programmable: true, default: { out: 'allow (default-allow-outbound)' } },
    });
  });

  it('shows published ports, and the addresses of the host', async () => {
    const file = folder.write(
      'published.yaml',
      [
        'addresses: [192.0.2.7]',
        'networks: [{name: n, driver: nat}]',
        'endpoints:',
        '  - {name: web, network: n, ports: ["8080-8082:80-82", "53/udp", "9443:443"]}',
        '  - {name: db, network: n}',
      ].join('\n'),
    );
    const { compartments } = await view('--host', file);
    expect(compartments.map(({ addresses }) => addresses)).toEqual([['192.0.2.7'], [], []]);
    expect(compartments.map(({ published }) => published.length)).toEqual([0, 5, 0]);
    expect(compartments[1]!.published[3]).toEqual({
      protocol: 'udp',
      externalPort: null,
      internalPort: 53,
    });
    const { stdout } = await succeed(['host', '--host', file, '-q']);
    expect(stdout).toMatch(/^ +1 {2}host +- +192\.0\.2\.7 /m);
    expect(stdout.match(/published ports.*$/gm)).toEqual([
      'published ports: 8080-8082:80-82/tcp, 53/udp, 9443:443/tcp',
    ]);
  });

  it.each([
    ['nat', 'process', 'host vNIC', ['host']],
    ['l2bridge', 'process', 'host vNIC', ['host', 'switch']],
    ['transparent', 'hyperv', 'synthetic VM NIC', []],
    ['overlay', 'hyperv', 'synthetic VM NIC', ['switch']],
  ])('attaches %s, %s by a %s', async (driver, isolation, attachment, accepts) => {
    const { compartments } = await view('--driver', driver, '--isolation', isolation);
    expect(compartments[1]).toMatchObject({ driver, isolation, attachment, accepts });
  });

  it('knows a platform without any document, and says what it assumed', async () => {
    const { stdout } = await succeed(['host']);
    expect(stdout).toMatch(/^ {2}assumed: windows is Windows Server 2025 \(build 26100\)$/m);
    expect(stdout).toMatch(/^ {2}assumed: driver of network network is /m);
    const { model } = await view('--windows', '1607', '--driver', 'nat', '--isolation', 'process');
    expect(model).toMatchObject({ windows: { build: 14393 }, assumed: [] });
  });

  it.each([
    [['--windows', 'xp'], 'unknown-windows'],
    [['--driver', 'moon'], 'unknown-driver'],
    [['--isolation', 'moon'], 'unknown-isolation'],
    [['--endpoint', 'web=10.0.0.300'], 'bad-address'],
  ])('refuses %j', async (args, code) => {
    const run = await portacl(['host', ...args]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain(code);
  });
});

describe('a host description that is not one', () => {
  it.concurrent.each<[string, string, RegExp]>([
    ['nothing', '', /^host\.yaml:1:1 not-yaml /],
    ['a comment', '# nothing\n', /^host\.yaml:1:1 not-yaml /],
    ['a list', '- 1\n', /^host\.yaml:1:1 bad-host-description .*expected object/],
    ['a text', 'hello\n', /^host\.yaml:1:1 bad-host-description /],
    [
      'two documents',
      'windows: ws2022\n---\nwindows: ws2019\n',
      /^host\.yaml:2:1 not-yaml .*several/,
    ],
    ['anchors', 'a: &a [1]\nb: [*a,*a,*a]\n', /^host\.yaml:1:7 not-yaml .*the anchor &a/],
    ['a tag', 'windows: !!js/function "x"\n', /^host\.yaml:1:\d+ not-yaml /],
    ['a tab', 'networks:\n\t- name: x\n', /^host\.yaml:2:1 not-yaml .*Tabs/],
    ['a name twice', 'windows: ws2022\nwindows: ws2019\n', /^host\.yaml:2:1 duplicate-key /],
    [
      'an unknown key',
      'windos: ws2022\n',
      /^host\.yaml:1:1 bad-host-description .*Did you mean windows/,
    ],
    ['prototype keys', '__proto__: {}\n', /^host\.yaml:1:1 bad-host-description .*"__proto__"/],
    ['words every object has', 'windows: constructor\n', /^host\.yaml:1:10 unknown-windows /],
    ['a huge number', 'windows: 1e308\n', /^host\.yaml:1:10 unknown-windows /],
    [
      'a negative timer',
      'options: {timers: {hostUdp: -1}}\n',
      /^host\.yaml:1:29 bad-host-description /,
    ],
    [
      'a timer of 1e308',
      'options: {timers: {hostUdp: 1e308}}\n',
      /^host\.yaml:1:29 bad-host-description /,
    ],
    [
      'a timer of nothing',
      'options: {timers: {hostUdp: 1e-300}}\n',
      /^host\.yaml:1:29 bad-host-description /,
    ],
    [
      'a timer that is no number',
      'options: {timers: {hostUdp: .nan}}\n',
      /^host\.yaml:1:29 bad-host/,
    ],
    ['brackets', '['.repeat(100_000), /^host\.yaml:1:\d+ document-limit .*nested deeper/],
    ['UTF-16 without mark', 'w\0i\0n\0d\0', /^host\.yaml:1:1 not-json .*UTF-16LE without mark/],
    ['control characters', 'windows: "\\e[2J\\x9b2J"\n', /^host\.yaml:1:10 unknown-windows /],
    [
      'a missing policy',
      'endpoints: [{name: a, policies: [none.json]}]\n',
      /^host\.yaml:1:34 file-not-found none\.json/,
    ],
  ])('%s is one located error', async (name, text, message) => {
    const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
    const cwd = await mkdtemp(folder.at('case-'));
    await writeFile(`${cwd}/host.yaml`, text);
    const { code, stdout, stderr } = await portacl(['host', '--host', 'host.yaml'], { cwd });
    await rm(cwd, { recursive: true });
    expect({ name, code, stdout }).toEqual({ name, code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    // eslint-disable-next-line no-control-regex
    expect(stderr).toMatch(/^[^\u0000-\u001f\u007f-\u009f]{1,600}\n$/);
  });

  it('no is a name, not a truth value', async () => {
    const file = folder.write(
      'no.yaml',
      'networks: [{name: no, driver: nat}]\nendpoints: [{name: no, network: no}]\n',
    );
    expect((await view('--host', file)).compartments[1]).toMatchObject({
      endpoint: 'no',
      network: 'no',
    });
  });
});
