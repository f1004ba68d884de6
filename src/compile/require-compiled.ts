/** The compiled host among arguments. */
import { argumentError } from '../arguments.js';
import type { CompiledHost } from './compile-host.js';

/**
 * The argument, when it is what `compileHost` or `loadHost(…).compiled` gives.
 *
 * @throws {PortaclError} bad-argument, in the name of the function `of`
 */
export function requireCompiled(value: unknown, of: string): CompiledHost {
  const context = { code: 'bad-argument', of } as const;
  try {
    const { host, model, program } = value as CompiledHost;
    if (
      program instanceof Uint8Array &&
      Array.isArray(host.rules) &&
      Array.isArray(model.endpoints)
    ) {
      return value as CompiledHost;
    }
  } catch {
    // What cannot be read is no compiled host either.
  }
  throw argumentError(context, 'the host', value, 'a compiled host, of compileHost or loadHost');
}
