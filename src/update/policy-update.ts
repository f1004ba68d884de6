/** What became of live flows when a policy took the place of another. */
import type { CompiledHost } from '../compile/compile-host.js';
import type { NativeUpdateReport } from '../native/change-types.js';
import type { SemanticOptions } from '../normalise/normalised-host.js';
import { FLOW_TABLE, NONE, rowBytes, type Reason } from '../program/layout.js';
import type { DecisionAction } from '../program/program-model.js';
import type { ProgramNames, RuleRowName } from '../report/rule-names.js';
import { flowViews, type FlowView } from '../session/flow-view.js';

export type UpdateMode = SemanticOptions['onPolicyChange'];
/** In the order of UpdateMode in native/core/engine/update.h. */
export const UPDATE_MODES = ['keep', 'reevaluate', 'reset'] as const satisfies UpdateMode[];

/** In the order of FlowFate there. */
export const FLOW_FATES = ['survived', 'changed', 'cut'] as const;
export type FlowFate = (typeof FLOW_FATES)[number];

/** A rule or default by which flows live, or lived. */
export interface RuleName {
  /** Null for a default. */
  readonly rule: string | null;
  /** `rule`, or the name of the default. */
  readonly reason: Reason;
  readonly action: DecisionAction;
}

/** Flows of one stage that one rule let in, and that had one fate. */
export interface FlowFateReport extends RuleName {
  readonly fate: FlowFate;
  readonly endpoint: string;
  readonly stage: 'switch' | 'host';
  readonly layer: string;
  readonly flows: number;
  /**
   * What they live under now, or what refuses them; null where nothing was asked: their layer is
   * gone, or everything is reset.
   */
  readonly now: (RuleName & { readonly retired: boolean }) | null;
  /** The oldest of them, as they were before. */
  readonly examples: readonly FlowView[];
}

/** Counts are of flows of a stage: a connection that two stages remember is two. */
export interface PolicyUpdate {
  readonly mode: UpdateMode;
  readonly survived: number;
  /** Live on under another rule. */
  readonly changed: number;
  readonly cut: number;
  /** In the order of the earlier program. */
  readonly flows: readonly FlowFateReport[];
}

/** Words of a group; see native/addon/policy_change_value.h. */
const WORDS = 6;

export function readPolicyUpdate(
  mode: UpdateMode,
  { groups, examples }: NativeUpdateReport,
  before: { readonly compiled: CompiledHost; readonly names: ProgramNames },
  after: ProgramNames,
): PolicyUpdate {
  const rowLength = rowBytes(FLOW_TABLE);
  const flows: FlowFateReport[] = [];
  const sums = { survived: 0, changed: 0, cut: 0 };
  let at = 0;
  for (let word = 0; word < groups.length; word += WORDS) {
    const [fate, layer, rule, now, count, shown] = groups.subarray(
      word,
      word + WORDS,
    ) as unknown as [number, number, number, number, number, number];
    const rows = examples.subarray(at, (at += shown * rowLength));
    const row = before.names.rules[rule]!;
    const name = FLOW_FATES[fate]!;
    sums[name] += count;
    flows.push({
      fate: name,
      endpoint: before.compiled.host.endpoints[row.endpoint]!.name,
      stage: row.stage,
      layer: before.names.layers[layer]!,
      ...ruleName(row),
      flows: count,
      now: now === NONE ? null : nameNow(after.rules[now]!),
      examples: flowViews(rows, before.compiled, before.names),
    });
  }
  return { mode, ...sums, flows };
}

function ruleName({ name, reason, action }: RuleRowName): RuleName {
  return { rule: name, reason, action };
}

function nameNow(row: RuleRowName): FlowFateReport['now'] {
  return { ...ruleName(row), retired: row.retired !== null };
}
