/** `portacl compile`: the layers, groups and rules that policies become. */
import { Command } from 'commander';

import { PortaclError } from '../../errors.js';
import { loadHost } from '../../load-host.js';
import { loadProgram } from '../../native/engine.js';
import { compileStats, compileStatsText } from '../../report/compile-stats.js';
import { vfpctrlText } from '../../vfpctrl/write-dump.js';
import { EXIT } from '../exit-codes.js';
import { addPlatformOptions, hostSources, type ModelOptions } from '../model-options.js';
import { print, printJson, warn } from '../streams.js';

interface CompileCliOptions extends ModelOptions {
  readonly format?: string;
  readonly stats?: boolean;
}

const FORMATS = ['vfpctrl', 'json'] as const;

const EXAMPLES = `
The text is that of vfpctrl /list-rule with the layers around it; it is read back as a policy. It
shows the switch stage; json and --stats show the host stage too.

Examples:
  portacl compile acls.json --windows ws2022 --driver l2bridge --isolation process
  portacl compile --host host.yaml --format json
  portacl compile --host host.yaml --stats`;

export function compileCommand(done: (exitCode: number) => void): Command {
  return addPlatformOptions(
    new Command('compile')
      .description('show the layers, groups and rules that policies become')
      .argument('[file...]', 'policy documents')
      .option('--host <file>', 'host description: networks, endpoints, policies (YAML or JSON)'),
  )
    .option('--format <format>', `one of ${FORMATS.join(', ')}; default vfpctrl`)
    .option('--stats', 'print how much there is of it instead, and how it is searched')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: CompileCliOptions) => {
      await run(files, options);
      done(EXIT.done);
    });
}

async function run(files: readonly string[], options: CompileCliOptions): Promise<void> {
  const { format = options.json === true ? 'json' : 'vfpctrl' } = options;
  if (!(FORMATS as readonly string[]).includes(format)) {
    throw new PortaclError(
      'bad-usage',
      `--format ${format}: one of ${FORMATS.join(', ')} is wanted`,
    );
  }
  const { compiled, diagnostics } = await loadHost({ ...hostSources(options), policies: files });
  if (!options.quiet) warn(diagnostics);
  if (options.stats === true) {
    const stats = compileStats(compiled, loadProgram(compiled.program).groups());
    if (format === 'json') printJson(stats);
    else print(compileStatsText(stats));
  } else if (format === 'json') {
    printJson({ options: compiled.model.options, endpoints: compiled.model.endpoints });
  } else {
    print(vfpctrlText(compiled.model.endpoints));
  }
}
