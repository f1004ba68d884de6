/** What a host description says, checked, with the place of all that can turn out wrong later. */
import type { SemanticOptionsInput } from '../normalise/options.js';
import type { PublishedPort } from '../normalise/mappings.js';
import type { MachineFacts } from '../firewall/facts.js';
import type { FirewallDocument } from '../firewall/firewall-document.js';
import type { PolicyDocument } from '../policy/document.js';
import type { Driver, Isolation } from '../platform/platform.js';
import type { WindowsRelease } from '../platform/windows-releases.js';
import type { Diagnostic } from '../source/diagnostic.js';
import type { SourceLocation } from '../errors.js';
import type { IpAddressValue } from '../normalise/normalised-host.js';
import type { DescribedInterface } from './read-firewall.js';

export interface DescribedNetwork {
  readonly name: string;
  readonly driver: Driver;
  readonly subnets: readonly string[];
  /** Of an overlay network, its number in VXLAN; null when not said. */
  readonly vni: number | null;
  /** HNS documents of the network: its sets and endpoints. */
  readonly documents: readonly PolicyDocument[];
  readonly location: SourceLocation;
}

/** A container of a pod: it has the compartment, addresses and ports of the pod's endpoint (R15). */
export interface DescribedContainer {
  readonly name: string;
  readonly ports: readonly PublishedPort[];
}

export interface DescribedEndpoint {
  readonly name: string;
  /** Null when not given, which is possible with one network only. */
  readonly network: string | null;
  readonly isolation: Isolation | null;
  /** Container or pod; a pod has one endpoint (R15). */
  readonly owner: string | null;
  readonly addresses: readonly IpAddressValue[];
  readonly mac: bigint | null;
  readonly compartment: number | null;
  readonly documents: readonly PolicyDocument[];
  /** Those not said to be of one of the containers. */
  readonly ports: readonly PublishedPort[];
  /** Of a pod; empty when not said. */
  readonly containers: readonly DescribedContainer[];
  /** What is known of its network interface. */
  readonly interface: DescribedInterface;
  /** Firewall of the utility VM, where it has one of its own. */
  readonly firewall: readonly FirewallDocument[];
  readonly location: SourceLocation;
}

export interface HostDescription {
  readonly name: string;
  readonly windows: WindowsRelease | null;
  /** Of the host itself. */
  readonly addresses: readonly IpAddressValue[];
  readonly networks: readonly DescribedNetwork[];
  readonly endpoints: readonly DescribedEndpoint[];
  readonly options: SemanticOptionsInput;
  /** Firewall files of the host. */
  readonly firewall: readonly FirewallDocument[];
  readonly machine: MachineFacts;
  readonly diagnostics: readonly Diagnostic[];
}
