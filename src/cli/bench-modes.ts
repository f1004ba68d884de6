/** What `portacl bench` was asked to measure, from its options. */
import { BENCH_CAPTURE_REPETITIONS, benchCapture } from '../bench/bench-capture.js';
import { BENCH_FLOWS_MAX, type BenchResult } from '../bench/bench-flows.js';
import {
  BENCH_PACKETS_MAX,
  BENCH_REPETITIONS_MAX,
  benchMeasure,
  type BenchMeasure,
} from '../bench/bench-measure.js';
import {
  BENCH_DEFAULTS,
  BENCH_LIMITS,
  benchRules,
  type SearchAlgorithm,
} from '../bench/bench-rules.js';
import type { BenchWatch } from '../bench/bench-steps.js';
import { benchCaptureText, benchRulesText, measurementsText } from '../bench/bench-text.js';
import type { TraceKind } from '../bench/traces.js';
import { PortaclError } from '../errors.js';
import { loadHost } from '../load-host.js';
import { THREADS_MAX } from '../replay/replay-options.js';
import { count } from './count-option.js';
import { hostSources, type ModelOptions } from './model-options.js';

export interface BenchCliOptions extends ModelOptions {
  readonly rules?: string;
  readonly capture?: string;
  readonly measure?: BenchMeasure;
  readonly trace?: string;
  readonly draw: TraceKind;
  readonly packets?: string;
  readonly flows?: string;
  readonly threads?: string;
  readonly repetitions?: string;
  readonly verify?: string;
  readonly cost?: string;
  readonly algorithm?: SearchAlgorithm;
  readonly smoke?: boolean;
  readonly compare?: string;
  readonly html?: string;
  readonly against?: string[];
}

export interface Measured {
  readonly result: BenchResult;
  /** For people. */
  readonly text: string;
  /** The engine has a fault: answers differ that must be equal. */
  readonly failed: boolean;
}

/** Numbers that are counted, and those that only some of the modes know. */
type Option = 'trace' | 'packets' | 'flows' | 'threads' | 'verify' | 'cost' | 'algorithm';
const KNOWN = {
  rules: ['trace', 'packets', 'threads', 'verify', 'cost', 'algorithm'],
  capture: ['threads'],
  flows: ['packets', 'flows'],
  churn: ['flows'],
  updates: ['packets'],
  boundary: ['packets'],
} as const satisfies Readonly<Record<string, readonly Option[]>>;
const OPTIONS: readonly Option[] = [...KNOWN.rules, 'flows'];

/** Options that give a host to replay through. */
const OF_HOSTS = ['policy', 'host', 'firewall', 'endpoint'] as const;

/** With `--smoke`. */
const SMOKE_PACKETS = 2000;
const SMOKE_ROUNDS = 3;

/** @throws {PortaclError} bad-usage, and what measuring throws */
export async function measureAsAsked(
  options: BenchCliOptions,
  watch: BenchWatch,
): Promise<Measured> {
  const { rules, capture, measure } = options;
  const given = [rules, capture, measure].filter((each) => each !== undefined);
  if (given.length !== 1) {
    throw new PortaclError('bad-usage', 'one of --rules, --capture and --measure is wanted');
  }
  if (rules !== undefined) return measureRules(rules, options, watch);
  if (capture !== undefined) return measureCapture(capture, options, watch);
  const result = await measureAlone(measure!, options, watch);
  return { result, text: measurementsText(result), failed: false };
}

async function measureCapture(
  capture: string,
  options: BenchCliOptions,
  watch: BenchWatch,
): Promise<Measured> {
  refuseOthers('capture', '--capture', options);
  const replayed = OF_HOSTS.some((name) => options[name] !== undefined);
  if (options.threads !== undefined && !replayed) {
    throw new PortaclError('bad-usage', '--threads is for a replay: a policy or a host is wanted');
  }
  const host = replayed ? (await loadHost(hostSources(options))).compiled : undefined;
  const result = await benchCapture({
    ...watch,
    capture,
    ...(host && { host }),
    threads: count('--threads', options.threads, BENCH_DEFAULTS.threads, 1, THREADS_MAX),
    repetitions: repetitionsOf(options, BENCH_CAPTURE_REPETITIONS),
  });
  return { result, text: benchCaptureText(result), failed: result.agrees === false };
}

async function measureRules(
  rules: string,
  options: BenchCliOptions,
  watch: BenchWatch,
): Promise<Measured> {
  refuseOthers('rules', '--rules', options);
  const result = await benchRules({
    ...watch,
    rules,
    ...(options.trace !== undefined && { trace: options.trace }),
    draw: options.draw,
    packets: packetsOf(options, BENCH_DEFAULTS.packets),
    threads: count('--threads', options.threads, BENCH_DEFAULTS.threads, 1, BENCH_LIMITS.threads),
    repetitions: repetitionsOf(options, BENCH_DEFAULTS.repetitions),
    verify: count('--verify', options.verify, BENCH_DEFAULTS.verify, 0, BENCH_LIMITS.packets),
    cost: count('--cost', options.cost, 0, 1, BENCH_LIMITS.cost),
    ...(options.algorithm !== undefined && { algorithm: options.algorithm }),
    sources: hostSources(options),
  });
  return { result, text: benchRulesText(result), failed: result.wrong > 0 };
}

async function measureAlone(
  measure: BenchMeasure,
  options: BenchCliOptions,
  watch: BenchWatch,
): Promise<BenchResult> {
  refuseOthers(measure, `--measure ${measure}`, options);
  const { packets, flows, repetitions, smoke = false } = options;
  // What is left out the measure chooses.
  const wanted = (name: string, text: string | undefined, max: number): number | undefined =>
    text === undefined ? undefined : count(name, text, 0, 1, max);
  const numbers = {
    packets: wanted('--packets', packets, BENCH_PACKETS_MAX),
    flows: wanted('--flows', flows, BENCH_FLOWS_MAX),
    repetitions: wanted('--repetitions', repetitions, BENCH_REPETITIONS_MAX),
  };
  const given = Object.entries(numbers).filter(([, value]) => value !== undefined);
  return benchMeasure(measure, { ...watch, smoke, ...Object.fromEntries(given) });
}

/** @throws {PortaclError} bad-usage for an option that this mode has no use for */
function refuseOthers(mode: keyof typeof KNOWN, text: string, options: BenchCliOptions): void {
  const known: readonly Option[] = KNOWN[mode];
  const foreign = OPTIONS.find((name) => options[name] !== undefined && !known.includes(name));
  if (foreign === undefined) return;
  const modes = Object.keys(KNOWN).filter((each) =>
    (KNOWN[each as keyof typeof KNOWN] as readonly Option[]).includes(foreign),
  );
  const wanted = modes.map((each) =>
    each === 'rules' || each === 'capture' ? `--${each}` : `--measure ${each}`,
  );
  throw new PortaclError('bad-usage', `--${foreign} is for ${wanted.join(', ')}, not for ${text}`);
}

const packetsOf = ({ packets, smoke }: BenchCliOptions, otherwise: number): number =>
  count('--packets', packets, smoke ? SMOKE_PACKETS : otherwise, 1, BENCH_LIMITS.packets);

const repetitionsOf = ({ repetitions, smoke }: BenchCliOptions, otherwise: number): number =>
  count(
    '--repetitions',
    repetitions,
    smoke ? SMOKE_ROUNDS : otherwise,
    1,
    BENCH_LIMITS.repetitions,
  );
