/** The command line: arguments to commands, errors to messages and exit codes. */
import { Command, CommanderError, type OutputConfiguration } from 'commander';

import { PortaclError } from '../errors.js';
import { PolicyError } from '../source/diagnostic.js';
import { COMMANDS } from './commands.js';
import { EXIT } from './exit-codes.js';
import {
  complain,
  diagnosticLines,
  errorLine,
  print,
  printAside,
  STANDARD_ERROR,
  STANDARD_OUTPUT,
  terminalOf,
} from './streams.js';
import { VERSION } from '../version.js';

/** Runs one command and returns its exit code; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  try {
    const program = await buildProgram(wantedBy(argv), (code) => (exitCode = code));
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error);
  }
}

/** The name of the command that is run or asked about. */
const wantedBy = ([first, second]: readonly string[]): string | undefined =>
  first === 'help' ? second : first;

/**
 * The program with the command named `wanted`, or all for null, whole, and of the others what the
 * list of commands shows; `done` is told the exit code of the one that ran.
 */
export async function buildProgram(
  wanted: string | null | undefined,
  done: (exitCode: number) => void,
): Promise<Command> {
  const program = new Command('portacl')
    .description('What would a Windows host do to every packet of this capture, and why?')
    .version(VERSION)
    .showSuggestionAfterError()
    .configureHelp({ subcommandTerm: (command) => TERMS.get(command.name()) ?? command.name() })
    .exitOverride();
  for (const { name, description, load } of COMMANDS) {
    const whole = wanted === null || wanted === name;
    const command = whole ? (await load())(done) : new Command(name).description(description);
    program.addCommand(command.exitOverride().showSuggestionAfterError());
  }
  for (const each of [program, ...program.commands]) each.configureOutput(OUTPUT);
  return program;
}

/** Also of help the reader may go away early; and Node's streams are not loaded for it. */
const OUTPUT: OutputConfiguration = {
  writeOut: print,
  writeErr: printAside,
  ...{ getOutHelpWidth: () => widthOf(STANDARD_OUTPUT), getOutHasColors: () => false },
  ...{ getErrHelpWidth: () => widthOf(STANDARD_ERROR), getErrHasColors: () => false },
};

/** Commander's own where nothing says it. */
const HELP_WIDTH = 80;
const widthOf = (fd: Parameters<typeof terminalOf>[0]): number =>
  terminalOf(fd)?.columns ?? HELP_WIDTH;

const TERMS: ReadonlyMap<string, string> = new Map([
  ...COMMANDS.map(({ name, term }) => [name, term] as const),
  ['help', 'help [command]'],
]);

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
