/** Captures that are larger than memory, and larger than 32 bits count. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { ENDPOINT, pcapHeader, pcapRecord, tcpSyn } from '../cli/captures.js';
import { temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();

const CAPTURED_BYTES = 4 << 20;
const RECORD_BYTES = 16 + CAPTURED_BYTES;
/** Above 2^32, where the record that damages the capture begins. */
const RECORDS = 1100;

/** A file of holes: only the records' headers and the packets' take room on the disk. */
function sparseCapture(): string {
  const file = folder.at('large.pcap');
  const fd = openSync(file, 'w');
  writeSync(fd, pcapHeader(), 0, 24, 0);
  for (let i = 0; i < RECORDS; i++) {
    const record = pcapRecord(tcpSyn({ sourcePort: 1024 + i }), i);
    record.writeUInt32LE(CAPTURED_BYTES, 8);
    record.writeUInt32LE(CAPTURED_BYTES, 12);
    writeSync(fd, record, 0, record.length, 24 + i * RECORD_BYTES);
  }
  writeSync(fd, Buffer.alloc(16, 0xff), 0, 16, 24 + RECORDS * RECORD_BYTES);
  closeSync(fd);
  return file;
}

// Where files have no holes it would be written whole.
describe.skipIf(process.platform === 'win32')('a capture of 4.6 GB needs little memory', () => {
  it(
    'is judged to its end in 256 MB, and damage is found where it is',
    { timeout: 120_000 },
    () => {
      const script = `
      const { replay, loadHost } = await import(process.argv[1]);
      const { compiled } = await loadHost({ platform: { endpoint: '${ENDPOINT}', driver: 'l2bridge' } });
      const { report, errors } = await replay([process.argv[2]], compiled);
      const little = process.resourceUsage().maxRSS < 256 * 1024;
      console.log(JSON.stringify({
        packets: report.total.packets, little, code: errors[0]?.code, at: errors[0]?.byteOffset,
      }));
    `;
      const index = new URL('../../dist/index.js', import.meta.url).href;
      const args = ['--input-type=module', '-e', script, index, sparseCapture()];
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual({
        packets: RECORDS,
        little: true,
        code: 'capture-record-length',
        at: 24 + RECORDS * RECORD_BYTES,
      });
    },
  );
});
