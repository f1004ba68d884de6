/** The tuple language: what it reads, and where it says a text is wrong. */
import { describe, expect, it } from 'vitest';
import { PortaclError } from '../../src/errors.js';
import { parseTuple } from '../../src/explain/tuple-text.js';
import { Random } from '../oracle/random.js';

describe('reads', () => {
  it.each([
    [
      'in tcp 10.9.9.9:4000 > 10.1.0.5:80',
      { dir: 'in', proto: 'tcp', src: '10.9.9.9', dst: '10.1.0.5', sport: 4000, dport: 80 },
    ],
    [
      'tcp 10.9.9.9 > 10.1.0.5:80 flags sa',
      { proto: 'tcp', src: '10.9.9.9', dst: '10.1.0.5', sport: 49152, dport: 80, flags: 'SA' },
    ],
    [
      'out UDP [fd00::5]:5353 > [ff02::fb]:5353',
      { dir: 'out', proto: 'udp', src: 'fd00::5', dst: 'ff02::fb', sport: 5353, dport: 5353 },
    ],
    ['icmp 10.9.9.9>10.1.0.5', { proto: 'icmp', src: '10.9.9.9', dst: '10.1.0.5', type: 8 }],
    [
      'icmpv6 fd00::1 > fd00::5 type 1/4 id 7',
      { proto: 'icmpv6', src: 'fd00::1', dst: 'fd00::5', type: 1, code: 4, id: 7 },
    ],
    [
      'icmpv6 2001:db8::1 > 10:20::5',
      { proto: 'icmpv6', src: '2001:db8::1', dst: '10:20::5', type: 128 },
    ],
    ['47 10.9.9.9 > 10.1.0.5', { proto: 47, src: '10.9.9.9', dst: '10.1.0.5' }],
    [
      'in tcp 10.9.9.9:1 > 10.1.0.5:2 at 1.5 endpoint web fragment 9/0',
      {
        ...{ dir: 'in', proto: 'tcp', src: '10.9.9.9', dst: '10.1.0.5', sport: 1, dport: 2 },
        ...{ at: 1.5, endpoint: 'web', fragment: { id: 9, offset: 0 } },
      },
    ],
  ])('%s', (text, tuple) => {
    expect(parseTuple(text)).toEqual(tuple);
  });
});

describe('refuses', () => {
  it.each([
    ['', 'the tuple ends where in, out or a protocol is wanted'],
    ['in', 'the tuple ends where a protocol is wanted'],
    ['tpc 10.9.9.9:1 > 10.1.0.5:2', '"tpc" at character 1'],
    ['tcp 10.9.9.9:1 10.1.0.5:2', '"10.1.0.5:2" at character 16; wanted is >'],
    ['tcp 10.9.9.9:1 > 10.1.0.5', '"10.1.0.5" at character 18; wanted is ADDRESS:PORT'],
    ['tcp 10.9.9.9:1 > 10.1.0.5:65536', '"10.1.0.5:65536" at character 18; wanted is a number'],
    ['tcp 10.9.9.09:1 > 10.1.0.5:1', '"10.9.9.09:1" at character 5; wanted is an address'],
    ['icmp 10.9.9.9:1 > 10.1.0.5', 'addresses without ports, which icmp has not'],
    ['icmp 10.9.9.9 > 10.1.0.5 type 256', '"256" at character 31'],
    ['icmp 10.9.9.9 > 10.1.0.5 tpye 8', '"tpye" at character 26'],
    ['icmp 10.9.9.9 > 10.1.0.5 type', 'the tuple ends where a value of type is wanted'],
    ['300 10.9.9.9 > 10.1.0.5', '"300" at character 1'],
  ])('%s', (text, message) => {
    expect(() => parseTuple(text)).toThrow(PortaclError);
    expect(() => parseTuple(text)).toThrow(message);
  });

  it('anything else with its code alone', () => {
    const random = new Random(1201);
    const parts = ['in', 'tcp', 'icmp', '10.1.0.5', '[fd00::5]:80', '>', ':', '/', 'type', 'at'];
    let read = 0;
    for (let i = 0; i < 5000; i++) {
      const text = Array.from({ length: random.below(9) }, () =>
        random.chance(0.9) ? random.pick(parts) : String.fromCodePoint(random.below(0x2ff)),
      ).join(random.pick([' ', '  ', '']));
      try {
        parseTuple(text);
        read++;
      } catch (error) {
        expect(error).toMatchObject({ name: 'PortaclError', code: 'bad-tuple' });
      }
    }
    expect(read).toBeGreaterThan(0);
    expect(() => parseTuple('9'.repeat(1_000_000))).toThrow('at most 1000 characters');
  });
});
