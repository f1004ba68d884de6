/** Captures through a compiled host: the main job. */
import { openCaptures, type CaptureInput } from '../captures/capture-input.js';
import { overlayVnis } from '../captures/capture-point.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { requireCompiled } from '../compile/require-compiled.js';
import { countedCoverage } from '../coverage/conditions.js';
import type { Coverage } from '../coverage/coverage.js';
import { FileError, PortaclError } from '../errors.js';
import { createEngine } from '../native/engine.js';
import type { NativeCaptureSummary } from '../native/capture-types.js';
import type { NativeCounters } from '../native/engine-types.js';
import type { NativeReplayResult, NativeRecordChannel } from '../native/replay-types.js';
import { watchJob } from '../native/job-control.js';
import { vfpCounters, type VfpCounters } from '../vfpctrl/counters-json.js';
import { readLayers } from '../report/layer-counters.js';
import { modelReport } from '../report/model-report.js';
import {
  readEndpointReasons,
  readEndpoints,
  readReasons,
  readTotals,
  verdictCounts,
} from '../report/read-counters.js';
import type { CaptureReport, ReplayReport } from '../report/replay-report.js';
import { readRuleCounters } from '../report/rule-counters.js';
import { programNames } from '../report/rule-names.js';
import { checkChanges, PolicySchedule } from '../update/policy-schedule.js';
import { CaptureError, systemErrorName } from './capture-error.js';
import {
  readFileNames,
  readReplayOptions,
  type CaptureOrder,
  type ReplayOptions,
} from './replay-options.js';
import { ReplayOutputs } from './replay-outputs.js';

/** Each of them is open, with a window of 256 KiB at least on its bytes. */
export const MERGED_CAPTURES_MAX = 256;

export interface ReplayResult {
  /** Of the packets that were judged, also when a capture was damaged. */
  readonly report: ReplayReport;
  /** One per capture that was not read to its end. */
  readonly errors: readonly CaptureError[];
  /**
   * Which rules and defaults have answered and, with the option `countValues`, with which values; of
   * the last policy and those before it.
   */
  readonly coverage: () => Coverage;
  /** What was counted as `vfpctrl` prints it: ports, their layers, groups and rules. */
  readonly vfpCounters: () => VfpCounters;
}

/**
 * Judges every packet of `captures`, off the event loop; flows live on from one capture to the
 * next. Damage in a capture is a result, not an exception: the packets before it are judged.
 *
 * @throws {PortaclError} engine-missing, file-unwritable, cancelled, out-of-memory, bad-usage,
 *   bad-argument
 */
export async function replay(
  captures: readonly string[],
  compiled: CompiledHost,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  return replayInto(readReplayArguments('replay', captures, compiled, options), null);
}

/** What a replay is given, checked. */
export interface ReplayArguments {
  readonly captures: readonly string[];
  readonly compiled: CompiledHost;
  readonly options: ReplayOptions;
}

/** @throws {PortaclError} bad-argument, bad-usage */
export function readReplayArguments(
  of: string,
  captures: readonly string[],
  compiled: CompiledHost,
  options: ReplayOptions,
): ReplayArguments {
  const read = {
    captures: readFileNames(captures, of),
    compiled: requireCompiled(compiled, of),
    options: readReplayOptions(options, of),
  };
  checkOrder(read.captures, read.options);
  return read;
}

/** {@link replay} with its verdicts into `records`, too. */
export async function replayInto(
  { captures, compiled, options }: ReplayArguments,
  records: NativeRecordChannel | null,
): Promise<ReplayResult> {
  const schedule = scheduleOf(captures, compiled, options, records !== null);
  const engine = createEngine(compiled.program, {
    stateless: options.stateless ?? false,
    unifiedFlows: options.unifiedFlows ?? true,
    countsValues: options.countValues ?? false,
    virtualClock: false,
    overlayVnis: overlayVnis(compiled.host, options.capturePoint),
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
      const wanted = outputs.native(compiled, records);
      const native = wanted && { ...wanted, recordsSoon: options.follow ?? false };
      const result = await engine.replay(sources, native, order, control, schedule.native);
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
    const { compiled: judging } = schedule.last(result.changes);
    const counters = engine.counters();
    const report = {
      ...reportOf(counters, inputs, judging, result, options.order ?? 'given'),
      ...(options.changes !== undefined && {
        policy_changes: schedule.reports(
          result.changes,
          inputs.map(({ file }) => file),
        ),
      }),
    };
    await outputs.writeReport(report, result.timeline ?? null, options.explainArguments);
    // A capture that cannot be read at all leaves the outputs of an earlier replay alone.
    if (report.total.packets === 0 && errors.length > 0) outputs.discard();
    else outputs.commit();
    return {
      ...{ report, errors },
      coverage: () => {
        const names = programNames(judging);
        return countedCoverage(judging.host, names, counters, options.countValues ?? false);
      },
      vfpCounters: () => vfpCounters(counters, judging),
    };
  } catch (error) {
    outputs.discard();
    throw error;
  } finally {
    engine.close();
  }
}

/** @throws {PortaclError} bad-usage, bad-argument, program-limit */
function scheduleOf(
  captures: readonly string[],
  compiled: CompiledHost,
  { changes = [], annotate, firewallLog }: ReplayOptions,
  hasColumns: boolean,
): PolicySchedule {
  if (changes.length > 0 && (hasColumns || firewallLog !== undefined)) {
    throw new PortaclError(
      'bad-usage',
      'batches of columns and firewall logs are of one policy: there are none where policies change',
    );
  }
  checkChanges(captures.length, changes);
  return new PolicySchedule(compiled, changes, annotate !== undefined);
}

/** @throws {PortaclError} bad-usage */
function checkOrder(captures: readonly string[], { order, follow }: ReplayOptions): void {
  if (order !== 'time') return;
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
  counters: NativeCounters,
  inputs: readonly CaptureInput[],
  compiled: CompiledHost,
  result: NativeReplayResult,
  order: CaptureOrder,
): ReplayReport {
  const { packets, bytes, flows, fragmentOverflows } = readTotals(counters);
  const reasons = readReasons(counters);
  return {
    model: modelReport(compiled.host),
    captures: result.captures.map((summary, i) => captureReport(inputs[i]!, summary)),
    capture_order: order,
    total: { packets, bytes },
    verdicts: verdictCounts(reasons),
    flows,
    fragment_overflows: fragmentOverflows,
    endpoints: readEndpoints(counters, compiled.host),
    layers: readLayers(counters, compiled.model),
    reasons,
    endpoint_reasons: readEndpointReasons(counters, compiled.host),
    rules: readRuleCounters(counters.rules, compiled.host, programNames(compiled)),
  };
}

function captureReport(
  { file, compression }: CaptureInput,
  { packets, bytes, firstTimeNs, lastTimeNs, lostPackets, error: status }: NativeCaptureSummary,
): CaptureReport {
  const error = status === null ? null : new CaptureError(file, status, packets, compression);
  return {
    file,
    packets,
    bytes,
    first_time_ns: firstTimeNs?.toString() ?? null,
    last_time_ns: lastTimeNs?.toString() ?? null,
    lost_packets: lostPackets,
    error: error === null ? null : { code: error.code, message: error.message },
  };
}
