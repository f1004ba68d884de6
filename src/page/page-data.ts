/** What the page of a replay shows: the report, flows read line by line, and verdicts over time. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

import type { NativeTimeline } from '../native/replay-types.js';
import type { ReplayReport } from '../report/replay-report.js';
import { explainCommand, type ExplainCommand } from './explain-command.js';

/** A line of `--flows`; docs/semantics/outputs.md 4. */
export interface FlowRecord {
  readonly flow: number | null;
  readonly endpoint: string;
  readonly direction: 'in' | 'out';
  readonly protocol: number;
  readonly src: string;
  readonly sport: number | null;
  readonly dst: string;
  readonly dport: number | null;
  readonly icmp_type: number | null;
  readonly icmp_code: number | null;
  readonly verdict: 'allow' | 'drop';
  readonly stage: 'switch' | 'host' | null;
  readonly rule: string | null;
  readonly reason: string;
  readonly state: string | null;
  readonly first_frame: number;
  readonly last_frame: number;
  readonly packets_in: number;
  readonly bytes_in: number;
  readonly packets_out: number;
  readonly bytes_out: number;
}

export interface Talker {
  readonly address: string;
  packets: number;
  bytes: number;
  dropped: number;
}

/** Packets of one endpoint and direction on their way through the stages. */
export interface Lane {
  readonly endpoint: string;
  readonly direction: 'in' | 'out';
  allowed: number;
  droppedSwitch: number;
  droppedHost: number;
}

export interface PageData {
  readonly report: ReplayReport;
  readonly timeline: NativeTimeline | null;
  readonly lanes: readonly Lane[];
  /** Peers, most packets first. */
  readonly talkers: readonly Talker[];
  readonly flows: readonly FlowRecord[];
  /** Null where frames cannot be explained by a command. */
  readonly explain: ExplainCommand | null;
  /** Records there are, of which `flows` has the first {@link FLOWS_MAX}. */
  readonly flowCount: number;
}

/** Flows on the page; more make it slow to open, and --flows has all. */
export const FLOWS_MAX = 10_000;
/** Peers counted; those that appear later are left out of the ranking. */
const PEERS_MAX = 65_536;
const TALKERS_MAX = 12;

export async function readPageData(
  report: ReplayReport,
  timeline: NativeTimeline | null,
  flowsFile: string,
  explainArguments?: readonly string[],
): Promise<PageData> {
  const lanes = new Map<string, Lane>();
  for (const { endpoint, ...directions } of report.endpoints) {
    for (const direction of ['in', 'out'] as const) {
      const allowed = directions[direction].allow.packets;
      const lane = { endpoint, direction, allowed, droppedSwitch: 0, droppedHost: 0 };
      lanes.set(`${direction} ${endpoint}`, lane);
    }
  }
  const talkers = new Map<string, Talker>();
  const flows: FlowRecord[] = [];
  let flowCount = 0;
  for await (const line of createInterface({ input: createReadStream(flowsFile) })) {
    const flow = JSON.parse(line) as FlowRecord;
    flowCount++;
    if (flows.length < FLOWS_MAX) flows.push(flow);
    noteDrops(flow, lanes);
    noteTalker(flow, talkers);
  }
  const ranked = [...talkers.values()].sort(
    (a, b) => b.packets - a.packets || (a.address < b.address ? -1 : 1),
  );
  return {
    report,
    timeline,
    lanes: [...lanes.values()],
    talkers: ranked.slice(0, TALKERS_MAX),
    explain: explainCommand(report, explainArguments),
    flows,
    flowCount,
  };
}

function noteDrops(flow: FlowRecord, lanes: ReadonlyMap<string, Lane>): void {
  if (flow.verdict !== 'drop') return;
  for (const direction of ['in', 'out'] as const) {
    const lane = lanes.get(`${direction} ${flow.endpoint}`);
    if (lane === undefined) continue;
    const packets = direction === 'in' ? flow.packets_in : flow.packets_out;
    if (flow.stage === 'switch') lane.droppedSwitch += packets;
    else lane.droppedHost += packets;
  }
}

function noteTalker(flow: FlowRecord, talkers: Map<string, Talker>): void {
  const address = flow.direction === 'in' ? flow.src : flow.dst;
  let talker = talkers.get(address);
  if (talker === undefined) {
    if (talkers.size >= PEERS_MAX) return;
    talker = { address, packets: 0, bytes: 0, dropped: 0 };
    talkers.set(address, talker);
  }
  const packets = flow.packets_in + flow.packets_out;
  talker.packets += packets;
  talker.bytes += flow.bytes_in + flow.bytes_out;
  if (flow.verdict === 'drop') talker.dropped += packets;
}
