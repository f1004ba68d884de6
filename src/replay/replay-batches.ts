/**
 * The verdicts of a replay as they are given: columns in shared memory, a batch at a time, as fast
 * as the caller takes them.
 */
import { readingArguments } from '../arguments.js';
import type { CompiledHost } from '../compile/compile-host.js';
import { loadBinding } from '../native/binding.js';
import {
  columnBytes,
  columnsOf,
  recordBatch,
  recordDictionary,
  type RecordBatch,
  type RecordDictionary,
} from '../report/record-batch.js';
import { programNames } from '../report/rule-names.js';
import {
  readReplayArguments,
  replayInto,
  type ReplayArguments,
  type ReplayResult,
} from './replay.js';
import type { ReplayOptions } from './replay-options.js';

/** Rows of one batch; the last one of a replay has fewer. */
export const BATCH_ROWS = 16_384;
/** Batches that the engine may be ahead of the caller. */
const BATCHES_AHEAD = 2;
/** Of the columns and of `capture`; column_rows() in native/core/report/column_output.h. */
const BATCH_BYTES = columnBytes(BATCH_ROWS) + 4 * BATCH_ROWS;

/** Columns over shared memory of their own: a batch may be kept, and sent to workers. */
export interface ReplayBatch extends RecordBatch {
  /** Of each row the index of the capture its packet is in; `frame` is its number in that one. */
  readonly capture: Uint32Array;
}

/** To be iterated over once; before that nothing is done. */
export interface ReplayStream extends AsyncIterable<ReplayBatch> {
  /**
   * What {@link replay} answers; settles when the iteration has ended. Damage in a capture is among
   * its `errors` and ends the iteration like any end. Rejected with `cancelled` after a `break`.
   */
  readonly result: Promise<ReplayResult>;
}

/**
 * As {@link replay}, with the verdicts: `for await (const batch of replayBatches(…))`. The engine
 * judges on a thread of its own and waits when it is two batches ahead, so memory stays bounded
 * however slow the caller is. A `break`, an error in the loop, or `signal` ends the work; outputs are
 * discarded then, save when following. With `follow` batches come before they are full.
 *
 * @throws {PortaclError} bad-usage, bad-argument at once; the others of {@link replay} in the loop
 */
export function replayBatches(
  captures: readonly string[],
  compiled: CompiledHost,
  options: ReplayOptions = {},
): ReplayStream {
  const read = readReplayArguments('replayBatches', captures, compiled, options);
  let settle: Settle | undefined;
  const result = new Promise<ReplayResult>((resolve, reject) => (settle = { resolve, reject }));
  result.catch(() => undefined); // whoever iterates has been told
  const batches = judgeInBatches(read, settle!);
  return { result, [Symbol.asyncIterator]: () => batches };
}

interface Settle {
  readonly resolve: (result: ReplayResult) => void;
  readonly reject: (reason: unknown) => void;
}

async function* judgeInBatches(
  read: ReplayArguments,
  settle: Settle,
): AsyncGenerator<ReplayBatch, void> {
  const { compiled, options } = read;
  const stop = linkedController(options.signal);
  const context = { code: 'bad-argument', of: 'replayBatches' } as const;
  const buffers: SharedArrayBuffer[] = [];
  let wake = (): void => undefined;
  const state = { ended: false };
  try {
    const dictionary = readingArguments(context, () =>
      recordDictionary(compiled.host, programNames(compiled)),
    );
    const { RecordChannel } = loadBinding();
    const channel = new RecordChannel(() => wake());
    const giveBuffer = (): void => {
      const buffer = new SharedArrayBuffer(BATCH_BYTES);
      buffers.push(buffer);
      channel.give(new Uint8Array(buffer));
    };
    for (let i = 0; i < BATCHES_AHEAD; i++) giveBuffer();
    const signal = stop.controller.signal;
    const work = readingArguments(context, () =>
      replayInto({ ...read, options: { ...options, signal } }, channel),
    ).finally(() => {
      state.ended = true;
      wake();
    });
    work.then(settle.resolve, settle.reject);
    try {
      for (;;) {
        const rows = channel.take();
        if (options.signal?.aborted && !options.follow) break;
        if (rows !== null) {
          yield batchOf(buffers.shift()!, rows, dictionary);
          giveBuffer();
        } else if (state.ended) break;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
      await work;
    } finally {
      stop.controller.abort();
      channel.close();
      await work.catch(() => undefined);
    }
  } catch (error) {
    settle.reject(error);
    throw error;
  } finally {
    stop.unlink();
  }
}

/** A controller that also aborts when `signal` does. */
function linkedController(signal: AbortSignal | undefined): {
  readonly controller: AbortController;
  readonly unlink: () => void;
} {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return { controller, unlink: () => signal?.removeEventListener('abort', abort) };
}

function batchOf(
  buffer: SharedArrayBuffer,
  length: number,
  dictionary: RecordDictionary,
): ReplayBatch {
  const columns = columnsOf(buffer, BATCH_ROWS, length);
  const capture = new Uint32Array(buffer, columnBytes(BATCH_ROWS), length);
  return Object.assign(recordBatch(columns, length, dictionary), { capture });
}
