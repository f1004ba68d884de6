// Checks the C++ sources with clang-format, or rewrites them with --write.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const native = path.dirname(fileURLToPath(import.meta.url));
const sources = ['platform', 'core', 'addon', 'test', 'fuzz'].flatMap((folder) =>
  readdirSync(path.join(native, folder), { recursive: true })
    .filter((name) => /\.(cc|h)$/.test(name))
    .map((name) => path.join(native, folder, name)),
);
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror'];
const { status, error } = spawnSync('clang-format', [...mode, ...sources], { stdio: 'inherit' });
if (error) console.error(`clang-format could not be started: ${error.message}`);
process.exit(status ?? 1);
