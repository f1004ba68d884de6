/** Test cases as data: what a file of them says, and what running them gives. */
import type { HostSources } from '../load-host.js';
import type { SourceLocation } from '../errors.js';
import type { Reason } from '../program/layout.js';
import type { Tuple } from '../simulate/tuple.js';

/** A packet and what is expected of it. What is left out may be anything. */
export interface CasePacket {
  readonly tuple: Tuple;
  /** As written. */
  readonly text: string;
  readonly verdict: 'allow' | 'drop' | 'pass' | null;
  /** Name of the rule; null for a default; undefined for anything. */
  readonly by: string | null | undefined;
  readonly reason: Reason | null;
  readonly stage: 'switch' | 'host' | null;
  readonly location: SourceLocation;
}

/** Packets in order, from an empty state. */
export interface TestCase {
  readonly name: string;
  readonly packets: readonly CasePacket[];
  readonly location: SourceLocation;
}

export interface CaseFile {
  /** As the user named it. */
  readonly file: string;
  /** Paths in it are relative to the file. */
  readonly sources: HostSources;
  readonly cases: readonly TestCase[];
}

/** One packet that fared otherwise than expected. */
export interface CaseFailure {
  /** From 1. */
  readonly packet: number;
  readonly text: string;
  readonly expected: string;
  readonly actual: string;
  /** The explanation, several lines. */
  readonly why: string;
  readonly location: SourceLocation;
}

export interface CaseResult {
  readonly file: string;
  readonly name: string;
  readonly location: SourceLocation;
  /** Packets judged. */
  readonly packets: number;
  readonly failures: readonly CaseFailure[];
}
