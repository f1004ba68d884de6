/** Text of vfpctrl as a policy: what is read, what is refused with its line, what is said. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileHost } from '../../src/compile/compile-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { policyFromText } from '../../src/policy/load.js';
import { Simulator } from '../../src/simulate/simulate.js';
import { parseTuple } from '../../src/explain/tuple-text.js';
import type { RuleExplanation } from '../../src/explain/explanation.js';
import type { PolicyDocument } from '../../src/policy/document.js';
import { Random } from '../oracle/random.js';
import { ROOT } from '../cli/run.js';
import { port } from '../worked/switch-model.js';

const LAYER = `
 ITEM LIST
===========

LAYER : ACL_ENDPOINT_LAYER
    Friendly name : ACL_ENDPOINT_LAYER
    Priority : 15

`;
const GROUP = `  GROUP : ACL_ENDPOINT_GROUP_IPV4_IN
      Friendly name : ACL_ENDPOINT_GROUP_IPV4_IN
      Priority : 1
      Direction : IN
      Type : IPv4
        Conditions:
            <none>
      Match type : Priority-based match

`;
// vfpctrl ends this line with a blank.
const FLAGS_EX = '0 ';
const rule = (conditions: string, more: Readonly<Record<string, string>> = {}): string => `
    RULE : ${more['id'] ?? 'B1C2'}
        Friendly name : ${more['name'] ?? 'clients'}
        Priority : ${more['priority'] ?? '100'}
        Flags : ${more['flags'] ?? '8195 terminating stateful '}
        Type : ${more['type'] ?? 'allow'}
        Conditions:
            ${conditions}
        Flow TTL: 240
        FlagsEx : ${FLAGS_EX}
`;
const END = '\nCommand list-rule succeeded!\n';

const read = (text: string): PolicyDocument => policyFromText(text, 'dump.txt', { strict: true });
const errorsOf = (text: string): string[] =>
  read(text)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ code, location }) => `${location.line}:${location.column} ${code}`);

const PLATFORM = { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' } as const;

function judge(text: string, ...packets: readonly string[]): string[] {
  const { host, diagnostics } = normaliseHost({
    documents: [read(text)],
    platform: PLATFORM,
    strict: true,
  });
  if (host === null) throw new Error(JSON.stringify(diagnostics[0]));
  const simulator = new Simulator(compileHost(host));
  return packets.map((packet) => {
    const record = simulator.judge([parseTuple(packet)])[0]!.at(-1)!;
    return `${record.verdict} ${record.rule ?? record.reason}`;
  });
}

/** What is said of the first rule that was asked. */
function explained(text: string, packet: string): RuleExplanation {
  const { host } = normaliseHost({
    documents: [read(text)],
    platform: { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' },
    strict: true,
  });
  const { endpoints } = new Simulator(compileHost(host!)).explain(parseTuple(packet));
  return endpoints[0]!.layers[0]!.groups[0]!.rules[0]!;
}

describe('conditions', () => {
  it.each([
    ['<none>', 'in tcp 10.9.9.9 > 10.1.0.5:81', 'in tcp fd00::9 > [fd00::5]:80'],
    ['Source IP : 10.9.0.0/16', 'in tcp 10.9.9.9 > 10.1.0.5:80', 'in tcp 10.8.9.9 > 10.1.0.5:80'],
    [
      'Source IP : 10.8.0.1, 10.9.9.5-10.9.9.9',
      'in tcp 10.9.9.9 > 10.1.0.5:80',
      'in tcp 10.9.9.10 > 10.1.0.5:80',
    ],
    ['Destination IP : 10.1.0.5', 'in udp 10.9.9.9 > 10.1.0.5:1', 'in udp 10.9.9.9 > 10.1.0.6:1'],
    [
      'Protocols : 6\n            Destination ports : 3000-3000, 80',
      'in tcp 10.9.9.9 > 10.1.0.5:80',
      'in tcp 10.9.9.9 > 10.1.0.5:81',
    ],
    ['Protocols : 1,17', 'in udp 10.9.9.9 > 10.1.0.5:80', 'in tcp 10.9.9.9 > 10.1.0.5:80'],
    [
      'Source ports : 1000-2000',
      'in tcp 10.9.9.9:2000 > 10.1.0.5:80',
      'in tcp 10.9.9.9:2001 > 10.1.0.5:80',
    ],
  ])('%s', (condition, inside, outside) => {
    const text = LAYER + GROUP + rule(condition) + END;
    expect(judge(text, inside, outside)).toEqual([
      expect.stringMatching(/^allow/),
      'drop implicit-deny',
    ]);
  });
});

describe('rules', () => {
  it('are asked by priority, whatever their place is', () => {
    const block = rule('<none>', { id: 'X', name: 'none', priority: '200', type: 'block' });
    const allow = rule('Protocols : 6', { priority: '100' });
    for (const rules of [block + allow, allow + block]) {
      expect(
        judge(
          LAYER + GROUP + rules + END,
          'in tcp 10.9.9.9 > 10.1.0.5:1',
          'in udp 10.9.9.9 > 10.1.0.5:1',
        ),
      ).toEqual([expect.stringMatching(/^allow/), 'drop none']);
    }
  });

  it('that are not terminating give way to later groups', () => {
    const soft = rule('<none>', { id: 'S', name: 'soft', type: 'block', flags: '2 stateful' });
    const later = GROUP.replace('_IN\n', '_B\n').replace('Priority : 1\n', 'Priority : 2\n');
    const hard = rule('Protocols : 6');
    expect(
      judge(
        LAYER + GROUP + soft + later + hard + END,
        'in tcp 10.9.9.9 > 10.1.0.5:1',
        'in udp 10.9.9.9 > 10.1.0.5:1',
      ),
    ).toEqual([expect.stringMatching(/^allow/), 'drop soft']);
  });

  it('pass what no rule matches where the layer has default allow', () => {
    const open = LAYER.replace('    Priority', '    Flags : 0x1, Default Allow \n    Priority');
    const block = rule('Protocols : 6', { type: 'block', name: 'tcp' });
    expect(
      judge(
        open + GROUP + block + END,
        'in tcp 10.9.9.9 > 10.1.0.5:1',
        'in udp 10.9.9.9 > 10.1.0.5:1',
      ),
    ).toEqual(['drop tcp', expect.stringMatching(/^allow/)]);
  });

  it('let answers of their flows out, and nothing else', () => {
    const text = LAYER + GROUP + rule('Protocols : 6') + END;
    const [, answer, other] = judge(
      text,
      'in tcp 10.9.9.9:4000 > 10.1.0.5:80',
      'out tcp 10.1.0.5:80 > 10.9.9.9:4000 flags SA',
      'out tcp 10.1.0.5:81 > 10.9.9.9:4000 flags SA',
    );
    expect([answer, other]).toEqual(['allow clients', 'drop implicit-deny']);
  });

  it('are the same with CR LF, without success line, and in a bundle', () => {
    const text = LAYER + GROUP + rule('Protocols : 6');
    const bundle = `Host: x\nPolicy for port :  AA-BB\n ITEM LIST\n====\n  SPACE : s\n     key : 1\n${text}`;
    for (const each of [text, text.replaceAll('\n', '\r\n'), bundle]) {
      expect(judge(each, 'in tcp 10.9.9.9 > 10.1.0.5:1')).toEqual([
        expect.stringMatching(/^allow/),
      ]);
    }
  });
});

describe('of further fields', () => {
  const packet = 'in tcp 10.9.9.9 > 10.1.0.5:80';
  it.each([
    ['<none>', '17 terminating', packet, `${packet} flags A`],
    ['<none>', '5 terminating', `${packet} flags A`, packet],
    ['Source MAC : 02-00-00-00-00-01', '1', `${packet} smac 02-00-00-00-00-01`, packet],
    ['Destination MAC : 02-00-00-00-00-01', '1', `${packet} dmac 02-00-00-00-00-01`, packet],
    ['VLAN ID : 5-6', '1', `${packet} vlan 6`, `${packet} vlan 7`],
    ['Protocols : 252', '1', 'in udp 10.9.9.9 > 10.1.0.5:4789 tni 7', packet],
    [
      'Protocols : 252\n            TNI : 7',
      '1',
      'in udp 10.9.9.9 > 10.1.0.5:4789 tni 7',
      'in udp 10.9.9.9 > 10.1.0.5:4789 tni 8',
    ],
    ['GRE key : 4294967295', '1', 'in gre 10.9.9.9 > 10.1.0.5 key 4294967295', packet],
  ])('%s, flags %s', (condition, flags, met, missed) => {
    const text = LAYER + GROUP + rule(condition, { flags }) + END;
    expect(port(text).judge(met, missed)).toEqual(['allow clients', 'drop implicit-deny']);
  });

  it('of a group hold for all of its rules, and so does its match type', () => {
    const prefix = GROUP.replace('<none>', 'Protocols : 6').replace(
      'Priority-based match',
      'Longest prefix match on Source IP',
    );
    const wide = rule('Source IP : 10.0.0.0/8', { name: 'wide', priority: '1', id: 'W' });
    const narrow = rule('Source IP : 10.9.0.0/16', { name: 'narrow', priority: '2', id: 'N' });
    const text = LAYER + prefix + wide + narrow + END;
    expect(
      port(text).judge(packet, 'in tcp 10.8.0.1 > 10.1.0.5:80', 'in udp 10.9.9.9 > 10.1.0.5:80'),
    ).toEqual(['allow narrow', 'allow wide', 'drop implicit-deny']);
  });

  it('are said by explain with what was wanted', () => {
    const text = LAYER + GROUP + rule('Source MAC : 02-00-00-00-00-01', { flags: '17' }) + END;
    const { failed } = explained(text, `${packet} flags A`);
    expect(failed).toEqual({
      ...{ field: 'source-mac', wanted: ['02-00-00-00-00-01'], wanted_count: 1, actual: null },
    });
    const only = LAYER + GROUP + rule('<none>', { flags: '17' }) + END;
    expect(explained(only, `${packet} flags A`).failed).toMatchObject({
      ...{ field: 'tcp-opening', wanted: ['SYN'], actual: 'no SYN' },
    });
  });
});

describe('the state of a port', () => {
  const state = (enabled: string, blocked: string): string => `
 ITEM LIST
===========

PORT STATE
  Enabled : ${enabled}
  Blocked : ${blocked}
  BlockedOnRestore : TRUE
  No Encapsulation Offloads Enabled

Command get-port-state succeeded!
`;
  const text = LAYER + GROUP + rule('<none>') + END;
  const packets = ['in tcp 10.9.9.9 > 10.1.0.5:80', 'out tcp [fd00::5] > [fd00::9]:80'];
  it.each([
    ['TRUE', 'FALSE', ['allow clients', 'drop implicit-deny']],
    ['TRUE', 'TRUE', ['drop port-blocked', 'drop port-blocked']],
    ['FALSE', 'FALSE', ['allow guest-default-allow', 'allow port-not-filtered']],
    ['FALSE', 'TRUE', ['allow guest-default-allow', 'allow port-not-filtered']],
  ])('enabled %s, blocked %s', (enabled, blocked, verdicts) => {
    expect(port(state(enabled, blocked) + text).judge(...packets)).toEqual(verdicts);
    expect(port(text + state(enabled, blocked)).judge(...packets)).toEqual(verdicts);
  });
});

describe('refused with its line', () => {
  const first = LAYER + GROUP;
  const line = (text: string, part: string): string => {
    const at = text.split('\n').findIndex((each) => each.includes(part));
    return `${at + 1}:${text.split('\n')[at]!.search(/\S/) + 1}`;
  };
  it.each([
    ['an unknown condition', 'Source tag : 7', 'unsupported-condition'],
    ['an address of the other family', 'Source IP : fd00::1', 'unsupported-condition'],
    ['an address that is none', 'Source IP : 10.0.0.256', 'unsupported-condition'],
    ['a reversed range', 'Destination ports : 80-79', 'unsupported-condition'],
    ['a port above 65535', 'Destination ports : 65536', 'unsupported-condition'],
    ['an empty list', 'Protocols :', 'unsupported-condition'],
  ])('%s', (_, condition, code) => {
    const text = first + rule(condition) + END;
    expect(errorsOf(text)).toEqual([`${line(text, condition)} ${code}`]);
  });

  it('a condition that comes twice', () => {
    const text = first + rule('Protocols : 6\n            Protocols : 17') + END;
    expect(errorsOf(text)).toEqual([`${line(text, 'Protocols : 17')} unsupported-condition`]);
  });

  it('an unknown condition of a group, and a match type that says no side', () => {
    const group = LAYER + GROUP.replace('<none>', 'Source tag : 6') + rule('<none>') + END;
    expect(errorsOf(group)[0]).toBe(`${line(group, 'Source tag')} unsupported-condition`);
    const lpm = LAYER + GROUP.replace('Priority-based', 'Longest prefix') + rule('<none>') + END;
    expect(errorsOf(lpm)[0]).toBe(`${line(lpm, 'Longest')} unsupported-condition`);
  });

  it('several prefixes in a group of the longest', () => {
    const lpm = GROUP.replace('Priority-based match', 'Longest prefix match on Source IP');
    const text = LAYER + lpm + rule('Source IP : 10.0.0.0/9, 10.128.0.0/9') + END;
    expect(errorsOf(text)).toEqual([`${line(text, 'Source IP : 10')} unsupported-condition`]);
  });

  it('a rule without group, a group without layer, two layers of one priority', () => {
    expect(errorsOf(rule('<none>'))).toEqual(['2:5 dump-incomplete']);
    const loose = GROUP.replace('ACL_ENDPOINT_GROUP_IPV4_IN', 'X') + rule('<none>');
    expect(errorsOf(loose)).toEqual(['1:3 dump-incomplete']);
    const twice =
      first +
      rule('<none>') +
      LAYER.replace('ACL_ENDPOINT_LAYER', 'B') +
      GROUP.replace('IPV4_IN', 'B') +
      rule('<none>') +
      END;
    expect(() => judge(twice, 'in tcp 1.1.1.1 > 10.1.0.5:1')).toThrow('share the priority 15');
  });
});

describe('said', () => {
  const said = (text: string): string[] =>
    read(text).diagnostics.map(({ severity, code }) => `${severity} ${code}`);

  it('when a layer is assumed, or left out because it changes packets', () => {
    expect(said(GROUP + rule('<none>'))).toEqual(['info dump-assumed']);
    const nat = LAYER.replaceAll('ACL_ENDPOINT_LAYER', 'NAT').replace('15', '50');
    const nats = GROUP.replaceAll('ACL_ENDPOINT_GROUP', 'NATS') + rule('<none>', { type: 'nat' });
    expect(said(LAYER + GROUP + rule('<none>') + nat + nats + END)).toEqual([
      'warning dump-not-evaluated',
    ]);
  });
});

describe('groups of one priority', () => {
  const group = (name: string, action: string): string =>
    GROUP.replaceAll('ACL_ENDPOINT_GROUP_IPV4_IN', name) +
    rule('<none>', { type: action, flags: '2 stateful ' });
  const both = (first: string, second: string): string =>
    LAYER + group('ONE', first) + group('TWO', second) + END;
  const PACKET = 'in tcp 1.1.1.1 > 10.1.0.5:1';
  const sharedIn = (text: string): string[] =>
    normaliseHost({ documents: [read(text)], platform: PLATFORM, strict: true })
      .diagnostics.filter(({ message }) => message.includes('share the priority'))
      .map(({ severity, code, message }) => `${severity} ${code} ${message}`);

  it('are asked in the order of the text, and that is said', () => {
    expect(judge(both('block', 'allow'), PACKET)).toEqual(judge(both('allow', 'allow'), PACKET));
    expect(judge(both('allow', 'block'), PACKET)[0]).toMatch(/^drop /);
    expect(sharedIn(both('allow', 'block'))).toEqual([
      'warning dump-assumed The groups "ONE" and "TWO" of layer "ACL_ENDPOINT_LAYER" share the priority 1; they are asked in the order of the text.',
    ]);
  });

  it('of two directions or families never meet, and nothing is said', () => {
    const out = group('TWO', 'block').replace('Direction : IN', 'Direction : OUT');
    expect(out).not.toBe(group('TWO', 'block'));
    expect(sharedIn(LAYER + group('ONE', 'allow') + out + END)).toEqual([]);
    expect(sharedIn(LAYER + group('ONE', 'allow') + END)).toEqual([]);
  });
});

describe('hostile text', () => {
  it('is read or refused, and never throws otherwise', () => {
    const whole = (
      LAYER +
      GROUP +
      rule('Source IP : 10.9.0.0/16\n            Protocols : 6') +
      END
    ).split('\n');
    const random = new Random(4711);
    const junk = [
      '',
      ':',
      ' : ',
      'RULE :',
      'GROUP : x',
      'LAYER :',
      'Conditions:',
      'Flow TTL: 9e9',
      '\u0000',
      'Priority : -1',
    ];
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const lines = [...whole];
      for (let edits = random.below(6); edits >= 0; edits--) {
        const at = random.below(lines.length);
        if (random.chance(0.4)) lines.splice(at, 1);
        else if (random.chance(0.5)) lines.splice(at, 0, random.pick(junk));
        else lines[at] = lines[at]!.slice(0, random.below(20)) + random.pick(whole);
      }
      const { diagnostics, policies } = read(lines.join(random.pick(['\n', '\r\n', '\r'])));
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      refused += errors.length > 0 ? 1 : 0;
      for (const { location } of errors) expect(location.line).toBeGreaterThan(0);
      // What is taken without an error has each condition that was written.
      if (errors.length > 0) continue;
      const text = lines.join('\n');
      for (const each of policies.layers.flatMap(({ groups }) => groups).flatMap((g) => g.rules)) {
        const { protocols, source } = each.conditions;
        if (protocols === null)
          expect(text).not.toMatch(/Conditions:\n +Source IP.*\n +Protocols : 6\n/);
        if (source === null)
          expect(text).not.toMatch(
            /Conditions:\n +Source IP : 10.9.0.0\/16\n +Proto.*\n +Flow TTL: 240\n/,
          );
      }
    }
    expect(refused).toBeGreaterThan(500);
  });

  it('of many rules is read in time that grows with it', () => {
    const rules = Array.from({ length: 20_000 }, (_, i) =>
      rule(`Source IP : 10.9.${i >> 8}.${i & 255}`, { id: `R${i}` }),
    );
    const begin = performance.now();
    expect(errorsOf(LAYER + GROUP + rules.join(''))).toEqual([]);
    expect(performance.now() - begin).toBeLessThan(20_000);
  });
});

