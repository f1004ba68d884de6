/** Engines and their errors: native status to PortaclError. */
import { PortaclError } from '../errors.js';
import {
  loadBinding,
  type NativeEngine,
  type NativeEngineOptions,
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
    if (isStatus(error)) throw new ProgramError(error);
    throw error;
  }
}

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
