// Many iterations over a capture that are broken off, cancelled or go to their end, and compressed
// replays: bytes of buffers that are still held when the collector has run, as JSON. Run with
// --expose-gc: FILE FILE.gz.
import { setTimeout } from 'node:timers/promises';

import { loadHost, replay, replayBatches } from '../../dist/index.js';

const [plain, compressed] = process.argv.slice(2);
const platform = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' };
const { compiled } = await loadHost({ platform: { ...platform, endpoint: '10.1.0.5' } });

async function held(count) {
  for (let i = 0; i < count; i++) {
    for await (const { length } of replayBatches([plain], compiled)) if (length > 0) break;
    const controller = new globalThis.AbortController();
    const { signal } = controller;
    try {
      for await (const { length } of replayBatches([plain], compiled, { signal })) {
        if (length > 0) controller.abort();
      }
    } catch (error) {
      if (error.code !== 'cancelled') throw error;
    }
    let rows = 0;
    for await (const { length } of replayBatches([compressed], compiled)) rows += length;
    if (rows === 0) throw new Error('no row');
    await replay([compressed], compiled);
  }
  for (let i = 0; i < 4; i++) {
    await setTimeout(20);
    globalThis.gc();
  }
  return process.memoryUsage().arrayBuffers;
}

console.log(JSON.stringify([await held(5), await held(40)]));
