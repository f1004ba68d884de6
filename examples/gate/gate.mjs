// Fails when a change of policies drops what was allowed before, by what really happened: a capture.
//
//   node examples/gate/gate.mjs CAPTURE BEFORE_HOST AFTER_HOST
//
// Exit code: 0 nothing that passed is dropped now, 1 something is.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadHost, replay } from 'portacl';

const SHOWN_MAX = 20;
const [capture, before, after] = process.argv.slice(2);
const scratch = mkdtempSync(path.join(tmpdir(), 'gate-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** The flows of the capture under the policies of a host. */
async function flowsUnder(host) {
  const { compiled } = await loadHost({ host });
  const file = path.join(scratch, 'flows.jsonl');
  await replay([capture], compiled, { flows: file });
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

const nameOf = ({ endpoint, direction, protocol, src, sport, dst, dport }) =>
  `${endpoint} ${direction} ${{ 6: 'tcp', 17: 'udp' }[protocol] ?? protocol} ${src}:${sport ?? ''} > ${dst}:${dport ?? ''}`;

const passed = new Set(
  (await flowsUnder(before)).filter(({ verdict }) => verdict === 'allow').map(nameOf),
);
const lost = (await flowsUnder(after)).filter(
  (flow) => flow.verdict === 'drop' && passed.has(nameOf(flow)),
);

console.log(`${passed.size} flows were allowed, ${lost.length} of them are dropped now`);
for (const flow of lost.slice(0, SHOWN_MAX)) {
  console.log(`  ${nameOf(flow)}: ${flow.rule ?? 'a default'} (${flow.stage}, ${flow.reason})`);
}
if (lost.length > SHOWN_MAX) console.log(`  … and ${lost.length - SHOWN_MAX} more`);
process.exitCode = lost.length > 0 ? 1 : 0;
