/**
 * What is known of a machine and of one network interface: what no packet shows. Null and absent
 * are not known. Source: windows-firewall.md 10.1; docs/semantics/firewall.md 4.
 */
import type { AddressSet, PortRange } from '../normalise/normalised-host.js';
import type { InterfaceType, ProfileName } from './firewall-rule.js';
import type { AddressKeyword, PortKeyword } from './keywords.js';
import type { Region } from './region.js';

/** A process and the packets that are its own; what it does not say may be anything. */
export interface ProcessFact {
  readonly region: Region;
  /** `System` is the kernel. */
  readonly program: string | null;
  /** Empty: a process that is no service. */
  readonly service: string | null;
  /** Package SID or family name. */
  readonly package: string | null;
  /** SID. */
  readonly user: string | null;
  /** Whether its socket asked for what comes through the edge. */
  readonly edgeTraversal: boolean | null;
}

/** Traffic between two sides that IPsec protects. */
export interface IpsecFact {
  readonly local: AddressSet | null;
  readonly remote: AddressSet | null;
  readonly encrypted: boolean;
  /** SIDs. */
  readonly machine: string | null;
  readonly user: string | null;
}

/** Of the whole machine. */
export interface MachineFacts {
  readonly addressSets: ReadonlyMap<AddressKeyword, AddressSet>;
  readonly portSets: ReadonlyMap<PortKeyword, readonly PortRange[]>;
  /** Named address lists by GUID in capitals. */
  readonly dynamicAddresses: ReadonlyMap<string, AddressSet>;
  /** Environment variables, names in small letters. */
  readonly variables: ReadonlyMap<string, string>;
  readonly ipsec: readonly IpsecFact[];
}

/** `boot-time`: fixed filters hold; `quarantine`: nothing unsolicited comes in. */
export type InterfaceState = 'boot-time' | 'quarantine' | 'ready';

/** Of one interface in its compartment. */
export interface InterfaceFacts {
  readonly compartment: number;
  readonly profile: ProfileName;
  readonly type: InterfaceType;
  /** GUID in braces and capitals, and alias. */
  readonly names: readonly string[];
  /** Families of which an address is known. */
  readonly families: readonly (4 | 6)[];
  /** Whether the policy is loaded and the interface classified. Assumption: W20. */
  readonly state: InterfaceState;
  /** What comes in by it came through the edge, as Teredo lets it. */
  readonly edgeTraversed: boolean;
  /** Of the local subnets; empty: not known. */
  readonly prefixes: AddressSet;
  /** The first that holds a packet owns it. */
  readonly processes: readonly ProcessFact[];
}

export const NO_MACHINE_FACTS: MachineFacts = {
  addressSets: new Map(),
  portSets: new Map(),
  dynamicAddresses: new Map(),
  variables: new Map([
    ['systemroot', 'C:\\Windows'],
    ['windir', 'C:\\Windows'],
    ['systemdrive', 'C:'],
    ['programfiles', 'C:\\Program Files'],
    ['programfiles(x86)', 'C:\\Program Files (x86)'],
    ['programdata', 'C:\\ProgramData'],
  ]),
  ipsec: [],
};
