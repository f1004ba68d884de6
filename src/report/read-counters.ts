/** Native counters as report rows; the layouts stand in native/core/report/counters.h. */
import type { NormalisedHost } from '../normalise/normalised-host.js';
import type { NativeCounters } from '../native/engine-types.js';
import { DIRECTIONS, OUTCOMES, REASONS, STAGES } from '../program/layout.js';
import type {
  EndpointReasonReport,
  EndpointReport,
  PacketCount,
  ReasonReport,
  VerdictCounts,
} from './replay-report.js';

/** Words of a PacketCounter: packets, bytes. */
const WORDS = 2;

export interface Totals {
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
  readonly fragmentOverflows: number;
}

export function readTotals({ totals }: NativeCounters): Totals {
  const [packets, bytes, flows, fragmentOverflows] = [...totals].map(Number);
  return {
    packets: packets!,
    bytes: bytes!,
    flows: flows!,
    fragmentOverflows: fragmentOverflows!,
  };
}

export function readEndpoints(counters: NativeCounters, host: NormalisedHost): EndpointReport[] {
  const direction = (endpoint: number, number: number): VerdictCounts => {
    const first = (endpoint * 2 + number) * OUTCOMES.length;
    const [drop, allow, pass] = OUTCOMES.map((_, i) => countAt(counters.endpoints, first + i)) as [
      PacketCount,
      PacketCount,
      PacketCount,
    ];
    return { allow, drop, pass };
  };
  return host.endpoints.map(({ name }, i) => ({
    endpoint: name,
    in: direction(i, 1),
    out: direction(i, 0),
  }));
}

/** Those that occurred, most packets first; ties in the order of the closed list. */
export function readReasons({ reasons }: NativeCounters): ReasonReport[] {
  const rows = OUTCOMES.flatMap((verdict, o) =>
    STAGES.flatMap((stage, s) =>
      REASONS.map((reason, r) => ({
        verdict,
        stage,
        reason,
        ...countAt(reasons, (o * STAGES.length + s) * REASONS.length + r),
      })),
    ),
  );
  return rows.filter(({ packets }) => packets > 0).sort((a, b) => b.packets - a.packets);
}

/** What the reasons come to. */
export function verdictCounts(reasons: readonly ReasonReport[]): VerdictCounts {
  const sum = (verdict: ReasonReport['verdict']): PacketCount => {
    const of = reasons.filter((reason) => reason.verdict === verdict);
    return {
      packets: of.reduce((n, { packets }) => n + packets, 0),
      bytes: of.reduce((n, { bytes }) => n + bytes, 0),
    };
  };
  return { allow: sum('allow'), drop: sum('drop'), pass: sum('pass') };
}

/** Words of an EndpointReasonCounter. */
const ENDPOINT_REASON_WORDS = 8;

export function readEndpointReasons(
  { endpointReasons }: NativeCounters,
  host: NormalisedHost,
): EndpointReasonReport[] {
  const rows = Array.from({ length: endpointReasons.length / ENDPOINT_REASON_WORDS }, (_, i) =>
    Array.from(endpointReasons.subarray(i * ENDPOINT_REASON_WORDS).subarray(0, 8), Number),
  );
  // The first five say what is counted; they are small, so the order of texts is that of numbers.
  const key = (row: readonly number[]): string =>
    row
      .slice(0, 5)
      .map((n) => String(n).padStart(10, '0'))
      .join();
  return rows
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
    .map(([endpoint, direction, outcome, stage, reason, packets, bytes, frame]) => ({
      endpoint: host.endpoints[endpoint!]!.name,
      direction: DIRECTIONS[direction!]!,
      verdict: OUTCOMES[outcome!]!,
      stage: STAGES[stage!]!,
      reason: REASONS[reason!]!,
      packets: packets!,
      bytes: bytes!,
      first_frame: frame!,
    }));
}

function countAt(words: BigUint64Array, index: number): PacketCount {
  return { packets: Number(words[index * WORDS]!), bytes: Number(words[index * WORDS + 1]!) };
}
