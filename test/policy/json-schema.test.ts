/** The published JSON Schemas say what the readers take. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { exampleHostDescription } from '../../src/host-description/example.js';
import { hostDescriptionFromText } from '../../src/host-description/load.js';
import { hostJsonSchema } from '../../src/host-description/schema.js';
import { lintHost } from '../../src/lint/lint-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { DEFAULT_OPTIONS } from '../../src/normalise/options.js';
import { hnsJsonSchema } from '../../src/policy/json-schema.js';
import { policyFromValue } from '../../src/policy/load.js';
import { toValue } from '../../src/source/source-node.js';
import { readYaml } from '../../src/source/yaml.js';
import { randomOf } from '../source/random.js';

const published = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8'));

const conditions = {
  Protocols: '6',
  LocalAddresses: '10.0.0.1',
  RemoteAddresses: '',
  LocalPorts: '80',
  RemotePorts: '',
};
const words = { Action: 'Allow', Direction: 'In', RuleType: 'Switch', Priority: 200 };
const aclV1 = {
  Type: 'ACL',
  Id: 'a',
  ...words,
  ...conditions,
  Protocol: 6,
  LocalPort: 80,
  Scope: 0,
};
const aclV2 = { Type: 'ACL', Settings: { Id: 'a', ...words, ...conditions } };
const tierRule = { Id: 'r', TierAclRuleAction: 'Pass', ...conditions, Priority: 100 };
const tier = { Name: 't', Direction: 'Out', Order: 1, TierAclRules: [tierRule] };
const set = { Id: 's', Name: 's', PolicyType: 'IPSET', Values: '10.0.0.1' };
const mapping = { Protocol: 'TCP', InternalPort: 80, ExternalPort: 8080 };

const DOCUMENTS: readonly unknown[] = [
  aclV1,
  [aclV1, aclV2, { Type: 'ACL' }],
  { Policies: [aclV2] },
  { ResourceType: 'Policy', RequestType: 'Add', Settings: { Policies: [aclV1] } },
  [
    { Type: 'TierAcl', Settings: tier },
    { Type: 'TierAcl', ...tier },
  ],
  [
    { Type: 'SetPolicy', Settings: set },
    { Type: 'SetPolicy', ...set, PolicyType: 1 },
  ],
  [
    { Type: 'NAT', ...mapping },
    { Type: 'PortMapping', Settings: { ...mapping, Protocol: 6 } },
  ],
  [
    { Type: 'OutBoundNAT', Settings: { Exceptions: [] } },
    { Type: 'QOS', Anything: 1 },
  ],
  {
    ...{ ID: 'i', Name: 'e', VirtualNetwork: 'n', VirtualNetworkName: 'n', IPAddress: '10.0.0.1' },
    ...{ MacAddress: '00-15-5D-01-02-03', IsRemoteEndpoint: false, Policies: [aclV1], Other: 1 },
  },
  {
    ...{ ID: 'i', HostComputeNetwork: 'n', Flags: 0, Policies: aclV2 },
    IpConfigurations: [{ IpAddress: '10.0.0.1', PrefixLength: 24 }],
  },
  { ID: 'n', Name: 'n', Type: 'L2Bridge', Ipams: [], Policies: [{ Type: 'SetPolicy', ...set }] },
  { Name: 'n', Type: 'nat', Subnets: [], Policies: [] },
  {
    ...{ ID: 'i', HostComputeEndpoints: ['e'], FrontendVIPs: ['10.96.0.1'], Flags: 1 },
    ...{ SourceVIP: '10.0.0.2', SchemaVersion: { Major: 2, Minor: 0 } },
    PortMappings: [{ Protocol: 6, InternalPort: 80, ExternalPort: 80, DistributionType: 0 }],
  },
  {
    References: ['/endpoints/e'],
    Policies: [
      { Type: 'ELB', Protocol: 6, InternalPort: 80, ExternalPort: 80, VIPs: ['10.96.0.1'] },
      { Type: 'QOS', Anything: 1 },
    ],
  },
];

const VALUES: readonly unknown[] = [
  '',
  'x',
  'allow',
  7,
  true,
  null,
  {},
  [],
  ['x'],
  'ACL',
  'In',
  256,
];

/** One thing about a copy of the document changed: a name, a value, or a member left out. */
function mutated(document: unknown, random: (below: number) => number): unknown {
  const copy = structuredClone(document);
  const objects: Record<string, unknown>[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) objects.push(value as Record<string, unknown>);
    Object.values(value).forEach(collect);
  };
  collect(copy);
  const object = objects[random(objects.length)]!;
  const names = Object.keys(object);
  const name = names[random(names.length)] ?? 'Nothing';
  const value = object[name];
  switch (random(4)) {
    case 0:
      Reflect.deleteProperty(object, name);
      break;
    case 1:
      Reflect.deleteProperty(object, name);
      object[random(2) === 0 ? name.toLowerCase() : `${name}s`] = value;
      break;
    case 2:
      object['Surprise'] = 1;
      break;
    default:
      object[name] = VALUES[random(VALUES.length)];
  }
  return copy;
}

