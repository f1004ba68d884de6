/**
 * Diagnostics as SARIF 2.1.0, which code-review tools show in place. Source: the OASIS standard
 * "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
 */
import { pathToFileURL } from 'node:url';
import { ERRORS, type ErrorCode, type ErrorRow } from '../errors.js';
import type { Diagnostic, Severity } from '../source/diagnostic.js';
import { VERSION } from '../version.js';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

const LEVEL_OF: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

/** One run with one result for each diagnostic, in their order. */
export function sarifLog(diagnostics: readonly Diagnostic[]): object {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const indexOf = new Map(codes.map((code, i) => [code, i]));
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'portacl', version: VERSION, rules: codes.map(ruleOf) } },
        // Columns of diagnostics count UTF-16 units.
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((diagnostic) => resultOf(diagnostic, indexOf)),
      },
    ],
  };
}

function ruleOf(code: ErrorCode): object {
  const row: ErrorRow = ERRORS[code];
  return {
    id: code,
    shortDescription: { text: row.when },
    ...(row.hns === undefined ? {} : { properties: { hns: row.hns } }),
  };
}

function resultOf(diagnostic: Diagnostic, indexOf: ReadonlyMap<ErrorCode, number>): object {
  const { severity, code, message, found, expected, hns, rule, unlisted } = diagnostic;
  const entries = Object.entries({ found, expected, hns, rule, unlisted });
  const properties = entries.filter(([, value]) => value !== undefined);
  return {
    ruleId: code,
    ruleIndex: indexOf.get(code),
    level: LEVEL_OF[severity],
    message: { text: message },
    ...locationsOf(diagnostic),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
  };
}

/** Findings on flags or on the host as a whole stand in no file. */
function locationsOf({ location }: Diagnostic): object {
  const { file, line, column, path } = location;
  const isFile = file !== '' && !file.startsWith('--') && !file.startsWith('<');
  if (!isFile) return {};
  const region = line > 0 ? { region: { startLine: line, startColumn: column } } : {};
  const physicalLocation = { artifactLocation: { uri: uriOf(file) }, ...region };
  const logicalLocations = path === '' ? {} : { logicalLocations: [{ fullyQualifiedName: path }] };
  return { locations: [{ physicalLocation, ...logicalLocations }] };
}

/** Relative names stay relative, so that the log holds for every checkout. */
function uriOf(file: string): string {
  if (/^(?:[A-Za-z]:)?[\\/]/.test(file)) return pathToFileURL(file).href;
  return file.split(/[\\/]/).map(encodeURIComponent).join('/');
}
