/**
 * A policy document as it was written: recognised, its fields found and of the right type, its
 * words (action, direction, stage) understood, every value still with its place. What addresses,
 * ports, protocols and priorities mean is the business of src/normalise.
 */
import type { KubernetesObject } from '../kubernetes/objects.js';
import type { Diagnostic } from '../source/diagnostic.js';
import type { ObjectNode, SourceDocument, SourceNode } from '../source/source-node.js';
import type { Direction, RuleAction, Stage } from '../normalise/normalised-host.js';
import type { VfpLayer } from '../vfpctrl/vfp-layer.js';
import type { Driver, Isolation } from '../platform/platform.js';

/** HNS (1, flat) or HCN (2, with `Settings`). */
export type PolicySchema = 1 | 2;

/** Where something was written. */
export interface Written {
  readonly document: SourceDocument;
  readonly node: ObjectNode;
}

/** The conditions of a rule as values with places; null when absent or null. */
export interface WrittenConditions {
  /** v1 number. */
  readonly protocol: SourceNode | null;
  readonly protocols: SourceNode | null;
  readonly localAddresses: SourceNode | null;
  readonly remoteAddresses: SourceNode | null;
  /** v1 number. */
  readonly localPort: SourceNode | null;
  readonly localPorts: SourceNode | null;
  /** v1 number. */
  readonly remotePort: SourceNode | null;
  readonly remotePorts: SourceNode | null;
  /** v1 number, early form of the local port. */
  readonly internalPort: SourceNode | null;
}

/** An ACL, or one rule of a tier. */
export interface WrittenRule extends Written {
  readonly schema: PolicySchema;
  /** `Id`, or the document's base name and path. */
  readonly name: string;
  /** Whether the name is the author's. */
  readonly hasId: boolean;
  readonly action: RuleAction;
  readonly direction: Direction;
  /** Null when not given: by driver. */
  readonly ruleType: Stage | null;
  readonly conditions: WrittenConditions;
  readonly priority: SourceNode | null;
}

export interface WrittenTier extends Written {
  readonly name: string;
  readonly direction: Direction;
  readonly order: number;
  readonly rules: readonly WrittenRule[];
}

/** A `SetPolicy` of a network. */
export interface WrittenSet extends Written {
  readonly id: string;
  readonly type: 'IPSET' | 'NESTEDIPSET';
  /** The node of `Values`; null when absent. */
  readonly values: SourceNode | null;
}

/** A v1 `NAT` or v2 `PortMapping` policy: a published port. */
export interface WrittenMapping extends Written {
  readonly protocol: SourceNode | null;
  readonly internalPort: SourceNode | null;
  readonly externalPort: SourceNode | null;
  /** v2 `VIP` and `Flags`, for telling mappings of one port apart. */
  readonly vip: string;
  readonly flags: number;
}

/** A port of a load balancer; `vip` and `flags` stand with the balancer and decide nothing here. */
export interface WrittenBalancerPort extends WrittenMapping {
  readonly distribution: SourceNode | null;
}

/** A service and the endpoints behind it. */
export interface WrittenBalancer extends Written {
  readonly name: string;
  /** Texts that refer to endpoints. */
  readonly endpoints: readonly SourceNode[];
  /** Texts; empty: the addresses of the host. */
  readonly vips: readonly SourceNode[];
  readonly ports: readonly WrittenBalancerPort[];
}

/** An `OutBoundNAT` policy of either schema. */
export interface WrittenOutboundNat extends Written {
  /** `ExceptionList` or `Exceptions`: addresses and prefixes that go untranslated. */
  readonly exceptions: readonly SourceNode[];
  /** `Destinations`; empty: all. */
  readonly destinations: readonly SourceNode[];
  /** `VIP` or `VirtualIP`. */
  readonly vip: SourceNode | null;
}

