/** Every way in which a front end changes policies, each shown by a packet; and nothing else. */
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { findLosses, type LossReport } from '../../src/losses/find-losses.js';
import { lossDiagnostics } from '../../src/losses/loss-diagnostics.js';
import { lossesText } from '../../src/losses/losses-text.js';
import { formatAddress } from '../../src/normalise/address.js';
import { readPolicyDocuments } from '../../src/policy/load.js';
import { Simulator } from '../../src/simulate/simulate.js';
import { drawCluster } from '../kubernetes/draw-cluster.js';
import { hostOf, labelled, namespace, pod, policy, type Json } from '../kubernetes/cluster.js';

const FRONT_ENDS = ['calico', 'npm', 'npm-lite', 'npm-lite-before-4823'] as const;
type FrontEnd = (typeof FRONT_ENDS)[number];

/** One object a line, so that lines tell objects. */
function losses(frontEnd: FrontEnd, objects: readonly Json[]): LossReport {
  const text = `[\n${objects.map((object) => JSON.stringify(object)).join(',\n')}\n]`;
  const documents = readPolicyDocuments([{ source: { name: 'o.json', text } }], { strict: true });
  return findLosses({ documents, strict: true }, frontEnd);
}

/** `effect code direction policy/rule line pods`, those of the platform left out. */
function briefly(report: LossReport): string[] {
  return report.losses
    .filter(({ code }) => code !== 'platform-rule')
    .map(({ effect, code, direction, policy: id, rule, location, pods }) =>
      [
        effect,
        code,
        direction,
        `${id ?? '-'}/${rule ?? '*'}`,
        location?.line ?? '-',
        pods.join(),
      ].join(' '),
    );
}

const WEB = pod(
  'shop/web',
  '10.1.0.1',
  { app: 'web' },
  {
    spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: { hostIP: '10.0.0.4' },
  },
);
const API = pod('shop/api', ['10.1.0.2', 'fd00::2'], { app: 'api' });
const TOOL = pod('ops/tool', '10.1.0.9', { app: 'tool' });
const BASE = [namespace('shop', { team: 'a' }), namespace('ops', { team: 'b' }), WEB, API, TOOL];
const web = (spec: Json): Json =>
  policy('shop/p', { podSelector: labelled({ app: 'web' }), ...spec });
const POLICY_LINE = BASE.length + 2;
const EXCEPTED = { cidr: '10.0.0.0/8', except: ['10.2.0.0/16'] };

