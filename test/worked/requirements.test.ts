/** R1 to R18, seen from outside: by verdicts and by the view of the host. Source: hns.md 3. */
import { describe, expect, it } from 'vitest';

import { PolicyError, type PacketRecord, type Tuple } from '../../src/index.js';
import { acl, errorOf, modelOf, modelOfHost, raw, tcp, udp } from './model.js';

const POD = '10.1.0.5';
const PEER = '10.9.9.9';
const P = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process', endpoint: `web=${POD}` };
const HYPERV = { ...P, isolation: 'hyperv' };

/** Two endpoints on one network; the policies of each come last. */
function pair(first: object = {}, second: object = {}): object {
  return {
    windows: 'ws2022',
    networks: [{ name: 'pods', driver: 'l2bridge' }],
    endpoints: [
      { name: 'a', owner: 'pod-a', isolation: 'process', addresses: ['10.1.0.5'], ...first },
      { name: 'b', owner: 'pod-b', isolation: 'hyperv', addresses: ['10.1.0.6'], ...second },
    ],
  };
}

const switchAcl = (
  action: 'Allow' | 'Block',
  direction: 'In' | 'Out',
  priority: number,
  rest: object = {},
): object => acl(action, direction, { RuleType: 'Switch', Priority: priority, ...rest });
const hostAcl = (action: 'Allow' | 'Block', direction: 'In' | 'Out', rest: object = {}): object =>
  acl(action, direction, { RuleType: 'Host', ...rest });

const verdicts = (records: readonly PacketRecord[]): string[] =>
  records.map(({ verdict }) => verdict);
const brief = ({ verdict, stage, reason }: PacketRecord): string =>
  `${verdict} ${stage ?? '-'} ${reason}`;
const icmp = (dir: 'in' | 'out', src: string, dst: string): Tuple => ({
  ...raw(dir, 1, src, dst),
  type: 8,
  code: 0,
});

describe('isolation', () => {
  it('R1 keeps the flows of two endpoints apart, where one keeps its own', () => {
    const { judge, view } = modelOfHost(pair({}, { isolation: 'process' }));
    expect(view.compartments.map(({ compartment }) => compartment)).toEqual([1, 2, 3]);
    const out = { ...raw('out', 47, '10.1.0.5', PEER), endpoint: 'a' };
    const back = raw('in', 47, PEER, '10.1.0.5');
    expect(judge(out, { ...back, endpoint: 'b' }, { ...back, endpoint: 'a' }).map(brief)).toEqual([
      'allow host default-allow-outbound',
      'drop host default-deny-other-protocol',
      'allow host established',
    ]);
  });

  it('R1 keeps the rules of the host stage apart', () => {
    const { judge } = modelOfHost(
      pair({ policies: [hostAcl('Block', 'In')] }, { isolation: 'process' }),
    );
    const packet = tcp('in', `${PEER}:4000`, '10.1.0.5:80');
    expect(judge({ ...packet, endpoint: 'a' }, { ...packet, endpoint: 'b' }).map(brief)).toEqual([
      'drop host rule',
      'allow host default-allow-inbound',
    ]);
  });

  it('R2 has compartment 1 for the host, without being declared', () => {
    for (const { view } of [modelOfHost(pair()), modelOf(P)]) {
      expect(view.compartments[0]).toMatchObject({
        compartment: 1,
        owner: 'host',
        endpoint: null,
        attachment: 'management vNIC',
      });
      expect(view.compartments.filter(({ compartment }) => compartment === 1)).toHaveLength(1);
    }
  });

  const between: Tuple = { proto: 6, src: '10.1.0.5', dst: '10.1.0.6', sport: 1000, dport: 80 };

  it('R3 asks the sender outbound first, then the receiver inbound', () => {
    const records = modelOfHost(pair()).simulator.judge([between])[0]!;
    expect(records.map(({ endpoint, direction }) => [endpoint, direction])).toEqual([
      ['a', 'out'],
      ['b', 'in'],
    ]);
  });

  it('R3 ends where the sender is denied, and asks the receiver where it is not', () => {
    const refusing = { policies: [switchAcl('Block', 'Out', 200)] };
    expect(modelOfHost(pair(refusing)).simulator.judge([between])[0]).toMatchObject([
      { endpoint: 'a', verdict: 'drop' },
    ]);
    const deaf = { policies: [switchAcl('Block', 'In', 200)] };
    expect(modelOfHost(pair({}, deaf)).simulator.judge([between])[0]).toMatchObject([
      { endpoint: 'a', verdict: 'allow' },
      { endpoint: 'b', verdict: 'drop', direction: 'in' },
    ]);
  });

  it('R4 attaches a process-isolated container by a host vNIC', () => {
    expect(modelOf(P).view.compartments[1]).toMatchObject({ attachment: 'host vNIC' });
  });

  it('R5 attaches a Hyper-V-isolated container by a synthetic VM NIC, past the firewall', () => {
    const { judge, view } = modelOf(HYPERV);
    expect(view.compartments[1]).toMatchObject({ attachment: 'synthetic VM NIC' });
    const unsolicited = raw('in', 47, PEER, POD);
    expect(judge(unsolicited).map(brief)).toEqual(['allow host guest-default-allow']);
    expect(modelOf(P).judge(unsolicited).map(brief)).toEqual([
      'drop host default-deny-other-protocol',
    ]);
  });

  it('R6 lists compartments with owner, endpoint and attachment', () => {
    expect(
      modelOfHost(pair({ compartment: 7 })).view.compartments.map((row) => [
        row.compartment,
        row.owner,
        row.endpoint,
        row.attachment,
      ]),
    ).toEqual([
      [1, 'host', null, 'management vNIC'],
      [7, 'pod-a', 'a', 'host vNIC'],
      [2, 'pod-b', 'b', 'synthetic VM NIC'],
    ]);
  });
});

