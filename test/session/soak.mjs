// Makes and drops sessions for ever, a thousand at a time, and fails when one of them stays or memory
// grows.
//
//   node --expose-gc test/session/soak.mjs [rounds]
//
// Every other thousand is closed, the others are left to the collector, snapshots with them.
import { setImmediate } from 'node:timers/promises';
import { Session, tcpConversation } from '../../dist/index.js';
import { compiledWeb } from './compiled-web.mjs';

const ALIVE = 1000;
/** What the allocator may keep. */
const GROWTH_BYTES_MAX = 48 << 20;
const rounds = Number(process.argv[2] ?? 200);
const compiled = await compiledWeb();
const packets = tcpConversation('10.9.9.9:4000', '10.1.0.5:80', { dir: 'in' })
  .handshake()
  .request('GET /')
  .reply('hello').packets;

let made = 0;
let collected = 0;
const registry = new FinalizationRegistry(() => collected++);

async function round(index) {
  const sessions = Array.from({ length: ALIVE }, () => new Session(compiled));
  for (const session of sessions) registry.register(session);
  made += ALIVE;
  let allowed = 0;
  for (const session of sessions) {
    for (const { verdict } of session.sendAll(packets)) allowed += verdict === 'allow';
    session.restore(session.snapshot());
  }
  if (allowed !== ALIVE * packets.length) throw new Error(`${allowed} packets were allowed`);
  const alive = process.memoryUsage().rss;
  if (index % 2 === 0) for (const session of sessions) session.close();
  sessions.length = 0;
  // What has been collected is freed in a later turn of the event loop.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await setImmediate();
  }
  return { alive, dropped: process.memoryUsage().rss };
}

const warm = Math.min(4, rounds - 1);
let begin = 0;
let last = { alive: 0, dropped: 0 };
for (let i = 0; i < rounds; i++) {
  last = await round(i);
  if (i === warm - 1) begin = last.dropped;
}
for (let turn = 0; turn < 20 && collected < made; turn++) {
  globalThis.gc();
  await setImmediate();
}
const growth = last.dropped - begin;
const mib = (bytes) => Math.round(bytes / 2 ** 20);
console.log(
  `${rounds} rounds of ${ALIVE} sessions: ${mib(last.alive)} MiB with all alive, ` +
    `${mib(last.dropped)} MiB after, ${mib(growth)} MiB more than after round ${warm}, ` +
    `${made - collected} sessions left`,
);
if (growth > GROWTH_BYTES_MAX || collected < made) process.exitCode = 1;
