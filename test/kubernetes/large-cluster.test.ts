/** The memory of a large cluster, from its file to an engine that judges. Source: hns.md 12. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();

const PEAK_BYTES_MAX = 1e9;

const href = (path: string): string => new URL(`../../${path}`, import.meta.url).href;

it(
  'compiles 10,000 pods, 1,000 policies and 100,000 ACLs in 1 GB',
  { timeout: 120_000 },
  async () => {
    const { cluster } = (await import(href('bench/large-policies.mjs'))) as {
      readonly cluster: (namespaces: number) => unknown;
    };
    const file = folder.at('cluster.json');
    writeFileSync(file, JSON.stringify(cluster(100), null, 1));
    const script = `
    const { Simulator, loadHost } = await import(process.argv[1]);
    const platform = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' };
    const { compiled } = await loadHost({ policies: [process.argv[2]], platform });
    const simulator = new Simulator(compiled);
    // The sender may send to that application at the first port alone; the receiver takes neither.
    const [src, dst] = ['10.100.0.1', '10.100.0.6'];
    const judged = [9005, 9006].map((dport) => simulator.judge([{ proto: 'tcp', src, dst, dport }])[0]);
    const switchRules = compiled.host.rules.filter(({ stage }) => stage === 'switch');
    console.log(JSON.stringify({
      endpoints: compiled.host.endpoints.length,
      rules: switchRules.length,
      verdicts: judged.map((records) => records.map(({ verdict }) => verdict)),
      peak: process.resourceUsage().maxRSS * 1024,
    }));
  `;
    const args = ['--input-type=module', '-e', script, href('dist/index.js'), file];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { peak, ...result } = JSON.parse(stdout) as { readonly peak: number };
    expect(result).toEqual({
      endpoints: 10_000,
      rules: 100_000,
      verdicts: [['allow', 'drop'], ['drop']],
    });
    expect(peak).toBeLessThan(PEAK_BYTES_MAX);
  },
);
