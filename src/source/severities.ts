/** What each kind of finding counts as, where somebody wants it otherwise. */
import type { ErrorCode } from '../errors.js';
import type { Diagnostic, Severity } from './diagnostic.js';

export const SEVERITY_CHOICES = ['error', 'warning', 'info', 'off'] as const;
export type SeverityChoice = (typeof SEVERITY_CHOICES)[number];

export type Severities = ReadonlyMap<ErrorCode, SeverityChoice>;

/**
 * The diagnostics with the severities that were chosen for their codes. What is an error already
 * stays one: a document with errors has no meaning that could be judged.
 */
export function withSeverities(
  diagnostics: readonly Diagnostic[],
  severities: Severities,
): readonly Diagnostic[] {
  if (severities.size === 0) return diagnostics;
  return diagnostics.flatMap((diagnostic): readonly Diagnostic[] => {
    const choice = diagnostic.severity === 'error' ? undefined : severities.get(diagnostic.code);
    if (choice === undefined) return [diagnostic];
    return choice === 'off' ? [] : [{ ...diagnostic, severity: choice satisfies Severity }];
  });
}
