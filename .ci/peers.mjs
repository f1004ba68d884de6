// portacl under Jest's own runner, and its Parquet files in DuckDB. Both are too large to be
// dependencies of the project (decision 0033): they are installed apart, as their lock file says.
//
//   node .ci/peers.mjs
//
// Needs a built package, and from the network what npm has.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const project = mkdtempSync(path.join(tmpdir(), 'portacl-peers-'));
process.on('exit', () => rmSync(project, { recursive: true, force: true }));

function run(command, args, more = {}) {
  const env = { ...process.env, PORTACL_ROOT: root.replace(/\/$/, ''), ...more };
  return spawnSync(command, args, { cwd: project, env, encoding: 'utf8' });
}

function require(what, { status, stdout, stderr, error }) {
  console.log(`${stdout}${stderr}${what}: ${status === 0 ? 'good' : 'FAILED'}`);
  if (status === 0) return;
  if (error) console.error(error.message);
  process.exit(1);
}

cpSync(path.join(root, '.ci/peers'), project, { recursive: true });
require('npm ci', run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']));
// The package as it is built here.
symlinkSync(root, path.join(project, 'node_modules/portacl'), 'dir');

const jest = path.join(project, 'node_modules/jest/bin/jest.js');
const node = process.execPath;
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
const types = {
  compilerOptions: {
    ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'esnext.disposable'] },
    ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: ['jest', 'node'] },
    typeRoots: ['node_modules/@types', path.join(root, 'node_modules/@types')],
  },
  files: ['types.mts'],
};
writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify(types));
require('types of Jest', run(node, [tsc, '-p', '.']));
require('Jest', run(node, ['--experimental-vm-modules', '--no-warnings', jest, '--ci']));
require('DuckDB', run(node, ['tables.mjs']));