describe('enforcement', () => {
  it.each(['transparent', 'nat', 'l2bridge', 'l2tunnel', 'overlay'])(
    'R7 models the driver %s with both stages, for both isolations',
    (driver) => {
      for (const isolation of ['process', 'hyperv']) {
        const { view } = modelOf({ ...P, driver, isolation });
        expect(view.compartments[1]).toMatchObject({ driver, isolation });
        expect(view.compartments[1]!.switch).not.toBeNull();
        expect(view.compartments[1]!.host).not.toBeNull();
      }
    },
  );

  it('R8 asks VFP and the firewall: either drops, and both must allow', () => {
    const { judge } = modelOf(P, [
      switchAcl('Block', 'In', 100, { Protocols: '6', LocalPorts: '80' }),
      switchAcl('Allow', 'In', 200),
      hostAcl('Allow', 'In', { Protocols: '6', LocalPorts: '80,82' }),
    ]);
    const to = (port: number): Tuple => tcp('in', `${PEER}:4000`, `${POD}:${port}`);
    expect(judge(to(80), to(81), to(82)).map(brief)).toEqual([
      'drop switch rule',
      'drop host implicit-deny',
      'allow host rule',
    ]);
  });

  const everyProtocol = (dir: 'in' | 'out', src: string, dst: string): Tuple[] => [
    tcp(dir, `${src}:4000`, `${dst}:80`),
    udp(dir, `${src}:4000`, `${dst}:53`),
    icmp(dir, src, dst),
    raw(dir, 2, src, dst),
    raw(dir, 47, src, dst),
    raw(dir, 50, src, dst),
    raw(dir, 132, src, dst),
  ];
  const FOUR_OF_SEVEN = ['allow', 'allow', 'allow', 'allow', 'drop', 'drop', 'drop'];
  const ALL = new Array<string>(7).fill('allow');
  const NONE = new Array<string>(7).fill('drop');
  const outbound = everyProtocol('out', POD, PEER);
  const inbound = everyProtocol('in', PEER, POD);
  const judged = (platform: typeof P, tuples: readonly Tuple[]): string[] =>
    verdicts(modelOf(platform).judge(...tuples));

  it.each(['14393', '16298', '16299', 'ws2022'])('R9 lets everything out on %s', (windows) => {
    expect(judged({ ...P, windows }, outbound)).toEqual(ALL);
  });

  it.each(['16299', '17134', 'ws2019', 'ws2022', 'ws2025'])(
    'R10 and R11 let TCP, UDP, ICMP and IGMP in on %s, and nothing else',
    (windows) => {
      for (const driver of ['nat', 'transparent', 'l2bridge', 'l2tunnel', 'overlay']) {
        expect(judged({ ...P, windows, driver }, inbound)).toEqual(FOUR_OF_SEVEN);
      }
    },
  );

  it.each(['14393', '15063', '16298'])('R12 lets nothing unsolicited in on %s', (windows) => {
    expect(judged({ ...P, windows }, inbound)).toEqual(NONE);
    const answered = modelOf({ ...P, windows }).judge(
      tcp('out', `${POD}:5000`, `${PEER}:80`),
      tcp('in', `${PEER}:80`, `${POD}:5000`, { flags: 'SA' }),
    );
    expect(verdicts(answered)).toEqual(['allow', 'allow']);
  });

  it('R13 opens a published port on such a build, for its protocol and to no other port', () => {
    const mapping = { Type: 'NAT', Protocol: 'TCP', InternalPort: 80, ExternalPort: 8080 };
    const { judge } = modelOf({ ...P, windows: '14393', driver: 'nat' }, [mapping]);
    expect(
      judge(
        tcp('in', `${PEER}:4000`, `${POD}:80`),
        tcp('in', `${PEER}:4000`, `${POD}:8080`),
        udp('in', `${PEER}:4000`, `${POD}:80`),
      ).map(brief),
    ).toEqual([
      'allow host port-mapping-allow',
      'drop host default-deny-inbound',
      'drop host default-deny-inbound',
    ]);
  });

  it.each(['14393', '16299', 'ws2025'])(
    'R14 lets everything in and out of Hyper-V isolation on %s',
    (windows) => {
      for (const driver of ['nat', 'transparent', 'l2bridge', 'l2tunnel', 'overlay']) {
        expect(judged({ ...HYPERV, windows, driver }, [...inbound, ...outbound])).toEqual([
          ...ALL,
          ...ALL,
        ]);
      }
    },
  );
});

