/** The lines of policies that rules stand in, for the page. */
import type { SourceLocation } from '../errors.js';
import { linesOf } from '../source/excerpt.js';

/** Lines shown of one rule at most. */
const SHOWN_MAX = 14;

/**
 * From the line of each location up to the next one that is known in the same file: the text of the
 * rule, or null where the file has no lines. Every file is read once.
 */
export function policyLines(
  locations: readonly SourceLocation[],
): (location: SourceLocation) => string | null {
  const files = new Map<string, { readonly lines: readonly string[] | null; starts: number[] }>();
  for (const { file, line } of locations) {
    if (line === 0) continue;
    let known = files.get(file);
    if (known === undefined) files.set(file, (known = { lines: linesOf(file), starts: [] }));
    known.starts.push(line);
  }
  for (const { starts } of files.values()) starts.sort((a, b) => a - b);
  return ({ file, line }) => {
    const { lines, starts = [] } = files.get(file) ?? {};
    if (!lines || line === 0 || line > lines.length) return null;
    const next = starts.find((start) => start > line) ?? Infinity;
    const shown = lines.slice(line - 1, Math.min(next - 1, line - 1 + SHOWN_MAX));
    while (shown.at(-1)?.trim() === '') shown.pop();
    const indent = Math.min(...shown.filter((text) => text.trim() !== '').map(indentOf));
    return shown.map((text) => text.slice(indent)).join('\n');
  };
}

const indentOf = (text: string): number => text.length - text.trimStart().length;
