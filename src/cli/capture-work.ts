/** What the commands that judge captures have in common: their options, Ctrl-C, the progress line. */
import type { Command } from 'commander';

import type { CapturePoint } from '../captures/capture-point.js';
import { PortaclError } from '../errors.js';
import { cancelOnInterrupt } from './interrupt.js';
import { addCapturePoint, addModelOptions, repeated, type ModelOptions } from './model-options.js';
import { startProgress } from './progress.js';

export interface CaptureWork {
  /** For what reads the captures. */
  readonly reading: {
    readonly capturePoint?: CapturePoint;
    readonly signal: AbortSignal;
    readonly onProgress: (bytesRead: number) => void;
  };
  /** Takes the progress line away, before anything is printed. */
  readonly endProgress: () => void;
}

/** Policies and platform, and where the captures were taken. */
export function addCaptureOptions(command: Command): Command {
  return addCapturePoint(addModelOptions(command));
}

/** Until `work` is done Ctrl-C ends it cleanly, and its progress is shown. */
export async function onCaptures<Result>(
  captures: readonly string[],
  { capturePoint, quiet }: ModelOptions,
  work: (work: CaptureWork) => Promise<Result>,
): Promise<Result> {
  const interrupt = cancelOnInterrupt();
  const progress = startProgress(captures, quiet === true);
  const onProgress = (bytesRead: number): void => progress.update(bytesRead);
  try {
    return await work({
      reading: { ...(capturePoint && { capturePoint }), signal: interrupt.signal, onProgress },
      endProgress: () => progress.end(),
    });
  } finally {
    progress.end();
    interrupt.release();
  }
}

/** `--fail-on`, of commands that fail on some of `known`. */
export function addFailOn(command: Command, known: readonly string[]): Command {
  return command.option(
    '--fail-on <what>',
    `exit 3 when it occurs${known.length > 1 ? ', one each time' : ''}: ${known.join(', ')}`,
    repeated,
  );
}

/** @throws {PortaclError} bad-usage for what is none of `known` */
export function checkFailOn(given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((what) => !known.includes(what));
  if (unknown === undefined) return;
  const wanted = `${known.length > 1 ? 'one of ' : ''}${known.join(', ')}`;
  throw new PortaclError('bad-usage', `--fail-on ${unknown}: ${wanted} is wanted`);
}
