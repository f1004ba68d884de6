/** A loaded rule program, and names by its rows. */
import type { NativeClassifierFacts } from './classifier-types.js';

/** One line of UTF-8 each; see VerdictTexts in native/core/report/capture_output.h. */
export interface NativeTexts {
  readonly endpoints: readonly string[];
  readonly layers: readonly string[];
  readonly rules: readonly string[];
}

/** A validated rule program with its classifiers, shared by engines and sessions. */
export interface NativeProgram {
  /** How each group of rules is searched, by row. */
  groups(): readonly NativeClassifierFacts[];
  /** Builds on another thread what is put off, in the place of what `earlier` has put off. */
  buildBehind(earlier: NativeProgram): void;
}
