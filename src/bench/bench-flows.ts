/** Flow tables from few to many flows: `portacl bench --measure flows` as a function. */
import { watchJob } from '../native/job-control.js';
import type { NativeByteChannel, NativeEngineMeasurement } from '../native/capture-types.js';
import type { NativeEngine } from '../native/engine-types.js';
import { benchEngine, openProgram } from './bench-models.js';
import { stepTo, type BenchWatch } from './bench-steps.js';
import {
  addLatencies,
  latencyOf,
  measurement,
  type LatencyCounts,
  type Measurement,
} from './measurement.js';
import { packetStream, scattered, setPeer, type PacketMaker } from './packet-stream.js';
import { CaptureError } from '../replay/capture-error.js';

export interface BenchFlowsOptions extends BenchWatch {
  /** The largest number of flows, reached from 1,000 on in steps of ten. Default: a million. */
  readonly flows?: number;
  /** Packets of open flows, a round. Default: a million. */
  readonly packets?: number;
  /** Default: 5. */
  readonly repetitions?: number;
}

export interface BenchResult {
  readonly measurements: readonly Measurement[];
}

export const BENCH_FLOWS_DEFAULTS = {
  flows: 1_000_000,
  packets: 1_000_000,
  repetitions: 5,
} as const;
export const BENCH_FLOWS_MAX = 10_000_000;
const FLOWS_MIN = 1000;
/** With fewer the memory of everything else hides theirs. */
const FLOWS_WEIGHED = 100_000;

/**
 * UDP flows of one stage: made by one packet each, then met again by packets drawn evenly. Rates are
 * of processor time of the thread that reads and judges them; they are made beside it. Latencies are
 * of verdicts alone, by the clock on the wall.
 *
 * @throws {PortaclError} engine-missing, kernel-unknown, cancelled, out-of-memory
 */
export async function benchFlows(options: BenchFlowsOptions = {}): Promise<BenchResult> {
  const { flows: most, packets, repetitions } = { ...BENCH_FLOWS_DEFAULTS, ...options };
  const sizes = flowSizes(most);
  const program = openProgram();
  const measurements: Measurement[] = [];
  for (const [i, flows] of sizes.entries()) {
    const opened: number[] = [];
    const hits: number[] = [];
    const weights: number[] = [];
    const latencies: LatencyCounts = new Map();
    let batch = 0;
    for (let round = 0; round < repetitions; round++) {
      const what = `${flows} flows, round ${round + 1} of ${repetitions}`;
      await stepTo(options, i * repetitions + round, sizes.length * repetitions, what);
      const engine = benchEngine(program);
      try {
        const before = process.memoryUsage.rss();
        const made = await judged(engine, packetStream(flows, 0, openFlow), options);
        weights.push((process.memoryUsage.rss() - before) / flows);
        opened.push(made.cpuNs / flows);
        const met = await judged(engine, packetStream(packets, flows, meetFlow(flows)), options);
        hits.push((packets / met.cpuNs) * 1e9);
        addLatencies(latencies, met.latencies);
        batch = met.batchPackets;
      } finally {
        engine.close();
      }
    }
    const latency = latencyOf(`batch of ${batch} packets`, latencies);
    measurements.push(
      measurement('flow made', 'ns/flow', opened, { at: flows }),
      measurement('packets of open flows', 'packets/s', hits, { at: flows, latency }),
    );
    if (flows >= FLOWS_WEIGHED) {
      measurements.push(measurement('memory of flows', 'bytes/flow', weights, { at: flows }));
    }
  }
  return { measurements };
}

/** 1,000, 10,000 … and the largest itself. */
export function flowSizes(most: number): number[] {
  const sizes: number[] = [];
  for (let size = FLOWS_MIN; size < most; size *= 10) sizes.push(size);
  return [...sizes, most];
}

const openFlow: PacketMaker = (index, out) => {
  setPeer(index, out);
  out.podPort = 53;
};

/** Every flow as often as any other, in no order. */
const meetFlow =
  (flows: number): PacketMaker =>
  (index, out) => {
    openFlow(Math.floor((scattered(index + 1) / 2 ** 32) * flows), out);
    out.inbound = (index & 1) === 0;
  };

/** @throws {PortaclError} cancelled, out-of-memory */
export async function judged(
  engine: NativeEngine,
  stream: NativeByteChannel,
  { signal }: BenchWatch,
): Promise<NativeEngineMeasurement> {
  const found = await watchJob({ ...(signal && { signal }) }, (control) =>
    engine.measure(stream, control),
  );
  if (found.error !== null) throw new CaptureError('<made>', found.error, found.packets);
  return found;
}
