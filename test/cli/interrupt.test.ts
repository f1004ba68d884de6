/** Ctrl-C: a clean end, nothing half written. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { pcap, pcapRecord, tcpSyn } from './captures.js';
import { EXAMPLE_HOST, portacl, temporaryFolder, type Folder } from './run.js';

const folder = temporaryFolder();

/** Waits until the outputs have been begun: then the work has, too. */
async function begun(where: Folder): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (where.list().some((name) => name.endsWith('.partial'))) return sleep(100);
    await sleep(25);
  }
  throw new Error('the work did not begin');
}

/** A capture that never ends, as fast as it is read. */
function pour(child: ChildProcess): void {
  const records = Buffer.concat(Array.from({ length: 1000 }, (_, i) => pcapRecord(tcpSyn(), i)));
  const stdin = child.stdin!;
  const more = (): void => {
    while (stdin.writable && stdin.write(records));
    stdin.once('drain', more);
  };
  stdin.write(pcap([]));
  more();
}

describe.skipIf(process.platform === 'win32')('an interrupt', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s ends a replay with 130 and leaves outputs as they were',
    async (signal) => {
      const packets = folder.write('packets.jsonl', 'old');
      const rules = folder.at('rules.csv');
      const run = await portacl(
        ['replay', '-', '--host', EXAMPLE_HOST, '--packets', packets, '--rules', rules],
        {
          onStart: (child) => {
            pour(child);
            void begun(folder).then(() => child.kill(signal));
          },
        },
      );
      expect(run).toMatchObject({ code: 130, signal: null, stdout: '', stderr: '' });
      expect(readFileSync(packets, 'utf8')).toBe('old');
      expect(folder.list()).toEqual(['packets.jsonl']);
    },
  );

  it('ends decode with 130', async () => {
    const run = await portacl(['decode', '--format', 'jsonl', '-'], {
      onStart: (child) => {
        pour(child);
        child.stdout!.once('data', () => child.kill('SIGINT'));
      },
    });
    expect(run).toMatchObject({ code: 130, signal: null, stderr: '' });
    expect(run.stdout).toMatch(/^\{"i":1,/);
  });

  it('removes temporary files at once when the capture says nothing, and ends at the second', async () => {
    const run = await portacl(
      ['replay', '-', '--host', EXAMPLE_HOST, '--packets', folder.at('idle.csv')],
      {
        onStart: (child) => {
          child.stdin!.write(pcap([tcpSyn()]));
          void (async () => {
            await begun(folder);
            child.kill('SIGINT');
            while (folder.list().some((name) => name.endsWith('.partial'))) await sleep(20);
            child.kill('SIGINT');
          })();
        },
      },
    );
    // A shell reports either as 130.
    expect([run.code, run.signal]).toContainEqual(run.code === null ? 'SIGINT' : 130);
    expect(folder.list()).not.toContain('idle.csv');
  });
});
