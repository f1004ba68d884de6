/** Policies that change under live flows: `portacl bench --measure updates` as a function. */
import { replay } from '../replay/replay.js';
import { Session } from '../session/session.js';
import type { PolicyChange } from '../update/policy-schedule.js';
import type { BenchResult } from './bench-flows.js';
import { stepTo, type BenchWatch } from './bench-steps.js';
import { madeHost } from './made-hosts.js';
import { withMadeCapture } from './made-capture.js';
import { addLatency, latencyOf, measurement, type LatencyCounts } from './measurement.js';

export interface BenchUpdatesOptions extends BenchWatch {
  /** Rules, one of which changes each time. Default: 1,000. */
  readonly rules?: number;
  /** Changes during one replay. Default: 10. */
  readonly updates?: number;
  /** Packets of that replay. Default: a million. */
  readonly packets?: number;
  /** Default: 5. */
  readonly repetitions?: number;
}

export interface BenchUpdatesReport extends BenchResult {
  readonly rules: number;
  readonly updates: number;
}

export const BENCH_UPDATES_DEFAULTS = {
  rules: 1000,
  updates: 10,
  packets: 1_000_000,
  repetitions: 5,
} as const;
const cpuSecondsSince = (begin: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
};

/** Packets of a flow on the average. */
const PACKETS_A_FLOW = 16;

/**
 * A replay during which one rule changes several times, next to the same replay without changes, in
 * turn; and single changes of a session, from the compiled policy until the next packet could be
 * judged. Rates are of processor time of the process, that of searches which are built behind a
 * session included as far as it was spent by then; latencies are by the clock on the wall.
 *
 * @throws {PortaclError} engine-missing, kernel-unknown, cancelled
 */
export async function benchUpdates(options: BenchUpdatesOptions = {}): Promise<BenchUpdatesReport> {
  const { rules, updates, packets, repetitions } = { ...BENCH_UPDATES_DEFAULTS, ...options };
  const flows = Math.max(1, Math.floor(packets / PACKETS_A_FLOW));
  const base = madeHost(rules);
  const quiet: number[] = [];
  const busy: number[] = [];
  const changes: number[] = [];
  const latencies: LatencyCounts = new Map();
  let variant = 0;
  await withMadeCapture(packets, flows, async (capture) => {
    const seconds = async (schedule: readonly PolicyChange[]): Promise<number> => {
      const begin = process.cpuUsage();
      const { signal } = options;
      const { errors } = await replay([capture], base, {
        ...(schedule.length > 0 && { changes: schedule }),
        ...(signal && { signal }),
      });
      if (errors.length > 0) throw errors[0]!;
      return cpuSecondsSince(begin);
    };
    for (let round = 0; round < repetitions; round++) {
      await stepTo(options, round, repetitions, `round ${round + 1} of ${repetitions}`);
      const schedule = Array.from({ length: updates }, (_, i): PolicyChange => ({
        at: { frame: Math.floor(((i + 1) * packets) / (updates + 1)) + 1 },
        compiled: madeHost(rules, ++variant),
      }));
      const both = [
        async () => void quiet.push(packets / (await seconds([]))),
        async () => void busy.push(packets / (await seconds(schedule))),
      ];
      if (round % 2 === 1) both.reverse();
      for (const measure of both) await measure();
      using session = new Session(base);
      for (let i = 0; i < updates; i++) {
        const later = madeHost(rules, ++variant);
        const cpu = process.cpuUsage();
        const begin = process.hrtime.bigint();
        session.apply(later);
        addLatency(latencies, Number(process.hrtime.bigint() - begin));
        changes.push(1 / cpuSecondsSince(cpu));
      }
    }
  });
  return {
    ...{ rules, updates },
    measurements: [
      measurement('replay without updates', 'packets/s', quiet),
      measurement(`replay with ${updates} updates`, 'packets/s', busy),
      measurement(`update of one rule of ${rules}`, 'updates/s', changes, {
        latency: latencyOf('update', latencies),
      }),
    ],
  };
}
