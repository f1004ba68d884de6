/** Records as Parquet, read by hyparquet: a reader that shares nothing with the writer. */
import { readFileSync } from 'node:fs';

import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';

import { loadHost, replay, type CompiledHost } from '../../src/index.js';
import { loadBinding } from '../../src/native/binding.js';
import { ENDPOINT, pcap, pcapHeader, pcapRecord, pcapngBlock, tcpSyn } from '../cli/captures.js';
import { EXAMPLE, EXAMPLE_HOST, portacl, temporaryFolder } from '../cli/run.js';
import { Random } from '../oracle/random.js';

const folder = temporaryFolder();
let web: CompiledHost;
let single: CompiledHost;
beforeAll(async () => {
  web = (await loadHost({ host: EXAMPLE_HOST })).compiled;
  const platform = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' };
  single = (await loadHost({ platform: { ...platform, endpoint: ENDPOINT } })).compiled;
});

type Row = Record<string, unknown>;

const shown = (value: unknown): string | null =>
  ['string', 'bigint', 'number', 'boolean'].includes(typeof value) ? String(value) : null;

/** Values as texts: 64-bit numbers are not exact as those of JSON. */
const asTexts = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(value)]));

async function readParquet(file: string): Promise<Row[]> {
  return (await parquetReadObjects({ file: await asyncBufferFromFile(file) })).map(asTexts);
}

