/** Losses as diagnostics, so that severities, exit codes and SARIF treat them as all others. */
import type { ErrorCode, SourceLocation } from '../errors.js';
import { diagnosticOf, type Diagnostic } from '../source/diagnostic.js';
import type { Loss, LossReport } from './find-losses.js';
import { FRONT_END_NAMES, judgementText, podsText, tupleText } from './losses-text.js';

/** For what no document says. */
const NOWHERE: SourceLocation = { file: '<front end>', line: 0, column: 0, path: '' };

/** What has a code of its own. */
const CODES: Readonly<Partial<Record<Loss['code'], ErrorCode>>> = {
  'policy-refused': 'unsupported-in-front-end',
  'except-ignored': 'except-ignored',
  'except-overrides-other-policy': 'except-overrides-other-policy',
};

/** The codes of {@link lossDiagnostics}. */
export const LOSS_CODES: ReadonlySet<ErrorCode> = new Set([
  'front-end-dropped-rule',
  ...Object.values(CODES),
]);

/** A policy that is refused as a whole is an error, everything else a warning. Source: hns.md 9, 10. */
export function lossDiagnostics({ frontEnd, losses }: LossReport): readonly Diagnostic[] {
  return losses.map((loss) => {
    const code = CODES[loss.code] ?? 'front-end-dropped-rule';
    const at = loss.location ?? NOWHERE;
    const details = {
      found: judgementText(loss.witness.faithful),
      expected: judgementText(loss.witness.exact),
    };
    return diagnosticOf(
      code === 'unsupported-in-front-end' ? 'error' : 'warning',
      code,
      at,
      messageOf(loss, frontEnd),
      details,
    );
  });
}

function messageOf(loss: Loss, frontEnd: LossReport['frontEnd']): string {
  const { effect, policy, direction, pods, why, remedy, witness } = loss;
  const what =
    effect === 'lost' ? 'drops what the policies allow' : 'lets through what the policies deny';
  const subject = policy === null ? '' : ` by NetworkPolicy ${policy}`;
  return `${FRONT_END_NAMES[frontEnd]} ${what}${subject}, ${direction} of ${podsText(pods)}: ${tupleText(witness.tuple)}. ${why}${remedy === null ? '' : ` ${remedy}`}`;
}
