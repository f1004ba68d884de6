/** `portacl decode`: every packet printed, and what ends it early. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { pcap, pcapng, tcpSyn } from './captures.js';
import { EXAMPLE, ROOT, jsonLines, portacl, succeed, temporaryFolder } from './run.js';

const folder = temporaryFolder();

describe('decode', () => {
  it('prints one line a packet', async () => {
    const { stdout } = await succeed([
      'decode',
      folder.write('two.pcap', pcap([tcpSyn(), tcpSyn()])),
    ]);
    expect(stdout).toBe(
      '1 2023-11-14T22:13:20.000000000Z  10.9.9.9:4000 > 10.1.0.5:80 TCP SYN seq 0 len 0  (54)\n' +
        '2 2023-11-14T22:13:21.000000000Z  10.9.9.9:4000 > 10.1.0.5:80 TCP SYN seq 0 len 0  (54)\n',
    );
  });

  it('prints one object a packet, the same for both formats of capture', async () => {
    const classic = await succeed([
      'decode',
      '--format',
      'jsonl',
      folder.write('a.pcap', pcap([tcpSyn()])),
    ]);
    expect(jsonLines(classic.stdout)).toMatchObject([
      { i: 1, t: '1700000000.000000000', cap: 54, len: 54 },
    ]);
    const next = await succeed(['decode', '--format', 'jsonl', '-'], { input: pcapng([tcpSyn()]) });
    expect(jsonLines(next.stdout)).toMatchObject(jsonLines(classic.stdout));
  });

  it('prints what is before damage, says where it is, and forgives it when lenient', async () => {
    const file = folder.write('cut.pcap', pcap([tcpSyn(), tcpSyn()]).subarray(0, -1));
    const { code, stdout, stderr } = await portacl(['decode', file]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^1 .*\n$/);
    expect(stderr).toBe(
      `${file} capture-cut the file ends inside the record at byte 94, which claims 54 bytes; 1 packet before it was read\n`,
    );
    expect(await portacl(['decode', '--lenient', file])).toMatchObject({ code: 0, stdout });
  });

  it.skipIf(process.platform === 'win32')('ends well when its reader has gone', async () => {
    const program = path.join(ROOT, 'dist/cli.js');
    const child = spawn(process.execPath, [program, 'decode', '--format', 'jsonl', EXAMPLE]);
    let stderr = '';
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.runIf(existsSync('/dev/full'))('says that standard output is full', async () => {
    const full = openSync('/dev/full', 'w');
    const { code, stderr } = await portacl(['decode', EXAMPLE], { stdout: full });
    closeSync(full);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^\S+ file-unwritable .*cannot be written \(ENOSPC\)\n$/);
  });
});
