/** The comparison of platforms for people: platforms of one outcome together. */
import { textTable } from '../report/text-table.js';
import type { Tuple } from '../simulate/tuple.js';
import type { AcrossReport, Answer, PlatformReport } from './across-windows.js';

export function acrossText(report: AcrossReport): string {
  const { base, platforms, packets, complete } = report;
  const others = plural(platforms.length, 'other platform');
  const head = `${base.windows.name} (build ${base.windows.build}), ${base.drivers.join(' and ')}, ${base.isolations.join(' and ')}, compared with ${others} by ${plural(packets, 'packet')}${complete ? '' : ', not all that were worth it'}.`;
  const groups = grouped(platforms).map((group) => ({
    group,
    note: noteLines(group[0]!).join('\n'),
  }));
  const notes = [...new Set(groups.map(({ note }) => note))].filter((note) => note !== '');
  const table = textTable(
    [
      { title: 'Driver' },
      { title: 'Isolation' },
      { title: 'Windows' },
      { title: 'Outcome' },
      { title: '', align: 'right' },
    ],
    groups.map(({ group, note }) => [
      group[0]!.platform.driver ?? 'as given',
      group[0]!.platform.isolation ?? 'as given',
      group.map(({ platform }) => platform.windows.build).join(', '),
      outcomeOf(group[0]!),
      note === '' ? '' : `[${notes.indexOf(note) + 1}]`,
    ]),
  );
  const footnotes = notes.map((note, i) => `[${i + 1}]\n${note.replaceAll(/^/gm, '    ')}`);
  return `${[head, table, ...footnotes].join('\n\n')}\n`;
}

/** Platforms that differ in the release only and have one outcome. */
function grouped(platforms: readonly PlatformReport[]): readonly (readonly PlatformReport[])[] {
  const groups = new Map<string, PlatformReport[]>();
  for (const report of platforms) {
    const { driver, isolation } = report.platform;
    const key = JSON.stringify([driver, isolation, outcomeOf(report), ...noteLines(report)]);
    groups.set(key, [...(groups.get(key) ?? []), report]);
  }
  return [...groups.values()];
}

function outcomeOf({ outcome, errors, different }: PlatformReport): string {
  if (outcome === 'same') return 'the same';
  if (outcome === 'differs') return `${plural(different, 'packet')} judged otherwise`;
  return `refused: ${[...new Set(errors.map(({ code }) => code))].join(', ')}`;
}

function noteLines({ errors, witnesses }: PlatformReport): readonly string[] {
  return [
    // Messages name the build, which differs within a group.
    ...errors.map(({ code, location: { file, line, column, path }, expected }) => {
      const place = line > 0 ? `${file}:${line}:${column}` : `${file} ${path}`.trimEnd();
      return `${place} ${code}${expected === undefined ? '' : `, accepted: ${expected}`}`;
    }),
    ...witnesses.map(
      ({ packet, here, there }) =>
        `${packetText(packet)} at ${packet.endpoint ?? ''}: ${answerText(there)}, not ${answerText(here)}`,
    ),
  ];
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  58: 'icmpv6',
  132: 'sctp',
};

function packetText({ dir, proto, src, dst, sport, dport }: Tuple): string {
  const side = (address: string, port: number | undefined): string => {
    if (port === undefined) return address;
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  };
  const protocol = PROTOCOLS[Number(proto)] ?? `protocol ${proto}`;
  return `${dir ?? ''} ${protocol} ${side(src, sport)} > ${side(dst, dport)}`;
}

function answerText({ verdict, stage, rule, reason }: Answer): string {
  return `${verdict} (${stage === null ? '' : `${stage} `}${rule ?? reason})`;
}

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
