/** `--firewall-log`: what Windows would have logged, read back by the reader of real logs. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { readFirewallLog, type FirewallLogEntry } from '../../src/firewall/firewall-log.js';
import {
  fragment,
  icmp,
  icmp6,
  ip,
  tcp,
  udp,
  type Packet,
  type ReplayOptions,
} from '../../src/index.js';
import { EXAMPLE, EXAMPLE_HOST, portacl, succeed, temporaryFolder } from '../cli/run.js';
import { capture, writtenLog, type Timed, type WrittenLog } from '../firewall/capture.js';
import { FAR, machine, OWN, OWN6, PEER, PEER6, type MachineSpec } from '../firewall/machine.js';
import { DATA, HAS_DATA } from '../firewall/stores.js';

const folder = temporaryFolder();

const RULES = [
  { Name: 'web', Protocol: 'TCP', LocalPort: ['80'] },
  { Name: 'ping', Protocol: 'ICMPv4', IcmpType: ['8'] },
  { Name: 'gre', Protocol: '47' },
  { Name: 'syslog', Protocol: 'UDP', LocalPort: ['514'] },
  { Name: 'no-far', Direction: 'Outbound', Action: 'Block', RemoteAddress: [FAR] },
];
const log = (packets: readonly Timed[], spec: MachineSpec = {}): Promise<WrittenLog> =>
  writtenLog(folder, machine({ rules: RULES, ...spec }), packets);
const each = (...packets: Packet[]): Timed[] => packets.map((packet, i) => [i, packet]);
/** The fields behind date and time. */
const said = ({ lines }: WrittenLog): string[] => lines.map((line) => line.slice(20));

const SYN = tcp(`${PEER}:5000`, `${OWN}:80`, { seq: 7 });

describe('a line', () => {
  it.each<[string, Packet, string]>([
    ['allowed TCP', SYN, `ALLOW TCP ${PEER} ${OWN} 5000 80 0 - 0 0 0 - - - RECEIVE`],
    [
      'allowed TCP out',
      tcp(`${OWN}:5000`, `${PEER}:443`, { seq: 7 }),
      `ALLOW TCP ${OWN} ${PEER} 5000 443 0 - 0 0 0 - - - SEND`,
    ],
    [
      'allowed UDP',
      udp(`${PEER}:5000`, `${OWN}:514`),
      `ALLOW UDP ${PEER} ${OWN} 5000 514 0 - - - - - - - RECEIVE`,
    ],
    ['allowed ICMP', icmp(PEER, OWN), `ALLOW ICMP ${PEER} ${OWN} - - 0 - - - - 8 0 - RECEIVE`],
    ['another protocol', ip(PEER, OWN, 47), `ALLOW 47 ${PEER} ${OWN} - - 0 - - - - - - - RECEIVE`],
    [
      'dropped TCP',
      tcp(`${PEER}:5000`, `${OWN}:22`, { seq: 3458995877 }),
      `DROP TCP ${PEER} ${OWN} 5000 22 44 S 3458995877 0 64240 - - - RECEIVE`,
    ],
    [
      'dropped UDP',
      udp(`${PEER}:5000`, `${OWN}:53`, { payload: 'seven..' }),
      `DROP UDP ${PEER} ${OWN} 5000 53 35 - - - - - - - RECEIVE`,
    ],
    [
      'dropped ICMPv6, with the length of its header',
      icmp6(PEER6, OWN6),
      `DROP ICMP ${PEER6} ${OWN6} - - 48 - - - - 128 0 - RECEIVE`,
    ],
    [
      'another protocol dropped',
      ip(PEER, OWN, 50),
      `DROP 50 ${PEER} ${OWN} - - 20 - - - - - - - RECEIVE`,
    ],
    [
      'dropped TCP out, of which no packet was at hand',
      tcp(`${OWN}:5000`, `${FAR}:443`, { seq: 9 }),
      `DROP TCP ${OWN} ${FAR} 5000 443 0 - 0 0 0 - - - SEND`,
    ],
    [
      'dropped UDP out',
      udp(`${OWN}:5000`, `${FAR}:53`),
      `DROP UDP ${OWN} ${FAR} 5000 53 0 - - - - - - - SEND`,
    ],
    ['dropped ICMP out', icmp(OWN, FAR), `DROP ICMP ${OWN} ${FAR} - - 0 - - - - 8 0 - SEND`],
  ])('of %s', async (_title, packet, expected) => {
    expect(said(await log([[0, packet]]))).toEqual([expected]);
  });

  it('has flags in the order of Windows, when no flow is there', async () => {
    const rules = [{ Name: 'no', Action: 'Block', Protocol: 'TCP' }];
    const packet = tcp(`${PEER}:1`, `${OWN}:2`, { flags: 'FPA', seq: 1, ack: 2 });
    expect(said(await log([[0, packet]], { rules }))[0]).toContain(' FAP 1 2 ');
  });
});

