/** The faithful Calico compiler against the tables of Calico's own unit tests. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { flattenTiers } from '../../../src/kubernetes/calico/flatten.js';
import { newRule, PROTOCOL_ANY, type HnsAcl } from '../../../src/kubernetes/calico/hns-acl.js';
import { tierRules } from '../../../src/kubernetes/calico/policy-set.js';
import { ruleAcls, type CalicoRule, type PortSpan } from '../../../src/kubernetes/calico/rule.js';

const FILE = fileURLToPath(
  new URL('../../../../shared/data/vectors/calico-hns-acl.json', import.meta.url),
);

interface SpanJson {
  readonly First: number;
  readonly Last: number;
}
interface RuleJson {
  readonly Action: string;
  readonly RuleId?: string;
  readonly IpVersion?: number;
  readonly Protocol?: {
    readonly NumberOrName: { readonly Name?: string; readonly Number?: number };
  };
  readonly SrcNet?: string[];
  readonly DstNet?: string[];
  readonly NotSrcNet?: string[];
  readonly NotDstNet?: string[];
  readonly SrcPorts?: SpanJson[];
  readonly DstPorts?: SpanJson[];
  readonly SrcIpSetIds?: string[];
  readonly DstIpSetIds?: string[];
  readonly DstIpPortSetIds?: string[];
}
interface PolicyJson {
  readonly InboundRules: RuleJson[];
  readonly OutboundRules: RuleJson[];
}
interface Case {
  readonly name: string;
  readonly ipsets?: Record<string, string[]>;
  readonly policies?: Record<string, PolicyJson | null>;
  readonly query?: {
    readonly policies: string[];
    readonly inbound: boolean;
    readonly end_of_tier_drop: boolean;
  };
  readonly static_rules?: boolean;
  readonly acls?: Partial<HnsAcl>[];
  readonly tiers?: Partial<HnsAcl>[][];
  readonly flat?: Partial<HnsAcl>[];
}

/** The two static rules of Calico's test, which its expectations begin with. */
const STATIC: readonly HnsAcl[] = [
  {
    ...newRule(true, 300),
    Id: 'MyPlatform-block-client',
    RuleType: 'Host',
    Action: 'Allow',
    Protocol: 17,
    RemoteAddresses: '10.0.0.2/32',
    RemotePorts: '90',
  },
  {
    ...newRule(false, 200),
    Id: 'MyPlatform-block-server',
    Protocol: 6,
    RemoteAddresses: '10.0.0.1/32',
    RemotePorts: '80',
  },
];

const spans = (list: SpanJson[] = []): PortSpan[] =>
  list.map(({ First, Last }) => ({ first: First, last: Last }));

function ruleOf(json: RuleJson): CalicoRule {
  const { Name, Number: number } = json.Protocol?.NumberOrName ?? {};
  const protocol = Name ?? number;
  return {
    id: json.RuleId ?? '',
    action: json.Action,
    ipVersion: json.IpVersion ?? 0,
    ...(protocol !== undefined && { protocol }),
    sourceNets: json.SrcNet ?? [],
    destinationNets: json.DstNet ?? [],
    sourceSets: json.SrcIpSetIds ?? [],
    destinationSets: json.DstIpSetIds ?? [],
    sourcePorts: spans(json.SrcPorts),
    destinationPorts: spans(json.DstPorts),
    destinationPortSets: json.DstIpPortSetIds ?? [],
    hasNegation: [json.NotSrcNet, json.NotDstNet].some((nets) => (nets ?? []).length > 0),
  };
}

function compile({
  ipsets = {},
  policies = {},
  query,
  static_rules: hasStatic,
}: Case): readonly HnsAcl[] {
  const { inbound, end_of_tier_drop: endsInBlock, policies: names } = query!;
  const members = (id: string): readonly string[] | null =>
    ipsets[id]?.length ? ipsets[id] : null;
  const rules = (name: string, list: RuleJson[], isInbound: boolean): HnsAcl[] =>
    list.flatMap((json) => {
      const acls = ruleAcls(name, ruleOf(json), isInbound, members);
      return typeof acls === 'string' ? [] : acls;
    });
  const sets = names.map((name) => {
    const policy = policies[name] ?? null;
    return (
      policy && [
        ...rules(name, policy.InboundRules, true),
        ...rules(name, policy.OutboundRules, false),
      ]
    );
  });
  return tierRules(hasStatic === true ? STATIC : [], sets, inbound, endsInBlock);
}

