/** Builds NormalisedHost values directly, so that the oracle's tests need no front end. */
import type {
  AddressRange,
  AddressSet,
  Conditions,
  Direction,
  HostStage,
  IpAddressValue,
  NormalisedEndpoint,
  NormalisedHost,
  NormalisedRule,
  PortMappingAllow,
  PortRange,
  RuleAction,
  RuleId,
  RuleList,
  SemanticOptions,
  Stage,
  SwitchStage,
} from '../../src/normalise/normalised-host.js';
import type { Driver, Isolation } from '../../src/platform/platform.js';
import { readAddress } from './packet.js';

/** Source: SEMANTICS.md 5.1 and NormalisedHost's own comments. */
export const DEFAULT_OPTIONS: SemanticOptions = {
  tieBreak: 'block-first',
  implicitDeny: 'both',
  networkAcl: 'off',
  setNameDirection: 'source-destination',
  emptyNestedSet: 'by-build',
  hostFirewall: 'on',
  hostAclOrder: 'firewall',
  midstream: 'adopt',
  neighborDiscovery: 'exempt',
  icmpErrors: 'flow',
  flowsOfDropped: 'none',
  invalidTcp: 'drop',
  unknownConditions: 'no-match',
  onPolicyChange: 'keep',
  hostRules: 'apply',
  shielded: 'block',
  sameId: 'union',
  plainTraffic: 'no-match',
  localSubnet: 'unicast',
  hardening: 'apply',
  dhcpAnswers: 'always',
  flowsWhileOff: 'none',
  encapsulation: 'off',
  outboundNat: 'off',
  otherProtocolReplies: 'allow',
  legacyInboundExceptions: 'off',
  flowLimit: 1_048_576,
  flowLimits: { halfOpen: 2 ** 32 - 1, tcp: 2 ** 32 - 1, udp: 2 ** 32 - 1, other: 2 ** 32 - 1 },
  timers: {
    switchFlow: 240,
    switchHalfOpen: 240,
    switchTimeWait: 240,
    switchReset: 5,
    hostUdp: 60,
    hostIcmp: 60,
    hostMulticast: 4,
    hostHalfOpen: 21,
    hostTimeWait: 120,
  },
};

/** An ACL in an author's words: local is the container, remote the peer. */
export interface AclSpec {
  readonly name: string;
  readonly stage?: Stage;
  readonly direction: Direction;
  readonly action: RuleAction;
  readonly priority?: number;
  readonly protocols?: readonly number[];
  readonly local?: readonly string[];
  readonly remote?: readonly string[];
  readonly localPorts?: readonly (number | readonly [number, number])[];
  readonly remotePorts?: readonly (number | readonly [number, number])[];
}

export interface TierSpec {
  readonly name: string;
  readonly acls: readonly AclSpec[];
}

export interface EndpointSpec {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly network?: number;
  readonly isolation?: Isolation;
  readonly acls?: readonly AclSpec[];
  /** In ascending order; asked before the ACLs, on the switch stage. */
  readonly tiers?: readonly TierSpec[];
  readonly mappings?: readonly PortMappingAllow[];
}

export interface HostSpec {
  readonly build?: number;
  readonly drivers?: readonly Driver[];
  readonly options?: Partial<SemanticOptions>;
  readonly endpoints: readonly EndpointSpec[];
}

export function addressRange(text: string): { family: 4 | 6; range: AddressRange } {
  const [address = '', length] = text.split('/');
  const { family, value } = readAddress(address);
  const bits = family === 4 ? 32 : 128;
  const span = 1n << BigInt(bits - Number(length ?? bits));
  const from = (value / span) * span;
  return { family, range: { from, to: from + span - 1n } };
}

/** Sorted, disjoint and merged, as NormalisedHost promises. */
export function mergeRanges<T extends bigint | number>(
  ranges: readonly { readonly from: T; readonly to: T }[],
): { from: T; to: T }[] {
  const sorted = [...ranges].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const merged: { from: T; to: T }[] = [];
  for (const { from, to } of sorted) {
    const last = merged.at(-1);
    // Adjacent ranges are one range.
    if (last && BigInt(from) <= BigInt(last.to) + 1n) last.to = to > last.to ? to : last.to;
    else merged.push({ from, to });
  }
  return merged;
}

export function addressSet(items: readonly string[]): AddressSet {
  const read = items.map(addressRange);
  const of = (family: 4 | 6): AddressRange[] =>
    mergeRanges(read.filter((item) => item.family === family).map(({ range }) => range));
  return { ipv4: of(4), ipv6: of(6) };
}

function portSet(items: readonly (number | readonly [number, number])[]): PortRange[] {
  return mergeRanges(
    items.map((item) =>
      typeof item === 'number' ? { from: item, to: item } : { from: item[0], to: item[1] },
    ),
  );
}

