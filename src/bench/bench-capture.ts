/** What a capture costs, room by room: `portacl bench --capture` as a function. */
import { spawn } from 'node:child_process';
import { closeSync, createReadStream, openSync, statSync } from 'node:fs';
import { cpus, devNull } from 'node:os';

import { stepTo, type BenchWatch } from './bench-steps.js';
import {
  addLatencies,
  latencyOf,
  measurement,
  type LatencyCounts,
  type Measurement,
} from './measurement.js';
import { median } from './median.js';
import { processorTime, timeBetween } from './processor-time.js';
import { openCapture } from '../captures/capture-input.js';
import {
  decompress,
  decompressInto,
  isByProgram,
  type Compression,
} from '../captures/compression.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { PortaclError } from '../errors.js';
import { loadBinding } from '../native/binding.js';
import type { NativeCaptureMeasurement, NativeEngineMeasurement } from '../native/capture-types.js';
import { benchEngine } from './bench-models.js';
import { watchJob } from '../native/job-control.js';
import { CaptureError } from '../replay/capture-error.js';
import { replay } from '../replay/replay.js';

export interface BenchCaptureOptions extends BenchWatch {
  /** A file, plain or compressed. */
  readonly capture: string;
  /** Passes of each reader that count; one more comes before them. Default: 7. */
  readonly repetitions?: number;
  /** A host to replay the capture through as well, and on how many threads. Default: 1. */
  readonly host?: CompiledHost;
  readonly threads?: number;
}

/**
 * Who is measured. `records` reads the records of the file, `headers` parses them too, and `portacl`
 * hashes their flows too, as does `libpcap` in a loop around `pcap_next_ex`; `decompressor` has compressed
 * bytes made plain as they are for us and nothing else, and `program` is gzip or zstd at work alone. With a host `judging` is all of it with verdicts, on one thread
 * and with a clock beside it, and `replay` the library's, on as many threads as are wanted.
 */
export type CaptureReaderName =
  'records' | 'headers' | 'portacl' | 'libpcap' | 'decompressor' | 'program' | 'judging' | 'replay';

export interface CaptureReaderTimes {
  readonly name: CaptureReaderName;
  /**
   * Seconds of every pass: by the clock on the wall, and of processor time of this process and the
   * programs it runs, where the system tells of those.
   */
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
   * How many times as fast as the other reader ours is, null without another; the median of what the
   * passes say. In processor time; of a compressed capture by the clock on the wall, against the
   * decompressor alone, beside which reading runs.
   */
  readonly ratio: number | null;
  /** Of a compressed capture: how many times the processor time of the decompressor alone ours is. */
  readonly costRatio: number | null;
  /** The same as `ratio` against the program gzip or zstd; null where it is not installed. */
  readonly programRatio: number | null;
  /** Whether libpcap read the same packets and hashed the same flows; null when it did not run. */
  readonly agrees: boolean | null;
  /** Of the process at its largest, Node included. */
  readonly peakBytes: number;
  readonly measurements: readonly Measurement[];
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
    const readers = new Map<CaptureReaderName, Read>([
      ['records', () => read('records')],
      ['headers', () => read('headers')],
      ['portacl', () => read('portacl')],
    ]);
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
      const why = await trial(compression, capture);
      if (why === null) readers.set('program', () => runProgram(compression, capture));
      else skipped.push({ name: 'program', why });
    }
    const latencies: LatencyCounts = new Map();
    let batchPackets = 0;
    if (host) {
      readers.set('judging', async () => {
        const judged = await judgeWithClock(capture, host, control);
        ({ batchPackets } = judged);
        addLatencies(latencies, judged.latencies);
      });
      readers.set('replay', () => replay([capture], host, { threads, ...(signal && { signal }) }));
    }
    const passes = await race(readers, options);
    const times = [...passes].map(([name, each]) => timesOf(name, each, ours.packets));
    const latency = latencyOf(`batch of ${batchPackets} packets`, latencies);
    const { packets, bytes, hashed } = ours;
    return {
      ...{ capture, compression, packets, bytes, hashed },
      ...{ cpu: cpus()[0]?.model ?? '', threads },
      readers: times,
      skipped,
      ...ratiosOf(times, compression),
      agrees,
      peakBytes: process.resourceUsage().maxRSS * 1024,
      measurements: [
        ...times.map(({ name, cpuSeconds }) => {
          const rates = cpuSeconds.map((seconds) => packets / seconds);
          return measurement(name, 'packets/s', rates, name === 'judging' ? { latency } : {});
        }),
        // Decompression, on other threads, is no room.
        ...(packets === 0 || compression !== null ? [] : roomsOf(times, packets)),
      ],
    };
  });
}

/** Rooms of a replay, and the reader that stops behind each. */
const ROOMS = [
  ['read', 'records'],
  ['parse', 'headers'],
  ['flow', 'portacl'],
  ['judge', 'judging'],
] as const;

/**
 * What each room costs: the difference, round by round, between the reader that stops behind it and
 * the one that stops before. Small differences of large numbers are noise, and may be less than 0.
 */
