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

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const project = mkdtempSync(path.join(tmpdir(), 'portacl-peers-'));
process.on('exit', () => rmSync(project, { recursive: true, force: true }));

/** Runs a program in the project, and says what came of it. */
function run(what, command, args, timeout) {
  const env = { ...process.env, PORTACL_ROOT: root };
  const options = { cwd: project, env, encoding: 'utf8', timeout, maxBuffer: 64 << 20 };
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, options);
  const good = status === 0;
  const how = good ? 'good' : `FAILED, ${error?.message ?? signal ?? `exit code ${status}`}`;
  console.log(`${stdout}${stderr}${what}: ${how}`);
  return good;
}

cpSync(path.join(root, '.ci/peers'), project, { recursive: true });
const ci = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-timeout=60000'];
// Once more: a connection that breaks among hundreds of downloads says nothing of the package.
if (!run('npm ci', 'npm', ci, 200_000) && !run('npm ci again', 'npm', ci, 200_000)) process.exit(1);
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
// One that fails says nothing of the others.
let failed = false;
const tries = [
  ['types of Jest', [tsc, '-p', '.']],
  ['Jest', ['--experimental-vm-modules', '--no-warnings', jest, '--ci']],
  ['DuckDB', ['tables.mjs']],
];
for (const [what, args] of tries) failed = !run(what, node, args, 300_000) || failed;
process.exit(failed ? 1 : 0);
