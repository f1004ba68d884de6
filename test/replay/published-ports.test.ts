/**
 * Published ports in a capture of the host's NIC: a request to the host reaches the container, is
 * filtered there by the container's port, and its reply is translated back.
 * Source: docs/semantics/actions.md 4, 6; hns.md 4.6, 6.3.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompiledHost } from '../../src/compile/compile-host.js';
import { explainCapture } from '../../src/explain/explain-capture.js';
import { explanationText } from '../../src/explain/explanation-text.js';
import { loadHost } from '../../src/load-host.js';
import { replay } from '../../src/replay/replay.js';
import { hostView } from '../../src/report/host-view.js';
import { Simulator } from '../../src/simulate/simulate.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { jsonLines, temporaryFolder } from '../cli/run.js';
import { captureOf } from '../oracle/frames.js';

const folder = temporaryFolder();
const HOST = {
  windows: 'ws2022',
  addresses: ['10.0.0.4'],
  networks: [{ name: 'pods', driver: 'l2bridge' }],
  endpoints: [
    {
      ...{ name: 'web', network: 'pods', isolation: 'hyperv', addresses: ['10.1.0.5'] },
      ports: ['8080:80/tcp', '8081:81/tcp'],
      policies: [
        {
          ...{ Type: 'ACL', Id: 'allow-80', Action: 'Allow', Direction: 'In', Protocols: '6' },
          ...{ LocalPorts: '80', RuleType: 'Switch', Priority: 300 },
        },
      ],
    },
  ],
};
const CLIENT = '10.9.9.9';
const segment = (from: string, to: string, flags: string, at: number): Tuple => {
  const [src, sport] = from.split(':') as [string, string];
  const [dst, dport] = to.split(':') as [string, string];
  return { proto: 6, src, dst, sport: Number(sport), dport: Number(dport), flags, at };
};
const PACKETS: readonly Tuple[] = [
  segment(`${CLIENT}:4000`, '10.0.0.4:8080', 'S', 1),
  // The reply as the host's NIC shows it, and as the container's port does.
  segment('10.0.0.4:8080', `${CLIENT}:4000`, 'SA', 1.1),
  segment('10.1.0.5:80', `${CLIENT}:4000`, 'SA', 1.1),
  { ...segment(`${CLIENT}:4000`, '10.0.0.4:8080', 'A', 1.2), ack: 1 },
  // Published too, but nothing lets it in: the ACL sees port 81.
  segment(`${CLIENT}:4001`, '10.0.0.4:8081', 'S', 2),
  // Not published: nobody here has the address.
  segment(`${CLIENT}:4002`, '10.0.0.4:8082', 'S', 3),
  // An answer that nobody asked for.
  segment('10.0.0.4:8080', `${CLIENT}:5000`, 'SA', 4),
];
const EXPECTED = [
  ['web in', 'allow switch allow-80 rule new'],
  ['web out', 'allow switch allow-80 established null'],
  ['web out', 'allow switch allow-80 established null'],
  ['web in', 'allow switch allow-80 established established'],
  ['web in', 'drop switch null implicit-deny null'],
  ['null null', 'pass null null no-endpoint null'],
  ['web out', 'drop switch null implicit-deny null'],
];
const shown = (record: Record<string, unknown>): [string, string] => [
  `${String(record['endpoint'])} ${String(record['direction'])}`,
  ['verdict', 'stage', 'rule', 'reason', 'flow_event']
    .map((name) => String(record[name]))
    .join(' '),
];

let capture: string;
let host: CompiledHost;
beforeAll(async () => {
  capture = folder.at('nic.pcap');
  writeFileSync(capture, captureOf(PACKETS));
  const file = folder.at('host.json');
  const { policies, ...endpoint } = HOST.endpoints[0]!;
  writeFileSync(folder.at('web.json'), JSON.stringify(policies));
  writeFileSync(
    file,
    JSON.stringify({ ...HOST, endpoints: [{ ...endpoint, policies: ['web.json'] }] }),
  );
  host = (await loadHost({ host: file })).compiled;
});

describe('a published port', () => {
  it('is judged as the container has it by a replay, with any number of threads', async () => {
    for (const threads of [1, 3]) {
      const packets = folder.at(`packets-${threads}.jsonl`);
      await replay([capture], host, { packets, threads });
      expect(jsonLines(readFileSync(packets, 'utf8')).map(shown)).toEqual(EXPECTED);
    }
  });

  it('is judged the same by a simulation, with and without unified flows', () => {
    for (const unifiedFlows of [true, false]) {
      const records = new Simulator(host, { unifiedFlows }).judge(PACKETS).flat();
      expect(records.map((record) => shown({ ...record }))).toEqual(EXPECTED);
    }
  });

  it('is a rule of SLB_NAT_LAYER, and nobody’s where no address of the host is known', async () => {
    expect(host.host.fronts).toHaveLength(2);
    expect(host.host.endpoints[0]!.translations).toMatchObject([
      { name: 'SLB_NAT_LAYER', priority: 50, rules: [{ action: 'nat' }, { action: 'nat' }] },
    ]);
    const file = folder.at('unknown.json');
    const endpoints = [{ ...HOST.endpoints[0]!, policies: [] }];
    writeFileSync(file, JSON.stringify({ ...HOST, addresses: [], endpoints }));
    const { compiled } = await loadHost({ host: file });
    const [request] = new Simulator(compiled, {}).judge(PACKETS.slice(0, 1));
    expect(request!.map((record) => shown({ ...record }))).toEqual([
      ['null null', 'pass null null no-endpoint null'],
    ]);
  });

  it('is explained with what became of the packet', async () => {
    const { explanation: request } = await explainCapture([capture], 1, host, {});
    const [nat, acl] = request.endpoints[0]!.layers;
    expect(nat).toMatchObject({
      ...{ layer: 'SLB_NAT_LAYER', by: { rule: 'NAT_10.0.0.4_8080_80_TCP', action: 'nat' } },
      leaves_as: {
        source: CLIENT,
        source_port: 4000,
        destination: '10.1.0.5',
        destination_port: 80,
      },
    });
    expect(acl).toMatchObject({ layer: 'ACL_ENDPOINT_LAYER', by: { rule: 'allow-80' } });
    expect(explanationText(request)).toContain('goes on as 10.9.9.9:4000 > 10.1.0.5:80');

    const { explanation: reply } = await explainCapture([capture], 2, host, {});
    expect(reply.endpoints[0]).toMatchObject({
      comes_as: { source: '10.1.0.5', source_port: 80, destination: CLIENT },
    });
    expect(reply.endpoints[0]!.layers.at(-1)).toMatchObject({
      ...{ layer: 'SLB_NAT_LAYER', reason: 'established' },
      leaves_as: { source: '10.0.0.4', source_port: 8080 },
    });

    // What failed is said of the packet as the layer saw it.
    const { explanation: refused } = await explainCapture([capture], 5, host, {});
    const rules = refused.endpoints[0]!.layers[1]!.groups.flatMap((group) => group.rules);
    expect(rules[0]!.failed).toMatchObject({ field: 'destination-port', actual: '81' });
  });

  it('may stand among the policies of a described endpoint, beside its ports', async () => {
    const mapping = {
      Type: 'PortMapping',
      Settings: { Protocol: 17, InternalPort: 53, ExternalPort: 5353 },
    };
    writeFileSync(folder.at('mapping.json'), JSON.stringify([mapping]));
    const file = folder.at('mapped.json');
    const endpoints = [{ ...HOST.endpoints[0]!, policies: ['mapping.json'] }];
    writeFileSync(file, JSON.stringify({ ...HOST, endpoints }));
    const { compiled } = await loadHost({ host: file });
    expect(compiled.host.fronts!.map(({ port, protocol }) => [port, protocol])).toEqual([
      [8080, 6],
      [8081, 6],
      [5353, 17],
    ]);
    // A port has one taker, wherever it is published.
    const twice = {
      ...mapping,
      Settings: { ...mapping.Settings, Protocol: 6, ExternalPort: 8080 },
    };
    writeFileSync(folder.at('mapping.json'), JSON.stringify([twice]));
    await expect(loadHost({ host: file })).rejects.toThrow('8080');
  });

  it('is among the published ports of the model', () => {
    const { compartments } = hostView(host.host);
    expect(compartments.find(({ endpoint }) => endpoint === 'web')!.published).toEqual([
      { protocol: 'tcp', externalPort: 8080, internalPort: 80 },
      { protocol: 'tcp', externalPort: 8081, internalPort: 81 },
    ]);
  });
});
