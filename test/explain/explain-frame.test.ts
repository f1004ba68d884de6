/** Frames of captures explained: the verdict is that of the replay, the state that of the frame. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompiledHost } from '../../src/compile/compile-host.js';
import { CaptureError } from '../../src/replay/capture-error.js';
import { explainFrame } from '../../src/explain/diagnose.js';
import { explainCapture } from '../../src/explain/explain-capture.js';
import { loadHost } from '../../src/load-host.js';
import { replay } from '../../src/replay/replay.js';
import type { PolicyChange } from '../../src/update/policy-schedule.js';
import { EXAMPLE, EXAMPLE_HOST, jsonLines, temporaryFolder } from '../cli/run.js';

const folder = temporaryFolder();
let web: CompiledHost;
let records: Record<string, unknown>[];
beforeAll(async () => {
  web = (await loadHost({ host: EXAMPLE_HOST })).compiled;
  const packets = folder.at('packets.jsonl');
  await replay([EXAMPLE], web, { packets });
  records = jsonLines(readFileSync(packets, 'utf8'));
});

describe('a frame', () => {
  it('is explained as the replay judges it, whichever it is', async () => {
    const frames = Array.from({ length: 45 }, (_, i) => 1 + i * 49);
    for (const frame of frames) {
      const { explanation } = await explainCapture([EXAMPLE], frame, web, {});
      const { endpoints, packet } = explanation;
      const own = records.filter((record) => record['frame'] === frame);
      expect(packet.frame).toBe(frame);
      expect(endpoints.map(({ decision }) => ({ ...decision }))).toEqual(
        own.map((record) => {
          expect(packet.time_ns).toBe(String(record['time_ns']));
          const decision = Object.entries(record).filter(
            ([column]) => column !== 'frame' && column !== 'time_ns',
          );
          return Object.fromEntries(decision);
        }),
      );
    }
  });

  it('of the second capture meets the flows of the first', async () => {
    const both = [EXAMPLE, EXAMPLE];
    const { explanation: first } = await explainCapture([EXAMPLE], 40, web, {});
    const { explanation: second } = await explainCapture(both, 40, web, {});
    expect(second.packet).toEqual(first.packet);
    const packets = folder.at('both.jsonl');
    await replay(both, web, { packets });
    const own = jsonLines(readFileSync(packets, 'utf8')).filter(({ frame }) => frame === 40);
    expect(second.decision.flow).toBe(own.at(-1)!['flow']);
    expect(second.decision.flow).not.toBe(first.decision.flow);
  });

  it('has an edit that is verified with the flows it meets, in one pass', async () => {
    const seen: number[] = [];
    const { decision, smallest_edit: edit } = await explainFrame([EXAMPLE], 1111, web, {
      onProgress: (bytes) => seen.push(bytes),
    });
    expect(decision).toMatchObject({ verdict: 'drop', rule: 'web-block-metadata' });
    expect(edit).toMatchObject({
      ...{ changes: [{ kind: 'add', action: 'allow' }], decision: { verdict: 'allow' } },
    });
    expect(seen).toEqual([...seen].sort((one, other) => one - other));
  });

  it('of a live flow has the edit that ends the flow, or none', async () => {
    const live = records.filter(
      ({ verdict, reason, frame }) =>
        verdict === 'allow' && reason === 'established' && Number(frame) % 97 === 0,
    );
    expect(live.length).toBeGreaterThan(3);
    let turned = 0;
    for (const record of live) {
      const frame = Number(record['frame']);
      const { decision, smallest_edit: edit } = await explainFrame([EXAMPLE], frame, web);
      expect(decision.verdict).toBe('allow');
      if (edit === null) continue;
      turned++;
      expect(edit.decision.verdict).toBe('drop');
    }
    expect(turned).toBeGreaterThan(0);
  });

  it('that another policy judges right before it has that verdict, and the first stays', async () => {
    const { explanation, judgedBy } = await explainCapture([EXAMPLE], 40, web, {});
    const closed = await closedHost();
    const [open, shut, again] = [judgedBy(web), judgedBy(closed), judgedBy(web)];
    expect(open.decision.verdict).toBe(explanation.decision.verdict);
    expect(open.packet).toEqual(explanation.packet);
    expect(explanation.decision).toMatchObject({ verdict: 'allow' });
    expect([shut.decision.verdict, shut.decision.rule]).toEqual(['drop', 'closed']);
    expect(again.packet).toEqual(explanation.packet);
  });
});

const decisionOf = (record: Record<string, unknown>): object =>
  Object.fromEntries(
    Object.entries(record).filter(([column]) => column !== 'frame' && column !== 'time_ns'),
  );

/** The example with one block for `web` instead of its policy. */
async function closedHost(): Promise<CompiledHost> {
  const policy = [
    {
      Id: 'closed',
      Type: 'ACL',
      Action: 'Block',
      Direction: 'In',
      RuleType: 'Switch',
      Priority: 100,
    },
  ];
  folder.write('closed.json', JSON.stringify(policy));
  const db = path.join(path.dirname(EXAMPLE_HOST), 'db.policy.json');
  const host = readFileSync(EXAMPLE_HOST, 'utf8')
    .replace('web.policy.json', 'closed.json')
    .replace('db.policy.json', JSON.stringify(db));
  return (await loadHost({ host: folder.write('closed.yaml', host) })).compiled;
}

