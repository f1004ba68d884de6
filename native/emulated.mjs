// The contract of classifiers on a CPU that this machine is not: `node native/emulated.mjs` compiles
// what it needs for 64-bit ARM and runs it in qemu, so that the NEON kernel is held against the
// linear reference like the others. Needs g++-aarch64-linux-gnu, qemu-user and libgtest-dev.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const native = path.dirname(fileURLToPath(import.meta.url));
const gtest = '/usr/src/googletest/googletest';
const build = path.join(native, '../build/emulated');
const compiler = 'aarch64-linux-gnu-g++';
const flags = ['-std=c++20', '-O2', '-Wall', '-Wextra'];
const includes = ['core', '.', 'test'].flatMap((folder) => ['-I', path.join(native, folder)]);

/** @returns {Promise<void>} when the command ended well */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (status) => {
      if (status === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')}: ${status}`));
    });
  });
}

const wanted = /^(core\/(base|packet|program|layers|classifier)|platform)\//;
const sources = readFileSync(path.join(native, 'sources.txt'), 'utf8')
  .split('\n')
  .filter((source) => wanted.test(source))
  .map((source) => path.join(native, source));
sources.push(path.join(native, 'test/classifier_contract_test.cc'));
sources.push(path.join(gtest, 'src/gtest-all.cc'), path.join(gtest, 'src/gtest_main.cc'));

mkdirSync(build, { recursive: true });
const objects = sources.map((source, i) => path.join(build, `${i}-${path.basename(source)}.o`));
const next = sources.keys();
async function compileRest() {
  for (const i of next) {
    const own = ['-isystem', path.join(gtest, 'include'), '-I', gtest];
    await run(compiler, [...flags, ...includes, ...own, '-c', sources[i], '-o', objects[i]]);
  }
}
await Promise.all([compileRest(), compileRest()]);
const program = path.join(build, 'classifier_contract');
await run(compiler, ['-static', ...objects, '-o', program]);
await run('qemu-aarch64', [program, '--gtest_brief=1']);