const SAMPLES = path.join(ROOT, '../shared/data/vfpctrl');

describe.skipIf(!existsSync(SAMPLES))('the samples', () => {
  const sample = (name: string): string => readFileSync(path.join(SAMPLES, name), 'utf8');

  it.each(
    existsSync(SAMPLES)
      ? readdirSync(SAMPLES).filter((name) => /^(?:list|rule|get)-?.*\.txt$/.test(name))
      : [],
  )('%s is read, or refused with a code', (name) => {
    for (const { code } of read(sample(name)).diagnostics)
      expect(code).toMatch(/^(?:dump|not-json)/);
  });

  it('of an ACL group allows what its first rule names, and then everything', () => {
    const text = sample('list-rule.acl-endpoint-in.calico-rke2.txt');
    const [host, other] = judge(
      text,
      'in tcp 10.156.233.218:4000 > 10.1.0.5:80',
      'in tcp 10.9.9.9:4000 > 10.1.0.5:80',
    );
    expect([host, other].every((verdict) => verdict!.startsWith('allow'))).toBe(true);
    expect(judge(text, 'out tcp 10.1.0.5:5 > 10.9.9.9:80')).toEqual(['drop implicit-deny']);
  });

  it('of one rule lacks its group', () => {
    expect(errorsOf(sample('rule.acl-allow-tcp-port.calico-5800.txt'))).toEqual([
      '1:5 dump-incomplete',
    ]);
  });

  it('of layers alone have no rules', () => {
    const { diagnostics } = read(sample('list-layer.container-endpoint.ws2022.txt'));
    expect(diagnostics.some(({ code }) => code === 'dump-incomplete')).toBe(true);
    expect(diagnostics.filter(({ code }) => code === 'dump-not-evaluated').length).toBe(6);
  });
});
