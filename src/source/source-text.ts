/** A text with a name, and lines and columns in it. */

export interface SourceText {
  /** The file as the user named it, or a name such as `<argument>`. */
  readonly name: string;
  /** Null for values that never were text: they have paths, but neither lines nor columns. */
  readonly text: string | null;
}

export interface TextPosition {
  /** From 1; 0 without a text. */
  readonly line: number;
  /** From 1, in UTF-16 units; 0 without a text. */
  readonly column: number;
}

/** Where the lines of a text begin, and the one that was asked for last. */
interface Lines {
  readonly starts: readonly number[];
  last: number;
}

const linesOf = new WeakMap<SourceText, Lines>();

/**
 * Line and column of an offset. The first call on a text costs one walk over it, a further one a few
 * steps where offsets ascend.
 */
export function positionAt(source: SourceText, offset: number): TextPosition {
  if (source.text === null) return { line: 0, column: 0 };
  let lines = linesOf.get(source);
  if (lines === undefined) {
    lines = { starts: findLineStarts(source.text), last: 0 };
    linesOf.set(source, lines);
  }
  lines.last = lastAtOrBelow(lines.starts, offset, lines.last);
  return { line: lines.last + 1, column: offset - lines.starts[lines.last]! + 1 };
}

/** Index of the last of ascending numbers that is not above `value`; looked for from `hint` on. */
function lastAtOrBelow(numbers: readonly number[], value: number, hint: number): number {
  let low = numbers[hint]! <= value ? hint : 0;
  let step = 1;
  while (low + step < numbers.length && numbers[low + step]! <= value) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, numbers.length);
  while (low + 1 < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** A line ends with LF, CR LF or a lone CR. */
function findLineStarts(text: string): number[] {
  const starts = [0];
  if (!text.includes('\r')) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    return starts;
  }
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 10 || (unit === 13 && text.charCodeAt(at + 1) !== 10)) starts.push(at + 1);
  }
  return starts;
}
