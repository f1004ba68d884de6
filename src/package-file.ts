/** Files of the package, found from wherever a build has put the code that asks. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = rootAbove(path.dirname(fileURLToPath(import.meta.url)));

/** The nearest folder with a manifest; the top one where there is none. */
function rootAbove(folder: string): string {
  const parent = path.dirname(folder);
  const isRoot = existsSync(path.join(folder, 'package.json')) || parent === folder;
  return isRoot ? folder : rootAbove(parent);
}

/** The path of a file of the package; `relative` begins at its root. */
export const packageFile = (relative: string): string => path.join(ROOT, relative);
