/** `portacl build-native`: builds the engine where the package has no prebuilt one. */
import { spawnSync } from 'node:child_process';
import { Command } from 'commander';

import { packageFile } from '../../package-file.js';
import { EXIT } from '../exit-codes.js';

/** The same script that a checkout builds with; it says what is missing and how to get it. */
const SCRIPT = packageFile('native/build.mjs');

export function buildNativeCommand(done: (exitCode: number) => void): Command {
  return new Command('build-native')
    .description('build the native engine from source, where no prebuilt one fits')
    .addHelpText('after', '\nExamples:\n  portacl build-native')
    .action(() => {
      const { status } = spawnSync(process.execPath, [SCRIPT], { stdio: 'inherit' });
      done(status === 0 ? EXIT.done : EXIT.failed);
    });
}
