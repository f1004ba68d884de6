/** What a caller and a native job tell each other while the job runs; see job_control.h. */

export interface JobWatch {
  /** Cancels. */
  readonly signal?: AbortSignal;
  /** Called about five times a second with the bytes read so far. */
  readonly onProgress?: (bytesRead: number) => void;
}

const PROGRESS_MS = 200;

/** Runs a job that is told of an abort and asked how far it is. */
export async function watchJob<Result>(
  { signal, onProgress }: JobWatch,
  job: (control: Int32Array) => Promise<Result>,
): Promise<Result> {
  const control = new Int32Array(new SharedArrayBuffer(8));
  const cancel = (): void => void Atomics.store(control, 0, 1);
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  const timer =
    onProgress && setInterval(() => onProgress(Atomics.load(control, 1) * 1024), PROGRESS_MS);
  try {
    return await job(control);
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', cancel);
  }
}
