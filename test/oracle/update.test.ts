/**
 * Changes of policy under live flows: the engine against the reference on drawn hosts, packets and
 * successors, in all three modes, with and without unified flows. `PORTACL_SEED=n` draws from that
 * seed, `PORTACL_ROUNDS=n` draws that many hosts and `PORTACL_PACKETS=n` that many packets for each.
 */
import { describe, expect, it } from 'vitest';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { EngineJudge, type Judge, ReferenceJudge, findDifference } from './compare-judges.js';
import { drawTuples } from './draw-tuples.js';
import { drawProfileChanges, drawUpdates } from './draw-update.js';
import { drawHost } from './draw.js';
import { Random } from './random.js';
import type { UpdateMode } from './update.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 100);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 1709);
const PACKETS = Number(process.env['PORTACL_PACKETS'] ?? 150);

type Judges = (host: NormalisedHost) => readonly [Judge, Judge];

function compare(
  mode: UpdateMode,
  judges: Judges,
  drawChanges: typeof drawUpdates = drawUpdates,
  isWanted: (host: NormalisedHost) => boolean = () => true,
): void {
  let met = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const random = new Random(seed);
    let host = drawHost(random);
    while (!isWanted(host)) host = drawHost(random);
    const tuples = drawTuples(random, host, PACKETS);
    const drawn = { host, tuples, updates: drawChanges(random, host, mode, PACKETS) };
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

describe('a change of the profiles of interfaces', () => {
  const hasFirewall = ({ endpoints }: NormalisedHost): boolean =>
    endpoints.some(({ hostStage }) => hostStage.kind === 'firewall');

  it.each(['keep', 'reevaluate'] as const)(
    'leaves the flows of the reference, %s',
    (mode) => {
      const judges: Judges = (host) => [new ReferenceJudge(host), new EngineJudge(host, true)];
      compare(mode, judges, drawProfileChanges, hasFirewall);
    },
    120_000,
  );
});
