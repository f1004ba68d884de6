/** Boundaries of the native side: who may include whom, and how thin the addon is. */
import { describe, expect, it } from 'vitest';
import { filesBelow, findCycle, includesOf, read } from './tree.js';

/**
 * Folders from left to right; a folder includes only what stands left of it or, without a cycle,
 * beside it. `platform` needs base's Status to say what the system refused, and nothing else.
 */
const ORDER = [
  ['base'],
  ['platform'],
  ['capture', 'packet', 'port', 'program', 'verdict'],
  ['classifier', 'flow', 'report', 'decode'],
  ['layers', 'firewall'],
  ['engine'],
  ['sharded'],
] as const;
const rankOf = (folder: string): number =>
  ORDER.findIndex((group) => (group as readonly string[]).includes(folder));

const CORE = filesBelow('native/core', /\.(h|cc)$/);
const PLATFORM = filesBelow('native/platform', /\.(h|cc)$/);
const ADDON = filesBelow('native/addon', /\.(h|cc)$/);

const folderOf = (file: string): string =>
  file.startsWith('native/platform/') ? 'platform' : file.split('/')[2]!;
/** Folders named by the quoted includes of a file. */
const foldersIncluded = (file: string): string[] =>
  includesOf(file)
    .filter((what) => what.startsWith('"') && what.includes('/'))
    .map((what) => what.slice(1).split('/')[0]!);

describe('native/core', () => {
  it('is there', () => {
    expect(CORE.length).toBeGreaterThan(10);
  });

  it('includes no header of Node and nothing of the addon', () => {
    const outsiders = [...CORE, ...PLATFORM].flatMap((file) =>
      includesOf(file)
        .filter((what) => /napi|node_api|<node|<uv|v8\.h|addon\//.test(what))
        .map((what) => `${file} includes ${what}`),
    );
    expect(outsiders).toEqual([]);
  });

  it('knows every folder', () => {
    const folders = new Set([...CORE, ...PLATFORM].map(folderOf));
    expect([...folders].filter((folder) => rankOf(folder) < 0)).toEqual([]);
  });

  it('includes only folders to the left', () => {
    const wrong = [...CORE, ...PLATFORM].flatMap((file) =>
      foldersIncluded(file)
        .filter((folder) => rankOf(folder) > rankOf(folderOf(file)))
        .map((folder) => `${file} includes ${folder}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no cycle between folders', () => {
    const graph = new Map<string, string[]>();
    for (const file of [...CORE, ...PLATFORM]) {
      const folder = folderOf(file);
      const others = foldersIncluded(file).filter((other) => other !== folder);
      graph.set(folder, [...(graph.get(folder) ?? []), ...others]);
    }
    expect(findCycle(graph)).toBeNull();
  });

  it('opens no file, prints nothing and reads no environment', () => {
    const forbidden = /\b(fopen|ifstream|ofstream|printf|std::cout|std::cerr|getenv)\b/;
    expect(CORE.filter((file) => forbidden.test(withoutComments(read(file))))).toEqual([]);
  });

  it('lists every source in sources.txt', () => {
    const listed = read('native/sources.txt')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const present = [...CORE, ...PLATFORM, ...ADDON]
      .filter((file) => file.endsWith('.cc'))
      .map((file) => file.replace('native/', ''));
    expect(listed.sort()).toEqual(present.sort());
  });
});

describe('native/addon', () => {
  it('has no function of more than 30 lines', () => {
    const long = ADDON.flatMap((file) =>
      functionsOf(file)
        .filter(({ lines }) => lines > 30)
        .map(({ head, lines }) => `${file}: ${head} has ${lines} lines`),
    );
    expect(long).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\/.*$/gm, '').replace(/\/\*[^]*?\*\//g, '');
}

/** Functions whose closing brace stands in the column of their first line, as clang-format puts it. */
function functionsOf(file: string): { head: string; lines: number }[] {
  const lines = read(file).split('\n');
  return lines.flatMap((line, at) => {
    const head = /^( *)\S.*\) (?:const |override |noexcept |final )*\{$/.exec(line);
    if (!head || /^ *(?:if|for|while|switch|else|\}|catch|do)\b/.test(line)) return [];
    // What a constructor initialises stands four columns further in.
    const indent = /^ *:/.test(line) ? head[1]!.slice(4) : head[1]!;
    const end = lines.indexOf(`${indent}}`, at);
    return end < 0 ? [] : [{ head: line.trim(), lines: end - at + 1 }];
  });
}
