/** `portacl replay`: the main job. */
import { Command } from 'commander';

import { listCaptures } from '../../captures/list-captures.js';
import { PortaclError } from '../../errors.js';
import { loadHost } from '../../load-host.js';
import { AtomicFile } from '../../output/atomic-file.js';
import { isCut } from '../../replay/capture-error.js';
import {
  LOG_CHOICES,
  LOG_FLAGS,
  LOG_SIZE_KB_MAX,
  logChoiceOption,
  type FirewallLogFormat,
} from '../../replay/firewall-log-format.js';
import { replay, type ReplayResult } from '../../replay/replay.js';
import { THREADS_MAX } from '../../replay/replay-options.js';
import {
  checkDistinct,
  checkFormats,
  OUTPUT_NAMES,
  oldLogOf,
  type OutputPaths,
} from '../../replay/replay-outputs.js';
import { timeZone } from '../../replay/time-zone.js';
import { replayText } from '../../report/replay-text.js';
import { oneLine } from '../../report/text-table.js';
import type { Diagnostic } from '../../source/diagnostic.js';
import { loadChanges } from '../policy-changes.js';
import {
  addCoverageOptions,
  checkCoverageUsage,
  writeCoverage,
  type CoverageOptions,
} from '../coverage-options.js';
import { count } from '../count-option.js';
import { addCaptureOptions, addFailOn, checkFailOn, onCaptures } from '../capture-work.js';
import { EXIT } from '../exit-codes.js';
import { addLogLineOptions } from '../log-line-options.js';
import { hostSources, modelArguments, repeated, type ModelOptions } from '../model-options.js';
import { complain, errorLine, outputPaint, print, printJson, warn } from '../streams.js';

interface ReplayCliOptions
  extends ModelOptions, OutputPaths, Omit<FirewallLogFormat, 'firewallLogSize'>, CoverageOptions {
  readonly firewallLogSize?: string;
  readonly vfpCounters?: string;
  readonly stateless?: boolean;
  readonly unifiedFlows: boolean;
  readonly follow?: boolean;
  readonly merge?: boolean;
  readonly at?: string[];
  readonly threads?: string;
  readonly failOn?: string[];
}

const FAIL_ON = ['drop', 'lint'] as const;
const FLAGS_OPTION = '--firewall-log-flags';

const EXAMPLES = `
Examples:
  portacl replay capture.pcap --host host.yaml
  portacl replay capture.pcapng --policy acls.json --endpoint 10.1.0.5 --windows ws2022 --driver l2bridge
  portacl replay capture.pcap --host host.yaml --packets verdicts.jsonl --rules rules.csv
  portacl replay capture.pcap --host host.yaml --dropped dropped.pcapng --annotate why.pcapng
  portacl replay capture.pcap --at 1200 after.json --at +60.5 later.json --host host.yaml --policy before.json
  portacl replay --merge node-a.pcap node-b.pcapng --host host.yaml
  portacl replay capture.pcap --host host.yaml --json --fail-on drop`;

