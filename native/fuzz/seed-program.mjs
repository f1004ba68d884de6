// Seeds for fuzz_program: `node native/fuzz/seed-program.mjs FOLDER [steps]` writes rule programs of
// the bundled example there; with `steps` behind each those of fuzz_update. Needs the built package.
import { Buffer } from 'node:buffer';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { compileHost, loadHost, normaliseHost } from '../../dist/index.js';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: seed-program.mjs FOLDER');
mkdirSync(folder, { recursive: true });
const example = fileURLToPath(new URL('../../examples/web-pod/host.yaml', import.meta.url));
const { compiled } = await loadHost({ host: example });
const bare = normaliseHost({
  documents: [],
  platform: { windows: '1607', driver: 'nat', endpoint: '10.0.0.5' },
  strict: true,
});
// Packets, times and changes of every kind, as many as update_fuzz.cc takes.
const steps = process.argv[3] === 'steps' ? Uint8Array.from({ length: 48 }, (_, i) => i * 37) : [];
const write = (name, program) =>
  writeFileSync(path.join(folder, name), Buffer.concat([program, Uint8Array.from(steps)]));
write('web-pod', compiled.program);
write('no-policy', compileHost(bare.host).program);
