/** Axes of plots. */
import { describe, expect, it } from 'vitest';

import { plot, range, ticks } from '../../src/bench/plot.js';

describe('axes', () => {
  it.each([
    [
      [3, 70],
      [0, 80],
      [0, 20, 40, 60, 80],
    ],
    [[0.2], [0, 0.2], [0, 0.05, 0.1, 0.15, 0.2]],
    [
      [-3, 10],
      [-5, 10],
      [-5, 0, 5, 10],
    ],
  ])('that are linear for %j begin at 0 or below', (values, wanted, steps) => {
    const found = range(values, 'linear');
    expect(found).toEqual(wanted);
    expect(ticks(found, 'linear').map((tick) => Number(tick.toFixed(6)))).toEqual(steps);
  });

  it.each([
    [
      [3, 70],
      [1, 100],
      [1, 10, 100],
    ],
    [[1000], [1000, 10_000], [1000, 10_000]],
    [
      [0, 5],
      [1, 10],
      [1, 10],
    ],
    [[0], [0.1, 1], [0.1, 1]],
  ])('that are logarithmic for %j are whole decades', (values, wanted, steps) => {
    const found = range(values, 'log');
    expect(found).toEqual(wanted);
    expect(ticks(found, 'log')).toEqual(steps);
  });
});

describe('a plot', () => {
  const axes = { title: 'a & b', xTitle: 'flows', xText: String, yText: String };
  const point = (x: number, y: number): { x: number; y: number; low: number; high: number } => ({
    ...{ x, y, low: y, high: y },
  });

  it('is drawn twice, and what it says is escaped', () => {
    const svg = plot(axes, [{ label: '<b>', index: 0, points: [point(1, 1), point(1000, 30)] }]);
    expect(svg.match(/<svg class="plot (?:linear|log)"/g)).toHaveLength(2);
    expect(svg.match(/<polyline points="[\d.]+,[\d.]+ [\d.]+,[\d.]+"/g)).toHaveLength(2);
    expect(svg).toContain('a &amp; b, logarithmic axes');
    expect(svg).toContain('&lt;b&gt;');
    expect(svg).not.toMatch(/NaN|Infinity|<b>/);
  });

  it('of nothing is nothing', () => {
    expect(plot(axes, [{ label: 'x', index: 0, points: [] }])).toBe('');
  });

  it('of zeros and less has numbers still', () => {
    const svg = plot(axes, [{ label: 'x', index: 0, points: [point(0, 0), point(5, -1)] }]);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});
