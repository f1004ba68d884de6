/** What JavaScript costs a packet: `portacl bench --measure boundary` as a function. */
import { tcp } from '../packets/transport.js';
import { replayBatches } from '../replay/replay-batches.js';
import { replay } from '../replay/replay.js';
import { Session } from '../session/session.js';
import { Simulator } from '../simulate/simulate.js';
import type { BenchResult } from './bench-flows.js';
import { stepTo, type BenchWatch } from './bench-steps.js';
import { madeHost } from './made-hosts.js';
import { withMadeCapture } from './made-capture.js';
import { measurement } from './measurement.js';

export interface BenchBoundaryOptions extends BenchWatch {
  /** Of every way, a round. Default: 300,000. */
  readonly packets?: number;
  /** Default: 7. */
  readonly repetitions?: number;
}

export const BENCH_BOUNDARY_DEFAULTS = { packets: 300_000, repetitions: 7 } as const;
const BATCH = 1000;
const RULES = 6;

/**
 * Packets of one open flow through a session, one by one and in batches of 1,000; tuples through a
 * simulator; and a capture through a replay, whose verdicts are counted, or taken as columns. Seconds
 * of processor time of the process, the ways in turn, after one round that does not count.
 *
 * @throws {PortaclError} engine-missing, kernel-unknown, cancelled
 */
export async function benchBoundary(options: BenchBoundaryOptions = {}): Promise<BenchResult> {
  const { packets, repetitions } = { ...BENCH_BOUNDARY_DEFAULTS, ...options };
  const compiled = madeHost(RULES);
  using session = new Session(compiled);
  const simulator = new Simulator(compiled);
  const tuple = { proto: 6, src: '10.9.9.9', sport: 4000, dst: '10.244.1.10', dport: 443 };
  const one = tcp('10.9.9.9:4000', '10.244.1.10:443', { flags: 'PA', payload: 'x'.repeat(100) });
  const batch = new Array<typeof one>(Math.min(BATCH, packets)).fill(one);
  return await withMadeCapture(packets, Math.max(1, packets >> 4), async (capture) => {
    const ways: Readonly<Record<string, () => unknown>> = {
      'session, one by one': () => {
        for (let i = 0; i < packets; i++) session.send(one);
      },
      [`session, batches of ${batch.length}`]: () => {
        for (let i = 0; i < packets; i += batch.length) session.sendAll(batch);
      },
      'simulator, one by one': () => {
        for (let i = 0; i < packets; i++) simulator.judge([tuple]);
      },
      'replay, counted': () => replay([capture], compiled),
      'replay, columns': async () => {
        let rows = 0;
        for await (const { length } of replayBatches([capture], compiled)) rows += length;
        return rows;
      },
    };
    const rounds = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
    const names = Object.keys(ways);
    for (let round = 0; round <= repetitions; round++) {
      const order = round % 2 === 0 ? names : [...names].reverse();
      for (const [n, name] of order.entries()) {
        await stepTo(options, round * names.length + n, (repetitions + 1) * names.length, name);
        const begin = process.cpuUsage();
        await ways[name]!();
        const { user, system } = process.cpuUsage(begin);
        if (round > 0) rounds.get(name)!.push(((user + system) * 1e3) / packets);
      }
    }
    return {
      measurements: [...rounds].map(([name, each]) => measurement(name, 'ns/packet', each)),
    };
  });
}
