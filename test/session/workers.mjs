// Sessions in four threads at once; a fifth is ended in the middle of its work.
//
//   node test/session/workers.mjs
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { once } from 'node:events';
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
    if (!endless) parentPort.postMessage(flows);
  } while (endless);
}

if (isMainThread) {
  const compiled = compiledWeb();
  const start = (endless) =>
    new Worker(new URL(import.meta.url), { workerData: { compiled, endless } });
  const endless = start(true);
  const answers = await Promise.all(
    Array.from({ length: 4 }, async () => (await once(start(false), 'message'))[0]),
  );
  await endless.terminate();
  const wrong = answers.flat().filter((flow) => flow !== 20);
  console.log(`${answers.flat().length} sessions in 4 threads, ${wrong.length} wrong`);
  if (wrong.length > 0) process.exitCode = 1;
} else {
  work(workerData);
}
