/**
 * Captured bytes against the reference on drawn hosts and packets: headers, placing and the quick
 * way of open flows differ from the way of tuples. `PORTACL_SEED`, `PORTACL_ROUNDS` and
 * `PORTACL_PACKETS` as in engine.test.ts.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { replay } from '../../src/replay/replay.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { drawTuples } from './draw-tuples.js';
import { drawHost } from './draw.js';
import { captureOf } from './frames.js';
import { Random } from './random.js';
import { type ReferenceRecord, Reference, comparable } from './reference.js';
import { type Case, caseText } from './shrink.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 75);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 17_763);
const PACKETS = Number(process.env['PORTACL_PACKETS'] ?? 200);
const CHUNK = 25;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portacl-oracle-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a capture can show: nobody says a direction, and times are as captured. */
function captured(tuple: Tuple): Tuple {
  const shown = Object.entries(tuple).filter(([name]) => name !== 'dir' && name !== 'endpoint');
  return Object.fromEntries(shown) as unknown as Tuple;
}

function readRecords(text: string, count: number): ReferenceRecord[][] {
  const byPacket = Array.from({ length: count }, (): ReferenceRecord[] => []);
  for (const line of text.trimEnd().split('\n')) {
    const record = JSON.parse(line) as ReferenceRecord & { readonly frame: number };
    byPacket[record.frame - 1]!.push(comparable(record));
  }
  return byPacket;
}

async function askReplay({ host, tuples }: Case, seed: number): Promise<ReferenceRecord[][]> {
  const capture = path.join(folder, `${seed}.pcap`);
  const packets = path.join(folder, `${seed}.jsonl`);
  await writeFile(capture, captureOf(tuples));
  await replay([capture], compileHost(host), { packets });
  return readRecords(await readFile(packets, 'utf8'), tuples.length);
}

async function compare(seed: number): Promise<void> {
  const random = new Random(seed);
  const host = drawHost(random);
  const tuples = drawTuples(random, host, PACKETS).map(captured);
  const reference = new Reference(host, { stateless: false });
  const expected = tuples.map((tuple) => reference.judge(tuple));
  const got = await askReplay({ host, tuples }, seed);
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
