/**
 * The page of `portacl bench --html`: measurements of this run, against those of earlier ones, as
 * plots and tables. One file, without a script and without a network.
 */
import { documentHtml, table, text } from '../page/html.js';
import { PAGE_STYLE } from '../page/page-style.js';
import { grouped } from '../report/text-table.js';
import type { BenchReport } from './bench-report.js';
import { compareBench, deviation, keyOf, type ComparedMeasurement } from './compare-bench.js';
import { isRate, type Measurement } from './measurement.js';
import { plot, type PlotSeries } from './plot.js';
import { nanosecondsText, percentText, short, valueText } from './value-text.js';

/** Earlier reports that are drawn; there are no more colours. */
export const EARLIER_MAX = 5;

const BENCH_STYLE = `${PAGE_STYLE}
.s0{color:var(--allow)}.s1{color:var(--focus)}.s2{color:#b26a00}.s3{color:#8250df}.s4{color:#c2408a}.s5{color:var(--pass)}
@media (prefers-color-scheme:dark){.s2{color:#e3a34d}.s3{color:#b392f0}.s4{color:#f78fc8}}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:6px 22px}
.plots h3{margin:14px 0 2px}
.plot{display:block;width:100%;max-width:640px;height:auto}
.plot text{fill:var(--soft);font-size:11px}.plot .grid{stroke:var(--line)}
.plot polyline{fill:none;stroke:currentColor;stroke-width:2}.plot g line{stroke:currentColor;stroke-width:1.5;opacity:.55}.plot circle{fill:currentColor}
.strip{display:block;width:100%;min-width:120px;height:14px;background:var(--bg);border-radius:4px}
.strip line{stroke:currentColor;stroke-width:1.5;opacity:.45;vector-effect:non-scaling-stroke}.strip .median{stroke-width:3.5;opacity:1}
.legend .key{color:inherit}
.axes{display:flex;flex-wrap:wrap;gap:6px 16px;margin:18px 0 0;padding:0;border:0}.axes legend{float:left;padding:8px 12px 8px 0;color:var(--soft)}
.axes label{display:flex;align-items:center;gap:6px;min-height:38px}.axes input{min-height:0}
body:has(#axes-log:checked) .linear,body:has(#axes-linear:checked) .log{display:none}
@media (max-width:640px){.plot text{font-size:13px}}
td.wide{width:40%}td:not(.n):not(.wide){min-width:15ch}.run{white-space:nowrap}.legend{justify-content:flex-start}
`;

/** `earlier`: the newest first; more than EARLIER_MAX are not drawn. */
export function benchPageHtml(report: BenchReport, earlier: readonly BenchReport[] = []): string {
  const { about } = report;
  const runs = [report, ...earlier.slice(0, EARLIER_MAX)];
  const title = about.command;
  return documentHtml({
    title,
    skip: ['numbers', 'Skip to the numbers'],
    style: BENCH_STYLE,
    body: `<header><h1>${text(title)}</h1><p>${text(aboutText(report))}</p>${legend(runs)}
<fieldset class="axes"><legend>Axes</legend><label><input type="radio" name="axes" id="axes-log" checked>logarithmic</label><label><input type="radio" name="axes" id="axes-linear">linear</label></fieldset></header>
<main>${scalePlots(runs)}${latencyPlots(runs)}${strips(runs)}${comparison(report, earlier)}${numbers(report)}</main>
<footer>Written by portacl. What is measured and how: docs/PERFORMANCE.md.</footer>`,
  });
}

function aboutText({ about }: BenchReport): string {
  const { date, portacl, node, cpu, cores, memoryBytes, system, loadAverage } = about;
  return `${date}, portacl ${portacl}, Node ${node}, ${cpu}, ${cores} cores, ${short(memoryBytes)}B, ${system}, load average ${loadAverage.toFixed(1)}.`;
}

const labelOf = ({ about }: BenchReport, index: number): string =>
  index === 0 ? 'this run' : `${about.date.slice(0, 16).replace('T', ' ')}, ${about.portacl}`;

