/** What reading a capture costs: `portacl bench --capture` as a function. */
import { createReadStream, statSync } from 'node:fs';
import { cpus } from 'node:os';

import { median } from './median.js';
import { openCapture } from '../captures/capture-input.js';
import { decompress, type Compression } from '../captures/compression.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { PortaclError } from '../errors.js';
import { loadBinding, type NativeCaptureMeasurement } from '../native/binding.js';
import { watchJob } from '../native/job-control.js';
import { CaptureError } from '../replay/capture-error.js';
import { replay } from '../replay/replay.js';

export interface BenchCaptureOptions {
  /** A file, plain or compressed. */
  readonly capture: string;
  /** Passes of each reader that count; one more comes before them. Default: 7. */
  readonly repetitions?: number;
  /** A host to replay the capture through as well, and on how many threads. Default: 1. */
  readonly host?: CompiledHost;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Who is measured. `portacl` and `libpcap`, the loop around `pcap_next_ex`, parse every packet in the
 * same way and hash its flow; `decompressor` has compressed bytes made plain and nothing else;
 * `replay` is all of it, with verdicts.
 */
export type CaptureReaderName = 'portacl' | 'libpcap' | 'decompressor' | 'replay';

export interface CaptureReaderTimes {
  readonly name: CaptureReaderName;
  /** Seconds of every pass: by the clock on the wall, and of processor time of this process. */
  readonly wallSeconds: readonly number[];
  readonly cpuSeconds: readonly number[];
  /** Medians of packets a second, likewise. */
  readonly packetsPerSecond: number;
  readonly packetsPerCpuSecond: number;
  /** Of processor time. */
  readonly nanosecondsPerPacket: number;
}

export interface BenchCaptureReport {
  readonly capture: string;
  readonly compression: Compression | null;
  readonly packets: number;
  /** Captured bytes of the packets. */
  readonly bytes: number;
  /** Packets with a flow. */
  readonly hashed: number;
  readonly cpu: string;
  /** Of the replay. */
  readonly threads: number;
  readonly readers: readonly CaptureReaderTimes[];
  /** Readers that did not run, and why. */
  readonly skipped: readonly { readonly name: CaptureReaderName; readonly why: string }[];
  /**
   * How many times as fast as the other reader ours is, null without another: in processor time,
   * against a decompressor, which works on other threads, by the clock on the wall.
   */
  readonly ratio: number | null;
  /** Whether libpcap read the same packets and hashed the same flows; null when it did not run. */
  readonly agrees: boolean | null;
}

export const BENCH_CAPTURE_REPETITIONS = 7;

interface Pass {
  readonly wall: number;
  readonly cpu: number;
}
type Read = () => Promise<unknown>;

/**
 * Measures reading, header parsing and flow hashes of a capture on one thread, without verdicts, next
 * to another reader and, with a host, to a replay: in turn, in the opposite order in every other pass.
 *
 * @throws {CaptureError} for a capture that cannot be read to its end; cancelled
 * @throws {PortaclError} engine-missing, bad-usage
 */
export async function benchCapture(options: BenchCaptureOptions): Promise<BenchCaptureReport> {
  const { capture, host, threads = 1, signal } = options;
  requireFile(capture);
  return watchJob({ ...(signal && { signal }) }, async (control) => {
    const { compression, read, ours } = await ourReader(capture, control);
    const skipped: { name: CaptureReaderName; why: string }[] = [];
    const readers = new Map<CaptureReaderName, Read>([['portacl', read]]);
    let agrees: boolean | null = null;
    if (compression === null) {
      const theirs = await loadBinding().measureCapture(capture, 'libpcap', control);
      if (theirs.why !== '') skipped.push({ name: 'libpcap', why: theirs.why });
      else {
        readers.set('libpcap', () => loadBinding().measureCapture(capture, 'libpcap', control));
        agrees =
          ours.packets === theirs.packets &&
          ours.hashed === theirs.hashed &&
          ours.sum === theirs.sum;
      }
    } else {
      readers.set('decompressor', () => drain(capture, compression));
    }
    if (host)
      readers.set('replay', () => replay([capture], host, { threads, ...(signal && { signal }) }));
    const passes = await race(readers, options.repetitions ?? BENCH_CAPTURE_REPETITIONS);
    const times = [...passes].map(([name, each]) => timesOf(name, each, ours.packets));
    return {
      ...{ capture, compression, packets: ours.packets, bytes: ours.bytes, hashed: ours.hashed },
      ...{ cpu: cpus()[0]?.model ?? '', threads },
      readers: times,
      skipped,
      ratio: ratioOf(times, compression),
      agrees,
    };
  });
}

/** @throws {PortaclError} bad-usage for a pipe, whose bytes come but once */
function requireFile(capture: string): void {
  const about = statSync(capture, { throwIfNoEntry: false });
  if (capture !== '-' && (about === undefined || about.isFile() || about.isDirectory())) return;
  throw new PortaclError('bad-usage', `${capture} is no file, which could be read several times`);
}

/** Our reader, and what it found in a pass that does not count. */
async function ourReader(
  capture: string,
  control: Int32Array,
): Promise<{ compression: Compression | null; read: Read; ours: NativeCaptureMeasurement }> {
  let compression: Compression | null = null;
  const read = async (): Promise<NativeCaptureMeasurement> => {
    const opened = await openCapture(capture, control);
    compression = opened.compression;
    const found = await loadBinding().measureCapture(opened.input, 'portacl', control);
    if (found.error === null) return found;
    throw new CaptureError(capture, found.error, found.packets, compression);
  };
  const ours = await read();
  return { compression, read, ours };
}

/** The decompressor alone, in the steps in which captures are read. */
async function drain(capture: string, compression: Compression): Promise<null> {
  const plain = decompress(createReadStream(capture), compression)[Symbol.asyncIterator]();
  while ((await plain.next()).done !== true);
  return null;
}

async function race(
  readers: ReadonlyMap<CaptureReaderName, Read>,
  repetitions: number,
): Promise<ReadonlyMap<CaptureReaderName, readonly Pass[]>> {
  const passes = new Map([...readers.keys()].map((name) => [name, [] as Pass[]]));
  for (let i = 0; i < repetitions; i++) {
    const order = [...readers];
    if (i % 2 === 1) order.reverse();
    for (const [name, read] of order) {
      const cpu = process.cpuUsage();
      const begin = performance.now();
      await read();
      const wall = (performance.now() - begin) / 1e3;
      const { user, system } = process.cpuUsage(cpu);
      passes.get(name)!.push({ wall, cpu: (user + system) / 1e6 });
    }
  }
  return passes;
}

function timesOf(
  name: CaptureReaderName,
  passes: readonly Pass[],
  packets: number,
): CaptureReaderTimes {
  const wallSeconds = passes.map(({ wall }) => wall);
  const cpuSeconds = passes.map(({ cpu }) => cpu);
  return {
    name,
    wallSeconds,
    cpuSeconds,
    packetsPerSecond: packets / median(wallSeconds),
    packetsPerCpuSecond: packets / median(cpuSeconds),
    nanosecondsPerPacket: packets === 0 ? 0 : (median(cpuSeconds) * 1e9) / packets,
  };
}

function ratioOf(
  times: readonly CaptureReaderTimes[],
  compression: Compression | null,
): number | null {
  const ours = times.find(({ name }) => name === 'portacl');
  const other = times.find(({ name }) => name === 'libpcap' || name === 'decompressor');
  if (ours === undefined || other === undefined) return null;
  return compression === null
    ? ours.packetsPerCpuSecond / other.packetsPerCpuSecond
    : ours.packetsPerSecond / other.packetsPerSecond;
}
