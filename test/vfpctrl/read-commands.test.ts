/** Commands of vfpctrl as a policy: what they make, what is refused and where. */
import { describe, expect, it } from 'vitest';
import { policyFromText } from '../../src/policy/load.js';
import { port } from '../worked/switch-model.js';
import { Random } from '../oracle/random.js';

const LAYER = '/add-layer "L L stateful 15 0"';
const GROUP = '/layer L /add-group "G G in 100 * * * * * priority_based_auto_condition_opt"';
const rule = (text: string, action = 'add-rule-ex'): string =>
  `/layer L /group G /${action} "${text}"`;
const made = (...lines: readonly string[]): string => [LAYER, GROUP, ...lines].join('\n');

const errorsOf = (text: string): string[] =>
  policyFromText(text, 'port.txt', { strict: true })
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ code, location }) => `${location.line}:${location.column} ${code}`);

describe('a rule', () => {
  it.each([
    // The examples of vfp.md 12.1.
    [
      'dhcp dhcp 17 * 68 * 67 1 0 100 allow',
      'udp 10.9.9.9:68 > 10.1.0.5:67',
      'udp 10.9.9.9:69 > 10.1.0.5:67',
    ],
    ['b b 256 * 0 10.1.0.0/16 0 1 0 1 allow', 'gre 10.9.9.9 > 10.1.0.5', 'gre 10.9.9.9 > 10.2.0.5'],
    [
      'r r 6,17 10.9.9.1-10.9.9.9 * * 80,90-99 3 240 1 allow',
      'tcp 10.9.9.9 > 10.1.0.5:95',
      'tcp 10.9.9.10 > 10.1.0.5:95',
    ],
    [
      's s 6 * * * * 17 240 1 allow',
      'tcp 10.9.9.9 > 10.1.0.5:80',
      'tcp 10.9.9.9 > 10.1.0.5:80 flags A',
    ],
    [
      'n n * * * * * 5 240 1 allow',
      'tcp 10.9.9.9 > 10.1.0.5:80 flags A',
      'tcp 10.9.9.9 > 10.1.0.5:80',
    ],
    [
      'n n * * * * * 5 240 1 allow',
      'tcp 10.9.9.9 > 10.1.0.5:80 flags R',
      'udp 10.9.9.9 > 10.1.0.5:80',
    ],
    [
      'v v 252 * * * * 1 240 1 allow',
      'udp 10.9.9.9 > 10.1.0.5:4789 tni 0',
      'udp 10.9.9.9 > 10.1.0.5:4789',
    ],
  ])('%s', (text, met, missed) => {
    const { judge } = port(made(rule(text)));
    expect(judge(`in ${met}`, `in ${missed}`)).toEqual([
      `allow ${text.split(' ')[0]!}`,
      'drop implicit-deny',
    ]);
  });

  it.each([
    ['02-00-00-00-00-01 * * *', 'smac 02:00:00:00:00:01', 'smac 02-00-00-00-00-02'],
    ['02-00-00-00-00-01 * * *', 'smac 02-00-00-00-00-01', 'dmac 02-00-00-00-00-01'],
    ['* 02-00-00-00-00-01,02-00-00-00-00-02 * *', 'dmac 02-00-00-00-00-02', 'vlan 1'],
    ['* * 4096 *', 'tni 4096', 'tni 4097'],
    ['* * * 5', 'vlan 5', 'vlan 4'],
    ['* * * 0', 'smac 02-00-00-00-00-01', 'vlan 4'],
  ])('of MAC addresses, network and VLAN: %s', (words, met, missed) => {
    const { judge } = port(made(rule(`m m ${words} * * * * * 1 240 1 allow`, 'add-mac-rule')));
    const udp = 'in udp 10.9.9.9 > 10.1.0.5:4789';
    expect(judge(`${udp} ${met}`, `${udp} ${missed}`)).toEqual(['allow m', 'drop implicit-deny']);
  });

  describe('of tags', () => {
    const tag = (text: string, action = 'add-tag'): string => `/${action} "${text}"`;
    const CLIENTS = tag('C clients ipv4 10.9.9.0/24,10.8.0.1-10.8.0.9');
    const tagRule = (text: string): string => rule(`t t ${text}`, 'add-tag-rule');
    const from = (address: string): string => `in tcp ${address}:4000 > 10.1.0.5:80`;

    it('holds for the addresses of the tag alone', () => {
      const { judge } = port(made(CLIENTS, tagRule('C * 6 * * * 80 1 240 1 allow')));
      expect(
        judge(
          from('10.9.9.9'),
          from('10.8.0.9'),
          from('10.8.0.10'),
          'in udp 10.9.9.9:4000 > 10.1.0.5:80',
        ),
      ).toEqual(['allow t', 'allow t', 'drop implicit-deny', 'drop implicit-deny']);
    });

    it('of both sides, and beside addresses, asks for all of them', () => {
      const own = tag('O own ipv4 10.1.0.5');
      const other = tag('X other ipv4 10.1.0.6 10.1.0.7');
      const judged = (words: string): string =>
        port(made(CLIENTS, own, other, tagRule(words))).judge(from('10.9.9.9'))[0]!;
      expect(judged('C O * * * * * 1 240 1 allow')).toBe('allow t');
      expect(judged('C X * * * * * 1 240 1 allow')).toBe('drop implicit-deny');
      expect(judged('C * * 10.9.0.0/16 * * * 1 240 1 allow')).toBe('allow t');
      expect(judged('C * * 10.8.0.0/16 * * * 1 240 1 allow')).toBe('drop implicit-deny');
    });

    it('asks for what the tag holds in the end, and for nobody where it is empty', () => {
      const rules = tagRule('C * * * * * * 1 240 1 allow');
      const later = tag('C clients ipv4 10.7.0.0/16', 'replace-tag');
      const { judge } = port(made(CLIENTS, rules, later));
      expect(judge(from('10.7.1.1'), from('10.9.9.9'))).toEqual(['allow t', 'drop implicit-deny']);
      const empty = port(made(tag('C clients ipv4'), rules));
      expect(empty.judge(from('10.9.9.9'))).toEqual(['drop implicit-deny']);
    });

    it.each([
      ['a tag that is not there', [tagRule('Z * * * * * * 1 240 1 allow')], '3:38 dump-incomplete'],
      ['a tag twice', [CLIENTS, CLIENTS], '4:11 dump-line'],
      [
        'another one that is not there',
        [tag('Z z ipv4 1.1.1.1', 'replace-tag')],
        '3:15 dump-incomplete',
      ],
      ['another family', [CLIENTS, tag('C c ipv6 fd00::1', 'replace-tag')], '4:15 dump-line'],
      ['addresses of another family', [tag('Z z ipv6 10.0.0.1')], '3:20 dump-line'],
      [
        'a tag of another family',
        [tag('Z z ipv6 fd00::1'), tagRule('Z * * * * * * 1 240 1 allow')],
        '4:38 dump-line',
      ],
    ] as const)('is refused for %s', (_, lines, error) => {
      expect(errorsOf(made(...lines))).toEqual([error]);
    });

    it('is refused in a group of the longest prefix', () => {
      const lpm = '/layer L /add-group "G G in 0 lpm VfxConditionSourceIp"';
      const text = [LAYER, lpm, CLIENTS, tagRule('C * * * * * * 1 240 1 allow')].join('\n');
      expect(errorsOf(text)).toEqual(['4:19 dump-line']);
    });
  });

  it('has no id in /add-rule, and two words before the type in /add-rule-ex2', () => {
    const { judge } = port(
      made(
        rule('6 * * * 80 1 240 1 allow', 'add-rule'),
        rule('x x 17 * * * * 1 240 1 0 7 block', 'add-rule-ex2'),
      ),
    );
    expect(judge('in tcp 10.9.9.9 > 10.1.0.5:80', 'in udp 10.9.9.9 > 10.1.0.5:80')).toEqual([
      'allow rule 1',
      'drop x',
    ]);
  });

  it('takes the place of one of its id by force alone', () => {
    const once = rule('x x * * * * * 1 240 1 allow');
    const again = 'x x * * * * * 1 240 1 block';
    expect(
      port(made(once, rule(again, 'force-add-rule'))).judge('in tcp 1.1.1.1 > 10.1.0.5:1'),
    ).toEqual(['drop x']);
    expect(errorsOf(made(once, rule(again)))).toEqual(['4:33 dump-line']);
  });
});

