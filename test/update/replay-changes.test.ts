/** Changes of policy in a replay: where they take place, what they write, what is refused. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  replay,
  type CompiledHost,
  type PolicyChange,
  type ReplayReport,
} from '../../src/index.js';
import { ENDPOINT, pcap, pcapHeader, pcapRecord, tcpSyn } from '../cli/captures.js';
import { jsonLines, portacl, temporaryFolder } from '../cli/run.js';
import { acl, compiledOf } from '../worked/model.js';

const folder = temporaryFolder();
const PLATFORM = {
  ...{ windows: 'ltsc2022', driver: 'L2Bridge', isolation: 'hyperv', endpoint: ENDPOINT },
} as const;
const rule = (Id: string, action: 'Allow' | 'Block'): object =>
  acl(action, 'In', { Id, Protocols: '6', LocalPorts: '80', Priority: 200, RuleType: 'Switch' });
const OPEN = compiledOf(PLATFORM, rule('web', 'Allow'));
const CLOSED = compiledOf(PLATFORM, rule('no-web', 'Block'));

/** More than one batch of one connection, a packet a second. */
const PACKETS = 200;
let CAPTURE = '';
beforeAll(() => {
  const frames = Array.from({ length: PACKETS }, () => tcpSyn());
  CAPTURE = folder.write('one.pcap', pcap(frames));
});
const FIRST_NS = 1_700_000_000n * 1_000_000_000n;

async function dropped(...changes: PolicyChange[]): Promise<number> {
  const { report } = await replay([CAPTURE], OPEN, { changes });
  return report.endpoints[0]!.in.drop.packets;
}
const closedAt = (at: PolicyChange['at'], compiled: CompiledHost = CLOSED): PolicyChange => ({
  ...{ at, compiled, mode: 'reset' },
});

describe('a change of policy in a replay', () => {
  it.each([1, 2, 63, 64, 65, 128, 129, 200, 201])(
    'at frame %i judges from that one on',
    async (n) => {
      expect(await dropped(closedAt({ frame: n }))).toBe(PACKETS + 1 - n);
    },
  );

  it.each([
    [{ timeNs: FIRST_NS }, 200],
    [{ timeNs: FIRST_NS + 1n }, 199],
    [{ timeNs: FIRST_NS + 64_000_000_000n }, 136],
    [{ elapsedNs: 0n }, 200],
    [{ elapsedNs: 63_500_000_000n }, 136],
    [{ elapsedNs: 200_000_000_000n }, 0],
  ])('at a time', async (at, drops) => {
    expect(await dropped(closedAt(at))).toBe(drops);
  });

  it('comes after the one before it, also at the same packet', async () => {
    const back = closedAt({ frame: 100 }, OPEN);
    expect(await dropped(closedAt({ frame: 50 }), back)).toBe(50);
    expect(await dropped(closedAt({ frame: 100 }), back)).toBe(0);
  });

  it('says what became of flows, and of which there were none', async () => {
    const changes: PolicyChange[] = [
      { at: { frame: 100 }, compiled: CLOSED },
      { at: { frame: 150 }, compiled: CLOSED, mode: 'reevaluate' },
      { at: { frame: 201 }, compiled: OPEN },
    ];
    const { report } = await replay([CAPTURE], OPEN, { changes });
    expect(report.policy_changes).toMatchObject([
      {
        ...{ at: '100', applied: true, file: CAPTURE, frame: 100, mode: 'keep' },
        ...{ survived: 1, changed: 0, cut: 0, time_ns: String(FIRST_NS + 99_000_000_000n) },
        flows: [{ rule: 'web', now: { rule: 'web', retired: true }, examples: [{ id: 1 }] }],
      },
      {
        ...{ at: '150', applied: true, frame: 150, survived: 0, cut: 1 },
        flows: [{ rule: 'web', now: { rule: 'no-web', action: 'block' } }],
      },
      { at: '201', applied: false, frame: null, cut: 0 },
    ]);
    const rules = report.rules.filter((each) => each.rule !== null);
    expect(rules.map((each) => [each.rule, each.packets, each.retired ?? false])).toEqual([
      ['no-web', 51, false],
      ['web', 149, true],
    ]);
  });

  it('writes the names of the policy that judged', async () => {
    const [packets, flows, annotate] = ['p.jsonl', 'f.jsonl', 'a.pcapng'].map((name) =>
      folder.at(name),
    ) as [string, string, string];
    const changes: PolicyChange[] = [
      { at: { frame: 3 }, compiled: CLOSED },
      closedAt({ frame: 5 }),
    ];
    await replay([CAPTURE], OPEN, { changes, packets, flows, annotate });
    const records = jsonLines(readFileSync(packets, 'utf8')).slice(0, 6);
    expect(records).toMatchObject([
      { frame: 1, verdict: 'allow', rule: 'web', group: 'ACL_ENDPOINT_GROUP_IPV4_IN' },
      { frame: 2, verdict: 'allow', rule: 'web', reason: 'established' },
      { frame: 3, verdict: 'allow', rule: 'web', reason: 'established', group: null },
      { frame: 4, verdict: 'allow', rule: 'web', reason: 'established', group: null },
      { frame: 5, verdict: 'drop', rule: 'no-web', reason: 'rule' },
      { frame: 6, verdict: 'drop', rule: 'no-web', reason: 'rule' },
    ]);
    expect(jsonLines(readFileSync(flows, 'utf8'))).toMatchObject([
      { flow: 1, verdict: 'allow', rule: 'web', packets_in: 4 },
      { flow: null, verdict: 'drop', rule: 'no-web', packets_in: 196 },
    ]);
    expect(readFileSync(annotate, 'latin1')).toContain('rule no-web');
  });

  it('gives the same whatever the threads and the flow cache', async () => {
    const changes = [closedAt({ frame: 70 })];
    const reports: ReplayReport[] = [];
    for (const options of [{}, { threads: 2 }, { unifiedFlows: false }]) {
      reports.push((await replay([CAPTURE], OPEN, { changes, ...options })).report);
    }
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[2]).toEqual(reports[0]);
  });

  it('is refused where its place is not clear', async () => {
    const refusal = async (changes: PolicyChange[], captures = [CAPTURE]): Promise<unknown> =>
      replay(captures, OPEN, { changes }).then(
        () => null,
        (error: unknown) => error,
      );
    expect(await refusal([closedAt({ frame: 1 })], [CAPTURE, CAPTURE])).toMatchObject({
      ...{ code: 'bad-usage', message: expect.stringContaining('2 captures') as string },
    });
    expect(await refusal([closedAt({ frame: 9 }), closedAt({ frame: 8 })])).toMatchObject({
      ...{ code: 'bad-usage', message: expect.stringContaining('in their order') as string },
    });
    const firewallLog = folder.at('pfirewall.log');
    const work = replay([CAPTURE], OPEN, { changes: [closedAt({ frame: 1 })], firewallLog });
    await expect(work).rejects.toMatchObject({ code: 'bad-usage' });
    for (const wrong of [{ at: {}, compiled: OPEN }, { at: { frame: 0 }, compiled: OPEN }, 1]) {
      expect(await refusal([wrong as PolicyChange])).toMatchObject({ code: 'bad-argument' });
    }
  });

  it('goes on over captures by time', async () => {
    const later = Buffer.concat([pcapHeader(), pcapRecord(tcpSyn(), 500)]);
    const second = folder.write('two.pcap', later);
    const changes = [closedAt({ elapsedNs: 400_000_000_000n })];
    const { report } = await replay([CAPTURE, second], OPEN, { changes });
    expect(report.policy_changes).toMatchObject([{ file: second, frame: 1 }]);
    expect(report.endpoints[0]!.in.drop.packets).toBe(1);
  });
});

