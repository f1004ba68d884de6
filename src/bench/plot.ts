/**
 * Plots as SVG, each with linear and with logarithmic axes; the page shows one of both. What they
 * show stands in tables beside them too.
 */
import { text } from '../page/html.js';

export interface PlotSeries {
  readonly label: string;
  /** Of the colour; see bench-page.ts. */
  readonly index: number;
  readonly points: readonly PlotPoint[];
}
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  /** What rounds came to at least and at most. */
  readonly low: number;
  readonly high: number;
}

export interface PlotAxes {
  readonly title: string;
  readonly xTitle: string;
  readonly xText: (value: number) => string;
  readonly yText: (value: number) => string;
  /** Instead of ticks found for the range. */
  readonly xTicks?: readonly number[];
}

type Scale = 'linear' | 'log';

// In units of the picture; a phone shows it at about this size.
const WIDTH = 420;
const HEIGHT = 250;
const LEFT = 62;
const RIGHT = 22;
const TOP = 10;
const BOTTOM = 40;

/** Nothing for series without points. */
export function plot(axes: PlotAxes, series: readonly PlotSeries[]): string {
  const points = series.flatMap((each) => each.points);
  if (points.length === 0) return '';
  return (['linear', 'log'] as const).map((scale) => drawn(axes, series, scale)).join('');
}

function drawn(axes: PlotAxes, series: readonly PlotSeries[], scale: Scale): string {
  const points = series.flatMap((each) => each.points);
  const xs = range(
    points.map(({ x }) => x),
    scale,
  );
  const ys = range(
    points.flatMap(({ y, low, high }) => [y, low, high]),
    scale,
  );
  const at = (value: number, [from, to]: Range, length: number): number =>
    ((along(value, scale) - along(from, scale)) / (along(to, scale) - along(from, scale))) * length;
  const x = (value: number): string => (LEFT + at(value, xs, WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number): string =>
    (HEIGHT - BOTTOM - at(value, ys, HEIGHT - TOP - BOTTOM)).toFixed(1);
  const xTicks = (axes.xTicks ?? ticks(xs, scale)).filter(
    (tick) => scale === 'log' || apart(tick, axes.xTicks, xs),
  );
  const grid = ticks(ys, scale).map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${LEFT - 6}" y="${y(tick)}" dy=".35em" text-anchor="end">${text(axes.yText(tick))}</text>`,
  );
  const feet = xTicks.map(
    (tick) =>
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM + 4}"/><text x="${x(tick)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${text(axes.xText(tick))}</text>`,
  );
  const lines = series.map(({ index, label, points: own }) => {
    const way = own.map((p) => `${x(p.x)},${y(p.y)}`).join(' ');
    const marks = own.map(
      (p) =>
        `<line x1="${x(p.x)}" x2="${x(p.x)}" y1="${y(p.low)}" y2="${y(p.high)}"/><circle cx="${x(p.x)}" cy="${y(p.y)}" r="3.5"><title>${text(`${label}, ${axes.xText(p.x)}: ${axes.yText(p.y)}`)}</title></circle>`,
    );
    return `<g class="s${index}"><polyline points="${way}"/>${marks.join('')}</g>`;
  });
  const name = `${axes.title}, ${scale === 'log' ? 'logarithmic' : 'linear'} axes`;
  return `<svg class="plot ${scale}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${text(name)}">${grid.join('')}${feet.join('')}<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${text(axes.xTitle)}</text>${lines.join('')}</svg>`;
}

type Range = readonly [number, number];

const along = (value: number, scale: Scale): number =>
  scale === 'log' ? Math.log10(Math.max(value, Number.MIN_VALUE)) : value;

/** From 0 where axes are linear; decades where they are not. */
export function range(values: readonly number[], scale: Scale): Range {
  if (scale === 'linear') {
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    const step = linearStep(high - low || 1);
    return [Math.floor(low / step) * step, Math.ceil((high || 1) / step) * step];
  }
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return [0.1, 1];
  const from = 10 ** Math.floor(Math.log10(Math.min(...positive)));
  const to = 10 ** Math.ceil(Math.log10(Math.max(...positive)));
  return [from, to === from ? from * 10 : to];
}

export function ticks([from, to]: Range, scale: Scale): number[] {
  if (scale === 'linear') {
    const step = linearStep(to - from);
    return Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => from + i * step);
  }
  const decades = Math.round(Math.log10(to / from));
  const each = Math.ceil(decades / 6);
  return Array.from({ length: Math.floor(decades / each) + 1 }, (_, i) => from * 10 ** (i * each));
}

/** 1, 2 or 5 times a power of ten, so that there are three to six steps. */
function linearStep(span: number): number {
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((step) => step * power >= rough * 0.999) ?? 10);
}

/** Whether a given tick has room beside the one after it on a linear axis. */
function apart(tick: number, given: readonly number[] | undefined, [from, to]: Range): boolean {
  const next = given?.find((each) => each > tick);
  return next === undefined || (next - tick) / (to - from) > 0.12;
}