function roomsOf(times: readonly CaptureReaderTimes[], packets: number): Measurement[] {
  const secondsOf = (wanted: CaptureReaderName): readonly number[] | undefined =>
    times.find(({ name }) => name === wanted)?.cpuSeconds;
  return ROOMS.flatMap(([room, reader], i) => {
    const behind = secondsOf(reader);
    if (behind === undefined) return [];
    const before = i === 0 ? undefined : secondsOf(ROOMS[i - 1]![1]);
    const rounds = behind.map((seconds, n) => ((seconds - (before?.[n] ?? 0)) * 1e9) / packets);
    return [measurement(`room ${room}`, 'ns/packet', rounds)];
  });
}

/** The capture through an engine of its own. */
async function judgeWithClock(
  capture: string,
  host: CompiledHost,
  control: Int32Array,
): Promise<NativeEngineMeasurement> {
  const engine = benchEngine(host.program);
  try {
    const { input, compression } = await openCapture(capture, control);
    const judged = await engine.measure(input, control);
    if (judged.error === null) return judged;
    throw new CaptureError(capture, judged.error, judged.packets, compression);
  } finally {
    engine.close();
  }
}

/** @throws {PortaclError} bad-usage for a pipe, whose bytes come but once */
function requireFile(capture: string): void {
  const about = statSync(capture, { throwIfNoEntry: false });
  if (capture !== '-' && (about === undefined || about.isFile() || about.isDirectory())) return;
  throw new PortaclError('bad-usage', `${capture} is no file, which could be read several times`);
}

type OwnReader = 'records' | 'headers' | 'portacl';

/** Our reader, and what it found in a pass that does not count. */
async function ourReader(
  capture: string,
  control: Int32Array,
): Promise<{
  compression: Compression | null;
  read: (reader: OwnReader) => Promise<NativeCaptureMeasurement>;
  ours: NativeCaptureMeasurement;
}> {
  let compression: Compression | null = null;
  const read = async (reader: OwnReader): Promise<NativeCaptureMeasurement> => {
    const opened = await openCapture(capture, control);
    compression = opened.compression;
    const found = await loadBinding().measureCapture(opened.input, reader, control);
    if (found.error === null) return found;
    throw new CaptureError(capture, found.error, found.packets, compression);
  };
  const ours = await read('portacl');
  return { compression, read, ours };
}

/** The decompressor alone, fed as when captures are read; a program writes to nowhere. */
async function drain(capture: string, compression: Compression): Promise<null> {
  const raw = createReadStream(capture);
  if (isByProgram(compression)) {
    await decompressInto(raw, openSync(devNull, 'w'), loadBinding().position);
    return null;
  }
  const plain = decompress(raw, compression)[Symbol.asyncIterator]();
  while ((await plain.next()).done !== true);
  return null;
}

/** Why the program cannot be measured, if it cannot; the pass does not count. */
async function trial(compression: Compression, capture: string): Promise<string | null> {
  try {
    await runProgram(compression, capture);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The program by itself, from the file to nowhere. */
async function runProgram(compression: Compression, capture: string): Promise<void> {
  const file = openSync(capture, 'r');
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(compression, ['-dcq'], { stdio: [file, 'ignore', 'ignore'] });
      child.on('error', () => reject(new Error(`there is no program ${compression}`)));
      child.on('close', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`${compression} ended with ${String(code)}`));
      });
    });
  } finally {
    closeSync(file);
  }
}

async function race(
  readers: ReadonlyMap<CaptureReaderName, Read>,
  { repetitions = BENCH_CAPTURE_REPETITIONS, onStep, signal }: BenchCaptureOptions,
): Promise<ReadonlyMap<CaptureReaderName, readonly Pass[]>> {
  const passes = new Map([...readers.keys()].map((name) => [name, [] as Pass[]]));
  for (let i = 0; i < repetitions; i++) {
    const order = [...readers];
    if (i % 2 === 1) order.reverse();
    for (const [n, [name, read]] of order.entries()) {
      await stepTo({ onStep, signal }, i * order.length + n, repetitions * order.length, name);
      const cpu = processorTime();
      const begin = performance.now();
      await read();
      const wall = (performance.now() - begin) / 1e3;
      passes.get(name)!.push({ wall, cpu: timeBetween(cpu, processorTime()) });
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

type Ratios = Pick<BenchCaptureReport, 'ratio' | 'costRatio' | 'programRatio'>;

/** Pass by pass, so that what else the machine did in between tells less. */
function ratiosOf(times: readonly CaptureReaderTimes[], compression: Compression | null): Ratios {
  const seconds = (wanted: CaptureReaderName, of: 'wallSeconds' | 'cpuSeconds') =>
    times.find(({ name }) => name === wanted)?.[of];
  const ratio = (other: CaptureReaderName, of: 'wallSeconds' | 'cpuSeconds'): number | null => {
    const ours = seconds('portacl', of)!;
    const theirs = seconds(other, of);
    return theirs === undefined ? null : median(theirs.map((each, i) => each / ours[i]!));
  };
  if (compression === null) {
    return { ratio: ratio('libpcap', 'cpuSeconds'), costRatio: null, programRatio: null };
  }
  const cheaper = ratio('decompressor', 'cpuSeconds');
  return {
    ratio: ratio('decompressor', 'wallSeconds'),
    costRatio: cheaper === null ? null : 1 / cheaper,
    programRatio: ratio('program', 'wallSeconds'),
  };
}
