/** A change of policy: an engine or session is told of it, and its account of flows is read. */
import { argumentError, readFields } from '../arguments.js';
import type { CompiledHost } from '../compile/compile-host.js';
import type { NativePolicyChange, NativeUpdateReport } from '../native/change-types.js';
import { loadProgram } from '../native/engine.js';
import { programNames, type ProgramNames } from '../report/rule-names.js';
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

/** What judged, with the names of its rows. */
export interface NamedProgram {
  readonly compiled: CompiledHost;
  readonly names: ProgramNames;
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
 * Makes the change at once.
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
  const succession = succeed(before.compiled, later, used);
  const report = native.apply(nativeChange(succession, mode));
  const after = { compiled: succession.compiled, names: programNames(succession.compiled) };
  return { after, update: readPolicyUpdate(mode, report, before, after.names) };
}

/** @throws {PortaclError} engine-missing; ProgramError */
export function nativeChange(succession: Succession, mode: UpdateMode): NativePolicyChange {
  const { compiled, endpoints, layers, rules } = succession;
  return {
    program: loadProgram(compiled.program),
    ...{ endpoints, layers, rules },
    mode: UPDATE_MODES.indexOf(mode),
  };
}
