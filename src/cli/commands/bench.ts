/** `portacl bench`: how fast rules are found, or a capture is read, on one's own files. */
import { Command, Option } from 'commander';

import {
  BENCH_DEFAULTS,
  BENCH_LIMITS,
  SEARCH_ALGORITHMS,
  benchRules,
  type SearchAlgorithm,
} from '../../bench/bench-rules.js';
import { BENCH_CAPTURE_REPETITIONS, benchCapture } from '../../bench/bench-capture.js';
import { benchCaptureText, benchRulesText } from '../../bench/bench-text.js';
import { TRACE_KINDS, type TraceKind } from '../../bench/traces.js';
import { PortaclError } from '../../errors.js';
import { count } from '../count-option.js';
import { loadHost } from '../../load-host.js';
import { THREADS_MAX } from '../../replay/replay-options.js';
import { EXIT } from '../exit-codes.js';
import { cancelOnInterrupt } from '../interrupt.js';
import { addModelOptions, hostSources, type ModelOptions } from '../model-options.js';
import { print, printJson } from '../streams.js';

interface BenchCliOptions extends ModelOptions {
  readonly rules?: string;
  readonly capture?: string;
  readonly trace?: string;
  readonly draw: TraceKind;
  readonly packets?: string;
  readonly threads?: string;
  readonly repetitions?: string;
  readonly verify?: string;
  readonly algorithm?: SearchAlgorithm;
}

const EXAMPLES = `
Rules are a ClassBench rule set, uncompressed, or a policy; of a policy the largest IPv4 group is measured.
A capture is read, its packets parsed and their flows hashed, without a verdict: next to libpcap where it is
installed, next to the decompressor alone where the capture is compressed; with a policy or a host, next to a replay.
The environment variable PORTACL_KERNEL forces a kernel: avx512, avx2, neon or scalar.

Examples:
  portacl bench --rules acl1_1k --trace acl1_1k.trace --verify 10000
  portacl bench --rules acl1_10k --draw zipf --json
  portacl bench --capture capture.pcap
  portacl bench --capture capture.pcap --host host.yaml --threads 2
  portacl bench --rules acls.json --windows ws2022 --driver l2bridge --endpoint 10.1.0.5`;

export function benchCommand(done: (exitCode: number) => void): Command {
  return addModelOptions(
    new Command('bench')
      .description(
        'measure how fast the engine finds the rule that a packet meets, or reads a capture',
      )
      .option('--rules <file>', 'a ClassBench rule set, or a policy')
      .option('--capture <file>', 'a pcap, pcapng or snoop file, plain, gzip or zstd'),
  )
    .option('--trace <file>', 'a ClassBench trace; without it packets are drawn from the rules')
    .addOption(
      new Option('--draw <kind>', 'every packet a fresh point of a rule, or flows by Zipf’s law')
        .choices([...TRACE_KINDS])
        .default('uniform'),
    )
    .option('--packets <n>', `packets drawn (default: ${BENCH_DEFAULTS.packets})`)
    .option('--threads <n>', 'threads that look up at once, or replay (default: 1)')
    .option('--repetitions <n>', `passes that count (default: ${BENCH_DEFAULTS.repetitions})`)
    .option(
      '--verify <n>',
      `answers compared with the linear search (default: ${BENCH_DEFAULTS.verify})`,
    )
    .addOption(
      new Option('--algorithm <name>', 'instead of the one that would be chosen').choices([
        ...SEARCH_ALGORITHMS,
      ]),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (options: BenchCliOptions) => {
      done(await run(options));
    });
}

async function run(options: BenchCliOptions): Promise<number> {
  const { rules, capture } = options;
  if (capture !== undefined && rules === undefined) return runCapture(capture, options);
  if (rules !== undefined && capture === undefined) return runRules(rules, options);
  throw new PortaclError('bad-usage', 'one of --rules and --capture is wanted');
}

/** Options that say how rules are searched, and nothing of a capture. */
const OF_RULES = ['trace', 'packets', 'verify', 'algorithm'] as const;
/** Options that give a host to replay through. */
const OF_HOSTS = ['policy', 'host', 'firewall', 'endpoint'] as const;

async function runCapture(capture: string, options: BenchCliOptions): Promise<number> {
  const foreign = OF_RULES.find((name) => options[name] !== undefined);
  if (foreign !== undefined) {
    throw new PortaclError('bad-usage', `--${foreign} is for --rules, not for --capture`);
  }
  const replayed = OF_HOSTS.some((name) => options[name] !== undefined);
  if (options.threads !== undefined && !replayed) {
    throw new PortaclError('bad-usage', '--threads is for a replay: a policy or a host is wanted');
  }
  const host = replayed ? (await loadHost(hostSources(options))).compiled : undefined;
  const interrupt = cancelOnInterrupt();
  try {
    const report = await benchCapture({
      capture,
      ...(host && { host }),
      threads: count('--threads', options.threads, BENCH_DEFAULTS.threads, 1, THREADS_MAX),
      repetitions: repetitionsOf(options, BENCH_CAPTURE_REPETITIONS),
      signal: interrupt.signal,
    });
    if (options.json) printJson(report);
    else print(benchCaptureText(report));
    return report.agrees === false ? EXIT.failed : EXIT.done;
  } finally {
    interrupt.release();
  }
}

const repetitionsOf = ({ repetitions }: BenchCliOptions, otherwise: number): number =>
  count('--repetitions', repetitions, otherwise, 1, BENCH_LIMITS.repetitions);

async function runRules(rules: string, options: BenchCliOptions): Promise<number> {
  const report = await benchRules({
    rules,
    ...(options.trace !== undefined && { trace: options.trace }),
    draw: options.draw,
    packets: count('--packets', options.packets, BENCH_DEFAULTS.packets, 1, BENCH_LIMITS.packets),
    threads: count('--threads', options.threads, BENCH_DEFAULTS.threads, 1, BENCH_LIMITS.threads),
    repetitions: repetitionsOf(options, BENCH_DEFAULTS.repetitions),
    verify: count('--verify', options.verify, BENCH_DEFAULTS.verify, 0, BENCH_LIMITS.packets),
    ...(options.algorithm !== undefined && { algorithm: options.algorithm }),
    sources: hostSources(options),
  });
  if (options.json) printJson(report);
  else print(benchRulesText(report));
  return report.wrong === 0 ? EXIT.done : EXIT.failed;
}
