/**
 * The engine against the reference on drawn hosts and packets; with and without unified flows, and
 * stateless. `PORTACL_SEED=n` draws from that seed, `PORTACL_ROUNDS=n` draws that many hosts and
 * `PORTACL_PACKETS=n` that many packets for each.
 */
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { Simulator } from '../../src/simulate/simulate.js';
import { drawTuples } from './draw-tuples.js';
import { drawHost } from './draw.js';
import { Random } from './random.js';
import { type ReferenceRecord, comparable } from './record.js';
import { Reference } from './reference.js';
import { type Case, caseText, shrink } from './shrink.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 150);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 20_348);
const PACKETS = Number(process.env['PORTACL_PACKETS'] ?? 150);
/** Rounds of one test, so that a failure names a narrow range of seeds. */
const CHUNK = 25;

interface Answers {
  readonly records: readonly ReferenceRecord[][];
  /** `name packets flows`, sorted. */
  readonly counters: readonly string[];
}

function askReference({ host, tuples }: Case, stateless: boolean): Answers {
  const reference = new Reference(host, { stateless });
  const records = tuples.map((tuple) => reference.judge(tuple));
  const rules = new Set(host.rules.map(({ name }) => name));
  const counters = reference
    .counters()
    .filter(({ name }) => rules.has(name))
    .map(({ name, packets, flows }) => `${name} ${packets} ${flows}`);
  return { records, counters: counters.sort() };
}

function askEngine({ host, tuples }: Case, stateless: boolean, unifiedFlows: boolean): Answers {
  const simulator = new Simulator(compileHost(host), { stateless, unifiedFlows });
  const records = simulator.judge(tuples).map((packet) => packet.map(comparable));
  const counters = simulator
    .counters()
    .filter(({ rule, packets }) => rule !== null && packets > 0)
    .map(({ rule, packets, flows }) => `${rule} ${packets} ${flows}`);
  return { records, counters: counters.sort() };
}

/** The first difference as text, or null. */
function difference(one: Answers, other: Answers): string | null {
  const at = one.records.findIndex(
    (records, index) => JSON.stringify(records) !== JSON.stringify(other.records[index]),
  );
  if (at >= 0) {
    const [expected, got] = [one.records[at], other.records[at]];
    return `packet ${at}\n  expected ${JSON.stringify(expected)}\n  got      ${JSON.stringify(got)}`;
  }
  const [expected, got] = [one.counters.join(', '), other.counters.join(', ')];
  return expected === got ? null : `counters\n  expected ${expected}\n  got      ${got}`;
}

function compare(seed: number, differ: (drawn: Case) => string | null): void {
  const random = new Random(seed);
  const host = drawHost(random);
  const drawn: Case = { host, tuples: drawTuples(random, host, PACKETS) };
  if (differ(drawn) === null) return;
  const small = shrink(drawn, (smaller) => differ(smaller) !== null);
  expect.fail(`seed ${seed}: ${differ(small)}\n${caseText(small)}`);
}

const chunks = Array.from({ length: Math.ceil(ROUNDS / CHUNK) }, (_, index) => {
  const from = FIRST_SEED + index * CHUNK;
  return { from, to: Math.min(from + CHUNK, FIRST_SEED + ROUNDS) - 1 };
});

describe.each(chunks)('seeds $from to $to', ({ from, to }) => {
  const forEachSeed = (differ: (drawn: Case) => string | null): void => {
    for (let seed = from; seed <= to; seed++) compare(seed, differ);
  };

  it('judges as the reference does', () => {
    forEachSeed((drawn) => difference(askReference(drawn, false), askEngine(drawn, false, true)));
  });

  it('judges the same without unified flows', () => {
    forEachSeed((drawn) =>
      difference(askEngine(drawn, false, true), askEngine(drawn, false, false)),
    );
  });

  it('judges every packet from an empty state when stateless', () => {
    forEachSeed((drawn) => difference(askReference(drawn, true), askEngine(drawn, true, true)));
  });
});
