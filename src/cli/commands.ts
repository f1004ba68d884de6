/**
 * The commands. What `portacl --help` shows of them stands here, so that only the command that runs
 * is loaded: most of what a command needs to start is reading its modules.
 */
import type { Command } from 'commander';

export interface CommandEntry {
  readonly name: string;
  /** As the list of commands shows it. */
  readonly term: string;
  readonly description: string;
  /** The command; `done` is told the exit code when it ran. */
  readonly load: () => Promise<(done: (exitCode: number) => void) => Command>;
}

const entry = (term: string, description: string, load: CommandEntry['load']): CommandEntry => ({
  name: term.split(' ')[0]!,
  term,
  description,
  load,
});

/** In the order of `portacl --help`. */
export const COMMANDS: readonly CommandEntry[] = [
  entry(
    'replay [options] [capture...]',
    'judge every packet of captures and say which rule dropped what',
    async () => (await import('./commands/replay.js')).replayCommand,
  ),
  entry(
    'compare [options] [capture...]',
    'list packets on which a recorded verdict and the emulator disagree',
    async () => (await import('./commands/compare.js')).compareCommand,
  ),
  entry(
    'compare-log [options] [capture...]',
    'list lines on which a firewall log and the replay of its captures disagree',
    async () => (await import('./commands/compare-log.js')).compareLogCommand,
  ),
  entry(
    'decode [options] <capture>',
    'print what the engine reads of every packet',
    async () => (await import('./commands/decode.js')).decodeCommand,
  ),
  entry(
    'explain [options] <what...>',
    'one verdict, step by step: of a tuple, or of a frame of a capture',
    async () => (await import('./commands/explain.js')).explainCommand,
  ),
  entry(
    'simulate [options]',
    'verdicts for many packets or packet sequences, no capture needed',
    async () => (await import('./commands/simulate.js')).simulateCommand,
  ),
  entry(
    'test [options] <file...>',
    'run files of test cases: packets, expected verdicts and reasons',
    async () => (await import('./commands/test.js')).testCommand,
  ),
  entry(
    'coverage',
    'coverage of several runs together',
    async () => (await import('./commands/coverage.js')).coverageCommand,
  ),
  entry(
    'check [options] <file...>',
    'validate and lint policies; nothing is replayed',
    async () => (await import('./commands/check.js')).checkCommand,
  ),
  entry(
    'compile [options] [file...]',
    'show the layers, groups and rules that policies become',
    async () => (await import('./commands/compile.js')).compileCommand,
  ),
  entry(
    'host [options]',
    'show the platform model: compartments, endpoints, stages, defaults, accepted ACLs',
    async () => (await import('./commands/host.js')).hostCommand,
  ),
  entry(
    'bench [options]',
    'measure how fast rules are found, captures are judged and flows are kept, on your own files',
    async () => (await import('./commands/bench.js')).benchCommand,
  ),
  entry(
    'build-native',
    'build the native engine from source, where no prebuilt one fits',
    async () => (await import('./commands/build-native.js')).buildNativeCommand,
  ),
];