describe('what no source settles', () => {
  const of = machine({
    rules: [{ Name: 'no', Action: 'Block', Protocol: 'TCP' }, ...RULES.slice(1)],
  });
  const written = async (packets: readonly Packet[], options: ReplayOptions): Promise<string[]> =>
    said(await writtenLog(folder, of, each(...packets), options));
  const segment = (flags: string): Packet =>
    tcp(`${PEER}:1`, `${OWN}:2`, { flags, seq: 1, ack: flags.includes('A') ? 2 : 0 });
  const flagsOf = (line: string): string => line.split(' ')[7]!;

  it.each([
    [undefined, ['S', 'FAP', 'APU', 'SA']],
    ['FSRAPU', ['S', 'FAP', 'APU', 'SA']],
    ['UPARSF', ['S', 'PAF', 'UPA', 'AS']],
    ['FSRPAU', ['S', 'FPA', 'PAU', 'SA']],
  ])('the order of letters: %s (question 9)', async (firewallLogFlags, expected) => {
    const packets = ['S', 'FPA', 'PAU', 'SA'].map(segment);
    const lines = await written(packets, { ...(firewallLogFlags && { firewallLogFlags }) });
    expect(lines.map(flagsOf)).toEqual(expected);
  });

  it.each([
    [undefined, ['S', 'SA', 'FAP', 'A', '- 443', '- 444', '-']],
    ['all', ['S', 'SA', 'FAP', 'A', '- 443', '- 444', '-']],
    ['syn', ['S', '- 443', '-']],
  ] as const)('drops of segments other than SYN: %s (question 9)', async (which, expected) => {
    const packets = [
      ...['S', 'SA', 'FPA', 'A'].map(segment),
      tcp(`${OWN}:5000`, `${FAR}:443`, { seq: 9 }),
      tcp(`${OWN}:5000`, `${FAR}:444`, { flags: 'A', seq: 9, ack: 1 }),
      // The control: drops of other protocols have their lines.
      udp(`${PEER}:1`, `${OWN}:2`),
    ];
    const lines = await written(packets, { ...(which && { firewallLogTcpDrops: which }) });
    const short = (line: string): string =>
      line.endsWith('SEND') ? `${flagsOf(line)} ${line.split(' ')[5]}` : flagsOf(line);
    expect(lines.map(short)).toEqual(expected);
  });

  const others = [
    icmp(PEER, OWN, { type: 13 }),
    icmp6(PEER6, OWN6),
    ip(PEER, OWN, 50),
    // The controls: UDP, what goes out, and what is allowed.
    udp(`${PEER}:1`, `${OWN}:2`),
    icmp(OWN, FAR),
    icmp(PEER, OWN),
  ];
  const RIGHT = [
    `DROP UDP ${PEER} ${OWN} 1 2 28 - - - - - - - RECEIVE`,
    `DROP ICMP ${OWN} ${FAR} - - 0 - - - - 8 0 - SEND`,
    `ALLOW ICMP ${PEER} ${OWN} - - 0 - - - - 8 0 - RECEIVE`,
  ];
  const inbound = (sizes: readonly number[]): string[] => [
    `DROP ICMP ${PEER} ${OWN} - - ${sizes[0]} - - - - 13 0 - RECEIVE`,
    `DROP ICMP ${PEER6} ${OWN6} - - ${sizes[1]} - - - - 128 0 - RECEIVE`,
    `DROP 50 ${PEER} ${OWN} - - ${sizes[2]} - - - - - - - RECEIVE`,
  ];

  it.each([
    [undefined, inbound([28, 48, 20])],
    ['length', inbound([28, 48, 20])],
    ['zero', inbound([0, 0, 0])],
    ['none', []],
  ] as const)('inbound drops of neither TCP nor UDP: %s (question 10)', async (how, expected) => {
    const lines = await written(others, { ...(how && { firewallLogOtherDrops: how }) });
    expect(lines).toEqual([...expected, ...RIGHT]);
  });

  it('a datagram in pieces waits for none of them where its length is not told', async () => {
    const pieces = fragment(icmp(PEER, OWN, { type: 13, payload: 'x'.repeat(3000) }), {
      mtu: 1024,
    });
    const packets = [pieces[0]!, udp(`${PEER}:1`, `${OWN}:2`), ...pieces.slice(1)];
    const sizes = async (how: 'length' | 'zero'): Promise<(string | undefined)[]> =>
      (await written(packets, { firewallLogOtherDrops: how })).map((line) => line.split(' ')[6]);
    expect(await sizes('length')).toEqual(['3028', '28']);
    expect(await sizes('zero')).toEqual(['0', '28']);
  });

  it.each([
    [{ firewallLogFlags: 'FSRAP' }],
    [{ firewallLogFlags: 'FSRAPP' }],
    [{ firewallLogFlags: 'fsrapu' }],
    [{ firewallLogFlags: 'FSRAPUF' }],
    [{ firewallLogFlags: 'FSRAPU\n' }],
    [{ firewallLogTcpDrops: 'none' }],
    [{ firewallLogOtherDrops: '' }],
    [{ firewallLogOtherDrops: 0 }],
  ])('refuses %j', async (options) => {
    await expect(written([SYN], options as ReplayOptions)).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining(Object.keys(options)[0]!) as string,
    });
  });
});

