/**
 * What a stage does without any ACL. Source: hns.md 5.2 and R9 to R14 of its section 3.
 */
import { BUILD_FOUR_PROTOCOLS } from './windows-releases.js';
import type { Direction, InboundException, Stage } from '../normalise/normalised-host.js';
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

/**
 * What builds that deny everything inbound may have let in all the same: ICMP, DHCP (of both
 * families) and what comes from a DNS server. Source: hns.md 5.2, Q13. Assumption: W17.
 */
const LEGACY_PROTOCOLS: readonly number[] = [1, 58];
const LEGACY_EXCEPTIONS: readonly InboundException[] = [
  { protocol: 17, sourcePort: 67, destinationPort: 68 },
  { protocol: 17, sourcePort: 547, destinationPort: 546 },
  { protocol: 17, sourcePort: 53, destinationPort: null },
];

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

/**
 * The inbound side of a host stage with container defaults (R10 to R13), of builds that deny
 * everything with the `exceptions` or without.
 */
export function inboundDefaults(
  build: number,
  exceptions: 'on' | 'off',
): {
  readonly protocols: readonly number[];
  readonly exceptions: readonly InboundException[];
  readonly deny: 'default-deny-other-protocol' | 'default-deny-inbound';
  readonly mappings: boolean;
} {
  const rows = defaultRows('host', 'process', build).filter((row) => row.direction === 'in');
  const protocols = rows.map((row) => row.traffic).find((traffic) => typeof traffic === 'object');
  const denyAll = rows.some((row) => row.name === 'default-deny-inbound');
  const excepted = denyAll && exceptions === 'on';
  return {
    protocols: protocols ?? (excepted ? LEGACY_PROTOCOLS : []),
    exceptions: excepted ? LEGACY_EXCEPTIONS : [],
    deny: denyAll ? 'default-deny-inbound' : 'default-deny-other-protocol',
    mappings: rows.some((row) => row.traffic === 'mapped-ports'),
  };
}
