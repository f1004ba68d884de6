/** A change of policy: an engine or session is told of it, and its account of flows is read. */
import { argumentError, readFields } from '../arguments.js';
import type { CompiledHost } from '../compile/compile-host.js';
import type { NativePolicyChange, NativeUpdateReport } from '../native/change-types.js';
import { loadProgram, type ChangedGroups } from '../native/engine.js';
import type { NamedProgram } from '../report/rule-names.js';
import {
  UPDATE_MODES,
  readPolicyUpdate,
  type PolicyUpdate,
  type UpdateMode,
} from './policy-update.js';
import { succeed, type Succession, type UsedRows } from './succession.js';

export interface ApplyOptions {
  /** What happens to live flows; default: the option `onPolicyChange` of the new host. */
  readonly mode?: UpdateMode;
}

/** @throws {PortaclError} bad-argument */
export function readUpdateMode(options: ApplyOptions | undefined, later: CompiledHost): UpdateMode {
  const context = { code: 'bad-argument', of: 'apply' } as const;
  const { mode = later.host.options.onPolicyChange } = readFields(options, ['mode'], context);
  const known = UPDATE_MODES.find((each) => each === mode);
  if (known !== undefined) return known;
  throw argumentError(context, 'mode', mode, UPDATE_MODES.join(', '));
}

/**
 * Makes the change at once. A large group that changed a little gets a search of its own behind it.
 *
 * @throws {PortaclError} program-limit, out-of-memory
 */
export function changePolicy(
  native: { apply(change: NativePolicyChange): NativeUpdateReport },
  before: NamedProgram,
  later: CompiledHost,
  mode: UpdateMode,
  used: UsedRows,
): { readonly after: NamedProgram; readonly update: PolicyUpdate } {
  const succession = succeed(before, later, used);
  const { after } = succession;
  const change = nativeChange(before, succession, mode, 'put-off');
  const report = native.apply(change);
  change.program.buildBehind(loadProgram(before.compiled.program));
  return { after, update: readPolicyUpdate(mode, report, before, after.names) };
}

/** @throws {PortaclError} engine-missing; ProgramError */
export function nativeChange(
  before: NamedProgram,
  { after, endpoints, layers, rules, spared }: Succession,
  mode: UpdateMode,
  changed: ChangedGroups,
): NativePolicyChange {
  const earlier = loadProgram(before.compiled.program);
  return {
    program: loadProgram(after.compiled.program, { earlier, changed }),
    ...{ endpoints, layers, rules, spared },
    mode: UPDATE_MODES.indexOf(mode),
  };
}
