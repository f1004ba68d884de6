/** `portacl bench`: how fast rules are found, on one's own rules. */
import { Command, Option } from 'commander';

import { BENCH_DEFAULTS, BENCH_LIMITS, benchRules } from '../../bench/bench-rules.js';
import { benchRulesText } from '../../bench/bench-text.js';
import { TRACE_KINDS, type TraceKind } from '../../bench/traces.js';
import { count } from '../count-option.js';
import { EXIT } from '../exit-codes.js';
import { addModelOptions, hostSources, type ModelOptions } from '../model-options.js';
import { print, printJson } from '../streams.js';

interface BenchCliOptions extends ModelOptions {
  readonly rules: string;
  readonly trace?: string;
  readonly draw: TraceKind;
  readonly packets?: string;
  readonly threads?: string;
  readonly repetitions?: string;
  readonly verify?: string;
}

const EXAMPLES = `
Rules are a ClassBench rule set, uncompressed, or a policy; of a policy the largest IPv4 group is measured.
The environment variable PORTACL_KERNEL forces a kernel: avx512, avx2, neon or scalar.

Examples:
  portacl bench --rules acl1_1k --trace acl1_1k.trace --verify 10000
  portacl bench --rules acl1_10k --draw zipf --json
  portacl bench --rules acls.json --windows ws2022 --driver l2bridge --endpoint 10.1.0.5`;

export function benchCommand(done: (exitCode: number) => void): Command {
  return addModelOptions(
    new Command('bench')
      .description('measure how fast the engine finds the rule that a packet meets')
      .requiredOption('--rules <file>', 'a ClassBench rule set, or a policy'),
  )
    .option('--trace <file>', 'a ClassBench trace; without it packets are drawn from the rules')
    .addOption(
      new Option('--draw <kind>', 'every packet a fresh point of a rule, or flows by Zipf’s law')
        .choices([...TRACE_KINDS])
        .default('uniform'),
    )
    .option('--packets <n>', `packets drawn (default: ${BENCH_DEFAULTS.packets})`)
    .option('--threads <n>', 'threads that look up at once (default: 1)')
    .option('--repetitions <n>', `passes that count (default: ${BENCH_DEFAULTS.repetitions})`)
    .option(
      '--verify <n>',
      `answers compared with the linear search (default: ${BENCH_DEFAULTS.verify})`,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (options: BenchCliOptions) => {
      done(await run(options));
    });
}

async function run(options: BenchCliOptions): Promise<number> {
  const report = await benchRules({
    rules: options.rules,
    ...(options.trace !== undefined && { trace: options.trace }),
    draw: options.draw,
    packets: count('--packets', options.packets, BENCH_DEFAULTS.packets, 1, BENCH_LIMITS.packets),
    threads: count('--threads', options.threads, BENCH_DEFAULTS.threads, 1, BENCH_LIMITS.threads),
    repetitions: count(
      '--repetitions',
      options.repetitions,
      BENCH_DEFAULTS.repetitions,
      1,
      BENCH_LIMITS.repetitions,
    ),
    verify: count('--verify', options.verify, BENCH_DEFAULTS.verify, 0, BENCH_LIMITS.packets),
    sources: hostSources(options),
  });
  if (options.json) printJson(report);
  else print(benchRulesText(report));
  return report.wrong === 0 ? EXIT.done : EXIT.failed;
}
