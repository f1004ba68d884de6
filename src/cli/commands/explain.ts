/** `portacl explain`: one verdict, step by step. */
import { existsSync } from 'node:fs';
import { Command } from 'commander';

import { PortaclError } from '../../errors.js';
import { explain, explainFrame, type Diagnosis } from '../../explain/diagnose.js';
import { diagnosisText } from '../../explain/explanation-text.js';
import { loadHost } from '../../load-host.js';
import { addCaptureOptions, onCaptures } from '../capture-work.js';
import { EXIT } from '../exit-codes.js';
import { hostSources, repeated, type ModelOptions } from '../model-options.js';
import { loadChanges } from '../policy-changes.js';
import { outputPaint, print, printJson, warn } from '../streams.js';
import type { CompiledHost } from '../../compile/compile-host.js';

interface ExplainCliOptions extends ModelOptions {
  readonly frame?: string;
  readonly after?: string[];
  readonly at?: string[];
  readonly stateless?: boolean;
}

const HELP = `
A tuple: [in|out] PROTOCOL SOURCE[:PORT] > DESTINATION[:PORT] [WORD VALUE]...
  Words: flags SA, type 3/1, id 7, at 1.5, endpoint web, fragment 9/0. IPv6 with a port: [fd00::5]:80.
  Of the frame and of tunnels: smac 02-00-00-00-00-01, dmac, vlan 5, tni 4096 (VXLAN, NVGRE), key 7 (GRE).
  Without in or out the addresses say which endpoints judge. TCP without flags is a SYN, ICMP
  without type an echo request; a source port may be left out.

Examples:
  portacl explain "in tcp 10.9.9.9:4000 > 10.1.0.5:80" --policy acls.json --windows ws2022 --driver l2bridge
  portacl explain "tcp 10.1.0.5:80 > 10.9.9.9:4000 flags SA" --after "tcp 10.9.9.9:4000 > 10.1.0.5:80" --host host.yaml
  portacl explain capture.pcap --frame 1234 --host host.yaml
  portacl explain capture.pcap --frame 1234 --host host.yaml --policy before.json --at 1200 after.json`;

export function explainCommand(done: (exitCode: number) => void): Command {
  return addCaptureOptions(
    new Command('explain')
      .description('one verdict, step by step: of a tuple, or of a frame of a capture')
      .argument('<what...>', 'a tuple, or captures, with --frame of the last one'),
  )
    .option('--frame <number>', 'explain this packet of the capture with its true state')
    .option('--after <tuple>', 'a packet judged before the tuple, one each time', repeated)
    .option(
      '--at <mark-and-files...>',
      'with --frame: policies that take the place of --policy from a frame, a time or seconds on, as those of replay',
      repeated,
    )
    .option('--stateless', 'judge every packet from an empty state')
    .addHelpText('after', HELP)
    .action(async (what: string[], options: ExplainCliOptions) => {
      await run(what, options);
      done(EXIT.done);
    });
}

async function run(what: readonly string[], options: ExplainCliOptions): Promise<void> {
  checkUsage(what, options);
  const { compiled, diagnostics } = await loadHost(hostSources(options));
  if (!options.quiet) warn(diagnostics);
  const diagnosis =
    options.frame === undefined
      ? explain(compiled, what.join(' '), {
          stateless: options.stateless === true,
          after: options.after ?? [],
        })
      : await explainPacket(what, options, compiled);
  if (options.json) printJson(diagnosis);
  else print(diagnosisText(diagnosis, await outputPaint()));
}

function checkUsage(what: readonly string[], { frame, after, at }: ExplainCliOptions): void {
  if (frame === undefined && at !== undefined) {
    throw new PortaclError('bad-usage', '--at goes with --frame, not with a tuple');
  }
  if (frame !== undefined && after !== undefined) {
    throw new PortaclError('bad-usage', '--after goes with a tuple, not with --frame');
  }
  if (frame === undefined && what.length === 1 && !what[0]!.includes('>') && existsSync(what[0]!)) {
    throw new PortaclError('bad-usage', `${what[0]!} is a file: which packet? Give --frame NUMBER`);
  }
}

async function explainPacket(
  captures: readonly string[],
  options: ExplainCliOptions,
  compiled: CompiledHost,
): Promise<Diagnosis> {
  const frame = frameNumber(options.frame ?? '');
  const changes = await loadChanges(options);
  if (!options.quiet) warn(changes.flatMap(({ diagnostics }) => diagnostics));
  return onCaptures(captures, options, ({ reading }) =>
    explainFrame(captures, frame, compiled, {
      stateless: options.stateless === true,
      changes: changes.map(({ at, compiled: later }) => ({ at, compiled: later })),
      ...reading,
    }),
  );
}

/** As written in the tables of a replay: `1,234` is a number too. */
function frameNumber(text: string): number {
  const digits = text.replaceAll(',', '');
  if (/^\d{1,15}$/.test(digits) && Number(digits) > 0) return Number(digits);
  throw new PortaclError('bad-usage', `--frame ${text}: a packet number from 1 is wanted`);
}