function legend(runs: readonly BenchReport[]): string {
  if (runs.length === 1) return '';
  const keys = runs.map(
    (run, i) => `<span class="s${i}"><span class="key">${text(labelOf(run, i))}</span></span>`,
  );
  return `<div class="legend">${keys.join('')}</div>`;
}

const find = (run: BenchReport, wanted: Measurement): Measurement | undefined =>
  run.measurements.find((each) => keyOf(each) === keyOf(wanted));

/** Measurements of one name and unit at several points, as lines. */
function scalePlots(runs: readonly BenchReport[]): string {
  const scaled = runs[0]!.measurements.filter(({ at }) => at !== null);
  const names = [...new Map(scaled.map((each) => [`${each.name}\0${each.unit}`, each])).values()];
  const plots = names.map(({ name, unit }) => {
    const series = runs.map((run, index): PlotSeries => {
      const own = run.measurements.filter((each) => each.name === name && each.unit === unit);
      const points = own.flatMap(({ at, median, rounds }) =>
        at === null
          ? []
          : [{ x: at, y: median, low: Math.min(...rounds), high: Math.max(...rounds) }],
      );
      return { label: labelOf(run, index), index, points };
    });
    const axes = {
      title: `${name}, ${unit}`,
      xTitle: 'flows',
      xText: (value: number) => short(value).trim(),
      yText: (value: number) => valueText(value, unit),
    };
    return `<div><h3>${text(name)}, ${unit}</h3>${plot(axes, series)}</div>`;
  });
  return section(
    'By size',
    'Medians; the bars reach from the least to the most of the rounds.',
    plots,
  );
}

const PERCENTILES = [
  [2, 'p50'],
  [10, 'p90'],
  [100, 'p99'],
  [1000, 'p99.9'],
] as const;

function latencyPlots(runs: readonly BenchReport[]): string {
  const shown = runs[0]!.measurements.filter(({ latency }) => latency !== null);
  const plots = shown.map((wanted) => {
    const series = runs.map((run, index): PlotSeries => {
      const latency = find(run, wanted)?.latency;
      const values = latency ? [latency.p50, latency.p90, latency.p99, latency.p999] : [];
      const points = values.map((y, i) => ({ x: PERCENTILES[i]![0], y, low: y, high: y }));
      return { label: labelOf(run, index), index, points };
    });
    const axes = {
      title: `latency of ${nameOf(wanted)}`,
      xTitle: `of each ${wanted.latency!.of}`,
      xText: (value: number) => PERCENTILES.find(([x]) => x === value)?.[1] ?? '',
      yText: nanosecondsText,
      xTicks: PERCENTILES.map(([x]) => x),
    };
    return `<div><h3>${text(nameOf(wanted))}</h3>${plot(axes, series)}</div>`;
  });
  return section(
    'Latency',
    'How long pieces of the work took at most, from the median to all but one of a thousand.',
    plots,
  );
}

const nameOf = ({ name, at }: Measurement): string =>
  at === null ? name : `${name}, ${short(at).trim()}`;

function section(title: string, about: string, plots: readonly string[]): string {
  if (plots.length === 0) return '';
  return `<section><h2>${title}</h2><p>${about}</p><div class="plots">${plots.join('')}</div></section>`;
}

/** What is measured once: every round a line, on an axis of its own for each measurement. */
function strips(runs: readonly BenchReport[]): string {
  const rows = runs[0]!.measurements
    .filter(({ at }) => at === null)
    .flatMap((wanted) => {
      const own = runs.flatMap((run, index) => {
        const found = find(run, wanted);
        return found === undefined ? [] : [{ run, index, found }];
      });
      const values = own.flatMap(({ found }) => found.rounds).filter((value) => value > 0);
      return own.map(({ run, index, found }) => [
        index === 0 ? `${text(found.name)}, ${found.unit}` : '',
        `<span class="run s${index}">${text(labelOf(run, index))}</span>`,
        `<span class="s${index}">${strip(found, values)}</span>`,
        valueText(found.median, found.unit),
      ]);
    });
  if (rows.length === 0) return '';
  const head = [
    ['What', ''],
    ['Run', ''],
    ['Rounds', 'wide'],
    ['Median', 'n'],
  ] as const;
  return `<section><h2>Rounds</h2><p>Every round is a line, the median a thick one. Linear axes begin at 0, logarithmic ones at a tenth of the largest or less.</p>${table('Rounds of what is measured once', head, rows)}</section>`;
}

