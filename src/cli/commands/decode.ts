/** `portacl decode`: what the engine reads of every packet. */
import { Command, Option } from 'commander';

import { decodeCapture } from '../../decode/decode.js';
import { CaptureError, isCut } from '../../replay/capture-error.js';
import { EXIT } from '../exit-codes.js';
import { cancelOnInterrupt } from '../interrupt.js';
import { complain, errorLine } from '../streams.js';

interface DecodeCliOptions {
  readonly format: 'jsonl' | 'text';
  readonly follow?: boolean;
  readonly lenient?: boolean;
}

const STANDARD_OUTPUT = 1;

const EXAMPLES = `
Examples:
  portacl decode capture.pcap
  portacl decode --format jsonl capture.pcapng.zst
  portacl decode --follow growing.pcap`;

export function decodeCommand(done: (exitCode: number) => void): Command {
  return new Command('decode')
    .description('print what the engine reads of every packet')
    .argument('<capture>', 'a pcap, pcapng or snoop file, plain, gzip or zstd; - is standard input')
    .addOption(
      new Option('--format <format>', 'one line or one JSON object a packet')
        .choices(['text', 'jsonl'])
        .default('text'),
    )
    .option('--follow', 'wait for more at the end of the file; Ctrl-C ends it')
    .option('--lenient', 'a cut capture is no failure')
    .addHelpText('after', EXAMPLES)
    .action(async (capture: string, options: DecodeCliOptions) => {
      done(await run(capture, options));
    });
}

async function run(
  capture: string,
  { format, follow = false, lenient }: DecodeCliOptions,
): Promise<number> {
  const interrupt = cancelOnInterrupt();
  try {
    const { packets, error, compression } = await decodeCapture(capture, {
      format,
      fd: STANDARD_OUTPUT,
      follow,
      signal: interrupt.signal,
    });
    if (error === null) return EXIT.done;
    if (error.code === 'cancelled') return EXIT.cancelled;
    complain(errorLine(new CaptureError(capture, error, packets, compression)));
    return lenient && isCut(error) ? EXIT.done : EXIT.failed;
  } finally {
    interrupt.release();
  }
}