describe('lines', () => {
  it('tell a flow once and a dropped packet each time', async () => {
    const refused = tcp(`${PEER}:5000`, `${OWN}:22`);
    const { entries } = await log(each(SYN, SYN.reply!(), refused, refused));
    expect(entries.map(({ action, destinationPort }) => `${action} ${destinationPort}`)).toEqual([
      'ALLOW 80',
      'DROP 22',
      'DROP 22',
    ]);
  });

  it('tell a flow again when it has ended, also where the switch still knows it', async () => {
    const echo = icmp(PEER, OWN);
    expect(
      (
        await log([
          [0, echo],
          [59, echo],
          [302, echo],
          [420, echo],
        ])
      ).entries,
    ).toHaveLength(3);
  });

  it('tell a refused connection once an attempt', async () => {
    const attempt = (seq: number): Packet => tcp(`${OWN}:5000`, `${FAR}:443`, { seq });
    const { entries } = await log(each(attempt(1), attempt(1), attempt(2), attempt(2), attempt(1)));
    expect(entries).toHaveLength(3);
    const datagram = udp(`${OWN}:5000`, `${FAR}:53`);
    expect((await log(each(datagram, datagram))).entries).toHaveLength(2);
  });

  it('do not tell of what stealth hides and the stack throws away', async () => {
    const unreachable = icmp(OWN, PEER, { type: 3, code: 3, quoted: udp(`${PEER}:1`, `${OWN}:2`) });
    const reset = tcp(`${OWN}:80`, `${PEER}:5000`, { flags: 'RA' });
    const { entries, result } = await log(each(unreachable, SYN, reset));
    expect(entries.map(({ action }) => action)).toEqual(['ALLOW']);
    const dropped = result.report.reasons.filter(({ verdict }) => verdict === 'drop');
    expect(dropped).toMatchObject([{ reason: 'stealth', packets: 2 }]);
  });

  it('tell a datagram in pieces once, with the length of the whole', async () => {
    const pieces = fragment(udp(`${PEER}:5000`, `${OWN}:53`, { payload: 'x'.repeat(3000) }), {
      mtu: 1024,
    });
    const pieces6 = fragment(
      udp(`[${PEER6}]:5000`, `[${OWN6}]:53`, { payload: 'x'.repeat(3000) }),
      {
        mtu: 1024,
      },
    );
    const { entries } = await log(each(...pieces, tcp(`${PEER}:1`, `${OWN}:22`), ...pieces6));
    expect(entries.map(({ size }) => size)).toEqual([3028, 44, 3048]);
    // A piece that never comes holds nobody up for longer than Windows waits for it.
    const cut = await log([
      [0, pieces[0]!],
      [1, tcp(`${PEER}:1`, `${OWN}:22`)],
      [70, tcp(`${PEER}:1`, `${OWN}:23`)],
    ]);
    expect(cut.entries.map(({ destinationPort }) => destinationPort)).toEqual([53, 22, 23]);
  });

  it('are written where the profile says so, and both kinds where nothing does', async () => {
    const packets = each(SYN, tcp(`${PEER}:5000`, `${OWN}:22`));
    const actions = async (Public: object): Promise<string[]> =>
      (await log(packets, { profiles: { Public } })).entries.map(({ action }) => action);
    expect(await actions({})).toEqual(['ALLOW', 'DROP']);
    expect(await actions({ LogAllowed: true, LogBlocked: false })).toEqual(['ALLOW']);
    expect(await actions({ LogAllowed: false, LogBlocked: true })).toEqual(['DROP']);
    expect(await actions({ Enabled: false, LogAllowed: true })).toEqual([]);
  });
});

