// Builds and runs the core's unit tests: `node native/test.mjs [sanitizers [names]]`, for example
// address,undefined, or thread with a regular expression of the names of tests.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const sanitize = process.argv[2] ?? '';
const names = process.argv[3] === undefined ? [] : ['-R', process.argv[3]];
const build = path.join('build', sanitize ? `core-${sanitize.replaceAll(',', '-')}` : 'core');
const config = sanitize ? 'RelWithDebInfo' : 'Release';
const steps = [
  [
    'cmake',
    ...['-S', 'native', '-B', build, '-DPORTACL_TESTS=ON', `-DCMAKE_BUILD_TYPE=${config}`],
    `-DPORTACL_SANITIZE=${sanitize}`,
    // Half the time of -O2 -g to compile, and assertions stay.
    '-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1',
  ],
  ['cmake', '--build', build, '-j', '2'],
  ['ctest', '--test-dir', build, '--output-on-failure', '-j', '2', ...names],
];
for (const [command, ...args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
