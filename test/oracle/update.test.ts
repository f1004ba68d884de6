/**
 * Changes of policy under live flows: the engine against the reference on drawn hosts, packets and
 * successors, in all three modes, with and without unified flows. `PORTACL_SEED=n` draws from that
 * seed, `PORTACL_ROUNDS=n` draws that many hosts and `PORTACL_PACKETS=n` that many packets for each.
 */
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { Simulator } from '../../src/simulate/simulate.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { drawTuples } from './draw-tuples.js';
import { drawUpdates, type DrawnUpdate, type UpdateMode } from './draw-update.js';
import { drawHost } from './draw.js';
import { Random } from './random.js';
import { Reference, type ReferenceRecord, comparable } from './reference.js';
import { caseText } from './shrink.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 100);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 1709);
const PACKETS = Number(process.env['PORTACL_PACKETS'] ?? 150);

interface Case {
  readonly host: NormalisedHost;
  readonly tuples: readonly Tuple[];
  readonly updates: readonly DrawnUpdate[];
}

/** What judges a case: the engine or the reference. */
interface Judge {
  judge(tuple: Tuple): ReferenceRecord[];
  apply(host: NormalisedHost, mode: UpdateMode): { live: number; cut: number };
  /** `name packets flows`, sorted. */
  counters(): string[];
}

class EngineJudge implements Judge {
  readonly #simulator: Simulator;

  constructor(host: NormalisedHost, unifiedFlows: boolean) {
    this.#simulator = new Simulator(compileHost(host), { unifiedFlows });
  }

  judge(tuple: Tuple): ReferenceRecord[] {
    return this.#simulator.judge([tuple])[0]!.map(comparable);
  }

  apply(host: NormalisedHost, mode: UpdateMode): { live: number; cut: number } {
    const { survived, changed, cut } = this.#simulator.apply(compileHost(host), { mode });
    return { live: survived + changed, cut };
  }

  counters(): string[] {
    const sums = new Map<string, [number, number]>();
    for (const { rule, packets, flows } of this.#simulator.counters()) {
      if (rule === null || packets === 0) continue;
      const [morePackets, moreFlows] = sums.get(rule) ?? [0, 0];
      sums.set(rule, [packets + morePackets, flows + moreFlows]);
    }
    return [...sums].map(([name, [packets, flows]]) => `${name} ${packets} ${flows}`).sort();
  }
}

class ReferenceJudge implements Judge {
  readonly #reference: Reference;

  constructor(host: NormalisedHost) {
    this.#reference = new Reference(host, { stateless: false });
  }

  judge(tuple: Tuple): ReferenceRecord[] {
    return this.#reference.judge(tuple);
  }

  apply(host: NormalisedHost, mode: UpdateMode): { live: number; cut: number } {
    return this.#reference.apply(host, mode);
  }

  counters(): string[] {
    return this.#reference
      .counters()
      .filter(({ name }) => name.startsWith('rule'))
      .map(({ name, packets, flows }) => `${name} ${packets} ${flows}`)
      .sort();
  }
}

/** The first difference as text, or null. */
function difference(
  { host, tuples, updates }: Case,
  one: Judge,
  other: Judge,
  meet: (flows: number) => void,
): string | null {
  const left = [...updates];
  let endpoints = new Set(host.endpoints.map(({ name }) => name));
  const differs = (what: string, expected: unknown, got: unknown): string | null => {
    const [wanted, found] = [JSON.stringify(expected), JSON.stringify(got)];
    return wanted === found ? null : `${what}\n  expected ${wanted}\n  got      ${found}`;
  };
  for (let at = 0; at <= tuples.length; at++) {
    while (left[0]?.at === at) {
      const update = left.shift()!;
      endpoints = new Set(update.host.endpoints.map(({ name }) => name));
      const accounts = [one, other].map((each) => each.apply(update.host, update.mode));
      const found = differs(`update before packet ${at}`, accounts[0], accounts[1]);
      if (found !== null) return found;
      meet(accounts[0]!.live + accounts[0]!.cut);
    }
    const tuple = tuples[at];
    if (tuple === undefined) break;
    // A question about an endpoint that is gone is refused.
    if (tuple.dir !== undefined && tuple.endpoint !== undefined && !endpoints.has(tuple.endpoint))
      continue;
    if (tuple.dir !== undefined && tuple.endpoint === undefined && endpoints.size > 1) continue;
    const found = differs(`packet ${at}`, one.judge(tuple), other.judge(tuple));
    if (found !== null) return found;
  }
  return differs('counters', one.counters(), other.counters());
}

/** Fewer updates, then fewer packets. */
function shrink(start: Case, fails: (smaller: Case) => boolean): Case {
  let best = start;
  for (const update of start.updates) {
    const smaller = { ...best, updates: best.updates.filter((each) => each !== update) };
    if (fails(smaller)) best = smaller;
  }
  for (let at = best.tuples.length - 1; at >= 0; at--) {
    const smaller = {
      ...best,
      tuples: best.tuples.filter((_, i) => i !== at),
      updates: best.updates.map((each) => ({ ...each, at: each.at > at ? each.at - 1 : each.at })),
    };
    if (fails(smaller)) best = smaller;
  }
  return best;
}

function compare(
  mode: UpdateMode,
  judges: (host: NormalisedHost) => readonly [Judge, Judge],
): void {
  let met = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const random = new Random(seed);
    const host = drawHost(random);
    const tuples = drawTuples(random, host, PACKETS);
    const drawn: Case = { host, tuples, updates: drawUpdates(random, host, mode, PACKETS) };
    const differ = (each: Case): string | null =>
      difference(each, ...judges(each.host), (flows) => (met += flows));
    if (differ(drawn) === null) continue;
    const small = shrink(drawn, (smaller) => differ(smaller) !== null);
    const updates = small.updates
      .map((each) => `${each.mode} before ${each.at}: ${caseText({ host: each.host, tuples: [] })}`)
      .join('\n');
    expect.fail(`seed ${seed}: ${differ(small)}\n${caseText(small)}\n${updates}`);
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
