// How long large policies take from text to a running engine: `node bench/scale.mjs [--smoke]`.
// Each in a process of its own, as a user has it: lists of HNS ACLs at one endpoint, and
// NetworkPolicies of a cluster. Prints time, processor time and peak memory, each with its target;
// what JSON.parse alone takes is printed beside, as the measure of the machine.
// The targets are those of hns.md 12 and performance.md.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

import { Simulator, loadHost } from '../dist/index.js';
import { acls, cluster } from './large-policies.mjs';

const PLATFORM = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' };

/** Targets in seconds of the clock, and in bytes of peak memory. */
const CASES = [
  {
    ...{ name: '64,000 ACLs', make: () => acls(64_000), small: () => acls(640) },
    ...{ platform: { ...PLATFORM, endpoint: '10.1.0.5' }, targets: { compiled: 1 } },
  },
  {
    ...{ name: '100,000 ACLs', make: () => acls(100_000), small: () => acls(1000) },
    ...{ platform: { ...PLATFORM, endpoint: '10.1.0.5' }, targets: { judging: 2 } },
  },
  {
    ...{ name: '10,000 pods, 1,000 policies', make: () => cluster(100), small: () => cluster(2) },
    ...{ platform: PLATFORM, targets: { compiled: 5, peak: 1e9 } },
  },
];

async function measure(file, platform, targets) {
  const verdict = (value, target, text) =>
    target === undefined ? '' : ` (target ${text}: ${value < target ? 'met' : 'missed'})`;
  const took = (before, target) => {
    const wall = (performance.now() - before) / 1000;
    const { user, system } = process.cpuUsage();
    const processor = ((user + system) / 1e6).toFixed(2);
    return `${wall.toFixed(2)} s${verdict(wall, target, `${target} s`)}, processor ${processor} s`;
  };
  const begin = performance.now();
  const { compiled } = await loadHost({ policies: [file], platform });
  const lists = compiled.host.endpoints.flatMap(({ switchStage }) =>
    switchStage.kind === 'acl' ? [...switchStage.in, ...switchStage.out] : [],
  );
  const rules = lists.reduce((sum, list) => sum + list.rules.length, 0);
  console.log(
    `  compiled  ${took(begin, targets.compiled)}; ${rules.toLocaleString('en-US')} rules`,
  );
  new Simulator(compiled).judge([{ proto: 'tcp', src: '10.0.0.1', dst: '10.1.0.5', dport: 80 }]);
  console.log(`  judging   ${took(begin, targets.judging)} in all`);
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(
    `  peak      ${Math.round(peak / 2 ** 20)} MiB${verdict(peak, targets.peak, '1 GB')}`,
  );
}

function parseAlone(file) {
  const text = readFileSync(file, 'utf8');
  const before = process.cpuUsage();
  JSON.parse(text);
  const { user, system } = process.cpuUsage(before);
  console.log(`  JSON.parse alone: processor ${((user + system) / 1e6).toFixed(2)} s`);
}

const [mode, file, ...rest] = process.argv.slice(2);
if (mode === '--measure') {
  await measure(file, ...rest.map((text) => JSON.parse(text)));
} else if (mode === '--parse') {
  parseAlone(file);
} else {
  const isSmoke = mode === '--smoke';
  const folder = mkdtempSync(path.join(tmpdir(), 'portacl-scale-'));
  const run = (...args) => {
    const own = [fileURLToPath(import.meta.url), ...args];
    const { status } = spawnSync(process.execPath, own, { stdio: 'inherit' });
    if (status !== 0) throw new Error(`the measurement ended with ${status}`);
  };
  try {
    for (const { name, make, small, platform, targets } of CASES) {
      console.log(isSmoke ? `${name}, a hundredth of it` : name);
      const policies = path.join(folder, 'policies.json');
      writeFileSync(policies, JSON.stringify(isSmoke ? small() : make(), null, 1));
      const of = isSmoke ? {} : targets;
      run('--measure', policies, JSON.stringify(platform), JSON.stringify(of));
      run('--parse', policies);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
