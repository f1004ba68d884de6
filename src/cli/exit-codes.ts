/** Source: interfaces.md 1. */
export const EXIT = {
  done: 0,
  /** The input is wrong or the job failed. */
  failed: 1,
  /** Wrong usage. */
  usage: 2,
  /** A `--fail-on` condition is met. */
  failOn: 3,
  /** Ctrl-C. */
  cancelled: 130,
} as const;
