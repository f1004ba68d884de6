/**
 * Layers of a dumped port: the engine against the reference on drawn layers, groups and rules; with and
 * without unified flows, stateless, and under changes of policy. `PORTACL_SEED`, `PORTACL_ROUNDS` and
 * `PORTACL_PACKETS` as in engine.test.ts.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { replay } from '../../src/replay/replay.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { temporaryFolder } from '../cli/run.js';
import {
  type Case,
  EngineJudge,
  type Judge,
  ReferenceJudge,
  findDifference,
} from './compare-judges.js';
import { asFrames, withFewerLayers, withFurther, withLayers } from './draw-layers.js';
import { drawTuples } from './draw-tuples.js';
import { drawUpdates, type UpdateMode } from './draw-update.js';
import { drawHost } from './draw.js';
import { captureOf } from './frames.js';
import { Random } from './random.js';
import { Reference, type ReferenceRecord, comparable } from './reference.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 100);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 33_150);
const PACKETS = Number(process.env['PORTACL_PACKETS'] ?? 150);

function drawCase(seed: number, mode: UpdateMode | null): Case {
  const random = new Random(seed);
  const host = withLayers(random, drawHost(random));
  const tuples = withFurther(random, drawTuples(random, host, PACKETS));
  const drawn = mode === null ? [] : drawUpdates(random, host, mode, PACKETS);
  const updates = drawn.map((update) => ({
    ...update,
    host: withFewerLayers(random, update.host),
  }));
  return { host, tuples, updates };
}

function compare(
  mode: UpdateMode | null,
  judges: (host: NormalisedHost) => readonly [Judge, Judge],
): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const found = findDifference(drawCase(seed, mode), judges);
    if (found !== null) expect.fail(`seed ${seed}: ${found}`);
  }
}

const folder = temporaryFolder();

/** The records of each packet of a capture. */
async function replayed(
  host: NormalisedHost,
  tuples: readonly Tuple[],
): Promise<ReferenceRecord[][]> {
  const capture = folder.write('drawn.pcap', captureOf(tuples));
  const packets = path.join(path.dirname(capture), 'drawn.jsonl');
  await replay([capture], compileHost(host), { packets });
  const byPacket = tuples.map((): ReferenceRecord[] => []);
  for (const line of readFileSync(packets, 'utf8').trimEnd().split('\n')) {
    const record = JSON.parse(line) as ReferenceRecord & { readonly frame: number };
    byPacket[record.frame - 1]!.push(comparable(record));
  }
  return byPacket;
}

describe('layers of a dumped port', () => {
  it('judge as the reference does', () => {
    compare(null, (host) => [new ReferenceJudge(host), new EngineJudge(host, true)]);
  });

  it('judge the same without unified flows', () => {
    compare(null, (host) => [new EngineJudge(host, true), new EngineJudge(host, false)]);
  });

  it('ask every packet when stateless', () => {
    compare(null, (host) => [new ReferenceJudge(host, true), new EngineJudge(host, true, true)]);
  });

  it('judge captured packets as the reference does', async () => {
    let asked = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS / 2; seed++) {
      const { host, tuples } = drawCase(seed, null);
      const shown = asFrames(tuples);
      const reference = new Reference(host, { stateless: false });
      const expected = shown.map((tuple) => reference.judge(tuple));
      const got = await replayed(host, shown);
      asked += expected.flat().filter(({ reason }) => reason === 'rule').length;
      expected.forEach((records, i) => {
        expect({ seed, i, tuple: shown[i], records: got[i] }).toEqual({
          ...{ seed, i, tuple: shown[i], records },
        });
      });
    }
    expect(asked).toBeGreaterThan(10 * ROUNDS);
  });

  it.each(['keep', 'reevaluate', 'reset'] as const)('change with their policy, %s', (mode) => {
    compare(mode, (host) => [new ReferenceJudge(host), new EngineJudge(host, true)]);
  });

  it('are met by the drawn packets, each answer often enough', () => {
    const reasons = new Map<string, number>();
    const count = (name: string): void => void reasons.set(name, (reasons.get(name) ?? 0) + 1);
    for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
      const { host, tuples } = drawCase(seed, null);
      const judge = new ReferenceJudge(host);
      for (const tuple of tuples) {
        for (const { stage, verdict, reason } of judge.judge(tuple)) {
          if (stage === 'switch') count(`${verdict} ${reason}`);
        }
      }
    }
    const wanted = [
      ...['allow rule', 'drop rule', 'drop implicit-deny', 'allow default-allow'],
      ...['allow established', 'allow related', 'drop fragment-without-first', 'drop flow-limit'],
    ];
    expect(wanted.filter((name) => (reasons.get(name) ?? 0) < 5)).toEqual([]);
  });
});
