/** `portacl compare-log`: the log that a replay writes agrees with it, and every change to it shows. */
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  compareLog,
  icmp,
  PolicyError,
  tcp,
  tcpConversation,
  udp,
  type CompareLogOptions,
  type LogComparisonReport,
  type ReplayOptions,
} from '../../src/index.js';
import { clockOffset, matchLog, type LogEvent } from '../../src/replay/match-log.js';
import { EXAMPLE, EXAMPLE_HOST, portacl, succeed, temporaryFolder } from '../cli/run.js';
import { capture, writtenLog, type Timed } from '../firewall/capture.js';
import { FAR, machine, OWN, PEER, type MachineSpec } from '../firewall/machine.js';
import { randomOf } from '../source/random.js';

const folder = temporaryFolder();
const RULES = [
  { Name: 'web', Protocol: 'TCP', LocalPort: ['80'] },
  { Name: 'no-far', Direction: 'Outbound', Action: 'Block', RemoteAddress: [FAR] },
];
const OF = machine({ rules: RULES });

const conversation = tcpConversation(`${PEER}:5000`, `${OWN}:80`, { gap: 0 })
  .handshake()
  .request('GET /')
  .reply('hello')
  .close();
const PACKETS: readonly Timed[] = [
  ...[...conversation].map((packet): Timed => [0, packet]),
  [10, tcp(`${PEER}:5001`, `${OWN}:22`)],
  [20, udp(`${OWN}:4000`, `${PEER}:53`)],
  [20.1, udp(`${PEER}:53`, `${OWN}:4000`)],
  [30, icmp(OWN, FAR)],
  [40, tcp(`${OWN}:4001`, `${PEER}:443`)],
];

type Change = (lines: readonly string[]) => readonly string[];

/** The comparison with the log that the replay of PACKETS writes, changed. */
async function compared(
  change: Change,
  options: CompareLogOptions & { readonly logZone?: string; readonly spec?: MachineSpec } = {},
): Promise<LogComparisonReport> {
  const { logZone, spec, ...more } = options;
  const zone = logZone === undefined ? {} : { timeZone: logZone };
  const { text, lines } = await writtenLog(folder, OF, PACKETS, zone);
  const header = text.split('\r\n').slice(0, 5);
  const log = folder.write('real.log', [...header, ...change(lines), ''].join('\r\n'));
  const judge = spec === undefined ? OF : machine(spec);
  const file = folder.write('packets.pcap', capture(PACKETS));
  return (await compareLog([file], judge.compiled, log, more)).report;
}
const same: Change = (lines) => lines;
const kinds = ({ disagreements }: LogComparisonReport): string[] =>
  disagreements.map(({ kind, lines }) => `${kind} ${lines.length}`);

