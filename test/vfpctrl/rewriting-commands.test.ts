/** Commands of vfpctrl that rewrite: what a port makes of packets by them, and what is refused. */
import { describe, expect, it } from 'vitest';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { policyFromText } from '../../src/policy/load.js';
import { Reference } from '../oracle/reference.js';
import { parseTuple } from '../../src/explain/tuple-text.js';
import { port } from '../worked/switch-model.js';

const rule = (layer: string, group: string, text: string): string =>
  `/layer ${layer} /group ${group} /add-rule-ex "${text}"`;
const ACL = [
  '/add-layer "ACL ACL stateful 15 0"',
  ...['/layer ACL /add-group "OUT OUT out 100"', '/layer ACL /add-group "IN IN in 100"'],
  rule('ACL', 'OUT', 'backend backend 6 * * 10.9.0.0/16 8080 3 240 1 allow'),
  rule('ACL', 'OUT', 'world world 6 * * 192.0.2.0/24 443 3 240 2 allow'),
  rule('ACL', 'IN', 'web web 6 * * 10.1.0.5 80 3 240 1 allow'),
];
const SLB = [
  '/add-layer "SLB_NAT_LAYER SLB_NAT_LAYER stateful 50 9"',
  '/layer SLB_NAT_LAYER /add-group "NAT_OUT NAT_OUT out 100"',
  '/layer SLB_NAT_LAYER /add-group "NAT_IN NAT_IN in 100"',
];
const DSR = [
  '/add-layer "LB_DSR LB_DSR stateful 7 1"',
  '/layer LB_DSR /add-group "LB_OUT LB_OUT out 100"',
];
const POOL = [
  '/add-nat-pool "P1 P1 0"',
  '/nat-pool P1 /deposit-nat-range "10.0.0.4 50000 50000 1"',
];
const of = (...parts: (string | readonly string[])[]): string => parts.flat().join('\n');
const DYNNAT = rule('SLB_NAT_LAYER', 'NAT_OUT', 'snat snat 6 10.1.0.5 * * * 3 240 2 dynnat P1 0/0');

/** What engine and reference say of packets in turn: they must agree. */
function judged(commands: string, ...packets: string[]): string[] {
  const { host } = normaliseHost({
    documents: [policyFromText(commands, 'port.txt', { strict: true })],
    platform: {
      ...{ windows: 'ws2022', driver: 'l2bridge', isolation: 'hyperv' },
      endpoint: 'pod=10.1.0.5,fd00::5',
    },
    strict: true,
  });
  const reference = new Reference(host!, { stateless: false });
  const expected = packets.map((packet) => {
    const { verdict, rule: by, reason } = reference.judge(parseTuple(packet)).at(-1)!;
    return reason === 'rule' ? `${verdict} ${by!}` : `${verdict} ${reason}`;
  });
  const said = port(commands).judge(...packets);
  expect(said).toEqual(expected);
  return said;
}

