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

const lineStartsOf = new WeakMap<SourceText, readonly number[]>();

/** Line and column of an offset. The first call on a text costs one walk over it. */
export function positionAt(source: SourceText, offset: number): TextPosition {
  if (source.text === null) return { line: 0, column: 0 };
  let starts = lineStartsOf.get(source);
  if (starts === undefined) {
    starts = findLineStarts(source.text);
    lineStartsOf.set(source, starts);
  }
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return { line: low, column: offset - starts[low - 1]! + 1 };
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
