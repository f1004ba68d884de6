/**
 * What pages are made of: one file that needs nothing else, whose own policy forbids it to load or
 * run anything but what its hashes name.
 */
import { createHash } from 'node:crypto';

import { oneLine } from '../report/text-table.js';

export interface DocumentParts {
  /** Plain text. */
  readonly title: string;
  /** Where keyboards may skip to, by id, and what that says. */
  readonly skip: readonly [string, string];
  /** HTML, and whatever else it holds escaped. */
  readonly body: string;
  readonly style: string;
  readonly script?: string;
}

export function documentHtml({ title, skip, body, style, script }: DocumentParts): string {
  const hash = (code: string): string =>
    `'sha256-${createHash('sha256').update(code).digest('base64')}'`;
  const scripts = script === undefined ? '' : ` script-src ${hash(script)};`;
  const policy = `default-src 'none'; style-src ${hash(style)};${scripts} base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${text(title)} - portacl</title><style>${style}</style></head>
<body><a class="skip" href="#${skip[0]}">${skip[1]}</a>
${body}${
    script === undefined
      ? ''
      : `
<script>${script}</script>`
  }</body></html>
`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute. */
export const text = (value: string): string =>
  oneLine(value).replace(/[&<>"']/g, (c) => ESCAPES[c]!);

/** JSON that cannot end the script it stands in. */
export const json = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** Columns of names and kinds: numbers, fixed width, bars, text. Cells are HTML. `cards`: on a phone. */
export function table(
  caption: string,
  columns: readonly (readonly [string, 'n' | 'm' | 'wide' | 'bars' | ''])[],
  rows: readonly (readonly string[])[],
  name = '',
): string {
  // Said once more: a table that is laid out as cards is none to all browsers.
  const th = columns
    .map(([head, kind]) => `<th role="columnheader" scope="col" class="${kind}">${head}</th>`)
    .join('');
  const tr = rows.map(
    (row) =>
      `<tr role="row">${row.map((cell, i) => `<td role="cell" class="${columns[i]![1]}" data-of="${columns[i]![0]}">${cell}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table role="table" class="${name}"><caption>${caption}</caption><thead role="rowgroup"><tr role="row">${th}</tr></thead><tbody role="rowgroup">${tr.join('')}</tbody></table></div>`;
}