describe('loopback', () => {
  const opening = tcp('127.0.0.1:5000', '127.0.0.1:80', { seq: 7 });
  const actions = async (packets: readonly Timed[], spec: MachineSpec = {}): Promise<string[]> =>
    (await log(packets, spec)).entries.map(
      ({ action, destinationPort, path: way }) => `${action} ${destinationPort} ${way}`,
    );

  it('is told like the rest, by both ends of a flow', async () => {
    const answer = opening.reply!();
    const data = tcp('127.0.0.1:5000', '127.0.0.1:80', { flags: 'PA', seq: 8 });
    expect(await actions(each(opening, opening, answer, data))).toEqual([
      'ALLOW 80 SEND',
      'ALLOW 80 RECEIVE',
    ]);
    expect(said(await log([[0, opening]]))[0]).toBe(
      'ALLOW TCP 127.0.0.1 127.0.0.1 5000 80 0 - 0 0 0 - - - SEND',
    );
    expect(said(await log([[0, icmp6('::1', '::1')]]))[1]).toBe(
      'ALLOW ICMP ::1 ::1 - - 0 - - - - 128 0 - RECEIVE',
    );
  });

  it('is what the host sends to an address of its own too', async () => {
    expect(await actions(each(udp(`${OWN}:1`, `${OWN}:514`)))).toEqual([
      'ALLOW 514 SEND',
      'ALLOW 514 RECEIVE',
    ]);
  });

  it('is what one interface of it sends to another', async () => {
    const packets = each(udp(`${OWN}:1`, '10.9.0.5:514'));
    const interfaces = [{ name: 'wifi', addresses: ['10.9.0.5'] }];
    expect(await actions(packets, { interfaces })).toEqual(['ALLOW 514 SEND', 'ALLOW 514 RECEIVE']);
    expect(await actions(packets)).toEqual(['ALLOW 514 SEND']);
  });

  it('begins again after a minute of silence, or with another SYN', async () => {
    const ask = udp('127.0.0.1:1', '127.0.0.1:2');
    const answer = udp('127.0.0.1:2', '127.0.0.1:1');
    const times = [
      [0, ask],
      [50, answer],
      [109, ask],
    ] as const;
    expect(await actions(times)).toHaveLength(2);
    expect(await actions([...times, [170, ask]])).toHaveLength(4);
    const again = tcp('127.0.0.1:5000', '127.0.0.1:80', { seq: 9 });
    expect(await actions(each(opening, again))).toHaveLength(4);
  });

  it('is not told where nobody logs what is allowed, nor TCP that nobody opened', async () => {
    const off = { profiles: { Public: { LogAllowed: false } } };
    expect(await actions(each(opening), off)).toEqual([]);
    expect(await actions(each(opening.reply!()))).toEqual([]);
  });
});