describe('a group', () => {
  const of = (words: string): string =>
    [LAYER, `/layer L /add-group "${words}"`, rule('r r * * * * * 1 240 1 allow')].join('\n');

  it('with a condition is skipped by packets that do not meet it', () => {
    const { judge } = port(of('G G in 1 6 10.9.0.0/16 * * 80'));
    expect(
      judge(
        ...['in tcp 10.9.9.9 > 10.1.0.5:80', 'in tcp 10.9.9.9 > 10.1.0.5:81'],
        ...['in tcp 10.8.9.9 > 10.1.0.5:80', 'in udp 10.9.9.9 > 10.1.0.5:80'],
      ),
    ).toEqual(['allow r', ...Array<string>(3).fill('drop implicit-deny')]);
  });

  it('with a condition that its rule cannot meet holds nothing', () => {
    const group = '/layer L /add-group "G G in 1 6 * * * 80"';
    const never = [LAYER, group, rule('r r 6 * * * 81 1 240 1 allow')].join('\n');
    const packets = ['in tcp 10.9.9.9 > 10.1.0.5:80', 'in tcp 10.9.9.9 > 10.1.0.5:81'];
    expect(port(never).judge(...packets)).toEqual(['drop implicit-deny', 'drop implicit-deny']);
  });

  it('of the longest prefix asks no priority', () => {
    const text = [
      LAYER,
      '/layer L /add-group "G G out 0 lpm VfxConditionDestinationIp"',
      rule('all all * * * * * 1 240 1 block'),
      rule('eight eight * * * 10.0.0.0/8 * 1 240 2 block'),
      rule('host host * * * 10.9.9.9 * 1 240 9 allow'),
      rule('sixteen sixteen * * * 10.9.0.0/16 * 1 240 5 allow'),
      rule('tie tie * * * 10.9.0.0/16 * 1 240 1 block'),
    ].join('\n');
    const to = (address: string): string => `out tcp 10.1.0.5 > ${address}:80`;
    expect(
      port(text).judge(to('10.9.9.9'), to('10.9.9.8'), to('10.8.0.1'), to('11.0.0.1')),
    ).toEqual([...['allow host', 'allow sixteen', 'drop eight', 'drop all']]);
  });

  it('of IPv6 has its own direction words', () => {
    const text = [
      LAYER,
      '/layer L /add-group "G G inv6 1 lpm VfxConditionSourceIpv6"',
      rule('r r * fd00::/8 * * * 1 240 1 allow'),
    ].join('\n');
    expect(
      port(text).judge('in tcp [fd00::9] > [fd00::5]:80', 'in tcp [fc00::9] > [fd00::5]:80'),
    ).toEqual(['allow r', 'drop implicit-deny']);
  });
});

