/** `bench --html`: the page as a browser shows it, and what it must never do with hostile names. */
import { writeFileSync } from 'node:fs';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { benchPageHtml } from '../../src/bench/bench-page.js';
import type { BenchReport } from '../../src/bench/bench-report.js';
import { measurement, type Latency } from '../../src/bench/measurement.js';
import { reportOf, roundsAround } from '../bench/reports.js';
import { temporaryFolder } from '../cli/run.js';
import { Random } from '../oracle/random.js';
import { HAS_CHROMIUM, launchChromium, openPage } from './browser.js';

const folder = temporaryFolder();

const latency = (scale: number): Latency => ({
  ...{ of: 'batch of 64 packets', count: 10_000, mean: 900 * scale, p50: 700 * scale },
  ...{ p90: 1500 * scale, p99: 9000 * scale, p999: 70_000 * scale, most: 900_000 },
});

/** A run with every kind of measurement, `speed` times as fast as another. */
function run(speed: number, seed: number, date: string): BenchReport {
  const random = new Random(seed);
  const rounds = (middle: number): number[] => roundsAround(middle, 0.03, 5, random);
  const sizes = [1000, 10_000, 100_000, 1_000_000, 10_000_000];
  return reportOf(
    [
      ...sizes.flatMap((at, i) => [
        measurement('packets of open flows', 'packets/s', rounds((3e7 * speed) / (i + 1)), {
          at,
          latency: latency((i + 1) / speed),
        }),
        measurement('flow made', 'ns/flow', rounds((60 * (i + 1)) / speed), { at }),
      ]),
      measurement('replay, counted', 'packets/s', rounds(1.4e7 * speed)),
      measurement('room read', 'ns/packet', rounds(5 / speed)),
      measurement('room parse', 'ns/packet', [0.4, -0.2, 0.1, 0.3, 0.2]),
    ],
    { date },
  );
}
const NOW = run(0.7, 1, '2026-03-02T10:00:00.000Z');
const BEFORE = run(1, 2, '2026-03-01T10:00:00.000Z');

describe('the file', () => {
  it('needs nothing else, runs no script, and is the same twice', () => {
    const html = benchPageHtml(NOW, [BEFORE]);
    expect(benchPageHtml(NOW, [BEFORE])).toBe(html);
    expect(html).toContain(
      `Content-Security-Policy" content="default-src 'none'; style-src 'sha256-`,
    );
    expect(html).not.toMatch(/https?:|unsafe|<script|\ssrc=|\sstyle=|NaN|Infinity|undefined/);
  });

  it('compares with the newest of the earlier runs alone', () => {
    expect(benchPageHtml(NOW)).not.toContain('Medians before and now');
    const html = benchPageHtml(NOW, [BEFORE]);
    expect(html).toContain('Medians before and now');
    expect(html.match(/<span class="drop">worse<\/span>/g)!.length).toBeGreaterThan(5);
  });
});

describe.skipIf(!HAS_CHROMIUM)('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  const write = (name: string, html: string): string => {
    writeFileSync(folder.at(name), html);
    return folder.at(name);
  };

  it('shows logarithmic axes, and linear ones when they are chosen', async () => {
    const { page, complaints } = await openPage(
      browser,
      write('a.html', benchPageHtml(NOW, [BEFORE])),
    );
    const [log, linear] = [page.locator('svg.plot.log'), page.locator('svg.plot.linear')];
    expect(await log.count()).toBe(7);
    expect(await log.first().isVisible()).toBe(true);
    expect(await linear.first().isVisible()).toBe(false);
    await page.getByRole('radio', { name: 'linear' }).check();
    expect(await log.first().isVisible()).toBe(false);
    expect(await linear.first().isVisible()).toBe(true);
    // A line and five points for each of the two runs.
    expect(await linear.first().locator('polyline').count()).toBe(2);
    expect(await linear.first().locator('circle').count()).toBe(10);
    expect(complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('can be read on a phone, %s', async (colorScheme) => {
    const { page, complaints } = await openPage(
      browser,
      write('b.html', benchPageHtml(NOW, [BEFORE])),
    );
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      390,
    );
    const plot = page.locator('svg.plot.log').first();
    expect((await plot.boundingBox())!.width).toBeGreaterThan(320);
    // Words of the plot are no smaller than on other pages of small print.
    const words = (await plot.locator('text').first().boundingBox())!;
    expect(words.height).toBeGreaterThan(9);
    expect(complaints).toEqual([]);
  });

  it('shows hostile names as the texts they are', async () => {
    const name = `</script><script>alert(2)</script><b>"'&`;
    const measurements = [
      measurement(name, 'packets/s', [1, 2, 3], { at: 5, latency: { ...latency(1), of: name } }),
    ];
    const report = reportOf(measurements, { command: name, cpu: name, date: name });
    const { page, complaints } = await openPage(
      browser,
      write('c.html', benchPageHtml(report, [report])),
    );
    expect(await page.locator('h1').innerText()).toBe(name);
    expect(await page.locator('h1 b, h2 b, td b, td script').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
