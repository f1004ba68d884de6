import { describe, expect, it } from 'vitest';
import { PolicyError } from '../../src/source/diagnostic.js';
import { toValue } from '../../src/source/source-node.js';
import { readYaml, YAML_LENGTH_MAX } from '../../src/source/yaml.js';

function refusal(text: string): string {
  try {
    readYaml({ name: 'a.yaml', text });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return `${error.code} ${error.line}:${error.column}`;
  }
  return 'taken';
}

describe('readYaml refuses', () => {
  it.each([
    ['nothing', '', 'not-yaml 1:1'],
    ['an alias', 'a: 1\nb: *x', 'not-yaml 2:4'],
    ['an anchor', 'a: &x 1', 'not-yaml 1:7'],
    ['an anchor bomb', 'a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]', 'not-yaml 1:7'],
    ['a tag', 'a: !!js/function x', 'not-yaml 1:4'],
    ['a repeated name', 'a: 1\na: 2', 'duplicate-key 2:1'],
    ['a tab as indentation', 'a:\n\t- b', 'not-yaml 2:1'],
    ['two documents', 'a: 1\n---\nb: 1', 'not-yaml 2:1'],
    ['a name that is a number', '1: a', 'not-yaml 1:1'],
    ['a name that is a list', '[a]: b', 'not-yaml 1:1'],
    ['a text without end', 'a: "b', 'not-yaml 1:6'],
    ['brackets without end', '['.repeat(1000), 'document-limit 1:1'],
    ['braces without end', '{a: '.repeat(3000), 'document-limit 1:5121'],
    ['dashes without end', '- '.repeat(3000), 'document-limit 1:1'],
    ['a text that is too long', ' '.repeat(YAML_LENGTH_MAX + 1), 'document-limit 1:1'],
  ])('%s', (_, text, expected) => {
    expect(refusal(text)).toBe(expected);
  });
});

it('readYaml takes no and on as texts, and ports as texts', () => {
  const { root } = readYaml({ name: 'a', text: 'a: no\nb: on\nc: 8080:80\nd: 010\ne: null\nf:\n' });
  expect(toValue(root)).toEqual({ a: 'no', b: 'on', c: '8080:80', d: 10, e: null, f: null });
});

it('readYaml reads no more than a mebi of characters, and says that JSON may be longer', () => {
  expect(YAML_LENGTH_MAX).toBe(1_048_576);
  const text = `- {}\n`.repeat(YAML_LENGTH_MAX / 4);
  expect(() => readYaml({ name: 'a.yaml', text })).toThrow(
    /has 1310720 characters .*; at most 1048576 characters, or JSON, is expected/,
  );
});