/** A `RemoteSubnetRoute` policy of an overlay network: a prefix on another host. */
export interface WrittenRemoteRoute extends Written {
  readonly prefix: SourceNode | null;
  /** `IsolationId`, `ProviderAddress`, `DistributedRouterMacAddress`. */
  readonly network: SourceNode | null;
  readonly provider: SourceNode | null;
  readonly mac: SourceNode | null;
}

/** A `PA` or `ProviderAddress` policy: the address of the host that endpoints' packets carry outside. */
export interface WrittenProvider extends Written {
  readonly address: SourceNode | null;
}

/** A list of policies, by what they are. Each list is in the order of the document. */
export interface WrittenPolicies {
  readonly rules: readonly WrittenRule[];
  readonly tiers: readonly WrittenTier[];
  readonly sets: readonly WrittenSet[];
  /** Of a network; evaluated as the option `networkAcl` says. */
  readonly networkAcls: readonly WrittenRule[];
  readonly mappings: readonly WrittenMapping[];
  readonly outboundNats: readonly WrittenOutboundNat[];
  /** Of a network; evaluated where the option `encapsulation` is on. */
  readonly remoteRoutes: readonly WrittenRemoteRoute[];
  /** The same of endpoints. */
  readonly providers: readonly WrittenProvider[];
  /** Layers of a dumped port. */
  readonly layers: readonly VfpLayer[];
}

/**
 * A request that takes policies away: the one that equals `node`, or all before it, those of an
 * endpoint or those of a network.
 */
export type WrittenRequest = Written &
  ({ readonly request: 'remove' } | { readonly request: 'replace'; readonly of: RequestScope });

export type RequestScope = 'endpoint' | 'network';

/** An address of an endpoint, not yet parsed. */
export interface WrittenAddress {
  readonly text: string;
  readonly node: SourceNode;
}

export interface WrittenEndpoint extends Written {
  readonly name: string;
  /** Identifier of the network, or its name; null when the document gives none. */
  readonly networkId: string | null;
  readonly networkName: string | null;
  readonly addresses: readonly WrittenAddress[];
  readonly mac: SourceNode | null;
  /** Stands for a peer on another host. */
  readonly remote: boolean;
  /** What Compose files and adapters of Hyper-V say; documents of the service never do. */
  readonly isolation?: Isolation | null;
  /** Of Hyper-V: several documents may tell of one adapter. */
  readonly adapterId?: string;
  readonly policies: WrittenPolicies;
}

export interface WrittenNetwork extends Written {
  readonly id: string | null;
  readonly name: string;
  /** Where the driver, or the plug-in that decides it, is written; null when absent. */
  readonly type: SourceNode | null;
  /**
   * `by-type`: the text of `type`; absent means NAT (hns.md 4.7). `by-caller`: a plug-in that
   * tells none (hns.md 7.1).
   */
  readonly driver: Driver | 'by-type' | 'by-caller';
  /** Of an overlay network, its number in VXLAN; null or absent when not said. */
  readonly vni?: number | null;
  /** Policies of the network itself: its sets. */
  readonly policies: WrittenPolicies;
  /** What every endpoint made on it is given, as CNI configurations say; null when nothing is. */
  readonly endpointPolicies: WrittenPolicies | null;
}

export interface PolicyDocument {
  /** The file as the user named it, or a name such as `<argument>`. */
  readonly name: string;
  /** Lists that stand in no endpoint and no network. */
  readonly policies: WrittenPolicies;
  /** Whether the document has such a list, be it empty. */
  readonly hasPolicies: boolean;
  readonly endpoints: readonly WrittenEndpoint[];
  readonly networks: readonly WrittenNetwork[];
  readonly kubernetes: readonly KubernetesObject[];
  /** Load balancers; absent where there is none. */
  readonly balancers?: readonly WrittenBalancer[];
  /** What requests of the document take away; absent where none does. */
  readonly requests?: readonly WrittenRequest[];
  readonly diagnostics: readonly Diagnostic[];
}
