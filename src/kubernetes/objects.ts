/**
 * Kubernetes objects as they were written: checked, defaults of the API filled in, every object
 * and every rule with its place. What they mean together is the business of `cluster.ts` and the
 * compilers. Source: hns.md 4.1 (F8), 8.1.
 */
import type { AddressRange, IpAddressValue } from '../normalise/normalised-host.js';
import type { ObjectNode, SourceDocument, SourceNode } from '../source/source-node.js';

export type Labels = ReadonlyMap<string, string>;

/** An object of the API, and where it stands. */
export interface ObjectBase {
  readonly document: SourceDocument;
  readonly node: ObjectNode;
  readonly name: string;
  /** Empty for kinds without namespaces. */
  readonly namespace: string;
  readonly labels: Labels;
}

export interface ContainerPort {
  /** Null when it has none. */
  readonly name: string | null;
  readonly protocol: PortProtocol;
  readonly port: number;
}

/** TCP, UDP, SCTP. */
export type PortProtocol = 6 | 17 | 132;
export type OperatingSystem = 'windows' | 'linux';

export interface PodObject extends ObjectBase {
  readonly kind: 'Pod';
  /** Without duplicates; empty before the pod has one. */
  readonly addresses: readonly IpAddressValue[];
  readonly hostNetwork: boolean;
  /** Null before it is scheduled. */
  readonly nodeName: string | null;
  readonly hostAddresses: readonly IpAddressValue[];
  readonly containers: readonly string[];
  readonly ports: readonly ContainerPort[];
  /** Null when the pod does not say it. */
  readonly os: OperatingSystem | null;
  /** Succeeded or failed: its address is free for others. */
  readonly finished: boolean;
  /** Unless its condition `Ready` says otherwise. */
  readonly ready: boolean;
}

export interface NamespaceObject extends ObjectBase {
  readonly kind: 'Namespace';
}

export interface NodeObject extends ObjectBase {
  readonly kind: 'Node';
  readonly addresses: readonly IpAddressValue[];
  readonly os: OperatingSystem | null;
}

export interface ServicePort {
  /** Empty when it has none. */
  readonly name: string;
  readonly protocol: PortProtocol;
  readonly port: number;
  /** Of the pods: a number, or the name of a container port. */
  readonly targetPort: number | string;
  /** On every node; null when it has none. */
  readonly nodePort: number | null;
  readonly node: SourceNode;
}

export interface ServiceObject extends ObjectBase {
  readonly kind: 'Service';
  /** Cluster addresses, external ones, and those of load balancers; none of a headless service. */
  readonly addresses: readonly IpAddressValue[];
  readonly ports: readonly ServicePort[];
  /** Null where the service selects no pods by itself. */
  readonly selector: Labels | null;
  /** Whether all connections of a client go to one pod. */
  readonly clientAffinity: boolean;
  readonly publishNotReady: boolean;
}

/** One of the ends that a slice lists. */
export interface SliceEnd {
  readonly addresses: readonly IpAddressValue[];
  readonly ready: boolean;
  /** Still answers while it ends. */
  readonly servingWhileEnding: boolean;
}

export interface EndpointSliceObject extends ObjectBase {
  readonly kind: 'EndpointSlice';
  /** Name of the service in the same namespace; null when it belongs to none. */
  readonly service: string | null;
  readonly ends: readonly SliceEnd[];
  /** Those with a number; the name is that of the service's port. */
  readonly ports: readonly {
    readonly name: string;
    readonly protocol: PortProtocol;
    readonly port: number;
  }[];
}

export type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  /** Empty for Exists and DoesNotExist. */
  readonly values: readonly string[];
  readonly node: SourceNode;
}

/** All requirements must hold; without any it selects everything. */
export interface Selector {
  readonly matchLabels: readonly (readonly [string, string])[];
  readonly expressions: readonly Requirement[];
  readonly node: SourceNode;
}

export interface IpPrefix {
  readonly family: 4 | 6;
  readonly range: AddressRange;
  /** As written, host bits cleared. */
  readonly text: string;
}

export type Peer =
  | {
      readonly kind: 'ip-block';
      readonly cidr: IpPrefix;
      readonly except: readonly IpPrefix[];
      readonly node: SourceNode;
    }
  | {
      readonly kind: 'pods';
      /** Null when absent: all pods. */
      readonly podSelector: Selector | null;
      /** Null when absent: the policy's own namespace. */
      readonly namespaceSelector: Selector | null;
      readonly node: SourceNode;
    };

export interface PolicyPort {
  readonly protocol: PortProtocol;
  /** Number, name, or null for every port of the protocol. */
  readonly port: number | string | null;
  /** Last port of a range; equals `port` where no `endPort` is given, null without a number. */
  readonly endPort: number | null;
  readonly node: SourceNode;
}

/** One item of `ingress` or `egress`. */
export interface PolicyRule {
  /** From 0, in its list. */
  readonly index: number;
  /** Null is every peer, inside and outside of the cluster. */
  readonly peers: readonly Peer[] | null;
  /** Null is every protocol and port. */
  readonly ports: readonly PolicyPort[] | null;
  readonly node: SourceNode;
}

export interface NetworkPolicyObject extends ObjectBase {
  readonly kind: 'NetworkPolicy';
  readonly podSelector: Selector;
  /** Which directions it isolates; defaults of the API applied. */
  readonly isolates: { readonly in: boolean; readonly out: boolean };
  readonly ingress: readonly PolicyRule[];
  readonly egress: readonly PolicyRule[];
}

export type KubernetesObject =
  | PodObject
  | NamespaceObject
  | NodeObject
  | ServiceObject
  | EndpointSliceObject
  | NetworkPolicyObject;