describe('a text of commands', () => {
  it('may say vfpctrl, have comments, CR LF and words in any place', () => {
    const text = [
      '# comment',
      'rem another',
      '',
      `vfpctrl.exe ${LAYER}`,
      '/add-group "G G in 1" /layer L',
      '/list-rule /layer L',
      'vfpctrl /group G /layer L /add-rule-ex "r r * * * * * 1 240 1 allow"',
    ].join('\r\n');
    expect(port(text).judge('in tcp 1.1.1.1 > 10.1.0.5:1')).toEqual(['allow r']);
  });

  it('of several ports makes an endpoint of each', () => {
    const of = (name: string): string =>
      made(rule('r r * * * * * 1 240 1 allow')).replaceAll(/^\//gm, `/port ${name} /`);
    const { endpoints } = policyFromText(`${of('A')}\n${of('B')}`, 'ports.txt', { strict: true });
    expect(endpoints.map(({ name }) => name)).toEqual(['A', 'B']);
  });
});

describe('a port', () => {
  const packets = ['in tcp 10.9.9.9 > 10.1.0.5:80', 'out tcp 10.1.0.5 > 10.9.9.9:443'];
  const solicitation = { proto: 58, src: 'fd00::9', dst: 'fd00::5', type: 135, code: 0 };
  const open = made(rule('r r * * * * * 1 240 1 allow'));

  it('that is blocked lets nothing pass, neighbour discovery neither', () => {
    const { judge } = port(`${open}\n/block-port`);
    expect(judge(...packets, solicitation)).toEqual(Array<string>(3).fill('drop port-blocked'));
    expect(port(`${open}\n/block-port\n/unblock-port`).judge(...packets, solicitation)).toEqual([
      'allow r',
      'drop implicit-deny',
      'allow neighbor-discovery',
    ]);
  });

  it('that is not enabled lets all pass, blocked or not', () => {
    const { judge } = port(`${open}\n/block-port\n/disable-port`);
    // Where no stage has a say the last is named, inbound that of the guest.
    expect(judge(...packets)).toEqual(['allow guest-default-allow', 'allow port-not-filtered']);
    expect(port(`${open}\n/disable-port\n/enable-port`).judge(...packets)).toEqual([
      'allow r',
      'drop implicit-deny',
    ]);
  });
});

describe('refused with its place', () => {
  const bad = (line: string): string[] => errorsOf(made(line));
  it.each([
    ['an address', rule('r r * 10.0.0.256 * * * 1 240 1 allow'), '3:39 unsupported-condition'],
    [
      'an address of the other family',
      rule('r r * fd00::1 * * * 1 240 1 allow'),
      '3:39 unsupported-condition',
    ],
    ['a port', rule('r r 6 * 80-79 * * 1 240 1 allow'), '3:41 unsupported-condition'],
    [
      'a protocol that stands for nothing here',
      rule('r r 251 * * * * 1 240 1 allow'),
      '3:37 unsupported-condition',
    ],
    ['VXLAN beside others', rule('r r 252,6 * * * * 1 240 1 allow'), '3:37 unsupported-condition'],
    ['a flag', rule('r r * * * * * x 240 1 allow'), '3:47 dump-line'],
    ['a type that is not evaluated', rule('r r * * * * * 3 240 1 decap'), '3:55 dump-line'],
    ['words behind the type', rule('r r * * * * * 3 240 1 allow 7'), '3:61 dump-line'],
    ['a rule that ends', rule('r r * * * * * 3 240'), '3:19 dump-line'],
    ['an action', '/remove-rule r', '3:1 dump-line'],
    ['words behind a port’s action', '/block-port now', '3:13 dump-line'],
    ['two actions', '/add-rule "x" /add-rule "y"', '3:15 dump-line'],
    ['no action', '/layer L', '3:8 dump-line'],
    ['a layer that is not there', '/layer M /add-group "G G in 1"', '3:8 dump-incomplete'],
    ['no layer', '/add-group "G G in 1"', '3:1 dump-incomplete'],
    [
      'a group that is not there',
      '/layer L /group H /add-rule "* * * * * 1 0 1 allow"',
      '3:17 dump-incomplete',
    ],
    ['a layer twice', LAYER, '3:13 dump-line'],
    ['a group twice', GROUP, '3:22 dump-line'],
    ['a hairpin layer', '/add-layer "H H stateless 1 3"', '3:13 dump-line'],
    ['a direction', '/layer L /add-group "X X both 1"', '3:26 dump-line'],
    ['a match type', '/layer L /add-group "X X in 1 * * * * * fastest"', '3:41 dump-line'],
    [
      'a MAC address',
      rule('m m 02-00 * * * * * * * * 1 0 1 allow', 'add-mac-rule'),
      '3:38 unsupported-condition',
    ],
  ])('%s', (_, line, error) => {
    expect(bad(line)).toEqual([error]);
  });

  it('a list in a group of the longest prefix', () => {
    const text = [
      LAYER,
      '/layer L /add-group "G G out 0 lpm VfxConditionDestinationIp"',
      rule('r r * * * 10.0.0.0/9,10.128.0.0/9 * 1 240 1 allow'),
    ].join('\n');
    expect(errorsOf(text)).toEqual(['3:19 unsupported-condition']);
  });

  it('every line that is wrong, at once', () => {
    expect(errorsOf(made('/x', rule('r r * * * * * 1 240 1 nat'), '/y'))).toHaveLength(3);
  });

  it('and never otherwise, whatever is drawn', () => {
    const words = [
      ...['/port', '/layer', '/group', '/add-layer', '/add-group', '/add-rule-ex', '/add-mac-rule'],
      ...['/add-tag', '/add-tag-rule', 'ipv4'],
      ...[
        'L',
        'G',
        '"',
        '*',
        '0',
        '6',
        '252',
        '99999999999',
        '10.0.0.0/8',
        '::1',
        'in',
        'lpm',
        'allow',
      ],
      ...['stateful', '02-00-00-00-00-01', '\u0000', '/', '//', 'é', '-', ','],
    ];
    for (let seed = 1; seed <= 400; seed++) {
      const random = new Random(seed);
      const line = (): string =>
        Array.from({ length: random.below(20) }, () => random.pick(words)).join(' ');
      const text = [LAYER, ...Array.from({ length: random.below(8) }, line)].join('\n');
      const document = policyFromText(text, 'drawn.txt', { strict: true });
      expect(document.diagnostics.length, `seed ${seed}`).toBeGreaterThanOrEqual(0);
    }
  });
});
