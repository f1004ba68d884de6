/** The report of losses for people: by policy, each with what happens, a packet that shows it, and why. */
import type { SourceLocation } from '../errors.js';
import { groupBy } from '../kubernetes/group-by.js';
import { grouped } from '../report/text-table.js';
import type { Tuple } from '../simulate/tuple.js';
import type { Judgement, Loss, LossReport } from './find-losses.js';

export const FRONT_END_NAMES: Readonly<Record<LossReport['frontEnd'], string>> = {
  calico: 'Calico for Windows',
  npm: 'Azure NPM on Windows',
  'npm-lite': 'Azure NPM Lite on Windows',
  'npm-lite-before-4823': 'Azure NPM Lite on Windows before #4823',
};
const PODS_SHOWN = 5;
const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmpv6',
  132: 'sctp',
};

export function lossesText(report: LossReport): string {
  const { frontEnd, policies, pods, losses, withoutEffect, packets } = report;
  const byPolicy = groupBy(losses, ({ policy }) => policy);
  const count = (effect: Loss['effect']): number =>
    losses.filter((each) => each.effect === effect).length;
  const head = [
    `${FRONT_END_NAMES[frontEnd]}, ${plural(policies, 'policy', 'policies')} on ${plural(pods, 'pod')}, compared by ${plural(packets, 'packet')}:`,
    pods === 0
      ? 'nothing was compared, as the documents have no pods; give them too (kubectl get pods,namespaces,nodes -A -o yaml).'
      : losses.length === 0
        ? 'no packet shows a difference from what the policies say.'
        : `${count('widened')} widened (let through against the policies), ${count('lost')} lost (dropped against the policies).`,
    ...(report.isComplete
      ? []
      : [
          'There are more kinds of packets than were tried; other pods may have losses of their own.',
        ]),
  ].join('\n');
  const sections = [...byPolicy].map(([policy, list]) => section(policy, list, frontEnd));
  const rest = withoutEffect.map(
    ({ location, policy, why, remedy }) =>
      `  ${placeText(location)} ${policy ?? ''}: ${why}${remedy === null ? '' : `\n    instead: ${remedy}`}`,
  );
  const tail =
    rest.length === 0
      ? []
      : [
          [
            pods === 0
              ? 'Left out or changed, by reading alone:'
              : 'Left out or changed, and no packet shows it here:',
            ...new Set(rest),
          ].join('\n'),
        ];
  return `${[head, ...sections, ...tail].join('\n\n')}\n`;
}

function section(
  policy: string | null,
  losses: readonly Loss[],
  frontEnd: LossReport['frontEnd'],
): string {
  const title = policy === null ? 'Whatever the policies say' : `NetworkPolicy ${policy}`;
  // One cause often shows in both directions or both ways: it is explained once.
  const causes = groupBy(losses, ({ why, location }) => `${placeText(location)} ${why}`);
  const blocks = [...causes.values()].map((list) => {
    const [first] = list;
    return [
      `  ${placeText(first!.location)} ${first!.code}: ${first!.why}`,
      ...(first!.remedy === null ? [] : [`    instead: ${first!.remedy}`]),
      ...list.flatMap((loss) => lossLines(loss, frontEnd)),
    ].join('\n');
  });
  return [title, ...blocks].join('\n');
}

function lossLines(
  { effect, direction, pods, witness }: Loss,
  frontEnd: LossReport['frontEnd'],
): string[] {
  const way = direction === 'in' ? 'ingress' : 'egress';
  return [
    `    ${effect}, ${way} of ${podsText(pods)}`,
    `      packet    ${tupleText(witness.tuple)}${endsText(witness.from, witness.to)}`,
    `      policies  ${judgementText(witness.exact)}`,
    `      ${frontEnd.padEnd(8)}  ${judgementText(witness.faithful)}`,
  ];
}

export function podsText(pods: readonly string[]): string {
  const shown = pods.slice(0, PODS_SHOWN).join(', ');
  const more = pods.length - PODS_SHOWN;
  return more > 0 ? `${shown} and ${grouped(more)} more` : shown;
}

/** `tcp 10.1.0.9:40000 > 10.1.0.5:80`. */
export function tupleText({ proto, src, dst, sport, dport }: Tuple): string {
  const end = (address: string, port: number | undefined): string =>
    port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
  return `${PROTOCOL_NAMES[Number(proto)] ?? String(proto)} ${end(src, sport)} > ${end(dst, dport)}`;
}

function endsText(from: string | null, to: string | null): string {
  return `  (${from ?? 'no pod'} > ${to ?? 'no pod'})`;
}

export function judgementText({ verdict, rule, reason }: Judgement): string {
  return `${verdict} by ${rule ?? reason}`;
}

export function placeText(location: SourceLocation | null): string {
  if (location === null) return '-';
  return location.line > 0
    ? `${location.file}:${location.line}:${location.column}`
    : `${location.file} ${location.path}`.trimEnd();
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}
