/** `--rules`: one record per rule and default. */
import type { NativeTableColumn } from '../native/replay-types.js';
import type { RuleCounter } from './rule-counters.js';

/** One column after the other, a value for each rule. */
export function rulesTable(rules: readonly RuleCounter[]): NativeTableColumn[] {
  const texts = (
    name: string,
    of: (rule: RuleCounter) => string | null | undefined,
  ): NativeTableColumn => ({ name, type: 'text', values: rules.map((rule) => of(rule) ?? null) });
  const numbers = (
    type: 'uint64' | 'int64' | 'boolean',
    name: string,
    of: (rule: RuleCounter) => number | null | undefined,
  ): NativeTableColumn => ({
    ...{ name, type },
    values: Float64Array.from(rules, (rule) => of(rule) ?? NaN),
  });
  const counts = (
    name: 'packets' | 'bytes' | 'flows' | 'first_frame' | 'last_frame' | 'assumed',
  ): NativeTableColumn => numbers('uint64', name, (rule) => rule[name]);
  return [
    texts('endpoint', ({ endpoint }) => endpoint),
    texts('stage', ({ stage }) => stage),
    texts('direction', ({ direction }) => direction),
    texts('rule', ({ rule }) => rule),
    texts('action', ({ action }) => action),
    texts('reason', ({ reason }) => reason),
    numbers('int64', 'priority', ({ priority }) => priority),
    counts('packets'),
    counts('bytes'),
    counts('flows'),
    counts('first_frame'),
    counts('last_frame'),
    counts('assumed'),
    texts('file', ({ location }) => location?.file),
    numbers('uint64', 'line', ({ location }) => location?.line),
    numbers('uint64', 'column', ({ location }) => location?.column),
    texts('path', ({ location }) => location?.path),
    numbers('boolean', 'retired', ({ retired }) => Number(retired === true)),
  ];
}
