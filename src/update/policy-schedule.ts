/** Policies that change on the way through captures. */
import { argumentError, readFields, type ArgumentContext } from '../arguments.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { requireCompiled } from '../compile/require-compiled.js';
import { PortaclError } from '../errors.js';
import {
  MARK_KINDS,
  type NativeAppliedChange,
  type NativePolicyChange,
} from '../native/change-types.js';
import { programNames, type NamedProgram } from '../report/rule-names.js';
import { verdictTexts } from '../report/verdict-texts.js';
import { nativeChange, readUpdateMode } from './change-policy.js';
import { markText, type ReplayMark } from './marks.js';
import { readPolicyUpdate, type PolicyUpdate, type UpdateMode } from './policy-update.js';
import { succeed } from './succession.js';

/** A host that judges from a place in the captures on. */
export interface PolicyChange {
  readonly at: ReplayMark;
  readonly compiled: CompiledHost;
  /** What happens to live flows; default: the option `onPolicyChange` of that host. */
  readonly mode?: UpdateMode;
}

export interface PolicyChangeReport extends PolicyUpdate {
  /** The mark. */
  readonly at: string;
  /** False where the captures ended before it. */
  readonly applied: boolean;
  /** These three of the first packet that the new policy judged; null where there is none. */
  readonly file: string | null;
  readonly frame: number | null;
  /** Nanoseconds since 1970 as a decimal text. */
  readonly time_ns: string | null;
}

interface Step {
  readonly change: PolicyChange;
  readonly mode: UpdateMode;
  readonly native: NativePolicyChange;
  readonly before: NamedProgram;
  readonly after: NamedProgram;
}

/** The changes of one replay, each a successor of the one before it. */
export class PolicySchedule {
  readonly #first: NamedProgram;
  readonly #steps: readonly Step[];

  /** @throws {PortaclError} bad-argument, program-limit */
  constructor(first: CompiledHost, changes: readonly PolicyChange[], withTexts: boolean) {
    this.#first = { compiled: first, names: programNames(first) };
    let before = this.#first;
    this.#steps = changes.map((change) => {
      const { compiled, mode: given } = change;
      const mode = readUpdateMode(given === undefined ? undefined : { mode: given }, compiled);
      const succession = succeed(before, compiled);
      const { after } = succession;
      const native = {
        // All of them are known before the first packet, so nothing is put off.
        ...nativeChange(before, succession, mode, 'built'),
        ...nativeMark(change.at),
        ...(withTexts && { texts: verdictTexts(after.compiled) }),
      };
      const step = { change, mode, native, before, after };
      before = after;
      return step;
    });
  }

  get native(): readonly NativePolicyChange[] {
    return this.#steps.map(({ native }) => native);
  }

  /** What judged last: its rows are those of the counters. */
  last(applied: readonly (NativeAppliedChange | null)[]): NamedProgram {
    return this.after(applied.filter((each) => each !== null).length);
  }

  /** What judges when so many changes were made. */
  after(count: number): NamedProgram {
    return count === 0 ? this.#first : this.#steps[count - 1]!.after;
  }

  reports(
    applied: readonly (NativeAppliedChange | null)[],
    files: readonly string[],
  ): PolicyChangeReport[] {
    return this.#steps.map(({ change, mode, before, after }, i) => {
      const at = markText(change.at);
      const done = applied[i] ?? null;
      if (done === null) {
        const nothing = { survived: 0, changed: 0, cut: 0, flows: [] };
        return { at, applied: false, file: null, frame: null, time_ns: null, mode, ...nothing };
      }
      return {
        ...{ at, applied: true, file: files[done.capture]!, frame: done.frame },
        time_ns: done.timeNs?.toString() ?? null,
        ...readPolicyUpdate(mode, done, before, after.names),
      };
    });
  }
}

function nativeMark(mark: ReplayMark): Pick<NativePolicyChange, 'markKind' | 'markValue'> {
  const [kind, value] =
    'frame' in mark
      ? (['frame', BigInt(mark.frame)] as const)
      : 'timeNs' in mark
        ? (['time', mark.timeNs] as const)
        : (['elapsed', mark.elapsedNs] as const);
  return { markKind: MARK_KINDS.indexOf(kind), markValue: value };
}

/**
 * A copy of a list of changes, whatever a caller without types hands over.
 *
 * @throws {PortaclError} of the context, bad-argument
 */
export function readChanges(value: unknown, context: ArgumentContext): readonly PolicyChange[] {
  const wanted = 'an array of {at, compiled, mode}';
  try {
    if (Array.isArray(value)) {
      return (value as readonly unknown[]).map((each) => {
        const fields = readFields(each as object, ['at', 'compiled', 'mode'], context);
        const compiled = requireCompiled(fields.compiled, 'changes');
        const mode = fields.mode as UpdateMode | undefined;
        return { at: readMark(fields.at, context), compiled, ...(mode !== undefined && { mode }) };
      });
    }
  } catch (error) {
    if (error instanceof PortaclError) throw error;
  }
  throw argumentError(context, 'changes', value, wanted);
}

function readMark(value: unknown, context: ArgumentContext): ReplayMark {
  const names = ['frame', 'timeNs', 'elapsedNs'] as const;
  const { frame, timeNs, elapsedNs } = readFields(value as object, names, context);
  const given = [frame, timeNs, elapsedNs].filter((each) => each !== undefined);
  if (given.length === 1) {
    if (typeof frame === 'number' && Number.isSafeInteger(frame) && frame > 0) return { frame };
    if (isTime(timeNs)) return { timeNs };
    if (isTime(elapsedNs)) return { elapsedNs };
  }
  throw argumentError(context, 'at', value, '{frame} from 1, {timeNs} or {elapsedNs} as a bigint');
}

const isTime = (value: unknown): value is bigint =>
  typeof value === 'bigint' && value >= 0n && value < 2n ** 63n;

/**
 * Changes stand in the order in which they are made.
 *
 * @throws {PortaclError} bad-usage
 */
export function checkChanges(captures: number, changes: readonly PolicyChange[]): void {
  const last = new Map<string, bigint>();
  for (const { at } of changes) {
    const [[kind, value]] = Object.entries(at) as [[string, number | bigint]];
    if (kind === 'frame' && captures > 1) {
      throw new PortaclError(
        'bad-usage',
        `a policy is to change at frame ${value}, but there are ${captures} captures, each with frames of its own: name a time`,
      );
    }
    if ((last.get(kind) ?? -1n) > BigInt(value)) {
      throw new PortaclError(
        'bad-usage',
        `a policy is to change at ${markText(at)} after a change at a later place: changes are given in their order`,
      );
    }
    last.set(kind, BigInt(value));
  }
}
