/** A rule program before it is bytes: the tables of layout.ts as linked values. */
import type { FurtherCondition, SemanticOptions } from '../normalise/normalised-host.js';
import type { ACTION, DISTRIBUTION, ENCAPSULATION, Reason } from './layout.js';

export interface RangeModel<T> {
  readonly from: T;
  readonly to: T;
}

/** Conditions of one rule in one family. Absent: any. */
export interface ConditionsModel {
  readonly protocols?: readonly RangeModel<number>[];
  readonly source?: readonly RangeModel<bigint>[];
  readonly destination?: readonly RangeModel<bigint>[];
  readonly sourcePorts?: readonly RangeModel<number>[];
  readonly destinationPorts?: readonly RangeModel<number>[];
  /** ICMP type in the upper byte, code in the lower. */
  readonly icmp?: readonly RangeModel<number>[];
  /** Only in layers that ask further. */
  readonly further?: readonly FurtherCondition[];
}

/** An end that packets are given. */
export interface TargetModel {
  readonly value: bigint;
  /** Null: the packet's is kept. */
  readonly port: number | null;
  /** Of a pool of ports, which begins with `port`. */
  readonly portLast?: number;
  /** Index into the endpoints; null: nobody here. */
  readonly endpoint: number | null;
}

/** What a `nat`, `lbnat` or `dynnat` rewrites. */
export interface TranslationModel {
  readonly source: TargetModel | null;
  /** Of a `dynnat` the pool that its sources are of. */
  readonly destinations: readonly TargetModel[];
  readonly distribution: keyof typeof DISTRIBUTION;
}

/** Headers that an `encap` puts on. Addresses as values, MAC addresses null where they are kept. */
export interface EncapsulationModel {
  readonly format: Exclude<keyof typeof ENCAPSULATION, 'none'>;
  readonly family: 4 | 6;
  readonly source: bigint;
  readonly destination: bigint;
  readonly network: number;
  readonly sourceMac: bigint | null;
  readonly destinationMac: bigint | null;
  readonly innerMac: bigint | null;
}

export interface FrontModel {
  readonly family: 4 | 6;
  readonly value: bigint;
  readonly port: number;
  readonly protocol: number;
  readonly targets: readonly TargetModel[];
  readonly distribution: keyof typeof DISTRIBUTION;
}

export type DecisionAction = keyof typeof ACTION;

/** What decides: a rule or a default. */
export interface DecisionModel {
  /** Null for a default. */
  readonly name: string | null;
  readonly action: DecisionAction;
  readonly reason: Reason;
  readonly terminating: boolean;
  /** Makes a flow when it allows, in a stateful layer. */
  readonly stateful: boolean;
  /** Answers of anybody belong to the flows it makes. */
  readonly anyRemote?: boolean;
  /** What it would do if a condition that nothing settles held; absent where all are settled. */
  readonly assumes?: 'allow' | 'block';
  readonly priority: number;
  /** Idle time of switch flows, milliseconds; 0 on the host stage. */
  readonly flowMs: number;
  /** The author's rule, as an index the reader of counters knows; null for a default. */
  readonly source: number | null;
}

export interface RuleModel extends DecisionModel {
  readonly conditions: ConditionsModel;
  /** Of a `nat`, `lbnat` or `dynnat`. */
  readonly translation?: TranslationModel;
  /** Of an `encap`. */
  readonly encapsulation?: EncapsulationModel;
}

export interface GroupModel {
  readonly name: string;
  readonly priority: number;
  readonly direction: 'in' | 'out';
  readonly family: 4 | 6;
  /** Their order is not that of their priorities. */
  readonly byPrefix?: boolean;
  /** In order of evaluation. */
  readonly rules: readonly RuleModel[];
}

export interface LayerModel {
  readonly name: string;
  readonly priority: number;
  readonly stage: 'switch' | 'host';
  readonly stateful: boolean;
  readonly hasSay: boolean;
  /** Has rules that rewrite. */
  readonly translates?: boolean;
  /** Has rules that put headers on or take them off. */
  readonly encapsulates?: boolean;
  /** Has rules with conditions on further fields. */
  readonly asksFurther?: boolean;
  /** Stands for a port that is blocked. */
  readonly blocksAll?: boolean;
  /** Hides closed ports, whatever the rules say. */
  readonly stealth?: boolean;
  /** What was sent to many is answered to many alone. */
  readonly groupAnswersOnly?: boolean;
  readonly noMatch: { readonly in: DecisionModel; readonly out: DecisionModel };
  readonly groups: readonly GroupModel[];
}

export interface EndpointModel {
  readonly name: string;
  /** `NONE` for an endpoint of an earlier policy. */
  readonly network: number;
  /** Those that share a stack have one number. */
  readonly compartment: number;
  readonly mac: bigint | null;
  readonly addresses: readonly { readonly family: 4 | 6; readonly value: bigint }[];
  /** IPv4 addresses. */
  readonly broadcasts: readonly number[];
  /** Ascending priority. */
  readonly switchLayers: readonly LayerModel[];
  /** Stands for the switch stage when there are no layers. */
  readonly noLayer: DecisionModel;
  readonly hostLayer: LayerModel;
}

/** A rule or default of an earlier policy: asked no more, but flows and counters name it. */
export interface RetiredModel {
  readonly decision: DecisionModel;
  /** Index into the endpoints. */
  readonly endpoint: number;
  readonly stage: 'switch' | 'host';
  readonly direction: 'in' | 'out' | null;
  readonly family: 4 | 6 | null;
  /** Null where it belonged to none. */
  readonly layer: string | null;
  readonly group: string | null;
  /** The row of that layer; null where it is gone. */
  readonly layerRow: number | null;
}

export interface ProgramModel {
  readonly options: SemanticOptions;
  readonly endpoints: readonly EndpointModel[];
  readonly retired?: readonly RetiredModel[];
  /** Each family, address, protocol and port once. */
  readonly fronts?: readonly FrontModel[];
}