function readLines(file: string): Row[] {
  const exact = readFileSync(file, 'utf8').replaceAll(/_ns":(-?\d+)/g, '_ns":"$1"');
  const lines = exact.split('\n').filter((line) => line !== '');
  return lines.map((line) => asTexts(JSON.parse(line) as Row));
}

/** The same replay twice, as Parquet and as lines. */
async function both(
  what: 'packets' | 'flows' | 'rules',
  captures: readonly string[],
  host: CompiledHost,
): Promise<{ readonly parquet: Row[]; readonly lines: Row[]; readonly file: string }> {
  const [file, text] = [folder.at('out.parquet'), folder.at('out.jsonl')];
  await replay(captures, host, { [what]: file });
  await replay(captures, host, { [what]: text });
  return { parquet: await readParquet(file), lines: readLines(text), file };
}

describe('records as Parquet', () => {
  it.each([
    ['packets', 2576],
    ['flows', 370],
    ['rules', 27],
  ] as const)('hold what the lines of %s hold', async (what, count) => {
    const { parquet, lines } = await both(what, [EXAMPLE], web);
    expect(parquet).toHaveLength(count);
    expect(parquet).toEqual(lines);
  });

  it('name the type of every column', async () => {
    const { file } = await both('packets', [EXAMPLE], web);
    const { schema, row_groups: groups } = await parquetMetadataAsync(
      await asyncBufferFromFile(file),
    );
    const types = schema.slice(1).map(({ name, converted_type: type }) => [name, type]);
    expect(Object.fromEntries(types)).toEqual({
      ...{ frame: 'UINT_64', time_ns: 'INT_64', endpoint: 'UTF8', direction: 'UTF8' },
      ...{ verdict: 'UTF8', stage: 'UTF8', layer: 'UTF8', group: 'UTF8', rule: 'UTF8' },
      ...{ reason: 'UTF8', flow: 'UINT_64', flow_event: 'UTF8' },
    });
    const texts = groups[0]!.columns.filter(({ meta_data: about }) => about!.type === 'BYTE_ARRAY');
    expect(texts).toHaveLength(9);
    for (const { meta_data: about } of texts) expect(about!.encodings).toContain('RLE_DICTIONARY');
  });

  it('name the types of the columns of rules, and leave out what a default has not', async () => {
    const { file, parquet } = await both('rules', [EXAMPLE], web);
    const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(file));
    const types = schema.slice(1).map(({ name, type, converted_type: of }) => [name, of ?? type]);
    expect(Object.fromEntries(types)).toEqual({
      ...{ endpoint: 'UTF8', stage: 'UTF8', direction: 'UTF8', rule: 'UTF8', action: 'UTF8' },
      ...{ reason: 'UTF8', priority: 'INT_64', packets: 'UINT_64', bytes: 'UINT_64' },
      ...{ flows: 'UINT_64', first_frame: 'UINT_64', last_frame: 'UINT_64', assumed: 'UINT_64' },
      ...{ file: 'UTF8', line: 'UINT_64', column: 'UINT_64', path: 'UTF8', retired: 'BOOLEAN' },
    });
    const rules = parquet.filter(({ rule }) => rule !== null);
    expect(rules).toHaveLength(11);
    expect(rules.every(({ line }) => line !== null)).toBe(true);
    const defaults = parquet.filter(({ rule }) => rule === null);
    expect(defaults.every(({ line, priority }) => line === null && priority === null)).toBe(true);
    expect(new Set(parquet.map(({ retired }) => retired))).toEqual(new Set(['false']));
  });

  it.each([1, 7, 8, 9, 200_000])(
    'hold %i values of every type, some of them none',
    async (count) => {
      const random = new Random(count);
      const draw = <T>(one: () => T): (T | null)[] =>
        Array.from({ length: count }, () => (random.below(5) === 0 ? null : one()));
      const drawn = {
        boolean: draw(() => random.below(2)),
        int64: draw(() => random.below(2 ** 31) - 2 ** 30),
        uint64: draw(() => random.below(2 ** 31) * 2 ** 20),
        text: draw(() => random.pick(['', 'a', 'é\u{1f600}', '"', 'a,b\n'])),
      };
      const numbers = (['boolean', 'int64', 'uint64'] as const).map((type) => ({
        ...{ name: type, type },
        values: Float64Array.from(drawn[type], (value) => value ?? NaN),
      }));
      const table = [...numbers, { name: 'text', type: 'text', values: drawn.text } as const];
      const [file, text] = [folder.at('types.parquet'), folder.at('types.jsonl')];
      expect(loadBinding().writeTable(file, 'parquet', table)).toBeNull();
      expect(loadBinding().writeTable(text, 'jsonl', table)).toBeNull();
      const expected = Array.from({ length: count }, (_, i) => ({
        boolean: drawn.boolean[i] === null ? null : String(drawn.boolean[i] === 1),
        int64: shown(drawn.int64[i]),
        uint64: shown(drawn.uint64[i]),
        text: drawn.text[i],
      }));
      expect(await readParquet(file)).toEqual(expected);
      expect(readLines(text)).toEqual(expected);
    },
  );

  it('cannot be written where there is no folder', () => {
    expect(loadBinding().writeTable(folder.at('none/x.parquet'), 'parquet', [])).toMatchObject({
      code: 'file-unwritable',
    });
  });

  it('go on over row groups, each with its own words', async () => {
    const count = 140_000;
    const records = Array.from({ length: count }, (_, i) =>
      // Something new at the end, which the dictionary of the first group does not have.
      pcapRecord(tcpSyn(i < 135_000 ? { sourcePort: 1 + (i % 60_000) } : { to: 0x0a0a0a0a }), i),
    );
    const capture = folder.write('long.pcap', Buffer.concat([pcapHeader(), ...records]));
    const { parquet, lines, file } = await both('packets', [capture], single);
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(file));
    expect(metadata.row_groups.map(({ num_rows: rows }) => Number(rows))).toEqual([
      131_072,
      count - 131_072,
    ]);
    expect(parquet).toEqual(lines);
    const reasons = (rows: readonly Row[]): unknown[] => [
      ...new Set(rows.map((row) => row['reason'])),
    ];
    expect(reasons(parquet.slice(135_000))).toEqual(['no-endpoint']);
    expect(reasons(parquet.slice(0, 135_000))).not.toContain('no-endpoint');
  });

  it('are a table without rows for a capture without packets', async () => {
    const empty = folder.write('empty.pcap', pcap([]));
    const { parquet, file } = await both('packets', [empty], single);
    expect(parquet).toEqual([]);
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(file));
    expect(metadata.schema).toHaveLength(13);
    expect(metadata.num_rows).toBe(0n);
  });

  it('leave out what is not there', async () => {
    // A simple packet block has no time, an ARP frame is judged by nobody.
    const arp = Buffer.alloc(42);
    arp.writeUInt16BE(0x0806, 12);
    const section = Buffer.from('4d3c2b1a01000000ffffffffffffffff', 'hex');
    const simple = (frame: Buffer): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(frame.length);
      return pcapngBlock(3, Buffer.concat([length, frame]));
    };
    const blocks = [
      pcapngBlock(0x0a0d0d0a, section),
      pcapngBlock(1, Buffer.from('0100000000000000', 'hex')),
      simple(arp),
      simple(tcpSyn()),
    ];
    const capture = folder.write('simple.pcapng', Buffer.concat(blocks));
    const { parquet, lines } = await both('packets', [capture], single);
    expect(parquet).toEqual(lines);
    expect(parquet.map(({ time_ns: time, endpoint }) => [time, endpoint !== null])).toEqual([
      [null, false],
      [null, true],
    ]);
  });

  it('are the same bytes every time', async () => {
    const { file } = await both('flows', [EXAMPLE], web);
    const first = readFileSync(file);
    await both('flows', [EXAMPLE], web);
    expect(readFileSync(file).equals(first)).toBe(true);
  });

  it('appear whole or not at all', async () => {
    const file = folder.at('none.parquet');
    const run = await portacl([
      'replay',
      folder.at('no.pcap'),
      '--host',
      EXAMPLE_HOST,
      '--packets',
      file,
    ]);
    expect(run.code).toBe(1);
    expect(folder.list().filter((name) => name.startsWith('none'))).toEqual([]);
    const good = await portacl(['replay', EXAMPLE, '--host', EXAMPLE_HOST, '--packets', file]);
    expect(good.code).toBe(0);
    expect(await readParquet(file)).toHaveLength(2576);
  });
});
