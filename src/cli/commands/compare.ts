/** `portacl compare`: the emulator held against verdicts that a Windows machine recorded. */
import { Command } from 'commander';

import { PortaclError } from '../../errors.js';
import { loadHost } from '../../load-host.js';
import { compare } from '../../replay/compare.js';
import { comparisonText } from '../../report/comparison-text.js';
import { addCaptureOptions, addFailOn, checkFailOn, onCaptures } from '../capture-work.js';
import { EXIT } from '../exit-codes.js';
import { hostSources, repeated, type ModelOptions } from '../model-options.js';
import { complain, errorLine, outputPaint, print, printJson, warn } from '../streams.js';

interface CompareCliOptions extends ModelOptions {
  readonly component?: string[];
  readonly failOn?: string[];
}

const FAIL_ON = ['disagreement'];

const EXAMPLES = `
A packet that the capture shows at several components is one packet. It counts as dropped when
a component recorded a drop of it.

Examples:
  portacl compare pktmon.pcapng --host host.yaml
  portacl compare pktmon.pcapng --host host.yaml --component VFPExt --fail-on disagreement
  portacl compare pktmon.pcapng --policy acls.json --endpoint 10.1.0.5 --json`;

export function compareCommand(done: (exitCode: number) => void): Command {
  const command = addCaptureOptions(
    new Command('compare')
      .description('list packets on which a recorded verdict and the emulator disagree')
      .usage('[options] <capture...>')
      .argument('[capture...]', 'pktmon logs converted by etl2pcapng; - is standard input'),
  ).option(
    '--component <name>',
    'count only drops recorded at this interface, one each time',
    repeated,
  );
  return addFailOn(command, FAIL_ON)
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: CompareCliOptions) => {
      done(await run(captures, options));
    });
}

async function run(captures: readonly string[], options: CompareCliOptions): Promise<number> {
  const { failOn = [], component = [], lenient = false } = options;
  if (captures.length === 0) throw new PortaclError('bad-usage', 'no capture is given');
  checkFailOn(failOn, FAIL_ON);
  const { compiled, diagnostics } = await loadHost(hostSources(options));
  if (!options.quiet) warn(diagnostics);
  return onCaptures(captures, options, async ({ reading, endProgress }) => {
    const { report, errors } = await compare(captures, compiled, {
      components: component,
      lenient,
      ...reading,
    });
    endProgress();
    if (report.records > 0 || errors.length === 0) {
      if (options.json) printJson(report);
      else print(comparisonText(report, await outputPaint()));
    }
    for (const error of errors) complain(errorLine(error));
    for (const name of component.filter((one) => !report.components.includes(one))) {
      complain(`--component ${name}: the captures have no interface of that name`);
    }
    if (errors.some((error) => !lenient || error.code !== 'capture-cut')) return EXIT.failed;
    return failOn.length > 0 && report.disagreed > 0 ? EXIT.failOn : EXIT.done;
  });
}
