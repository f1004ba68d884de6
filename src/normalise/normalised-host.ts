/**
 * What a set of documents means, in one form: defaults filled, names resolved, lists expanded,
 * ranges canonical, order explicit. Everything behind this type (compile, lint, the test oracle)
 * reads only it; nothing behind it looks at a document again.
 */
import type { SourceLocation } from '../errors.js';
import type { Driver, Isolation, PlatformAssumption } from '../platform/platform.js';

declare const ruleIdBrand: unique symbol;
/** Index into {@link NormalisedHost.rules}. */
export type RuleId = number & { readonly [ruleIdBrand]: true };

/** Both bounds are included; `from <= to`. IPv4 as 32-bit, IPv6 as 128-bit numbers. */
export interface AddressRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** Sorted, disjoint, merged ranges per family. A family without ranges never matches. */
export interface AddressSet {
  readonly ipv4: readonly AddressRange[];
  readonly ipv6: readonly AddressRange[];
}

/** Both bounds are included; sorted, disjoint, merged in a list. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export type Direction = 'in' | 'out';
export type Stage = 'switch' | 'host';
/** `pass` occurs only in tiers: go on with the next tier. */
export type RuleAction = 'allow' | 'block' | 'pass';

/** Conditions in the words of the packet: source and destination, not local and remote. */
export interface Conditions {
  /** Sorted protocol numbers; null is any. */
  readonly protocols: readonly number[] | null;
  /** Null is any address of either family. */
  readonly source: AddressSet | null;
  readonly destination: AddressSet | null;
  /** Null is any, also for packets without ports. */
  readonly sourcePorts: readonly PortRange[] | null;
  readonly destinationPorts: readonly PortRange[] | null;
  /** ICMP type in the upper byte, code in the lower; absent or null is any. */
  readonly icmp?: readonly PortRange[] | null;
  /** Of rules of a dumped port; all must hold. Absent where there is none. */
  readonly further?: readonly FurtherCondition[];
}

/**
 * Fields that no ACL asks for: whether TCP opens a connection (1) or goes on (0), MAC addresses, VLAN
 * (0: no tag), number of the tenant network, GRE key. What a packet does not show is not met.
 * Source: vfp.md 2.3, 2.4; docs/semantics/vfpctrl.md N20 to N23.
 */
export const FURTHER_FIELDS = [
  'tcp_opening',
  'source_mac',
  'destination_mac',
  'vlan',
  'tni',
  'gre_key',
] as const;
export type FurtherField = (typeof FURTHER_FIELDS)[number];

export interface FurtherCondition {
  readonly field: FurtherField;
  /** Sorted, disjoint, merged; not empty. */
  readonly ranges: readonly PortRange[];
}

/** One rule an author wrote: an ACL, a rule of a tier, or (part of) a firewall rule. */
export interface NormalisedRule {
  readonly id: RuleId;
  /** The author's `Id`; where there is none, the document's base name and path, `policy.json[2]`. */
  readonly name: string;
  readonly stage: Stage;
  readonly direction: Direction;
  readonly action: RuleAction;
  /** As written; null when unset (Host rules). */
  readonly priority: number | null;
  readonly conditions: Conditions;
  readonly location: SourceLocation;
  /** What it would do if a condition that nothing settles held; absent where all are settled. */
  readonly assumes?: 'allow' | 'block';
  /** Answers of anybody belong to its flows: loose source or local only mapping. */
  readonly anyRemote?: boolean;
  /** Its flows are spared when only the profile of their interface changes. Assumption: W19. */
  readonly profileCrossing?: boolean;
  /** The first part of the rule this is a further part of. */
  readonly partOf?: RuleId;
}

/**
 * Rules in the order in which they are asked; the first that matches decides. A `pass` ends the
 * list and goes on with the next one.
 */
export interface RuleList {
  /** Name of the tier; null for the endpoint's ordinary ACLs. */
  readonly tier: string | null;
  readonly rules: readonly RuleId[];
}

/** A protocol and port opened by a published port (`port-mapping-allow`). */
export interface PortMappingAllow {
  readonly protocol: number;
  readonly internalPort: number;
}

