/** A packet of a capture explained with its true state. */
import { openCaptures } from '../captures/capture-input.js';
import { overlayVnis, type CapturePoint } from '../captures/capture-point.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { FileError } from '../errors.js';
import { createEngine } from '../native/engine.js';
import type { NativeExplanation } from '../native/engine-types.js';
import { watchJob, type JobWatch } from '../native/job-control.js';
import { CaptureError } from '../replay/capture-error.js';
import { readUsedRows } from '../report/used-rows.js';
import { changePolicy } from '../update/change-policy.js';
import { checkChanges, PolicySchedule, type PolicyChange } from '../update/policy-schedule.js';
import { decodeExplanation } from './decode-explanation.js';
import type { Explanation } from './explanation.js';

/** Progress counts the bytes of the present capture. */
export interface ExplainCaptureOptions extends JobWatch {
  readonly stateless?: boolean;
  /** Where the captures were taken. Default: `container`. */
  readonly capturePoint?: CapturePoint;
  /** Use the unified flow table; off changes nothing but speed. */
  readonly unifiedFlows?: boolean;
  /** Hosts that take the place of the one before, as in a replay. */
  readonly changes?: readonly PolicyChange[];
}

export interface CaptureExplanation {
  readonly explanation: Explanation;
  /** The policy that judges the packet. */
  readonly judging: CompiledHost;
  /**
   * What another policy says of it that takes the place of the present one right before it; live
   * flows are asked again.
   *
   * @throws {PortaclError} program-limit, out-of-memory
   */
  readonly judgedBy: (later: CompiledHost) => Explanation;
}

/**
 * Replays up to the packet, off the event loop, and explains it: one pass. The flows that it meets
 * are kept as long as the result.
 *
 * @throws {CaptureError} for a capture that cannot be read so far
 * @throws {FileError} frame-not-found
 * @throws {PortaclError} bad-usage, bad-argument for changes of policy
 */
export async function explainCapture(
  captures: readonly string[],
  frame: number,
  compiled: CompiledHost,
  options: ExplainCaptureOptions,
): Promise<CaptureExplanation> {
  const { changes = [] } = options;
  checkChanges(captures.length, changes);
  const schedule = new PolicySchedule(compiled, changes, false);
  const engine = createEngine(compiled.program, {
    stateless: options.stateless ?? false,
    unifiedFlows: options.unifiedFlows ?? true,
    virtualClock: false,
    overlayVnis: overlayVnis(compiled.host, options.capturePoint),
  });
  const { inputs, result } = await watchJob(options, async (control) => {
    const inputs = await openCaptures(captures, control);
    const sources = inputs.map(({ input }) => input);
    const result = await engine.explainFrame(sources, frame, control, schedule.native);
    return { inputs, result };
  });
  const { capture, error, explanation, changesApplied } = result;
  const { file, compression } = inputs[capture]!;
  if (error !== null) throw new CaptureError(file, error, 0, compression);
  if (explanation === null) {
    throw new FileError('frame-not-found', file, `it ends before packet ${frame}`);
  }
  let present = schedule.after(changesApplied);
  const decoded = (native: NativeExplanation): Explanation =>
    decodeExplanation(native, present.compiled.host, present.names);
  return {
    explanation: decoded(explanation),
    judging: changesApplied === 0 ? compiled : changes[changesApplied - 1]!.compiled,
    judgedBy: (later) => {
      const used = readUsedRows(engine.counters());
      present = changePolicy(engine, present, later, 'reevaluate', used).after;
      return decoded(engine.explainAgain());
    },
  };
}
