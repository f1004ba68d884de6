import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostDescriptionFromText, loadHostDescription } from '../../src/host-description/load.js';
import { hostJsonSchema } from '../../src/host-description/schema.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { brief } from '../policy/reading.js';

const HOST = `windows: ws2022
networks:
  - name: pods
    driver: L2Bridge
endpoints:
  - name: web
    network: pods
    isolation: process
    owner: web-pod
    addresses: [10.1.0.5, "fd00::5"]
    mac: 00-15-5D-01-02-03
    compartment: 7
    ports: ["8080:80/tcp", 53]
    policies:
      - {Type: ACL, Action: Allow, Direction: In, Priority: 100, Protocols: "6", LocalPorts: "80"}
      - Type: ACL
        Settings: {Action: Block, Direction: Out, Priority: 100}
options: {tieBreak: last-wins, timers: {hostUdp: 30}}
`;

function errorsOf(text: string, name = 'host.yaml'): string[] {
  const description = hostDescriptionFromText(text, name, { strict: true });
  return normaliseHost({
    documents: [],
    description,
    strict: true,
    platform: { windows: '2022' },
  }).diagnostics.map(brief);
}

describe('a host description', () => {
  it('says all that a host is', () => {
    const description = hostDescriptionFromText(HOST, 'dir/host.yaml', { strict: true });
    const { host, diagnostics } = normaliseHost({ documents: [], description, strict: true });
    expect(diagnostics).toEqual([]);
    expect(host).toMatchObject({
      assumptions: [],
      windows: { build: 20348 },
      networks: [{ name: 'pods', driver: 'l2bridge' }],
      options: {
        tieBreak: 'last-wins',
        implicitDeny: 'both',
        timers: { hostUdp: 30, hostIcmp: 60 },
      },
      endpoints: [{ name: 'web', owner: 'web-pod', compartment: 7, mac: 0x00155d010203n }],
    });
    expect(host!.rules.map((rule) => [rule.name, rule.location.line])).toEqual([
      ['host.yaml endpoints[0].policies[0]', 15],
      ['host.yaml endpoints[0].policies[1]', 16],
    ]);
  });

  it('is the same in JSON, by the ending of its name', () => {
    expect(
      errorsOf('{"networks": [{"name": "n", "driver": "nat"}], "endpoints": []}', 'host.json'),
    ).toEqual([]);
    expect(errorsOf('networks: []', 'host.json')).toEqual(['error not-json 1:1']);
  });

  it('takes policies from files beside it, and says where a file is named that is not there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'portacl-'));
    writeFileSync(
      join(folder, 'policy.json'),
      '[{"Type":"ACL","Action":"Allow","Direction":"In","Priority":200}]',
    );
    const host = join(folder, 'host.yaml');
    writeFileSync(
      host,
      'networks: [{name: n, driver: overlay}]\nendpoints:\n  - name: a\n    policies: [policy.json, {file: none.json}]\n',
    );
    const description = loadHostDescription(host, { strict: true });
    rmSync(folder, { recursive: true });
    expect(description.diagnostics.map(brief)).toEqual([
      'error file-not-found 4:29 endpoints[0].policies[1]',
    ]);
    expect(description.endpoints[0]!.documents[0]!.policies.rules[0]!.name).toBe('policy.json[0]');
  });

  it('gives flags the last word', () => {
    const description = hostDescriptionFromText(HOST, 'host.yaml', { strict: true });
    const platform = { windows: '2019', driver: 'overlay', isolation: 'hyperv' };
    const { host } = normaliseHost({ documents: [], description, strict: true, platform });
    expect(host).toMatchObject({
      windows: { build: 17763 },
      networks: [{ driver: 'overlay' }],
      endpoints: [{ isolation: 'hyperv' }],
    });
  });

  it('has a JSON Schema for editors', () => {
    expect(hostJsonSchema()).toMatchObject({ type: 'object', additionalProperties: false });
  });
});

