/** Compressed bytes that anything may have happened to: an end, an error with a code, no hang. */
import { Readable } from 'node:stream';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import {
  CompressionError,
  compressionOf,
  decompress,
  type Compression,
} from '../../src/captures/compression.js';
import { EXAMPLE } from '../cli/run.js';

const SEED = 20261123;
const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 150);

/** Source: the 32-bit generator of Numerical Recipes. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function outcome(bytes: Buffer, compression: Compression): Promise<string> {
  let size = 0;
  try {
    for await (const chunk of decompress(Readable.from([bytes]), compression)) size += chunk.length;
  } catch (error) {
    if (error instanceof CompressionError) return error.code;
    throw error;
  }
  return size > 0 ? 'read' : 'empty';
}

const plain = readFileSync(EXAMPLE).subarray(0, 20_000);
const zstd = spawnSync('zstd', ['-qc'], { input: plain }).stdout as Buffer | null;
const forms: readonly (readonly [Compression, Buffer, number])[] = [
  ['gzip', gzipSync(plain), ROUNDS],
  // Each round is a process here.
  ...(zstd?.length ? [['zstd', zstd, Math.ceil(ROUNDS / 10)] as const] : []),
];

describe.each(forms)(`changed %s data (seed ${SEED})`, (compression, good, rounds) => {
  it('end in a result or a coded error', { timeout: 120_000 }, async () => {
    const random = generator(SEED);
    const seen = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      const bytes = Buffer.from(good);
      for (let change = 0; change <= random(3); change++) {
        bytes[random(bytes.length)] = random(256);
      }
      const end = random(4) === 0 ? random(bytes.length) : bytes.length;
      const cut = bytes.subarray(0, end);
      if (compressionOf(cut) !== compression) continue;
      seen.add(await outcome(cut, compression));
    }
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(['compression-cut', 'compression-damaged']),
    );
    expect(await outcome(good, compression)).toBe('read');
  });
});