/** Packets let in by their ports: a service that old builds may have let in unsolicited. */
export interface InboundException {
  readonly protocol: number;
  readonly sourcePort: number;
  /** Null: any. */
  readonly destinationPort: number | null;
}

/** A rule that no author wrote: a named default for some packets. */
export interface DefaultAllow {
  readonly reason: 'boot-time-default';
  readonly protocol: number;
  readonly ports: { readonly source: number; readonly destination: number } | null;
  /** ICMP types, all codes; both included. */
  readonly icmpTypes: { readonly from: number; readonly to: number } | null;
}

/** A port of the host that leads to a port of the endpoint. */
export interface PublishedMapping extends PortMappingAllow {
  /** Null when the service chooses it. */
  readonly externalPort: number | null;
}

/** Source translation of an endpoint: what it sends carries an address of the host. */
export interface OutboundNat {
  /** Destinations to which its own address goes unchanged. */
  readonly exceptions: AddressSet;
}

/** An end that packets are given. */
export interface TranslatedEnd {
  readonly address: IpAddressValue;
  /** Null: the packet's is kept. */
  readonly port: number | null;
  /** Index into {@link NormalisedHost.endpoints} of who has it; null: nobody here. */
  readonly endpoint: number | null;
}

/** Ports of one address, of which connections are given one each. */
export interface PooledPorts extends PortRange {
  readonly address: IpAddressValue;
}

/** What of a connection chooses one of several ends. Source: docs/semantics/actions.md 2. */
export type Distribution = 'five_tuple' | 'addresses_and_protocol' | 'addresses';

/** Source: vfp.md 3.6. */
export interface TranslationRule {
  readonly name: string;
  readonly direction: Direction;
  readonly family: 4 | 6;
  readonly conditions: Conditions;
  /**
   * One end; one of several by the hash of the connection; a source of a pool that is free; or the
   * ends that it has.
   */
  readonly action: 'nat' | 'lbnat' | 'dynnat' | 'allow';
  /** What becomes the source; null: it is kept. */
  readonly source: TranslatedEnd | null;
  /** What becomes the destination; empty: it is kept. At most one of a `nat`. */
  readonly destinations: readonly TranslatedEnd[];
  /** Of a `dynnat`, at most 64 ranges: what becomes the source. Its destination is kept. */
  readonly pool?: readonly PooledPorts[];
  readonly distribution: Distribution;
  /** Idle time of its flows; absent: the timer `switchFlow`. */
  readonly flowSeconds?: number;
}

/** A stateful layer of the switch stage that lets pass what none of its rules matches. */
export interface TranslationLayer {
  readonly name: string;
  readonly priority: number;
  /** What names of its groups begin with. */
  readonly group: string;
  /** In the order in which they are asked; the first that matches decides. */
  readonly rules: readonly TranslationRule[];
}

/** Headers that are put around a packet. Source: docs/semantics/actions.md 8. */
export interface Encapsulation {
  readonly format: 'vxlan' | 'nvgre' | 'ip_in_gre' | 'ip_in_ip';
  /** Of one family. */
  readonly source: IpAddressValue;
  readonly destination: IpAddressValue;
  /** Number of the tenant network, of VXLAN and NVGRE; else 0. */
  readonly network: number;
  /** 48 bits; null: those of the packet. */
  readonly sourceMac: bigint | null;
  readonly destinationMac: bigint | null;
  /** What the packet inside is sent to; null: it is kept. */
  readonly innerMac: bigint | null;
}

export interface EncapsulationRule {
  readonly name: string;
  readonly direction: Direction;
  readonly family: 4 | 6;
  readonly conditions: Conditions;
  /** What is put on; null: the outer headers are taken off. */
  readonly puts: Encapsulation | null;
}

/** A layer of the switch stage, without flows, that lets pass what none of its rules matches. */
export interface EncapsulationLayer {
  readonly name: string;
  readonly priority: number;
  /** What names of its groups begin with. */
  readonly group: string;
  /** In the order in which they are asked; the first that matches decides. */
  readonly rules: readonly EncapsulationRule[];
}

