/**
 * What a stage does without any ACL. Source: hns.md 5.2 and R9 to R14 of its section 3.
 */
import { BUILD_FOUR_PROTOCOLS } from './windows-releases.js';
import type { Direction, Stage } from '../normalise/normalised-host.js';
import type { Isolation } from './platform.js';

export interface DefaultRow {
  readonly stage: Stage;
  /** Null: of either isolation. */
  readonly isolation: Isolation | null;
  /** Builds the row holds for; `below` is not included. */
  readonly builds: { readonly from?: number; readonly below?: number };
  /** Null: both. */
  readonly direction: Direction | null;
  /** Null: any traffic; otherwise protocol numbers, or the ports that mappings open. */
  readonly traffic: readonly number[] | 'mapped-ports' | null;
  readonly verdict: 'allow' | 'deny';
  /** The reason that is reported. */
  readonly name: string;
}

/**
 * TCP, UDP, ICMP with ICMPv6 (Q7), IGMP: what process isolation lets in unsolicited (R10).
 * Ascending, as conditions are.
 */
export const UNSOLICITED_PROTOCOLS: readonly number[] = [1, 2, 6, 17, 58];

/** In order: the first row that applies decides. Source: hns.md 5.2. */
export const DEFAULT_TABLE: readonly DefaultRow[] = [
  {
    stage: 'switch',
    isolation: null,
    builds: {},
    direction: null,
    traffic: null,
    verdict: 'allow',
    name: 'no-acl-layer',
  },
  // R9.
  {
    stage: 'host',
    isolation: 'process',
    builds: {},
    direction: 'out',
    traffic: null,
    verdict: 'allow',
    name: 'default-allow-outbound',
  },
  // R10.
  {
    stage: 'host',
    isolation: 'process',
    builds: { from: BUILD_FOUR_PROTOCOLS },
    direction: 'in',
    traffic: UNSOLICITED_PROTOCOLS,
    verdict: 'allow',
    name: 'default-allow-inbound',
  },
  // R11.
  {
    stage: 'host',
    isolation: 'process',
    builds: { from: BUILD_FOUR_PROTOCOLS },
    direction: 'in',
    traffic: null,
    verdict: 'deny',
    name: 'default-deny-other-protocol',
  },
  // R13.
  {
    stage: 'host',
    isolation: 'process',
    builds: { below: BUILD_FOUR_PROTOCOLS },
    direction: 'in',
    traffic: 'mapped-ports',
    verdict: 'allow',
    name: 'port-mapping-allow',
  },
  // R12.
  {
    stage: 'host',
    isolation: 'process',
    builds: { below: BUILD_FOUR_PROTOCOLS },
    direction: 'in',
    traffic: null,
    verdict: 'deny',
    name: 'default-deny-inbound',
  },
  // R14.
  {
    stage: 'host',
    isolation: 'hyperv',
    builds: {},
    direction: null,
    traffic: null,
    verdict: 'allow',
    name: 'guest-default-allow',
  },
];

/** The rows that hold for a stage, in order. */
export function defaultRows(
  stage: Stage,
  isolation: Isolation,
  build: number,
): readonly DefaultRow[] {
  return DEFAULT_TABLE.filter(
    (row) =>
      row.stage === stage &&
      (row.isolation === null || row.isolation === isolation) &&
      build >= (row.builds.from ?? 0) &&
      build < (row.builds.below ?? Infinity),
  );
}

/** The inbound side of a host stage with container defaults (R10 to R13). */
export function inboundDefaults(build: number): {
  readonly protocols: readonly number[];
  readonly deny: 'default-deny-other-protocol' | 'default-deny-inbound';
  readonly mappings: boolean;
} {
  const rows = defaultRows('host', 'process', build).filter((row) => row.direction === 'in');
  const protocols = rows.map((row) => row.traffic).find((traffic) => typeof traffic === 'object');
  return {
    protocols: protocols ?? [],
    deny: rows.some((row) => row.name === 'default-deny-inbound')
      ? 'default-deny-inbound'
      : 'default-deny-other-protocol',
    mappings: rows.some((row) => row.traffic === 'mapped-ports'),
  };
}
