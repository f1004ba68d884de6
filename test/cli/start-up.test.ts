/**
 * The command starts quickly: reading files is most of what a small job takes, and how many there
 * are does not depend on what else the machine does. `bench/start-up.mjs` measures the time.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { EXAMPLE, EXAMPLE_HOST, ROOT, succeed, temporaryFolder } from './run.js';

const folder = temporaryFolder();

/** Source files that Node reads for a run, by its own account. */
async function filesRead(name: string, args: readonly string[]): Promise<string[]> {
  await succeed(args, { env: { NODE_V8_COVERAGE: folder.at(name) } });
  const [report] = readdirSync(folder.at(name));
  const { result } = JSON.parse(readFileSync(path.join(folder.at(name), report!), 'utf8')) as {
    readonly result: readonly { readonly url: string }[];
  };
  return result.map(({ url }) => url).filter((url) => url.startsWith('file:'));
}

describe('portacl reads few files to start', () => {
  it('for its help', async () => {
    const files = await filesRead('help', ['--help']);
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThanOrEqual(4);
  });

  it('for a small replay', async () => {
    const files = await filesRead('replay', ['replay', EXAMPLE, '--host', EXAMPLE_HOST]);
    expect(files.length).toBeLessThanOrEqual(12);
    expect(files.filter((url) => url.includes('node_modules'))).toEqual([]);
  });
});

describe('what others wrote', () => {
  it('is bundled with its licences', () => {
    const text = readFileSync(path.join(ROOT, 'dist/command/LICENSES.txt'), 'utf8');
    const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    // The headers of node-addon-api are for who builds the engine.
    const bundled = Object.entries(dependencies).filter(([name]) => name !== 'node-addon-api');
    for (const [name, version] of bundled) expect(text).toContain(`${name} ${version}\n`);
    expect(text.match(/Permission/g)).toHaveLength(bundled.length);
  });
});
