/** Coverage: what is counted, added up, printed, and which packets would cover the rest. */
import { describe, expect, it } from 'vitest';
import {
  Session,
  Simulator,
  compileHost,
  coverageFromJson,
  coverageLcov,
  coverageOf,
  coverageShare,
  coverageText,
  findWitnesses,
  mergeCoverage,
  tcp,
} from '../../src/index.js';
import { drawHost } from '../oracle/draw.js';
import { Random } from '../oracle/random.js';
import { acl, compiledOf } from '../worked/model.js';

const PLATFORM = { windows: 'ltsc2022', driver: 'L2Bridge', isolation: 'process' } as const;
const switchAcl = (id: string, priority: number, rest: object): object =>
  acl('Allow', 'In', { Id: id, Priority: priority, RuleType: 'Switch', ...rest });
const compiled = compiledOf(
  PLATFORM,
  switchAcl('web', 200, { Protocols: '6', LocalPorts: '80' }),
  switchAcl('shadowed', 300, { Protocols: '6', LocalPorts: '80', RemoteAddresses: '10.0.0.0/8' }),
  switchAcl('dns', 400, { Protocols: '17', LocalPorts: '53' }),
);

function coverageAfter(...ports: number[]): ReturnType<typeof coverageOf> {
  const session = new Session(compiled);
  for (const port of ports) session.send(tcp('10.9.9.9:1', `10.1.0.5:${port}`, { dir: 'in' }));
  return coverageOf(session.counters());
}

const hitsOf = ({ items }: ReturnType<typeof coverageOf>): Record<string, number> =>
  Object.fromEntries(
    items.map(({ rule, stage, direction, reason, hits }) => [
      rule ?? `${stage} ${direction} ${reason}`,
      hits,
    ]),
  );

describe('coverage', () => {
  it('counts the packets of every rule and of every default that has a say', () => {
    expect(hitsOf(coverageAfter(80, 22, 23))).toEqual({
      web: 1,
      shadowed: 0,
      dns: 0,
      'switch out implicit-deny': 0,
      'switch in implicit-deny': 2,
      'host in default-allow-inbound': 1,
      'host out default-allow-outbound': 0,
      'host in default-deny-other-protocol': 0,
    });
    expect(coverageShare(coverageAfter(80).items)).toMatchObject({ hit: 2, total: 8, percent: 25 });
    expect(coverageShare([]).percent).toBe(100);
  });

  it('of several runs is the sum of them', () => {
    const merged = mergeCoverage([coverageAfter(80), coverageAfter(80, 22)]);
    expect(hitsOf(merged)).toMatchObject({ web: 2, 'switch in implicit-deny': 1 });
    expect(merged.items).toHaveLength(8);
    expect(mergeCoverage([])).toEqual({ format: 'portacl-coverage-1', items: [] });
  });

  it('is read back as it was written', () => {
    const coverage = coverageAfter(80);
    expect(coverageFromJson(JSON.stringify(coverage), 'run.json')).toEqual(coverage);
  });

  it.each([
    ['no JSON', '{'],
    ['another format', '{"format":"2","items":[]}'],
    ['no items', '{"format":"portacl-coverage-1"}'],
    ['an item without hits', '{"format":"portacl-coverage-1","items":[{"endpoint":"a"}]}'],
    ['null', 'null'],
  ])('refuses %s', (_, text) => {
    expect(() => coverageFromJson(text, 'run.json')).toThrow(
      expect.objectContaining({ code: 'bad-coverage' }),
    );
  });
});

describe('the text of coverage', () => {
  it('rounds down and names what was never hit, with packets that would', () => {
    const coverage = coverageAfter(80);
    const text = coverageText(coverage, findWitnesses(compiled, coverage.items));
    expect(text).toContain('endpoint    rules  defaults  together');
    expect(text).toContain('endpoint  1/3 33%   1/5 20%   2/8 25%');
    expect(text).toContain(
      '  endpoint switch in dns\n    in udp 192.0.2.77:49152 > 10.77.77.77:53',
    );
    expect(text).toContain('switch in shadowed\n    no packet was found that reaches it');
  });
});

describe('lcov', () => {
  it('has rules as functions at their lines, and leaves out what has no line', () => {
    const location = { file: 'web.json', line: 3, column: 5, path: '[0]' };
    const [first, second] = coverageAfter(80).items;
    const items = [
      { ...first!, location },
      { ...second!, location },
    ];
    expect(coverageLcov({ format: 'portacl-coverage-1', items })).toBe(
      [
        ...['TN:', 'SF:web.json', 'FN:3,endpoint/web', 'FN:3,endpoint/shadowed'],
        ...['FNDA:1,endpoint/web', 'FNDA:0,endpoint/shadowed', 'FNF:2', 'FNH:1'],
        ...['DA:3,1', 'LF:1', 'LH:1', 'end_of_record\n'],
      ].join('\n'),
    );
    expect(coverageLcov(coverageAfter(80))).toBe('');
  });
});

describe('a witness', () => {
  it('is a packet that its rule answers', () => {
    let found = 0;
    let asked = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const drawn = compileHost(drawHost(new Random(seed)));
      const { items } = coverageOf(new Session(drawn).counters());
      for (const [item, witness] of findWitnesses(drawn, items)) {
        asked += 1;
        if (witness === null) continue;
        found += 1;
        const simulator = new Simulator(drawn);
        simulator.judge([witness.tuple]);
        const after = coverageOf(simulator.counters()).items.find(
          (each) => JSON.stringify({ ...each, hits: 0 }) === JSON.stringify(item),
        );
        expect(after?.hits, `seed ${seed}: ${witness.text}`).toBeGreaterThan(0);
      }
    }
    // Drawn rules hide one another on purpose.
    expect(found).toBeGreaterThan(asked / 3);
  });
});
