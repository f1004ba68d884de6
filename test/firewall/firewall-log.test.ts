/** Logs of Windows Firewall: real ones whole, wrong lines with their place. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { readFirewallLog, type FirewallLog } from '../../src/firewall/firewall-log.js';
import { randomOf } from '../source/random.js';
import { DATA, HAS_DATA } from './stores.js';

const FIELDS =
  '#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path';
const read = (...lines: string[]): FirewallLog =>
  readFirewallLog({
    name: 'pfirewall.log',
    text: ['#Version: 1.5', FIELDS, '', ...lines].join('\r\n'),
  });
const found = ({ diagnostics }: FirewallLog): string[] =>
  diagnostics.map(({ code, location: { line, column } }) => `${code} ${line}:${column}`);

function real(file: string): { log: FirewallLog; lines: number } {
  const bytes = readFileSync(path.join(DATA, 'pfirewall-logs', file));
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return { log: readFirewallLog({ name: file, text }), lines: lines.length };
}

describe.skipIf(!HAS_DATA)('real logs are read whole', () => {
  it.each(['betahydri-pfirewall.log.gz', 'betahydri-sample.log', 'plaso-windows_firewall.log'])(
    '%s',
    (file) => {
      const { log, lines } = real(file);
      expect(log.diagnostics).toEqual([]);
      expect(log.entries).toHaveLength(lines);
      expect(lines).toBeGreaterThan(10);
    },
  );

  it('have the shapes that are known', () => {
    const { entries } = real('betahydri-pfirewall.log.gz').log;
    const actions = new Set(entries.map(({ action }) => action));
    expect([...actions].sort()).toEqual(['ALLOW', 'DROP', 'INFO-EVENTS-LOST']);
    for (const { action, protocol, sourcePort, icmpType, info, tcpFlags } of entries) {
      if (action === 'INFO-EVENTS-LOST') expect(info).toMatch(/^\d+$/);
      else expect(sourcePort === null).toBe(protocol !== 6 && protocol !== 17);
      if (icmpType !== null) expect([1, 58]).toContain(protocol);
      if (tcpFlags !== null) expect(protocol).toBe(6);
    }
  });
});

describe('a line', () => {
  it('gives what it says', () => {
    const { entries } = read(
      '2021-06-22 12:19:41 DROP TCP 192.0.2.1 192.0.2.2 50000 80 52 S 3458995877 0 8192 - - - RECEIVE',
      '2021-06-22 12:19:41 ALLOW ICMP fe80::1 ff02::1 - - 0 - - - - 135 0 - SEND',
      '2021-06-22 12:48:21 INFO-EVENTS-LOST - - - - - - - - - - - - 7 -',
      '2021-06-22 12:48:21 ALLOW 2 192.0.2.1 224.0.0.22 - - 0 - - - - - - - SEND',
    );
    expect(entries).toMatchObject([
      {
        ...{ line: 4, action: 'DROP', protocol: 6, sourcePort: 50000, destinationPort: 80 },
        ...{ size: 52, tcpFlags: 'S', tcpSequence: 3458995877, tcpWindow: 8192, path: 'RECEIVE' },
        source: { family: 4, value: 0xc0000201n },
      },
      { line: 5, protocol: 58, icmpType: 135, sourcePort: null },
      { line: 6, action: 'INFO-EVENTS-LOST', protocol: null, info: '7', path: null },
      { line: 7, protocol: 2 },
    ]);
  });

  it('may have the number of a process, when the header says so', () => {
    const text = `${FIELDS} pid\n2021-06-22 12:19:41 ALLOW UDP 192.0.2.1 192.0.2.2 1 2 0 - - - - - - - SEND 4242\n`;
    expect(readFirewallLog({ name: 'a', text }).entries).toMatchObject([{ pid: 4242 }]);
  });

  it.each([
    ['2021-06-22 12:19:41 DROP TCP', 'fw-log-line 4:1'],
    [
      '2021-06-22 12:19:41 DENY UDP 192.0.2.1 192.0.2.2 1 2 0 - - - - - - - SEND',
      'fw-log-line 4:21',
    ],
    [
      '2021-06-22 12:19:41 DROP UDP 192.0.2.1 192.0.2.x 1 2 0 - - - - - - - SEND',
      'fw-log-line 4:40',
    ],
    [
      '2021-06-22 12:19:41 DROP UDP 192.0.2.1 192.0.2.2 1 70000 0 - - - - - - - SEND',
      'fw-log-line 4:52',
    ],
    ['2021-06-22 noon DROP UDP 192.0.2.1 192.0.2.2 1 2 0 - - - - - - - SEND', 'fw-log-line 4:12'],
  ])('%s is refused with its place', (line, expected) => {
    const log = read(
      line,
      '2021-06-22 12:19:41 DROP UDP 192.0.2.1 192.0.2.2 1 2 0 - - - - - - - SEND',
    );
    expect(found(log)).toEqual([expected]);
    expect(log.entries).toHaveLength(1);
  });

  it('of chance gives findings and no exception (seed 8)', () => {
    const random = randomOf(8);
    const LETTERS = '2021-06:41 DROPUDICM.#Fields\n- abc::';
    for (let i = 0; i < 200; i++) {
      const text = Array.from({ length: random(300) }, () => LETTERS[random(LETTERS.length)]).join(
        '',
      );
      for (const { code } of readFirewallLog({ name: 'a', text }).diagnostics)
        expect(code).toBe('fw-log-line');
    }
  });
});
