/** As many layers as a port may have: each is asked, in its order, and has flows of its own. */
import { describe, expect, it } from 'vitest';
import { loadHost, Simulator, type CompiledHost } from '../../src/index.js';
import { temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();

/** Layers without default allow, each with a rule that lets everything through in both directions. */
function dump(count: number): string {
  const group = (layer: number, direction: 'IN' | 'OUT'): string[] => [
    `  GROUP : G${layer}${direction}`,
    ...['Priority : 1', `Direction : ${direction}`, 'Type : IPv4'],
    ...['Conditions:', '<none>', 'Match type : Priority-based match', ''],
    `    RULE : R${layer}${direction}`,
    ...['Priority : 1', 'Flags : 3 terminating stateful', 'Type : allow'],
    ...['Conditions:', '<none>', 'Flow TTL: 240', 'FlagsEx : 0', ''],
  ];
  const layers = Array.from({ length: count }, (_, i) => [
    ...[`LAYER : L${i}`, `Friendly name : L${i}`, `Priority : ${i + 1}`, ''],
    ...group(i, 'IN'),
    ...group(i, 'OUT'),
  ]);
  return [...layers.flat(), 'Command list-rule succeeded!', ''].join('\n');
}

async function portOf(layers: number): Promise<CompiledHost> {
  const file = folder.write(`${layers}-layers.txt`, dump(layers));
  const platform = { windows: 'ltsc2022', driver: 'l2bridge', isolation: 'hyperv' } as const;
  const { compiled } = await loadHost({
    policies: [file],
    platform: { ...platform, endpoint: 'pod=10.0.0.5' },
  });
  return compiled;
}

describe('a port of 64 layers', () => {
  it('asks all of them inwards, and outwards in the other order', async () => {
    const simulator = new Simulator(await portOf(64));
    const ends = { proto: 6, src: '10.9.9.9', dst: '10.0.0.5', sport: 4000, dport: 80 };
    const back = { proto: 6, src: ends.dst, dst: ends.src, sport: 80, dport: 4000 };
    const [syn, answer] = simulator.judge([
      { dir: 'in', ...ends, flags: 'S' },
      { dir: 'out', ...back, flags: 'SA' },
    ]);
    // The last that was asked is named.
    expect(syn![0]).toMatchObject({ verdict: 'allow', layer: 'L0', rule: 'R0IN' });
    expect(answer![0]).toMatchObject({ layer: 'L63', rule: 'R63IN', reason: 'established' });
    const hit = simulator.counters().filter(({ packets }) => packets === 2);
    expect(hit.map(({ rule }) => rule)).toEqual(Array.from({ length: 64 }, (_, i) => `R${i}IN`));
    expect(hit.every(({ flows }) => flows === 1)).toBe(true);
  });

  it('is as long as it gets: one layer more is refused, with its place', async () => {
    const compiled = await portOf(65);
    expect(() => new Simulator(compiled)).toThrow(
      expect.objectContaining({ code: 'program-limit', byteOffset: expect.any(Number) as number }),
    );
  });
});
