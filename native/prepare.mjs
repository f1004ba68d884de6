// What npm runs after `npm ci`, and before the first `npx portacl` of a clone: that one finds built
// what the other has built.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const isBuilt = ['dist/cli.js', 'build/Release/portacl.node'].every((file) =>
  existsSync(path.join(root, file)),
);
if (process.env.npm_command !== 'exec' || !isBuilt) {
  const onWindows = process.platform === 'win32';
  const { status } = spawnSync('npm', ['run', 'build'], {
    ...{ cwd: root, stdio: 'inherit', shell: onWindows },
  });
  process.exitCode = status ?? 1;
}
