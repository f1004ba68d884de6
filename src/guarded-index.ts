/**
 * What `import 'portacl'` gives: {@link index.ts}, with a guard before every function that takes back
 * what this package has made (hosts, reports, coverage) or reads large values. Those are not
 * checked field by field; one that falls apart while it is read is `bad-argument`, and the fault its
 * cause (docs/semantics/library.md, "Arguments"). The other functions and the classes check what they
 * are given themselves, the error classes behind {@link guardedError}; test/arguments names the one
 * that does not.
 */
import { readingArguments } from './arguments.js';
import { guardedError } from './guarded-errors.js';
import * as api from './index.js';

export * from './index.js';

export const {
  aboutBench,
  acrossText,
  acrossWindows,
  benchCapture,
  benchCaptureText,
  benchMeasure,
  benchPageHtml,
  benchRules,
  benchRulesText,
  casesFromText,
  casesJunit,
  casesTap,
  casesText,
  compare,
  compareBench,
  compareLog,
  comparisonText,
  compileHost,
  coverageFromJson,
  coverageLcov,
  coverageOf,
  coverageShare,
  coverageText,
  decidingRecord,
  decodeCapture,
  diagnosisText,
  ethernet,
  explain,
  explainFrame,
  explanationText,
  findLosses,
  firewallFromBytes,
  firewallFromValue,
  formatAddress,
  fragment,
  hostText,
  hostView,
  lintHost,
  listCaptures,
  loadFirewallFiles,
  loadHost,
  loadPolicyFiles,
  lossesText,
  markText,
  measurementsText,
  mergeCoverage,
  normaliseHost,
  packetText,
  parseIpAddress,
  parseMark,
  parseTuple,
  policyFromText,
  policyFromValue,
  printRuleString,
  raw,
  readBenchReport,
  readCases,
  readFirewallLog,
  replay,
  replayText,
  runCases,
  sarifLog,
  withSeverities,
  withWitnesses,
} = guarded(api);

export const CaptureError = guardedError(api.CaptureError);
export const FileError = guardedError(api.FileError);
export const PolicyError = guardedError(api.PolicyError);
export const PortaclError = guardedError(api.PortaclError);
export const ProgramError = guardedError(api.ProgramError);

type Functions<Api> = {
  readonly [
    Name in keyof Api as Api[Name] extends (...args: never[]) => unknown ? Name : never
  ]: Api[Name];
};

/** The functions of a module; classes have no call signature and are left out by the type. */
function guarded<Api extends object>(module: Api): Functions<Api> {
  const entries = Object.entries(module).map(([of, value]) => [of, guardedFunction(of, value)]);
  return Object.fromEntries(entries) as Functions<Api>;
}

function guardedFunction(of: string, value: unknown): unknown {
  if (typeof value !== 'function') return value;
  const call = value as (...args: readonly unknown[]) => unknown;
  return (...args: readonly unknown[]): unknown =>
    readingArguments({ code: 'bad-argument', of }, () => call(...args));
}
