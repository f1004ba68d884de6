/**
 * What `portacl bench --json` prints: measurements with the machine they were made on. Later versions
 * of the package read reports of earlier ones, to compare with them.
 */
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { z } from 'zod';

import { PortaclError } from '../errors.js';
import { readSourceFile } from '../source/read-file.js';
import { VERSION } from '../version.js';
import { MEASUREMENT_UNITS, type Measurement } from './measurement.js';

/** Of the form of a report; what is new in a form of the same version may be left out. */
export const BENCH_VERSION = 1;

export interface BenchAbout {
  /** As it was typed, without the program. */
  readonly command: string;
  /** When it began, ISO 8601 in UTC. */
  readonly date: string;
  /** Versions. */
  readonly portacl: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** E.g. `linux 6.1.0 x64`. */
  readonly system: string;
  /** Of the last minute before: work of others beside this. 0 where the system does not say. */
  readonly loadAverage: number;
}

export interface BenchReport {
  readonly version: typeof BENCH_VERSION;
  readonly about: BenchAbout;
  readonly measurements: readonly Measurement[];
}

const number = z.number();
const text = z.string();

export const benchReportSchema = z.looseObject({
  version: z.literal(BENCH_VERSION),
  about: z.object({
    command: text,
    date: text.describe('when it began, ISO 8601 in UTC'),
    portacl: text.describe('version'),
    node: text.describe('version'),
    cpu: text,
    cores: number,
    memoryBytes: number,
    system: text,
    loadAverage: number.describe('of the last minute before it began; 0 where it is not known'),
  }),
  measurements: z.array(
    z.object({
      name: text,
      at: number.nullable().describe('how many flows, rules or the like; null: measured but once'),
      unit: z.enum(MEASUREMENT_UNITS),
      rounds: z.array(number),
      median: number,
      latency: z
        .object({
          of: text.describe('what a piece of the work is'),
          count: number,
          ...{ mean: number, p50: number, p90: number, p99: number, p999: number, most: number },
        })
        .nullable()
        .describe('nanoseconds of the same work piece by piece'),
    }),
  ),
});

/** The JSON Schema of a report, schemas/bench.schema.json; what a mode adds to it is not described. */
export const benchJsonSchema = (): unknown => z.toJSONSchema(benchReportSchema);

/** This machine and this moment. */
export function aboutBench(command: string): BenchAbout {
  return {
    command,
    date: new Date().toISOString(),
    portacl: VERSION,
    node: process.version,
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${platform()} ${release()} ${arch()}`,
    loadAverage: loadavg()[0] ?? 0,
  };
}

/**
 * A report that was kept in a file.
 *
 * @throws {PortaclError} bad-bench-report, file-not-found, file-unreadable
 */
export function readBenchReport(file: string): BenchReport {
  const value = jsonOf(readSourceFile(file).text ?? '');
  if (value === undefined) throw badReport(file, 'it is no JSON');
  const read = benchReportSchema.safeParse(value);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw badReport(file, `${path.join('.')}: ${message}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function badReport(file: string, why: string): PortaclError {
  return new PortaclError(
    'bad-bench-report',
    `${file} is no report of version ${BENCH_VERSION} as bench --json prints it: ${why}`,
  );
}
