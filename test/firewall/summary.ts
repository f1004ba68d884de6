/** A report with one rule, as text without colour. */
import { replayText, type ReplayReport } from '../../src/index.js';

export function withAssumed(assumed: number): ReplayReport {
  const none = { packets: 0, bytes: 0 };
  const direction = { allow: none, drop: none, pass: none };
  return {
    model: {
      windows: { name: 'Windows Server 2022', build: 20348 },
      endpoints: [{ name: 'eth', driver: 'transparent', isolation: 'host', addresses: [] }],
      assumed: [],
      options: {},
    },
    captures: [],
    capture_order: 'given',
    total: none,
    verdicts: direction,
    flows: 0,
    fragment_overflows: 0,
    endpoints: [{ endpoint: 'eth', in: direction, out: direction }],
    reasons: [],
    layers: [],
    endpoint_reasons: [],
    rules: [
      {
        ...{ endpoint: 'eth', stage: 'host', direction: 'in', rule: 'teams', action: 'pass' },
        ...{ reason: 'rule', priority: null, ...none, flows: 0, first_frame: null },
        ...{ last_frame: null, assumed, location: null },
      },
    ],
  };
}

export function readSummary(report: ReplayReport): string {
  const plain = (text: string): string => text;
  return replayText(report, { bold: plain, red: plain, dim: plain });
}
