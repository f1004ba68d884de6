/** Folders of captures. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { listCaptures } from '../../src/index.js';
import { pcap, pcapng, tcpSyn } from '../cli/captures.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'portacl-list-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
const at = (name: string): string => path.join(folder, name);

describe('listCaptures', () => {
  it('takes the captures of a folder by name and content', () => {
    const capture = pcap([tcpSyn()]);
    writeFileSync(at('ring_00010.pcap'), capture);
    writeFileSync(at('ring_00002.pcap'), pcapng([tcpSyn()]));
    writeFileSync(at('ring_00001'), gzipSync(capture));
    writeFileSync(at('README.md'), 'what these captures are');
    writeFileSync(at('empty.pcap'), '');
    writeFileSync(at('.hidden.pcap'), capture);
    mkdirSync(at('more'));
    writeFileSync(at('more/deeper.pcap'), capture);
    expect(listCaptures([folder])).toEqual(
      ['ring_00001', 'ring_00002.pcap', 'ring_00010.pcap'].map(at),
    );
  });

  it('leaves files, standard input and what is not there as they are, in order', () => {
    writeFileSync(at('no-capture'), 'text');
    const names = [at('no-capture'), '-', at('missing'), at('no-capture')];
    expect(listCaptures(names)).toEqual(names);
  });

  it('names a folder without a capture', () => {
    writeFileSync(at('a'), 'text');
    expect(() => listCaptures([folder])).toThrow(
      expect.objectContaining({ code: 'capture-unknown-format', file: folder }) as Error,
    );
  });
});
