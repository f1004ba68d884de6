/** `portacl bench`: how fast rules are found, captures are judged and flows are kept, on one's own files. */
import { Command, Option } from 'commander';

import { BENCH_DEFAULTS, SEARCH_ALGORITHMS } from '../../bench/bench-rules.js';
import { BENCH_VERSION, aboutBench, readBenchReport } from '../../bench/bench-report.js';
import { BENCH_MEASURES } from '../../bench/bench-measure.js';
import { benchPageHtml } from '../../bench/bench-page.js';
import { comparisonText } from '../../bench/bench-text.js';
import { compareBench } from '../../bench/compare-bench.js';
import { TRACE_KINDS } from '../../bench/traces.js';
import { AtomicFile } from '../../output/atomic-file.js';
import { measureAsAsked, type BenchCliOptions } from '../bench-modes.js';
import { EXIT } from '../exit-codes.js';
import { cancelOnInterrupt } from '../interrupt.js';
import { addModelOptions, repeated } from '../model-options.js';
import { startSteps } from '../progress.js';
import { print, printJson } from '../streams.js';

const EXAMPLES = `
Rules are a ClassBench rule set, uncompressed, or a policy; of a policy the largest IPv4 group is measured.
--cost says which rules make lookups slow: by how much they are faster without each.
A capture is read, its packets parsed and their flows hashed, without a verdict: next to libpcap where it is
installed; next to the decompressor alone, and to gzip or zstd itself, where it is compressed. With a policy or a host it is judged
too: what each room costs, and how long batches of packets took from the median to 99.9 of a hundred.
--measure needs no files:
  flows      flow tables from 1,000 to --flows flows: made, met again, bytes of each
  churn      TCP connections of six packets through ten groups of 1,000 rules with 100,000 prefixes (DASH)
  updates    a replay under a policy of which a rule changes, next to one without changes
  boundary   packets through the library, one by one and in batches of 1,000
--compare BASE.json, which --json has printed before, ends with 3 when a median is worse than there by more than
5 % and by more than three times what the rounds scatter. --smoke only shows that everything runs.
The environment variable PORTACL_KERNEL forces a kernel: avx512, avx2, neon or scalar.

Examples:
  portacl bench --capture capture.pcap
  portacl bench --capture capture.pcap --host host.yaml --threads 2 --html bench.html
  portacl bench --capture capture.pcap --host host.yaml --json > base.json
  portacl bench --capture capture.pcap --host host.yaml --compare base.json
  portacl bench --rules acls.json --windows ws2022 --driver l2bridge --endpoint 10.1.0.5 --cost 16
  portacl bench --rules acl1_1k --trace acl1_1k.trace --verify 10000
  portacl bench --measure flows --flows 10000000 --html flows.html --against flows-before.json`;

export function benchCommand(done: (exitCode: number) => void): Command {
  return addModelOptions(
    new Command('bench')
      .description(
        'measure how fast rules are found, captures are judged and flows are kept, on your own files',
      )
      .option('--rules <file>', 'a ClassBench rule set, or a policy')
      .option('--capture <file>', 'a pcap, pcapng or snoop file, plain, gzip or zstd')
      .addOption(new Option('--measure <what>', 'without files').choices([...BENCH_MEASURES])),
  )
    .option('--trace <file>', 'a ClassBench trace; without it packets are drawn from the rules')
    .addOption(
      new Option('--draw <kind>', 'every packet a fresh point of a rule, or flows by Zipf’s law')
        .choices([...TRACE_KINDS])
        .default('uniform'),
    )
    .option(
      '--packets <n>',
      `packets drawn, or made of each round (default of --rules: ${BENCH_DEFAULTS.packets})`,
    )
    .option('--flows <n>', 'the largest number of flows, or the connections of a round')
    .option('--threads <n>', 'threads that look up at once, or replay (default: 1)')
    .option('--repetitions <n>', `rounds that count (default: ${BENCH_DEFAULTS.repetitions}, or 5)`)
    .option(
      '--verify <n>',
      `answers compared with the linear search (default: ${BENCH_DEFAULTS.verify})`,
    )
    .option('--cost <n>', 'what rules cost, of n rules at most')
    .addOption(
      new Option('--algorithm <name>', 'instead of the one that would be chosen').choices([
        ...SEARCH_ALGORITHMS,
      ]),
    )
    .option('--smoke', 'few packets and rounds')
    .option('--compare <file>', 'end with 3 when something is slower than in this report')
    .option('--html <file>', 'a page with plots')
    .option('--against <file>', 'an earlier report for the plots, one each time', repeated)
    .addHelpText('after', EXAMPLES)
    .action(async (options: BenchCliOptions) => {
      done(await run(options));
    });
}

async function run(options: BenchCliOptions): Promise<number> {
  const about = aboutBench(process.argv.slice(2).join(' '));
  // What is wrong with these is said before anything is measured.
  const base = options.compare === undefined ? null : readBenchReport(options.compare);
  const earlier = (options.against ?? []).map(readBenchReport);
  const interrupt = cancelOnInterrupt();
  const page = options.html === undefined ? null : new AtomicFile(options.html, interrupt.signal);
  const progress = startSteps(options.quiet ?? false);
  try {
    const watch = { onStep: progress.onStep, signal: interrupt.signal };
    const { result, text, failed } = await measureAsAsked(options, watch);
    progress.end();
    const report = { version: BENCH_VERSION, about, ...result } as const;
    const comparison = base && compareBench(base, report);
    if (options.json) printJson({ ...report, ...(comparison && { comparison }) });
    else print(text + (comparison ? `\n${comparisonText(comparison)}` : ''));
    page?.write([benchPageHtml(report, base ? [base, ...earlier] : earlier)]);
    page?.commit();
    if (failed) return EXIT.failed;
    return comparison && comparison.regressions > 0 ? EXIT.failOn : EXIT.done;
  } finally {
    progress.end();
    page?.discard();
    interrupt.release();
  }
}
