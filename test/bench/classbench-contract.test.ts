/**
 * Every way to search, with every kernel, on ClassBench sets of all seeds: the answers are those of the
 * linear search. Sets of 100,000 rules take minutes; PORTACL_ALL_SETS=1 asks for them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { SEARCH_ALGORITHMS, programOfGroup } from '../../src/bench/bench-rules.js';
import { classBenchGroup, parseClassBenchRules } from '../../src/bench/classbench.js';
import { drawTrace, encodeKeys } from '../../src/bench/traces.js';
import { PortaclError } from '../../src/errors.js';
import { measureClassifier } from '../../src/native/engine.js';
import { encodeProgram } from '../../src/program/encode.js';

const SETS = path.join(import.meta.dirname, '../../../shared/data/classbench/rules');
const SEEDS = ['acl1', 'acl2', 'acl4', 'acl5', 'fw1', 'fw2', 'fw4', 'fw5', 'ipc1'];
const SIZES = ['1k', '10k', ...(process.env['PORTACL_ALL_SETS'] === '1' ? ['100k'] : [])];
const KERNELS = ['scalar', 'avx2', 'avx512', 'neon'];
const PACKETS = { '1k': 4000, '10k': 1000, '100k': 200 };

const kernel = process.env['PORTACL_KERNEL'];
afterAll(() => {
  if (kernel === undefined) delete process.env['PORTACL_KERNEL'];
  else process.env['PORTACL_KERNEL'] = kernel;
});

/** What the search answered, or the code with which it was refused. */
async function measured(
  ...[program, keys, algorithm]: [Uint8Array, Uint8Array, string]
): Promise<{ wrong: number; unmatched: number; algorithm: string } | string> {
  try {
    const options = { threads: 1, repetitions: 1, verify: keys.length, algorithm };
    const { wrong, unmatched, ...rest } = await measureClassifier(program, 0, keys, options);
    return { wrong, unmatched, algorithm: rest.algorithm };
  } catch (error) {
    if (error instanceof PortaclError) return error.code;
    throw error;
  }
}

describe.skipIf(!existsSync(SETS))(
  'searches of ClassBench sets (../shared/data/classbench)',
  () => {
    it.each(SEEDS.flatMap((seed) => SIZES.map((size) => [seed, size] as const)))(
      'answer as the linear search on %s_%s',
      async (seed, size) => {
        const file = path.join(SETS, `${seed}_${size}.xz`);
        const text = execFileSync('xz', ['-dc', file], { encoding: 'utf8', maxBuffer: 1 << 27 });
        const group = classBenchGroup(parseClassBenchRules(text, file));
        const program = encodeProgram(programOfGroup(group));
        const count = PACKETS[size as keyof typeof PACKETS];
        const keys = encodeKeys(drawTrace(group.rules, 'uniform', count));
        const answered = new Set<string>();
        for (const name of KERNELS) {
          process.env['PORTACL_KERNEL'] = name;
          for (const algorithm of SEARCH_ALGORITHMS) {
            const answer = await measured(program, keys, algorithm);
            if (answer === 'algorithm-refused' || answer === 'kernel-unknown') continue;
            expect(answer, `${name} ${algorithm}`).toEqual({ wrong: 0, unmatched: 0, algorithm });
            answered.add(`${name} ${algorithm}`);
          }
        }
        // These have no limit, and rows take every set.
        for (const algorithm of ['linear', 'rows', 'lists']) {
          expect(answered).toContain(`scalar ${algorithm}`);
        }
      },
      300_000,
    );
  },
);
