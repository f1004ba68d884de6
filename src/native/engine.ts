/** Engines and their errors: native status to PortaclError. */
import { PortaclError } from '../errors.js';
import {
  loadBinding,
  type NativeClassifierMeasurement,
  type NativeEngine,
  type NativeMeasureOptions,
  type NativeEngineOptions,
  type NativeProgram,
  type NativeSession,
  type NativeSessionOptions,
  type NativeStatus,
} from './binding.js';

/**
 * An engine over an encoded rule program.
 *
 * @throws {PortaclError} engine-missing
 * @throws {ProgramError} the code of the first fault, for bytes that are no sound program
 */
export function createEngine(program: Uint8Array, options: NativeEngineOptions): NativeEngine {
  const { Engine } = loadBinding();
  try {
    return new Engine(program, options);
  } catch (error) {
    throw isStatus(error) ? statusError(error) : error;
  }
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
  if (status.code !== 'kernel-unknown') return new ProgramError(status);
  const wanted = process.env['PORTACL_KERNEL'] ?? '';
  return new PortaclError(
    status.code,
    `PORTACL_KERNEL is ${JSON.stringify(wanted)}, which this build has not or this CPU does not run`,
  );
}

/**
 * A session over an encoded rule program, which sessions on the same bytes share.
 *
 * @throws {PortaclError} engine-missing
 * @throws {ProgramError} the code of the first fault, for bytes that are no sound program
 */
export function createSession(program: Uint8Array, options: NativeSessionOptions): NativeSession {
  const { Program, Session } = loadBinding();
  let shared = programs.get(program);
  if (shared === undefined) {
    try {
      shared = new Program(program);
    } catch (error) {
      throw isStatus(error) ? statusError(error) : error;
    }
    programs.set(program, shared);
  }
  return new Session(shared, options);
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