describe('commands that rewrite', () => {
  it('turn a service into a backend, which later layers see', () => {
    const lbnat = (data: string): string =>
      of(ACL, DSR, rule('LB_DSR', 'LB_OUT', `lb lb 6 * * 10.96.0.10 80 3 240 500 lbnat ${data}`));
    const request = 'out tcp 10.1.0.5:1024 > 10.96.0.10:80';
    expect(judged(lbnat('0 0/0 720896 10.9.0.7 8080'), request)).toEqual(['allow backend']);
    expect(judged(lbnat('0/0 720896 10.9.0.7 8080 10.9.0.8 8080'), request)).toEqual([
      'allow backend',
    ]);
    expect(judged(lbnat('0/0 720896 10.9.0.8-10.9.0.11 8080'), request)).toEqual(['allow backend']);
    // Without the bit of the port it is kept.
    expect(judged(lbnat('0/0 589824 10.9.0.7 8080'), request)).toEqual(['drop implicit-deny']);
    expect(judged(lbnat('0/0 720896 10.8.0.7 8080'), request)).toEqual(['drop implicit-deny']);
    const reply = 'in tcp 10.9.0.7:8080 > 10.1.0.5:1024 flags SA';
    expect(judged(lbnat('0/0 720896 10.9.0.7 8080'), request, reply)).toEqual([
      'allow backend',
      'allow established',
    ]);
    expect(judged(lbnat('0/0 720896 10.9.0.7 8080'), reply)).toEqual(['drop implicit-deny']);
  });

  it('give a published port its container', () => {
    const nat = rule(
      'SLB_NAT_LAYER',
      'NAT_IN',
      'n n 6 * * 10.0.0.4 8080 3 240 1 nat 10.1.0.5 80 0/0',
    );
    const packets = ['8080', '8081'].map((p) => `in tcp 192.0.2.9:1024 > 10.0.0.4:${p}`);
    const reply = 'out tcp 10.1.0.5:80 > 192.0.2.9:1024 flags SA';
    expect(judged(of(ACL, SLB, nat), ...packets, reply)).toEqual([
      ...['allow web', 'drop implicit-deny', 'allow established'],
    ]);
    const kept = nat.replace('3 240', '1027 240');
    expect(judged(of(ACL, SLB, kept), packets[0]!)).toEqual(['drop implicit-deny']);
  });

  it('draw sources of a pool until none is left', () => {
    const commands = of(ACL, SLB, POOL, DYNNAT);
    const request = (p: number, to: string): string => `out tcp 10.1.0.5:${p} > ${to}:443`;
    expect(
      judged(
        commands,
        ...[request(1024, '192.0.2.9'), request(1025, '192.0.2.9'), request(1025, '192.0.2.10')],
        'in tcp 192.0.2.9:443 > 10.0.0.4:50000 flags SA',
        'in tcp 192.0.2.9:443 > 10.0.0.4:50001 flags SA',
      ),
    ).toEqual([
      ...['allow world', 'drop nat-ports-exhausted', 'allow world'],
      ...['allow established', 'drop implicit-deny'],
    ]);
    const more = '/nat-pool P1 /deposit-nat-range "10.0.0.4 50001 50001 1"';
    expect(
      judged(of(commands, more), request(1024, '192.0.2.9'), request(1025, '192.0.2.9')),
    ).toEqual(['allow world', 'allow world']);
  });

  it('leave alone what a rule of allow takes first', () => {
    const allow = rule(
      'SLB_NAT_LAYER',
      'NAT_OUT',
      'ALLOW_NAT ALLOW_NAT 6 * * 192.0.2.9 * 3 240 1 allow',
    );
    const packets = [1024, 1025].map((p) => `out tcp 10.1.0.5:${p} > 192.0.2.9:443`);
    expect(judged(of(ACL, SLB, POOL, DYNNAT, allow), ...packets)).toEqual([
      'allow world',
      'allow world',
    ]);
  });

  it('may be all that a port has', () => {
    const packets = ['192.0.2.9', '10.9.9.9'].map((to) => `out tcp 10.1.0.5:1024 > ${to}:1`);
    const some = DYNNAT.replace('10.1.0.5 * *', '10.1.0.5 * 192.0.2.0/24');
    expect(judged(of(SLB, POOL, some), ...packets)).toEqual(['allow snat', 'allow default-allow']);
  });

  it('give a source that is fixed', () => {
    const nat = rule('SLB_NAT_LAYER', 'NAT_OUT', 's s 6 * * * * 259 240 1 nat 10.0.0.4 0');
    const packets = [
      'out tcp 10.1.0.5:1024 > 192.0.2.9:443',
      'in tcp 192.0.2.9:443 > 10.0.0.4:1024 flags SA',
    ];
    expect(judged(of(ACL, SLB, nat), ...packets)).toEqual(['allow world', 'allow established']);
    const [, alone] = packets;
    expect(judged(of(ACL, SLB, nat), alone!)).toEqual(['drop implicit-deny']);
  });
});

const nat = (text: string): string => rule('SLB_NAT_LAYER', 'NAT_OUT', text);
const LINE = ACL.length + SLB.length + 1;

