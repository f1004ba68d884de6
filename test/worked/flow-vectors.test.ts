/**
 * Scripted packet sequences on which two connection trackers agree (nf_conntrack and that of Open
 * vSwitch), held against the engine. Left out are what their README calls the trackers' taste: packets
 * on which they differ, ICMP errors from a third address, segments far outside the window, and what
 * follows a RST.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Simulator, decidingRecord, type Tuple } from '../../src/index.js';
import { ROOT } from '../house/tree.js';
import { compiledWith } from './model.js';

const FILE = path.join(ROOT, '../shared/data/vectors/flows.json');
const TASTE = [
  'port unreachable for a known and an unknown flow',
  'segment far outside the window',
  'reset by the server, then more',
  'mid-stream data without a handshake, both ways',
];

interface Packet extends Pick<Tuple, 'src' | 'dst' | 'sport' | 'dport' | 'type' | 'code' | 'id'> {
  readonly dir: 'In' | 'Out';
  readonly proto: number;
  readonly flags?: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly linux: 0 | 1;
  readonly agree: boolean;
}
interface Scenario {
  readonly name: string;
  readonly acls: readonly object[];
  readonly packets: readonly Packet[];
}

const scenarios = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, 'utf8')) as Scenario[]).filter(
      ({ name }) => !TASTE.includes(name),
    )
  : [];
const isRandom = ({ name }: Scenario): boolean => name.startsWith('flows seed');
const random = scenarios.filter(isRandom);
const scripted = scenarios.filter((scenario) => !isRandom(scenario));

const LETTERS = ['F', 'S', 'R', 'P', 'A', 'U'];
const flagsText = (bits: number): string => LETTERS.filter((_, i) => (bits >> i) & 1).join('');

function tupleOf({ dir, proto, flags, src, dst, sport, dport, ...rest }: Packet): Tuple {
  const { type, code, id, seq, ack } = rest;
  return {
    ...{ dir: dir === 'In' ? 'in' : 'out', proto, src, dst },
    ...(sport !== undefined && { sport, dport }),
    ...(flags !== undefined && { flags: flagsText(flags), seq, ack }),
    ...(type !== undefined && { type, code, id }),
  };
}

/** What no ACL matches passes there. */
const CATCH_ALL = (['In', 'Out'] as const).map((Direction) => ({
  ...{ Type: 'ACL', Action: 'Allow', Direction, RuleType: 'Switch', Priority: 65_000 },
}));

/** Indexes of packets that are judged otherwise. */
function differing({ acls, packets }: Scenario, midstream: 'adopt' | 'strict'): number[] {
  const platform = { windows: 'ltsc2022', driver: 'l2bridge', isolation: 'hyperv' } as const;
  const flags = { ...platform, endpoint: 'pod=10.244.1.5,fd00:10:244:1::5' };
  const simulator = new Simulator(compiledWith({ midstream }, flags, ...acls, ...CATCH_ALL));
  const said = simulator.judge(packets.map(tupleOf)).map((records) => decidingRecord(records));
  return packets.flatMap(({ linux }, i) =>
    said[i]!.verdict === (linux === 1 ? 'allow' : 'drop') ? [] : [i],
  );
}

describe.skipIf(scenarios.length === 0)('sequences on which two trackers agree', () => {
  it.each(scripted)('$name', (scenario) => {
    expect(scenario.packets.every(({ agree }) => agree)).toBe(true);
    expect(differing(scenario, 'adopt')).toEqual([]);
    expect(differing(scenario, 'strict')).toEqual([]);
  });

  // In these the trackers differ on TCP in mid-stream: `strict` is nf_conntrack that is not loose.
  it.each(random)('$name', (scenario) => {
    expect(differing(scenario, 'strict')).toEqual([]);
  });
});
