/**
 * `import 'portacl/vitest'` in a test or a setup file: packets as expectations.
 *
 *     expect(host).toAllow(tcp('10.9.9.9:4000', '10.1.0.5:80'));
 */
import { expect } from 'vitest';
import { matchers, type PortaclMatchers } from './matchers/matchers.js';

export type { ExpectedCoverage } from './matchers/coverage-matcher.js';
export type { Judge, Packets } from './matchers/judge.js';
export type { ExpectedDecision, PortaclMatchers } from './matchers/matchers.js';

declare module 'vitest' {
  // Declarations of one interface must have equal parameters, and Vitest's are these.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-explicit-any
  interface Matchers<T = any> extends PortaclMatchers<T> {}
}

expect.extend(matchers);
