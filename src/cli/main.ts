/** The command line: arguments to commands, errors to messages and exit codes. */
import { Command, CommanderError } from 'commander';

import { PortaclError } from '../errors.js';
import { PolicyError } from '../source/diagnostic.js';
import { benchCommand } from './commands/bench.js';
import { buildNativeCommand } from './commands/build-native.js';
import { checkCommand } from './commands/check.js';
import { compareCommand } from './commands/compare.js';
import { compareLogCommand } from './commands/compare-log.js';
import { compileCommand } from './commands/compile.js';
import { coverageCommand } from './commands/coverage.js';
import { decodeCommand } from './commands/decode.js';
import { explainCommand } from './commands/explain.js';
import { hostCommand } from './commands/host.js';
import { replayCommand } from './commands/replay.js';
import { simulateCommand } from './commands/simulate.js';
import { testCommand } from './commands/test.js';
import { EXIT } from './exit-codes.js';
import { complain, diagnosticLines, errorLine, print } from './streams.js';
import { VERSION } from '../version.js';

/** Runs one command and returns its exit code; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  // Whoever read our messages may be gone; the work goes on.
  process.stderr.on('error', () => undefined);
  const program = buildProgram((code) => (exitCode = code));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error);
  }
}

/** All commands; `done` is told the exit code of the one that ran. */
export function buildProgram(done: (exitCode: number) => void): Command {
  const program = new Command('portacl')
    .description('What would a Windows host do to every packet of this capture, and why?')
    .version(VERSION)
    .showSuggestionAfterError()
    .exitOverride();
  for (const command of [
    replayCommand,
    compareCommand,
    compareLogCommand,
    decodeCommand,
    explainCommand,
    simulateCommand,
    testCommand,
    coverageCommand,
    checkCommand,
    compileCommand,
    hostCommand,
    benchCommand,
    buildNativeCommand,
  ]) {
    program.addCommand(command(done).exitOverride().showSuggestionAfterError());
  }
  // Also of help the reader may go away early.
  for (const each of [program, ...program.commands]) each.configureOutput({ writeOut: print });
  return program;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help and version end by an exception too; everything else is misuse, already explained.
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
  if (error instanceof PolicyError) {
    diagnosticLines(error.diagnostics, ['error']).forEach(complain);
    return EXIT.failed;
  }
  if (error instanceof PortaclError) {
    if (error.code === 'cancelled') return EXIT.cancelled;
    complain(errorLine(error));
    return error.code === 'bad-usage' ? EXIT.usage : EXIT.failed;
  }
  complain(`portacl failed by a fault of its own; please report it:\n${stackOf(error)}`);
  return EXIT.failed;
}

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
