/** The examples as they are written: each is run, and does what it says. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { ROOT, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();

function run(command: string, env: Readonly<Record<string, string>> = {}): string {
  const node = JSON.stringify(process.execPath);
  const local = command
    .replace(/^npx portacl\b/, `${node} dist/cli.js`)
    .replace(/^node /, `${node} `);
  const { status, stdout, stderr } = spawnSync(local, {
    ...{ cwd: ROOT, encoding: 'utf8', shell: true },
    env: { ...process.env, ...env },
  });
  expect(stderr.replaceAll(/^.*warn(?:ing)?\b.*$/gim, '').trim()).toBe('');
  return `${stdout}exit ${status}`;
}

describe('the job of a pull request', () => {
  const job = parse(readFileSync(path.join(ROOT, 'examples/gate/pull-request.yml'), 'utf8')) as {
    readonly jobs: { readonly gate: { readonly steps: { name?: string; run?: string }[] } };
  };
  const steps = job.jobs.gate.steps.flatMap(({ name, run: command }) =>
    name === undefined || command === undefined ? [] : [[name, command] as const],
  );

  it('has steps to run', () => {
    expect(steps.map(([name]) => name)).toEqual(['lint', 'cases', 'replay']);
  });

  it.each(steps)('%s holds for the policies as they are', (_, command) => {
    expect(run(command, { BASE: '.' })).toMatch(/exit 0$/);
  });

  it('fails for a branch that drops what its base allowed, and names it', () => {
    const [, command] = steps.at(-1)!;
    // The base had no database policy.
    const base = folder.at('base');
    cpSync(path.join(ROOT, 'examples/web-pod'), path.join(base, 'examples/web-pod'), {
      recursive: true,
    });
    const host = path.join(base, 'examples/web-pod/host.yaml');
    const text = readFileSync(host, 'utf8');
    const without = text.replace(/^ *policies:.*db\.policy\.json.*\n/m, '');
    expect(without).not.toBe(text);
    writeFileSync(host, without);
    const output = run(command, { BASE: base });
    expect(output).toMatch(
      / are dropped now\n[^]* {2}db in tcp \S+ > 10\.244\.1\.20:\d+: db-block-rest \(switch, rule\)/,
    );
    expect(output).toMatch(/exit 1$/);
  });
});

describe('the notebook', () => {
  it('answers from the records of a replay', () => {
    const output = run('node examples/notebook/drops.mjs');
    expect(output).toMatch(/^(?:asked by DuckDB|DuckDB is not installed: asked by hyparquet)/);
    expect(output).toMatch(/Drops by reason and rule\n {2}implicit-deny {4}476\n/);
    expect(output).toMatch(/most often, by flows\n {2}10\.244\.1\.10 {2}71\n/);
    expect(output).toMatch(/exit 0$/);
  });
});
