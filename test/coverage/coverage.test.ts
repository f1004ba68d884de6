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
  mergeCoverage,
  parseTuple,
  tcp,
  withWitnesses,
  type PacketRecord,
} from '../../src/index.js';
import { drawHost } from '../oracle/draw.js';
import { Random } from '../oracle/random.js';
import { casesFromText, runCases } from '../../src/index.js';
import { acl, compiledOf } from '../worked/model.js';
import { temporaryFolder } from '../cli/run.js';

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
    const text = coverageText(withWitnesses(compiled, coverage));
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
      const { items } = withWitnesses(drawn, new Session(drawn).coverage());
      for (const { witness, ...item } of items) {
        asked += 1;
        if (typeof witness !== 'string') continue;
        found += 1;
        const simulator = new Simulator(drawn);
        simulator.judge([parseTuple(witness)]);
        const after = simulator
          .coverage()
          .items.find((each) => JSON.stringify({ ...each, hits: 0 }) === JSON.stringify(item));
        expect(after?.hits, `seed ${seed}: ${witness}`).toBeGreaterThan(0);
      }
    }
    // Drawn rules hide one another on purpose.
    expect(found).toBeGreaterThan(asked / 3);
  });
});

describe('values of conditions', () => {
  const folder = temporaryFolder();
  const SETTINGS = {
    ...{
      Id: 'web',
      Action: 'Allow',
      Direction: 'In',
      Protocols: '6',
      LocalPorts: '80,443,8000-8010',
    },
    ...{ RemoteAddresses: '10.0.0.0/8,192.168.0.0/16', RuleType: 'Switch', Priority: 200 },
  };

  async function run(...packets: string[]): Promise<ReturnType<typeof coverageOf>> {
    folder.write('web.json', JSON.stringify([{ Type: 'ACL', Settings: SETTINGS }]));
    const expected = packets.map((packet) => ({ packet, reason: 'rule', stage: 'switch' }));
    const cases = {
      ...{ policies: ['web.json'], windows: 'ltsc2022', driver: 'l2bridge', isolation: 'process' },
      cases: [{ name: 'all', packets: expected }],
    };
    const text = JSON.stringify(cases);
    const { coverage } = await runCases(casesFromText({ name: folder.at('cases.json'), text }));
    return coverage;
  }
  const valuesOf = ({ items }: ReturnType<typeof coverageOf>): Record<string, number> =>
    Object.fromEntries(
      items
        .find(({ rule }) => rule === 'web')!
        .conditions!.map(({ field, value, hits }) => [`${field} ${value}`, hits]),
    );

  it('are counted where a rule lists several, by the packets that were held against them', async () => {
    const coverage = await run(
      'in tcp 10.9.9.9:4000 > 10.1.0.5:80',
      'out tcp 10.1.0.5:80 > 10.9.9.9:4000 flags SA',
      'in tcp 10.9.9.9:4001 > 10.1.0.5:8003',
      'in tcp 10.9.9.9:4002 > 10.1.0.5:22',
    );
    // Neither the answer, which belongs to a flow, nor what another rule dropped counts.
    expect(valuesOf(coverage)).toEqual({
      'source-address 10.0.0.0/8': 2,
      'source-address 192.168.0.0/16': 0,
      'destination-port 80': 1,
      'destination-port 443': 0,
      'destination-port 8000-8010': 1,
    });
    const merged = mergeCoverage([coverage, await run('in tcp 192.168.1.1:1 > 10.1.0.5:443')]);
    expect(Math.min(...Object.values(valuesOf(merged)))).toBe(1);
    expect(coverageFromJson(JSON.stringify(merged), 'run.json')).toEqual(merged);
    expect(coverageText(merged)).not.toContain('destination-port');
  });

  it('that were never met are named, each with a packet that meets it', async () => {
    const coverage = await run('in tcp 10.9.9.9:4000 > 10.1.0.5:80');
    const host = compiledOf(PLATFORM, { Type: 'ACL', Settings: SETTINGS });
    const named = coverage.items.map((item) =>
      item.rule === 'web' ? { ...item, location: host.host.rules[0]!.location } : item,
    );
    const covered = withWitnesses(host, { ...coverage, items: named });
    const text = coverageText(covered);
    expect(text).toContain('endpoint  1/1 100%  2/5 40%');
    expect(text).toMatch(/destination-port 443\n {4}in tcp \S+ > \S+:443\n/);
    expect(text).toMatch(/source-address 192\.168\.0\.0\/16\n {4}in tcp 192\.168\.\S+ > /);
    // A packet that is named reaches the rule when it is sent.
    const { conditions = [] } = covered.items.find(({ rule }) => rule === 'web')!;
    const [reaching, ...others] = conditions.filter(({ witness }) => witness?.includes(':443'));
    expect([reaching!.value, others]).toEqual(['443', []]);
    const [[record]] = new Simulator(host).judge([parseTuple(reaching!.witness!)]) as [
      PacketRecord[],
    ];
    expect(record).toMatchObject({ verdict: 'allow' });
    const place = { file: 'web.json', line: 3, column: 1, path: '' };
    const lcov = coverageLcov({
      ...coverage,
      items: named.map((item) => (item.rule === null ? item : { ...item, location: place })),
    });
    expect(lcov).toContain('BRDA:3,0,0,1\nBRDA:3,0,1,0\n');
    expect(lcov).toContain('BRF:5\nBRH:2\n');
  });
});
