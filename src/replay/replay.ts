/** Captures through a compiled host: the main job. */
import { argumentError } from '../arguments.js';
import { openCaptures, type CaptureInput } from '../captures/capture-input.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { FileError, PortaclError } from '../errors.js';
import { createEngine } from '../native/engine.js';
import type { NativeCaptureSummary, NativeEngine, NativeReplayResult } from '../native/binding.js';
import { watchJob } from '../native/job-control.js';
import { modelReport } from '../report/model-report.js';
import {
  readEndpointReasons,
  readEndpoints,
  readReasons,
  readTotals,
} from '../report/read-counters.js';
import type { CaptureReport, ReplayReport } from '../report/replay-report.js';
import { readRuleCounters } from '../report/rule-counters.js';
import { programNames } from '../report/rule-names.js';
import { CaptureError, systemErrorName } from './capture-error.js';
import { ReplayOutputs, type FirewallLogFormat, type OutputPaths } from './replay-outputs.js';

/** Each of them is open, with a window of 256 KiB at least on its bytes. */
export const MERGED_CAPTURES_MAX = 256;

/** Each has an engine with tables of its own. */
export const THREADS_MAX = 64;

export type CaptureOrder = 'given' | 'time';

export interface ReplayOptions extends OutputPaths, FirewallLogFormat {
  /** Judge every packet from an empty state (docs/SEMANTICS.md 5.5). */
  readonly stateless?: boolean;
  /** Use the unified flow table; off changes nothing but speed. */
  readonly unifiedFlows?: boolean;
  /** Go on with the next capture after a damaged one. */
  readonly lenient?: boolean;
  /**
   * `given` (default): one capture after the other. `time`: all at once, the packet with the
   * earliest time first, for captures that were taken at the same time. Not with `follow`; at most
   * {@link MERGED_CAPTURES_MAX} captures. docs/semantics/captures.md has the rules.
   */
  readonly order?: CaptureOrder;
  /**
   * Threads that judge beside the one that reads, from 1 (default) to {@link THREADS_MAX}. They
   * change nothing but speed. One judges where captures are merged or followed.
   */
  readonly threads?: number;
  /**
   * Wait for more at the end of the last capture, until `signal` ends it: then all that was read
   * counts and outputs are kept. The captures before it are read to their ends.
   */
  readonly follow?: boolean;
  /** Cancels; outputs are discarded then, save when following. */
  readonly signal?: AbortSignal;
  /** Called about five times a second with the bytes read of all captures so far. */
  readonly onProgress?: (bytesRead: number) => void;
}

export interface ReplayResult {
  /** Of the packets that were judged, also when a capture was damaged. */
  readonly report: ReplayReport;
  /** One per capture that was not read to its end. */
  readonly errors: readonly CaptureError[];
}

/**
 * Judges every packet of `captures`, off the event loop; flows live on from one capture to the
 * next. Damage in a capture is a result, not an exception: the packets before it are judged.
 *
 * @throws {PortaclError} engine-missing, file-unwritable, cancelled, out-of-memory, bad-usage
 */
export async function replay(
  captures: readonly string[],
  compiled: CompiledHost,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  checkOrder(captures, options);
  checkThreads(options);
  const engine = createEngine(compiled.program, {
    stateless: options.stateless ?? false,
    unifiedFlows: options.unifiedFlows ?? true,
    virtualClock: false,
  });
  const outputs = new ReplayOutputs(options, captures, options.follow ? undefined : options.signal);
  try {
    const { inputs, result } = await watchJob(options, async (control) => {
      const inputs = await openCaptures(captures, control, options.follow ? 'follow' : 'stop');
      const sources = inputs.map(({ input }) => input);
      const order = {
        lenient: options.lenient ?? false,
        merge: options.order === 'time',
        threads: options.follow ? 1 : (options.threads ?? 1),
      };
      const result = await engine.replay(sources, outputs.native(compiled), order, control);
      return { inputs, result: options.follow ? endedByCancel(result) : result };
    });
    const errors = captureErrors(inputs, result);
    if (result.outputError !== null) {
      throw new FileError(
        result.outputError.code,
        outputs.path(result.outputName),
        `it cannot be written (${systemErrorName(result.outputError.detail)})`,
      );
    }
    const report = reportOf(engine, inputs, compiled, result, options.order ?? 'given');
    await outputs.writePage(report, result.timeline ?? null);
    // A capture that cannot be read at all leaves the outputs of an earlier replay alone.
    if (report.total.packets === 0 && errors.length > 0) outputs.discard();
    else outputs.commit();
    return { report, errors };
  } catch (error) {
    outputs.discard();
    throw error;
  }
}