export function replayCommand(done: (exitCode: number) => void): Command {
  const command = addCoverageOptions(
    addCaptureOptions(
      new Command('replay')
        .description('judge every packet of captures and say which rule dropped what')
        // Said to be optional, so that the message about missing ones can be better; see run.
        .usage('[options] <capture...>')
        .argument(
          '[capture...]',
          'pcap, pcapng or snoop files and folders of them, in order; - is standard input',
        ),
    ),
  )
    .option('--packets <file>', 'write one record per packet and endpoint: .jsonl, .csv, .parquet')
    .option('--flows <file>', 'write one record per flow, drops included: .jsonl, .csv, .parquet')
    .option('--rules <file>', 'write one record per rule and default: .jsonl, .csv, .parquet')
    .option(
      '--vfp-counters <file>',
      'write counters of ports, layers and rules as vfpctrl prints JSON',
    )
    .option('--merge', 'judge the packets of several captures in the order of their times')
    .option(
      '--threads <n>',
      'threads that read and judge; they change nothing but speed (default: 1)',
    )
    .option(
      '--at <mark-and-files...>',
      'policies that take the place of --policy from a frame (1200), a time (2026-03-01T12:00:00Z, 1772366400.5) or seconds after the first packet (+12.5) on',
      repeated,
    )
    .option('--follow', 'wait for more at the end of the last capture; Ctrl-C ends it')
    .option('--allowed <file>', 'write the packets that are allowed: pcapng')
    .option('--delivered <file>', 'write those as layers that translate leave them: pcapng')
    .option('--dropped <file>', 'write the packets that an endpoint drops: pcapng')
    .option('--annotate <file>', 'write all packets, each with a comment that says why: pcapng')
    .option('--report <file>', 'write a page for people: .html, one file that needs no network')
    .option('--firewall-log <file>', 'write what Windows would log: pfirewall.log')
    .option('--time-zone <zone>', 'of the firewall log: UTC (default), +02:00, Europe/Berlin')
    .option('--firewall-log-pid', 'with the field for process numbers that newer systems write')
    .option('--firewall-log-lf', 'end its lines in LF alone, not as Windows does')
    .option(
      FLAGS_OPTION + ' <letters>',
      `the order of letters in tcpflags; default: ${LOG_FLAGS}`,
      logChoiceOption(FLAGS_OPTION, 'firewallLogFlags'),
    )
    .option(
      '--firewall-log-size <kb>',
      'begin another log at that size and keep the one before as FILE.old, as Windows does',
    )
    .option('--stateless', 'judge every packet from an empty state')
    .option('--no-unified-flows', 'do without the flow cache; changes nothing but speed');
  return addFailOn(addLogLineOptions(command), FAIL_ON)
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: ReplayCliOptions) => {
      done(await run(captures, options));
    });
}

async function run(names: readonly string[], options: ReplayCliOptions): Promise<number> {
  if (names.length === 0) {
    throw new PortaclError(
      'bad-usage',
      'no capture is given; captures stand first or behind --, since --policy takes all that follows: portacl replay CAPTURE... --policy FILE...',
    );
  }
  checkUsage(options);
  checkCoverageUsage(options, options.json === true);
  const { compiled, diagnostics } = await loadHost(hostSources(options));
  if (!options.quiet) warn(diagnostics);
  if (compiled.host.endpoints.every(({ addresses }) => addresses.length === 0)) {
    throw new PortaclError(
      'bad-usage',
      'no endpoint has an address, so no packet can be placed: give --endpoint ADDRESS, endpoint documents, or --host FILE',
    );
  }
  const changes = await loadChanges(options);
  if (!options.quiet) warn(changes.flatMap(({ diagnostics: found }) => found));
  const captures = listCaptures(names);
  return onCaptures(captures, options, async ({ reading, endProgress }) => {
    const signal = options.follow ? undefined : reading.signal;
    const counters =
      options.vfpCounters === undefined ? null : new AtomicFile(options.vfpCounters, signal);
    try {
      const result = await replay(captures, compiled, {
        stateless: options.stateless === true,
        unifiedFlows: options.unifiedFlows,
        countValues: options.coverage !== undefined,
        lenient: options.lenient === true,
        follow: options.follow === true,
        order: options.merge === true ? 'time' : 'given',
        ...(changes.length > 0 && {
          changes: changes.map(({ at, compiled: later }) => ({ at, compiled: later })),
        }),
        threads: count('--threads', options.threads, 1, 1, THREADS_MAX),
        ...outputPaths(options),
        ...logFormat(options),
        explainArguments: [
          ...modelArguments(options),
          ...(options.stateless === true ? ['--stateless'] : []),
        ],
        ...reading,
      });
      endProgress();
      await show(result, options, counters);
      tellNotBegun(captures.slice(result.report.captures.length));
      if (options.merge && !options.lenient) tellNotEnded(result);
      if (reading.signal.aborted) return EXIT.cancelled;
      const judging = changes.at(-1)?.compiled ?? compiled;
      const isEnough = writeCoverage(result.coverage, options, [judging]);
      const code = exitCode(result, diagnostics, options);
      return code === EXIT.done && !isEnough ? EXIT.failOn : code;
    } finally {
      counters?.discard();
    }
  });
}

