/** What changes of policy did to live flows, for people. */
import type { FlowFateReport } from '../update/policy-update.js';
import type { PolicyChangeReport } from '../update/policy-schedule.js';
import type { FlowView } from '../session/flow-view.js';
import { grouped, label, oneLine, textTable } from './text-table.js';

const COLUMNS = [
  { title: 'Flows', align: 'right' },
  { title: 'Fate' },
  { title: 'Endpoint' },
  { title: 'Stage' },
  { title: 'Let in by' },
  { title: 'Now' },
  { title: 'For example' },
] as const;

/** Empty where nothing changes. */
export function policyChangeText(changes: readonly PolicyChangeReport[]): string {
  return changes.map(oneChange).join('\n\n');
}

function oneChange(change: PolicyChangeReport): string {
  if (!change.applied) return `At ${change.at}: not reached`;
  const { at, frame, file, mode, survived, changed, cut, flows } = change;
  const where = `before frame ${grouped(frame!)} of ${oneLine(file!)}`;
  const head = `At ${at}, ${where}: ${grouped(survived)} ${survived === 1 ? 'flow' : 'flows'} survived, ${grouped(changed)} changed, ${grouped(cut)} cut (${mode})`;
  return flows.length === 0 ? head : `${head}\n${textTable(COLUMNS, flows.map(row))}`;
}

function row({
  flows,
  fate,
  endpoint,
  stage,
  rule,
  reason,
  now,
  examples,
}: FlowFateReport): string[] {
  return [
    grouped(flows),
    fate,
    label(endpoint),
    stage,
    label(rule ?? reason),
    nowText(now),
    examples.length === 0 ? '' : exampleText(examples[0]!),
  ];
}

function nowText(now: FlowFateReport['now']): string {
  if (now === null) return 'nothing to ask';
  const name = label(now.rule ?? now.reason);
  if (now.action === 'block') return `${name} refuses`;
  return now.retired ? `${name}, no longer asked` : name;
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6' };

/** As a tuple is written; the side that opened it first. */
function exampleText(flow: FlowView): string {
  const side = (address: string, port: number | null): string => {
    if (port === null) return address;
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  };
  const local = side(flow.local, flow.local_port);
  const remote = side(flow.remote, flow.remote_port);
  const [from, to] = flow.opened === 'in' ? [remote, local] : [local, remote];
  return `${PROTOCOLS[flow.protocol] ?? `protocol ${flow.protocol}`} ${from} > ${to}`;
}
