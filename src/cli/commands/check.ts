/** `portacl check`: validate and lint policies; nothing is replayed. */
import { Command } from 'commander';

import { PortaclError } from '../../errors.js';
import { loadHost, type HostSources } from '../../load-host.js';
import { countOf, PolicyError, type Diagnostic } from '../../source/diagnostic.js';
import { EXIT } from '../exit-codes.js';
import { addPlatformOptions, hostSources, repeated, type ModelOptions } from '../model-options.js';
import { diagnosticLines, print, printJson } from '../streams.js';

interface CheckCliOptions extends ModelOptions {
  readonly failOn?: string[];
}

const FAIL_ON = ['lint', 'warning'] as const;
const QUIET = ['error', 'info'] as const;
const LOUD = [...QUIET, 'warning'] as const;

const EXAMPLES = `
Examples:
  portacl check acls.json --windows ws2022 --driver l2bridge --isolation process
  portacl check host.yaml --json
  portacl check acls.json --fail-on lint`;

export function checkCommand(done: (exitCode: number) => void): Command {
  return addPlatformOptions(
    new Command('check')
      .description('validate and lint policies; nothing is replayed')
      .argument('<file...>', 'HNS documents (JSON), or one host description (YAML)'),
  )
    .option('--host <file>', 'host description: networks, endpoints, policies (YAML or JSON)')
    .option(
      '--fail-on <what>',
      `exit 3 when there is one, one each time: ${FAIL_ON.join(', ')}`,
      repeated,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: CheckCliOptions) => {
      done(await run(files, options));
    });
}

async function run(files: readonly string[], options: CheckCliOptions): Promise<number> {
  for (const what of options.failOn ?? []) {
    if (!(FAIL_ON as readonly string[]).includes(what)) {
      throw new PortaclError(
        'bad-usage',
        `--fail-on ${what}: one of ${FAIL_ON.join(', ')} is wanted`,
      );
    }
  }
  const diagnostics = await diagnose(sources(files, options));
  const [errors, warnings] = [countOf(diagnostics, 'error'), countOf(diagnostics, 'warning')];
  if (options.json) {
    printJson({ ok: errors === 0, errors, warnings, diagnostics });
  } else {
    const severities = options.quiet ? QUIET : LOUD;
    print(
      diagnosticLines(diagnostics, severities)
        .map((line) => `${line}\n`)
        .join(''),
    );
    print(`${plural(errors, 'error')}, ${plural(warnings, 'warning')}\n`);
  }
  if (errors > 0) return EXIT.failed;
  return (options.failOn?.length ?? 0) > 0 && warnings > 0 ? EXIT.failOn : EXIT.done;
}

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** A YAML file among the files is the host description. */
function sources(files: readonly string[], options: CheckCliOptions): HostSources {
  const isYaml = (file: string): boolean => /\.ya?ml$/i.test(file);
  const [host, ...more] = [
    ...(options.host === undefined ? [] : [options.host]),
    ...files.filter(isYaml),
  ];
  if (more.length > 0) {
    throw new PortaclError(
      'bad-usage',
      `one host description is enough; given are ${host!} and ${more.join(', ')}`,
    );
  }
  return {
    ...hostSources(options),
    policies: files.filter((file) => !isYaml(file)),
    ...(host !== undefined && { host }),
  };
}

async function diagnose(from: HostSources): Promise<readonly Diagnostic[]> {
  try {
    return (await loadHost(from)).diagnostics;
  } catch (error) {
    if (error instanceof PolicyError) return error.diagnostics;
    throw error;
  }
}
