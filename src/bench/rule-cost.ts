/**
 * Which rules make a group slow: what lookups gain when a rule is left out. Runs of rules are left out
 * first, and those without which lookups gain most are split, down to single rules: of a large
 * group these are the likely ones, not all.
 */
import { measureClassifier } from '../native/engine.js';
import { encodeProgram } from '../program/encode.js';
import type { GroupModel } from '../program/program-model.js';
import { programOfLayers } from './bench-models.js';
import { stepTo, type BenchWatch } from './bench-steps.js';
import { TOLERANCE, deviation } from './compare-bench.js';
import { median } from './median.js';
import { KEY_BYTES } from './traces.js';

export interface RuleCost {
  /** As its author names it; null for a rule without a name. */
  readonly rule: string | null;
  /** Its place in the group, from 0. */
  readonly index: number;
  /**
   * Nanoseconds a lookup is faster without it; what is not more than {@link noiseNs} says nothing:
   * what rounds scatter, and 5 % of a lookup at least.
   */
  readonly savedNs: number;
  readonly noiseNs: number;
  /** Bytes that the search is smaller without it, and how it is searched then. Exact. */
  readonly savedBytes: number;
  readonly algorithmWithout: string;
}

export interface RuleCostOptions extends BenchWatch {
  /** Rules that are left out one by one, at most. */
  readonly rules: number;
  readonly repetitions: number;
}

/** A run of rules that is left out together. */
interface Run {
  readonly from: number;
  readonly to: number;
}

interface Saving {
  readonly run: Run;
  readonly savedNs: number;
  readonly noiseNs: number;
  readonly savedBytes: number;
  readonly algorithm: string;
}

const RUNS = 16;
const SPLIT = 4;
const SCREEN_ROUNDS = 3;
const DEVIATIONS = 3;

/** The dearest first. @throws {PortaclError} kernel-unknown, cancelled */
export async function ruleCosts(
  group: GroupModel,
  keys: Uint8Array,
  options: RuleCostOptions,
): Promise<readonly RuleCost[]> {
  const everything = { from: 0, to: group.rules.length };
  let runs = split(everything, Math.max(RUNS, options.rules));
  let done = 0;
  const measure = async (run: Run, rounds: number): Promise<Saving> => {
    await stepTo(options, done++, done + runs.length, `without rules ${run.from + 1} to ${run.to}`);
    return savingOf(group, keys, run, rounds);
  };
  while (runs.some(({ from, to }) => to - from > 1)) {
    const savings: Saving[] = [];
    for (const run of runs) savings.push(await measure(run, SCREEN_ROUNDS));
    savings.sort((a, b) => b.savedNs - a.savedNs);
    runs = partsOf(
      savings.map(({ run }) => run),
      options.rules,
    );
  }
  const costs: Saving[] = [];
  for (const run of runs) costs.push(await measure(run, options.repetitions));
  return costs
    .sort((a, b) => b.savedNs - a.savedNs || a.run.from - b.run.from)
    .map(({ run, savedNs, noiseNs, savedBytes, algorithm }) => ({
      ...{ rule: group.rules[run.from]!.name, index: run.from },
      ...{ savedNs, noiseNs, savedBytes, algorithmWithout: algorithm },
    }));
}

/** Parts of the first runs, as many as there may be, of one run at least. */
function partsOf(runs: readonly Run[], most: number): Run[] {
  const parts: Run[] = [];
  for (const run of runs) {
    const room = Math.min(SPLIT, most - parts.length);
    // A run that is not split into what it has room for would never end.
    if (room < Math.min(2, run.to - run.from) && parts.length > 0) break;
    parts.push(...split(run, Math.max(2, room)));
  }
  return parts;
}

/** Equal parts, fewer where there are not so many rules. */
function split({ from, to }: Run, parts: number): Run[] {
  const count = Math.min(parts, to - from);
  const place = (part: number): number => from + Math.floor((part * (to - from)) / count);
  return Array.from({ length: count }, (_, i) => ({ from: place(i), to: place(i + 1) }));
}

/** With the run and without it in turn, the other way round in every other round. */
async function savingOf(
  group: GroupModel,
  keys: Uint8Array,
  run: Run,
  rounds: number,
): Promise<Saving> {
  const others = group.rules.filter((_, i) => i < run.from || i >= run.to);
  const programs = [group, { ...group, rules: others }].map((each) =>
    encodeProgram(programOfLayers([[each]])),
  );
  const pass = async (which: number): Promise<{ ns: number; bytes: number; algorithm: string }> => {
    const options = { threads: 1, repetitions: 1, verify: 0 };
    const found = await measureClassifier(programs[which]!, 0, keys, options);
    const ns = (found.passSeconds[0]! * 1e9) / (keys.length / KEY_BYTES);
    return { ns, bytes: found.bytes, algorithm: found.algorithm };
  };
  const saved: number[] = [];
  const wholes: number[] = [];
  let [whole, without] = [await pass(0), await pass(1)];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) [whole, without] = [await pass(0), await pass(1)];
    else [without, whole] = [await pass(1), await pass(0)];
    saved.push(whole.ns - without.ns);
    wholes.push(whole.ns);
  }
  const noise = Math.max(TOLERANCE * median(wholes), DEVIATIONS * deviation(saved));
  return {
    ...{ run, savedNs: median(saved), noiseNs: noise },
    ...{ savedBytes: whole.bytes - without.bytes, algorithm: without.algorithm },
  };
}
