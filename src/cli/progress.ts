/** One line on standard error while long work runs: how far, how fast, how long still. */
import { statSync } from 'node:fs';

import { headOf } from '../captures/capture-input.js';
import { compressionOf } from '../captures/compression.js';
import { printAside, STANDARD_ERROR, terminalOf } from './streams.js';

const BEGIN_MS = 1000;

export interface Progress {
  update(bytesRead: number): void;
  /** Clears the line. */
  end(): void;
}

/** Silent unless standard error is a terminal and the work takes longer than a second. */
export function startProgress(files: readonly string[], quiet: boolean): Progress {
  if (quiet || terminalOf(STANDARD_ERROR) === null)
    return { update: () => undefined, end: () => undefined };
  // How many bytes a compressed file holds it does not say.
  const compressed = files.some((file) => compressionOf(headOf(file)) !== null);
  const total = compressed ? 0 : files.reduce((sum, file) => sum + sizeOf(file), 0);
  const begin = performance.now();
  let shown = false;
  return {
    update(bytesRead) {
      const ms = performance.now() - begin;
      if (ms < BEGIN_MS) return;
      shown = true;
      printAside(`\r${progressLine(bytesRead, total, ms / 1000)}\x1b[K`);
    },
    end() {
      if (shown) printAside('\r\x1b[K');
    },
  };
}

export interface StepProgress {
  readonly onStep: (done: number, total: number, what: string) => void;
  /** Clears the line. */
  end(): void;
}

/** The same for work in steps that take about as long as each other. */
export function startSteps(quiet: boolean): StepProgress {
  if (quiet || terminalOf(STANDARD_ERROR) === null)
    return { onStep: () => undefined, end: () => undefined };
  const begin = performance.now();
  let shown = false;
  return {
    onStep(done, total, what) {
      const ms = performance.now() - begin;
      if (ms < BEGIN_MS) return;
      shown = true;
      printAside(`\r${stepLine(done, total, what, ms / 1000)}\x1b[K`);
    },
    end() {
      if (shown) printAside('\r\x1b[K');
    },
  };
}

/** E.g. `step 3 of 10, 12 s left: replay`. */
export function stepLine(done: number, total: number, what: string, seconds: number): string {
  const left =
    done === 0 ? '' : `, ${Math.ceil((seconds / done) * Math.max(0, total - done))} s left`;
  return `step ${done + 1} of ${Math.max(total, done + 1)}${left}: ${what}`;
}

/** E.g. `42 % of 1.2 GB, 850 MB/s, 1 s left`; without a known size only bytes and rate. */
export function progressLine(bytesRead: number, total: number, seconds: number): string {
  const rate = bytesRead / seconds;
  const speed = `${megabytes(rate)} MB/s`;
  if (total === 0) return `${megabytes(bytesRead)} MB, ${speed}`;
  const percent = Math.min(100, Math.floor((bytesRead / total) * 100));
  const left = rate > 0 ? `, ${Math.ceil(Math.max(0, total - bytesRead) / rate)} s left` : '';
  return `${percent} % of ${megabytes(total)} MB, ${speed}${left}`;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0; // standard input, or a file that the engine will complain about
  }
}
