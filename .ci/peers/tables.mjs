// Tables of a replay as DuckDB reads them: Parquet against the JSON lines of the same replay, row by
// row, and the types of the columns.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';
import { loadHost, replay } from 'portacl';

const example = path.join(process.env.PORTACL_ROOT, 'examples/web-pod');
const { compiled } = await loadHost({ host: path.join(example, 'host.yaml') });
const written = (ending) =>
  Object.fromEntries(['packets', 'flows', 'rules'].map((name) => [name, `${name}.${ending}`]));
for (const ending of ['parquet', 'jsonl']) {
  await replay([path.join(example, 'capture.pcap')], compiled, written(ending));
}

const duckdb = await (await DuckDBInstance.create()).connect();
const rowsOf = async (sql) => (await duckdb.runAndReadAll(sql)).getRowObjects();
/** As JSON has it: numbers of 64 bits are plain ones. */
const plain = (value) => (typeof value === 'bigint' ? Number(value) : value);
const plainRow = (row) =>
  JSON.stringify(Object.entries(row).map(([key, value]) => [key, plain(value)]));

function require(condition, what) {
  if (condition) return;
  console.error(`DuckDB: ${what}`);
  process.exit(1);
}

const TYPES = {
  packets: { frame: 'UBIGINT', time_ns: 'BIGINT', verdict: 'VARCHAR', flow: 'UBIGINT' },
  flows: { src: 'VARCHAR', verdict: 'VARCHAR' },
  rules: {
    ...{ rule: 'VARCHAR', packets: 'UBIGINT', priority: 'BIGINT', line: 'UBIGINT' },
    retired: 'BOOLEAN',
  },
};
for (const [name, types] of Object.entries(TYPES)) {
  const table = `read_parquet('${name}.parquet')`;
  const columns = await rowsOf(`DESCRIBE SELECT * FROM ${table}`);
  for (const [column, type] of Object.entries(types)) {
    const found = columns.find((each) => each.column_name === column)?.column_type;
    require(found === type, `${name}.${column} is ${found}, not ${type}`);
  }
  const rows = await rowsOf(`SELECT * FROM ${table}`);
  const lines = readFileSync(`${name}.jsonl`, 'utf8').trim().split('\n');
  require(rows.length === lines.length, `${rows.length} rows of ${name}, ${lines.length} lines`);
  const differing = lines.findIndex((line, i) => plainRow(rows[i]) !== plainRow(JSON.parse(line)));
  require(differing <
    0, `row ${differing} of ${name} is ${plainRow(rows[differing] ?? {})}, its line ${lines[differing]}`);
  console.log(`${name}: ${rows.length} rows as their lines say`);
}

// What a table of rules is asked: those that were never hit, and what each let in and refused.
const never = await rowsOf(
  `SELECT rule FROM read_parquet('rules.parquet') WHERE packets = 0 AND rule IS NOT NULL ORDER BY rule`,
);
require(never.some(
  ({ rule }) => rule === 'db-backup',
), `db-backup is not among the rules that were never hit: ${never.map(({ rule }) => rule).join(' ')}`);
const [joined] = await rowsOf(`
  SELECT count(*) AS wrong FROM read_parquet('rules.parquet') AS rules JOIN (
    SELECT endpoint, direction, rule, count(*) AS packets FROM read_parquet('packets.parquet')
    WHERE reason = 'rule' AND verdict = 'drop' GROUP BY ALL
  ) AS seen USING (endpoint, direction, rule) WHERE rules.action = 'block' AND rules.packets <> seen.packets`);
require(Number(joined.wrong) === 0, `${joined.wrong} rules count other packets than were dropped`);
console.log('rules: joined with the packets they dropped');
