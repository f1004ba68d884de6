/** Results of test cases: for people, as TAP, as JUnit XML. Equal results give equal bytes. */
import type { SourceLocation } from '../errors.js';
import { grouped, oneLine } from '../report/text-table.js';
import type { CaseFailure, CaseResult } from './test-cases.js';

const placeText = ({ file, line, column }: SourceLocation): string => `${file}:${line}:${column}`;

/** Failures at length, then a count; ends in a newline. */
export function casesText(results: readonly CaseResult[]): string {
  const lines = results.flatMap(({ name, file, failures }) => [
    `${failures.length === 0 ? 'ok' : 'FAILED'}  ${oneLine(`${file}: ${name}`)}`,
    ...failures.map((failure) => indented(failureText(failure))),
  ]);
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  const packets = results.reduce((sum, each) => sum + each.packets, 0);
  const count = `${grouped(results.length)} ${results.length === 1 ? 'case' : 'cases'}, ${grouped(packets)} packets, ${grouped(failed)} failed`;
  return `${[...lines, count].join('\n')}\n`;
}

/** The place, what was expected, and why it is otherwise. */
function failureText({ location, packet, text, expected, actual, why }: CaseFailure): string {
  return [
    `${placeText(location)} packet ${packet}: ${oneLine(text)}`,
    `expected ${oneLine(expected)}, got ${oneLine(actual)}`,
    ...why.split('\n').map(oneLine),
  ].join('\n');
}

/** Source: TAP 14, testanything.org. */
export function casesTap(results: readonly CaseResult[]): string {
  const lines = results.flatMap(({ file, name, failures }, i) => {
    const description = oneLine(`${file}: ${name}`).replaceAll('\\', '\\\\').replaceAll('#', '\\#');
    const line = `${failures.length === 0 ? 'ok' : 'not ok'} ${i + 1} - ${description}`;
    if (failures.length === 0) return [line];
    const message = indented(failures.map(failureText).join('\n'));
    return [line, '  ---', '  message: |', indented(message), '  ...'];
  });
  return `${['TAP version 14', `1..${results.length}`, ...lines].join('\n')}\n`;
}

/** One suite a file. Source: the schema of Jenkins' xunit plugin, which others read too. */
export function casesJunit(results: readonly CaseResult[]): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const suites = files.map((file) => {
    const cases = results.filter((each) => each.file === file);
    return [
      `  <testsuite name="${xml(file)}" ${countsOf(cases)}>`,
      ...cases.map(junitCase),
      '  </testsuite>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${countsOf(results)}>`,
    ...suites,
    '</testsuites>\n',
  ].join('\n');
}

function countsOf(results: readonly CaseResult[]): string {
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  return `tests="${results.length}" failures="${failed}" errors="0"`;
}

function junitCase({ file, name, location, failures }: CaseResult): string {
  const head = `    <testcase classname="${xml(file)}" name="${xml(name)}" file="${xml(file)}" line="${location.line}"`;
  if (failures.length === 0) return `${head}/>`;
  const texts = failures.map(
    (failure) =>
      `      <failure message="${xml(`expected ${failure.expected}, got ${failure.actual}`)}">${xml(failureText(failure))}</failure>`,
  );
  return [`${head}>`, ...texts, '    </testcase>'].join('\n');
}

const ENTITY: Readonly<Record<string, string>> = {
  ...{ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', "'": '&apos;' },
};

/** Text as XML takes it: what XML 1.0 cannot hold is shown as `\uNNNN`. Source: XML 1.0 2.2. */
function xml(text: string): string {
  const lines = text.split('\n').map((line) => oneLine(line));
  return lines
    .join('\n')
    .replace(/[<>&"']/g, (c) => ENTITY[c]!)
    .replace(
      /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\ufffe\uffff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16)}`,
    );
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
