/** Firewall policies from files, whatever their form. Source: docs/semantics/firewall.md 1. */
import { PortaclError } from '../errors.js';
import { createReporter, PolicyError, type Reporter } from '../source/diagnostic.js';
import { fromValue } from '../source/from-value.js';
import { readJson } from '../source/json.js';
import { readSourceBytes, sourceFromBytes } from '../source/read-file.js';
import type { SourceDocument } from '../source/source-node.js';
import type { SourceText } from '../source/source-text.js';
import { isCmdletJson, looksLikeCmdletJson, readCmdletJson } from './cmdlet-json.js';
import { checkRules, type FirewallDocument } from './firewall-document.js';
import type { FirewallRule, StoreSettings } from './firewall-rule.js';
import { looksLikeHive, readHiveFile } from './hive-file.js';
import { looksLikeNetshAdd, readNetshAdd } from './netsh-add.js';
import { looksLikeNetshProfiles, readNetshProfiles } from './netsh-profiles.js';
import { looksLikeNetshShow, readNetshShow } from './netsh-show.js';
import { looksLikeOwnJson, readOwnJson } from './own-json.js';
import { looksLikePol, readPolFile } from './pol-file.js';
import { looksLikeReg, readRegFile } from './reg-file.js';
import { readRegistryValues } from './registry-values.js';
import { looksLikeRuleStrings, readRuleStrings } from './rule-list-json.js';

export interface FirewallLoadOptions {
  /** Strict reading refuses what lenient reading repairs or leaves out with a warning. */
  readonly strict: boolean;
}

interface Policy {
  readonly rules: readonly FirewallRule[];
  readonly settings: readonly StoreSettings[];
}
const NOTHING: Policy = { rules: [], settings: [] };

const FORMS =
  'a registry export (.reg), registry.pol, a hive or .wfw, a listing of netsh, objects of Get-NetFirewallRule with their filters, rule strings, or JSON as docs/semantics/firewall.md describes it';

/**
 * Reads firewall files. What is wrong inside a file is in the diagnostics of its document.
 * @throws {PortaclError} file-not-found, file-is-directory, file-unreadable
 */
export function loadFirewallFiles(
  paths: readonly string[],
  options: FirewallLoadOptions,
): readonly FirewallDocument[] {
  return paths.map((path) => firewallFromBytes(readable(path), path, options));
}

/** The bytes, or what is wrong with the size of the file. */
function readable(path: string): Uint8Array | PolicyError {
  try {
    return readSourceBytes(path);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
}

/** Reads a firewall policy given as bytes; `name` stands for the file in messages. */
export function firewallFromBytes(
  bytes: Uint8Array | PolicyError,
  name: string,
  { strict }: FirewallLoadOptions,
): FirewallDocument {
  const reporter = createReporter(strict);
  const { rules, settings } = guarded(reporter, () => {
    if (bytes instanceof PolicyError) throw bytes;
    return readBytes(bytes, name, reporter);
  });
  return { name, rules, settings, diagnostics: reporter.result() };
}

/** Reads a firewall policy given as a plain value. */
export function firewallFromValue(
  value: unknown,
  name: string,
  { strict }: FirewallLoadOptions,
): FirewallDocument {
  const reporter = createReporter(strict);
  const { rules, settings } = guarded(reporter, () =>
    readDocument(fromValue(value, name), reporter),
  );
  return { name, rules, settings, diagnostics: reporter.result() };
}

function guarded(reporter: Reporter, read: () => Policy): Policy {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    reporter.add(error.diagnostics);
    return NOTHING;
  }
}

/**
 * Whether a file is a firewall policy, by what is in it: for commands that take files of all kinds.
 * A file that cannot be read is none.
 */
export function isFirewallFile(path: string): boolean {
  try {
    const bytes = readSourceBytes(path);
    if (looksLikePol(bytes) || looksLikeHive(bytes)) return true;
    const source = sourceFromBytes(path, bytes);
    const text = source.text ?? '';
    if (/^\s*[[{]/.test(text)) {
      const document = readJson(source);
      return [looksLikeOwnJson, looksLikeRuleStrings, isCmdletJson].some((is) => is(document));
    }
    return looksLikeReg(text) || looksLikeNetshShow(text) || looksLikeNetshAdd(text);
  } catch (error) {
    if (error instanceof PortaclError) return false;
    throw error;
  }
}

function readBytes(bytes: Uint8Array, name: string, reporter: Reporter): Policy {
  if (looksLikePol(bytes)) return readRegistryValues(readPolFile(name, bytes, reporter), reporter);
  if (looksLikeHive(bytes)) {
    const { values, isExport } = readHiveFile(name, bytes, reporter);
    return readRegistryValues(values, reporter, isExport ? 'local' : null);
  }
  return readText(sourceFromBytes(name, bytes), reporter);
}

function readText(source: SourceText, reporter: Reporter): Policy {
  const text = source.text ?? '';
  if (looksLikeReg(text)) return readRegistryValues(readRegFile(source, reporter), reporter);
  if (/^\s*[[{]/.test(text)) return readDocument(readJson(source), reporter);
  if (looksLikeNetshShow(text)) {
    const settings = looksLikeNetshProfiles(text) ? [readNetshProfiles(source, reporter)] : [];
    return { rules: checked(readNetshShow(source, reporter), reporter), settings };
  }
  if (looksLikeNetshAdd(text))
    return { rules: checked(readNetshAdd(source, reporter), reporter), settings: [] };
  return unknown(source.name, reporter);
}

function readDocument(document: SourceDocument, reporter: Reporter): Policy {
  const policy = looksLikeOwnJson(document)
    ? readOwnJson(document, reporter)
    : looksLikeRuleStrings(document)
      ? { rules: readRuleStrings(document, reporter), settings: [] }
      : looksLikeCmdletJson(document)
        ? readCmdletJson(document, reporter)
        : unknown(document.source.name, reporter);
  checkRules(policy.rules, reporter);
  return policy;
}

function checked(rules: readonly FirewallRule[], reporter: Reporter): readonly FirewallRule[] {
  checkRules(rules, reporter);
  return rules;
}

function unknown(name: string, reporter: Reporter): Policy {
  const place = { file: name, line: 1, column: 1, path: '' };
  const message = `${name} is no firewall policy that is read: ${FORMS}.`;
  reporter.error('unknown-document', place, message, { expected: FORMS });
  return NOTHING;
}
