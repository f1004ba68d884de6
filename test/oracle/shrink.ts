/** Makes a failing case small enough to read: fewer packets first, then fewer rules. */
import type { NormalisedHost, RuleId, RuleList } from '../../src/normalise/normalised-host.js';
import type { Tuple } from '../../src/simulate/tuple.js';

export interface Case {
  readonly host: NormalisedHost;
  readonly tuples: readonly Tuple[];
}

/** `fails` must hold for `start`; it holds for what is returned, and for nothing one step smaller. */
export function shrink(start: Case, fails: (smaller: Case) => boolean): Case {
  let best = start;
  for (let step = Math.ceil(best.tuples.length / 2); step >= 1; step = Math.floor(step / 2)) {
    for (let at = 0; at < best.tuples.length;) {
      const tuples = best.tuples.filter((_, index) => index < at || index >= at + step);
      if (tuples.length > 0 && fails({ ...best, tuples })) best = { ...best, tuples };
      else at += step;
    }
  }
  for (const { id } of best.host.rules) {
    const smaller = { ...best, host: withoutRule(best.host, id) };
    if (fails(smaller)) best = smaller;
  }
  return best;
}

/** The rule stays in the table, since ids are indices, but no list asks it. */
function withoutRule(host: NormalisedHost, gone: RuleId): NormalisedHost {
  const lists = (all: readonly RuleList[]): RuleList[] =>
    all.map((list) => ({ ...list, rules: list.rules.filter((id) => id !== gone) }));
  const ids = (all: readonly RuleId[]): RuleId[] => all.filter((id) => id !== gone);
  return {
    ...host,
    endpoints: host.endpoints.map((endpoint) => {
      const { switchStage: onSwitch, hostStage: onHost } = endpoint;
      return {
        ...endpoint,
        switchStage:
          onSwitch.kind === 'acl'
            ? { ...onSwitch, in: lists(onSwitch.in), out: lists(onSwitch.out) }
            : onSwitch,
        hostStage:
          onHost.kind === 'acl' ? { ...onHost, in: ids(onHost.in), out: ids(onHost.out) } : onHost,
      };
    }),
  };
}

/** The case as text; rules that no list asks are left out. */
export function caseText({ host, tuples }: Case): string {
  const asked = new Set<number>();
  for (const { switchStage, hostStage } of host.endpoints) {
    if (switchStage.kind === 'acl') {
      [...switchStage.in, ...switchStage.out].forEach(({ rules }) =>
        rules.forEach((id) => asked.add(id)),
      );
    }
    if (hostStage.kind === 'acl') {
      [...hostStage.in, ...hostStage.out].forEach((id) => asked.add(id));
    }
  }
  const plain = (_: string, value: unknown): unknown =>
    typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
  const line = (value: unknown): string => JSON.stringify(value, plain);
  return [
    `options ${line(host.options)}`,
    ...host.endpoints.map((endpoint) => `endpoint ${line(endpoint)}`),
    ...host.rules.filter(({ id }) => asked.has(id)).map((rule) => `rule ${line(rule)}`),
    ...tuples.map((tuple) => `packet ${line(tuple)}`),
  ].join('\n');
}
