/** Ctrl-C: the first asks the work to stop cleanly, the second stops at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Gives Ctrl-C back to Node. */
  release(): void;
}

export function cancelOnInterrupt(): Interrupt {
  const controller = new AbortController();
  const release = (): void => {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  };
  const onInterrupt = (signal: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      controller.abort();
      return;
    }
    // process.exit() would wait for a worker that may be blocked in a read; the signal does not.
    release();
    process.kill(process.pid, signal);
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  return { signal: controller.signal, release };
}
