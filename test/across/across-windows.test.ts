/** The same documents on other platforms: what is told is what the engine says of each. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { acrossText } from '../../src/across/across-text.js';
import { acrossWindows, type AcrossReport } from '../../src/across/across-windows.js';
import { AXES, type Axis } from '../../src/across/platform-grid.js';
import { loadHost } from '../../src/load-host.js';
import { Simulator, decidingRecord } from '../../src/simulate/simulate.js';
import { PolicyError } from '../../src/source/diagnostic.js';
import { acl } from '../policy/reading.js';

const folder = mkdtempSync(path.join(tmpdir(), 'portacl-'));
afterAll(() => rmSync(folder, { recursive: true }));

const BASE = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' };

function fileOf(policy: unknown): string {
  const file = path.join(folder, 'policy.json');
  writeFileSync(file, JSON.stringify(policy));
  return file;
}

function across(policy: unknown, axes: readonly Axis[] = AXES): Promise<AcrossReport> {
  return acrossWindows({ policies: [fileOf(policy)], platform: BASE }, axes);
}

/** `build driver isolation: outcome` of each platform. */
const outcomes = ({ platforms }: AcrossReport): Record<string, string> =>
  Object.fromEntries(
    platforms.map(({ platform: { windows, driver, isolation }, outcome }) => [
      `${windows.build} ${driver ?? '-'} ${isolation ?? '-'}`,
      outcome,
    ]),
  );

describe('without ACLs', () => {
  it('a build below 16299 lets nothing in, and says so with a packet', async () => {
    const report = await across([], ['windows']);
    expect(outcomes(report)).toEqual({
      '14393 l2bridge process': 'differs',
      '15063 l2bridge process': 'differs',
      '16299 l2bridge process': 'same',
      '17134 l2bridge process': 'same',
      '17763 l2bridge process': 'same',
      '26100 l2bridge process': 'same',
    });
    expect(report.platforms[0]!.witnesses[0]).toMatchObject({
      packet: { dir: 'in', proto: 6 },
      here: { verdict: 'allow', reason: 'default-allow-inbound' },
      there: { verdict: 'drop', reason: 'default-deny-inbound' },
    });
  });

  it('another isolation lets other protocols in', async () => {
    const [hyperv] = (await across([], ['isolation'])).platforms;
    expect(hyperv!.witnesses).toMatchObject([
      {
        packet: { dir: 'in', proto: 47 },
        here: { verdict: 'drop', reason: 'default-deny-other-protocol' },
        there: { verdict: 'allow', reason: 'guest-default-allow' },
      },
    ]);
  });
});

it('platforms that refuse the documents say why and where', async () => {
  const report = await across([acl({ RuleType: 'Switch' }), acl({ Direction: 'Out' })]);
  const of = (build: number, driver: string, isolation: string): unknown =>
    report.platforms
      .find(
        ({ platform }) =>
          platform.windows.build === build &&
          platform.driver === driver &&
          platform.isolation === isolation,
      )!
      .errors.map(({ code, location }) => `${code} ${location.path}`);
  expect(of(20348, 'nat', 'process')).toEqual(['rule-type-not-supported [0]']);
  expect(of(20348, 'nat', 'hyperv')).toEqual(['not-reprogrammable [0]', 'not-reprogrammable [1]']);
  expect(of(20348, 'overlay', 'hyperv')).toEqual([]);
});

it('a nested set without members is found to differ by build', async () => {
  const nested = { Id: 'n', Name: 'n', PolicyType: 'NESTEDIPSET', Values: '' };
  const policy = [
    { Type: 'SetPolicy', Settings: nested },
    acl({ LocalAddresses: 'n' }),
    acl({ Direction: 'Out' }),
  ];
  const report = await across(policy, ['windows']);
  expect(outcomes(report)).toMatchObject({
    '17763 l2bridge process': 'refused',
    '26100 l2bridge process': 'differs',
  });
});

it('every witness is what the engine says on both platforms', async () => {
  const policies = [
    [],
    [acl({ RuleType: 'Host', Protocols: '6', LocalPorts: '80' })],
    [{ Type: 'NAT', Protocol: 'TCP', InternalPort: 80, ExternalPort: 8080 }],
    [acl({ Action: 'Block', Direction: 'Out', RemoteAddresses: '10.0.0.0/8' })],
  ];
  let checked = 0;
  for (const policy of policies) {
    const { platforms } = await across(policy);
    for (const { platform, witnesses } of platforms.filter((each) => each.witnesses.length > 0)) {
      const there = {
        windows: String(platform.windows.build),
        driver: platform.driver!,
        isolation: platform.isolation!,
      };
      for (const [flags, side] of [
        [BASE, 'here'],
        [there, 'there'],
      ] as const) {
        const { compiled } = await loadHost({ policies: [fileOf(policy)], platform: flags });
        const records = new Simulator(compiled, { stateless: true }).judge(
          witnesses.map(({ packet }) => packet),
        );
        const verdicts = records.map((each) => decidingRecord(each).verdict);
        expect(verdicts).toEqual(witnesses.map((witness) => witness[side].verdict));
        checked += verdicts.length;
      }
    }
  }
  expect(checked).toBeGreaterThan(40);
});

it('documents that are refused on the given platform are compared with nothing', async () => {
  await expect(across([acl({ Action: 'Deny' })])).rejects.toThrow(PolicyError);
});

it('the text tells platforms of one outcome together, with one note for each', async () => {
  const text = acrossText(await across([], ['windows', 'isolation']));
  expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
    'Windows Server 2022 (build 20348), l2bridge, process, compared with 13 other platforms by 18 packets.',
    '',
    'Driver    Isolation  Windows                                          Outcome',
    'l2bridge  process    14393, 15063                                     7 packets judged otherwise  [1]',
    'l2bridge  process    16299, 17134, 17763, 26100                       the same',
    'l2bridge  hyperv     14393, 15063, 16299, 17134, 17763, 20348, 26100  2 packets judged otherwise  [2]',
    '',
    '[1]',
    expect.stringMatching(
      /^ {4}in tcp 203\.0\.113\.7:49152 > 192\.0\.2\.5:33333 at endpoint: drop \(host default-deny-inbound\), not allow \(host default-allow-inbound\)$/,
    ),
    '',
    '[2]',
    expect.stringMatching(/^ {4}in gre /),
    '',
  ]);
});