describe('a front end that loses, widens or changes policies', () => {
  it.each<[FrontEnd, string, Json[], string[]]>([
    [
      'calico',
      'exceptions',
      [
        web({
          ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.2.0.0/16'] } }] }],
        }),
      ],
      [`lost except in shop/p/0 ${POLICY_LINE} shop/web`],
    ],
    [
      'calico',
      'named ports',
      [web({ ingress: [{ ports: [{ port: 'http' }, { port: 81 }] }] })],
      [`lost named-port in shop/p/0 ${POLICY_LINE} shop/web`],
    ],
    [
      'calico',
      'pods of the host network',
      [
        pod('ops/agent', '10.0.0.7', { app: 'agent' }, { spec: { hostNetwork: true } }),
        web({ ingress: [{ from: [{ namespaceSelector: labelled({ team: 'b' }) }] }] }),
      ],
      [`lost host-network-peer in shop/p/0 ${POLICY_LINE + 1} shop/web`],
    ],
    [
      'npm',
      'a refused policy',
      [web({ ingress: [{ ports: [{ port: 'http' }] }] })],
      [`widened policy-refused in shop/p/* ${POLICY_LINE} shop/web`],
    ],
    [
      'npm',
      'a refused policy beside an enforced one',
      [web({ ingress: [{ ports: [{ port: 'http' }] }] }), policy('shop/q', { ingress: [] })],
      [`lost policy-refused in shop/p/* ${POLICY_LINE} shop/web`],
    ],
    [
      'npm',
      'a negation outbound',
      [
        web({
          policyTypes: ['Egress'],
          egress: [
            {
              to: [
                {
                  namespaceSelector: {
                    matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['b'] }],
                  },
                },
              ],
            },
          ],
        }),
      ],
      [
        `lost inverted-selector out shop/p/0 ${POLICY_LINE} shop/web`,
        `widened inverted-selector out shop/p/0 ${POLICY_LINE} shop/web`,
      ],
    ],
    [
      'npm-lite-before-4823',
      'exceptions',
      [web({ ingress: [{ from: [{ ipBlock: EXCEPTED }] }] })],
      [`widened except-ignored in shop/p/0 ${POLICY_LINE} shop/web`],
    ],
    [
      'npm-lite',
      'exceptions that another policy allows',
      [
        web({ ingress: [{ from: [{ ipBlock: EXCEPTED }], ports: [{ port: 80 }] }] }),
        policy('shop/q', { ingress: [{ from: [{ ipBlock: { cidr: '10.2.3.0/24' } }] }] }),
      ],
      [`lost except-overrides-other-policy in shop/p/0 ${POLICY_LINE} shop/web`],
    ],
    [
      'npm-lite',
      'exceptions that nothing else allows: no loss',
      [
        web({ ingress: [{ from: [{ ipBlock: EXCEPTED }] }] }),
        policy('shop/q', { ingress: [{ from: [{ ipBlock: { cidr: '10.3.0.0/16' } }] }] }),
      ],
      [],
    ],
    [
      'npm-lite',
      'exceptions that another policy allows at another port: no loss',
      [
        web({ ingress: [{ from: [{ ipBlock: EXCEPTED }], ports: [{ port: 80 }] }] }),
        policy('shop/q', {
          ingress: [{ from: [{ ipBlock: { cidr: '10.2.3.0/24' } }], ports: [{ port: 81 }] }],
        }),
      ],
      [],
    ],
    [
      'npm-lite',
      'a peer that is no address block',
      [web({ ingress: [{ from: [{ podSelector: {} }] }] })],
      [`widened policy-refused in shop/p/* ${POLICY_LINE} shop/web`],
    ],
    [
      'npm-lite-before-4823',
      'a block without exceptions: no loss',
      [web({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] })],
      [],
    ],
  ])('%s: %s', (frontEnd, _, objects, expected) => {
    expect(briefly(losses(frontEnd, [...BASE, ...objects]))).toEqual(expected);
  });

  it.each(FRONT_ENDS)('%s: loses nothing of a policy rewritten as it is told', (frontEnd) => {
    const allow = (...from: Json[]): Json => web({ ingress: [{ from }] });
    const told = losses(frontEnd, [
      ...BASE,
      allow({ ipBlock: EXCEPTED }),
      policy('shop/q', { ingress: [{ from: [{ ipBlock: { cidr: '10.2.3.0/24' } }] }] }),
    ]).losses.find(({ code }) => code !== 'platform-rule')!.remedy!;
    const blocks = told.match(/[\d.]+\/\d+/g)!;
    expect(blocks.slice(0, 3)).toEqual(['10.0.0.0/15', '10.3.0.0/16', '10.4.0.0/14']);
    const rewritten = allow(...blocks.map((cidr) => ({ ipBlock: { cidr } })));
    expect(briefly(losses(frontEnd, [...BASE, rewritten]))).toEqual([]);
  });

  it('says that nothing was compared where there are no pods, and what it read', () => {
    const text = lossesText(
      losses('calico', [web({ ingress: [{ from: [{ ipBlock: EXCEPTED }] }] })]),
    );
    expect(text).toContain('1 policy on 0 pods, compared by 0 packets:\nnothing was compared');
    expect(text).toContain('Left out or changed, by reading alone:');
    expect(text).toContain('instead: Write the blocks that the exceptions leave');
    expect(lossesText(losses('calico', [...BASE, web({})]))).not.toContain('nothing was compared');
  });

  it.each<[FrontEnd, string[]]>([
    ['calico', [`lost ipv6 in shop/p/0 4 shop/dual`]],
    ['npm', [`lost second-address in shop/p/0 4 shop/dual`]],
  ])('%s: the second address of a pod', (frontEnd, expected) => {
    const dual = pod('shop/dual', ['10.1.0.3', 'fd00::3'], { app: 'web' });
    const allow = web({ ingress: [{ from: [{ podSelector: {} }] }] });
    expect(briefly(losses(frontEnd, [API, dual, allow]))).toEqual(expected);
  });

  it.each<[FrontEnd, string[]]>([
    [
      'calico',
      ['lost pod-not-programmed in -/* 2 shop/six', 'lost pod-not-programmed out -/* 2 shop/six'],
    ],
    ['npm', ['widened pod-not-programmed in -/* 2 shop/six']],
  ])('%s: a pod without IPv4', (frontEnd, expected) => {
    const six = pod('shop/six', 'fd00::6', { app: 'web' });
    expect(
      briefly(
        losses(frontEnd, [six, web({ ingress: [{ from: [{ ipBlock: { cidr: 'fd00::/16' } }] }] })]),
      ),
    ).toEqual(expected);
  });

  it.each(FRONT_ENDS)('%s: a second address of the node', (frontEnd) => {
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n' },
      status: {
        addresses: [
          { type: 'InternalIP', address: '10.0.0.4' },
          { type: 'InternalIP', address: 'fd00::4' },
        ],
      },
    };
    const dual = pod(
      'shop/web',
      ['10.1.0.1', 'fd00::1'],
      { app: 'web' },
      { spec: { nodeName: 'n' } },
    );
    expect(briefly(losses(frontEnd, [node, dual, web({ ingress: [] })]))).toEqual([
      'lost node-address in -/* 3 shop/web',
    ]);
  });

  it('says what a front end does whatever the policies say', () => {
    const [loss] = losses('npm', [WEB]).losses;
    expect(loss).toMatchObject({
      effect: 'lost',
      code: 'platform-rule',
      location: null,
      witness: { tuple: { dst: '168.63.129.16', dport: 80 } },
    });
    expect(losses('calico', [WEB]).losses).toEqual([]);
  });

  it.each(FRONT_ENDS.slice(0, 2))('%s: nothing where policies are within its means', (frontEnd) => {
    const plain = web({
      ingress: [
        {
          from: [
            { namespaceSelector: labelled({ team: 'b' }) },
            { ipBlock: { cidr: '172.16.0.0/12' } },
          ],
          ports: [{ port: 80, endPort: 90 }],
        },
      ],
    });
    const report = losses(frontEnd, [namespace('ops', { team: 'b' }), WEB, TOOL, plain]);
    expect(briefly(report)).toEqual([]);
    expect(report.packets).toBeGreaterThan(20);
  });

  it('says apart what no packet shows', () => {
    const covered = web({
      ingress: [
        { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.2.0.0/16'] } }] },
        { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] },
      ],
    });
    const report = losses('calico', [...BASE, covered]);
    expect(briefly(report)).toEqual([]);
    expect(
      report.withoutEffect.map(({ code, policy: id, location }) => [code, id, location?.line]),
    ).toEqual([['except', 'shop/p', POLICY_LINE]]);
  });

  it('shows each loss by a packet that both judge as it says', () => {
    const objects = [
      ...BASE,
      web({ ingress: [{ ports: [{ port: 'http' }] }] }),
      policy('shop/q', { ingress: [] }),
    ];
    for (const frontEnd of FRONT_ENDS) {
      const [exact, faithful] = (['reference', frontEnd] as const).map(
        (each) =>
          new Simulator(compileHost(hostOf(objects, { frontEnd: each })), { stateless: true }),
      ) as [Simulator, Simulator];
      const found = losses(frontEnd, objects).losses;
      expect(found.length).toBeGreaterThan(0);
      for (const { witness, effect } of found) {
        const verdicts = [exact, faithful].map(
          (simulator) => simulator.judge([witness.tuple])[0]![0]!.verdict,
        );
        expect(verdicts).toEqual(effect === 'lost' ? ['allow', 'drop'] : ['drop', 'allow']);
      }
    }
  });
});

