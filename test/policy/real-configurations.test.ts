/**
 * Every document of the data folder but the Kubernetes ones, read as its SOURCES.md says; skipped
 * where the folder is not beside the checkout.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { loadPolicyFiles, policyFromText } from '../../src/policy/load.js';
import { Simulator, decidingRecord } from '../../src/simulate/simulate.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { brief } from './reading.js';

const DATA = fileURLToPath(new URL('../../../shared/data/policies/', import.meta.url));
const PLATFORM = { windows: 'ws2022', isolation: 'process' };

function read(file: string, endpoint?: string): ReturnType<typeof normaliseHost> {
  const documents = loadPolicyFiles([path.join(DATA, file)], { strict: true });
  const platform = { ...PLATFORM, endpoint };
  return normaliseHost({ documents, strict: true, platform });
}

/** Driver, number of ACLs, and every word that is said, of each file that is right. */
const RIGHT: Readonly<Record<string, readonly [string, number, ...string[]]>> = {
  'cni-autogen.tc2_input.json': ['l2bridge', 9],
  'cni-autogen.tc2_output.json': ['l2bridge', 9, 'policy-not-evaluated'],
  'cni-autogen.tc3a_output.json': ['l2bridge', 2],
  'cni-autogen.tc5_input.json': ['l2bridge', 11],
  'cni-autogen.tc5_output.json': ['l2bridge', 11, 'policy-not-evaluated'],
  'cni-azure.expect-cilium-node-subnet.conflist': ['l2bridge', 4, 'policy-not-evaluated'],
  'cni-azure.expect-disable-outbound-nat.conflist': ['l2bridge', 4, 'unknown-policy-type'],
  'cni-azure.expect-imds-restriction.conflist': ['l2bridge', 5, 'policy-not-evaluated'],
  'cni-azure.expect-overlay-dualstack.conflist': ['l2bridge', 4, 'policy-not-evaluated'],
  'cni-azure.expect-overlay.conflist': ['l2bridge', 4, 'policy-not-evaluated'],
  'cni-azure.expect-swift.conflist': ['l2bridge', 4, 'policy-not-evaluated'],
  'cni-azure.windows-multitenancy.conflist': ['l2tunnel', 3, 'policy-not-evaluated'],
  'cni-azure.windows-swift-overlay-dualstack.conflist': ['l2tunnel', 0, 'policy-not-evaluated'],
  'cni-azure.windows.conflist': ['l2tunnel', 0, 'policy-not-evaluated'],
  'cni-l2tunnel.l2tunnel.conf': ['l2tunnel', 0, 'policy-not-evaluated'],
  'cni-nat.nat.conf': ['nat', 0],
  'cni-sdnbridge.l2bridge.conf': ['l2bridge', 0, 'policy-not-evaluated'],
  'cni-win-bridge.sample-v1.conf': ['l2bridge', 0, 'policy-not-evaluated'],
  'cni-win-bridge.sample-v2.conf': ['l2bridge', 0, 'policy-not-evaluated'],
  'cni-win-overlay.sample-v2.conf': ['overlay', 0, 'policy-not-evaluated'],
};

/** Read by other tests: real-documents.test.ts, and the template below. */
const ELSEWHERE = [
  'cni-flannel.overlay.conf',
  'cni-sdnbridge.l2bridge-dualstack.conf',
  'hns-v1.calico-cni-endpoint.readback.json',
];

