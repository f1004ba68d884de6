/** Every code that documents of policies can get has a test that asserts it, with line and column. */
import { describe, expect, it } from 'vitest';

import { ERRORS, type ErrorCode, type ErrorRow } from '../../src/errors.js';
import { filesBelow, read } from './tree.js';

const TESTS = filesBelow('test', /\.test\.ts$/)
  .filter((file) => !file.startsWith('test/house/'))
  .map(read)
  .join('\n');

/** Source: hns.md 9. */
const POLICY_ERRORS: readonly ErrorCode[] = [
  ...(['not-json', 'truncated-dump', 'hns-failure', 'missing-field', 'unknown-value'] as const),
  ...(['unknown-field', 'wrong-type', 'bad-address', 'bad-prefix', 'bad-port'] as const),
  ...(['ports-need-protocol', 'bad-protocol', 'bad-priority', 'conflicting-fields'] as const),
  ...(['unknown-set', 'set-cycle', 'mixed-sets-and-addresses'] as const),
  ...(['rule-type-not-supported', 'not-reprogrammable', 'remote-endpoint'] as const),
  ...(['needs-newer-windows', 'unknown-policy-type', 'policy-not-found'] as const),
  ...(['unknown-network', 'unknown-endpoint', 'port-collision', 'bad-network-policy'] as const),
  'unsupported-in-front-end',
];

const LINTS = (Object.keys(ERRORS) as ErrorCode[]).filter(
  (code) => (ERRORS[code] as ErrorRow).kind === 'lint',
);

/** Codes that no test names as the pattern wants it. */
const missing = (codes: readonly ErrorCode[], pattern: (code: string) => RegExp): ErrorCode[] =>
  codes.filter((code) => !pattern(code).test(TESTS));

describe('tests assert', () => {
  it('each error of documents with its place', () => {
    // `error code line:column`, as `brief` of test/policy/reading.ts writes it; 0:0 is a value.
    const place = /[1-9]\d*:(?:[1-9]|\$)/.source;
    expect(missing(POLICY_ERRORS, (code) => new RegExp(`error ${code} ${place}`))).toEqual([]);
  });

  it('each lint', () => {
    expect(missing(LINTS, (code) => new RegExp(`\\b${code}\\b`))).toEqual([]);
  });
});
