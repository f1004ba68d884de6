// Drivers that hold ours against peers of Debian's packages, built when they are wanted, against the core
// that `npm run build` has left.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const CORE = path.join(root, 'build/libportacl_core.a');

/**
 * The program of `bench/NAME.cc`, which needs DPDK; null, said with the reason, where parts are
 * missing.
 */
export function buildPeerDriver(name, peer) {
  const skip = (why) => {
    console.log(`${peer}: skipped, ${why}`);
    return null;
  };
  if (!existsSync(CORE)) return skip('the core is not built; run npm run build');
  const dpdk = spawnSync('pkg-config', ['--cflags', '--libs', 'libdpdk'], { encoding: 'utf8' });
  if (dpdk.status !== 0) return skip('libdpdk-dev is not installed');
  const folder = path.join(root, 'build/peers');
  mkdirSync(folder, { recursive: true });
  const out = path.join(folder, name);
  const includes = ['native/core', 'native'].map((each) => `-I${path.join(root, each)}`);
  const source = path.join(root, 'bench', `${name}.cc`);
  const flags = ['-O3', '-std=c++20', '-w', ...includes, source, '-o', out, CORE];
  // The flags of pkg-config say what to include and what to link, behind what needs it.
  const built = spawnSync('g++', [...flags, ...dpdk.stdout.trim().split(/\s+/), '-ldl'], {
    encoding: 'utf8',
  });
  if (built.status === 0) return out;
  return skip(`the driver does not build: ${(built.stderr ?? '').trim().split('\n').at(-1)}`);
}
