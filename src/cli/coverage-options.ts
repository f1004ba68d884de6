/** `--coverage`, `--coverage-output` and `--fail-under`, where packets are judged. */
import type { Command } from 'commander';

import type { CompiledHost } from '../compile/compile-host.js';
import { coverageLcov, coverageText } from '../coverage/coverage-text.js';
import { coverageShare, type Coverage } from '../coverage/coverage.js';
import { withWitnesses } from '../coverage/witness.js';
import { PortaclError } from '../errors.js';
import { AtomicFile } from '../output/atomic-file.js';
import { complain, print } from './streams.js';

export interface CoverageOptions {
  readonly coverage?: string;
  readonly coverageOutput?: string;
  readonly failUnder?: string;
}

const FORMATS = ['text', 'json', 'lcov'] as const;
type Format = (typeof FORMATS)[number];

export function addCoverageOptions(command: Command): Command {
  return command
    .option('--coverage <format>', `which rules and defaults answered: ${FORMATS.join(', ')}`)
    .option('--coverage-output <file>', 'where it is written; default: standard output')
    .option('--fail-under <percent>', 'exit 3 when fewer of the rules and defaults answered');
}

/** @throws {PortaclError} bad-usage */
export function coverageFormat(text: string): Format {
  const format = FORMATS.find((each) => each === text);
  if (format !== undefined) return format;
  throw new PortaclError('bad-usage', `--coverage ${text}: known are ${FORMATS.join(', ')}`);
}

/** @throws {PortaclError} bad-usage */
export function failUnderPercent(text: string | undefined): number {
  if (text === undefined) return 0;
  const percent = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (percent <= 100) return percent;
  throw new PortaclError('bad-usage', `--fail-under ${text}: a number from 0 to 100 is wanted`);
}

/**
 * Refuses before work begins what would be refused behind it.
 *
 * @throws {PortaclError} bad-usage
 */
export function checkCoverageUsage(
  { coverage, coverageOutput, failUnder }: CoverageOptions,
  isOutputTaken: boolean,
): void {
  failUnderPercent(failUnder);
  if (coverage !== undefined) coverageFormat(coverage);
  if (coverage !== undefined && coverageOutput === undefined && isOutputTaken) {
    throw new PortaclError(
      'bad-usage',
      '--coverage and the results would both go to standard output: give --coverage-output FILE',
    );
  }
}

/**
 * Writes what was asked for; whether `--fail-under` is met. `coverage` is asked only where somebody
 * reads it; what was never hit gets packets that would do for the hosts, where a format shows them.
 *
 * @throws {PortaclError} bad-usage, file-unwritable
 */
export function writeCoverage(
  given: () => Coverage,
  { coverage: wanted, coverageOutput, failUnder }: CoverageOptions,
  hosts: readonly CompiledHost[],
): boolean {
  if (wanted === undefined && failUnder === undefined) return true;
  const percent = failUnderPercent(failUnder);
  const coverage = given();
  if (wanted !== undefined) {
    const text = textOf(coverage, coverageFormat(wanted), hosts);
    if (coverageOutput === undefined) print(text);
    else {
      const output = new AtomicFile(coverageOutput);
      output.write([text]);
      output.commit();
    }
  }
  const share = coverageShare(coverage.items);
  if (share.percent >= percent) return true;
  complain(`coverage is ${Math.floor(share.percent * 10) / 10}%, less than ${percent}%`);
  return false;
}

function textOf(coverage: Coverage, format: Format, hosts: readonly CompiledHost[]): string {
  if (format === 'lcov') return coverageLcov(coverage);
  const whole = hosts.reduce((known, host) => withWitnesses(host, known), coverage);
  return format === 'json' ? `${JSON.stringify(whole, null, 2)}\n` : coverageText(whole);
}
