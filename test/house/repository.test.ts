/** What must hold of the tree as a whole: names, generated files, nothing of one's own machine. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, filesBelow, read, trackedFiles } from './tree.js';

const tracked = trackedFiles();
const text = (tracked ?? []).filter(
  (file) => !/\.(pcap|pcapng|bin|gz|zst|png|parquet)$/.test(file),
);

describe('names', () => {
  it('names no file or folder a utility drawer', () => {
    const drawer = /(?:^|\/)(?:utils?|helpers?|common|misc|manager)(?:[./-]|$)/i;
    const files = ['src', 'native', 'test', 'bench', 'examples'].flatMap((folder) =>
      filesBelow(folder, /\.(?:ts|mjs|cc|h)$/),
    );
    expect(files.filter((file) => drawer.test(file))).toEqual([]);
  });
});

describe('generated files', () => {
  it.each(['native/core/program/layout.h', 'native/core/base/error_code.h'])(
    '%s says that it is generated',
    (file) => {
      expect(read(file)).toMatch(/^\/\/ Generated from /);
    },
  );

  it('equal what their generators write', () => {
    const generator = path.join(ROOT, 'dist/program/emit-headers.js');
    const { status, stderr } = spawnSync(process.execPath, [generator, '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe.skipIf(tracked === null)('the top level', () => {
  it('holds what is known and nothing that somebody left there', () => {
    const known = [
      ...['bench', 'docs', 'examples', 'native', 'schemas', 'src', 'test', '.ci'],
      ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md'],
      ...['package.json', 'package-lock.json', 'binding.gyp', 'typedoc.json'],
      ...['tsconfig.json', 'tsconfig.check.json', 'eslint.config.mjs', 'vitest.config.mjs'],
      ...['.clang-format', '.editorconfig', '.gitattributes', '.gitignore', '.npmrc'],
      ...['.prettierignore', '.prettierrc.json'],
    ];
    const entries = new Set(tracked!.map((file) => file.split('/')[0]!));
    expect([...entries].filter((entry) => !known.includes(entry))).toEqual([]);
  });
});

describe.skipIf(tracked === null)('tracked text files', () => {
  it('name no folder of anybody’s machine', () => {
    // Put together here, so that this file is not its own finding.
    const homes = ['home', 'Users', 'root'].map((name) => ['', name, ''].join('/'));
    const parent = path.dirname(path.resolve(ROOT));
    // A clone below a folder such as /src would find its own relative paths.
    const ordinary = new Set(['', 'tmp', ...text.flatMap((file) => file.split('/').slice(0, -1))]);
    const places = ordinary.has(path.basename(parent)) ? homes : [...homes, `${parent}/`];
    const hits = text.flatMap((file) => {
      const content = read(file);
      return places.filter((place) => content.includes(place)).map((place) => `${file}: ${place}`);
    });
    expect(hits).toEqual([]);
  });

  it('leave download addresses out of the lock file', () => {
    expect(read('package-lock.json') + read('.ci/peers/package-lock.json')).not.toMatch(
      /"resolved": "https?:/,
    );
  });

  it('end with a line feed and have no trailing space', () => {
    const ours = text.filter((file) => /\.(?:ts|mjs|cc|h|json|yaml|md)$/.test(file));
    const wrong = ours.filter((file) => {
      const content = read(file);
      return content !== '' && (!content.endsWith('\n') || /[ \t]$/m.test(content));
    });
    expect(wrong).toEqual([]);
  });
});
