/** `portacl compare-log`: a firewall log of Windows against the emulator. */
import { Command, InvalidArgumentError } from 'commander';

import { listCaptures } from '../../captures/list-captures.js';
import { PortaclError } from '../../errors.js';
import { loadHost } from '../../load-host.js';
import { isCut } from '../../replay/capture-error.js';
import { compareLog, TOLERANCE_SECONDS } from '../../replay/compare-log.js';
import type { FirewallLogLines } from '../../replay/firewall-log-format.js';
import { timeZone } from '../../replay/time-zone.js';
import { logComparisonText } from '../../report/log-comparison-text.js';
import { addCaptureOptions, addFailOn, checkFailOn, onCaptures } from '../capture-work.js';
import { EXIT } from '../exit-codes.js';
import { addLogLineOptions } from '../log-line-options.js';
import { hostSources, type ModelOptions } from '../model-options.js';
import { complain, errorLine, outputPaint, print, printJson, warn } from '../streams.js';

interface CompareLogCliOptions extends ModelOptions, FirewallLogLines {
  readonly firewallLog?: string;
  readonly timeZone?: string;
  readonly clockOffset?: number;
  readonly tolerance?: number;
  readonly failOn?: string[];
}

const FAIL_ON = ['disagreement'];

const EXAMPLES = `
The replay of the captures gives the lines that Windows should have written. Lines are one when
addresses, ports, protocol and direction are, and their times nearly so. Without --time-zone and
--clock-offset the offset is taken at which most lines agree.

Examples:
  portacl compare-log capture.pcapng --firewall-log pfirewall.log --host host.yaml
  portacl compare-log capture.pcapng --firewall-log pfirewall.log --host host.yaml --time-zone Europe/Berlin
  portacl compare-log capture.pcapng --firewall-log pfirewall.log --host host.yaml --json --fail-on disagreement`;

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new InvalidArgumentError('a number of seconds is wanted');
  }
  return value;
}

export function compareLogCommand(done: (exitCode: number) => void): Command {
  const command = addCaptureOptions(
    new Command('compare-log')
      .description('list lines on which a firewall log and the replay of its captures disagree')
      .usage('[options] <capture...> --firewall-log <file>')
      .argument('[capture...]', 'captures taken while the log was written; - is standard input'),
  )
    .option('--firewall-log <file>', 'pfirewall.log of the machine')
    .option('--time-zone <zone>', 'of the log: UTC, +02:00, Europe/Berlin')
    .option('--clock-offset <seconds>', 'that the log is ahead of the captures', seconds)
    .option(
      '--tolerance <seconds>',
      `that the times of one event may differ, default ${TOLERANCE_SECONDS}`,
      seconds,
    );
  return addFailOn(addLogLineOptions(command), FAIL_ON)
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: CompareLogCliOptions) => {
      done(await run(captures, options));
    });
}

/** Everything that can be refused is refused before work begins. */
function checkUsage(captures: readonly string[], options: CompareLogCliOptions): string {
  const { failOn = [], firewallLog, timeZone: zone = 'UTC' } = options;
  if (captures.length === 0) throw new PortaclError('bad-usage', 'no capture is given');
  if (firewallLog === undefined) {
    throw new PortaclError('bad-usage', 'no log is given: --firewall-log FILE');
  }
  checkFailOn(failOn, FAIL_ON);
  timeZone(zone);
  return firewallLog;
}

async function run(names: readonly string[], options: CompareLogCliOptions): Promise<number> {
  const log = checkUsage(names, options);
  const { failOn = [], lenient = false } = options;
  const { compiled, diagnostics } = await loadHost(hostSources(options));
  if (!options.quiet) warn(diagnostics);
  const captures = listCaptures(names);
  return onCaptures(captures, options, async ({ reading, endProgress }) => {
    const result = await compareLog(captures, compiled, log, {
      lenient,
      ...(options.timeZone !== undefined && { timeZone: options.timeZone }),
      ...(options.clockOffset !== undefined && { clockOffset: options.clockOffset }),
      ...(options.tolerance !== undefined && { tolerance: options.tolerance }),
      ...(options.firewallLogTcpDrops && { firewallLogTcpDrops: options.firewallLogTcpDrops }),
      ...(options.firewallLogOtherDrops && {
        firewallLogOtherDrops: options.firewallLogOtherDrops,
      }),
      ...reading,
    });
    endProgress();
    const { report, errors } = result;
    if (!options.quiet) warn(result.diagnostics);
    if (options.json) printJson(report);
    else print(logComparisonText(report, await outputPaint()));
    for (const error of errors) complain(errorLine(error));
    if (errors.some((error) => !lenient || !isCut(error))) return EXIT.failed;
    return failOn.length > 0 && report.disagreed > 0 ? EXIT.failOn : EXIT.done;
  });
}