/** @throws {PortaclError} bad-usage */
function checkOrder(captures: readonly string[], { order, follow }: ReplayOptions): void {
  const found: unknown = order ?? 'given';
  if (found === 'given') return;
  const context = { code: 'bad-usage', of: 'replay' } as const;
  if (found !== 'time') throw argumentError(context, 'order', found, "'given' or 'time'");
  if (follow === true) {
    throw new PortaclError(
      'bad-usage',
      'a capture that grows cannot be merged with others by time: the next packet of each must be known',
    );
  }
  if (captures.length > MERGED_CAPTURES_MAX) {
    throw new PortaclError(
      'bad-usage',
      `${captures.length} captures are to be merged by time; at most ${MERGED_CAPTURES_MAX} are, since all are open at once`,
    );
  }
}

/** @throws {PortaclError} bad-usage */
function checkThreads({ threads = 1 }: ReplayOptions): void {
  if (Number.isInteger(threads) && threads >= 1 && threads <= THREADS_MAX) return;
  const context = { code: 'bad-usage', of: 'replay' } as const;
  throw argumentError(context, 'threads', threads, `a whole number from 1 to ${THREADS_MAX}`);
}

/** Cancelling is how following ends. */
function endedByCancel(result: NativeReplayResult): NativeReplayResult {
  const captures = result.captures.map((summary) =>
    summary.error?.code === 'cancelled' ? { ...summary, error: null } : summary,
  );
  return { ...result, captures };
}

/** @throws {CaptureError} for what ends the whole replay: cancelled, out-of-memory */
function captureErrors(
  inputs: readonly CaptureInput[],
  result: NativeReplayResult,
): CaptureError[] {
  const errors: CaptureError[] = [];
  result.captures.forEach(({ error, packets }, i) => {
    if (error === null) return;
    const { file, compression } = inputs[i]!;
    const captureError = new CaptureError(file, error, packets, compression);
    if (error.code === 'cancelled' || error.code === 'out-of-memory') throw captureError;
    errors.push(captureError);
  });
  return errors;
}

function reportOf(
  engine: NativeEngine,
  inputs: readonly CaptureInput[],
  compiled: CompiledHost,
  result: NativeReplayResult,
  order: CaptureOrder,
): ReplayReport {
  const counters = engine.counters();
  const { packets, bytes, verdicts, flows, fragmentOverflows } = readTotals(counters);
  return {
    model: modelReport(compiled.host),
    captures: result.captures.map((summary, i) => captureReport(inputs[i]!, summary)),
    capture_order: order,
    total: { packets, bytes },
    verdicts,
    flows,
    fragment_overflows: fragmentOverflows,
    endpoints: readEndpoints(counters, compiled.host),
    reasons: readReasons(counters),
    endpoint_reasons: readEndpointReasons(counters, compiled.host),
    rules: readRuleCounters(counters.rules, compiled.host, programNames(compiled)),
  };
}

function captureReport(
  { file, compression }: CaptureInput,
  { packets, bytes, firstTimeNs, lastTimeNs, error: status }: NativeCaptureSummary,
): CaptureReport {
  const error = status === null ? null : new CaptureError(file, status, packets, compression);
  return {
    file,
    packets,
    bytes,
    first_time_ns: firstTimeNs?.toString() ?? null,
    last_time_ns: lastTimeNs?.toString() ?? null,
    error: error === null ? null : { code: error.code, message: error.message },
  };
}
