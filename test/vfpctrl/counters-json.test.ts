/** What a replay counts by layer, and the same in the JSON of vfpctrl. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadHost, replay, type ReplayReport } from '../../src/index.js';
import type { LayerReport } from '../../src/report/layer-counters.js';
import type { VfpCounters } from '../../src/vfpctrl/counters-json.js';
import { ENDPOINT, pcapHeader, pcapRecord, tcpSyn } from '../cli/captures.js';
import { EXAMPLE, EXAMPLE_HOST, succeed, temporaryFolder } from '../cli/run.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { captureOf } from '../oracle/frames.js';
import { acl, compiledWith } from '../worked/model.js';
import { group, layer, portOf } from '../worked/switch-model.js';

const folder = temporaryFolder();
let report: ReplayReport;
let counters: VfpCounters;
beforeAll(async () => {
  const { compiled } = await loadHost({ host: EXAMPLE_HOST });
  const result = await replay([EXAMPLE], compiled);
  report = result.report;
  counters = result.vfpCounters();
});

const sum = (rows: readonly LayerReport[], ...names: (keyof LayerReport)[]): number =>
  rows.reduce((all, row) => all + names.reduce((some, name) => some + Number(row[name]), 0), 0);

describe('layers of a report', () => {
  it('count every packet that came to them once', () => {
    for (const { endpoint, stage, direction, ...row } of report.layers) {
      const side = report.endpoints.find((each) => each.endpoint === endpoint)![direction];
      const came = row.flow_match + row.rule_match + row.rule_drop + row.no_match;
      const isFirst = (stage === 'host') === (direction === 'out');
      const judged = side.allow.packets + side.drop.packets;
      const all = came + row.exempt + row.refused;
      // One later fragment follows its first, and comes to no layer.
      const followed = endpoint === 'jobs' && direction === 'out' ? 1 : 0;
      if (isFirst) expect(all).toBe(judged - followed);
      else expect(all).toBeLessThanOrEqual(judged);
    }
    expect(sum(report.layers, 'flow_match')).toBeGreaterThan(1000);
    expect(sum(report.layers, 'rule_drop', 'no_match_drop', 'refused')).toBe(
      report.endpoints.reduce((all, each) => all + each.in.drop.packets + each.out.drop.packets, 0),
    );
  });

  it('count later fragments by what became of their first', async () => {
    const piece = (offset: number, id: number, dport: number): Tuple => ({
      ...{ proto: 17, src: '10.9.9.9', dst: '10.1.0.5', sport: 4000, dport },
      fragment: { id, offset },
    });
    const pieces = [
      ...[piece(185, 1, 53), piece(0, 1, 53), piece(185, 1, 53), piece(185, 1, 53)],
      ...[piece(0, 2, 54), piece(185, 2, 54)],
    ];
    const compiled = portOf(layer([group('in', 'DNS 17 * * * 53 3 100 allow')]));
    const capture = folder.write('pieces.pcap', captureOf(pieces));
    for (const options of [{}, { threads: 2 }]) {
      const { report: counted } = await replay([capture], compiled, options);
      const row = counted.layers.find((each) => each.layer === 'L' && each.direction === 'in');
      expect(row).toMatchObject({
        ...{ fragment_match: 2, fragment_drop: 1, fragment_no_match: 1 },
        ...{ refused: 1, rule_match: 1, no_match_drop: 1 },
      });
    }
  });

  it('count the flows that rules made', () => {
    expect(sum(report.layers, 'tcp_made', 'udp_made', 'other_made')).toBe(
      report.rules.reduce((all, { flows }) => all + flows, 0),
    );
  });

  it('are the same with and without unified flows, and by several threads', async () => {
    const { compiled } = await loadHost({ host: EXAMPLE_HOST });
    for (const options of [{ unifiedFlows: false }, { threads: 3 }, { threads: 2 }]) {
      const again = await replay([EXAMPLE], compiled, options);
      expect(again.report.layers).toEqual(report.layers);
      expect(again.vfpCounters()).toEqual(counters);
    }
  });
});

describe('outcomes of TCP', () => {
  const S = 2;
  const [SA, A, FA, RA] = [18, 16, 17, 20];
  /** Packets at one second each: flags, whether of the opener, and the opener's port. */
  async function outcomes(...packets: [number, boolean, number, number][]): Promise<LayerReport> {
    const compiled = compiledWith(
      { timers: { switchHalfOpen: 5, switchFlow: 20, switchTimeWait: 10, switchReset: 3 } },
      { windows: 'ltsc2022', driver: 'l2bridge', isolation: 'hyperv', endpoint: ENDPOINT },
      acl('Allow', 'In', { RuleType: 'Switch', Priority: 100 }),
      acl('Allow', 'Out', { RuleType: 'Switch', Priority: 100 }),
    );
    const frames = packets.map(([flags, isOpener, port, second]) =>
      pcapRecord(segment(flags, isOpener, port), second),
    );
    const file = folder.write('tcp.pcap', Buffer.concat([pcapHeader(), ...frames]));
    const { report: of } = await replay([file], compiled);
    return of.layers.find(({ stage, direction }) => stage === 'switch' && direction === 'in')!;
  }

  /** TCP to the endpoint, or back from it. */
  function segment(flags: number, isOpener: boolean, port: number): Buffer {
    const frame = Buffer.from(tcpSyn());
    const ip = 14;
    if (!isOpener) {
      const source = Buffer.from(frame.subarray(ip + 12, ip + 16));
      frame.copy(frame, ip + 12, ip + 16, ip + 20);
      source.copy(frame, ip + 16);
    }
    const served = 80;
    frame.writeUInt16BE(isOpener ? port : served, ip + 20);
    frame.writeUInt16BE(isOpener ? served : port, ip + 22);
    frame.writeUInt32BE(isOpener ? 1 : 9, ip + 24);
    frame.writeUInt32BE(isOpener ? 10 : 2, ip + 28);
    frame[ip + 33] = flags;
    return frame;
  }

  it('are counted by how connections went and ended', async () => {
    const open = (port: number, at: number): [number, boolean, number, number][] => [
      ...([[S, true, port, at]] as [number, boolean, number, number][]),
      [SA, false, port, at],
      [A, true, port, at],
    ];
    const row = await outcomes(
      ...open(1, 1),
      ...open(2, 1),
      ...open(3, 1),
      [S, true, 4, 1],
      [A, true, 5, 1],
      [FA, true, 1, 2],
      [FA, false, 1, 2],
      [RA, true, 2, 2],
      [S, true, 1, 3],
      [RA, true, 9, 60],
    );
    expect(row).toMatchObject({
      ...{ verified: 3, midstream: 1, closed_by_fin: 1, resets: 1, reset_by_syn: 1 },
      // The fourth, and the one that reopened the first; the third and the fifth.
      ...{ half_open_timeouts: 2, timed_out: 2, expired_time_wait: 0 },
      ...{ tcp_made: 6, tcp_ended: 6 },
    });
  });

  it('of a connection that both sides closed is the end of its time-wait', async () => {
    const row = await outcomes(
      [S, true, 1, 1],
      [SA, false, 1, 1],
      [A, true, 1, 1],
      [FA, true, 1, 2],
      [FA, false, 1, 2],
      [RA, true, 9, 60],
    );
    expect(row).toMatchObject({ closed_by_fin: 1, expired_time_wait: 1, timed_out: 0 });
  });
});

