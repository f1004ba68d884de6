/** What is measured without files: `portacl bench --measure` as a function. */
import { argumentError, readBoolean, readFields, readInteger } from '../arguments.js';
import { BENCH_BOUNDARY_DEFAULTS, benchBoundary } from './bench-boundary.js';
import { BENCH_CHURN_DEFAULTS, benchChurn, type BenchChurnReport } from './bench-churn.js';
import {
  BENCH_FLOWS_DEFAULTS,
  BENCH_FLOWS_MAX,
  benchFlows,
  type BenchResult,
} from './bench-flows.js';
import { DASH } from './bench-models.js';
import type { BenchWatch } from './bench-steps.js';
import { BENCH_UPDATES_DEFAULTS, benchUpdates, type BenchUpdatesReport } from './bench-updates.js';

export const BENCH_MEASURES = ['flows', 'churn', 'updates', 'boundary'] as const;
export type BenchMeasure = (typeof BENCH_MEASURES)[number];

export interface BenchMeasureOptions extends BenchWatch {
  /** The largest number of flows; of `churn` the connections of a round. At most ten million. */
  readonly flows?: number;
  /** Packets of a round. */
  readonly packets?: number;
  readonly repetitions?: number;
  /** As little as shows that everything runs. */
  readonly smoke?: boolean;
}

export const BENCH_PACKETS_MAX = 1 << 26;
export const BENCH_REPETITIONS_MAX = 1000;

const SMOKE = { flows: 1000, connections: 300, packets: 2000, repetitions: 3 } as const;
const SMOKE_RULES = { rules: 20, updates: 2 } as const;
const SMOKE_SHAPE = { layers: 2, rules: 20, prefixes: 5 } as const;

/**
 * Flow tables from few to many flows, new connections, policies that change under live flows, or the
 * way through JavaScript. Numbers left out are those of the measure.
 *
 * @throws {PortaclError} bad-argument, engine-missing, kernel-unknown, cancelled, out-of-memory
 */
export async function benchMeasure(
  measure: BenchMeasure,
  options: BenchMeasureOptions = {},
): Promise<BenchResult | BenchChurnReport | BenchUpdatesReport> {
  const context = { code: 'bad-argument', of: 'benchMeasure' } as const;
  if (!BENCH_MEASURES.includes(measure)) {
    throw argumentError(context, 'measure', measure, BENCH_MEASURES.join(', '));
  }
  const names = ['flows', 'packets', 'repetitions', 'smoke', 'onStep', 'signal'] as const;
  const fields = readFields(options, names, context);
  const smoke = readBoolean(fields.smoke, 'smoke', false, context);
  const number = (name: 'flows' | 'packets' | 'repetitions', max: number, usual: number): number =>
    readInteger(fields[name], name, { min: 1, max, fallback: usual }, context);
  const { onStep, signal } = options;
  const watch: BenchWatch = { onStep, signal };
  const packets = (usual: number): number =>
    number('packets', BENCH_PACKETS_MAX, smoke ? SMOKE.packets : usual);
  const rounds = (usual: number): number =>
    number('repetitions', BENCH_REPETITIONS_MAX, smoke ? SMOKE.repetitions : usual);
  switch (measure) {
    case 'flows':
      return benchFlows({
        ...watch,
        flows: number('flows', BENCH_FLOWS_MAX, smoke ? SMOKE.flows : BENCH_FLOWS_DEFAULTS.flows),
        packets: packets(BENCH_FLOWS_DEFAULTS.packets),
        repetitions: rounds(BENCH_FLOWS_DEFAULTS.repetitions),
      });
    case 'churn': {
      const usual = smoke ? SMOKE.connections : BENCH_CHURN_DEFAULTS.connections;
      return benchChurn({
        ...watch,
        connections: number('flows', BENCH_FLOWS_MAX, usual),
        shape: smoke ? SMOKE_SHAPE : DASH,
        repetitions: rounds(BENCH_CHURN_DEFAULTS.repetitions),
      });
    }
    case 'updates':
      return benchUpdates({
        ...watch,
        ...(smoke && SMOKE_RULES),
        packets: packets(BENCH_UPDATES_DEFAULTS.packets),
        repetitions: rounds(BENCH_UPDATES_DEFAULTS.repetitions),
      });
    case 'boundary':
      return benchBoundary({
        ...watch,
        packets: packets(BENCH_BOUNDARY_DEFAULTS.packets),
        repetitions: rounds(BENCH_BOUNDARY_DEFAULTS.repetitions),
      });
  }
}
