/** Percentiles, and numbers for people. */
import { describe, expect, it } from 'vitest';

import {
  addLatencies,
  addLatency,
  latencyOf,
  type LatencyCounts,
} from '../../src/bench/measurement.js';
import { fullText, nanosecondsText, percentText, valueText } from '../../src/bench/value-text.js';

describe('latencies', () => {
  it('have the percentiles of the sorted times', () => {
    const counts: LatencyCounts = new Map();
    for (let ns = 1000; ns >= 1; ns--) addLatency(counts, ns);
    expect(latencyOf('piece', counts)).toEqual({
      ...{ of: 'piece', count: 1000, mean: 500.5, p50: 500, p90: 900, p99: 990, p999: 999 },
      most: 1000,
    });
  });

  it('are added round by round', () => {
    const counts: LatencyCounts = new Map();
    addLatencies(counts, [10, 98, 50, 1]);
    addLatencies(counts, new Float64Array([10, 1]));
    expect(latencyOf('piece', counts)).toMatchObject({ count: 100, p50: 10, p99: 10, p999: 50 });
  });

  it('are none where nothing was timed', () => {
    expect(latencyOf('piece', new Map())).toBeNull();
  });
});

describe('numbers for people', () => {
  it.each([
    [valueText(63_712_345, 'packets/s'), '63.7 M/s'],
    [valueText(950, 'updates/s'), '950 /s'],
    [valueText(15.24, 'ns/packet'), '15.2 ns'],
    [valueText(0.00123, 's'), '1.23 ms'],
    [valueText(2.5e9, 'bytes'), '2.50 GB'],
    [valueText(64, 'bytes/flow'), '64 B'],
    [fullText(63_712_345, 'packets/s'), '63.7 M packets/s'],
    [fullText(15.24, 'ns/packet'), '15.2 ns a packet'],
    [fullText(2.5, 's'), '2.50 s'],
    [nanosecondsText(123_456), '123 us'],
    [percentText(-0.0512), '-5.1 %'],
    [percentText(0.2), '+20.0 %'],
  ])('%s', (found, wanted) => {
    expect(found).toBe(wanted);
  });
});
