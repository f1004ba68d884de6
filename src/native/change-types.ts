/** Changes of policy: what the addon is told, and what became of live flows. */
import type { NativeProgram, NativeTexts } from './program-types.js';

/** Where a policy changes in a replay: PolicyMark in native/core/engine/policy_change.h. */
export const MARK_KINDS = ['frame', 'time', 'elapsed'] as const;

/** A policy and the way to it from the one before; rows as RowMap in native/core/engine/update.h. */
export interface NativePolicyChange {
  readonly program: NativeProgram;
  readonly endpoints: Uint32Array;
  readonly layers: Uint32Array;
  readonly rules: Uint32Array;
  readonly spared: Uint32Array;
  /** An index into UPDATE_MODES. */
  readonly mode: number;
  /** In a replay: an index into {@link MARK_KINDS}, and a frame number or nanoseconds. */
  readonly markKind?: number;
  readonly markValue?: bigint;
  readonly texts?: NativeTexts;
}

/** What became of live flows; see native/addon/policy_change_value.h. */
export interface NativeUpdateReport {
  readonly groups: Uint32Array;
  readonly examples: Uint8Array;
}

/** The same with the first packet that the new policy judged. */
export interface NativeAppliedChange extends NativeUpdateReport {
  readonly capture: number;
  readonly frame: number;
  readonly timeNs: bigint | null;
}
