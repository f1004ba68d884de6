// Builds the engine: cmake-js when CMake is present, else the node-gyp that ships with npm.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(path.join(root, 'package.json'));
const flags = new Set(process.argv.slice(2));
const out = path.join(root, 'build', 'Release', 'portacl.node');
const onWindows = process.platform === 'win32';

const has = (command) =>
  spawnSync(command, ['--version'], { stdio: 'ignore', shell: onWindows }).status === 0;

const run = (command, args) =>
  spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: onWindows && command !== process.execPath,
  }).status === 0;

function withCMake() {
  const args = ['build', '-d', 'native', '-O', 'build'];
  let local;
  try {
    local = require.resolve('cmake-js/bin/cmake-js');
  } catch {
    // An installed package has no devDependencies: let npm bring the tool.
    return run('npm', ['exec', '--yes', '--package=cmake-js@8', '--', 'cmake-js', ...args]);
  }
  return run(process.execPath, [local, ...args]);
}

function withGyp() {
  // Node usually carries its own headers; naming them keeps node-gyp off the network.
  const prefix = path.resolve(process.execPath, '..', '..');
  const args = ['rebuild', '-j', 'max'];
  if (existsSync(path.join(prefix, 'include', 'node', 'node_api.h'))) {
    args.push(`--nodedir=${prefix}`);
  }
  const gyp = process.env.npm_config_node_gyp; // set by `npm run`
  return gyp ? run(process.execPath, [gyp, ...args]) : run('node-gyp', args);
}

const gypFile = existsSync(path.join(root, 'binding.gyp'));
const useGyp = flags.has('--gyp') || (gypFile && !has('cmake'));
if (useGyp && !flags.has('--gyp'))
  console.error('CMake not found: building with node-gyp instead.');
if (!(useGyp ? withGyp() : withCMake()) || !existsSync(out)) {
  console.error(
    [
      '',
      'The native engine was not built. It needs a C++20 compiler (GCC 11+, Clang 14+ or MSVC 2022)',
      'and CMake 3.20+ (or Python 3 for node-gyp). Install them, then run: npm run build:native',
      '  Debian/Ubuntu: sudo apt-get install build-essential cmake ninja-build',
      '  macOS:         xcode-select --install && brew install cmake',
      '',
    ].join('\n'),
  );
  process.exit(1);
}
if (flags.has('--prebuild')) {
  const musl =
    process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  const dir = path.join(root, 'prebuilds');
  mkdirSync(dir, { recursive: true });
  cpSync(out, path.join(dir, `${process.platform}${musl ? 'musl' : ''}-${process.arch}.node`));
}
