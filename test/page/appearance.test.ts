/**
 * `--report` as it looks: in both colour schemes every text stands out from what is behind it, and on
 * a phone nothing is wider than the screen. Source: WCAG 2.2, 1.4.3 and 1.4.10.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { EXAMPLE, EXAMPLE_HOST, succeed, temporaryFolder } from '../cli/run.js';
import { HAS_CHROMIUM, launchChromium, openPage } from './browser.js';

const folder = temporaryFolder();

interface TextOnGround {
  readonly text: string;
  /** Red, green, blue, and how much covers what is behind. */
  readonly ink: readonly number[];
  /** What is behind, the nearest first. */
  readonly grounds: readonly (readonly number[])[];
  readonly pixels: number;
  readonly bold: boolean;
}

/** Every text that is shown, with its colours, as the browser has worked them out. */
const TEXTS = `(() => {
  const colour = (text) => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    return numbers.length === 3 ? [...numbers, 1] : numbers;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { textContent, parentElement: element } = walker.currentNode;
    const text = textContent.trim();
    if (text === '' || !element.checkVisibility({ checkVisibilityCSS: true })) continue;
    if (['SCRIPT', 'STYLE', 'OPTION'].includes(element.tagName)) continue;
    // What cannot be used need not stand out.
    if (element.closest(':disabled')) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const grounds = [];
    for (let each = element; each !== null; each = each.parentElement) {
      grounds.push(colour(getComputedStyle(each).backgroundColor));
    }
    const pixels = parseFloat(fontSize);
    found.push({ text, ink: colour(color), grounds, pixels, bold: Number(fontWeight) >= 700 });
  }
  return found;
})()`;

const over = (above: readonly number[], below: readonly number[]): number[] =>
  [0, 1, 2].map((i) => above[i]! * above[3]! + below[i]! * (1 - above[3]!));

/** Source: WCAG 2.2, "relative luminance". */
function luminance(colour: readonly number[]): number {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrastOf({ ink, grounds }: TextOnGround): number {
  const ground = grounds.reduceRight<readonly number[]>(
    (below, above) => over(above, below),
    [255, 255, 255],
  );
  const [one, other] = [luminance(over(ink, ground)), luminance(ground)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** Large text may stand out less. Source: WCAG 2.2, 1.4.3. */
const wanted = ({ pixels, bold }: TextOnGround): number =>
  pixels >= 24 || (bold && pixels >= 18.66) ? 3 : 4.5;

async function faintTexts(page: Page): Promise<string[]> {
  const texts = await page.evaluate<readonly TextOnGround[]>(TEXTS);
  expect(texts.length).toBeGreaterThan(100);
  return texts
    .filter((each) => contrastOf(each) < wanted(each))
    .map((each) => `${contrastOf(each).toFixed(2)}: ${each.text}`);
}

describe('contrast', () => {
  it('is that of the standard', () => {
    const on = (ink: readonly number[], ground: readonly number[]): number =>
      contrastOf({ text: '', ink, grounds: [ground], pixels: 15, bold: false });
    expect(on([0, 0, 0, 1], [255, 255, 255, 1])).toBeCloseTo(21);
    expect(on([118, 118, 118, 1], [255, 255, 255, 1])).toBeCloseTo(4.54, 2);
    expect(on([0, 0, 0, 0.5], [0, 0, 0, 0])).toBeCloseTo(
      on([127.5, 127.5, 127.5, 1], [0, 0, 0, 0]),
    );
  });
});

describe.skipIf(!HAS_CHROMIUM)('the page', () => {
  let browser: Browser;
  let file: string;
  beforeAll(async () => {
    browser = await launchChromium();
    file = folder.at('page.html');
    await succeed(['replay', EXAMPLE, '--host', EXAMPLE_HOST, '-q', '--report', file]);
  });
  afterAll(() => browser.close());

  const ground = (page: Page): Promise<string> =>
    page.evaluate<string>('getComputedStyle(document.body).backgroundColor');

  it.each(['light', 'dark'] as const)('can be read where the reader prefers %s', async (scheme) => {
    const { page, complaints } = await openPage(browser, file);
    await page.emulateMedia({ colorScheme: scheme });
    expect(await faintTexts(page)).toEqual([]);
    const [red] = /\d+/.exec(await ground(page))!;
    if (scheme === 'dark') expect(Number(red)).toBeLessThan(64);
    else expect(Number(red)).toBeGreaterThan(192);
    // The frames of a flow stand in a window of their own.
    await page.locator('#flows tbody tr').first().getByRole('button').click();
    expect(await faintTexts(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('would be found out where a text is faint', async () => {
    const { page } = await openPage(browser, file);
    await page.evaluate(
      'document.documentElement.style.setProperty("--soft", "rgb(170, 170, 170)")',
    );
    expect((await faintTexts(page)).length).toBeGreaterThan(10);
  });

  it.each([320, 390])('is no wider than a phone of %d pixels', async (width) => {
    const { page, complaints } = await openPage(browser, file);
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      width,
    );
    // What is wider stands in a part that is moved by itself, and can be reached by keyboard.
    const wide = await page.evaluate<number>(
      `[...document.querySelectorAll('body *')].filter((each) =>
        each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0 &&
        /auto|scroll/.test(getComputedStyle(each).overflowX) && each.matches('.scroll') && each.tabIndex < 0
      ).length`,
    );
    expect(wide).toBe(0);
    // Words stand whole: no text is squeezed to a column of syllables.
    const squeezed = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.cards td, table:not(.cards) td')].filter((each) =>
        each.clientWidth > 0 && each.textContent.trim().length > 3 && each.clientWidth < 40
      ).map((each) => each.textContent)`,
    );
    expect(squeezed).toEqual([]);
    const frames = page.locator('#flows tbody tr').first().getByRole('button');
    await frames.click();
    const box = (await page.getByRole('dialog').boundingBox())!;
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    expect(complaints).toEqual([]);
  });
});