describe('the file', () => {
  it('begins as those of Windows do, with lines that end as theirs', async () => {
    const { text } = await log([[0, SYN]]);
    expect(text.split('\r\n').slice(0, 5)).toEqual([
      '#Version: 1.5',
      '#Software: Microsoft Windows Firewall',
      '#Time Format: Local',
      '#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path',
      '',
    ]);
    expect(text).not.toMatch(/[^\r]\n/);
  });

  it('ends its lines otherwise when it is asked to', async () => {
    const of = machine({ rules: RULES });
    const { text } = await writtenLog(folder, of, [[0, SYN]], { firewallLogLf: true });
    expect(text).not.toContain('\r');
    expect(text.split('\n').slice(-2)[0]).toContain(' RECEIVE');
  });

  describe('goes on in a new one', () => {
    const refused = Array.from({ length: 40 }, (_, i): Timed => [
      i,
      tcp(`${PEER}:${5000 + i}`, `${OWN}:22`),
    ]);
    const rotated = async (
      packets: readonly Timed[],
      firewallLogSize: number,
    ): Promise<{ files: string[]; ports: (number | null)[][] }> => {
      rmSync(folder.at('pfirewall.log.old'), { force: true });
      const of = machine({ rules: RULES });
      await writtenLog(folder, of, packets, { firewallLogSize });
      const files = folder.list().filter((name) => name.startsWith('pfirewall.log'));
      const ports = files.map((name) => {
        const read = readFirewallLog({ name, text: readFileSync(folder.at(name), 'utf8') });
        expect(read.diagnostics).toEqual([]);
        return read.entries.map(({ sourcePort }) => sourcePort);
      });
      return { files, ports };
    };

    it('when it has reached its size, and keeps the one before', async () => {
      const { files, ports } = await rotated(refused.slice(0, 15), 1);
      expect(files).toEqual(['pfirewall.log', 'pfirewall.log.old']);
      const [last, old] = ports as [number[], number[]];
      expect([...old, ...last]).toEqual(refused.slice(0, 15).map((_, i) => 5000 + i));
      // The old one was full with its last line and not before.
      const bytes = readFileSync(folder.at('pfirewall.log.old'));
      expect(bytes.length).toBeGreaterThanOrEqual(1024);
      const lastLine = bytes.subarray(bytes.lastIndexOf('\n', -2) + 1);
      expect(bytes.length - lastLine.length).toBeLessThan(1024);
      for (const name of files) {
        expect(readFileSync(folder.at(name), 'utf8')).toMatch(/^#Version: 1\.5\r\n/);
      }
    });

    it('and forgets those before that', async () => {
      const { ports } = await rotated(refused, 1);
      const [last, old] = ports as [number[], number[]];
      expect(last.at(-1)).toBe(5039);
      expect(old[0]).toBeGreaterThan(5000);
      expect(last[0]).toBe(old.at(-1)! + 1);
    });

    it('not before', async () => {
      const { files, ports } = await rotated(refused, 100);
      expect(files).toEqual(['pfirewall.log']);
      expect(ports[0]).toHaveLength(40);
      await expect(rotated(refused, 0)).rejects.toThrow('from 1 to 32767');
    });
  });

  it('has a field more when it is asked for', async () => {
    const of = machine({ rules: RULES });
    const { text, entries } = await writtenLog(folder, of, [[0, SYN]], { firewallLogPid: true });
    expect(text).toContain(' info path pid\r\n\r\n');
    expect(text).toContain(' RECEIVE -\r\n');
    expect(entries).toMatchObject([{ path: 'RECEIVE', pid: null }]);
  });

  it.each([
    ['UTC', '2023-11-14 22:13:20'],
    ['+02:00', '2023-11-15 00:13:20'],
    ['-03:30', '2023-11-14 18:43:20'],
    ['Europe/Berlin', '2023-11-14 23:13:20'],
  ])('tells times of the zone %s', async (timeZone, expected) => {
    const of = machine({ rules: RULES });
    const { lines } = await writtenLog(folder, of, [[0.9, SYN]], { timeZone });
    expect(lines[0]!.slice(0, 19)).toBe(expected);
  });

  it('follows the changes of a zone', async () => {
    // 2023-03-26 01:00:00 UTC: clocks in Berlin go from 02:00 to 03:00.
    const change = 1_679_792_400 - 1_700_000_000;
    const drop = tcp(`${PEER}:5000`, `${OWN}:22`);
    const of = machine({ rules: RULES });
    const packets: Timed[] = [
      [change - 1, drop],
      [change, drop],
    ];
    const { entries } = await writtenLog(folder, of, packets, { timeZone: 'Europe/Berlin' });
    expect(entries.map(({ time }) => time)).toEqual(['01:59:59', '03:00:00']);
  });

  it('is the same every time', async () => {
    const packets = each(SYN, icmp(PEER, OWN), tcp(`${PEER}:5000`, `${OWN}:22`), SYN.reply!());
    const first = await log(packets);
    expect(first.text).toBe((await log(packets)).text);
    expect(first.entries).toHaveLength(3);
  });
});

describe.skipIf(!HAS_DATA)('real logs', () => {
  /** Which fields have values, and which of these are 0. */
  const shape = (entry: FirewallLogEntry): string => {
    const { action, protocol, path: way, tcpFlags } = entry;
    const values = [
      ...[entry.sourcePort, entry.destinationPort, entry.icmpType, entry.icmpCode, entry.info],
    ].map((value) => (value === null ? '-' : 'x'));
    const numbers = [
      ...[entry.size, entry.tcpSequence, entry.tcpAcknowledgement, entry.tcpWindow],
    ].map((value) => (value === null ? '-' : value === 0 ? '0' : 'x'));
    const kind = protocol === 6 || protocol === 17 ? protocol : entry.icmpType === null ? 0 : 1;
    // Whether a SYN carries an acknowledgement number or a window of 0 is the packet's affair.
    const tcpNumbers = tcpFlags === null ? numbers : [numbers[0], 'tcp'];
    return [action, kind, way, ...values, ...tcpNumbers, tcpFlags === null].join(' ');
  };

  it('have no shape of a line that is not written', async () => {
    const bytes = readFileSync(path.join(DATA, 'pfirewall-logs', 'betahydri-pfirewall.log.gz'));
    const text = gunzipSync(bytes).toString('utf8');
    const { entries } = readFirewallLog({ name: 'real', text });
    const real = new Set(entries.filter(({ action }) => action !== 'INFO-EVENTS-LOST').map(shape));
    const ours = await log(
      each(
        ...[SYN, tcp(`${OWN}:5000`, `${PEER}:443`), tcp(`${PEER}:5000`, `${OWN}:22`)],
        ...[tcp(`${OWN}:5000`, `${FAR}:443`), udp(`${PEER}:1`, `${OWN}:514`)],
        ...[
          udp(`${OWN}:1`, `${PEER}:2`),
          udp(`${PEER}:1`, `${OWN}:2`),
          udp(`${OWN}:1`, `${FAR}:2`),
        ],
        ...[icmp(PEER, OWN), icmp(OWN, '192.168.1.77'), icmp(OWN, FAR), icmp6(PEER6, OWN6)],
        ...[
          ip(PEER, OWN, 47),
          ip(OWN, PEER, 2, { payload: 'x'.repeat(8) }),
          ip(PEER, OWN, 50),
          ip(OWN, FAR, 50),
        ],
      ),
    );
    const written = new Set(ours.entries.map(shape));
    expect([...real].filter((one) => !written.has(one))).toEqual([]);
    expect(real.size).toBeGreaterThan(5);
  });
});

describe('the command line', () => {
  it('writes the log of the example', async () => {
    const file = folder.at('example.log');
    await succeed(['replay', EXAMPLE, '--host', EXAMPLE_HOST, '--firewall-log', file, '-q']);
    const text = readFileSync(file, 'utf8');
    const { entries, diagnostics } = readFirewallLog({ name: file, text });
    expect(diagnostics).toEqual([]);
    // What the switch drops on its way in never comes to the firewall; GRE comes as far.
    const drops = entries.filter(({ action }) => action === 'DROP');
    expect(drops).toMatchObject([{ protocol: 47 }, { protocol: 47 }]);
    expect(entries.some(({ destinationPort }) => destinationPort === 5432)).toBe(true);
  });

  it.each([
    [['--time-zone', '+02:00'], '--firewall-log'],
    [['--firewall-log-size', '4096'], '--firewall-log'],
    [['--firewall-log', 'a.log', '--firewall-log-size', '0'], 'from 1 to 32767'],
    [
      ['--firewall-log', 'a', '--firewall-log-size', '1', '--allowed', 'a.old'],
      '--allowed and --firewall-log-size both name a.old',
    ],
    [['--firewall-log', 'a.log', '--time-zone', 'Mars/Olympus'], 'the time zone Mars/Olympus'],
    [['--firewall-log-tcp-drops', 'syn'], '--firewall-log'],
    [
      ['--firewall-log', 'a.log', '--firewall-log-flags', 'FSRAPX'],
      '--firewall-log-flags FSRAPX: each letter of FSRAPU once is wanted',
    ],
    [
      ['--firewall-log', 'a.log', '--firewall-log-tcp-drops', 'rst'],
      '--firewall-log-tcp-drops rst: one of all, syn is wanted',
    ],
    [
      ['--firewall-log', 'a.log', '--firewall-log-other-drops', 'all'],
      '--firewall-log-other-drops all: one of length, zero, none is wanted',
    ],
    [['--firewall-log', 'a.csv', '--packets', 'a.csv'], '--packets and --firewall-log both name'],
  ])('refuses %s', async (args, message) => {
    const { code, stderr } = await portacl(['replay', EXAMPLE, '--host', EXAMPLE_HOST, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('leaves nothing when the capture cannot be read', async () => {
    const broken = folder.write('broken.pcap', capture([]).subarray(0, 10));
    const { code } = await portacl([
      ...['replay', broken, '--host', EXAMPLE_HOST, '--firewall-log', folder.at('none.log')],
    ]);
    expect(code).toBe(1);
    expect(folder.list()).not.toContain('none.log');
  });
});
