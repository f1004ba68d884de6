/** R1 to R18 of hns.md section 3 as far as the normalised host shows them. */
import { describe, expect, it } from 'vitest';
import { hostDescriptionFromValue } from '../../src/host-description/load.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import type { HostStage, SwitchStage } from '../../src/normalise/normalised-host.js';
import { defaultRows } from '../../src/platform/default-table.js';
import { parseDriver, type Driver, type Isolation } from '../../src/platform/platform.js';
import { stageCell } from '../../src/platform/stage-table.js';
import { acl, briefly, hostOf } from '../policy/reading.js';

function stages(
  driver: string,
  isolation: string,
  windows = '2022',
  policy: unknown = [],
): { readonly switchStage: SwitchStage; readonly hostStage: HostStage } {
  return hostOf(policy, { platform: { driver, isolation, windows } }).endpoints[0]!;
}

const mapping = { Type: 'NAT', Protocol: 'TCP', InternalPort: 80, ExternalPort: 8080 };

describe('isolation', () => {
  const described = hostDescriptionFromValue(
    {
      windows: 2022,
      networks: [{ name: 'pods', driver: 'L2Bridge' }],
      endpoints: [
        { name: 'a', isolation: 'process', owner: 'pod-a', addresses: ['10.0.0.1'] },
        { name: 'b', isolation: 'hyperv', owner: 'pod-b', addresses: ['10.0.0.2'] },
      ],
    },
    'host.json',
    { strict: true },
  );
  const host = normaliseHost({ documents: [], description: described, strict: true }).host!;

  it('R1, R3: every endpoint has a compartment of its own', () => {
    expect(host.endpoints.map((e) => e.compartment)).toEqual([2, 3]);
  });
  it('R2: compartment 1 is the host, and no endpoint is in it', () => {
    const wrong = {
      networks: [{ name: 'n', driver: 'nat' }],
      endpoints: [{ name: 'a', compartment: 1 }],
    };
    const { diagnostics } = hostDescriptionFromValue(wrong, 'host.json', { strict: true });
    expect(diagnostics.map((d) => `${d.code} ${d.location.path}`)).toEqual([
      'bad-host-description endpoints[0].compartment',
    ]);
  });
  it('R4: a process-isolated container is judged by the firewall of the host', () => {
    expect(stageCell('l2bridge', 'process')!.hostStage).toBe('host-firewall');
  });
  it('R5: the firewall of the host never judges a Hyper-V-isolated container', () => {
    expect(host.endpoints[1]!.hostStage).toEqual({ kind: 'guest-default-allow' });
    expect(stageCell('l2bridge', 'hyperv')!.hostStage).toBe('guest-firewall');
  });
  it('R6: compartment, owner, endpoint and isolation can be listed', () => {
    expect(
      host.endpoints.map(({ compartment, owner, name, isolation }) => [
        compartment,
        owner,
        name,
        isolation,
      ]),
    ).toEqual([
      [2, 'pod-a', 'a', 'process'],
      [3, 'pod-b', 'b', 'hyperv'],
    ]);
  });
  it('R15: a pod is one endpoint with one address and port space', () => {
    const twice = {
      networks: [{ name: 'n', driver: 'nat' }],
      endpoints: [{ name: 'pod', ports: ['8080:80', '8080:81/tcp', '8080:80/udp'] }],
    };
    const description = hostDescriptionFromValue(twice, 'host.json', { strict: true });
    const { diagnostics } = normaliseHost({ documents: [], description, strict: true });
    expect(diagnostics.map((d) => `${d.code} ${d.location.path}`)).toEqual([
      'port-collision endpoints[0].ports[1]',
    ]);
  });
});

