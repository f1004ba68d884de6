/**
 * Threads, and the unified flow table, change nothing but speed: drawn hosts and captures of several blocks (8,192 packets) with
 * times out of order, fragments and ICMP errors, judged by 1, 2, 3 and 8 threads. `PORTACL_SEED`
 * and `PORTACL_ROUNDS` as in test/oracle.
 */
import { readFileSync, writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { replay, THREADS_MAX, type ReplayOptions, type Tuple } from '../../src/index.js';
import { compileHost, type CompiledHost } from '../../src/compile/compile-host.js';
import { EXAMPLE, EXAMPLE_HOST, portacl, temporaryFolder } from '../cli/run.js';
import { drawHost } from '../oracle/draw.js';
import { drawTuples } from '../oracle/draw-tuples.js';
import { captureOf } from '../oracle/frames.js';
import { Random } from '../oracle/random.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 4);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 52_001);
/** Two captures of these; the first alone is two blocks. */
const PACKETS = [12_000, 3_000];
const THREADS = [2, 3, 8];

const folder = temporaryFolder();

/** What a capture can show, a few of them with a time that is not the newest. */
function captured(random: Random, tuple: Tuple): Tuple {
  const shown = Object.entries(tuple).filter(([name]) => name !== 'dir' && name !== 'endpoint');
  const late = random.chance(0.02) ? random.below(90) : 0;
  return { ...(Object.fromEntries(shown) as unknown as Tuple), at: Math.max(0, tuple.at! - late) };
}

/**
 * A fragment of an ICMP error belongs to two pairs of addresses, which ends the work in shards;
 * so does any fragment of a second capture.
 */
type Fragments = 'none' | 'not of ICMP' | 'all';

function comes({ fragment, proto }: Tuple, fragments: Fragments): boolean {
  if (fragment === undefined || fragments === 'all') return true;
  return fragments === 'not of ICMP' && !/icmp|^(1|58)$/.test(String(proto));
}

/** All that a replay says, as bytes. */
async function outputs(
  captures: readonly string[],
  host: CompiledHost,
  options: ReplayOptions,
): Promise<Record<string, string>> {
  const paths = {
    packets: folder.at('packets.jsonl'),
    flows: folder.at('flows.csv'),
    annotate: folder.at('annotated.pcapng'),
  };
  const { report } = await replay(captures, host, { ...options, ...paths });
  const counted = await replay(captures, host, { ...options, countValues: true });
  expect(counted.report).toEqual(report);
  const said: Record<string, string> = {
    report: JSON.stringify(report),
    coverage: JSON.stringify(counted.coverage()),
  };
  for (const [name, file] of Object.entries(paths)) said[name] = readFileSync(file, 'latin1');
  return said;
}

async function compare(seed: number, fragments: Fragments, flowLimit = 1_048_576): Promise<void> {
  const random = new Random(seed);
  const drawn = drawHost(random);
  const host = { ...drawn, options: { ...drawn.options, flowLimit } };
  const captures = PACKETS.map((count, i) => {
    const tuples = drawTuples(random, host, count).map((tuple) => captured(random, tuple));
    const file = folder.at(`${i}.pcap`);
    writeFileSync(file, captureOf(tuples.filter((tuple) => comes(tuple, fragments))));
    return file;
  });
  const compiled = compileHost(host);
  const expected = await outputs(captures, compiled, {});
  for (const options of [{ unifiedFlows: false }, ...THREADS.map((threads) => ({ threads }))]) {
    const got = await outputs(captures, compiled, options);
    for (const name of Object.keys(expected)) {
      // Not toEqual: nobody reads the difference of two files of megabytes.
      const at = firstDifference(expected[name]!, got[name]!);
      expect(at, `seed ${seed}, ${JSON.stringify(options)}, ${name}`).toBeNull();
    }
  }
}

function firstDifference(one: string, other: string): string | null {
  if (one === other) return null;
  let at = 0;
  while (one[at] === other[at]) at++;
  const around = (text: string): string => text.slice(Math.max(0, at - 300), at + 300);
  return `at ${at}:\n${around(one)}\n-- instead\n${around(other)}`;
}

const seeds = Array.from({ length: ROUNDS }, (_, i) => FIRST_SEED + i);

describe('a replay on several threads, or without unified flows, says what one says', () => {
  describe.each(['none', 'not of ICMP', 'all'] as const)('fragments: %s', (fragments) => {
    it.each(seeds)('with seed %i', (seed) => compare(seed, fragments));
  });

  it.each([1, 9_000, 40_000])('with a limit of %i flows', (limit) =>
    compare(FIRST_SEED, 'none', limit),
  );
});

describe('the number of threads', () => {
  it.each([0, 1.5, THREADS_MAX + 1, NaN])('%f is refused', async (threads) => {
    const host = compileHost(drawHost(new Random(1)));
    await expect(replay([EXAMPLE], host, { threads })).rejects.toMatchObject({
      code: 'bad-argument',
    });
  });

  it('is an option of the command', async () => {
    const one = await portacl(['replay', EXAMPLE, '--host', EXAMPLE_HOST, '--json']);
    const two = await portacl([
      'replay',
      EXAMPLE,
      '--host',
      EXAMPLE_HOST,
      '--json',
      '--threads',
      '2',
    ]);
    expect(two).toEqual(one);
    const none = await portacl(['replay', EXAMPLE, '--host', EXAMPLE_HOST, '--threads', 'all']);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('--threads all: a whole number from 1 to 64 is wanted');
  });
});
