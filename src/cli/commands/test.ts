/** `portacl test`: files of test cases, for people and for CI. */
import { watch } from 'node:fs';
import { Command } from 'commander';

import { casesJunit, casesTap, casesText } from '../../cases/case-output.js';
import { readCases } from '../../cases/read-cases.js';
import { runCases, type CaseRun } from '../../cases/run-cases.js';
import type { CaseFile, CaseResult } from '../../cases/test-cases.js';
import { mergeCoverage } from '../../coverage/coverage.js';
import { PortaclError } from '../../errors.js';
import { PolicyError } from '../../source/diagnostic.js';
import {
  addCoverageOptions,
  checkCoverageUsage,
  writeCoverage,
  type CoverageOptions,
} from '../coverage-options.js';
import { EXIT } from '../exit-codes.js';
import { cancelOnInterrupt } from '../interrupt.js';
import { complain, diagnosticLines, errorLine, print, printJson, warn } from '../streams.js';

interface TestCliOptions extends CoverageOptions {
  readonly format: string;
  readonly watch?: boolean;
  readonly quiet?: boolean;
}

const FORMATS: Readonly<Record<string, (results: readonly CaseResult[]) => void>> = {
  text: (results) => print(casesText(results)),
  tap: (results) => print(casesTap(results)),
  junit: (results) => print(casesJunit(results)),
  json: (results) => printJson({ cases: results }),
};

/** Editors write a file in several steps. */
const SETTLE_MS = 100;

const HELP = `
A file of cases is YAML or JSON:
  host: host.yaml              # or policies, windows, driver, isolation, endpoint
  cases:
    - name: clients reach the web port, nobody reaches ssh
      packets:
        - packet: in tcp 10.9.9.9:4000 > 10.1.0.5:80
          expect: allow
        - packet: in tcp 10.9.9.9:4001 > 10.1.0.5:22
          expect: drop
          by: web-block-management    # null: a default; also reason, stage

Examples:
  portacl test cases.yaml
  portacl test cases/*.yaml --format junit > results.xml
  portacl test cases.yaml --coverage text --fail-under 80
  portacl test cases.yaml --watch`;

export function testCommand(done: (exitCode: number) => void): Command {
  return addCoverageOptions(
    new Command('test')
      .description('run files of test cases: packets, expected verdicts and reasons')
      .argument('<file...>', 'files of cases, YAML or JSON'),
  )
    .option('--format <format>', Object.keys(FORMATS).join(', '), 'text')
    .option('--watch', 'run again whenever a file changes, until Ctrl-C')
    .option('-q, --quiet', 'no warnings on the policies')
    .addHelpText('after', HELP)
    .action(async (files: string[], options: TestCliOptions) => {
      if (!Object.hasOwn(FORMATS, options.format)) {
        throw new PortaclError(
          'bad-usage',
          `--format ${options.format}: known are ${Object.keys(FORMATS).join(', ')}`,
        );
      }
      checkCoverageUsage(options, options.format !== 'text');
      done(options.watch === true ? await watchFiles(files, options) : await run(files, options));
    });
}

async function run(files: readonly string[], options: TestCliOptions): Promise<number> {
  // All files are read before any is run, so that mistakes come all at once.
  const cases = readAll(files);
  const runs: CaseRun[] = [];
  for (const each of cases) runs.push(await runCases(each));
  if (options.quiet !== true) runs.forEach(({ diagnostics }) => warn(diagnostics));
  const results = runs.flatMap((each) => each.results);
  FORMATS[options.format]!(results);
  const isEnough = writeCoverage(
    () => mergeCoverage(runs.map(({ coverage }) => coverage)),
    options,
    runs.map(({ compiled }) => compiled),
  );
  if (results.some(({ failures }) => failures.length > 0)) return EXIT.failed;
  return isEnough ? EXIT.done : EXIT.failOn;
}

/** @throws {PolicyError} with the mistakes of all files */
function readAll(files: readonly string[]): CaseFile[] {
  const mistakes: PolicyError[] = [];
  const cases = files.flatMap((file) => {
    try {
      return [readCases(file)];
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      mistakes.push(error);
      return [];
    }
  });
  if (mistakes.length > 0) throw new PolicyError(mistakes.flatMap((each) => each.diagnostics));
  return cases;
}

/** Runs until it is interrupted; a run that cannot be made is said and waited out. */
async function watchFiles(files: readonly string[], options: TestCliOptions): Promise<number> {
  const interrupt = cancelOnInterrupt();
  try {
    while (!interrupt.signal.aborted) {
      const changed = nextChange(watchedFiles(files), interrupt.signal);
      await run(files, options).catch(sayError);
      complain('waiting for changes; Ctrl-C ends');
      await changed;
    }
    return EXIT.cancelled;
  } finally {
    interrupt.release();
  }
}

function sayError(error: unknown): void {
  if (error instanceof PolicyError) diagnosticLines(error.diagnostics, ['error']).forEach(complain);
  else if (error instanceof PortaclError) complain(errorLine(error));
  else throw error;
}

/** The files of cases, and the documents that those which can be read name. */
function watchedFiles(files: readonly string[]): string[] {
  const named = files.flatMap((file) => {
    try {
      const { host, policies = [] } = readCases(file).sources;
      return [...policies, ...(host === undefined ? [] : [host])];
    } catch (error) {
      if (error instanceof PortaclError) return [];
      throw error;
    }
  });
  return [...new Set([...files, ...named])];
}

/** Ends when one of the files has changed, or when it is interrupted. */
function nextChange(files: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const watchers = files.flatMap((file) => {
      try {
        return [watch(file, () => (timer ??= setTimeout(end, SETTLE_MS)))];
      } catch {
        return []; // It is not there; the run says so.
      }
    });
    function end(): void {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      signal.removeEventListener('abort', end);
      resolve();
    }
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}
