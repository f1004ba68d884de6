/**
 * Captured bytes against the reference on drawn hosts and packets: headers, placing and the quick
 * way of open flows differ from the way of tuples. `PORTACL_SEED`, `PORTACL_ROUNDS` and
 * `PORTACL_PACKETS` as in engine.test.ts.
 */
import { describe, expect, it } from 'vitest';
import type { Tuple } from '../../src/simulate/tuple.js';
import { temporaryFolder } from '../cli/run.js';
import { askReplay } from './compare-judges.js';
import { drawTuples } from './draw-tuples.js';
import { drawHost } from './draw.js';
import { Random } from './random.js';
import { Reference } from './reference.js';
import { caseText } from './shrink.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 75);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 17_763);
const PACKETS = Number(process.env['PORTACL_PACKETS'] ?? 200);
const CHUNK = 25;

const folder = temporaryFolder();

/** What a capture can show: nobody says a direction, and times are as captured. */
function captured(tuple: Tuple): Tuple {
  const shown = Object.entries(tuple).filter(([name]) => name !== 'dir' && name !== 'endpoint');
  return Object.fromEntries(shown) as unknown as Tuple;
}

async function compare(seed: number): Promise<void> {
  const random = new Random(seed);
  const host = drawHost(random);
  const tuples = drawTuples(random, host, PACKETS).map(captured);
  const reference = new Reference(host, { stateless: false });
  const expected = tuples.map((tuple) => reference.judge(tuple));
  const got = await askReplay(host, tuples, folder);
  const at = expected.findIndex((r, index) => JSON.stringify(r) !== JSON.stringify(got[index]));
  if (at < 0) return;
  const [one, other] = [JSON.stringify(expected[at]), JSON.stringify(got[at])];
  const text = caseText({ host, tuples: tuples.slice(0, at + 1) });
  expect.fail(`seed ${seed}, packet ${at}\n  expected ${one}\n  got      ${other}\n${text}`);
}

const chunks = Array.from({ length: Math.ceil(ROUNDS / CHUNK) }, (_, index) => {
  const from = FIRST_SEED + index * CHUNK;
  return { from, to: Math.min(from + CHUNK, FIRST_SEED + ROUNDS) - 1 };
});

describe.each(chunks)('seeds $from to $to', ({ from, to }) => {
  it('judges captured packets as the reference does', async () => {
    for (let seed = from; seed <= to; seed++) await compare(seed);
  });
});