describe('counters in the JSON of vfpctrl', () => {
  it('has a port for each endpoint with both directions, out first', () => {
    expect(counters.Ports.map(({ Id }) => Id)).toEqual(['web', 'db', 'jobs']);
    for (const { Id, InformationArray } of counters.Ports) {
      const side = report.endpoints.find(({ endpoint }) => endpoint === Id)!;
      const [out, inbound] = InformationArray.PortCounters;
      expect(out).toMatchObject({
        Direction: 0,
        TotalPackets: side.out.allow.packets + side.out.drop.packets,
      });
      expect(inbound).toMatchObject({
        Direction: 1,
        TotalBytes: side.in.allow.bytes + side.in.drop.bytes,
      });
    }
    const [web] = counters.Ports;
    expect(web!.InformationArray.PortCounters[1]!['DroppedAcl']).toBeGreaterThan(0);
    expect(web!.InformationArray.PortCounters[1]!['TcpConnectionsVerified']).toBeGreaterThan(0);
  });

  it('has the rules of each group with what they matched and dropped', () => {
    const rules = counters.Ports[0]!.Layers.flatMap(({ Groups }) => Groups).flatMap(
      ({ Rules }) => Rules,
    );
    for (const rule of report.rules.filter(
      (each) => each.endpoint === 'web' && each.stage === 'switch' && each.rule !== null,
    )) {
      const own = rules.filter(({ Id }) => Id === rule.rule);
      const matched = own.map(({ InformationArray }) => InformationArray[0]!.RuleCounters);
      const total = matched.reduce((all, each) => all + each['MatchedPackets']!, 0);
      expect(total).toBe(rule.packets);
      const dropped = matched.reduce((all, each) => all + each['DroppedPackets']!, 0);
      expect(dropped).toBe(rule.action === 'block' ? rule.packets : 0);
    }
  });

  it('is written by replay --vfp-counters', async () => {
    const file = folder.at('counters.json');
    await succeed(['replay', EXAMPLE, '--host', EXAMPLE_HOST, '--vfp-counters', file]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(counters);
  });
});
