/** What every lint is given: the host, where to report, and a budget for comparing rules. */
import type { SourceLocation } from '../errors.js';
import type {
  Direction,
  NormalisedEndpoint,
  NormalisedHost,
  NormalisedRule,
  RuleId,
  Stage,
} from '../normalise/normalised-host.js';
import type { Reporter } from '../source/diagnostic.js';

/** Comparisons of two rules one run of one lint makes before it says that it stopped. */
export const COMPARISONS_MAX = 1_000_000;
/** Findings of one code that are listed per endpoint. */
export const FINDINGS_MAX = 100;

export interface LintContext {
  readonly host: NormalisedHost;
  readonly reporter: Reporter;
}

/** A stage that has rules, seen in one way for both stages. */
export interface RuledStage {
  readonly endpoint: NormalisedEndpoint;
  readonly stage: Stage;
  readonly implicitDeny: { readonly in: boolean; readonly out: boolean };
  /** Lists in the order in which they are asked. */
  readonly lists: Readonly<Record<Direction, RuleLists>>;
  /** The rules of all lists in that order. */
  readonly rules: Readonly<Record<Direction, readonly NormalisedRule[]>>;
}

type RuleLists = readonly (readonly NormalisedRule[])[];

export const DIRECTIONS = ['in', 'out'] as const;

/** The stages of all endpoints that have rules. */
export function ruledStages({ host }: LintContext): readonly RuledStage[] {
  const rulesOf = (ids: readonly RuleId[]): NormalisedRule[] => ids.map((id) => host.rules[id]!);
  return host.endpoints.flatMap((endpoint) => {
    const stages: RuledStage[] = [];
    const { switchStage, hostStage } = endpoint;
    if (switchStage.kind === 'acl') {
      const { implicitDeny } = switchStage;
      const lists = {
        in: switchStage.in.map((list) => rulesOf(list.rules)),
        out: switchStage.out.map((list) => rulesOf(list.rules)),
      };
      stages.push(ruledStage(endpoint, 'switch', implicitDeny, lists));
    }
    if (hostStage.kind === 'acl') {
      const { implicitDeny } = hostStage;
      const lists = { in: [rulesOf(hostStage.in)], out: [rulesOf(hostStage.out)] };
      stages.push(ruledStage(endpoint, 'host', implicitDeny, lists));
    }
    return stages;
  });
}

export function ruledStage(
  endpoint: NormalisedEndpoint,
  stage: Stage,
  implicitDeny: RuledStage['implicitDeny'],
  lists: RuledStage['lists'],
): RuledStage {
  const rules = { in: joined(lists.in), out: joined(lists.out) };
  return { endpoint, stage, implicitDeny, lists, rules };
}

/** Most stages have one list, and it may be long. */
function joined(lists: RuleLists): readonly NormalisedRule[] {
  return lists.length === 1 ? lists[0]! : lists.flat();
}

/** The first rule of a stage in the order of the documents: where findings on all of it stand. */
export function placeOfStage(stage: RuledStage): SourceLocation {
  const rules = DIRECTIONS.flatMap((direction) => stage.rules[direction]);
  const first = rules.reduce<NormalisedRule | null>(
    (least, rule) => (least === null || rule.id < least.id ? rule : least),
    null,
  );
  return first?.location ?? HOST_LOCATION;
}

/** For findings that stand in no document. */
export const HOST_LOCATION: SourceLocation = { file: '<host>', line: 0, column: 0, path: '' };

export function stageName(stage: Stage): string {
  return stage === 'host' ? 'Host' : 'Switch';
}

export function directionName(direction: Direction): string {
  return direction === 'in' ? 'In' : 'Out';
}
