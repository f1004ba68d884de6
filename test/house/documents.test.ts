/**
 * Documents are held to what is there: commands and what they print, links, names of reasons and
 * options. What a document shows as a run is run, except `npm`, which CI runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostDescriptionFromValue } from '../../src/host-description/load.js';
import { DEFAULT_OPTIONS } from '../../src/normalise/options.js';
import { FLOW_EVENTS, REASONS } from '../../src/program/layout.js';
import { ROOT, filesBelow, read } from './tree.js';

const README = read('README.md');
const SEMANTICS = read('docs/SEMANTICS.md');
const MANIFEST = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

describe('the two commands of the README', () => {
  it.each(['npm ci && npm start', 'npm ci && npm test'])('%s', (command) => {
    expect(README.split('\n').slice(0, 20).join('\n')).toContain(`    ${command} `);
    const script = command.split(' ').at(-1)!;
    expect(Object.keys(MANIFEST.scripts)).toContain(script);
    expect(read('.ci/run')).toContain(`npm ${script}`);
  });

  it('build what they need', () => {
    expect(MANIFEST.scripts).toMatchObject({
      ...{ prepare: 'node native/prepare.mjs', test: 'vitest run' },
    });
    expect(read('native/prepare.mjs')).toContain("['run', 'build']");
  });
});

/** Blocks of a Markdown text with that word behind the fence. */
function blocksOf(text: string, word: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .filter(([, language]) => language === word)
    .map(([, , content]) => content!);
}

/** `$ command` and the lines below it. */
function sessionsOf(text: string): { readonly command: string; readonly shown: string[] }[] {
  return blocksOf(text, 'console').map((block) => {
    const [first, ...shown] = block.trimEnd().split('\n');
    return { command: first!.replace(/^\$ /, ''), shown };
  });
}

function run(command: string): string {
  const node = JSON.stringify(process.execPath);
  const script = command
    .replace(/^npm start$/, MANIFEST.scripts['start']!)
    .replace(/^node (?=dist)/, `${node} `)
    .replace(/\bnpx portacl\b/, `${node} dist/cli.js`);
  const env = { ...process.env, NO_COLOR: '1' };
  const { stdout } = spawnSync(script, { cwd: ROOT, encoding: 'utf8', shell: true, env });
  return stdout;
}

/** Lines shown that the output lacks, in this order; `…` stands for anything left out. */
function missingLines(shown: readonly string[], output: string): string[] {
  const lines = output.split('\n');
  let from = 0;
  return shown
    .filter((line) => line !== '…' && line !== '')
    .filter((line) => {
      const parts = line.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
      const pattern = new RegExp(`^${parts.join('.*')}$`);
      const at = lines.findIndex((each, i) => i >= from && pattern.test(each));
      if (at >= 0) from = at + 1;
      return at < 0;
    });
}

describe('the README shows what is printed', () => {
  it.each(sessionsOf(README))('$command', ({ command, shown }) => {
    expect(missingLines(shown, run(command))).toEqual([]);
  });

  it('by the library', () => {
    const [example] = blocksOf(README, 'ts');
    const [printed] = blocksOf(README, 'text');
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-'], {
      cwd: ROOT,
      encoding: 'utf8',
      // The example has no types, so that it runs as it stands.
      input: example!,
    });
    expect({ stdout, stderr }).toEqual({ stdout: printed, stderr: '' });
  });
});

describe('links', () => {
  const documents = [
    ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
    ...['docs', 'examples', 'bench'].flatMap((folder) => filesBelow(folder, /\.md$/)),
  ];

  it.each(documents)('of %s lead somewhere', (document) => {
    const targets = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const wrong = targets
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const to = path.posix.join(path.posix.dirname(document), file);
        if (file !== '' && !existsSync(path.join(ROOT, to))) return true;
        return anchor !== undefined && !anchorsOf(file === '' ? document : to).includes(anchor);
      });
    expect(wrong).toEqual([]);
  });

  it.each(documents)('of %s name files that exist', (document) => {
    const named = read(document).matchAll(
      /`((?:src|native|test|docs|bench|examples|\.ci)\/[\w./-]+)`/g,
    );
    const wrong = [...named].map(([, name]) => name!).filter((name) => !isThere(name));
    expect(wrong).toEqual([]);
  });
});

/** Headings as the anchors they become. */
function anchorsOf(document: string): string[] {
  return [...read(document).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

const isThere = (name: string): boolean => existsSync(path.join(ROOT, name));

/** A section of docs/SEMANTICS.md by its number. */
function section(number: string): string {
  const from = SEMANTICS.search(new RegExp(`^#+ ${number.replace('.', '\\.')}\\.? `, 'm'));
  const rest = SEMANTICS.slice(SEMANTICS.indexOf('\n', from));
  const end = rest.search(/^#/m);
  return end < 0 ? rest : rest.slice(0, end);
}

describe('docs/SEMANTICS.md', () => {
  it('lists the reasons there are', () => {
    const listed = [
      ...section('6')
        .split('\n\n')[1]!
        .matchAll(/`([\w-]+)`/g),
    ];
    expect(listed.map(([, reason]) => reason).sort()).toEqual([...REASONS].sort());
  });

  it('lists the events there are', () => {
    const row = /^\| `flow_event`.*$/m.exec(section('6.1'))![0];
    const listed = [...row.matchAll(/`([\w-]+)`/g)].map(([, event]) => event!).slice(1);
    expect(listed).toEqual(FLOW_EVENTS.filter((event) => event !== null));
  });

  it('has every assumption it refers to, in order', () => {
    const stated = [...SEMANTICS.matchAll(/^\*\*A(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(stated).toEqual(stated.map((_, i) => i + 1));
    const used = [...SEMANTICS.matchAll(/\bA(\d+)\b/g)].map(([, number]) => Number(number));
    expect(used.filter((number) => !stated.includes(number))).toEqual([]);
    const inCode = ['native/core', 'src', 'test']
      .flatMap((folder) => filesBelow(folder, /\.(?:h|cc|ts)$/))
      .flatMap((file) => [...read(file).matchAll(/Assumption: A(\d+)/g)])
      .map(([, number]) => Number(number));
    expect(inCode.filter((number) => !stated.includes(number))).toEqual([]);
  });

  it('names every option, and none that is not there', () => {
    const known = Object.keys(DEFAULT_OPTIONS);
    const named = [...SEMANTICS.matchAll(/\boptions? `(\w+)/gi)].map(([, name]) => name!);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
    expect(known.filter((name) => !SEMANTICS.includes(`\`${name}`))).toEqual([]);
    const timers = Object.keys(DEFAULT_OPTIONS.timers);
    expect(timers.filter((name) => !SEMANTICS.includes(`\`${name}\``))).toEqual([]);
  });

  it('names values that options take', () => {
    const refused = [...SEMANTICS.matchAll(/`(\w+): ([\w-]+)`/g)]
      .filter(([, name]) => Object.hasOwn(DEFAULT_OPTIONS, name!))
      .filter(([, name, value]) => {
        const given = { options: { [name!]: value } };
        const { diagnostics } = hostDescriptionFromValue(given, 'host', { strict: true });
        return diagnostics.length > 0;
      })
      .map(([all]) => all);
    expect(refused).toEqual([]);
  });
});

describe('generated references', () => {
  it('equal what `npm run generate` writes', () => {
    const generator = path.join(ROOT, 'dist/cli/emit-reference.js');
    const { status, stderr } = spawnSync(process.execPath, [generator, '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
