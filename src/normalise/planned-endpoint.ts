/** Endpoints between the documents and their meaning. */
import type { SourceLocation } from '../errors.js';
import type { FirewallDocument } from '../firewall/firewall-document.js';
import type { DescribedInterface } from '../host-description/read-firewall.js';
import type { Cluster } from '../kubernetes/cluster.js';
import type { CompiledAcl } from '../kubernetes/compiled-acl.js';
import type { Isolation, PlatformAssumption } from '../platform/platform.js';
import type { WrittenPolicies } from '../policy/document.js';
import type { Reporter } from '../source/diagnostic.js';
import type { HostInput } from './host-input.js';
import type { PublishedPort } from './mappings.js';
import type { IpAddressValue } from './normalised-host.js';
import type { NetworkPlan } from './plan-networks.js';
import type { PlannedPlatform } from './plan-platform.js';

/** An endpoint before its rules are worked out. */
export interface PlannedEndpoint {
  readonly name: string;
  readonly network: number;
  readonly isolation: Isolation;
  readonly owner: string | null;
  readonly compartment: number | null;
  readonly addresses: readonly IpAddressValue[];
  readonly mac: bigint | null;
  /** Stands for a peer on another host. */
  readonly remote: boolean;
  readonly policies: readonly WrittenPolicies[];
  /** What the policies of Kubernetes come to for the endpoint of a pod. */
  readonly acls: readonly CompiledAcl[];
  readonly ports: readonly PublishedPort[];
  /** Names of the pod's containers, each of which names the endpoint (R15). */
  readonly containers: readonly string[];
  /** Absent where no description tells of its interface. */
  readonly interface?: DescribedInterface;
  /** Firewall of the utility VM. */
  readonly firewall?: readonly FirewallDocument[];
  readonly location: SourceLocation;
}

/** What all steps of the planning share. */
export interface Planning {
  readonly input: HostInput;
  readonly platform: PlannedPlatform;
  readonly networks: NetworkPlan;
  /** Null where no document has objects of Kubernetes. */
  readonly cluster: Cluster | null;
  readonly assumptions: PlatformAssumption[];
  readonly reporter: Reporter;
}
