/** How rules are searched, and how fast. */

export interface NativeMeasureOptions {
  readonly threads: number;
  /** Passes over the keys that count. */
  readonly repetitions: number;
  /** Answers compared with the linear search. */
  readonly verify: number;
  /** Instead of the one that would be chosen; rejected with `algorithm-refused` where a limit forbids it. */
  readonly algorithm?: string;
}

/** An algorithm that was tried and refused: what was being made, and what it had asked for until then. */
export interface NativeRefusal {
  readonly algorithm: string;
  readonly stage: string;
  readonly bytes: number;
  readonly bytesMax: number;
  /** 64-bit words touched, about a nanosecond each. */
  readonly work: number;
  readonly workMax: number;
}

/** How the rules of one group are searched; `reason` says why so. */
export interface NativeClassifierFacts {
  readonly algorithm: string;
  readonly reason: string;
  readonly rules: number;
  /** Rules in class tables, in the list for every packet; entries of the longest list. */
  readonly tableRules: number;
  readonly everywhereRules: number;
  readonly longestList: number;
  readonly bytes: number;
  readonly refusals: readonly NativeRefusal[];
}

/** What a classifier is and how fast it answered. */
export interface NativeClassifierMeasurement extends NativeClassifierFacts {
  readonly kernel: string;
  readonly cpu: string;
  readonly buildSeconds: Float64Array;
  /** Of every pass, all threads together, by the wall clock. */
  readonly passSeconds: Float64Array;
  readonly unmatched: number;
  readonly verified: number;
  readonly wrong: number;
}