describe('a host description refuses', () => {
  it('names of more than 1,024 characters', () => {
    const long = 'n'.repeat(1025);
    expect(
      errorsOf(
        `networks: [{name: ${long}, driver: nat}]\nendpoints:\n  - {name: ${long}, owner: ${long}}`,
      ),
    ).toEqual([
      'error name-too-long 1:19 networks[0].name',
      'error name-too-long 3:12 endpoints[0].name',
      'error name-too-long 3:1046 endpoints[0].owner',
    ]);
  });

  it('every unknown field of an object', () => {
    expect(errorsOf('windos: 2022\nnetwroks: []\nendpoints: [{name: a, mc: 1, prts: []}]')).toEqual(
      [
        'error bad-host-description 3:23 endpoints[0].mc',
        'error bad-host-description 3:30 endpoints[0].prts',
        'error bad-host-description 1:1 windos',
        'error bad-host-description 2:1 netwroks',
      ],
    );
  });

  it.each([
    ['an unknown field', 'network: []', 'error bad-host-description 1:1 network'],
    [
      'an unknown field inside',
      'networks:\n  - name: n\n    drivr: nat\n    driver: nat',
      'error bad-host-description 3:5 networks[0].drivr',
    ],
    ['a missing field', 'networks: [{name: n}]', 'error bad-host-description 1:12 networks[0]'],
    ['a wrong type', 'endpoints: 5', 'error bad-host-description 1:12 endpoints'],
    [
      'an option outside its list',
      'options: {tieBreak: first}',
      'error bad-host-description 1:21 options.tieBreak',
    ],
    [
      'a timer that no 32 bits of milliseconds hold',
      'options: {timers: {hostUdp: 1.0e+308}}',
      'error bad-host-description 1:29 options.timers.hostUdp',
    ],
    [
      'a timer of less than a millisecond',
      'options: {timers: {switchReset: 0.0001}}',
      'error bad-host-description 1:33 options.timers.switchReset',
    ],
    ['a list at the top', '[]', 'error bad-host-description 1:1'],
    ['an unknown release', 'windows: 2021', 'error unknown-windows 1:10 windows'],
    [
      'an unknown driver',
      'networks: [{name: n, driver: l2}]',
      'error unknown-driver 1:30 networks[0].driver',
    ],
    [
      'an unknown isolation',
      'endpoints: [{name: a, isolation: vm}]',
      'error unknown-isolation 1:34 endpoints[0].isolation',
    ],
    [
      'an unknown network',
      'networks: [{name: n, driver: nat}]\nendpoints: [{name: a, network: m}]',
      'error unknown-network 2:13 endpoints[0]',
    ],
    [
      'no network where there are two',
      'networks: [{name: n, driver: nat}, {name: m, driver: nat}]\nendpoints: [{name: a}]',
      'error unknown-network 2:13 endpoints[0]',
    ],
    [
      'one name twice',
      'endpoints: [{name: a}, {name: a}]',
      'error unknown-endpoint 1:24 endpoints[1]',
    ],
    [
      'one address twice',
      'endpoints: [{name: a, addresses: [10.0.0.1]}, {name: b, addresses: [10.0.0.1]}]',
      'error unknown-endpoint 1:47 endpoints[1]',
    ],
    [
      'an address with a prefix',
      'endpoints: [{name: a, addresses: [10.0.0.1/8]}]',
      'error bad-address 1:35 endpoints[0].addresses[0]',
    ],
    [
      'a MAC address that is none',
      'endpoints: [{name: a, mac: "1"}]',
      'error bad-address 1:28 endpoints[0].mac',
    ],
    [
      'a host address before the port',
      'endpoints: [{name: a, ports: ["1.2.3.4:80:80"]}]',
      'error bad-port 1:31 endpoints[0].ports[0]',
    ],
    [
      'a range of ports for one',
      'endpoints: [{name: a, ports: ["80-90:80"]}]',
      'error bad-port 1:31 endpoints[0].ports[0]',
    ],
    [
      'a port of SCTP',
      'endpoints: [{name: a, ports: ["80/sctp"]}]',
      'error bad-port 1:31 endpoints[0].ports[0]',
    ],
    [
      'a policy that is wrong',
      'endpoints:\n  - name: a\n    policies: {Type: ACL, Action: Deny, Direction: In}',
      'error unknown-value 3:35 endpoints[0].policies.Action',
    ],
  ])('%s', (_, text, expected) => {
    expect(errorsOf(text)).toEqual([expected]);
  });
});
