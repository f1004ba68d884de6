// What was dropped, and why: questions to the records of a replay, cell by cell. SQL by DuckDB where it
// is installed (npm install @duckdb/node-api); otherwise the same questions in JavaScript on what
// hyparquet reads.
//
//   node examples/notebook/drops.mjs
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadHost, replay } from 'portacl';

const example = fileURLToPath(new URL('../web-pod/', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'drops-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

// ---- The records: one row per packet and endpoint, one per flow
const packets = path.join(scratch, 'packets.parquet');
const flows = path.join(scratch, 'flows.parquet');
const { compiled } = await loadHost({ host: path.join(example, 'host.yaml') });
await replay([path.join(example, 'capture.pcap')], compiled, { packets, flows });

// ---- The questions: a title, SQL, and the same without DuckDB
const count = (rows, keyOf, most) => {
  const counts = new Map();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return sorted.slice(0, most).map(([key, n]) => [...key.split('\t'), n]);
};
const QUESTIONS = [
  {
    title: 'Drops by reason and rule',
    file: packets,
    sql: `SELECT reason, coalesce(rule, '') AS rule, count(*)::INT AS n FROM records
          WHERE verdict = 'drop' GROUP BY ALL ORDER BY n DESC, reason, rule LIMIT 5`,
    answer: (rows) =>
      count(
        rows.filter(({ verdict }) => verdict === 'drop'),
        ({ reason, rule }) => `${reason}\t${rule ?? ''}`,
        5,
      ),
  },
  {
    title: 'Who was refused most often, by flows',
    file: flows,
    sql: `SELECT src, count(*)::INT AS n FROM records
          WHERE verdict = 'drop' GROUP BY ALL ORDER BY n DESC, src LIMIT 5`,
    answer: (rows) =>
      count(
        rows.filter(({ verdict }) => verdict === 'drop'),
        ({ src }) => src,
        5,
      ),
  },
  {
    title: 'Packets that an established flow let through',
    file: packets,
    sql: `SELECT endpoint, direction, count(*)::INT AS n FROM records
          WHERE reason = 'established' GROUP BY ALL ORDER BY n DESC, endpoint, direction LIMIT 6`,
    answer: (rows) =>
      count(
        rows.filter(({ reason }) => reason === 'established'),
        ({ endpoint, direction }) => `${endpoint}\t${direction}`,
        6,
      ),
  },
];

// ---- The answers
const ask = (await bySql()) ?? (await byHand());
for (const question of QUESTIONS) {
  console.log(`\n${question.title}`);
  for (const row of await ask(question)) console.log(`  ${row.join('  ')}`);
}

/** Null where DuckDB is not installed. */
async function bySql() {
  const duckdb = await import('@duckdb/node-api').catch(() => null);
  if (duckdb === null) return null;
  console.log('asked by DuckDB');
  const connection = await (await duckdb.DuckDBInstance.create()).connect();
  return async ({ file, sql }) => {
    await connection.run(`CREATE OR REPLACE VIEW records AS FROM read_parquet('${file}')`);
    return (await connection.runAndReadAll(sql)).getRows();
  };
}

async function byHand() {
  const { asyncBufferFromFile, parquetReadObjects } = await import('hyparquet');
  console.log('DuckDB is not installed: asked by hyparquet and JavaScript');
  return async ({ file, answer }) =>
    answer(await parquetReadObjects({ file: await asyncBufferFromFile(file) }));
}
