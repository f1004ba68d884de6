/** Flows of a replay by their connection, for lines of a log that the replay does not write. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

import { parseIpAddress } from '../normalise/address.js';
import type { FlowRecord } from '../page/page-data.js';
import type { Emulated } from './log-groups.js';
import { connectionKeyOf } from './log-entry.js';
import type { Reason } from '../program/layout.js';

export interface ReplayedFlow extends Emulated {
  /** Seconds since 1970 of its first and last packet. */
  readonly from: number;
  readonly to: number;
}

/** Columns of `--flows` that the page has no use for. */
interface TimedFlow extends FlowRecord {
  readonly layer: string | null;
  readonly group: string | null;
  readonly first_time_ns: number | null;
  readonly last_time_ns: number | null;
}

/** The flows of the connections that are wanted, in the order of the file. */
export async function flowsOf(
  file: string,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly ReplayedFlow[]>> {
  const flows = new Map<string, ReplayedFlow[]>();
  if (wanted.size === 0) return flows;
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  for await (const line of lines) {
    const flow = JSON.parse(line) as TimedFlow;
    const key = connectionKeyOf(
      flow.protocol,
      [parseIpAddress(flow.src), flow.sport],
      [parseIpAddress(flow.dst), flow.dport],
    );
    if (!wanted.has(key)) continue;
    const known = flows.get(key);
    if (known === undefined) flows.set(key, [replayedFlow(flow)]);
    else known.push(replayedFlow(flow));
  }
  return flows;
}

function replayedFlow(flow: TimedFlow): ReplayedFlow {
  const { endpoint, direction, verdict, stage, layer, group, rule } = flow;
  return {
    from: (flow.first_time_ns ?? -Infinity) / 1e9,
    to: (flow.last_time_ns ?? Infinity) / 1e9,
    frame: flow.first_frame,
    emulated: {
      ...{ verdict, endpoint, direction, stage, layer, group, rule },
      reason: flow.reason as Reason,
      location: null,
    },
  };
}