describe('pods', () => {
  const pod = (
    web: readonly unknown[],
    sidecar: readonly unknown[],
    rest: object = {},
  ): object => ({
    windows: 'ws2022',
    networks: [{ name: 'pods', driver: 'l2bridge' }],
    endpoints: [
      {
        name: 'pod',
        isolation: 'process',
        addresses: [POD],
        policies: [switchAcl('Allow', 'In', 200, { Protocols: '6', LocalPorts: '80' })],
        containers: [
          { name: 'web', ports: web },
          { name: 'sidecar', ports: sidecar },
        ],
        ...rest,
      },
      { name: 'other', isolation: 'process', addresses: ['10.1.0.6'] },
    ],
  });
  const collision = (description: object): string[] => {
    try {
      modelOfHost(description);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      return error.diagnostics.map(({ code, location }) => `${code} ${location.path}`);
    }
    return [];
  };
  const secondPort = ['port-collision endpoints[0].containers[1].ports[0]'];

  it('R15 gives the containers of a pod one compartment, one address and one port space', () => {
    const { view } = modelOfHost(pod(['8080:80'], ['8081:81']));
    expect(view.compartments).toMatchObject([
      { owner: 'host', containers: [] },
      { compartment: 2, endpoint: 'pod', containers: ['web', 'sidecar'], addresses: [POD] },
      { compartment: 3, endpoint: 'other', containers: [] },
    ]);
  });

  it('R15 refuses two containers of a pod that publish one port, inside or outside', () => {
    expect(collision(pod(['8080:80'], ['8080:81']))).toEqual(secondPort);
    expect(collision(pod(['8080:80'], ['8081:80']))).toEqual(secondPort);
    expect(collision(pod(['8080:80'], ['8080:80']))).toEqual(secondPort);
    expect(collision(pod([80], ['80/tcp']))).toEqual(secondPort);
    expect(collision(pod([80], [81], { ports: ['8080:80'] }))).toEqual([]);
    expect(collision(pod(['8080:80', '8081:80'], ['8080:80/udp']))).toEqual([]);
  });

  it('R15 judges by the endpoint of the pod whichever of its containers is named', () => {
    const { judge } = modelOfHost(pod([], []));
    const packet = tcp('in', `${PEER}:4000`, `${POD}:81`);
    for (const endpoint of ['pod', 'web', 'sidecar']) {
      expect(judge({ ...packet, endpoint })).toMatchObject([{ endpoint: 'pod', verdict: 'drop' }]);
    }
    expect(judge({ ...packet, endpoint: 'other' })).toMatchObject([{ verdict: 'allow' }]);
  });

  it('R15 chooses the endpoint of the pod by a container in the flag too', () => {
    const { view } = modelOfHost(pod([], []), { endpoint: 'sidecar' });
    expect(view.compartments.map(({ endpoint }) => endpoint)).toEqual([null, 'pod']);
  });

  it('R15 lets no name of a container stand for two pods, nor be given twice in one', () => {
    const twoPods = pod([], []) as { endpoints: object[] };
    twoPods.endpoints[1] = { ...twoPods.endpoints[1], containers: [{ name: 'web' }] };
    const { judge } = modelOfHost(twoPods);
    const packet = { ...tcp('in', `${PEER}:4000`, `${POD}:81`), endpoint: 'web' };
    expect(() => judge(packet)).toThrow(/"web" is not in the model; it has pod, other/);
    const twice = { containers: [{ name: 'web' }, { name: 'web' }] };
    expect(collision(pod([], [], twice))).toEqual([
      'bad-host-description endpoints[0].containers[1].name',
    ]);
  });
});