describe('the schema of documents of the service', () => {
  const schema = z.fromJSONSchema(published('hns') as Parameters<typeof z.fromJSONSchema>[0]);
  const taken = (document: unknown): boolean => schema.safeParse(document).success;
  /** Those of reading, and fields whose absence is found later. */
  const errorsOf = (document: unknown): string[] => {
    const read = policyFromValue(document, 'document', { strict: true });
    const platform = { windows: 'ws2025', driver: 'l2bridge', isolation: 'process' };
    const { diagnostics } = normaliseHost({ documents: [read], strict: true, platform });
    return diagnostics
      .filter((each) => read.diagnostics.includes(each) || each.code === 'missing-field')
      .filter(({ severity }) => severity === 'error')
      .map(({ code, location }) => `${code} ${location.path}`);
  };
  /**
   * What no schema can tell: names in another case, of objects whose unknown fields are passed over
   * or that become another document by them; and members beside a list, which are passed over.
   */
  const isBeyond = (document: unknown, errors: readonly string[]): boolean => {
    const names = Object.keys(document as object);
    if (names.includes('type')) return true;
    if ((document as { Type?: unknown }).Type === 'ACL' && names.includes('Policies')) return true;
    if (errors.length === 0) {
      const beside = ['Surprise', 'references', 'Referencess'];
      return names.includes('Policies') && names.some((name) => beside.includes(name));
    }
    return errors.every((error) => /^unknown-field (?:.*\.)?[a-z]+$/.test(error));
  };

  it('is generated from the tables of the readers', () => {
    expect(published('hns')).toEqual(JSON.parse(JSON.stringify(hnsJsonSchema())));
  });

  it.each(DOCUMENTS.map((document) => [JSON.stringify(document).slice(0, 60), document]))(
    'takes what strict reading takes: %s',
    (_, document) => {
      expect([errorsOf(document), taken(document)]).toEqual([[], true]);
    },
  );

  it('refuses what strict reading refuses of mutated documents', () => {
    const seed = 20260310;
    const random = randomOf(seed);
    const counts = { taken: 0, refused: 0 };
    for (let i = 0; i < 4000; i++) {
      const document = mutated(DOCUMENTS[random(DOCUMENTS.length)], random);
      const errors = errorsOf(document);
      if (isBeyond(document, errors)) continue;
      counts[errors.length === 0 ? 'taken' : 'refused']++;
      const told = `seed ${seed}, document ${i}: ${JSON.stringify(document)}: ${errors.join()}`;
      expect(taken(document), told).toBe(errors.length === 0);
    }
    expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(500);
  });
});

describe('the schema and the example of host descriptions', () => {
  const schema = z.fromJSONSchema(published('host') as Parameters<typeof z.fromJSONSchema>[0]);
  const value = (text: string): unknown => toValue(readYaml({ name: 'host.yaml', text }).root);
  const example = exampleHostDescription();

  it('is generated from the form the reader checks', () => {
    expect(published('host')).toEqual(JSON.parse(JSON.stringify(hostJsonSchema())));
  });

  /** The comments that are YAML, taken for it. */
  const withOptions = example.slice(0, example.indexOf('# Choices')).concat(
    example
      .slice(example.indexOf('# options:'))
      .split('\n')
      .map((line) => line.replace(/^# /, ''))
      .join('\n'),
  );

  it.each([
    ['as it stands', example],
    ['with its options', withOptions],
  ])('take the example %s, without a word', (_, text) => {
    expect(schema.safeParse(value(text)).success).toBe(true);
    const description = hostDescriptionFromText(text, 'host.yaml', { strict: true });
    const { host, diagnostics } = normaliseHost({ documents: [], description, strict: true });
    expect(diagnostics).toEqual([]);
    expect(lintHost(host!)).toEqual([]);
    expect(host!.options).toEqual(DEFAULT_OPTIONS);
  });

  it('name every field of networks, endpoints and containers', () => {
    // What the firewall is told stands in docs/semantics/firewall.md.
    const ofFirewall = /^(?:edgeTraversed|firewall|host|interface\w*|prefixes|processes|profile)$/;
    const names = (each: object): string[] =>
      Object.entries((each as { properties?: Record<string, object> }).properties ?? {})
        .filter(([name]) => !ofFirewall.test(name))
        .flatMap(([name, field]) => [name, ...names((field as { items?: object }).items ?? {})]);
    const all = names(published('host') as object);
    expect(all.length).toBeGreaterThan(18);
    expect(all.filter((name) => !new RegExp(`\\b${name}:`).test(example))).toEqual([]);
  });

  it('refuse a field there is not', () => {
    expect(schema.safeParse({ windows: 'ws2022', networs: [] }).success).toBe(false);
    expect(schema.safeParse({ windows: 'ws2022', networks: [] }).success).toBe(true);
  });
});
