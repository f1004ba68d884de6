/**
 * Values of conditions as the engine counts them, against a reading of explanations packet by packet:
 * with and without unified flows, stateless, over changes of policy, and of a replay.
 * `PORTACL_SEED` and `PORTACL_ROUNDS` as in test/oracle.
 */
import { readFileSync, writeFileSync } from 'node:fs';

import { beforeAll, describe, expect, it } from 'vitest';

import {
  Session,
  Simulator,
  compileHost,
  mergeCoverage,
  parseIpAddress,
  replay,
  tcp,
  type ConditionCoverage,
  type Coverage,
  type CoverageItem,
  type Explanation,
  type SimulatorOptions,
  type Tuple,
} from '../../src/index.js';
import type { SeenPacket } from '../../src/explain/explanation.js';
import { portacl, temporaryFolder } from '../cli/run.js';
import { drawHost } from '../oracle/draw.js';
import { drawTuples } from '../oracle/draw-tuples.js';
import { captureOf } from '../oracle/frames.js';
import { Random } from '../oracle/random.js';
import { acl, compiledOf, compiledOfHost } from '../worked/model.js';

const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 20);
const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 81_001);
const seeds = Array.from({ length: ROUNDS }, (_, i) => FIRST_SEED + i);
const folder = temporaryFolder();

/** Whether a packet has a value, as it is written. */
function has(packet: SeenPacket, { field, value }: ConditionCoverage): boolean {
  const { protocol, source, destination, source_port: sport, destination_port: dport } = packet;
  switch (field) {
    case 'protocol':
      return protocol === Number(value);
    case 'source-address':
      return isWithin(source!, value);
    case 'destination-address':
      return isWithin(destination!, value);
    case 'source-port':
      return sport !== null && isBetween(sport, value.split('-').map(Number));
    case 'destination-port':
      return dport !== null && isBetween(dport, value.split('-').map(Number));
    case 'icmp-type-code': {
      const ends = value.split('-').map((end) => end.split('/').map(Number));
      const [[type, code] = [], [lastType, lastCode] = ends[0]!] = ends;
      const { icmp } = packet;
      return (
        icmp !== null &&
        isBetween(icmp.type * 256 + icmp.code, [
          type! * 256 + (code ?? 0),
          lastType! * 256 + (lastCode ?? 255),
        ])
      );
    }
    default:
      throw new Error(`values of ${field} are not told apart`);
  }
}

const isBetween = <N extends number | bigint>(value: N, [from, to = from]: readonly N[]): boolean =>
  value >= from! && value <= to!;

function isWithin(address: string, value: string): boolean {
  const own = parseIpAddress(address)!;
  const [prefix, bits] = value.split('/');
  const ends = prefix!.split('-').map((each) => parseIpAddress(each)!);
  if (ends[0]!.family !== own.family) return false;
  if (bits === undefined)
    return isBetween(
      own.value,
      ends.map((end) => end.value),
    );
  const rest = BigInt((own.family === 4 ? 32 : 128) - Number(bits));
  return own.value >> rest === ends[0]!.value >> rest;
}

/** Counts anew what coverage says, by what was explained. */
function recount({ format, items }: Coverage, explained: readonly Explanation[]): Coverage {
  const answers = explained.flatMap(({ packet, endpoints }) =>
    endpoints.flatMap(({ endpoint, layers }) =>
      layers.map((layer) => ({ packet, endpoint, ...layer })),
    ),
  );
  const isOf = (item: CoverageItem, { endpoint, stage, by, flow }: (typeof answers)[0]): boolean =>
    flow === null &&
    endpoint === item.endpoint &&
    stage === item.stage &&
    by?.rule === item.rule &&
    JSON.stringify(by.location) === JSON.stringify(item.location);
  return {
    format,
    items: items.map((item) => {
      const { conditions } = item;
      if (conditions === undefined) return item;
      const packets = answers.filter((each) => isOf(item, each)).map(({ packet }) => packet);
      return {
        ...item,
        conditions: conditions.map((each) => ({
          ...each,
          hits: packets.filter((packet) => has(packet, each)).length,
        })),
      };
    }),
  };
}

const valuesIn = ({ items }: Coverage): readonly ConditionCoverage[] =>
  items.flatMap(({ conditions = [] }) => conditions);

