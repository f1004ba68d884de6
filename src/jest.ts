/**
 * `import 'portacl/jest'` in a setup file of Jest, or of whatever puts an `expect` with `extend` into
 * the global scope: packets as expectations.
 *
 *     expect(host).toAllow(tcp('10.9.9.9:4000', '10.1.0.5:80'));
 */
import { PortaclError } from './errors.js';
import { matchers, type PortaclMatchers } from './matchers/matchers.js';

export type { ExpectedCoverage } from './matchers/coverage-matcher.js';
export type { Judge, Packets } from './matchers/judge.js';
export type { ExpectedDecision, PortaclMatchers } from './matchers/matchers.js';

declare global {
  // The name that @types/jest gives its matchers, and the only way to add to them.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type
    interface Matchers<R> extends PortaclMatchers<R> {}
  }
}

/** What is asked of the framework. */
interface ExtensibleExpect {
  readonly extend: (added: typeof matchers) => void;
}

const { expect } = globalThis as { readonly expect?: ExtensibleExpect };
if (typeof expect?.extend !== 'function') {
  throw new PortaclError(
    'bad-usage',
    'portacl/jest needs a global expect: import it in a setup file (setupFilesAfterEnv), with globals on',
  );
}
expect.extend(matchers);
