/** Where a front end does something else than a policy says: told by its compiler, tried by packets. */
import type { Conditions, Direction } from '../normalise/normalised-host.js';
import type { SourceDocument, SourceNode } from '../source/source-node.js';
import type { ClusterPod } from './cluster.js';
import type { PodCompiler } from './compiled-acl.js';
import type { NetworkPolicyObject, PolicyRule } from './objects.js';

/** What kind of thing it does. */
export type DepartureCode =
  | 'policy-refused'
  | 'except'
  | 'except-ignored'
  | 'except-overrides-other-policy'
  | 'named-port'
  | 'ipv6'
  | 'host-network-peer'
  | 'inverted-selector'
  | 'second-address'
  | 'node-address'
  | 'pod-not-programmed'
  | 'platform-rule';

export interface Departure {
  readonly code: DepartureCode;
  /** Null: both. */
  readonly direction: Direction | null;
  /** Null where it is the doing of the front end alone. */
  readonly policy: NetworkPolicyObject | null;
  /** Null: the whole policy. */
  readonly rule: PolicyRule | null;
  /** Where the cause is written; null when nowhere. */
  readonly place: { readonly document: SourceDocument; readonly node: SourceNode } | null;
  /** What the front end does, and why: sentences. */
  readonly why: string;
  /** The packets it is about; null is all of them. */
  readonly conditions: Conditions | null;
  /** The pods it is about. */
  readonly isAbout: (pod: ClusterPod) => boolean;
}

/** A compiler with what it departs in. */
export interface FaithfulCompiler {
  readonly compile: PodCompiler;
  readonly departures: readonly Departure[];
}
