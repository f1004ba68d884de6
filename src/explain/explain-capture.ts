/** A packet of a capture explained with its true state. */
import { openCaptures } from '../captures/capture-input.js';
import { overlayVnis, type CapturePoint } from '../captures/capture-point.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { FileError } from '../errors.js';
import { createEngine } from '../native/engine.js';
import { watchJob, type JobWatch } from '../native/job-control.js';
import { CaptureError } from '../replay/capture-error.js';
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

/** An explanation with the number of changes of policy that came before the packet. */
export interface CaptureExplanation {
  readonly explanation: Explanation;
  readonly changesApplied: number;
}

/**
 * Replays up to the packet, off the event loop, and explains it: one pass.
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
  const { compiled: judging, names } = schedule.after(changesApplied);
  return { explanation: decodeExplanation(explanation, judging.host, names), changesApplied };
}
