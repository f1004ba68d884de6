/** The engine and the reference held against each other, packets and changes of policy in one order. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compileHost } from '../../src/compile/compile-host.js';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { replay } from '../../src/replay/replay.js';
import { Simulator } from '../../src/simulate/simulate.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import type { Folder } from '../cli/run.js';
import type { DrawnUpdate } from './draw-update.js';
import { captureOf } from './frames.js';
import { type ReferenceRecord, comparable } from './record.js';
import { Reference } from './reference.js';
import { caseText } from './shrink.js';
import type { UpdateMode } from './update.js';

export interface Case {
  readonly host: NormalisedHost;
  readonly tuples: readonly Tuple[];
  readonly updates: readonly DrawnUpdate[];
}

/** What judges a case: the engine or the reference. */
export interface Judge {
  judge(tuple: Tuple): ReferenceRecord[];
  apply(host: NormalisedHost, mode: UpdateMode): { live: number; cut: number };
  /** `name packets flows`, sorted. */
  counters(): string[];
}

export class EngineJudge implements Judge {
  readonly #simulator: Simulator;

  constructor(host: NormalisedHost, unifiedFlows: boolean, stateless = false) {
    this.#simulator = new Simulator(compileHost(host), { unifiedFlows, stateless });
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

export class ReferenceJudge implements Judge {
  readonly #reference: Reference;

  constructor(host: NormalisedHost, stateless = false) {
    this.#reference = new Reference(host, { stateless });
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

/** What the replay of a capture of these packets says, the records of each packet. */
export async function askReplay(
  host: NormalisedHost,
  tuples: readonly Tuple[],
  folder: Folder,
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

/**
 * What differs between two judges of a case, as text with a smaller case that shows it; or null.
 * `meet` is told how many flows each update met.
 */
export function findDifference(
  drawn: Case,
  judges: (host: NormalisedHost) => readonly [Judge, Judge],
  meet: (flows: number) => void = () => undefined,
): string | null {
  const differ = (each: Case): string | null => difference(each, ...judges(each.host), meet);
  if (differ(drawn) === null) return null;
  const small = shrink(drawn, (smaller) => differ(smaller) !== null);
  const updates = small.updates
    .map((each) => `${each.mode} before ${each.at}: ${caseText({ host: each.host, tuples: [] })}`)
    .join('\n');
  return `${differ(small)}\n${caseText(small)}\n${updates}`;
}
