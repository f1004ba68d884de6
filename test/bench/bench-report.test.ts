/** The form of reports: what is published, and what is read. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { aboutBench, benchJsonSchema, readBenchReport } from '../../src/bench/bench-report.js';
import { ROOT, temporaryFolder } from '../cli/run.js';
import { rate, reportOf } from './reports.js';

const folder = temporaryFolder();

describe('a report', () => {
  it('has the published schema', () => {
    const published = readFileSync(path.join(ROOT, 'schemas/bench.schema.json'), 'utf8');
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(benchJsonSchema())));
  });

  it('is read as it was written, with what a mode added', () => {
    const report = { ...reportOf([rate([1, 2, 3])]), shape: { layers: 2 } };
    const file = folder.write('report.json', JSON.stringify(report));
    expect(readBenchReport(file)).toEqual(report);
  });

  it('names this machine', () => {
    expect(aboutBench('bench --smoke')).toMatchObject({
      command: 'bench --smoke',
      node: process.version,
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    });
  });

  it('of another unit than there are is refused, by its place', () => {
    const report = reportOf([{ ...rate([1]), unit: 'miles' as never }]);
    const file = folder.write('miles.json', JSON.stringify(report));
    expect(() => readBenchReport(file)).toThrow(
      expect.objectContaining({
        code: 'bad-bench-report',
        message: expect.stringContaining('measurements.0.unit') as string,
      }),
    );
  });

  it('that is not there is an error of the file', () => {
    expect(() => readBenchReport(folder.at('none.json'))).toThrow(
      expect.objectContaining({ code: 'file-not-found' }),
    );
  });
});
