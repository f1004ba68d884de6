// Seeds for fuzz_program: `node native/fuzz/seed-program.mjs FOLDER` writes rule programs of the
// bundled example there. Needs the built package.
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
writeFileSync(path.join(folder, 'web-pod'), compiled.program);
writeFileSync(path.join(folder, 'no-policy'), compileHost(bare.host).program);
