/** `--flows`: one record a flow, held against the records of its packets. */
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { ENDPOINT, pcap, tcpSyn } from '../cli/captures.js';
import {
  EXAMPLE,
  EXAMPLE_HOST,
  L2BRIDGE,
  jsonLines,
  parseCsv,
  portacl,
  succeed,
  temporaryFolder,
} from '../cli/run.js';

const folder = temporaryFolder();
const read = (name: string): string => readFileSync(folder.at(name), 'utf8');
const example = ['replay', EXAMPLE, '--host', EXAMPLE_HOST, '-q'];

describe('flows of the example', () => {
  it('count what the packets say, each packet once', async () => {
    const files = ['--flows', folder.at('flows.jsonl'), '--packets', folder.at('packets.jsonl')];
    await succeed([...example, ...files]);
    const flows = jsonLines(read('flows.jsonl'));
    const packets = jsonLines(read('packets.jsonl')).filter(({ verdict }) => verdict !== 'pass');
    const sum = (name: string): number =>
      flows.reduce((total, flow) => total + (flow[name] as number), 0);
    const of = (direction: string): number =>
      packets.filter((packet) => packet['direction'] === direction).length;
    expect([sum('packets_in'), sum('packets_out')]).toEqual([of('in'), of('out')]);
    const ids = new Set(packets.map(({ flow }) => flow).filter((id) => id !== null));
    expect(new Set(flows.map(({ flow }) => flow).filter((id) => id !== null))).toEqual(ids);
    // What opened it decides what is said of it, and its last event its state.
    for (const flow of flows.filter(({ flow: id }) => id !== null)) {
      const own = packets.filter(({ flow: id }) => id === flow['flow']);
      expect(flow).toMatchObject({
        first_frame: own[0]!['frame'],
        last_frame: own.at(-1)!['frame'],
        first_time_ns: own[0]!['time_ns'],
        endpoint: own[0]!['endpoint'],
        reason: own[0]!['reason'],
        rule: own[0]!['rule'],
      });
      const event = own
        .map(({ flow_event: e }) => e)
        .filter((e) => e !== null && e !== 'new')
        .at(-1);
      if (event !== undefined) expect(flow['state']).toBe(event);
    }
    const frames = flows.map(({ first_frame: frame }) => frame as number);
    expect(frames).toEqual([...frames].sort((a, b) => a - b));
  });

  it('have a record for every refused connection', async () => {
    await succeed([...example, '--flows', folder.at('drops.jsonl')]);
    const drops = jsonLines(read('drops.jsonl')).filter(({ verdict }) => verdict === 'drop');
    expect(
      drops.reduce((n, d) => n + (d['packets_in'] as number) + (d['packets_out'] as number), 0),
    ).toBe(551);
    for (const drop of drops) expect(drop).toMatchObject({ flow: null, state: null });
    expect(drops.find(({ rule }) => rule === 'web-block-management')).toMatchObject({
      endpoint: 'web',
      direction: 'in',
      protocol: 6,
      stage: 'switch',
      first_frame: 889,
    });
  });

  it('are the same as CSV, and the same without the flow cache', async () => {
    await succeed([...example, '--flows', folder.at('flows.csv')]);
    await succeed([...example, '--no-unified-flows', '--flows', folder.at('plain.csv')]);
    expect(read('plain.csv')).toBe(read('flows.csv'));
    const [head, ...rows] = parseCsv(read('flows.csv'));
    const flows = jsonLines(read('flows.jsonl'));
    expect(head).toEqual(Object.keys(flows[0]!));
    expect(rows).toEqual(
      flows.map((flow) =>
        Object.values(flow).map((value) =>
          value === null ? '' : String(value as string | number),
        ),
      ),
    );
  });
});

describe('flows of drops', () => {
  it('are one per tuple and rule, however often it is tried', async () => {
    const block = { Action: 'Block', Direction: 'In', RuleType: 'Switch', Priority: 200 };
    const policy = folder.write('block.json', JSON.stringify([{ Type: 'ACL', Settings: block }]));
    const frames = [1, 2, 1, 1, 2].map((sourcePort) => tcpSyn({ sourcePort }));
    const capture = folder.write('tries.pcap', pcap(frames));
    const out = folder.at('tries.jsonl');
    const model = ['--policy', policy, '--endpoint', ENDPOINT, ...L2BRIDGE, '-q'];
    await succeed(['replay', capture, ...model, '--flows', out]);
    const counts = jsonLines(read('tries.jsonl')).map((flow) => [
      flow['sport'],
      flow['packets_in'],
      flow['last_frame'],
    ]);
    expect(counts).toEqual([
      [1, 3, 4],
      [2, 2, 5],
    ]);
  });

  it('another ending is refused before work begins', async () => {
    const run = await portacl([...example, '--flows', folder.at('flows.txt')]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
  });
});
