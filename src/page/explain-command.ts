/** How a reader of the page is told to have a frame explained: a command to be copied. */
import type { ReplayReport } from '../report/replay-report.js';
import { oneLine } from '../report/text-table.js';

/** What stands before and behind the number of the frame. */
export interface ExplainCommand {
  readonly before: string;
  readonly after: string;
}

/**
 * For a shell. Null where a frame number does not say which capture it is of, and where a name could
 * not be copied as it is.
 */
export function explainCommand(
  { captures }: ReplayReport,
  hostArguments: readonly string[] | undefined,
): ExplainCommand | null {
  const [capture, ...others] = captures;
  if (hostArguments === undefined || capture === undefined || others.length > 0) return null;
  const { file } = capture;
  if (/^[-<]/.test(file) || [file, ...hostArguments].some((word) => oneLine(word) !== word)) {
    return null;
  }
  return {
    before: `portacl explain ${quoted(file)} --frame `,
    after: hostArguments.map((word) => ` ${quoted(word)}`).join(''),
  };
}

const quoted = (word: string): string =>
  /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
