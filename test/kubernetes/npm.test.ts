/** What Azure NPM programs: rules, priorities, and policies it refuses. */
import { describe, expect, it } from 'vitest';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import { hostOf, labelled, namespace, pod, policy, type Json } from './cluster.js';

const WEB = pod('shop/web', '10.1.0.1', { app: 'web' }, { status: { hostIP: '10.0.0.4' } });
const API = pod('shop/api', '10.1.0.2', { app: 'api' });
const TOOL = pod('ops/tool', '10.1.0.9', { app: 'tool' });

function rules(spec: Json): string[] {
  const policies = [policy('shop/p', { podSelector: labelled({ app: 'web' }), ...spec })];
  const host: NormalisedHost = hostOf(
    [
      namespace('shop', { team: 'a' }),
      namespace('ops', { team: 'b' }),
      WEB,
      API,
      TOOL,
      ...policies,
    ],
    { frontEnd: 'npm' },
  );
  const stage = host.endpoints[0]!.switchStage;
  if (stage.kind !== 'acl') return [];
  return [...stage.in, ...stage.out]
    .flatMap((list) => list.rules)
    .map((id) => host.rules[id]!)
    .filter(({ name }) => !name.startsWith('azure-cni'))
    .map(
      ({
        priority,
        direction,
        action,
        conditions: { protocols, source, destination, destinationPorts },
      }) => {
        const set = direction === 'in' ? source : destination;
        const peers = set === null ? 'any' : set.ipv4.map(({ from }) => `.${from & 255n}`).join('');
        const ports = destinationPorts?.map(({ from, to }) => `${from}-${to}`).join(',') ?? 'any';
        return `${priority} ${direction} ${action} ${peers} ${protocols?.join(',') ?? 'any'} ${ports}`;
      },
    );
}

const peer = (from: Json): Json => ({ ingress: [{ from: [from] }] });

describe('Azure NPM', () => {
  it('programs allows at 222, the node at 201, and a block at 3000 for each isolated direction', () => {
    expect(
      rules({
        ingress: [
          {
            from: [{ podSelector: {} }],
            ports: [
              { port: 80, endPort: 82 },
              { port: 53, protocol: 'UDP' },
            ],
          },
        ],
      }),
    ).toEqual([
      '201 in allow .4 any any',
      '222 in allow .1 6 80-82',
      '222 in allow .1 17 53-53',
      '3000 in block any any any',
    ]);
    expect(
      rules({
        policyTypes: ['Egress'],
        egress: [{ to: [{ namespaceSelector: labelled({ team: 'b' }) }] }],
      }),
    ).toEqual([
      '201 in allow .4 any any',
      '222 out allow .9 any any',
      '3000 out block any any any',
    ]);
  });

  it('programs no block in a direction with a rule that allows everything', () => {
    expect(rules({ ingress: [{}, { ports: [{ port: 'http' }] }] })).toEqual([
      '201 in allow .4 any any',
      '222 in allow any any any',
    ]);
  });

  it('adds the base rules of Azure CNI to every pod', () => {
    const host = hostOf([WEB], { frontEnd: 'npm' });
    expect(host.rules.map(({ name, priority }) => `${priority} ${name}`)).toEqual([
      '200 azure-cni-block-wire-server',
      '65500 azure-cni-allow-in',
      '65500 azure-cni-allow-out',
    ]);
  });

  it.each<[string, Json]>([
    ['named ports', { ingress: [{ ports: [{ port: 'http' }] }] }],
    ['SCTP', { ingress: [{ ports: [{ port: 80, protocol: 'SCTP' }] }] }],
    ['exceptions', peer({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } })],
    ['IPv6 blocks', peer({ ipBlock: { cidr: 'fd00::/8' } })],
    [
      'NotIn of pods',
      peer({ podSelector: { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] } }),
    ],
    [
      'DoesNotExist of pods',
      peer({ podSelector: { matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] } }),
    ],
    [
      'NotIn of namespaces inbound',
      peer({
        namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] },
      }),
    ],
    [
      'DoesNotExist among the pods it selects',
      { podSelector: { matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] } },
    ],
  ])('enforces nothing of a policy with %s', (_, spec) => {
    expect(rules(spec)).toEqual([]);
  });

  it.each<[string, Json]>([
    ['numbered ports', { ingress: [{ ports: [{ port: 80 }] }] }],
    ['blocks', peer({ ipBlock: { cidr: '10.0.0.0/8' } })],
    [
      'In',
      peer({ podSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] } }),
    ],
    [
      'Exists',
      peer({ namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } }),
    ],
  ])('enforces a policy with %s', (_, spec) => {
    expect(rules(spec)).toContain('3000 in block any any any');
  });

  it('takes a negation among namespaces outbound for its contrary', () => {
    const egress = (operator: string, values?: string[]): string[] =>
      rules({
        policyTypes: ['Egress'],
        egress: [
          {
            to: [{ namespaceSelector: { matchExpressions: [{ key: 'team', operator, values }] } }],
          },
        ],
      });
    expect(egress('NotIn', ['b'])).toEqual(egress('In', ['b']));
    expect(egress('DoesNotExist')).toEqual(egress('Exists'));
    expect(egress('In', ['b'])).not.toEqual(egress('In', ['a']));
  });

  it('knows pods by their first address, none of the host network', () => {
    const dual = pod('shop/dual', ['10.1.0.3', 'fd00::3'], { app: 'dual' });
    const agent = pod('shop/agent', '10.0.0.4', { app: 'agent' }, { spec: { hostNetwork: true } });
    const allow = policy('shop/p', {
      podSelector: labelled({ app: 'web' }),
      ingress: [{ from: [{ podSelector: {} }] }],
    });
    const host = hostOf([WEB, dual, agent, allow], { frontEnd: 'npm' });
    const [source] = host.rules
      .filter(({ priority, direction }) => priority === 222 && direction === 'in')
      .map(({ conditions }) => conditions.source);
    expect(source?.ipv4).toEqual([
      { from: 0x0a010001n, to: 0x0a010001n },
      { from: 0x0a010003n, to: 0x0a010003n },
    ]);
    expect(source?.ipv6).toEqual([]);
  });
});
