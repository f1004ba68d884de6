/** Columns of text for people. */

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** Rows under their titles, two spaces between columns, no trailing spaces. */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map(({ title }, i) =>
    rows.reduce((width, row) => Math.max(width, row[i]!.length), title.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) =>
        columns[i]!.align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!),
      )
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)].join('\n');
}

/** An integer: 1234567 as `1,234,567`. */
export const grouped = (n: number): string =>
  // `toLocaleString` reads the locales of the world first, which takes longer than a small replay.
  String(n).replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');

/**
 * Text from captures and policies as one line that cannot move a terminal's cursor: control
 * characters are shown as `\uNNNN`.
 */
export function oneLine(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const LABEL_LENGTH_MAX = 60;

/** A name for a cell of a table: one line, shortened. */
export function label(text: string): string {
  const short = text.length <= LABEL_LENGTH_MAX ? text : `${text.slice(0, LABEL_LENGTH_MAX)}…`;
  return oneLine(short);
}
