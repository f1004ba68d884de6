/** What the house tests look at: files of the tree, what they include and import. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

export const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** Files below `folder` whose names end as `ending` says; paths from the root, with slashes. */
export function filesBelow(folder: string, ending: RegExp): string[] {
  if (!existsSync(path.join(ROOT, folder))) return [];
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll(path.sep, '/')}`)
    .filter((name) => ending.test(name))
    .sort();
}

/** Tracked files, or null where the tree is no git checkout. */
export function trackedFiles(): string[] | null {
  const { status, stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) return null;
  return stdout.split('\0').filter((file) => file !== '' && existsSync(path.join(ROOT, file)));
}

/** `#include` lines of a C++ file: what stands between the quotes or angles, with them. */
export function includesOf(file: string): string[] {
  return [...read(file).matchAll(/^\s*#\s*include\s+(["<][^">]+[">])/gm)].map(([, what]) => what!);
}

export interface Import {
  readonly specifier: string;
  /** The file it leads to, when it is one of ours. */
  readonly file: string | null;
  /** Gone after compilation. */
  readonly typeOnly: boolean;
}

export function importsOf(file: string): Import[] {
  const names = String.raw`[\w*{}\s,$]+?\sfrom\s+`;
  const statement = new RegExp(
    String.raw`^(?:import\s+(type\s)?(?:${names})?|export\s+(type\s)?${names})['"]([^'"]+)['"]`,
    'gm',
  );
  const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  const text = read(file);
  const found = [...text.matchAll(statement)].map(([, type, typeAgain, specifier]) => ({
    specifier: specifier!,
    typeOnly: (type ?? typeAgain) !== undefined,
  }));
  for (const [, specifier] of text.matchAll(dynamic)) {
    found.push({ specifier: specifier!, typeOnly: false });
  }
  return found.map((each) => ({
    ...each,
    file: each.specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(file), each.specifier).replace(/\.js$/, '.ts')
      : null,
  }));
}

/** One cycle of the graph as `a > b > a`, or null. */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): string | null {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): string | null => {
    const at = way.indexOf(node);
    if (at >= 0) return [...way.slice(at), node].join(' > ');
    if (done.has(node)) return null;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...way, node]);
      if (cycle !== null) return cycle;
    }
    done.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
