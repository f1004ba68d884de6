/** `portacl host`: the platform model that verdicts rest on (R6, R16). */
import { Command } from 'commander';

import { exampleHostDescription } from '../../host-description/example.js';
import { loadHost } from '../../load-host.js';
import { hostText } from '../../report/host-text.js';
import { hostView } from '../../report/host-view.js';
import { EXIT } from '../exit-codes.js';
import { addModelOptions, hostSources, type ModelOptions } from '../model-options.js';
import { print, printJson, warn } from '../streams.js';

const EXAMPLES = `
Examples:
  portacl host --host host.yaml
  portacl host --windows 1607 --driver nat --isolation process
  portacl host --policy endpoint.json --json
  portacl host --init > host.yaml`;

export function hostCommand(done: (exitCode: number) => void): Command {
  return addModelOptions(
    new Command('host').description(
      'show the platform model: compartments, endpoints, stages, defaults, accepted ACLs',
    ),
  )
    .option('--init', 'print a commented host description to begin with')
    .addHelpText('after', EXAMPLES)
    .action(async (options: ModelOptions & { readonly init?: boolean }) => {
      if (options.init) {
        print(exampleHostDescription());
        done(EXIT.done);
        return;
      }
      const { compiled, diagnostics } = await loadHost(hostSources(options));
      if (!options.quiet) warn(diagnostics);
      const view = hostView(compiled.host);
      if (options.json) printJson(view);
      else print(hostText(view));
      done(EXIT.done);
    });
}
