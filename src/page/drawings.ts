/** What is drawn: the way of the packets through the stages, and verdicts over time. */
import type { NativeTimeline } from '../native/replay-types.js';
import { grouped } from '../report/text-table.js';
import { text } from './html.js';
import type { Lane } from './page-data.js';

/** Endpoints drawn; the others are in the tables. */
const LANES_MAX = 24;

export function lanes(all: readonly Lane[]): string {
  const busy = all.filter((lane) => arrived(lane) > 0);
  const more = busy.length - LANES_MAX;
  return `<section><h2>The way of the packets</h2><p>What came to each stage, and what it dropped there.</p><div class="lanes">${busy.slice(0, LANES_MAX).map(laneHtml).join('')}</div>${more > 0 ? `<p>${grouped(more)} more.</p>` : ''}</section>`;
}

const arrived = ({ allowed, droppedSwitch, droppedHost }: Lane): number =>
  allowed + droppedSwitch + droppedHost;

/** In: switch, then host; out: host, then switch. Source: docs/SEMANTICS.md 1. */
function laneHtml(lane: Lane): string {
  const { endpoint, direction, allowed, droppedSwitch, droppedHost } = lane;
  const all = arrived(lane);
  const box = (name: string, value: number, lost = 0): string =>
    `<li><small>${name}</small><b>${grouped(value)}</b>${stream(value - lost, lost, all)}${lost > 0 ? `<span class="lost">${grouped(lost)} dropped</span>` : ''}</li>`;
  const [from, to] = direction === 'in' ? ['Network', 'Container'] : ['Container', 'Network'];
  const stages =
    direction === 'in'
      ? box('Switch stage', all, droppedSwitch) +
        box('Host stage', all - droppedSwitch, droppedHost)
      : box('Host stage', all, droppedHost) + box('Switch stage', all - droppedHost, droppedSwitch);
  const title = `${endpoint}, ${direction === 'in' ? 'inbound' : 'outbound'}`;
  return `<div><h3>${text(title)}</h3><ol class="lane" aria-label="${text(title)}">${box(from, all)}${stages}${box(to, allowed)}</ol></div>`;
}

/** How much of what set out goes on here, and how much is lost. */
function stream(on: number, lost: number, all: number): string {
  const [a, d] = [on, lost].map((n) => (n / Math.max(1, all)) * 100) as [number, number];
  return `<svg class="stream" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="a" width="${a.toFixed(2)}" height="8"/><rect class="d" x="${a.toFixed(2)}" width="${d.toFixed(2)}" height="8"/></svg>`;
}

const BARS_MAX = 128;

export function time(timeline: NativeTimeline | null): string {
  if (timeline === null) return '';
  const buckets = timeline.counts.length / 3;
  const step = Math.ceil(buckets / BARS_MAX);
  const bars: { allow: number; drop: number }[] = [];
  for (let i = 0; i < buckets; i++) {
    const bar = (bars[Math.floor(i / step)] ??= { allow: 0, drop: 0 });
    bar.drop += timeline.counts[3 * i]!;
    bar.allow += timeline.counts[3 * i + 1]!;
  }
  const peak = Math.max(1, ...bars.map(({ allow, drop }) => allow + drop));
  const width = 1000 / bars.length;
  const rect = (name: string, x: number, y: number, height: number): string =>
    height === 0
      ? ''
      : `<rect class="${name}" x="${(x + width * 0.1).toFixed(2)}" y="${y.toFixed(2)}" width="${(width * 0.8).toFixed(2)}" height="${height.toFixed(2)}"/>`;
  const shapes = bars.map(({ allow, drop }, i) => {
    const [a, d] = [(allow / peak) * 170, (drop / peak) * 170];
    const seconds = (i * step * Number(timeline.widthNs)) / 1e9;
    return `<g><title>${grouped(allow)} allowed, ${grouped(drop)} dropped, from ${seconds.toFixed(3)} s</title>${rect('d', i * width, 180 - d, d)}${rect('a', i * width, 180 - d - a, a)}</g>`;
  });
  const barSeconds = (step * Number(timeline.widthNs)) / 1e9;
  const dropped = bars.reduce((n, { drop }) => n + drop, 0);
  return `<section><h2>Over time</h2><p>Each bar is ${duration(barSeconds)}; the highest has ${grouped(peak)} verdicts.</p>
<svg class="chart" viewBox="0 0 1000 180" preserveAspectRatio="none" role="img" aria-label="Verdicts over time: ${bars.length} bars, ${grouped(dropped)} drops in all">${shapes.join('')}<line x1="0" y1="180" x2="1000" y2="180"/></svg>
<div class="legend"><span>${text(utc(timeline.startNs.toString()))}</span><span><span class="key allow">allowed</span> &nbsp; <span class="key drop">dropped</span></span><span>${duration(bars.length * barSeconds)} later</span></div></section>`;
}

const duration = (seconds: number): string =>
  seconds < 1
    ? `${(seconds * 1000).toFixed(0)} ms`
    : seconds < 120
      ? `${seconds.toFixed(1)} s`
      : `${(seconds / 60).toFixed(1)} min`;

/** A time to the second, of nanoseconds since 1970. */
export function utc(timeNs: string): string {
  const date = new Date(Number(BigInt(timeNs) / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${timeNs} ns` : date.toISOString().replace(/\.\d+Z$/, 'Z');
}