function conditionsOf(acl: AclSpec): Conditions {
  const local = acl.local ? addressSet(acl.local) : null;
  const remote = acl.remote ? addressSet(acl.remote) : null;
  const localPorts = acl.localPorts ? portSet(acl.localPorts) : null;
  const remotePorts = acl.remotePorts ? portSet(acl.remotePorts) : null;
  const protocols = acl.protocols ? [...acl.protocols].sort((a, b) => a - b) : null;
  return acl.direction === 'in'
    ? {
        protocols,
        source: remote,
        destination: local,
        sourcePorts: remotePorts,
        destinationPorts: localPorts,
      }
    : {
        protocols,
        source: local,
        destination: remote,
        sourcePorts: localPorts,
        destinationPorts: remotePorts,
      };
}

/** Lower priority first, Block before Allow, then as written (SEMANTICS.md 4.2). */
function switchOrder(rules: readonly NormalisedRule[]): RuleId[] {
  const rank = ({ action }: NormalisedRule): number => (action === 'allow' ? 1 : 0);
  return [...rules]
    .sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0) || rank(a) - rank(b) || a.id - b.id)
    .map(({ id }) => id);
}

/** Block wins over any Allow (SEMANTICS.md 4.3). */
function hostOrder(rules: readonly NormalisedRule[]): RuleId[] {
  const blocks = rules.filter(({ action }) => action === 'block');
  const allows = rules.filter(({ action }) => action === 'allow');
  return [...blocks, ...allows].map(({ id }) => id);
}

export function buildHost(spec: HostSpec): NormalisedHost {
  const rules: NormalisedRule[] = [];
  const build = spec.build ?? 20348;
  const addRule = (acl: AclSpec, stage: Stage): NormalisedRule => {
    const rule: NormalisedRule = {
      id: rules.length as RuleId,
      name: acl.name,
      stage,
      direction: acl.direction,
      action: acl.action,
      priority: acl.priority ?? null,
      conditions: conditionsOf(acl),
      location: { file: '<test>', line: 1, column: 1, path: '' },
    };
    rules.push(rule);
    return rule;
  };

  const switchStage = (endpoint: EndpointSpec): SwitchStage => {
    const tiers = (endpoint.tiers ?? []).map((tier) => ({
      name: tier.name,
      rules: tier.acls.map((acl) => addRule(acl, 'switch')),
    }));
    const acls = (endpoint.acls ?? [])
      .filter(({ stage }) => stage !== 'host')
      .map((acl) => addRule(acl, 'switch'));
    if (tiers.length === 0 && acls.length === 0) return { kind: 'no-acl-layer' };
    const lists = (direction: Direction): RuleList[] =>
      [...tiers, { name: null, rules: acls }].map((list) => ({
        tier: list.name,
        rules: switchOrder(list.rules.filter((rule) => rule.direction === direction)),
      }));
    return {
      kind: 'acl',
      in: lists('in'),
      out: lists('out'),
      implicitDeny: { in: true, out: true },
    };
  };

  const hostStage = (endpoint: EndpointSpec): HostStage => {
    const acls = (endpoint.acls ?? [])
      .filter(({ stage }) => stage === 'host')
      .map((acl) => addRule(acl, 'host'));
    if (endpoint.isolation === 'hyperv') return { kind: 'guest-default-allow' };
    const mappings = endpoint.mappings ?? [];
    if (acls.length === 0) {
      return build >= 16299
        ? {
            kind: 'container-defaults',
            inboundProtocols: [1, 2, 6, 17, 58],
            inboundExceptions: [],
            inboundDeny: 'default-deny-other-protocol',
            mappings,
            outboundFlows: null,
          }
        : {
            kind: 'container-defaults',
            inboundProtocols: [],
            inboundExceptions: [],
            inboundDeny: 'default-deny-inbound',
            mappings,
            outboundFlows: null,
          };
    }
    const list = (direction: Direction): RuleId[] =>
      hostOrder(acls.filter((rule) => rule.direction === direction));
    return {
      kind: 'acl',
      in: list('in'),
      out: list('out'),
      implicitDeny: { in: true, out: true },
      mappings,
    };
  };

  const endpoints = spec.endpoints.map((endpoint, index): NormalisedEndpoint => ({
    name: endpoint.name,
    network: endpoint.network ?? 0,
    isolation: endpoint.isolation ?? 'process',
    owner: null,
    containers: [],
    published: [],
    outboundNat: null,
    compartment: index + 2,
    addresses: endpoint.addresses.map((text): IpAddressValue => readAddress(text)),
    mac: null,
    broadcasts: [],
    switchStage: switchStage(endpoint),
    hostStage: hostStage(endpoint),
  }));
  return {
    assumptions: [],
    addresses: [],
    windows: { name: `build ${build}`, build },
    options: { ...DEFAULT_OPTIONS, ...spec.options },
    networks: (spec.drivers ?? ['l2bridge']).map((driver, index) => ({
      name: `network${index}`,
      driver,
      vni: null,
    })),
    endpoints,
    rules,
  };
}

/** One endpoint `pod` at 10.1.0.5 on L2Bridge, process isolation, build 20348. */
export function podHost(
  acls: readonly AclSpec[],
  more: Omit<HostSpec, 'endpoints'> & { readonly endpoint?: Partial<EndpointSpec> } = {},
): NormalisedHost {
  const { endpoint, ...host } = more;
  return buildHost({
    ...host,
    endpoints: [{ name: 'pod', addresses: ['10.1.0.5', 'fd00::5'], acls, ...endpoint }],
  });
}
