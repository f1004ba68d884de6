/** `portacl check`: validate and lint policies; nothing is replayed. */
import { Command } from 'commander';

import { ERRORS, PortaclError } from '../../errors.js';
import { FAITHFUL_FRONT_ENDS, type FaithfulFrontEnd } from '../../kubernetes/compilers.js';
import { loadHost, readHostSources, type HostSources } from '../../load-host.js';
import type { LossReport } from '../../losses/find-losses.js';
import { LOSS_CODES, lossDiagnostics } from '../../losses/loss-diagnostics.js';
import { lossesText } from '../../losses/losses-text.js';
import { readPolicyTexts } from '../../policy/policy-text.js';
import { countOf, PolicyError, type Diagnostic } from '../../source/diagnostic.js';
import { acrossText } from '../../across/across-text.js';
import { AXES, type Axis } from '../../across/platform-grid.js';
import { sarifLog } from '../../report/sarif.js';
import { SEVERITY_CHOICES, withSeverities, type Severities } from '../../source/severities.js';
import { isFolder } from '../../source/walk-folder.js';
import { isFirewallFile } from '../../firewall/load.js';
import { EXIT } from '../exit-codes.js';
import {
  addPlatformOptions,
  frontEndOf,
  hostSources,
  repeated,
  type ModelOptions,
} from '../model-options.js';
import { diagnosticLines, print, printJson } from '../streams.js';

interface CheckCliOptions extends ModelOptions {
  readonly failOn?: string[];
  readonly format?: string;
  readonly severity?: string[];
  readonly acrossWindows?: string | true;
}

/** Besides the codes themselves. `lint` is another word for `warning`. */
const FAIL_ON = ['lint', 'warning', 'info', 'difference'] as const;
const FORMATS = ['text', 'json', 'sarif'] as const;
const QUIET = ['error', 'info'] as const;
const LOUD = [...QUIET, 'warning'] as const;

const EXAMPLES = `
Examples:
  portacl check acls.json --windows ws2022 --driver l2bridge --isolation process
  portacl check host.yaml --json
  portacl check acls.json --fail-on lint
  portacl check acls.json --severity dns-blocked=error --severity long-list=off
  portacl check acls.json --windows ws2022 --driver l2bridge --across-windows
  portacl check host.yaml --across-windows windows --fail-on difference
  portacl check policies.yaml pods.yaml --as calico
  portacl check host.yaml --format sarif > portacl.sarif`;

export function checkCommand(done: (exitCode: number) => void): Command {
  return addPlatformOptions(
    new Command('check')
      .description('validate and lint policies; nothing is replayed')
      .argument(
        '<file...>',
        'HNS documents (JSON), Kubernetes objects (YAML or JSON), folders of them, or one host description (YAML)',
      ),
  )
    .option('--host <file>', 'host description: networks, endpoints, policies (YAML or JSON)')
    .option(
      '--fail-on <what>',
      `exit 3 when there is one, one each time: ${FAIL_ON.join(', ')} or a code`,
      repeated,
    )
    .option(
      '--severity <code=severity>',
      `what a warning or info counts as, one each time: ${SEVERITY_CHOICES.join(', ')}`,
      repeated,
    )
    .option('--format <format>', `${FORMATS.join(', ')} (SARIF 2.1.0); --json is json`, 'text')
    .option(
      '--across-windows [axes]',
      `compare with other platforms, along all of ${AXES.join(',')} or some`,
    )
    .option(
      '--as <front-end>',
      `what becomes of NetworkPolicies when ${FAITHFUL_FRONT_ENDS.join(' or ')} programs them, with a packet for each loss`,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: CheckCliOptions) => {
      done(await run(files, options));
    });
}

async function run(files: readonly string[], options: CheckCliOptions): Promise<number> {
  const failOn = options.failOn ?? [];
  for (const what of failOn) {
    if ((FAIL_ON as readonly string[]).includes(what) || Object.hasOwn(ERRORS, what)) continue;
    const wanted = `one of ${FAIL_ON.join(', ')} or a code of docs/ERRORS.md is wanted`;
    throw new PortaclError('bad-usage', `--fail-on ${what}: ${wanted}`);
  }
  const format = options.json ? 'json' : (options.format ?? 'text');
  if (!(FORMATS as readonly string[]).includes(format)) {
    const wanted = `one of ${FORMATS.join(', ')} is wanted`;
    throw new PortaclError('bad-usage', `--format ${format}: ${wanted}`);
  }
  if (options.acrossWindows !== undefined) return runAcross(files, options, format);
  const severities = severitiesOf(options.severity ?? []);
  const from = sources(files, options);
  const losses = options.as === undefined ? null : await lossesOf(from, frontEndOf(options.as));
  const diagnostics = withSeverities(losses?.diagnostics ?? (await diagnose(from)), severities);
  const [errors, warnings] = [countOf(diagnostics, 'error'), countOf(diagnostics, 'warning')];
  if (format === 'json') {
    const report = losses?.report ?? null;
    printJson({
      ok: errors === 0,
      errors,
      warnings,
      diagnostics,
      ...(report && { losses: report }),
    });
  } else if (format === 'sarif') {
    printJson(sarifLog(diagnostics));
  } else {
    const shown = options.quiet ? QUIET : LOUD;
    print(
      diagnosticLines(diagnostics.filter(isNoLoss), shown)
        .map((line) => `${line}\n`)
        .join(''),
    );
    if (losses?.report) print(`\n${lossesText(losses.report)}\n`);
    print(`${plural(errors, 'error')}, ${plural(warnings, 'warning')}\n`);
  }
  if (errors > 0) return EXIT.failed;
  return failOn.some((what) => isThere(diagnostics, what)) ? EXIT.failOn : EXIT.done;
}

