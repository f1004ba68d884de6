/** Folders of policy documents: what is read, in which order, and what is named as passed over. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { loadPolicyFiles } from '../../src/policy/load.js';
import { FOLDER_DEPTH_MAX, FOLDER_FILES_MAX } from '../../src/source/walk-folder.js';
import { readYamlDocuments } from '../../src/source/yaml.js';
import { acl } from './reading.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'portacl-folder-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
const at = (name: string): string => path.join(folder, name);
const write = (name: string, content: string | Uint8Array): void => {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
};
const one = (id: string): string => JSON.stringify([acl({ Id: id })]);
const load = (): ReturnType<typeof loadPolicyFiles> =>
  loadPolicyFiles([folder], { strict: true, yaml: readYamlDocuments });
/** `file severity code` of everything said. */
const said = (): string[] =>
  load()
    .flatMap((document) => document.diagnostics)
    .map(({ severity, code, location }) =>
      [path.relative(folder, location.file), severity, code].join(' '),
    );

describe('a folder of policies', () => {
  it('stands for the documents in it and in its folders, ordered by name', () => {
    write('b.conf', one('b'));
    write('a10.json', one('a10'));
    write('a2/deep/x.json', one('deep'));
    write('a2.json', Buffer.from(`\ufeff${one('wide')}`, 'utf16le'));
    write('pods.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n');
    const documents = load();
    expect(documents.map(({ name }) => path.relative(folder, name))).toEqual([
      'a10.json',
      'a2/deep/x.json',
      'a2.json',
      'b.conf',
      'pods.yaml',
    ]);
    expect(documents.flatMap(({ policies }) => policies.rules.map(({ name }) => name))).toEqual([
      'a10',
      'deep',
      'wide',
      'b',
    ]);
    expect(said()).toEqual([]);
  });

  it('names everything it passes over', () => {
    write('acl.json', one('a'));
    write('README.md', 'Remember: this looks like YAML\nand: is: none');
    write('capture.pcap', new Uint8Array([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]));
    write('empty.json', '[]');
    write('expected.txt', 'allow all\n');
    write('host.yaml', 'endpoints:\n  - name: web\n');
    write('package.json', '{"name":"some package","version":"1.0.0"}');
    expect(said()).toEqual([
      'README.md info file-passed-over',
      'capture.pcap info file-passed-over',
      'expected.txt info file-passed-over',
      'host.yaml warning file-passed-over',
      'package.json warning file-passed-over',
    ]);
  });

  it('refuses what is meant as a policy and is wrong', () => {
    write('broken.json', '[{"Type":"ACL",]');
    write('broken.yaml', 'a: [1');
    write('cut.json', '["@{Type=ACL; Action=Allow}"]');
    write('untyped.json', '{"Action":"Block","Direction":"In"}');
    expect(said()).toEqual([
      'broken.json error not-json',
      'broken.yaml error not-yaml',
      'cut.json error truncated-dump',
      'untyped.json error missing-field',
    ]);
  });

  it('is refused when nothing in it is a policy', () => {
    mkdirSync(at('nothing'));
    expect(said()).toEqual([' error unknown-document']);
    write('package.json', '{"name":"some package"}');
    write('.hidden.json', one('a'));
    expect(said()).toEqual(['package.json warning file-passed-over', ' error unknown-document']);
  });

  it('ends where links go round', () => {
    write('a.json', one('a'));
    symlinkSync(folder, at('round'));
    symlinkSync(at('a.json'), at('link.json'));
    symlinkSync(at('gone'), at('dangling.json'));
    expect(load().map(({ name }) => path.basename(name))).toEqual(['a.json', 'link.json']);
  });

  it('is bounded in depth', () => {
    const deep = (depth: number): string => `${'d/'.repeat(depth - 1)}a.json`;
    write(deep(FOLDER_DEPTH_MAX), one('a'));
    expect(said()).toEqual([]);
    write(deep(FOLDER_DEPTH_MAX + 1), one('a'));
    expect(said()).toEqual([' error document-limit']);
  });

  it('is bounded in the number of its files', () => {
    for (let i = 0; i <= FOLDER_FILES_MAX; i++) writeFileSync(at(`${i}`), '');
    expect(said()).toEqual([' error document-limit']);
  });
});