/** All fields, so that one that is absent is the same as one that is empty; the type is always ACL. */
const whole = (acl: Partial<HnsAcl> & { readonly Type?: string }): HnsAcl => {
  const filled = { ...newRule(true, 0), Protocol: PROTOCOL_ANY, ...acl };
  delete filled.Type;
  return filled;
};

const cases = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Case[]) : [];

describe.skipIf(cases.length === 0)('the rules Calico programs', () => {
  it.each(cases.filter(({ acls }) => acls).map((each) => [each.name, each] as const))(
    '%s',
    (_, each) => {
      expect(compile(each)).toEqual(each.acls!.map(whole));
    },
  );

  it.each(cases.filter(({ flat }) => flat).map((each) => [each.name, each] as const))(
    '%s',
    (_, each) => {
      expect(flattenTiers(each.tiers!.map((tier) => tier.map(whole)))).toEqual(
        each.flat!.map(whole),
      );
    },
  );

  it('are all of the 25', () => {
    expect(cases.length).toBe(25);
    expect(cases.filter(({ acls, flat }) => acls !== undefined || flat !== undefined).length).toBe(
      25,
    );
  });
});

describe('what Calico leaves out or gets wrong', () => {
  const RULE: CalicoRule = { id: 'r', action: 'allow' };
  const acls = (rule: Partial<CalicoRule>): readonly HnsAcl[] | string =>
    ruleAcls('p', { ...RULE, ...rule }, true, () => null);

  it.each<[string, Partial<CalicoRule>, string]>([
    ['rules for IPv6', { ipVersion: 6 }, 'ip-version'],
    ['rules with a negative match', { hasNegation: true }, 'negation'],
    ['rules with an ICMP type', { hasIcmp: true }, 'icmp'],
    ['rules with named ports', { hasNamedPorts: true }, 'named-port'],
    ['rules of IPv6 nets only', { sourceNets: ['fd00::/8'] }, 'no-ipv4-net'],
    ['rules that log', { action: 'log' }, 'log'],
    ['rules whose set is not there or empty', { sourceSets: ['s'] }, 'missing-set'],
  ])('leaves out %s', (_, rule, expected) => {
    expect(acls(rule)).toBe(expected);
    expect(acls({})).toHaveLength(1);
  });

  it('leaves out rules whose nets and sets have nothing in common', () => {
    const rule = { ...RULE, sourceNets: ['10.0.0.0/8'], sourceSets: ['s'] };
    expect(ruleAcls('p', rule, true, () => ['11.0.0.1/32'])).toBe('disjoint');
    expect(ruleAcls('p', rule, true, () => ['10.0.0.1/32'])).toMatchObject([
      { RemoteAddresses: '10.0.0.1/32' },
    ]);
  });

  it('reads a protocol name it does not know as any', () => {
    expect(acls({ protocol: 'gre' })).toMatchObject([{ Protocol: 256 }]);
    expect(acls({ protocol: 'UDP' })).toMatchObject([{ Protocol: 17 }]);
  });

  it('cuts lists into pieces of 4000 and counts them in the Id', () => {
    const sourceNets = Array.from({ length: 4001 }, (_, i) => `10.0.${i >> 8}.${i & 255}/32`);
    const made = acls({
      sourceNets,
      destinationPorts: [{ first: 80, last: 90 }],
    }) as readonly HnsAcl[];
    expect(
      made.map(({ Id, LocalPorts, RemoteAddresses }) => [
        Id,
        LocalPorts,
        RemoteAddresses.split(',').length,
      ]),
    ).toEqual([
      ['p-r-0', '80-90', 4000],
      ['p-r-1', '80-90', 1],
    ]);
  });

  it('denies by a pass that nothing follows (calico#13208)', () => {
    expect(flattenTiers([[whole({ Action: 'Pass' })]])).toEqual([whole({ Action: 'Block' })]);
  });

  it('makes a rule without common ports one for every port', () => {
    const tiers = [
      [whole({ Action: 'Pass', LocalPorts: '80' })],
      [whole({ Action: 'Allow', LocalPorts: '443' })],
    ];
    expect(flattenTiers(tiers)).toEqual([whole({ Action: 'Allow', LocalPorts: '' })]);
  });

  it('hides the tiers behind one without a pass', () => {
    const tiers = [[whole({ Action: 'Allow', Protocol: 6 })], [whole({ Action: 'Block' })]];
    expect(flattenTiers(tiers)).toEqual(tiers[0]);
  });
});
