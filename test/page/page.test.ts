/** `--report`: the page as a browser shows it, and what it must never do with hostile names. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { explainCommand } from '../../src/page/explain-command.js';
import type { ReplayReport } from '../../src/report/replay-report.js';
import { ENDPOINT, pcap, tcpSyn } from '../cli/captures.js';
import { EXAMPLE, EXAMPLE_HOST, L2BRIDGE, portacl, succeed, temporaryFolder } from '../cli/run.js';
import { HAS_CHROMIUM, launchChromium, openPage } from './browser.js';

const folder = temporaryFolder();
async function write(name: string, capture: string, ...model: string[]): Promise<string> {
  const file = folder.at(name);
  await succeed(['replay', capture, '-q', ...model, '--report', file]);
  return file;
}

describe('the file', () => {
  it('needs nothing else, allows only what it has hashed, and is the same twice', async () => {
    const one = await write('one.html', EXAMPLE, '--host', EXAMPLE_HOST);
    const two = await write('two.html', EXAMPLE, '--host', EXAMPLE_HOST);
    const html = readFileSync(one, 'utf8');
    expect(readFileSync(two, 'utf8')).toBe(html);
    expect(html).toMatch(
      /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-/,
    );
    expect(html).not.toMatch(/https?:|unsafe|\ssrc=|\sstyle=/);
    expect(folder.list()).toEqual(['one.html', 'two.html']);
  });

  it('is not there when the capture cannot be read', async () => {
    const junk = folder.write('junk.pcap', 'no capture');
    const args = ['replay', junk, '--endpoint', ENDPOINT, ...L2BRIDGE, '-q'];
    expect(await portacl([...args, '--report', folder.at('junk.html')])).toMatchObject({ code: 1 });
    expect(folder.list().filter((name) => name.startsWith('junk.html'))).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('the command for a frame', () => {
  const report = (...files: string[]): ReplayReport =>
    ({ captures: files.map((file) => ({ file })) }) as unknown as ReplayReport;

  it.each(['plain.pcap', 'a b', "it's", '$(touch x)', '`x`', 'a;b', 'a"b', 'ü*?', '~x', '#'])(
    'is taken by a shell as it is meant: %s',
    (name) => {
      const { before, after } = explainCommand(report(name), ['--host', name])!;
      const command = `${before}7${after}`.replace('portacl explain', "printf '%s\\n'");
      const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
      expect(stdout.split('\n')).toEqual([name, '--frame', '7', '--host', name, '']);
    },
  );

  it('is none where it could not be', () => {
    expect(explainCommand(report('a.pcap'), undefined)).toBeNull();
    expect(explainCommand(report('a.pcap', 'b.pcap'), [])).toBeNull();
    expect(explainCommand(report('-'), [])).toBeNull();
    expect(explainCommand(report('a\nb'), [])).toBeNull();
    expect(explainCommand(report('a.pcap'), ['--endpoint', 'a\u001b[2J'])).toBeNull();
  });
});

describe.skipIf(!HAS_CHROMIUM)('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  const open = (file: string): ReturnType<typeof openPage> => openPage(browser, file);
  const said = (page: Page): Promise<string> => page.locator('#said').innerText();

  it('shows, finds and sorts flows without a complaint', async () => {
    const { page, complaints } = await open(
      await write('web.html', EXAMPLE, '--host', EXAMPLE_HOST),
    );
    expect(await page.locator('.lane').count()).toBe(6);
    expect(await page.locator('section svg.chart rect').count()).toBeGreaterThan(50);
    const all = await said(page);
    await page.selectOption('#verdict', 'drop');
    expect(await said(page)).not.toBe(all);
    await page.fill('#find', 'web-block-management');
    await expect.poll(() => said(page)).toMatch(/^1 to \d of \d flows$/);
    const row = await page.locator('#flows tbody tr').first().innerText();
    expect(row).toMatch(/drop.*web-block-management.*web\.policy\.json:13:3/s);
    await page.fill('#find', 'nothing has this name');
    await expect.poll(() => said(page)).toBe('No flow fits.');
    await page.fill('#find', '');
    await page.selectOption('#verdict', '');
    const packets = page.getByRole('button', { name: 'Packets', exact: true });
    const column = async (): Promise<number[]> =>
      (await page.locator('#flows tbody tr td:nth-child(7)').allInnerTexts()).map((cell) =>
        Number(cell.replaceAll(',', '')),
      );
    await packets.focus();
    await page.keyboard.press('Enter');
    const down = await column();
    expect(down).toEqual([...down].sort((a, b) => b - a));
    await packets.click();
    const up = await column();
    expect(up).toEqual([...up].sort((a, b) => a - b));
    expect(complaints).toEqual([]);
  });

  it('leads from a flow to its rule and the lines of the policy', async () => {
    const { page, complaints } = await open(
      await write('rules.html', EXAMPLE, '--host', EXAMPLE_HOST),
    );
    await page.fill('#find', 'web-block-management');
    const rule = page.locator('#flows tbody tr', { hasText: 'drop' }).first().getByRole('link');
    const lines = page.locator('details[open] pre');
    expect(await lines.count()).toBe(0);
    await rule.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => lines.count()).toBe(1);
    const shown = await lines.innerText();
    expect(shown).toContain('"Id": "web-block-management"');
    // The rule's own lines, and no other's.
    expect(shown.match(/"Id"/g)).toHaveLength(1);
    expect(await page.locator('#flows tbody tr', { hasText: 'host default' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('says how the frames of a flow can be seen, by keyboard alone', async () => {
    const { page, complaints } = await open(
      await write('frames.html', EXAMPLE, '--host', EXAMPLE_HOST),
    );
    await page.fill('#find', 'web-block-management');
    await expect.poll(() => said(page)).toMatch(/^1 to \d of \d flows$/);
    const frames = page.locator('#flows tbody tr').first().getByRole('button');
    const shown = await frames.innerText();
    await frames.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await expect.poll(() => dialog.isVisible()).toBe(true);
    const ends = new Set(shown.split('-'));
    const commands = await dialog.locator('#frames-ways code').allInnerTexts();
    expect(commands.slice(0, -1)).toEqual(
      [...ends].map(
        (frame) => `portacl explain ${EXAMPLE} --frame ${frame} --host ${EXAMPLE_HOST}`,
      ),
    );
    // What is copied does what it says.
    const [, ...words] = commands[0]!.split(' ');
    expect((await succeed(words)).stdout).toContain('web-block-management');
    expect(commands.at(-1)).toMatch(
      /^frame\.number .*&& ip\.addr == 10\.20\.3\.66 && ip\.addr == 10\.244\.1\.10 && tcp\.port == \d+ && tcp\.port == \d+$/,
    );
    expect(await dialog.locator('#frames-rule pre').innerText()).toContain(
      '"Id": "web-block-management"',
    );
    await page
      .getByRole('button', { name: /^Copy: Why frame/ })
      .first()
      .click();
    await expect.poll(() => page.locator('#frames-said').innerText()).toMatch(/^(Copied|Selected)/);
    expect(await page.evaluate<string>('getSelection().toString()')).toBe(commands[0]);
    await page.keyboard.press('Escape');
    expect(await dialog.isVisible()).toBe(false);
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe(shown);
    expect(complaints).toEqual([]);
  });

  it('leads from a rule to its first frame, and from a reason and a peer to their flows', async () => {
    const { page, complaints } = await open(
      await write('leads.html', EXAMPLE, '--host', EXAMPLE_HOST),
    );
    const row = page.locator('tr', { hasText: 'db-block-rest' }).first();
    await row.getByRole('button', { name: /^Frame / }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.innerText()).toMatch(/^Frame 333\n.*db-block-rest/s);
    await page.getByRole('button', { name: 'Close' }).click();
    expect(await dialog.isVisible()).toBe(false);
    const all = await said(page);
    for (const wanted of ['non-syn-without-state', '10.20.3.66']) {
      await page.getByRole('button', { name: `${wanted}, find among the flows` }).click();
      expect(await page.inputValue('#find')).toBe(wanted);
      expect(await said(page)).not.toBe(all);
      expect(await page.locator('#flows tbody tr').first().innerText()).toContain(wanted);
    }
    expect(complaints).toEqual([]);
  });

  it('has no command where a frame number does not say which capture it is of', async () => {
    const [one, two] = ['one.pcap', 'two.pcap'].map((name) => folder.write(name, pcap([tcpSyn()])));
    const args = [two!, '--endpoint', ENDPOINT, ...L2BRIDGE];
    const { page } = await open(await write('several.html', one!, ...args));
    await page.locator('#flows tbody tr').first().getByRole('button').click();
    const codes = await page.locator('#frames-ways code').allInnerTexts();
    expect(codes).toEqual([expect.stringMatching(/^frame\.number/) as unknown]);
  });

  it('shows hostile names as the texts they are', async () => {
    const name = `</script><script>alert(2)</script><b>"'&`;
    const settings = { Action: 'Block', Direction: 'In', RuleType: 'Switch', Priority: 200 };
    const policies = folder.write(
      'hostile.json',
      JSON.stringify([{ Type: 'ACL', Settings: settings }]),
    );
    const capture = folder.write('</script><b>.pcap'.replaceAll('/', '_'), pcap([tcpSyn()]));
    const model = ['--policy', policies, '--endpoint', `${name}=${ENDPOINT}`, ...L2BRIDGE];
    const { page, complaints } = await open(await write('hostile.html', capture, ...model));
    expect(await page.locator('#flows tbody tr td:nth-child(2)').first().innerText()).toBe(name);
    expect(await page.locator('img, b:has-text(".pcap")').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('stays usable with 10,000 flows and more, and fits a phone', async () => {
    const frames = Array.from({ length: 10_500 }, (_, i) => tcpSyn({ sourcePort: i + 1 }));
    const capture = folder.write('many.pcap', pcap(frames));
    const { page, complaints } = await open(
      await write('many.html', capture, '--endpoint', ENDPOINT, ...L2BRIDGE),
    );
    expect(await said(page)).toBe('1 to 50 of 10,000 flows');
    const begin = Date.now();
    await page.fill('#find', ':10000');
    await expect.poll(() => said(page)).toBe('1 to 1 of 1 flows');
    expect(Date.now() - begin).toBeLessThan(5000);
    await page.setViewportSize({ width: 390, height: 800 });
    await page.locator('#flows tbody tr').first().getByRole('button').click();
    const box = (await page.getByRole('dialog').boundingBox())!;
    expect([box.x >= 0, box.x + box.width <= 390, box.y >= 0]).toEqual([true, true, true]);
    await page.keyboard.press('Escape');
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    // Every field of a flow is named, since the heads are no columns there.
    const field = page.locator('#flows tbody td').first();
    expect(await field.getAttribute('data-of')).toBe('Verdict');
    expect((await field.boundingBox())!.width).toBeGreaterThan(250);
    expect(width).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
  });
});
