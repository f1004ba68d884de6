/** What the host stage of an interface is made of, when firewall rules are given. */
import type {
  Direction,
  InboundException,
  NormalisedRule,
  PortMappingAllow,
  SemanticOptions,
} from '../normalise/normalised-host.js';
import type { EffectivePolicy } from './effective-policy.js';
import type { InterfaceFacts, MachineFacts } from './facts.js';

/** What the service puts around the rules of a container; null for the host's own stack. */
export interface ContainerFirewall {
  /** Host ACLs of the endpoint by direction, in order; null when there are none. */
  readonly acls: Readonly<Record<Direction, readonly NormalisedRule[]>> | null;
  readonly implicitDeny: Readonly<Record<Direction, boolean>>;
  readonly inboundProtocols: readonly number[];
  readonly inboundExceptions: readonly InboundException[];
  readonly inboundDeny: 'default-deny-other-protocol' | 'default-deny-inbound';
  readonly mappings: readonly PortMappingAllow[];
  /** Protocols of which the outbound default keeps flows; null: all. */
  readonly outboundFlows: readonly number[] | null;
}

export interface FirewallStageInput {
  readonly policy: EffectivePolicy;
  readonly machine: MachineFacts;
  readonly facts: InterfaceFacts;
  readonly options: SemanticOptions;
  readonly container: ContainerFirewall | null;
  /** All rules of the model: those of the stage are appended. */
  readonly rules: NormalisedRule[];
}
