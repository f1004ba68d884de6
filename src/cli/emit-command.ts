/**
 * Bundles the command: `dist/cli.js`, as the compiler wrote it, and all that it imports become that
 * file and one in `dist/command` for each part that some commands share. Reading hundreds of small
 * files is most of what a small job would take (decision 0025). The library stays as it is.
 *
 * What others wrote and is bundled keeps its licences, in `dist/command/LICENSES.txt`.
 */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { rolldown } from 'rolldown';

import { packageFile } from '../package-file.js';

const DIST = packageFile('dist');
const CHUNKS = path.join(DIST, 'command');

/** Commander loads what runs programs, and with it sockets; the command runs none by it. */
const WITHOUT_PROGRAMS = {
  name: 'commander-without-programs',
  transform: (code: string, id: string): string | null => {
    if (!/[\\/]commander[\\/]lib[\\/]command\.js$/.test(id)) return null;
    const load = `require('node:child_process')`;
    if (code.split(load).length !== 2) throw new Error('commander loads programs in another way');
    return code.replace(load, '{}');
  },
};

const bundle = await rolldown({
  input: { cli: path.join(DIST, 'cli.js') },
  platform: 'node',
  cwd: DIST,
  plugins: [WITHOUT_PROGRAMS],
});
const { output } = await bundle.write({
  dir: DIST,
  format: 'esm',
  chunkFileNames: 'command/[name].js',
  // Each file costs a millisecond to find and link, whatever is in it. So what every run needs is one,
  // what reads captures another, what makes a host of documents, and what judges; each with all that
  // it imports. The entry stays apart: it waits for its command, whose files import the first.
  codeSplitting: {
    groups: [
      { name: 'start', tags: ['$initial'], test: /^(?!.*[\\/]dist[\\/]cli\.js$)/, priority: 4 },
      { name: 'captures', test: /[\\/]dist[\\/]cli[\\/]commands[\\/]decode\.js$/, priority: 3 },
      { name: 'model', test: /[\\/]dist[\\/]load-host\.js$/, priority: 2 },
      { name: 'judge', test: /[\\/]dist[\\/]cli[\\/]commands[\\/]replay\.js$/, priority: 1 },
    ],
  },
});
await bundle.close();

const modules = output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
writeFileSync(path.join(CHUNKS, 'LICENSES.txt'), licencesOf(modules));

// What earlier builds left, and the map of the file that is no more.
const made = new Set(['LICENSES.txt', ...output.map(({ fileName }) => path.basename(fileName))]);
for (const name of readdirSync(CHUNKS)) if (!made.has(name)) rmSync(path.join(CHUNKS, name));
rmSync(path.join(DIST, 'cli.js.map'), { force: true });

function licencesOf(files: readonly string[]): string {
  const roots = files.flatMap(
    (file) => /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(file) ?? [],
  );
  return [...new Set(roots)].sort().map(licenceOf).join('\n');
}

/** Every package that is bundled has its licence in a file; one that has not fails the build. */
function licenceOf(root: string): string {
  const manifest = readFileSync(path.join(root, 'package.json'), 'utf8');
  const { name, version } = JSON.parse(manifest) as { name: string; version: string };
  const file = readdirSync(root).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  return `${name} ${version}\n\n${readFileSync(path.join(root, file), 'utf8').trim()}\n`;
}
