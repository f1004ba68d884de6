/** New connections, one after the other: `portacl bench --measure churn` as a function. */
import { judged, type BenchResult } from './bench-flows.js';
import { DASH, addressIn, benchEngine, prefixProgram, type PrefixShape } from './bench-models.js';
import { stepTo, type BenchWatch } from './bench-steps.js';
import { addLatencies, latencyOf, measurement, type LatencyCounts } from './measurement.js';
import { packetStream, scattered, type PacketMaker } from './packet-stream.js';

export interface BenchChurnOptions extends BenchWatch {
  /** Connections of a round. Default: 200,000. */
  readonly connections?: number;
  /** Default: 5. */
  readonly repetitions?: number;
  /** Default: that of DASH. */
  readonly shape?: PrefixShape;
}

export interface BenchChurnReport extends BenchResult {
  readonly shape: PrefixShape;
  /** From rules to an engine, encoding left out. */
  readonly buildSeconds: number;
}

export const BENCH_CHURN_DEFAULTS = { connections: 200_000, repetitions: 5 } as const;

/** Flags of a connection from its first packet to its last, and which of them the peer sends. */
const SYN = 0x02;
const ACK = 0x10;
const FIN = 0x01;
const CONNECTION = [
  [SYN, true],
  [SYN | ACK, false],
  [ACK, true],
  [FIN | ACK, true],
  [FIN | ACK, false],
  [ACK, true],
] as const;
/** Connections that are open at once, so that their packets do not follow each other. */
const OPEN_AT_ONCE = 256;

/**
 * TCP connections of six packets through layers of rules with many prefixes: every first packet is held
 * against all layers, and every connection ends. Rates and latencies as of `benchFlows`.
 *
 * @throws {PortaclError} engine-missing, kernel-unknown, cancelled, out-of-memory
 */
export async function benchChurn(options: BenchChurnOptions = {}): Promise<BenchChurnReport> {
  const { connections, repetitions } = { ...BENCH_CHURN_DEFAULTS, ...options };
  const shape = options.shape ?? DASH;
  await stepTo(options, 0, repetitions + 1, 'rules');
  const program = prefixProgram(shape);
  const begin = performance.now();
  benchEngine(program).close();
  const buildSeconds = (performance.now() - begin) / 1e3;
  const rates: number[] = [];
  const latencies: LatencyCounts = new Map();
  let batch = 0;
  for (let round = 0; round < repetitions; round++) {
    await stepTo(options, round + 1, repetitions + 1, `round ${round + 1} of ${repetitions}`);
    const engine = benchEngine(program);
    try {
      const packets = connections * CONNECTION.length;
      const stream = packetStream(packets, 0, connectionPacket(shape, connections));
      const found = await judged(engine, stream, options);
      rates.push((connections / found.cpuNs) * 1e9);
      addLatencies(latencies, found.latencies);
      batch = found.batchPackets;
    } finally {
      engine.close();
    }
  }
  const latency = latencyOf(`batch of ${batch} packets`, latencies);
  return {
    ...{ shape, buildSeconds },
    measurements: [
      measurement('connections', 'connections/s', rates, { latency }),
      measurement('engine built', 's', [buildSeconds]),
    ],
  };
}

/** Blocks of connections whose first packets come first, then their second ones, and so on. */
export function connectionPacket(shape: PrefixShape, connections: number): PacketMaker {
  const block = OPEN_AT_ONCE * CONNECTION.length;
  return (index, out) => {
    const first = Math.floor(index / block) * OPEN_AT_ONCE;
    const width = Math.min(OPEN_AT_ONCE, connections - first);
    const within = index % block;
    const connection = first + (within % width);
    const [flags, inbound] = CONNECTION[Math.floor(within / width)]!;
    const mixed = scattered(connection + 1);
    const layer = mixed % shape.layers;
    // The rules that allow have even places.
    const rule = ((mixed >>> 3) % Math.ceil(shape.rules / 2)) * 2;
    out.peer = addressIn(shape, layer, rule, (mixed >>> 13) % shape.prefixes, mixed >>> 28);
    out.peerPort = 1024 + (connection % 60_000);
    out.podPort = 443 + Math.floor(connection / 60_000);
    out.protocol = 6;
    out.tcpFlags = flags;
    out.inbound = inbound;
  };
}
