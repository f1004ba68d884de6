/** How far a measurement is, told between its rounds, and its end before time. */
import { PortaclError } from '../errors.js';

export interface BenchWatch {
  /** `what` comes next; `done` of `total` steps, which take about as long as each other, came before. */
  readonly onStep?: ((done: number, total: number, what: string) => void) | undefined;
  /** Cancels, between two steps at the latest. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tells of a step, and lets signals and timers of the process come in between.
 *
 * @throws {PortaclError} cancelled
 */
export async function stepTo(
  { onStep, signal }: BenchWatch,
  ...[done, total, what]: Parameters<NonNullable<BenchWatch['onStep']>>
): Promise<void> {
  onStep?.(done, total, what);
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (signal?.aborted) throw new PortaclError('cancelled', 'the measurement was cancelled');
}