/** `--firewall-log` for `firewallLog`. */
const optionName = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** How the firewall log is written. */
function logFormat(options: ReplayCliOptions): FirewallLogFormat {
  const { timeZone: zone, firewallLogPid, firewallLogLf, firewallLogSize: size } = options;
  return {
    ...(zone !== undefined && { timeZone: zone }),
    ...(firewallLogPid && { firewallLogPid }),
    ...(firewallLogLf && { firewallLogLf }),
    ...Object.fromEntries(
      LOG_CHOICES.filter((name) => options[name] !== undefined).map((name) => [
        name,
        options[name],
      ]),
    ),
    ...(size !== undefined && {
      firewallLogSize: count('--firewall-log-size', size, 1, 1, LOG_SIZE_KB_MAX),
    }),
  };
}

/** Those that were given. */
function outputPaths(options: ReplayCliOptions): OutputPaths {
  const given = OUTPUT_NAMES.filter((name) => options[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, options[name]]));
}

/** Everything that can be refused is refused before work begins. */
function checkUsage(options: ReplayCliOptions): void {
  const { failOn = [], vfpCounters } = options;
  checkFailOn(failOn, FAIL_ON);
  checkFormats(options);
  if (options.firewallLog === undefined && Object.keys(logFormat(options)).length > 0) {
    throw new PortaclError(
      'bad-usage',
      '--time-zone and all options that begin with --firewall-log- go with --firewall-log',
    );
  }
  timeZone(options.timeZone ?? 'UTC');
  const old = oldLogOf({ ...outputPaths(options), ...logFormat(options) });
  checkDistinct({ ...outputPaths(options), vfpCounters, firewallLogSize: old }, optionName);
}

/** Captures of which nothing could be read give no report, only their errors. */
async function show(
  { report, errors, vfpCounters }: ReplayResult,
  options: ReplayCliOptions,
  counters: AtomicFile | null,
): Promise<void> {
  if (report.total.packets > 0 || errors.length === 0) {
    counters?.write([`${JSON.stringify(vfpCounters(), null, 2)}\n`]);
    counters?.commit();
    if (options.json) printJson(report);
    else print(replayText(report, await outputPaint()));
  }
  for (const error of errors) complain(errorLine(error));
}

/** Names shown of what may be a whole folder of captures. */
const NOT_BEGUN_MAX = 8;

/** Strict reading ends with the first damaged capture. */
function tellNotBegun(captures: readonly string[]): void {
  if (captures.length === 0) return;
  const names = captures.slice(0, NOT_BEGUN_MAX).join(', ');
  const more = captures.length > NOT_BEGUN_MAX ? ', …' : '';
  const were = captures.length === 1 ? 'capture was' : 'captures were';
  complain(
    oneLine(
      `${captures.length} ${were} not begun: ${names}${more}; with --lenient the work goes on after damage`,
    ),
  );
}

/** Of merged captures, strict reading ends all with the first that is damaged. */
function tellNotEnded({ report, errors }: ReplayResult): void {
  const others = report.captures.length - errors.length;
  if (errors.length === 0 || others === 0) return;
  const were = others === 1 ? 'other capture was' : 'other captures were';
  complain(
    `${others} ${were} judged up to the time of the damage only; with --lenient the work goes on after it`,
  );
}

function exitCode(
  { report, errors }: ReplayResult,
  diagnostics: readonly Diagnostic[],
  { lenient, failOn = [] }: ReplayCliOptions,
): number {
  // Lenient reading forgives a cut capture, not one that could not be read at all.
  const unforgiven = errors.filter((error) => !lenient || !isCut(error));
  if (unforgiven.length > 0) return EXIT.failed;
  const dropped = report.reasons.some(({ verdict }) => verdict === 'drop');
  const linted = diagnostics.some(({ severity }) => severity === 'warning');
  const met = (failOn.includes('drop') && dropped) || (failOn.includes('lint') && linted);
  return met ? EXIT.failOn : EXIT.done;
}
