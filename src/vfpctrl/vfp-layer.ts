/** Layers of a VFP port as vfpctrl prints them or is told them. Source: vfp.md 2, 12. */
import type {
  Conditions,
  Direction,
  FurtherCondition,
  PortState,
  TranslationRule,
} from '../normalise/normalised-host.js';
import type { SourceLocation } from '../errors.js';

/** What a rule makes of the packets that it lets pass. */
export type VfpRewriting = Pick<TranslationRule, 'source' | 'destinations' | 'pool'> & {
  readonly action: Exclude<TranslationRule['action'], 'allow'>;
};

export interface VfpRule {
  /** Friendly name, else the id, else its place in the group. */
  readonly name: string;
  readonly action: 'allow' | 'block' | 'pass';
  readonly priority: number;
  readonly terminating: boolean;
  readonly stateful: boolean;
  /** Seconds; 0 asks for the port's default. Source: vfp.md 15.10. */
  readonly flowTtl: number;
  readonly conditions: Conditions;
  /** Of one that rewrites, whose action is then `allow`. */
  readonly rewrites?: VfpRewriting;
  readonly place: SourceLocation;
}

export type PrefixSide = 'source' | 'destination';

export interface VfpGroup {
  readonly id: string;
  readonly priority: number;
  readonly direction: Direction;
  readonly family: 4 | 6;
  /** What a packet must meet for its rules to be asked; absent: nothing. */
  readonly conditions?: Conditions;
  /** The side whose longest prefix decides, whatever the priorities; absent: priorities decide. */
  readonly longestPrefix?: PrefixSide;
  /** In the order of the text. */
  readonly rules: readonly VfpRule[];
}

export interface VfpLayer {
  readonly id: string;
  readonly priority: number;
  readonly defaultAllow: boolean;
  readonly stateful: boolean;
  readonly groups: readonly VfpGroup[];
  /** Of the virtual switch itself, whichever driver and isolation; absent: of VFP. */
  readonly onEverySwitch?: boolean;
  /** Stands for the whole port: see {@link portLayer}. */
  readonly port?: PortState;
  readonly place: SourceLocation;
}

/** What stands for the layers of a port that asks none of them. Source: vfp.md 2.1. */
export function portLayer(port: PortState, place: SourceLocation): VfpLayer {
  const open = port === 'disabled';
  return {
    ...{ id: 'PORT', priority: 0, defaultAllow: open, stateful: false, groups: [] },
    ...{ port, place },
  };
}

/** Rule types that only let pass or drop; all others change packets. Source: vfp.md 3.6. */
export const FILTER_TYPES = ['allow', 'block', 'pass'] as const;

/** Bits that both the text and the commands know. Source: vfp.md 2.2, 2.3. */
export const LAYER_BIT = { defaultAllow: 1, hairpin: 2 } as const;
export const ANY: Conditions = {
  protocols: null,
  source: null,
  destination: null,
  sourcePorts: null,
  destinationPorts: null,
};

/** Conditions that a rule has by its flags. Source: vfp.md 2.3, bits 4 and 16. */
export function withOpening(conditions: Conditions, bits: number): Conditions {
  const asks = [RULE_BIT.onlyNonSyn, RULE_BIT.onlySyn].map((bit) => (bits & bit) !== 0);
  const further = asks.flatMap((isAsked, opens): FurtherCondition[] =>
    isAsked ? [{ field: 'tcp_opening', ranges: [{ from: opens, to: opens }] }] : [],
  );
  if (further.length === 0) return conditions;
  return { ...conditions, further: [...(conditions.further ?? []), ...further] };
}

export const RULE_BIT = {
  terminating: 1,
  stateful: 2,
  onlyNonSyn: 4,
  onlySyn: 16,
  /** Not documented; on every ACL rule of the Host Networking Service. */
  hns: 8192,
} as const;

/** Layers of the Host Networking Service that a dump of their rules alone does not name. */
export const ACL_LAYER = { id: 'ACL_ENDPOINT_LAYER', priority: 15 } as const;
export const ACL_GROUP_PREFIX = 'ACL_ENDPOINT_GROUP';
