import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  parseAddress,
  parseIpAddress,
  parseMac,
} from '../../src/normalise/address.js';
import { addressSet, covers, intersectionOf, unionOf } from '../../src/normalise/address-set.js';
import type { AddressRange } from '../../src/normalise/normalised-host.js';
import { randomOf } from '../source/random.js';

describe('parseIpAddress', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['10.1.0.5', '10.1.0.5'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['FD00:0:0:1::5', 'fd00:0:0:1::5'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('reads %s', (text, printed) => {
    expect(formatAddress(parseIpAddress(text)!)).toBe(printed);
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.0.1',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.01',
    '10.0.0.',
    '.10.0.0.1',
    '10.0.0.1 ',
    '10.0.0.-1',
    '0x0a.0.0.1',
    'Any',
    '*',
    'fe80::1%3',
    '1::2::3',
    ':::',
    '1:2:3',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '1:2:3:4:5:6:7:8::',
    '::10.0.0.256',
    '10.0.0.1::',
    ':1::',
  ])('refuses %s', (text) => {
    expect(parseIpAddress(text)).toBeNull();
  });
});

describe('parseAddress', () => {
  it('gives the range of a prefix and clears host bits', () => {
    expect(parseAddress('10.0.0.5/24')).toEqual({
      family: 4,
      range: { from: 0x0a000000n, to: 0x0a0000ffn },
      prefixLength: 24,
      hostBitsCleared: true,
    });
    expect(parseAddress('::/0')).toMatchObject({ range: { from: 0n, to: (1n << 128n) - 1n } });
    expect(parseAddress('10.0.0.1')).toMatchObject({ prefixLength: 32, hostBitsCleared: false });
  });

  it.each([
    ['10.0.0.0/33', 'prefix'],
    ['::/129', 'prefix'],
    ['10.0.0.0/08', 'prefix'],
    ['10.0.0.0/', 'address'],
    ['10.0.0.0/-1', 'address'],
    ['10.0.0.0/255.0.0.0', 'address'],
    ['10.0.0.1-10.0.0.9', 'address'],
    ['{{LOCAL_ENDPOINT}}', 'address'],
  ])('refuses %s', (text, problem) => {
    expect(parseAddress(text)).toEqual({ problem });
  });
});

it('parseMac reads hyphens and colons, not a mix', () => {
  expect(parseMac('00-15-5D-01-02-03')).toBe(0x00155d010203n);
  expect(parseMac('00:15:5d:01:02:03')).toBe(0x00155d010203n);
  expect(parseMac('00-15:5D-01-02-03')).toBeNull();
  expect(parseMac('00-15-5D-01-02')).toBeNull();
});

describe('address sets', () => {
  const UNIVERSE = 24;
  const seed = 77;

  it('are what naive sets over a small universe are', () => {
    const random = randomOf(seed);
    for (let i = 0; i < 3000; i++) {
      const a = draw(random);
      const b = draw(random);
      const told = `seed ${seed}, case ${i}`;
      const [setA, setB] = [addressSet(a, b), addressSet(b, a)];
      const [pointsA, pointsB] = [pointsOf(a), pointsOf(b)];
      expect(pointsOf(setA.ipv4), told).toEqual(pointsA);
      expect(pointsOf(unionOf([setA, setB]).ipv4), told).toEqual(
        [...new Set([...pointsA, ...pointsB])].sort((x, y) => x - y),
      );
      expect(pointsOf(intersectionOf(setA, setB)!.ipv6), told).toEqual(
        pointsA.filter((point) => pointsB.includes(point)),
      );
      expect(covers(setA, setB), told).toBe(
        pointsB.every((p) => pointsA.includes(p)) && pointsA.every((p) => pointsB.includes(p)),
      );
      expect(covers({ ...setA, ipv6: [] }, { ...setB, ipv6: [] }), told).toBe(
        pointsB.every((p) => pointsA.includes(p)),
      );
      expectCanonical(setA.ipv4);
    }
  });

  function draw(random: (below: number) => number): AddressRange[] {
    return Array.from({ length: random(5) }, () => {
      const from = random(UNIVERSE);
      return { from: BigInt(from), to: BigInt(from + random(UNIVERSE - from)) };
    });
  }

  function pointsOf(ranges: readonly AddressRange[]): number[] {
    return Array.from({ length: UNIVERSE }, (_, i) => i).filter((i) =>
      ranges.some((range) => range.from <= BigInt(i) && BigInt(i) <= range.to),
    );
  }

  function expectCanonical(ranges: readonly AddressRange[]): void {
    ranges.forEach((range, i) => {
      expect(range.from <= range.to).toBe(true);
      if (i > 0) expect(range.from > ranges[i - 1]!.to + 1n).toBe(true);
    });
  }
});
