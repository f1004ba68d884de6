/**
 * The command starts quickly: reading files is most of what a small job takes, and how many there
 * are does not depend on what else the machine does. `bench/start-up.mjs` measures the time.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

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

/** Modules of Node itself that are loaded when a run ends. */
async function builtinsLoaded(name: string, args: readonly string[]): Promise<string[]> {
  const at = folder.at(name);
  const script = `process.on('exit', () => process.getBuiltinModule('node:fs').writeFileSync(
    ${JSON.stringify(at)}, JSON.stringify(process.moduleLoadList)))`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(script)}`;
  await succeed(args, { env: { NODE_OPTIONS } });
  return JSON.parse(readFileSync(at, 'utf8')) as string[];
}

describe('portacl loads no part of Node that it has no use for', () => {
  const SLOW = ['net', 'tty', 'zlib', 'child_process', 'readline'].map(
    (of) => `NativeModule ${of}`,
  );

  it.each([
    ['its help', ['--help']],
    ['a small replay', ['replay', EXAMPLE, '--host', EXAMPLE_HOST]],
  ])('for %s', async (name, args) => {
    const loaded = await builtinsLoaded(name.replaceAll(' ', '-'), args);
    expect(loaded).toContain('NativeModule fs');
    expect(loaded.filter((each) => SLOW.includes(each))).toEqual([]);
  });

  it('but all of it where it is wanted', async () => {
    const packed = folder.write('capture.pcap.gz', gzipSync(readFileSync(EXAMPLE)));
    const loaded = await builtinsLoaded('gzip', ['replay', packed, '--host', EXAMPLE_HOST]);
    expect(loaded).toContain('NativeModule zlib');
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