describe('the report', () => {
  const report = losses('npm', [...BASE, web({ ingress: [{ ports: [{ port: 'http' }] }] })]);

  it('is grouped by policy and names packet, both verdicts and pods', () => {
    const text = lossesText(report);
    expect(text).toContain('NetworkPolicy shop/p\n  o.json:7:');
    expect(text).toContain('does not support the named port "http" (line 7)');
    expect(text).toContain('widened, ingress of shop/web');
    expect(text).toMatch(
      /policies {2}drop by shop\/p\/in\/isolated\n {6}npm {7}allow by azure-cni-allow-in/,
    );
  });

  it('counts a refused policy as an error and all else as warnings', () => {
    const codes = lossDiagnostics(report).map(
      ({ severity, code, location: { file, line, column } }) =>
        `${severity} ${code} ${line}:${column} ${file}`,
    );
    expect(codes).toEqual([
      'error unsupported-in-front-end 7:177 o.json',
      'warning front-end-dropped-rule 0:0 <front end>',
    ]);
  });
});

const ROUNDS = 60;

describe(`on drawn clusters, seeds 1 to ${ROUNDS}`, () => {
  it.each(FRONT_ENDS)('%s: every difference is reported, and has a cause', (frontEnd) => {
    let differences = 0;
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const { objects, connections } = drawCluster(seed);
      const report = losses(frontEnd, objects);
      expect(
        report.losses.filter(({ code }) => code === 'unexplained'),
        `seed ${seed}`,
      ).toEqual([]);
      const hosts = (['reference', frontEnd] as const).map((each) =>
        hostOf(objects, { frontEnd: each }),
      );
      const [exact, faithful] = hosts.map(
        (host) => new Simulator(compileHost(host), { stateless: true }),
      ) as [Simulator, Simulator];
      for (const { source, destination, port } of connections) {
        for (const direction of ['in', 'out'] as const) {
          const own = direction === 'in' ? destination : source;
          const endpoint = hosts[0]!.endpoints.find(({ addresses }) =>
            addresses.some((each) => formatAddress(each) === own),
          )?.name;
          if (endpoint === undefined || source === destination) continue;
          const tuple = {
            dir: direction,
            endpoint,
            proto: 6,
            src: source,
            dst: destination,
            sport: 4000,
            dport: port,
          };
          const [said, done] = [exact, faithful].map(
            (simulator) => simulator.judge([tuple])[0]![0]!.verdict,
          );
          if (said === done) continue;
          differences++;
          const effect = said === 'allow' ? 'lost' : 'widened';
          const reported = report.losses.some(
            (loss) =>
              loss.effect === effect &&
              loss.direction === direction &&
              loss.pods.includes(endpoint),
          );
          expect(
            reported,
            `seed ${seed}: ${effect} ${direction} ${source} > ${destination}:${port} at ${endpoint}`,
          ).toBe(true);
        }
      }
    }
    expect(differences).toBeGreaterThan(100);
  });
});
