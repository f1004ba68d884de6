/** How fast rules are found: `portacl bench --rules` as a function. */
import { programOfLayers } from './bench-models.js';
import { BENCH_PACKETS_MAX, BENCH_REPETITIONS_MAX } from './bench-measure.js';
import type { BenchWatch } from './bench-steps.js';
import { ruleCosts, type RuleCost } from './rule-cost.js';
import { measurement, type Measurement } from './measurement.js';
import {
  classBenchGroup,
  looksLikeClassBench,
  parseClassBenchRules,
  parseClassBenchTrace,
} from './classbench.js';
import { median } from './median.js';
import { KEY_BYTES, drawTrace, encodeKeys, type TraceKind } from './traces.js';
import { PortaclError } from '../errors.js';
import { loadHost, type HostSources } from '../load-host.js';
import type { NativeRefusal } from '../native/classifier-types.js';
import { measureClassifier } from '../native/engine.js';
import { encodeProgram } from '../program/encode.js';
import type { GroupModel, ProgramModel } from '../program/program-model.js';
import { readSourceFile } from '../source/read-file.js';

/** How rules are searched (native/core/classifier/classifier.h). */
export const SEARCH_ALGORITHMS = ['linear', 'tables', 'rows', 'lists', 'both'] as const;
export type SearchAlgorithm = (typeof SEARCH_ALGORITHMS)[number];

export interface BenchRulesOptions extends BenchWatch {
  /** A ClassBench rule set or a policy. */
  readonly rules: string;
  /** A ClassBench trace; absent: packets drawn from the rules. */
  readonly trace?: string;
  /** How packets are drawn. Default: uniform. */
  readonly draw?: TraceKind;
  /** Packets drawn. Default: 262,144. */
  readonly packets?: number;
  readonly threads?: number;
  /** Passes over the trace that count; one more comes before them. Default: 7. */
  readonly repetitions?: number;
  /** Answers compared with the linear search. Default: 1,000. */
  readonly verify?: number;
  /** Rules whose cost is measured, the likely ones of a larger group. Default: none. */
  readonly cost?: number;
  /** Instead of the one that would be chosen. */
  readonly algorithm?: SearchAlgorithm;
  /** Platform and options for a policy; its own policies are not read. */
  readonly sources?: HostSources;
}

export interface BenchRulesReport {
  readonly rules: string;
  /** Where the packets come from. */
  readonly trace: string;
  /** Of the group that was measured: the one with the most rules of IPv4. */
  readonly group: string;
  readonly ruleCount: number;
  readonly packets: number;
  readonly threads: number;
  readonly cpu: string;
  readonly kernel: string;
  readonly algorithm: string;
  /** Why this algorithm. */
  readonly why: string;
  /** What was tried before, in order. */
  readonly refusals: readonly NativeRefusal[];
  /** Rules in class tables, in the list for every packet; entries of the longest list. */
  readonly tableRules: number;
  readonly everywhereRules: number;
  readonly longestList: number;
  readonly bytes: number;
  readonly bytesPerRule: number;
  /** Every build and its median, in seconds. */
  readonly builds: readonly number[];
  readonly buildSeconds: number;
  /** Lookups a second of every repetition, of all threads together, and their median. */
  readonly repetitions: readonly number[];
  readonly lookupsPerSecond: number;
  /** Of one thread. */
  readonly nanosecondsPerLookup: number;
  /** Packets that no rule meets. */
  readonly unmatched: number;
  readonly verified: number;
  /** Of these, how many the linear search answers differently: 0, or the engine has a fault. */
  readonly wrong: number;
  /** Of the process at its largest, Node included. */
  readonly peakBytes: number;
  /** What rules cost, where that was asked for; the dearest first. */
  readonly costs: readonly RuleCost[];
  readonly measurements: readonly Measurement[];
}

export const BENCH_DEFAULTS = {
  packets: 262_144,
  threads: 1,
  repetitions: 7,
  verify: 1000,
} as const;
/** Limits of what may be asked for. */
export const BENCH_LIMITS = {
  packets: BENCH_PACKETS_MAX,
  threads: 256,
  repetitions: BENCH_REPETITIONS_MAX,
  cost: 1000,
} as const;

/**
 * Measures how fast the engine finds the first rule that a packet meets.
 *
 * @throws {PolicyError} for a policy with errors
 * @throws {PortaclError} bad-rule-set, kernel-unknown, algorithm-refused, file-not-found, …
 */
