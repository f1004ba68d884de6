/** `portacl simulate`: verdicts for packets that are written, not captured. */
import { Command } from 'commander';

import { PortaclError } from '../../errors.js';
import { loadHost } from '../../load-host.js';
import type { PacketRecord } from '../../report/packet-record.js';
import { Simulator, decidingRecord } from '../../simulate/simulate.js';
import type { Tuple } from '../../simulate/tuple.js';
import { EXIT } from '../exit-codes.js';
import { LineError } from '../line-error.js';
import { addModelOptions, hostSources, type ModelOptions } from '../model-options.js';
import { readLines } from '../read-lines.js';
import { print, warn } from '../streams.js';

interface SimulateCliOptions extends ModelOptions {
  readonly tuples: string;
  readonly stateless?: boolean;
  readonly unifiedFlows: boolean;
}

/** Tuples judged by one call of the engine. */
const BATCH = 4096;

const EXAMPLES = `
A tuple is one JSON object a line:
  {"dir":"in","proto":"tcp","src":"10.9.9.9","sport":4000,"dst":"10.1.0.5","dport":80}
  {"dir":"out","proto":1,"src":"10.1.0.5","dst":"10.9.9.9","type":8,"code":0,"id":7,"at":1.5}
Further fields: flags ("S", "SA", ...), seq, ack, endpoint, fragment, quoted.
Answers come one a line; a line that is not a tuple ends the work, answers before it stand.

Examples:
  portacl simulate --tuples packets.jsonl --policy acls.json --windows ws2022 --driver l2bridge
  portacl simulate --tuples - --host host.yaml --stateless < packets.jsonl`;

export function simulateCommand(done: (exitCode: number) => void): Command {
  return addModelOptions(
    new Command('simulate')
      .description('verdicts for many packets or packet sequences, no capture needed')
      .requiredOption('--tuples <file>', 'packets, one JSON object a line; - is standard input'),
  )
    .option('--stateless', 'judge every packet from an empty state')
    .option('--no-unified-flows', 'do without the flow cache; changes nothing but speed')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SimulateCliOptions) => {
      await run(options);
      done(EXIT.done);
    });
}

async function run(options: SimulateCliOptions): Promise<void> {
  const { compiled, diagnostics } = await loadHost(hostSources(options));
  if (!options.quiet) warn(diagnostics);
  const simulator = new Simulator(compiled, {
    stateless: options.stateless === true,
    unifiedFlows: options.unifiedFlows,
  });
  const batch = new TupleBatch(options.tuples, simulator);
  try {
    for (const text of readLines(options.tuples)) batch.add(text);
  } finally {
    batch.flush();
  }
}

class TupleBatch {
  readonly #file: string;
  readonly #simulator: Simulator;
  /** Number of the line read last, from 1. */
  #line = 0;
  #tuples: Tuple[] = [];
  #lines: number[] = [];

  constructor(file: string, simulator: Simulator) {
    this.#file = file;
    this.#simulator = simulator;
  }

  /** Empty lines are passed over, so that a file may end in one. */
  add(text: string): void {
    this.#line++;
    if (text.trim() === '') return;
    this.#tuples.push(this.#parse(text));
    this.#lines.push(this.#line);
    if (this.#tuples.length === BATCH) this.flush();
  }

  #parse(text: string): Tuple {
    try {
      return JSON.parse(text) as Tuple;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new LineError('bad-tuple', this.#file, this.#line, `the line is no JSON: ${reason}`);
    }
  }

  /** Answers what has been added. */
  flush(): void {
    const [tuples, lines] = [this.#tuples, this.#lines];
    [this.#tuples, this.#lines] = [[], []];
    try {
      this.#answer(tuples, lines);
    } catch (error) {
      // Find the line that is wrong: answer those before it, then let it speak for itself.
      if (!(error instanceof PortaclError) || error.code !== 'bad-tuple') throw error;
      tuples.forEach((tuple, i) => this.#answerOne(tuple, lines[i]!));
    }
  }

  #answerOne(tuple: Tuple, line: number): void {
    try {
      this.#answer([tuple], [line]);
    } catch (error) {
      if (!(error instanceof PortaclError)) throw error;
      const what = error.message.replace(/^line \d+(, quoted)?: /, '$1: ').replace(/^[,:] */, '');
      throw new LineError(error.code, this.#file, line, what);
    }
  }

  #answer(tuples: readonly Tuple[], lines: readonly number[]): void {
    if (tuples.length === 0) return;
    const answers = this.#simulator.judge(tuples);
    print(answers.map((records, i) => `${answerLine(lines[i]!, records, tuples[i]!)}\n`).join(''));
  }
}

/** Source: interfaces.md 4. */
function answerLine(line: number, records: readonly PacketRecord[], tuple: Tuple): string {
  const answer = { line, ...plain(decidingRecord(records, tuple)) };
  return JSON.stringify(
    records.length > 1 ? { ...answer, records: records.map((record) => plain(record)) } : answer,
  );
}

/** Virtual time is printed as a number: it stays far below 2^53 in any test worth writing. */
function plain({ frame, time_ns, ...rest }: PacketRecord): object {
  return { frame, time_ns: time_ns === null ? null : Number(time_ns), ...rest };
}