describe('a frame behind changes of policy', () => {
  const at = (frame: number, compiled: CompiledHost): PolicyChange => ({ at: { frame }, compiled });

  it('is explained as the replay judges it, on both sides of each change', async () => {
    const closed = await closedHost();
    const changes = [at(500, closed), at(900, web), at(900, closed), at(1500, web)];
    const packets = folder.at('changed.jsonl');
    await replay([EXAMPLE], web, { packets, changes });
    const judged = jsonLines(readFileSync(packets, 'utf8'));
    const verdicts = new Set<unknown>();
    for (const frame of [1, 499, 500, 501, 640, 899, 900, 901, 1111, 1499, 1500, 1501, 2203]) {
      const { explanation } = await explainCapture([EXAMPLE], frame, web, { changes });
      const own = judged.filter((record) => record['frame'] === frame);
      const said = explanation.endpoints.map(({ decision }) => ({ ...decision }));
      expect(said).toEqual(own.map(decisionOf));
      own.forEach(({ verdict, rule }) => verdicts.add(`${String(verdict)} ${String(rule)}`));
    }
    // The policies do differ.
    expect([...verdicts].some((text) => String(text).includes('closed'))).toBe(true);
  });

  it('has an edit of the policy that judges it', async () => {
    const closed = await closedHost();
    const dropped = records.find(({ verdict, frame }) => verdict === 'drop' && Number(frame) > 600);
    const frame = Number(dropped!['frame']);
    const diagnosis = await explainFrame([EXAMPLE], frame, closed, { changes: [at(600, web)] });
    expect(diagnosis.smallest_edit?.decision.verdict).toBe('allow');
    expect(diagnosis.decision.rule).toBe(dropped!['rule']);
  });

  it('is refused by frame numbers where several captures have one', async () => {
    const both = [EXAMPLE, EXAMPLE];
    await expect(explainFrame(both, 600, web, { changes: [at(500, web)] })).rejects.toMatchObject({
      code: 'bad-usage',
    });
  });
});

describe('no frame', () => {
  it('is behind the end of the capture', async () => {
    await expect(explainFrame([EXAMPLE], 2204, web)).rejects.toMatchObject({
      ...{ code: 'frame-not-found', file: EXAMPLE, message: 'it ends before packet 2204' },
    });
    await expect(explainFrame([EXAMPLE], 2203, web)).resolves.toBeDefined();
  });

  it('is in a file that is no capture, or missing', async () => {
    const file = folder.write('text.pcap', 'no capture');
    await expect(explainFrame([file], 1, web)).rejects.toThrow(CaptureError);
    await expect(explainFrame([folder.at('missing.pcap')], 1, web)).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });

  it('is explained when the work was cancelled', async () => {
    const signal = AbortSignal.abort();
    const many = Array.from({ length: 50 }, () => EXAMPLE);
    await expect(explainFrame(many, 2000, web, { signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