export async function benchRules(options: BenchRulesOptions): Promise<BenchRulesReport> {
  const { program, groupRow, group } = await programOf(options);
  const { keys, trace } = keysOf(options, group);
  const threads = options.threads ?? BENCH_DEFAULTS.threads;
  const packets = keys.length / KEY_BYTES;
  const measured = await measureClassifier(program, groupRow, keys, {
    threads,
    repetitions: options.repetitions ?? BENCH_DEFAULTS.repetitions,
    verify: options.verify ?? BENCH_DEFAULTS.verify,
    ...(options.algorithm !== undefined && { algorithm: options.algorithm }),
  });
  const { cost = 0 } = options;
  const costOptions = {
    rules: cost,
    repetitions: options.repetitions ?? BENCH_DEFAULTS.repetitions,
    ...(options.onStep && { onStep: options.onStep }),
    ...(options.signal && { signal: options.signal }),
  };
  const costs = cost === 0 ? [] : await ruleCosts(group, keys, costOptions);
  const builds = [...measured.buildSeconds];
  const repetitions = [...measured.passSeconds].map((seconds) => (packets * threads) / seconds);
  const lookupsPerSecond = median(repetitions);
  return {
    rules: options.rules,
    trace,
    group: group.name,
    ruleCount: measured.rules,
    packets,
    threads,
    cpu: measured.cpu,
    kernel: measured.kernel,
    algorithm: measured.algorithm,
    why: measured.reason,
    refusals: measured.refusals,
    tableRules: measured.tableRules,
    everywhereRules: measured.everywhereRules,
    longestList: measured.longestList,
    bytes: measured.bytes,
    bytesPerRule: measured.bytes / Math.max(1, measured.rules),
    builds,
    buildSeconds: median(builds),
    repetitions,
    lookupsPerSecond,
    nanosecondsPerLookup: (threads / lookupsPerSecond) * 1e9,
    unmatched: measured.unmatched,
    verified: measured.verified,
    wrong: measured.wrong,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    costs,
    measurements: [
      measurement('lookups', 'lookups/s', repetitions),
      measurement('build', 's', builds),
      measurement('memory of rules', 'bytes/rule', [measured.bytes / Math.max(1, measured.rules)]),
    ],
  };
}

/** What is read of a file always has a text. */
const textOf = (file: string): string => readSourceFile(file).text ?? '';

interface MeasuredGroup {
  readonly program: Uint8Array;
  readonly groupRow: number;
  readonly group: GroupModel;
}

async function programOf({ rules, sources }: BenchRulesOptions): Promise<MeasuredGroup> {
  const text = textOf(rules);
  if (looksLikeClassBench(text)) {
    const group = classBenchGroup(parseClassBenchRules(text, rules));
    return { program: encodeProgram(programOfGroup(group)), groupRow: 0, group };
  }
  const { compiled } = await loadHost({ ...sources, policies: [rules] });
  return { program: compiled.program, ...largestGroup(compiled.model, rules) };
}

/** A program with one endpoint whose switch layer has this group alone. */
export const programOfGroup = (group: GroupModel): ProgramModel => programOfLayers([[group]]);

/** Rows of groups are numbered as encode.ts writes them: by endpoint, layer and group. */
function largestGroup(model: ProgramModel, file: string): Omit<MeasuredGroup, 'program'> {
  const groups = model.endpoints.flatMap(({ switchLayers, hostLayer }) =>
    [...switchLayers, hostLayer].flatMap((layer) => layer.groups),
  );
  let best = -1;
  groups.forEach((group, row) => {
    if (group.family !== 4 || group.rules.length === 0) return;
    if (best < 0 || group.rules.length > groups[best]!.rules.length) best = row;
  });
  if (best < 0) throw new PortaclError('bad-rule-set', `${file} has no rule for IPv4`);
  return { groupRow: best, group: groups[best]! };
}

function keysOf(
  options: BenchRulesOptions,
  group: GroupModel,
): { keys: Uint8Array; trace: string } {
  if (options.trace !== undefined) {
    const packets = parseClassBenchTrace(textOf(options.trace), options.trace);
    if (packets.length === 0)
      throw new PortaclError('bad-rule-set', `${options.trace} has no packet`);
    return { keys: encodeKeys(packets), trace: options.trace };
  }
  const kind = options.draw ?? 'uniform';
  if (group.rules.length === 0)
    throw new PortaclError('bad-rule-set', `${options.rules} has no rule`);
  const packets = drawTrace(group.rules, kind, options.packets ?? BENCH_DEFAULTS.packets);
  return { keys: encodeKeys(packets), trace: kind };
}