describe('a command that rewrites is refused with its place', () => {
  it.each([
    ['an address of the other family', [nat('n n * * * * * 3 0 1 nat fd00::1 80')], 'dump-line'],
    ['no port', [nat('n n * * * * * 3 0 1 nat 10.0.0.4')], 'dump-line'],
    ['source and destination', [nat('n n * * * * * 771 0 1 nat 10.0.0.4 80')], 'dump-line'],
    ['words behind', [nat('n n * * * * * 3 0 1 nat 10.0.0.4 80 0/0 7')], 'dump-line'],
    ['a pool that is not there', [DYNNAT], 'dump-incomplete'],
    ['a pool of the destination', [...POOL, DYNNAT.replace(' 3 240', ' 515 240')], 'dump-line'],
    [
      'lbnat that makes no flow',
      [nat('l l * * * * * 3 0 1 lbnat 0/0 196608 10.9.0.7 80')],
      'dump-line',
    ],
    [
      'lbnat that encapsulates',
      [nat('l l * * * * * 3 0 1 lbnat 0/0 983040 10.9.0.7 80')],
      'dump-line',
    ],
    ['lbnat without a backend', [nat('l l * * * * * 3 0 1 lbnat 0/0 720896')], 'dump-line'],
    ['too many backends', [nat('l l * * * * * 3 0 1 lbnat 0/0 720896 10.0.0.0/8 80')], 'dump-line'],
    [
      'a block beside',
      [nat('n n 6 * * * * 3 0 1 nat 10.0.0.4 80'), nat('b b 17 * * * * 3 0 2 block')],
      'dump-line',
    ],
    ['a rule without state', [nat('n n * * * * * 1 0 1 nat 10.0.0.4 80')], 'dump-line'],
    ['SYN alone', [nat('n n 6 * * * * 19 0 1 nat 10.0.0.4 80')], 'dump-line'],
    ['a type that is not evaluated', [nat('n n * * * * * 3 0 1 paroute 1 *')], 'dump-line'],
    ['a port of 0 in a pool', [POOL[0]!, POOL[1]!.replace('50000 50000', '0 50000')], 'dump-line'],
    ['ports that run backwards', [POOL[0]!, POOL[1]!.replace('50000 50000', '2 1')], 'dump-line'],
    ['a pool twice', [POOL[0]!, POOL[0]!], 'dump-line'],
    ['a range without a pool', ['/deposit-nat-range "10.0.0.4 1 2 1"'], 'dump-line'],
    [
      'two families in a pool',
      [...POOL, '/nat-pool P1 /deposit-nat-range "fd00::1 1 2 1"'],
      'dump-line',
    ],
  ])('%s', (_, lines, code) => {
    expect(errorsOf(of(ACL, SLB, lines))).toEqual([`${LINE + lines.length - 1} ${code}`]);
  });

  it('a pool without a range, at the rule that draws from it', () => {
    expect(errorsOf(of(ACL, SLB, POOL[0]!, DYNNAT))).toEqual([`${LINE + 1} dump-incomplete`]);
  });

  it('a layer that drops what it does not know, or keeps no flows', () => {
    const text = nat('n n * * * * * 3 0 1 nat 10.0.0.4 80');
    for (const flags of ['stateful 50 8', 'stateless 50 9']) {
      const layer = SLB.map((line) => line.replace('stateful 50 9', flags));
      expect(errorsOf(of(ACL, layer, text))).toEqual([`${ACL.length + 1} dump-line`]);
    }
  });

  it('more ranges than a pool has', () => {
    const ranges = Array.from({ length: 65 }, (_, i) =>
      POOL[1]!.replace('50000 50000', `${i + 1} ${i + 1}`),
    );
    expect(errorsOf(of(POOL[0]!, ranges))).toEqual(['66 dump-line']);
  });
});

/** Line and code. */
function errorsOf(commands: string): string[] {
  const { diagnostics } = normaliseHost({
    documents: [policyFromText(commands, 'port.txt', { strict: true })],
    platform: {
      ...{ windows: 'ws2022', driver: 'l2bridge', isolation: 'hyperv' },
      endpoint: 'pod=10.1.0.5',
    },
    strict: true,
  });
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ code, location }) => `${location.line} ${code}`);
}
