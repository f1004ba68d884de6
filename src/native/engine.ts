/** Engines and their errors: native status to PortaclError. */
import { PortaclError } from '../errors.js';
import { loadBinding } from './binding.js';
import type { NativeStatus } from './capture-types.js';
import type { NativeClassifierMeasurement, NativeMeasureOptions } from './classifier-types.js';
import type {
  NativeEngine,
  NativeEngineOptions,
  NativeSession,
  NativeSessionOptions,
} from './engine-types.js';
import type { NativeProgram } from './program-types.js';

/**
 * An engine over an encoded rule program, which engines and sessions on the same bytes share.
 *
 * @throws {PortaclError} engine-missing, kernel-unknown
 * @throws {ProgramError} the code of the first fault, for bytes that are no sound program
 */
export function createEngine(program: Uint8Array, options: NativeEngineOptions): NativeEngine {
  return new (loadBinding().Engine)(loadProgram(program), options);
}

/**
 * How fast the rules of one group are found; the group is one of IPv4.
 *
 * @throws {PortaclError} engine-missing, kernel-unknown
 * @throws {ProgramError} for bytes that are no sound program
 */
export async function measureClassifier(
  program: Uint8Array,
  groupRow: number,
  keys: Uint8Array,
  options: NativeMeasureOptions,
): Promise<NativeClassifierMeasurement> {
  try {
    return await loadBinding().measureClassifier(program, groupRow, keys, options);
  } catch (error) {
    throw isStatus(error) ? statusError(error) : error;
  }
}

function statusError(status: NativeStatus): PortaclError {
  if (status.code === 'algorithm-refused')
    return new PortaclError(
      status.code,
      'the algorithm that was asked for is refused for these rules',
    );
  if (status.code !== 'kernel-unknown') return new ProgramError(status);
  const wanted = process.env['PORTACL_KERNEL'] ?? '';
  return new PortaclError(
    status.code,
    `PORTACL_KERNEL is ${JSON.stringify(wanted)}, which this build has not or this CPU does not run`,
  );
}

/** The same as {@link createEngine} for packets in memory; throws the same. */
export function createSession(program: Uint8Array, options: NativeSessionOptions): NativeSession {
  return new (loadBinding().Session)(loadProgram(program), options);
}

/** Whether large groups that changed a little are built at once, or behind what follows. */
export type ChangedGroups = 'built' | 'put-off';

/**
 * The program that was loaded from these bytes. One that follows another shares with it the searches
 * of groups that did not change; what it puts off is built when its `buildBehind` is called. Throws
 * the same.
 */
export function loadProgram(
  bytes: Uint8Array,
  after?: { readonly earlier: NativeProgram; readonly changed: ChangedGroups },
): NativeProgram {
  const { Program } = loadBinding();
  const known = programs.get(bytes);
  if (known !== undefined) return known;
  try {
    const program =
      after === undefined
        ? new Program(bytes)
        : new Program(bytes, after.earlier, after.changed === 'put-off');
    programs.set(bytes, program);
    return program;
  } catch (error) {
    throw isStatus(error) ? statusError(error) : error;
  }
}

/** Programs by the bytes they were loaded from. */
const programs = new WeakMap<Uint8Array, NativeProgram>();

/** A rule program that the loader refuses. */
export class ProgramError extends PortaclError {
  /** Byte of the program at which the fault was noticed. */
  readonly byteOffset: number;

  constructor({ code, offset, detail }: NativeStatus) {
    super(code, `the rule program is not sound at byte ${offset} (found ${detail})`);
    this.byteOffset = offset;
  }
}

function isStatus(error: unknown): error is NativeStatus {
  return error instanceof Error && 'code' in error && 'offset' in error && 'detail' in error;
}