describe('enforcement', () => {
  it.each(['transparent', 'NAT', 'L2Bridge', 'L2Tunnel', 'overlay'])(
    'R7: the driver %s has both stages',
    (driver) => {
      for (const isolation of ['process', 'hyperv'] as const) {
        expect(stageCell(parseDriver(driver)!, isolation)).not.toBeNull();
      }
    },
  );
  it('R8: process isolation on a VFP driver takes rules of both stages', () => {
    const policy = [acl({ RuleType: 'Host' }), acl({ RuleType: 'Switch' })];
    expect(stages('l2bridge', 'process', '2022', policy)).toMatchObject({
      switchStage: { kind: 'acl' },
      hostStage: { kind: 'acl' },
    });
  });
  it('R9: process isolation allows everything out', () => {
    expect(defaultRows('host', 'process', 20348)[0]).toMatchObject({
      direction: 'out',
      verdict: 'allow',
      name: 'default-allow-outbound',
    });
  });
  it('R10, R11: from build 16299 on TCP, UDP, ICMP and IGMP are let in, others denied', () => {
    for (const windows of ['16299', '1803', '2019', '2022', '2025']) {
      expect(stages('l2bridge', 'process', windows).hostStage).toEqual({
        kind: 'container-defaults',
        inboundProtocols: [1, 2, 6, 17, 58],
        inboundExceptions: [],
        inboundDeny: 'default-deny-other-protocol',
        mappings: [],
        outboundFlows: null,
      });
    }
  });
  it('R12: before build 16299 everything inbound is denied', () => {
    for (const windows of ['2016', '15063', '16298']) {
      expect(stages('l2bridge', 'process', windows).hostStage).toEqual({
        kind: 'container-defaults',
        inboundProtocols: [],
        inboundExceptions: [],
        inboundDeny: 'default-deny-inbound',
        mappings: [],
        outboundFlows: null,
      });
    }
  });
  it('R13: before build 16299 a published port is let in, on NAT only (Q17)', () => {
    expect(stages('nat', 'process', '2016', [mapping]).hostStage).toMatchObject({
      mappings: [{ protocol: 6, internalPort: 80 }],
    });
    expect(stages('l2bridge', 'process', '2016', [mapping]).hostStage).toMatchObject({
      mappings: [],
    });
  });
  it('R13: beside Host ACLs a mapping stands behind them on every build', () => {
    const { hostStage } = stages('nat', 'process', '2022', [mapping, acl()]);
    expect(hostStage).toMatchObject({ kind: 'acl', mappings: [{ protocol: 6, internalPort: 80 }] });
  });
  it('R14: Hyper-V isolation allows everything, on old builds too', () => {
    for (const windows of ['2016', '2022']) {
      expect(stages('nat', 'hyperv', windows)).toMatchObject({
        switchStage: { kind: 'no-acl-layer' },
        hostStage: { kind: 'guest-default-allow' },
      });
    }
  });
  it('the firewall of the host can be off (Q19)', () => {
    const host = hostOf([], { options: { hostFirewall: 'off' } });
    expect(host.endpoints[0]!.hostStage).toEqual({ kind: 'firewall-off' });
  });
});

describe('customising', () => {
  const CELLS: readonly (readonly [Driver, Isolation, string])[] = [
    ['transparent', 'process', 'Host'],
    ['nat', 'process', 'Host'],
    ['ics', 'process', 'Host'],
    ['l2bridge', 'process', 'Host Switch'],
    ['l2tunnel', 'process', 'Host Switch'],
    ['overlay', 'process', 'Host Switch'],
    ['transparent', 'hyperv', 'none'],
    ['nat', 'hyperv', 'none'],
    ['ics', 'hyperv', 'none'],
    ['l2bridge', 'hyperv', 'Switch'],
    ['l2tunnel', 'hyperv', 'Switch'],
    ['overlay', 'hyperv', 'Switch'],
  ];

  it.each(CELLS)('R16, R17, R18: %s with %s isolation takes %s', (driver, isolation, accepted) => {
    const platform = { driver, isolation, windows: '2022' };
    for (const RuleType of ['Host', 'Switch']) {
      const expected = accepted.includes(RuleType)
        ? []
        : [
            `error ${accepted === 'none' ? 'not-reprogrammable' : 'rule-type-not-supported'} 0:0 [0]`,
          ];
      expect(briefly([acl({ RuleType })], { platform })).toEqual(expected);
    }
  });

  it.each([
    ['l2bridge', 'switch'],
    ['l2tunnel', 'switch'],
    ['overlay', 'switch'],
    ['nat', 'host'],
    ['ics', 'host'],
    ['transparent', 'host'],
  ])('an ACL without RuleType on %s is of the %s stage', (driver, stage) => {
    const platform = { driver, isolation: 'process', windows: '2022' };
    expect(hostOf([acl()], { platform }).rules[0]!.stage).toBe(stage);
  });
});
