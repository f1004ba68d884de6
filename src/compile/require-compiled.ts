/** The compiled host among arguments. */
import { isDeepStrictEqual } from 'node:util';

import { argumentError } from '../arguments.js';
import { compileHost, isMadeHere, type CompiledHost } from './compile-host.js';

const known = new WeakSet<CompiledHost>();

/**
 * The argument, when it is what `compileHost` or `loadHost(…).compiled` gives, or a copy, as workers are
 * sent one. A copy is compiled again and compared, once: names that do not belong to the program
 * would be verdicts with wrong reasons.
 *
 * @throws {PortaclError} bad-argument, in the name of the function `of`
 */
export function requireCompiled(value: unknown, of: string): CompiledHost {
  const context = { code: 'bad-argument', of } as const;
  try {
    const compiled = value as CompiledHost;
    if (isMadeHere(compiled) || known.has(compiled)) return compiled;
    const { host, model, program } = compiled;
    const again = compileHost(host);
    if (isDeepStrictEqual([model, program], [again.model, again.program])) {
      known.add(compiled);
      return compiled;
    }
  } catch {
    // What cannot be read is no compiled host either.
  }
  throw argumentError(context, 'the host', value, 'a compiled host, of compileHost or loadHost');
}
