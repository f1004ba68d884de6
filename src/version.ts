/** The version of the package. */
import { readFileSync } from 'node:fs';

import { packageFile } from './package-file.js';

const manifest = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
  version: string;
};

export const VERSION: string = manifest.version;