describe('a log', () => {
  it('of the replay itself agrees with it', async () => {
    const report = await compared(same);
    expect(report).toMatchObject({
      agreed: { allow: 3, drop: 2 },
      disagreed: 0,
      not_captured: 0,
      disagreements: [],
      logged: { lines: 5, compared: 5 },
      replayed: { lines: 5, compared: 5 },
      clock: { time_zone: null, offset_seconds: 0 },
    });
  });

  it('written with other choices agrees under those alone', async () => {
    const packets: readonly Timed[] = [
      [0, tcp(`${PEER}:5001`, `${OWN}:22`)],
      [10, tcp(`${PEER}:5001`, `${OWN}:22`, { flags: 'PA', seq: 2, ack: 2 })],
      [20, icmp(PEER, OWN)],
      [30, udp(`${PEER}:1`, `${OWN}:2`)],
    ];
    const file = folder.write('choices.pcap', capture(packets));
    const against = async (wrote: ReplayOptions, asked: CompareLogOptions): Promise<string[]> => {
      const { text } = await writtenLog(folder, OF, packets, wrote);
      const real = folder.write('choices.log', text);
      return kinds((await compareLog([file], OF.compiled, real, asked)).report);
    };
    const fewer = { firewallLogTcpDrops: 'syn', firewallLogOtherDrops: 'none' } as const;
    expect(await against(fewer, fewer)).toEqual([]);
    expect(await against(fewer, {})).toEqual(['missing 2']);
    expect(await against({}, { firewallLogTcpDrops: 'syn' })).toEqual(['extra 1']);
    expect(await against({}, { firewallLogOtherDrops: 'none' })).toEqual(['extra 1']);
    // Neither letters nor lengths are compared.
    const told = { firewallLogFlags: 'UPARSF', firewallLogOtherDrops: 'zero' } as const;
    expect(await against(told, {})).toEqual([]);
    await expect(
      against({}, { firewallLogTcpDrops: 'some' } as unknown as CompareLogOptions),
    ).rejects.toMatchObject({ code: 'bad-argument' });
  });

  it('that lacks a line names frame and rule of it', async () => {
    const report = await compared((lines) => lines.filter((line) => !line.includes('ICMP')));
    expect(kinds(report)).toEqual(['missing 1']);
    expect(report.disagreements[0]).toMatchObject({
      logged: null,
      emulated: {
        verdict: 'drop',
        stage: 'host',
        rule: 'no-far',
        reason: 'rule',
        direction: 'out',
      },
      lines: [
        {
          line: null,
          frame: PACKETS.length - 1,
          text: expect.stringContaining('DROP ICMP') as string,
        },
      ],
    });
    expect(report.disagreed).toBe(1);
  });

  it('of another action names both', async () => {
    const report = await compared((lines) =>
      lines.map((line) => (line.includes(' 22 ') ? line.replace('DROP', 'ALLOW') : line)),
    );
    expect(kinds(report)).toEqual(['action 1']);
    expect(report.disagreements[0]).toMatchObject({
      logged: 'allow',
      emulated: { verdict: 'drop', reason: 'query-user-default' },
      lines: [{ line: 7 }],
    });
  });

  it('that has a line of a flow which was let in says what let it in', async () => {
    const line = `2023-11-14 22:13:20 DROP TCP ${OWN} ${PEER} 80 5000 0 - 0 0 0 - - - SEND`;
    const report = await compared((lines) => [lines[0]!, line, ...lines.slice(1)]);
    expect(kinds(report)).toEqual(['extra 1']);
    expect(report.disagreements[0]).toMatchObject({
      logged: 'drop',
      emulated: { verdict: 'allow', rule: 'web' },
      lines: [{ line: 7, text: line, frame: 1 }],
    });
  });

  it('of packets that were not captured is told apart', async () => {
    const line = `2023-11-14 22:13:31 DROP TCP ${OWN} ${FAR} 5 6 0 - 0 0 0 - - - SEND`;
    const report = await compared((lines) => [...lines.slice(0, 2), line, ...lines.slice(2)]);
    expect(kinds(report)).toEqual(['not-captured 1']);
    expect(report).toMatchObject({ disagreed: 0, not_captured: 1 });
  });

  it('shows where the rules are other than those of the machine', async () => {
    const report = await compared(same, { spec: { rules: [RULES[0]!] } });
    expect(kinds(report)).toEqual(['action 1']);
    expect(report.disagreements[0]).toMatchObject({
      logged: 'drop',
      emulated: { verdict: 'allow', reason: 'default-outbound-allow' },
    });
  });

  it('without lines of an action is not held against it', async () => {
    const drops = await compared((lines) => lines.filter((line) => line.includes(' DROP ')));
    expect(drops).toMatchObject({ disagreed: 0, agreed: { allow: 0, drop: 2 } });
    expect(drops.replayed.not_logged).toBe(3);
    // But for a policy which says that it is logged.
    const Public = { LogAllowed: true };
    const said = await compared((lines) => lines.filter((line) => line.includes(' DROP ')), {
      spec: { rules: RULES, profiles: { Public } },
    });
    // The ALLOW lines between the first and last line of the log are missing.
    expect(kinds(said)).toEqual(['missing 1']);
  });

  it('has lines that are left out, counted', async () => {
    const report = await compared((lines) => [
      '2023-11-14 20:00:00 ALLOW UDP 192.168.1.5 192.168.1.9 1 2 0 - - - - - - - SEND',
      ...lines,
      '2023-11-14 22:13:50 ALLOW UDP 10.7.7.7 192.168.1.9 1 2 0 - - - - - - - SEND',
      '2023-11-14 22:13:50 INFO-EVENTS-LOST - - - - - - - - - - - - 7 -',
      '2023-11-14 22:13:50 OPEN UDP 192.168.1.5 192.168.1.9 1 2 - - - - - - - - -',
    ]);
    expect(report.logged).toEqual({
      ...{ lines: 9, compared: 5, outside: 1, elsewhere: 1, other: 2, lost: 7 },
    });
    expect(report.disagreed).toBe(0);
  });

  it('may tell of one packet to many several times', async () => {
    const group = '224.0.0.251';
    const packets: Timed[] = [[0, udp(`${PEER}:5353`, `${group}:5353`)]];
    const { text, lines } = await writtenLog(folder, OF, packets);
    const log = folder.write('many.log', `${text}${lines[0]!}\r\n${lines[0]!}\r\n`);
    const file = folder.write('many.pcap', capture(packets));
    const { report } = await compareLog([file], OF.compiled, log);
    expect(report).toMatchObject({ repeated: 2, disagreed: 0, agreed: { drop: 1 } });
  });
});

describe('the clock of a log', () => {
  it.each([
    ['+02:00', 7200],
    ['-03:30', -12600],
    ['Asia/Tokyo', 32400],
  ])('of the zone %s is found', async (logZone, offset) => {
    const report = await compared(same, { logZone });
    expect(report.clock).toMatchObject({ offset_seconds: offset, time_zone: null });
    expect(report).toMatchObject({ disagreed: 0, agreed: { allow: 3, drop: 2 } });
  });

  it('may be given', async () => {
    const options = { logZone: 'Europe/Berlin', timeZone: 'Europe/Berlin' };
    expect(await compared(same, options)).toMatchObject({ disagreed: 0, agreed: { allow: 3 } });
    // Control: in another zone nothing is at its time.
    const wrong = await compared(same, { ...options, timeZone: 'UTC' });
    expect(wrong).toMatchObject({ agreed: { allow: 0, drop: 0 }, logged: { outside: 5 } });
    const set = await compared(same, { ...options, timeZone: 'UTC', clockOffset: 3600 });
    expect(set).toMatchObject({ disagreed: 0, agreed: { allow: 3, drop: 2 } });
  });

  it('may be wrong by the tolerance and no more', async () => {
    const later: Change = (lines) =>
      lines.map((line) => (line.includes(' 22 ') ? line.replace(':30 ', ':33 ') : line));
    expect(kinds(await compared(later))).toEqual(['missing 1', 'not-captured 1']);
    expect(kinds(await compared(later, { tolerance: 3 }))).toEqual([]);
  });
});

