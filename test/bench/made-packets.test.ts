/** The packets that are measured where no capture is given are what they are said to be. */
import { writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { connectionPacket } from '../../src/bench/bench-churn.js';
import { flowSizes, judged } from '../../src/bench/bench-flows.js';
import {
  DASH,
  addressIn,
  benchEngine,
  openProgram,
  prefixProgram,
} from '../../src/bench/bench-models.js';
import { madeHost } from '../../src/bench/made-hosts.js';
import { withMadeCapture } from '../../src/bench/made-capture.js';
import { captureBytes, packetStream, setPeer } from '../../src/bench/packet-stream.js';
import { replay } from '../../src/replay/replay.js';
import { readReasons, readTotals } from '../../src/report/read-counters.js';
import { succeed, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();

describe('made packets', () => {
  it('are packets to the decoder, with the times and fields they were given', async () => {
    const bytes = captureBytes(3, 5, (index, out) => {
      out.protocol = index === 2 ? 6 : 17;
      out.tcpFlags = 0x12;
      out.inbound = index !== 1;
      out.peer = 0x0a14_0000 + index;
      out.peerPort = 4000;
      out.podPort = 443;
    });
    const file = folder.at('made.pcap');
    writeFileSync(file, Buffer.concat([...bytes]));
    const { stdout } = await succeed(['decode', file]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/10\.20\.0\.0.*4000.*10\.244\.1\.10.*443/);
    expect(lines[1]).toMatch(/10\.244\.1\.10.*443.*10\.20\.0\.1.*4000/);
    expect(lines[2]).toMatch(/10\.20\.0\.2.*TCP/);
  });

  it('of other flows have other peers', () => {
    const out = {
      inbound: true,
      protocol: 17,
      peer: 0,
      peerPort: 0,
      podPort: 0,
      tcpFlags: 0,
    } as const;
    const seen = new Set<string>();
    for (let index = 0; index < 100_000; index++) {
      const fields = { ...out };
      setPeer(index, fields);
      seen.add(`${fields.peer}:${fields.peerPort}`);
    }
    expect(seen.size).toBe(100_000);
  });

  it('make as many flows as they should, and all pass', async () => {
    const engine = benchEngine(openProgram());
    const stream = packetStream(5000, 0, (index, out) => {
      setPeer(index, out);
      out.podPort = 53;
    });
    const found = await judged(engine, stream, {});
    expect(found).toMatchObject({ packets: 5000, error: null });
    const { flows, packets } = readTotals(engine.counters());
    expect({ flows, packets }).toEqual({ flows: 5000, packets: 5000 });
    engine.close();
  });

  it('of a made capture are allowed by the made host', async () => {
    await withMadeCapture(4000, 100, async (file) => {
      const { report, errors } = await replay([file], madeHost(10));
      expect(errors).toEqual([]);
      expect(report.reasons.filter(({ verdict }) => verdict !== 'allow')).toEqual([]);
      expect(report.verdicts.allow.packets).toBe(4000);
    });
  });
});

describe('connections', () => {
  const shape = { layers: 3, rules: 10, prefixes: 4 };
  it('are let in by every layer, once each', async () => {
    const engine = benchEngine(prefixProgram(shape));
    const found = await judged(engine, packetStream(6 * 700, 0, connectionPacket(shape, 700)), {});
    expect(found.packets).toBe(4200);
    expect(readTotals(engine.counters()).flows).toBe(700);
    const reasons = readReasons(engine.counters());
    expect(reasons.every(({ verdict }) => verdict === 'allow')).toBe(true);
    expect(reasons.reduce((sum, { packets }) => sum + packets, 0)).toBe(4200);
    engine.close();
  });

  it('from a prefix of a rule that blocks are not', async () => {
    const engine = benchEngine(prefixProgram(shape));
    const stream = packetStream(30, 0, (index, out) => {
      out.peer = addressIn(shape, index % 3, 1 + 2 * (index % 5), index % 4, index % 16);
      out.peerPort = 1024 + index;
      out.podPort = 443;
    });
    await judged(engine, stream, {});
    expect(readReasons(engine.counters())).toMatchObject([
      { verdict: 'drop', reason: 'rule', packets: 30 },
    ]);
    engine.close();
  });

  it('have the scale of DASH where nothing smaller is wanted', () => {
    expect(DASH.layers * 2).toBe(10);
    expect(DASH.rules * DASH.prefixes).toBe(100_000);
  });
});

it('sizes rise by tens to the one that is wanted', () => {
  expect(flowSizes(1000)).toEqual([1000]);
  expect(flowSizes(250_000)).toEqual([1000, 10_000, 100_000, 250_000]);
});
