/**
 * Changes of policy under live flows: the engine against the reference on drawn hosts, packets and
 * successors, in all three modes, with and without unified flows. `PORTACL_SEED=n` draws from that
 * seed, `PORTACL_ROUNDS=n` draws that many hosts and `PORTACL_PACKETS=n` that many packets for each.
 */
import { describe, expect, it } from 'vitest';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { EngineJudge, type Judge, ReferenceJudge, findDifference } from './compare-judges.js';
import { drawTuples } from './draw-tuples.js';
import { drawUpdates } from './draw-update.js';
import { drawHost } from './draw.js';
import { Random } from './random.js';
import type { UpdateMode } from './update.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 100);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 1709);
const PACKETS = Number(process.env['PORTACL_PACKETS'] ?? 150);

function compare(
  mode: UpdateMode,
  judges: (host: NormalisedHost) => readonly [Judge, Judge],
): void {
  let met = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const random = new Random(seed);
    const host = drawHost(random);
    const tuples = drawTuples(random, host, PACKETS);
    const drawn = { host, tuples, updates: drawUpdates(random, host, mode, PACKETS) };
    const found = findDifference(drawn, judges, (flows) => (met += flows));
    if (found !== null) expect.fail(`seed ${seed}: ${found}`);
  }
  // Changes that meet no flow would show nothing.
  expect(met).toBeGreaterThan(5 * ROUNDS);
}

describe.each(['keep', 'reevaluate', 'reset'] as const)('a change of policy, %s', (mode) => {
  it('leaves the engine with the flows of the reference', () => {
    compare(mode, (host) => [new ReferenceJudge(host), new EngineJudge(host, true)]);
  }, 120_000);

  it('leaves the same flows without unified flows', () => {
    compare(mode, (host) => [new EngineJudge(host, true), new EngineJudge(host, false)]);
  }, 120_000);
});