/** An address and port whose packets belong to other ends. Source: docs/semantics/actions.md 4. */
export interface Front {
  readonly address: IpAddressValue;
  readonly protocol: number;
  readonly port: number;
  readonly targets: readonly TranslatedEnd[];
  readonly distribution: Distribution;
}

/** The switch (VFP) stage of one endpoint. Source: hns.md 5.1, 5.4. */
export type SwitchStage =
  /** No Switch ACL on the endpoint: no ACL layer, everything passes. */
  | { readonly kind: 'no-acl-layer' }
  | {
      readonly kind: 'acl';
      /** Asked in order; a `pass` or no match goes on with the next list. */
      readonly in: readonly RuleList[];
      readonly out: readonly RuleList[];
      /** Whether a direction denies what no rule matched. */
      readonly implicitDeny: { readonly in: boolean; readonly out: boolean };
    }
  /** Layers as a dump of a port has them, ascending priority. */
  | { readonly kind: 'vfp'; readonly layers: readonly VfpLayerStage[] };

/** A port where VFP leaves packets alone, or lets none pass. Source: vfp.md 2.1, 3.1. */
export type PortState = 'disabled' | 'blocked';

/** Source: vfp.md 2, 3. */
export interface VfpLayerStage {
  readonly name: string;
  readonly priority: number;
  /** No match passes the layer. */
  readonly defaultAllow: boolean;
  readonly stateful: boolean;
  /** Not a layer of the port but the port itself, which has no groups then: see {@link PortState}. */
  readonly port?: PortState;
  /** In order; of one direction and family the last that matches decides, a terminating rule at once. */
  readonly groups: readonly VfpGroupStage[];
}

export interface VfpGroupStage {
  readonly name: string;
  readonly priority: number;
  readonly direction: Direction;
  readonly family: 4 | 6;
  /** Their order is not that of their priorities: the longest prefix is asked first. */
  readonly byPrefix?: boolean;
  /** In the order in which they are asked. */
  readonly rules: readonly {
    readonly id: RuleId;
    readonly terminating: boolean;
    readonly stateful: boolean;
    /** Null: the timer `switchFlow`. */
    readonly flowSeconds: number | null;
  }[];
}

/** The host (Windows Firewall) stage of one endpoint. Source: hns.md 5.1, 5.2, 5.4. */
export type HostStage =
  /** Hyper-V isolation: the guest's own firewall, allows everything. */
  | { readonly kind: 'guest-default-allow' }
  /** Option hostFirewall: off. */
  | { readonly kind: 'firewall-off' }
  /** Process isolation without Host ACLs. */
  | {
      readonly kind: 'container-defaults';
      /** Protocols let in unsolicited; empty before build 16299. */
      readonly inboundProtocols: readonly number[];
      /** Option legacyInboundExceptions. */
      readonly inboundExceptions: readonly InboundException[];
      /** Name of the inbound default deny. */
      readonly inboundDeny: 'default-deny-other-protocol' | 'default-deny-inbound';
      readonly mappings: readonly PortMappingAllow[];
      /** Protocols of which the outbound default keeps flows; null: all. */
      readonly outboundFlows: readonly number[] | null;
    }
  /** Process isolation with Host ACLs. */
  | {
      readonly kind: 'acl';
      /** In order of evaluation (option hostAclOrder already applied). */
      readonly in: readonly RuleId[];
      readonly out: readonly RuleId[];
      readonly implicitDeny: { readonly in: boolean; readonly out: boolean };
      /** Behind all explicit rules. */
      readonly mappings: readonly PortMappingAllow[];
    }
  /** Firewall rules are given, or it is the host's own stack. Source: docs/semantics/firewall.md 3. */
  | {
      readonly kind: 'firewall';
      readonly profile: 'domain' | 'private' | 'public';
      /**
       * What the stage is made of beside that, as text that is compared and not read. Absent where no
       * rule of the policy crosses profiles.
       */
      readonly besideProfile?: string;
      readonly stealth: boolean;
      /** What was sent to many may be answered by one to one. */
      readonly unicastAnswers: boolean;
      /** Null: no policy says it. */
      readonly logAllowed: boolean | null;
      readonly logDropped: boolean | null;
      readonly in: FirewallSide;
      readonly out: FirewallSide;
    };