describe('values that a simulation counts', () => {
  let met = 0;
  let unmet = 0;

  it.each(seeds)('are those that explanations tell of, seed %i', (seed) => {
    const random = new Random(seed);
    const host = drawHost(random);
    const compiled = compileHost(host);
    const drawn = drawTuples(random, host, 150);
    // Some packets once more at once: what rows alone decide is kept.
    const tuples = drawn.flatMap((tuple) => (random.chance(0.2) ? [tuple, tuple, tuple] : [tuple]));
    const counted = (options: SimulatorOptions): Coverage => {
      const simulator = new Simulator(compiled, { ...options, countValues: true });
      const explained = tuples.map((tuple) => {
        const explanation = simulator.explain(tuple);
        simulator.judge([tuple]);
        return explanation;
      });
      const coverage = simulator.coverage();
      expect(coverage, JSON.stringify(options)).toEqual(recount(coverage, explained));
      return coverage;
    };
    const coverage = counted({});
    expect(counted({ unifiedFlows: false })).toEqual(coverage);
    counted({ stateless: true });
    // Who does not ask for values has the rest.
    const plain = new Simulator(compiled);
    plain.judge(tuples);
    const rulesOf = ({ items }: Coverage): unknown =>
      items.map(({ rule, location, hits }) => ({ rule, location, hits }));
    expect(rulesOf(plain.coverage())).toEqual(rulesOf(coverage));
    expect(valuesIn(plain.coverage())).toEqual([]);
    met += valuesIn(coverage).filter(({ hits }) => hits > 0).length;
    unmet += valuesIn(coverage).filter(({ hits }) => hits === 0).length;
  });

  it('were met and not met in good number', () => {
    expect(met).toBeGreaterThan(ROUNDS);
    expect(unmet).toBeGreaterThan(5 * ROUNDS);
  });
});

const PLATFORM = { windows: 'ltsc2022', driver: 'L2Bridge', isolation: 'hyperv' } as const;
const web = (id: string, LocalPorts: string): object =>
  acl('Allow', 'In', { Id: id, Protocols: '6', LocalPorts, Priority: 200, RuleType: 'Switch' });
const syn = (port: number, from = 4000): ReturnType<typeof tcp> =>
  tcp(`10.9.9.9:${from}`, `10.1.0.5:${port}`, { dir: 'in' });
const hitsOf = ({ items }: Coverage, rule: string): Record<string, number> =>
  Object.fromEntries(
    items
      .filter((item) => item.rule === rule)
      .flatMap(({ conditions = [] }) => conditions.map(({ value, hits }) => [value, hits])),
  );

describe('values that a session counts', () => {
  it('live on in a rule of that name, in one that is gone, and in snapshots', () => {
    const session = new Session(compiledOf(PLATFORM, web('web', '80,443')), { countValues: true });
    session.send(syn(80));
    const snapshot = session.snapshot();
    session.apply(compiledOf(PLATFORM, web('web', '80,8080')), { mode: 'reset' });
    session.sendAll([syn(80), syn(8080), syn(443)]);
    expect(hitsOf(session.coverage(), 'web')).toEqual({ '80': 2, '8080': 1 });
    session.apply(compiledOf(PLATFORM, web('other', '1,3')));
    expect(hitsOf(session.coverage(), 'web')).toEqual({ '80': 2, '8080': 1 });
    expect(hitsOf(session.coverage(), 'other')).toEqual({ '1': 0, '3': 0 });
    session.restore(snapshot);
    expect(hitsOf(session.coverage(), 'web')).toEqual({ '80': 1, '443': 0 });
  });

  it('are those that the rule sees where a published port is translated', () => {
    const published = {
      windows: 'ws2022',
      addresses: ['10.0.0.4'],
      networks: [{ name: 'pods', driver: 'l2bridge' }],
      endpoints: [
        {
          ...{ name: 'web', network: 'pods', isolation: 'hyperv', addresses: ['10.1.0.5'] },
          ...{ ports: ['8080:80/tcp'], policies: [web('web', '80,8080')] },
        },
      ],
    };
    const session = new Session(compiledOfHost(published), { countValues: true });
    expect(session.send(tcp('10.9.9.9:4000', '10.0.0.4:8080')).verdict).toBe('allow');
    expect(hitsOf(session.coverage(), 'web')).toEqual({ '80': 1, '8080': 0 });
  });

  it('add up over sessions', () => {
    const compiled = compiledOf(PLATFORM, web('web', '80,443'));
    const runs = [80, 443, 443].map((port) => {
      using session = new Session(compiled, { countValues: true });
      session.send(syn(port));
      return session.coverage();
    });
    expect(hitsOf(mergeCoverage(runs), 'web')).toEqual({ '80': 1, '443': 2 });
  });
});

