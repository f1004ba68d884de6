/** Lints that need addresses or ports of endpoints: each with a case that has it and one that has not. */
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.js';
import { hostDescriptionFromValue } from '../../src/host-description/load.js';
import { lintHost } from '../../src/lint/lint-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { acl } from '../policy/reading.js';

interface Written {
  readonly windows?: string;
  readonly driver?: string;
  readonly node?: readonly string[];
  readonly options?: object;
  /** Of the endpoint `web`. */
  readonly addresses?: readonly string[];
  readonly ports?: readonly string[];
  readonly policies?: readonly unknown[];
  /** Other endpoints. */
  readonly others?: readonly object[];
}

function codesOf(written: Written): (readonly [ErrorCode, string | undefined])[] {
  const { windows = 'ws2022', driver = 'l2bridge', node = [], options = {}, others = [] } = written;
  const { addresses = ['10.0.0.5'], ports = [], policies = [] } = written;
  const web = { name: 'web', isolation: 'process', addresses, ports, policies };
  const value = {
    ...{ windows, addresses: node, options },
    networks: [{ name: 'net', driver }],
    endpoints: [web, ...others.map((other) => ({ isolation: 'process', ...other }))],
  };
  const description = hostDescriptionFromValue(value, 'host', { strict: true });
  const { host, diagnostics } = normaliseHost({ documents: [], description, strict: true });
  if (host === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return lintHost(host).map(({ code, rule }) => [code, rule] as const);
}

const open = (direction: 'In' | 'Out'): unknown =>
  acl({ Id: `all-${direction}`, Direction: direction, Priority: 65500 });
const PAIR = [open('In'), open('Out')];
const block = (fields: Record<string, unknown>): unknown => acl({ Action: 'Block', ...fields });
const METADATA = { Direction: 'Out', RemoteAddresses: '169.254.169.254' };
const WIRE = { Direction: 'Out', RemoteAddresses: '168.63.129.16', Protocols: '6' };
const nat = (...Exceptions: string[]): object => ({
  Type: 'OutBoundNAT',
  Settings: { Exceptions },
});

describe.each<[ErrorCode, string, Written, string | undefined, Written]>([
  [
    'node-blocked',
    'everything inbound is blocked',
    { policies: [block({ Priority: 65500, Protocols: '256' }), open('Out')] },
    undefined,
    { policies: [block({ Priority: 300, Protocols: '6', LocalPorts: '22' }), ...PAIR] },
  ],
  [
    'node-blocked',
    'the rules allow others than the node',
    { node: ['10.0.0.1'], policies: [acl({ RemoteAddresses: '10.0.1.0/24' }), open('Out')] },
    undefined,
    { node: ['10.0.0.1'], policies: [acl({ RemoteAddresses: '10.0.0.0/24' }), open('Out')] },
  ],
  [
    'node-blocked',
    'a Block stands before the Allow',
    {
      node: ['10.0.0.1'],
      policies: [
        block({ Priority: 100, RemoteAddresses: '10.0.0.1' }),
        acl({ RemoteAddresses: '10.0.0.0/24' }),
      ],
    },
    undefined,
    {
      node: ['10.0.0.1'],
      policies: [
        block({ Priority: 300, RemoteAddresses: '10.0.0.1' }),
        acl({ RemoteAddresses: '10.0.0.0/24' }),
      ],
    },
  ],
  [
    'platform-address-open',
    'of two services one is blocked',
    { policies: [block(METADATA), ...PAIR] },
    undefined,
    {
      policies: [
        block(METADATA),
        block({ ...WIRE, RemotePorts: '80' }),
        block({ ...WIRE, RemotePorts: '32526' }),
        ...PAIR,
      ],
    },
  ],
  [
    'platform-address-open',
    'one port of the wire server is forgotten',
    { policies: [block(METADATA), block({ ...WIRE, RemotePorts: '80' }), ...PAIR] },
    undefined,
    // Nothing is filtered: nobody meant to.
    { policies: PAIR },
  ],
  [
    'ipv6-not-filtered',
    'two families, one of them blocked',
    {
      addresses: ['10.0.0.5', 'fd00::5'],
      policies: [block({ Direction: 'Out', RemoteAddresses: '10.0.0.0/8' }), ...PAIR],
    },
    undefined,
    {
      addresses: ['10.0.0.5', 'fd00::5'],
      policies: [
        block({ Direction: 'Out', RemoteAddresses: '10.0.0.0/8' }),
        block({ Direction: 'Out', RemoteAddresses: 'fd00::/8' }),
        ...PAIR,
      ],
    },
  ],
  [
    'ipv6-not-filtered',
    'also without any Allow for one address only',
    { addresses: ['fd00::5'], policies: [block({ RemoteAddresses: '10.0.0.1' }), ...PAIR] },
    undefined,
    { addresses: ['10.0.0.5'], policies: [block({ RemoteAddresses: '10.0.0.1' }), ...PAIR] },
  ],
  [
    'translated-source',
    'a peer whose packets carry the address of the host',
    {
      policies: [acl({ Id: 'peer', RemoteAddresses: '10.0.0.6' }), open('Out')],
      others: [{ name: 'peer', addresses: ['10.0.0.6'], policies: [nat('192.168.0.0/16')] }],
    },
    'peer',
    {
      policies: [acl({ Id: 'peer', RemoteAddresses: '10.0.0.6' }), open('Out')],
      others: [{ name: 'peer', addresses: ['10.0.0.6'], policies: [nat('10.0.0.0/24')] }],
    },
  ],
  [
    'judged-on-internal-port',
    'a rule for the port of the host',
    {
      driver: 'nat',
      ports: ['8080:80'],
      policies: [acl({ Id: 'web', Protocols: '6', LocalPorts: '8080' })],
    },
    'web',
    {
      driver: 'nat',
      ports: ['8080:80'],
      policies: [acl({ Id: 'web', Protocols: '6', LocalPorts: '80' })],
    },
  ],
  [
    'judged-on-internal-port',
    'of two mappings the one that is meant',
    {
      driver: 'nat',
      ports: ['8080:80', '53:5353/udp'],
      policies: [acl({ Id: 'dns', Protocols: '17', LocalPorts: '53' })],
    },
    'dns',
    {
      driver: 'nat',
      ports: ['8080:80', '80:8080'],
      policies: [acl({ Id: 'web', Protocols: '6', LocalPorts: '8080' })],
    },
  ],
  [
    'stage-has-no-effect',
    'Host rules while the firewall is off',
    { options: { hostFirewall: 'off' }, policies: [acl({ Id: 'h', RuleType: 'Host' }), ...PAIR] },
    'h',
    { options: { hostFirewall: 'off' }, policies: PAIR },
  ],
  [
    'vfp-missing',
    'VFP on a client edition',
    { windows: 'Windows 11 23H2' },
    undefined,
    { windows: 'Windows 11 23H2', driver: 'nat' },
  ],
])('%s', (code, title, has, rule, hasNot) => {
  it(`has it: ${title}`, () => {
    expect(codesOf(has)).toContainEqual([code, rule]);
  });
  it('has it not', () => {
    expect(codesOf(hasNot).map(([c]) => c)).not.toContain(code);
  });
});