describe('matching', () => {
  const SEED = 12;
  it(`pairs nothing twice and loses nothing (seed ${SEED})`, () => {
    const random = randomOf(SEED);
    for (let round = 0; round < 200; round++) {
      const draw = (): LogEvent[] =>
        Array.from({ length: random(12) }, () => ({
          key: 'ab'[random(2)]!,
          action: random(2) === 0 ? 'allow' : 'drop',
          seconds: random(10),
        }));
      const [lines, events] = [draw(), draw()];
      const { agreed, turned, lines: left, events: missing } = matchLog(lines, events, 2);
      const pairs = [...agreed, ...turned];
      expect(new Set([...pairs.map(([line]) => line), ...left])).toEqual(new Set(lines));
      expect(new Set([...pairs.map(([, event]) => event), ...missing])).toEqual(new Set(events));
      expect(pairs.length + left.length).toBe(lines.length);
      expect(pairs.length + missing.length).toBe(events.length);
      for (const [line, event] of pairs) {
        expect(line.key).toBe(event.key);
        expect(Math.abs(line.seconds - event.seconds)).toBeLessThanOrEqual(2);
      }
      expect(agreed.every(([line, event]) => line.action === event.action)).toBe(true);
      expect(turned.every(([line, event]) => line.action !== event.action)).toBe(true);
      // What is left has no partner that is left.
      for (const line of left) {
        const partner = missing.find(
          ({ key, seconds }) => key === line.key && Math.abs(seconds - line.seconds) <= 2,
        );
        expect(partner).toBeUndefined();
      }
    }
  });

  it('knows no offset without a common event', () => {
    const event: LogEvent = { key: 'a', action: 'allow', seconds: 0 };
    expect(clockOffset([event], [{ ...event, key: 'b' }])).toBeNull();
    expect(clockOffset([{ ...event, seconds: 9 }], [event])).toBe(9);
  });
});

describe('the command line', () => {
  const example = [EXAMPLE, '--host', EXAMPLE_HOST, '-q'];

  it('says that the log of the example agrees, and exits 3 when it does not', async () => {
    const log = folder.at('example.log');
    const zone = ['--time-zone', 'America/New_York'];
    await succeed(['replay', ...example, '--firewall-log', log, ...zone]);
    const { stdout } = await succeed(['compare-log', ...example, '--firewall-log', log]);
    expect(stdout).toMatch(/ lines agree \(\d+ allowed, 2 dropped\), 0 disagree, 0 of packets/);
    const wrong = readFileSync(log, 'utf8').replace(' DROP 47 ', ' ALLOW 47 ');
    const { code, stdout: json } = await portacl([
      ...['compare-log', ...example, '--firewall-log', folder.write('wrong.log', wrong)],
      ...['--json', '--fail-on', 'disagreement'],
    ]);
    const report = JSON.parse(json) as LogComparisonReport;
    expect([code, report.disagreed]).toEqual([3, 1]);
    expect(report.disagreements).toMatchObject([{ kind: 'action', logged: 'allow' }]);
  });

  it.each([
    [[], 'no capture is given'],
    [[EXAMPLE, '--host', EXAMPLE_HOST], '--firewall-log FILE'],
    [[...example, '--firewall-log', 'x', '--fail-on', 'drop'], '--fail-on drop'],
    [[...example, '--firewall-log', 'x', '--tolerance', 'much'], 'a number of seconds'],
    [[...example, '--firewall-log', 'x', '--time-zone', 'Nowhere'], 'the time zone Nowhere'],
  ])('refuses %s', async (args, message) => {
    const { code, stderr } = await portacl(['compare-log', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('refuses a log with wrong lines, all of them, and with --lenient leaves them out', async () => {
    const log = folder.write('wrong.log', '#Version: 1.5\r\n\r\nnonsense\r\nmore\r\n');
    const strict = await portacl(['compare-log', ...example, '--firewall-log', log]);
    expect(strict.code).toBe(1);
    expect(strict.stderr).toContain(`${log}:3:1 fw-log-line`);
    expect(strict.stderr).toContain(`${log}:4:1 fw-log-line`);
    await succeed(['compare-log', ...example, '--firewall-log', log, '--lenient']);
    const file = folder.write('packets.pcap', capture(PACKETS));
    await expect(compareLog([file], OF.compiled, log)).rejects.toThrow(PolicyError);
  });
});
