/** `portacl coverage`: coverage of several runs together. */
import { Command } from 'commander';

import { coverageFromJson, mergeCoverage } from '../../coverage/coverage.js';
import { readSourceFile } from '../../source/read-file.js';
import { addCoverageOptions, writeCoverage, type CoverageOptions } from '../coverage-options.js';
import { EXIT } from '../exit-codes.js';
import { print } from '../streams.js';

const EXAMPLES = `
Examples:
  portacl coverage merge first.json second.json
  portacl coverage merge runs/*.json --coverage lcov --coverage-output coverage.lcov --fail-under 90`;

export function coverageCommand(done: (exitCode: number) => void): Command {
  const merge = addCoverageOptions(
    new Command('merge')
      .description('add up what --coverage json wrote of several runs')
      .argument('<file...>', 'files of --coverage json'),
  )
    .addHelpText('after', EXAMPLES)
    .action((files: string[], options: CoverageOptions) => {
      const runs = files.map((file) => coverageFromJson(readSourceFile(file).text ?? '', file));
      const wanted = { coverage: 'text', ...options };
      // The policies are not at hand: of packets there is what the runs have found.
      const isEnough = writeCoverage(() => mergeCoverage(runs), wanted, []);
      done(isEnough ? EXIT.done : EXIT.failOn);
    });
  return new Command('coverage')
    .description('coverage of several runs together')
    .addCommand(
      merge.exitOverride().showSuggestionAfterError().configureOutput({ writeOut: print }),
    );
}
