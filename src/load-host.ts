/** Files and flags to a compiled host: the whole way of a rule, for the commands and for callers. */
import { compileHost, type CompiledHost } from './compile/compile-host.js';
import { loadFirewallFiles } from './firewall/load.js';
import type { FrontEnd } from './kubernetes/compilers.js';
import { lintHost } from './lint/lint-host.js';
import type { HostInput, PlatformFlags } from './normalise/host-input.js';
import { normaliseHost } from './normalise/normalise-host.js';
import type { SemanticOptionsInput } from './normalise/options.js';
import { needsYaml, readPolicyDocuments } from './policy/load.js';
import { readPolicyTexts } from './policy/policy-text.js';
import { PolicyError, type Diagnostic } from './source/diagnostic.js';

export interface HostSources {
  /** Policy files, or folders of them: documents as docs/SEMANTICS.md and the README list them. */
  readonly policies?: readonly string[];
  /** Firewall files of the host, in any form `loadFirewallFiles` reads. */
  readonly firewall?: readonly string[];
  /** A host description (YAML or JSON). */
  readonly host?: string;
  readonly platform?: PlatformFlags;
  /** Lenient reading repairs some mistakes with a warning. Default: true. */
  readonly strict?: boolean;
  readonly options?: SemanticOptionsInput;
  /** Who turns NetworkPolicies into ACLs. Default: `reference`, exactly. */
  readonly frontEnd?: FrontEnd;
}

export interface LoadedHost {
  readonly compiled: CompiledHost;
  /** Warnings and notes of reading, then the lints of the whole. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads, checks and compiles.
 *
 * @throws {PolicyError} with all errors of all documents
 * @throws {PortaclError} file-not-found, file-is-directory, file-unreadable, program-limit
 */
export async function loadHost(sources: HostSources): Promise<LoadedHost> {
  const { host, diagnostics } = normaliseHost(await readHostSources(sources));
  if (host === null) throw new PolicyError(diagnostics);
  return { compiled: compileHost(host), diagnostics: [...diagnostics, ...lintHost(host)] };
}

/**
 * Reads files without asking what they mean, so that they can mean something on several platforms.
 * What is wrong in them is in the diagnostics of the documents.
 * @throws {PortaclError} file-not-found, file-unreadable
 */
export async function readHostSources(sources: HostSources): Promise<HostInput> {
  const strict = sources.strict ?? true;
  const texts = readPolicyTexts(sources.policies ?? []);
  const yaml = needsYaml(texts) ? (await import('./source/yaml.js')).readYamlDocuments : undefined;
  const documents = readPolicyDocuments(texts, { strict, yaml });
  const description = sources.host === undefined ? undefined : await describe(sources.host, strict);
  const firewall = loadFirewallFiles(sources.firewall ?? [], { strict });
  const { platform, options, frontEnd } = sources;
  return { documents, firewall, description, platform, strict, options, frontEnd };
}

/** The readers of YAML and of its form are large: they are loaded only where they are needed. */
async function describe(
  file: string,
  strict: boolean,
): Promise<import('./host-description/host-description.js').HostDescription> {
  const { loadHostDescription } = await import('./host-description/load.js');
  return loadHostDescription(file, { strict });
}
