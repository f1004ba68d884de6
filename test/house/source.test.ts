/** Boundaries of the TypeScript side: what runs without the engine, and who loads it. */
import { describe, expect, it } from 'vitest';
import { filesBelow, findCycle, importsOf, read } from './tree.js';

const SOURCES = filesBelow('src', /\.ts$/);
/** A policy is read, checked and encoded on machines that have no engine. */
const WITHOUT_ENGINE = ['policy', 'firewall', 'source', 'normalise', 'program', 'platform', 'lint'];
const BINDING = 'src/native/binding.ts';

/** Everything a file needs at run time, itself included. */
function reachableFrom(file: string): Set<string> {
  const reached = new Set<string>();
  const visit = (next: string): void => {
    if (reached.has(next) || !SOURCES.includes(next)) return;
    reached.add(next);
    for (const { file: target, typeOnly } of importsOf(next)) {
      if (target !== null && !typeOnly) visit(target);
    }
  };
  visit(file);
  return reached;
}

describe('src', () => {
  it('is there', () => {
    expect(SOURCES.length).toBeGreaterThan(10);
    expect(importsOf('src/program/emit-headers.ts').map(({ specifier }) => specifier)).toEqual([
      ...['node:fs', 'node:url', '../errors.js', './layout.js'],
    ]);
  });

  it.each(WITHOUT_ENGINE)('%s runs without the engine', (folder) => {
    const files = SOURCES.filter((file) => file.startsWith(`src/${folder}/`));
    const wrong = files.filter((file) =>
      [...reachableFrom(file)].some((reached) => reached.startsWith('src/native/')),
    );
    expect(wrong).toEqual([]);
  });

  it('loads the addon in one file', () => {
    const loads = /\.node['"`]|createRequire|process\.dlopen/;
    expect(SOURCES.filter((file) => loads.test(withoutComments(read(file))))).toEqual([BINDING]);
  });

  it('imports only files that exist', () => {
    const missing = SOURCES.flatMap((file) =>
      importsOf(file)
        .filter((each) => each.file !== null && !SOURCES.includes(each.file))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    expect(missing).toEqual([]);
  });

  it('has no import cycle, not even of types', () => {
    const graph = new Map(
      SOURCES.map((file) => [
        file,
        importsOf(file).flatMap((each) => (each.file === null ? [] : [each.file])),
      ]),
    );
    expect(findCycle(graph)).toBeNull();
  });

  it('never imports the oracle or any other test', () => {
    const wrong = SOURCES.filter((file) =>
      importsOf(file).some(({ specifier }) => specifier.includes('test/')),
    );
    expect(wrong).toEqual([]);
  });
});

describe('test/oracle', () => {
  it('shares no code with the compiler and the engine', () => {
    const ALLOWED_VALUES = new Set([
      'src/compile/compile-host.ts',
      'src/replay/replay.ts',
      'src/simulate/simulate.ts', // what is compared, in the files named below
    ]);
    const COMPARES = /\/((engine|update)\.test|compare-judges)\.ts$/;
    const wrong = filesBelow('test/oracle', /\.ts$/).flatMap((file) =>
      importsOf(file)
        .filter((each) => each.file?.startsWith('src/') && !each.typeOnly)
        .filter((each) => !(COMPARES.test(file) && ALLOWED_VALUES.has(each.file!)))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\/.*$/gm, '').replace(/\/\*[^]*?\*\//g, '');
}