describe('customising', () => {
  const taken = (platform: typeof P, rule: object): string => {
    try {
      modelOf(platform, [rule]);
      return 'taken';
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      return error.code;
    }
  };

  /** The ten cells of the table in hns.md 3.4: what becomes of a Host rule and of a Switch rule. */
  const CELLS = [
    ['transparent', 'process', 'taken', 'rule-type-not-supported'],
    ['nat', 'process', 'taken', 'rule-type-not-supported'],
    ['l2bridge', 'process', 'taken', 'taken'],
    ['l2tunnel', 'process', 'taken', 'taken'],
    ['overlay', 'process', 'taken', 'taken'],
    ['transparent', 'hyperv', 'not-reprogrammable', 'not-reprogrammable'],
    ['nat', 'hyperv', 'not-reprogrammable', 'not-reprogrammable'],
    ['l2bridge', 'hyperv', 'rule-type-not-supported', 'taken'],
    ['l2tunnel', 'hyperv', 'rule-type-not-supported', 'taken'],
    ['overlay', 'hyperv', 'rule-type-not-supported', 'taken'],
  ] as const;

  it.each(CELLS)(
    'R16, R17 and R18: %s with %s isolation: Host rules %s, Switch rules %s',
    (driver, isolation, ofHost, ofSwitch) => {
      const platform = { ...P, driver, isolation };
      expect(taken(platform, hostAcl('Block', 'In'))).toBe(ofHost);
      expect(taken(platform, switchAcl('Block', 'In', 200))).toBe(ofSwitch);
      const accepted = [ofHost === 'taken' && 'host', ofSwitch === 'taken' && 'switch'];
      expect(modelOf(platform).view.compartments[1]!.accepts).toEqual(accepted.filter(Boolean));
    },
  );

  it.each(CELLS.filter(([, , ofHost, ofSwitch]) => ofHost === 'taken' || ofSwitch === 'taken'))(
    'R16: on %s with %s isolation a rule that is taken changes the verdict',
    (driver, isolation, ofHost, ofSwitch) => {
      const packet = tcp('in', `${PEER}:4000`, `${POD}:80`);
      const platform = { ...P, driver, isolation };
      expect(verdicts(modelOf(platform).judge(packet))).toEqual(['allow']);
      if (ofHost === 'taken') {
        const model = modelOf(platform, [hostAcl('Block', 'In')]);
        expect(model.judge(packet).map(brief)).toEqual(['drop host rule']);
      }
      if (ofSwitch === 'taken') {
        const model = modelOf(platform, [switchAcl('Block', 'In', 200)]);
        expect(model.judge(packet).map(brief)).toEqual(['drop switch rule']);
      }
    },
  );

  it('R17 and R18 refuse with the answer of the service', () => {
    for (const [platform, rule] of [
      [{ ...HYPERV, driver: 'nat' }, hostAcl('Allow', 'In')],
      [HYPERV, hostAcl('Allow', 'In')],
      [{ ...P, driver: 'nat' }, switchAcl('Allow', 'In', 200)],
    ] as const) {
      expect(errorOf(platform, [rule])).toMatchObject({ hns: '0x803b0015' });
    }
  });
});
