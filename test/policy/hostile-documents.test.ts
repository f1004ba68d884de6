/** Whatever stands in a document of a front end, reading it gives located findings and ends soon. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lintHost } from '../../src/lint/lint-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { policyFromText } from '../../src/policy/load.js';
import { randomOf } from '../source/random.js';

const DATA = fileURLToPath(new URL('../../../shared/data/policies/', import.meta.url));
const SEED = 20261123;

/** Documents of every front end, for checkouts without the data folder. */
const OWN: readonly string[] = [
  {
    ...{ cniVersion: '0.3.0', name: 'n', optionalFlags: { allowAclPortMapping: true } },
    plugins: [
      {
        type: 'sdnbridge',
        AdditionalArgs: [{ Name: 'EndpointPolicy', Value: { Type: 'ACL', Action: 'Allow' } }],
        runtimeConfig: { portMappings: [{ hostPort: 1, containerPort: 80, protocol: 'tcp' }] },
      },
    ],
  },
  { name: 'n', type: 'flannel', delegate: { type: 'win-bridge', policies: [] } },
  { cniVersion: '1', type: 'calico', mode: 'vxlan', policies: [{ name: 'x', value: 1 }] },
  {
    ...{ Name: 'n', Type: 'sdnbridge', Subnet: '10.0.0.0/24', InfraPrefix: '10.1.0.0/24' },
    AdditionalPolicies: [{ Type: 'ACL', Settings: { Priority: 3000, Action: 'Allow' } }],
  },
  {
    services: {
      web: {
        ...{ ports: ['80-81:80-81', { target: 80, published: '90' }], isolation: 'hyperv' },
        networks: { front: { ipv4_address: '10.0.0.5' } },
      },
    },
    networks: { front: { driver: 'nat', external: false } },
  },
  { Provider: 'p', Rules: [{ Name: 'r', Rule: { Id: 'a', Priority: 1, RuleType: 'Switch' } }] },
  {
    ...{ ID: 'l', HostComputeEndpoints: ['e'], FrontendVIPs: ['10.96.0.1'] },
    PortMappings: [{ Protocol: 6, InternalPort: 80, ExternalPort: 80, DistributionType: 1 }],
  },
  {
    References: ['/endpoints/e'],
    Policies: [{ Type: 'ELB', Protocol: 6, InternalPort: 80, ExternalPort: 80, VIPs: ['::1'] }],
  },
].map((document) => JSON.stringify(document, null, 1));

const real = existsSync(DATA)
  ? readdirSync(DATA)
      .filter((name) => /^(?:cni|hns)/.test(name))
      .sort()
      .map((name) => readFileSync(path.join(DATA, name), 'utf8'))
  : [];

const PIECES = [
  'null',
  '{}',
  '[]',
  '""',
  '1e308',
  '"@{a=b}"',
  'true',
  '"{{X}}"',
  '-1',
  '"10.0.0.0/33"',
];

/** A text with one thing changed: a value, a cut, bytes swapped, a piece doubled. */
function mutated(text: string, random: (below: number) => number): string {
  const at = random(text.length);
  const length = random(40);
  switch (random(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    default: {
      // Some value becomes another, which keeps the text JSON.
      const values = [...text.matchAll(/: *("(?:[^"\\]|\\.)*"|[\d.]+|true|false)/g)];
      const value = values[random(values.length)];
      if (value === undefined) return text;
      const from = value.index + value[0].length - value[1]!.length;
      return (
        text.slice(0, from) + PIECES[random(PIECES.length)]! + text.slice(from + value[1]!.length)
      );
    }
  }
}

function expectLocated(text: string, strict: boolean, told: string): void {
  expect(() => {
    const documents = [policyFromText(text, 'hostile.json', { strict })];
    const { host, diagnostics } = normaliseHost({ documents, strict });
    if (host !== null) lintHost(host);
    for (const { code, location, message } of diagnostics) {
      if (code === 'too-many-diagnostics') continue;
      if (message === '' || location.file === '') throw new Error(`without a place: ${message}`);
      if (location.file === 'hostile.json' && location.line < 1) throw new Error('without a line');
    }
  }, told).not.toThrow();
}

describe.each([
  ['of our own', OWN],
  ['of the data folder', real],
])('documents %s', (_, texts) => {
  it.skipIf(texts.length === 0)('changed at random give located findings only', () => {
    const random = randomOf(SEED);
    for (let i = 0; i < 1500; i++) {
      let text = texts[random(texts.length)]!;
      for (let changes = 1 + random(3); changes > 0; changes--) text = mutated(text, random);
      expectLocated(text, random(2) === 0, `seed ${SEED}, document ${i}: ${text}`);
    }
  });
});

it('random bytes give located findings only', () => {
  const random = randomOf(SEED);
  for (let i = 0; i < 1500; i++) {
    const text = Array.from({ length: random(80) }, () => String.fromCharCode(random(256))).join(
      '',
    );
    expectLocated(text, true, `seed ${SEED}, text ${i}: ${JSON.stringify(text)}`);
  }
});

it('very many plug-ins, policies and rules end soon', () => {
  const begin = performance.now();
  const many = <T>(item: T): T[] => new Array<T>(20_000).fill(item);
  const item = { Name: 'EndpointPolicy', Value: { Type: 'Nothing' } };
  for (const document of [
    { cniVersion: '1', plugins: many({ type: 'nat', AdditionalArgs: [item] }) },
    { cniVersion: '1', type: 'nat', AdditionalArgs: many(item) },
    { Provider: 'p', Rules: many({ Rule: { Id: 'a' } }) },
    many({ cniVersion: '1', type: 'x' }),
  ]) {
    expectLocated(JSON.stringify(document), true, 'many');
  }
  // Far above what it takes, also on a machine that does other things.
  expect(performance.now() - begin).toBeLessThan(60_000);
});