describe('portacl replay --at', () => {
  let before = '';
  let after = '';
  let args: string[] = [];
  const model = ['--windows', 'ltsc2022', '--driver', 'l2bridge', '--isolation', 'hyperv'];
  beforeAll(() => {
    before = folder.write('before.json', JSON.stringify([rule('web', 'Allow')]));
    after = folder.write('after.json', JSON.stringify([rule('no-web', 'Block')]));
    args = ['replay', CAPTURE, ...model, '--endpoint', ENDPOINT, '--policy', before];
  });

  it('prints what became of flows', async () => {
    const { code, stdout } = await portacl([...args, '--at', '100', after]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `At 100, before frame 100 of ${CAPTURE}: 1 flow survived, 0 changed, 0 cut (keep)`,
    );
    expect(stdout).toMatch(/1 {2}survived .* web .*web, no longer asked .*tcp 10\.9\.9\.9:4000 > /);
  });

  it('takes the mode as an option, and several marks', async () => {
    const at = ['--at', '100', after, '--at', '+150.5', before, '--at', '+900', after];
    const mode = ['-o', 'onPolicyChange=reset'];
    const { stdout } = await portacl([...args, ...mode, ...at, '--json']);
    const report = JSON.parse(stdout) as ReplayReport;
    expect(report.policy_changes).toMatchObject([
      { at: '100', mode: 'reset', cut: 1 },
      { at: '+150.5', applied: true, frame: 152, cut: 0 },
      { at: '+900.0', applied: false },
    ]);
    expect(report.endpoints[0]!.in.drop.packets).toBe(52);
  });

  it('refuses what is no mark', async () => {
    const { code, stderr } = await portacl([...args, '--at', after]);
    expect(code).toBe(2);
    expect(stderr).toContain('a frame number (1200)');
  });
});
