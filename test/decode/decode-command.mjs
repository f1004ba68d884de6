// `portacl decode --format FORMAT FILE` without the command line: what check-decode.mjs calls.
import { decodeCapture } from '../../dist/decode/decode.js';

const argv = process.argv.slice(2);
const format = argv[argv.indexOf('--format') + 1];
const { error } = await decodeCapture(argv.at(-1), { format, fd: 1 });
if (error !== null) {
  console.error(`${error.code} at byte ${error.offset} (${error.detail})`);
  process.exitCode = 1;
}