/** In the order in which they are asked. Source: docs/semantics/firewall.md 3.1. */
export type FirewallListName =
  | 'service-hardening'
  | 'app-isolation'
  | 'bypass'
  | 'bypass-unknown'
  | 'block'
  | 'block-unknown'
  | 'host-acl'
  | 'allow'
  | 'allow-unknown';

export interface FirewallList {
  readonly name: FirewallListName;
  readonly rules: readonly RuleId[];
}

/** One direction of Windows Firewall: the first rule that matches decides, a `pass` ends its list. */
export interface FirewallSide {
  /** None of them empty. */
  readonly lists: readonly FirewallList[];
  /** What the service opens in a container's compartment, behind all rules. */
  readonly defaults: {
    readonly protocols: readonly number[];
    readonly exceptions: readonly InboundException[];
    readonly mappings: readonly PortMappingAllow[];
    /** Absent: none. */
    readonly allows?: readonly DefaultAllow[];
  } | null;
  readonly default: {
    readonly action: 'allow' | 'block';
    readonly reason:
      | 'boot-time-default'
      | 'quarantine-default'
      | 'shielded'
      | 'query-user-default'
      | 'default-inbound-allow'
      | 'default-outbound-allow'
      | 'default-outbound-block'
      | 'implicit-deny'
      | 'default-allow'
      | 'default-allow-outbound'
      | 'default-deny-other-protocol'
      | 'default-deny-inbound';
  };
  /** Protocols of which a default that allows keeps flows; null: all. */
  readonly defaultFlows: readonly number[] | null;
}

export interface NormalisedNetwork {
  readonly name: string;
  readonly driver: Driver;
  /** Number of an overlay network in VXLAN; null when not said. */
  readonly vni: number | null;
}

