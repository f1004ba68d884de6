/** SARIF logs have the shape the standard wants, and lead to the place. */
import { expect, it } from 'vitest';
import { sarifLog } from '../../src/report/sarif.js';
import type { Diagnostic } from '../../src/source/diagnostic.js';
import { diagnosticsOf, acl } from '../policy/reading.js';

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations?: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region?: { readonly startLine: number; readonly startColumn: number };
    };
  }[];
}
interface Log {
  readonly $schema: string;
  readonly version: string;
  readonly runs: readonly {
    readonly columnKind: string;
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly version: string;
        readonly rules: readonly { readonly id: string; readonly shortDescription: object }[];
      };
    };
    readonly results: readonly Result[];
  }[];
}

const TEXT = '[{"Type":"ACL","Action":"Deny","Direction":"In"},\n {"Type":"QOS"}]';

/** As a reader of the file sees it. */
const logOf = (diagnostics: readonly Diagnostic[]): Log =>
  JSON.parse(JSON.stringify(sarifLog(diagnostics))) as Log;

/**
 * What the published schema (sarif-schema-2.1.0.json) requires of the objects that are written, and
 * the values it takes for the words in them.
 */
function expectShape(log: Log): void {
  expect(Object.keys(log).sort()).toEqual(['$schema', 'runs', 'version']);
  expect(log.version).toBe('2.1.0');
  for (const run of log.runs) {
    expect(run.tool.driver.name).not.toBe('');
    expect(['utf16CodeUnits', 'unicodeCodePoints']).toContain(run.columnKind);
    const ids = run.tool.driver.rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { shortDescription } of run.tool.driver.rules) {
      expect(Object.keys(shortDescription)).toEqual(['text']);
    }
    for (const { message, level, ruleId, ruleIndex, locations = [] } of run.results) {
      expect(message.text).not.toBe('');
      expect(['none', 'note', 'warning', 'error']).toContain(level);
      expect(ids[ruleIndex]).toBe(ruleId);
      for (const { physicalLocation } of locations) {
        // uri-reference: no space, no backslash, nothing outside ASCII.
        expect(physicalLocation.artifactLocation.uri).toMatch(/^[\w!#$%&'()*+,./:;=?@[\]~-]+$/);
        const { startLine = 1, startColumn = 1 } = physicalLocation.region ?? {};
        expect(Math.min(startLine, startColumn)).toBeGreaterThan(0);
      }
    }
  }
}

it('a log has the required shape, also when there is nothing to say', () => {
  expectShape(logOf([]));
  expect(logOf([]).runs[0]!.results).toEqual([]);
});

it('errors, warnings and notes lead to file, line and column', () => {
  const log = logOf(diagnosticsOf(TEXT));
  expectShape(log);
  expect(log.runs[0]!.results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
    ['unknown-value', 'error'],
    ['policy-not-evaluated', 'note'],
  ]);
  expect(log.runs[0]!.results[0]).toMatchObject({
    message: { text: 'Action is "Deny"; it is one of Allow, Block.' },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'policy.json' },
          region: { startLine: 1, startColumn: 25 },
        },
        logicalLocations: [{ fullyQualifiedName: '[0].Action' }],
      },
    ],
    properties: { found: '"Deny"', expected: 'Allow, Block', hns: '0x803b000d' },
  });
});

it.each([
  ['a policy.json', 'a%20policy.json'],
  ['dir\\über.json', 'dir/%C3%BCber.json'],
  ['../up/p.json', '../up/p.json'],
  ['/abs/p q.json', 'file:///abs/p%20q.json'],
])('the file %s is a URI', (file, uri) => {
  const [diagnostic] = diagnosticsOf(TEXT);
  const log = logOf([{ ...diagnostic!, location: { ...diagnostic!.location, file } }]);
  expectShape(log);
  expect(log.runs[0]!.results[0]!.locations![0]!.physicalLocation.artifactLocation.uri).toBe(uri);
});

it.each(['--windows', '<host>', ''])('what stands in no file has no location: %j', (file) => {
  const [diagnostic] = diagnosticsOf([acl({ Action: 'Deny' })]);
  const log = logOf([{ ...diagnostic!, location: { file, line: 0, column: 0, path: '' } }]);
  expectShape(log);
  expect(log.runs[0]!.results[0]!.locations).toBeUndefined();
});