function strip({ rounds, median }: Measurement, all: readonly number[]): string {
  const most = Math.max(...all, Number.MIN_VALUE);
  const decades = Math.max(1, Math.ceil(Math.log10(most / Math.min(...all, most))));
  const place = {
    linear: (value: number) => (value / most) * 98,
    log: (value: number) =>
      value <= 0 ? 0 : Math.max(0, (1 - Math.log10(most / value) / decades) * 98),
  };
  return (['linear', 'log'] as const)
    .map((scale) => {
      const line = (value: number, name: string): string => {
        const x = (1 + Math.max(0, place[scale](value))).toFixed(2);
        return `<line${name} x1="${x}" x2="${x}" y1="1" y2="9"/>`;
      };
      const lines = rounds.map((round) => line(round, '')).join('');
      return `<svg class="strip ${scale}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${lines}${line(median, ' class="median"')}</svg>`;
    })
    .join('');
}

const VERDICTS: Readonly<Record<ComparedMeasurement['verdict'], string>> = {
  worse: '<span class="drop">worse</span>',
  better: '<span class="allow">better</span>',
  same: 'the same',
  unknown: 'too few rounds',
  missing: 'not measured now',
  new: 'new',
};

function comparison(report: BenchReport, earlier: readonly BenchReport[]): string {
  const [before] = earlier;
  if (before === undefined) return '';
  const { rows, differences } = compareBench(before, report);
  const cells = rows.map(({ name, at, unit, before: was, now, worseBy, noise, verdict }) => [
    `${text(name)}${at === null ? '' : `, ${short(at).trim()}`}`,
    VERDICTS[verdict],
    was === null ? '' : valueText(was, unit),
    now === null ? '' : valueText(now, unit),
    worseBy === null ? '' : percentText(isRate(unit) ? -worseBy : worseBy),
    noise === null ? '' : `± ${(noise * 100).toFixed(1)} %`,
  ]);
  const other = differences.length === 0 ? '' : ` Not the same: ${text(differences.join('; '))}.`;
  return `<section><h2>Against ${text(labelOf(before, 1))}</h2><p>Noise is 5 %, or three times what the rounds scatter where that is more.${other}</p>${table(
    'Medians before and now',
    [
      ['What', ''],
      ['Verdict', ''],
      ['Before', 'n'],
      ['Now', 'n'],
      ['Change', 'n'],
      ['Noise', 'n'],
    ],
    cells,
  )}</section>`;
}

function numbers({ measurements }: BenchReport): string {
  const rows = measurements.map((each) => {
    const { name, at, unit, rounds, median, latency } = each;
    const scatter = median === 0 ? 0 : (deviation(rounds) / Math.abs(median)) * 100;
    const times = latency && [latency.mean, latency.p50, latency.p90, latency.p99, latency.p999];
    return [
      text(name),
      at === null ? '' : grouped(at),
      valueText(median, unit),
      `± ${scatter.toFixed(1)} %`,
      String(rounds.length),
      ...(times?.map(nanosecondsText) ?? ['', '', '', '', '']),
    ];
  });
  return `<section><h2 id="numbers" tabindex="-1">Numbers</h2>${table(
    'Medians of rounds, how much the rounds scatter, and latencies',
    [
      ...([
        ['What', ''],
        ['At', 'n'],
        ['Median', 'n'],
        ['Scatter', 'n'],
        ['Rounds', 'n'],
      ] as const),
      ...(['Mean', 'p50', 'p90', 'p99', 'p99.9'] as const).map((name) => [name, 'n'] as const),
    ],
    rows,
  )}</section>`;
}