/** `difference`: on some platform the documents are refused or judge a packet otherwise. */
async function runAcross(
  files: readonly string[],
  options: CheckCliOptions,
  format: string,
): Promise<number> {
  if (format === 'sarif') {
    throw new PortaclError('bad-usage', '--across-windows is printed as text or json');
  }
  // The engine is loaded where it is asked only.
  const { acrossWindows } = await import('../../across/across-windows.js');
  const axes = axesOf(options.acrossWindows ?? true);
  const report = await acrossWindows(sources(files, options), axes);
  if (format === 'json') printJson(report);
  else print(acrossText(report));
  const differs = report.platforms.some(({ outcome }) => outcome !== 'same');
  return differs && options.failOn?.includes('difference') === true ? EXIT.failOn : EXIT.done;
}

/** @throws {PortaclError} bad-usage */
function axesOf(text: string | true): readonly Axis[] {
  if (text === true) return AXES;
  return text.split(',').map((name) => {
    const axis = AXES.find((each) => each === name);
    if (axis !== undefined) return axis;
    const wanted = `one or more of ${AXES.join(',')} are wanted`;
    throw new PortaclError('bad-usage', `--across-windows ${text}: ${wanted}`);
  });
}

function isThere(diagnostics: readonly Diagnostic[], what: string): boolean {
  const severity = what === 'lint' ? 'warning' : what;
  return diagnostics.some((each) => each.severity === severity || each.code === what);
}

/** @throws {PortaclError} bad-usage */
function severitiesOf(pairs: readonly string[]): Severities {
  return new Map(
    pairs.map((pair) => {
      const [code, severity, ...more] = pair.split('=');
      const choice = SEVERITY_CHOICES.find((each) => each === severity);
      if (!Object.hasOwn(ERRORS, code ?? '') || choice === undefined || more.length > 0) {
        const wanted = `a code of docs/ERRORS.md, =, and one of ${SEVERITY_CHOICES.join(', ')} are wanted`;
        throw new PortaclError('bad-usage', `--severity ${pair}: ${wanted}`);
      }
      return [code as keyof typeof ERRORS, choice] as const;
    }),
  );
}

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/**
 * A YAML file among the files is the host description, unless it holds Kubernetes objects or Compose services; firewall
 * files are known by what is in them.
 */
function sources(files: readonly string[], options: CheckCliOptions): HostSources {
  const descriptions = new Set(files.filter(isHostDescription));
  const [host, ...more] = [...(options.host === undefined ? [] : [options.host]), ...descriptions];
  if (more.length > 0) {
    throw new PortaclError(
      'bad-usage',
      `one host description is enough; given are ${host!} and ${more.join(', ')}`,
    );
  }
  const from = hostSources(options);
  const firewall = files.filter((file) => !descriptions.has(file) && isFirewallFile(file));
  return {
    ...from,
    policies: files.filter((file) => !descriptions.has(file) && !firewall.includes(file)),
    firewall: [...(from.firewall ?? []), ...firewall],
    ...(host !== undefined && { host }),
  };
}

function isHostDescription(file: string): boolean {
  if (!/\.ya?ml$/i.test(file) || isFolder(file)) return false;
  const [text] = readPolicyTexts([file]);
  return !(
    text !== undefined &&
    'source' in text &&
    /^(?:- )?["']?(?:apiVersion|services)["']?\s*:/m.test(text.source.text ?? '')
  );
}

/** Said in the report of losses, in more words. */
function isNoLoss({ code }: Diagnostic): boolean {
  return !LOSS_CODES.has(code);
}

/** What a front end makes of the policies; no report where the documents have errors. */
async function lossesOf(
  from: HostSources,
  frontEnd: FaithfulFrontEnd,
): Promise<{ readonly report: LossReport | null; readonly diagnostics: readonly Diagnostic[] }> {
  // The engine is loaded where it is asked only.
  const { findLosses } = await import('../../losses/find-losses.js');
  try {
    const { diagnostics, ...report } = findLosses(await readHostSources(from), frontEnd);
    return { report, diagnostics: [...diagnostics, ...lossDiagnostics(report)] };
  } catch (error) {
    if (error instanceof PolicyError) return { report: null, diagnostics: error.diagnostics };
    throw error;
  }
}

async function diagnose(from: HostSources): Promise<readonly Diagnostic[]> {
  try {
    return (await loadHost(from)).diagnostics;
  } catch (error) {
    if (error instanceof PolicyError) return error.diagnostics;
    throw error;
  }
}
