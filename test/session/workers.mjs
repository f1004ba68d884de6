// Sessions in four threads at once; others are ended in the middle of their work, where calls into
// the engine that are under way have nobody left to throw to.
//
//   node test/session/workers.mjs
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Session, tcp } from '../../dist/index.js';
import { compiledWeb } from './compiled-web.mjs';

const syn = (port) => tcp(`10.9.9.9:${port}`, '10.1.0.5:80', { dir: 'in' });

function work({ compiled, endless }) {
  do {
    const sessions = Array.from({ length: 50 }, () => new Session(compiled));
    const flows = sessions.map((session) => {
      for (let port = 1; port <= 20; port++) session.send(syn(port));
      return session.send(syn(20)).flow;
    });
    parentPort.postMessage(endless ? null : flows);
  } while (endless);
}

if (isMainThread) {
  const compiled = compiledWeb();
  const start = (endless) =>
    new Worker(new URL(import.meta.url), { workerData: { compiled, endless } });
  const answers = await Promise.all(
    Array.from({ length: 4 }, async () => (await once(start(false), 'message'))[0]),
  );
  for (let i = 0; i < 20; i++) {
    const ended = start(true);
    await once(ended, 'message');
    await wait(i % 7);
    await ended.terminate();
  }
  const wrong = answers.flat().filter((flow) => flow !== 20);
  console.log(`${answers.flat().length} sessions in 4 threads, ${wrong.length} wrong`);
  if (wrong.length > 0) process.exitCode = 1;
} else {
  work(workerData);
}
