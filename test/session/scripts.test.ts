/** Sessions of the built package over time and in threads. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const built = existsSync(path.join(import.meta.dirname, '../../dist/index.js'));

function run(...argv: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

describe.skipIf(!built)('sessions of the built package', () => {
  it('leave memory as it was, a thousand alive at a time', () => {
    expect(run('--expose-gc', 'soak.mjs', '12')).toMatch(
      /^12 rounds of 1000 sessions: .* 0 sessions left\n$/,
    );
  });

  it('work in threads, also in one that is ended', () => {
    expect(run('workers.mjs')).toBe('200 sessions in 4 threads, 0 wrong\n');
  });
});