describe('values that a replay counts', () => {
  it.each(seeds.slice(0, 3))('are those of a simulation of its packets, seed %i', async (seed) => {
    const random = new Random(seed);
    const host = drawHost(random);
    const compiled = compileHost(host);
    const placed = (tuple: Tuple): Tuple => {
      const shown = Object.entries(tuple).filter(([name]) => name !== 'dir' && name !== 'endpoint');
      return Object.fromEntries(shown) as unknown as Tuple;
    };
    const tuples = drawTuples(random, host, 300).map(placed);
    const capture = folder.at('drawn.pcap');
    writeFileSync(capture, captureOf(tuples));
    const simulator = new Simulator(compiled, { countValues: true });
    simulator.judge(tuples);
    const { coverage } = await replay([capture], compiled, { countValues: true });
    expect(coverage()).toEqual(simulator.coverage());
    expect(valuesIn(coverage()).length).toBeGreaterThan(0);
  });

  beforeAll(() => {
    folder.write('web.json', JSON.stringify([web('web', '80,443')]));
    const packet = { proto: 'tcp', src: '10.9.9.9', sport: 4000, dst: '10.1.0.5' };
    const packets = [80, 22].map((dport, at) => ({ ...packet, dport, at }));
    folder.write('web.pcap', captureOf(packets));
  });
  const covered = (format: string, file: string): Promise<{ readonly code: number | null }> =>
    portacl([
      ...['replay', folder.at('web.pcap'), '--policy', folder.at('web.json'), '-q'],
      ...['--endpoint', '10.1.0.5', '--windows', 'ws2022', '--driver', 'l2bridge'],
      ...['--isolation', 'hyperv', '--coverage', format, '--coverage-output', folder.at(file)],
    ]);
  const read = (name: string): string => readFileSync(folder.at(name), 'utf8');

  it('stand in all formats of --coverage, with packets for those that were not met', async () => {
    expect(await covered('text', 'web.txt')).toMatchObject({ code: 0 });
    const text = read('web.txt');
    expect(text).toMatch(/1\/1 100% +1\/2 50% /);
    expect(text).toMatch(/switch in web, \S+, destination-port 443\n {4}in tcp \S+ > \S+:443\n/);
    expect(await covered('lcov', 'web.lcov')).toMatchObject({ code: 0 });
    expect(read('web.lcov')).toMatch(/BRDA:1,0,0,1\nBRDA:1,0,1,0\nBRF:2\nBRH:1\n/);
    expect(await covered('json', 'web.coverage')).toMatchObject({ code: 0 });
    const { items } = JSON.parse(read('web.coverage')) as Coverage;
    expect(items.find(({ rule }) => rule === 'web')!.conditions).toEqual([
      { field: 'destination-port', value: '80', hits: 1 },
      {
        ...{ field: 'destination-port', value: '443', hits: 0 },
        witness: expect.stringMatching(/^in tcp \S+ > \S+:443$/) as unknown,
      },
    ]);
  });

  it('keep their packets when runs are merged, until another run meets them', async () => {
    await covered('json', 'one.coverage');
    const merged = async (...files: string[]): Promise<string> =>
      (await portacl(['coverage', 'merge', ...files.map((file) => folder.at(file))])).stdout;
    expect(await merged('one.coverage', 'one.coverage')).toMatch(/443\n {4}in tcp \S+ > \S+:443\n/);
    const { format, items } = JSON.parse(read('one.coverage')) as Coverage;
    const met = items.map((item) => ({
      ...{ ...item, hits: 1 },
      ...(item.conditions && { conditions: item.conditions.map((each) => ({ ...each, hits: 1 })) }),
    }));
    folder.write('other.coverage', JSON.stringify({ format, items: met }));
    expect(await merged('one.coverage', 'other.coverage')).not.toContain('Never hit');
  });
});
