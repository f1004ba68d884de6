/** What a session remembers of connections, for people and tests. */
import type { CompiledHost } from '../compile/compile-host.js';
import { formatAddress } from '../normalise/address.js';
import { DIRECTIONS, FLOW_TABLE, TCP_STATES } from '../program/layout.js';
import { readRows } from '../program/table-reader.js';
import type { ProgramNames } from '../report/rule-names.js';

/** A flow of one stage; a connection that passed two stages has two, of one id. */
export interface FlowView {
  readonly id: number;
  readonly endpoint: string;
  readonly stage: 'switch' | 'host';
  readonly layer: string;
  /** What let it in; null for a default. */
  readonly rule: string | null;
  /** Direction of the packet that made it. */
  readonly opened: 'in' | 'out';
  readonly protocol: number;
  /** The side of the endpoint. */
  readonly local: string;
  readonly remote: string;
  /** Null where the protocol has no ports. */
  readonly local_port: number | null;
  readonly remote_port: number | null;
  /** Null when it is not TCP. */
  readonly tcp_state: (typeof TCP_STATES)[number] | null;
  /** Seconds of virtual time at which it ends when no packet comes; null: it does not end. */
  readonly ends_at: number | null;
}

/** TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
const NEVER = 2n ** 64n - 1n;

/** By id, then in the order of the layers. */
export function flowViews(
  rows: Uint8Array,
  { host }: CompiledHost,
  names: ProgramNames,
): FlowView[] {
  return readRows(FLOW_TABLE, rows).map((row) => {
    // A row let it in, and rows know where they are.
    const rule = names.rules[row.rule]!;
    const family = row.family === 4 ? 4 : 6;
    const port = (number: number): number | null => (WITH_PORTS.has(row.protocol) ? number : null);
    return {
      id: Number(row.id),
      endpoint: host.endpoints[rule.endpoint]!.name,
      stage: rule.stage,
      layer: names.layers[row.layer]!,
      rule: rule.name,
      opened: DIRECTIONS[row.opener]!,
      protocol: row.protocol,
      local: formatAddress({ family, value: (row.local_hi << 64n) | row.local_lo }),
      remote: formatAddress({ family, value: (row.remote_hi << 64n) | row.remote_lo }),
      local_port: port(row.local_port),
      remote_port: port(row.remote_port),
      tcp_state: row.tcp_state === 0 ? null : TCP_STATES[row.tcp_state]!,
      ends_at: row.deadline_ns === NEVER ? null : Number(row.deadline_ns) / 1e9,
    };
  });
}