export interface IpAddressValue {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface NormalisedEndpoint {
  readonly name: string;
  /** Index into {@link NormalisedHost.networks}. */
  readonly network: number;
  readonly isolation: Isolation;
  /** Container or pod it belongs to, null when not said. */
  readonly owner: string | null;
  /** Containers of the pod, each of which names this endpoint (R15); empty when not said. */
  readonly containers: readonly string[];
  /** Network compartment; the host is 1. Two endpoints never share one unless said (R1, R15). */
  readonly compartment: number;
  /** Empty when nothing says them: then only an explicit direction can place a packet. */
  readonly addresses: readonly IpAddressValue[];
  /** 48 bits. */
  readonly mac: bigint | null;
  /** Directed broadcasts of its subnets: IPv4. */
  readonly broadcasts: readonly number[];
  /** Layers that rewrite, beside what the switch stage says; ascending priority. Absent: none. */
  readonly translations?: readonly TranslationLayer[];
  /** The layer that puts headers on and takes them off. Absent: none. */
  readonly encapsulation?: EncapsulationLayer;
  readonly switchStage: SwitchStage;
  readonly hostStage: HostStage;
  /** Ports of the host that lead to it; nothing is translated by them here. */
  readonly published: readonly PublishedMapping[];
  /** Null when nothing it sends is translated. */
  readonly outboundNat: OutboundNat | null;
}

/** Choices where sources are silent; docs/SEMANTICS.md names each with its default. */
export interface SemanticOptions {
  /** Order at equal priority on the switch stage (hns.md Q1). */
  readonly tieBreak: 'block-first' | 'document-order' | 'last-wins';
  /** hns.md Q2. */
  readonly implicitDeny: 'both' | 'same-direction' | 'off';
  /** Where policies of type NetworkACL stand (hns.md 6.6, Q8). */
  readonly networkAcl: 'off' | 'merge' | 'before';
  /** What names of sets in Local and Remote fields are compared with (hns.md Q9). */
  readonly setNameDirection: 'source-destination' | 'local-remote';
  /** A nested set without members (hns.md 6.4). */
  readonly emptyNestedSet: 'by-build' | 'everything' | 'nothing';
  /** hns.md Q19. */
  readonly hostFirewall: 'on' | 'off';
  /** windows-firewall.md question 23. */
  readonly hostAclOrder: 'firewall' | 'priority';
  /** TCP first seen in mid-stream: judged by the rules, or dropped. */
  readonly midstream: 'adopt' | 'strict';
  /** ICMPv6 neighbour discovery on the switch stage (hns.md Q14). */
  readonly neighborDiscovery: 'exempt' | 'filter';
  /** ICMP errors that quote a live flow (vfp.md 15.6). */
  readonly icmpErrors: 'flow' | 'rules';
  /** Whether layers keep flows of what a later one drops (vfp.md 15.2). */
  readonly flowsOfDropped: 'none' | 'keep';
  /** TCP that no end of a connection sends (docs/semantics/state.md 1). */
  readonly invalidTcp: 'drop' | 'judge';
  /** Firewall conditions that neither packet nor host description settles. */
  readonly unknownConditions: 'no-match' | 'match' | 'report';
  /** Rules of the host in compartments of containers (windows-firewall.md question 7). */
  readonly hostRules: 'apply' | 'block-only' | 'none';
  /** Shielded with default inbound Allow (windows-firewall.md question 2). */
  readonly shielded: 'block' | 'default-action';
  /** One rule ID in the local store and in Group Policy (windows-firewall.md question 3). */
  readonly sameId: 'union' | 'override';
  /** Rules that ask for authentication, and plain traffic (windows-firewall.md question 1). */
  readonly plainTraffic: 'no-match' | 'block';
  /** What `LocalSubnet` holds beside the prefixes (windows-firewall.md question 4). */
  readonly localSubnet: 'unicast' | 'wide';
  /** Rules of service hardening and of packages (windows-firewall.md question 6). */
  readonly hardening: 'apply' | 'off';
  /** Answers of DHCP where unicast answers to multicast are off (windows-firewall.md question 16). */
  readonly dhcpAnswers: 'always' | 'as-others';
  /** What a firewall that is off remembers of what it lets through (windows-firewall.md question 15). */
  readonly flowsWhileOff: 'none' | 'keep';
  /** Whether packets of overlay networks wear their outer headers (docs/semantics/actions.md 8). */
  readonly encapsulation: 'off' | 'on';
  /** Whether policies `OutBoundNAT` give what endpoints send another source (docs/semantics/actions.md 6). */
  readonly outboundNat: 'off' | 'on';
  /** Answers to protocols other than the four that containers let out by default (hns.md Q5). */
  readonly otherProtocolReplies: 'allow' | 'drop';
  /** DHCP, DNS and ICMP into containers of builds below 16299 (hns.md Q13). */
  readonly legacyInboundExceptions: 'off' | 'on';
  /** Live flows of the switch stage when the policy changes (hns.md Q18). */
  readonly onPolicyChange: 'keep' | 'reevaluate' | 'reset';
  /** Flows of one endpoint and stage before new ones are dropped (`flow-limit`). */
  readonly flowLimit: number;
  /** The same of the flows of one class; each at most that many, whatever the others have. */
  readonly flowLimits: {
    /** TCP before the handshake is complete. */
    readonly halfOpen: number;
    readonly tcp: number;
    readonly udp: number;
    readonly other: number;
  };
  /** Seconds, all of them; on capture time. */
  readonly timers: {
    readonly switchFlow: number;
    readonly switchHalfOpen: number;
    readonly switchTimeWait: number;
    readonly switchReset: number;
    readonly hostUdp: number;
    readonly hostIcmp: number;
    /** What is sent to many, and the answers to it. */
    readonly hostMulticast: number;
    readonly hostHalfOpen: number;
    readonly hostTimeWait: number;
  };
}

export interface NormalisedHost {
  /** What the documents did not say and was assumed (`assumed-platform`). */
  readonly assumptions: readonly PlatformAssumption[];
  readonly windows: { readonly name: string; readonly build: number };
  /** Addresses of the host itself, where something says them. */
  readonly addresses: readonly IpAddressValue[];
  readonly options: SemanticOptions;
  readonly networks: readonly NormalisedNetwork[];
  readonly endpoints: readonly NormalisedEndpoint[];
  /** All rules of all endpoints; `rules[id].id === id`. */
  readonly rules: readonly NormalisedRule[];
  /** Each address, protocol and port once. Absent: none. */
  readonly fronts?: readonly Front[];
}
