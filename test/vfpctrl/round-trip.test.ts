/**
 * What is compiled and printed as vfpctrl prints it is read back as a policy with the same verdicts,
 * on drawn hosts and packets. `PORTACL_SEED=n` draws from that seed.
 */
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { policyFromText } from '../../src/policy/load.js';
import type { PacketRecord } from '../../src/report/packet-record.js';
import { Simulator } from '../../src/simulate/simulate.js';
import { vfpctrlText } from '../../src/vfpctrl/write-dump.js';
import { drawTuples } from '../oracle/draw-tuples.js';
import { drawHost } from '../oracle/draw.js';
import { Random } from '../oracle/random.js';

const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 12_005);
const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 60);
const PACKETS = 60;

/** The host with the switch stage of each endpoint read from its own dump. */
function readBack(host: NormalisedHost): NormalisedHost {
  const { model } = compileHost(host);
  const rules = [...host.rules];
  const endpoints = host.endpoints.map((endpoint, i) => {
    if (endpoint.switchStage.kind === 'no-acl-layer') return endpoint;
    const text = vfpctrlText([model.endpoints[i]!]);
    const document = policyFromText(text, 'dump.txt', { strict: true });
    const { host: read, diagnostics } = normaliseHost({
      documents: [document],
      platform: { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' },
      // Rules of one number are printed in the order in which they are asked.
      options: { tieBreak: 'document-order' },
      strict: true,
    });
    const stage = read?.endpoints[0]?.switchStage;
    if (stage?.kind !== 'vfp') throw new Error(`${text}\n${JSON.stringify(diagnostics[0])}`);
    const first = rules.length;
    rules.push(
      ...read!.rules.map((rule) => ({ ...rule, id: (first + rule.id) as typeof rule.id })),
    );
    const layers = stage.layers.map((layer) => ({
      ...layer,
      groups: layer.groups.map((group) => ({
        ...group,
        rules: group.rules.map((each) => ({ ...each, id: (first + each.id) as typeof each.id })),
      })),
    }));
    return { ...endpoint, switchStage: { kind: 'vfp', layers } as const };
  });
  return { ...host, endpoints, rules };
}

/** A default allow of one direction stands in a dump as a group of its own (write-dump.ts). */
function asDefault(record: PacketRecord): PacketRecord {
  if (record.group?.startsWith('DEFAULT_ALLOW_') !== true) return record;
  return { ...record, group: null, rule: null, reason: 'default-allow' };
}

describe(`hosts of seeds ${FIRST_SEED} to ${FIRST_SEED + ROUNDS - 1}`, () => {
  it('have the same verdicts, flows and deciding rules when read back', () => {
    let layers = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
      const random = new Random(seed);
      const host = drawHost(random);
      const tuples = drawTuples(random, host, PACKETS);
      const copy = readBack(host);
      layers += copy.endpoints.filter(({ switchStage }) => switchStage.kind === 'vfp').length;
      const [first, second] = [host, copy].map((each) =>
        new Simulator(compileHost(each)).judge(tuples),
      ) as [PacketRecord[][], PacketRecord[][]];
      first.forEach((records, i) => {
        const back = second[i]!.map(asDefault);
        expect({ seed, i, records: back }).toEqual({ seed, i, records });
      });
    }
    expect(layers).toBeGreaterThan(ROUNDS / 2);
  });
});