describe.skipIf(!existsSync(DATA))('configurations of the data folder', () => {
  it('are all read here', () => {
    const there = readdirSync(DATA).filter((name) => !/^(?:netpol\.|SOURCES)/.test(name));
    expect([...Object.keys(RIGHT), ...ELSEWHERE].sort()).toEqual(there.sort());
  });

  it.each(Object.entries(RIGHT))('%s', (file, [driver, acls, ...said]) => {
    const { host, diagnostics } = read(file);
    expect(diagnostics.map(({ code, severity }) => [severity, code])).toEqual(
      said.map((code) => ['info', code]),
    );
    expect(host!.networks.map((network) => network.driver)).toEqual([driver]);
    expect(host!.rules).toHaveLength(acls);
    expect(host!.assumptions).toEqual([]);
  });

  it('are read together', () => {
    const files = Object.keys(RIGHT).map((file) => path.join(DATA, file));
    const documents = loadPolicyFiles(files, { strict: true });
    const { host } = normaliseHost({ documents, strict: true, platform: PLATFORM });
    const acls = Object.values(RIGHT).reduce((sum, [, count]) => sum + count, 0);
    expect(host!.rules).toHaveLength(acls);
    expect(host!.endpoints).toHaveLength(files.length);
  });

  it('mean the same as intent and as what the tool made of it', () => {
    const meaning = (file: string): unknown =>
      read(file).host!.rules.map(({ priority, direction, action, conditions, stage }) => ({
        ...{ priority, direction, action, conditions, stage },
      }));
    for (const name of ['tc2', 'tc5']) {
      const output = meaning(`cni-autogen.${name}_output.json`);
      expect(meaning(`cni-autogen.${name}_input.json`)).toEqual(output);
    }
  });

  /** First packets out of the endpoint to `address port`, TCP unless said; all else passes both ways. */
  const IMDS = '169.254.169.254 80';
  const WIRE = ['168.63.129.16 80', '168.63.129.16 32526'];
  const PASS = [
    '168.63.129.16 443',
    '8.8.8.8 80',
    'udp 168.63.129.16 80',
    'udp 169.254.169.254 80',
  ];
  it.each<[string, readonly string[], readonly string[]]>([
    ['cni-azure.expect-imds-restriction.conflist', [IMDS, ...WIRE], PASS],
    ['cni-azure.expect-overlay.conflist', WIRE, [IMDS, ...PASS]],
    ['cni-azure.expect-overlay-dualstack.conflist', WIRE, [IMDS, ...PASS, 'fd00::1 80']],
    ['cni-azure.expect-cilium-node-subnet.conflist', WIRE, [IMDS, ...PASS]],
    ['cni-azure.expect-disable-outbound-nat.conflist', WIRE, [IMDS, ...PASS]],
    ['cni-azure.expect-swift.conflist', WIRE, [IMDS, ...PASS]],
    // Its Block is for a bare host address.
    [
      'cni-azure.windows-multitenancy.conflist',
      ['168.63.129.16 80'],
      [IMDS, '168.63.129.17 80', '168.63.129.15 80', ...PASS],
    ],
    ['cni-azure.windows.conflist', [], [IMDS, ...WIRE, ...PASS]],
    ['cni-azure.windows-swift-overlay-dualstack.conflist', [], [IMDS, ...WIRE, ...PASS]],
  ])('%s: what it blocks, and nothing else', (file, blocked, passing) => {
    const { host } = read(file, 'pod=10.0.0.5,fd00::5');
    const simulator = new Simulator(compileHost(host!), { stateless: true });
    const verdict = (question: string, dir: 'in' | 'out'): string => {
      const [port, peer = '', proto = 'tcp'] = question.split(' ').reverse();
      const own = peer.includes(':') ? 'fd00::5' : '10.0.0.5';
      const [src, dst] = dir === 'out' ? [own, peer] : [peer, own];
      const tuple = { proto, src, dst, sport: 40_000, dport: Number(port), dir };
      return decidingRecord(simulator.judge([tuple])[0]!).verdict;
    };
    expect(blocked.map((each) => `${each} ${verdict(each, 'out')}`)).toEqual(
      blocked.map((each) => `${each} drop`),
    );
    const others = [
      ...passing.map((each) => [each, 'out']),
      ...[...blocked, ...passing].map((each) => [each, 'in']),
    ];
    expect(others.map(([each, dir]) => `${each} ${verdict(each!, dir as 'in')}`)).toEqual(
      others.map(([each]) => `${each} allow`),
    );
  });

  it('cover IPv6 where a rule has no address', () => {
    const { host } = read('cni-azure.expect-overlay-dualstack.conflist');
    const open = host!.rules.filter(({ priority }) => priority === 65500);
    expect(open.map(({ conditions }) => [conditions.source, conditions.destination])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  describe('a template', () => {
    const file = 'cni-sdnbridge.l2bridge-dualstack.conf';

    it('is refused at every place that is not filled', () => {
      const errors = read(file).diagnostics.filter(({ severity }) => severity === 'error');
      expect(errors.map(brief)).toEqual([
        'error unknown-driver 4:13 type',
        'error bad-address 84:41 AdditionalArgs[3].Value.Settings.RemoteAddresses',
        'error bad-address 98:41 AdditionalArgs[4].Value.Settings.RemoteAddresses',
        'error bad-address 112:41 AdditionalArgs[5].Value.Settings.RemoteAddresses',
        'error bad-address 124:41 AdditionalArgs[6].Value.Settings.RemoteAddresses',
      ]);
      for (const { message } of errors) expect(message).toContain('a template that was not filled');
    });

    it('filled has 8 ACLs, and pairs of one priority that do not overlap', () => {
      const fill: Readonly<Record<string, string>> = {
        TYPE: 'sdnbridge',
        LOCAL_ENDPOINT_IPV6: 'fd00::1',
        INFRA_PREFIX_IPV6: 'fd01::/64',
        INFRA_PREFIX: '172.16.0.0/24',
      };
      const text = readFileSync(path.join(DATA, file), 'utf8').replaceAll(
        /\{\{(\w+)\}\}/g,
        (_, name: string) => fill[name] ?? '192.168.0.1',
      );
      const documents = [policyFromText(text, file, { strict: true })];
      const { host } = normaliseHost({ documents, strict: true, platform: PLATFORM });
      expect(host!.rules.map(({ priority }) => priority)).toEqual([
        101, 200, 200, 1998, 1998, 1999, 1999, 2000,
      ]);
    });
  });

  // First packets; verdicts of SOURCES.md.
  describe('the golden file of autogen', () => {
    const { host } = existsSync(DATA)
      ? read('cni-autogen.tc2_output.json', 'pod=192.168.0.5')
      : { host: null };
    const out = { proto: 'tcp', src: '192.168.0.5', sport: 40000 } as const;
    it.each<[Tuple, string, number | null]>([
      [{ ...out, proto: 'udp', dst: '168.63.129.16', dport: 53 }, 'allow', 2052],
      [{ ...out, dst: '168.63.129.16', dport: 80 }, 'drop', 2053],
      [{ ...out, dst: '169.254.169.254', dport: 80 }, 'drop', 2054],
      [{ ...out, dst: '192.168.0.9', dport: 445 }, 'allow', 3004],
      [{ ...out, dst: '10.0.0.7', dport: 22 }, 'allow', 3005],
      [{ ...out, dst: '8.8.8.8', dport: 443 }, 'allow', 9003],
      [{ ...out, src: '192.168.0.9', dst: '192.168.0.5', dport: 80 }, 'drop', null],
    ])('%j', (tuple, verdict, priority) => {
      // The host stage lets TCP and UDP pass; the switch stage is asked last on the way out.
      const [records] = new Simulator(compileHost(host!)).judge([tuple]);
      const record = decidingRecord(records!);
      const rule = host!.rules.find(({ name }) => name === record.rule);
      expect([record.verdict, rule?.priority ?? null]).toEqual([verdict, priority]);
      if (priority === null) expect(record.reason).toBe('implicit-deny');
    });

    it('lets the answer of an allowed connection in', () => {
      const there: Tuple = { ...out, dst: '8.8.8.8', dport: 443, flags: 'S' };
      const back: Tuple = {
        ...{ proto: 'tcp', src: '8.8.8.8', sport: 443, flags: 'SA' },
        ...{ dst: '192.168.0.5', dport: 40000 },
      };
      const simulator = new Simulator(compileHost(host!));
      const [, records] = simulator.judge([there, back]);
      expect(decidingRecord(records!)).toMatchObject({ verdict: 'allow', reason: 'established' });
    });
  });
});
