/** The matchers through Vitest's expect and Jest's: verdicts, negation, asymmetry, messages. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect as jestExpect } from 'expect';
import { afterAll, describe, expect, it } from 'vitest';
import {
  PortaclError,
  Session,
  coverageOf,
  loadHost,
  raw,
  tcp,
  tcpConversation,
  udp,
} from '../../src/index.js';
import type { PortaclMatchers } from '../../src/matchers/matchers.js';
import '../../src/vitest.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'portacl-matchers-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const POLICY = `[
  { "Type": "ACL", "Settings": {
      "Id": "web", "Action": "Allow", "Direction": "In", "Protocols": "6",
      "LocalPorts": "80", "RuleType": "Switch", "Priority": 200 } },
  { "Type": "ACL", "Settings": {
      "Id": "no-ssh", "Action": "Block", "Direction": "In", "Protocols": "6",
      "LocalPorts": "22", "RuleType": "Switch", "Priority": 100 } }
]
`;
const file = path.join(scratch, 'web.json');
writeFileSync(file, POLICY);
const loaded = await loadHost({
  policies: [file],
  platform: { windows: 'ltsc2022', driver: 'L2Bridge', isolation: 'process' },
});
const host = loaded.compiled;

const IN = { dir: 'in' } as const;
const toWeb = tcp('10.9.9.9:4000', '10.1.0.5:80', IN);
const toSsh = tcp('10.9.9.9:4000', '10.1.0.5:22', IN);
const toDns = udp('10.9.9.9:4000', '10.1.0.5:53', IN);

/** What jest.setup does, without Jest. */
Object.assign(globalThis, { expect: jestExpect });
await import('../../src/jest.js');
Reflect.deleteProperty(globalThis, 'expect');

type Expect = (host: unknown) => PortaclMatchers & { readonly not: PortaclMatchers };
const FRAMEWORKS: readonly (readonly [string, Expect])[] = [
  ['Vitest', expect],
  ['Jest', jestExpect as unknown as Expect],
];

/** The message of an expectation that must fail, without colours and the place of the test. */
function messageOf(expectation: () => unknown): string {
  try {
    expectation();
  } catch (error) {
    return (error as Error).message.replaceAll(scratch, 'DIR');
  }
  throw new Error('the expectation held');
}

describe.each(FRAMEWORKS)('with the expect of %s', (_, expectOf) => {
  it('holds what is so', () => {
    const about = (): ReturnType<Expect> => expectOf(host);
    about().toAllow(toWeb);
    about().not.toAllow(toSsh);
    about().toDrop(toSsh);
    about().toDrop(toSsh, { by: 'no-ssh', stage: 'switch', reason: 'rule' });
    about().toDrop(toDns, { by: null, reason: 'implicit-deny' });
    about().not.toDrop(toWeb);
    about().not.toDrop(toSsh, { by: 'web' });
    about().toAllowReply(toWeb);
    about().not.toAllowReply(toSsh);
    about().toBeDecidedBy(toSsh, 'no-ssh');
    about().toBeDecidedBy(toDns, null);
    about().toBeDecidedBy(toWeb, { stage: 'host', reason: 'default-allow-inbound' });
    about().not.toBeDecidedBy(toSsh, 'web');
    expectOf(loaded).toAllow(toWeb);
  });

  it('asks a session how much of its policy was met', () => {
    const session = new Session(host);
    session.send(toWeb);
    const about = (): ReturnType<Expect> => expectOf(session);
    about().toHaveCoverage(25);
    about().toHaveCoverage({ rules: 50, defaults: 16 });
    about().not.toHaveCoverage(50);
    about().not.toHaveCoverage({ rules: 50, defaults: 50 });
    const message = messageOf(() => about().toHaveCoverage({ rules: 100 }));
    expect(message).toContain('expected to have coverage of rules 100%, but it is rules 50%');
    expect(message).toMatch(
      /Never hit\n {2}\S+ switch in no-ssh, DIR\/web\.json:5:3\n {4}in tcp \S+ > \S+:22/,
    );
    expect(messageOf(() => about().not.toHaveCoverage(10))).toContain(
      'expected not to have coverage',
    );
    expectOf(coverageOf(session.counters())).toHaveCoverage(25);
    for (const least of [101, -1, NaN, '50', {}, { rule: 1 }, null, undefined] as never[]) {
      expect(() => about().toHaveCoverage(least)).toThrow(PortaclError);
      expect(() => about().not.toHaveCoverage(least)).toThrow(PortaclError);
    }
    // Values are not counted in a session, and what is not counted holds for nothing.
    expect(() => about().not.toHaveCoverage({ conditions: 1 })).toThrow('test cases count them');
    expect(() => expectOf(host).toHaveCoverage(0)).toThrow(
      'a session, a run of cases, or coverage',
    );
  });

  it('begins without flows on a host, and goes on in a session', () => {
    const answer = toWeb.reply!();
    expectOf(host).toDrop(answer);
    const session = new Session(host);
    expectOf(session).toAllow(toWeb);
    expectOf(session).toAllow(answer);
    expectOf(session).toBeDecidedBy(answer, { by: 'web', reason: 'established' });
  });

  it('takes conversations', () => {
    const talk = tcpConversation('10.9.9.9:4000', '10.1.0.5:80', IN).handshake().request('GET /');
    expectOf(host).toAllow(talk);
    expectOf(host).not.toAllow([toWeb, toSsh]);
    expectOf(host).toAllow(talk.idleFor(239).reply('late'));
    expectOf(host).not.toAllow(talk.idleFor(241).reply('too late'));
  });

  it('says which packet was dropped, by what, and which rule nearly let it in', () => {
    expect(messageOf(() => expectOf(host).toAllow(toDns))).toBe(
      [
        'expected to be allow, but udp 10.9.9.9:4000 > 10.1.0.5:53 in at endpoint: drop (switch, implicit-deny)',
        '  in endpoint, switch ACL_ENDPOINT_LAYER: drop (implicit-deny)',
        '  nearest rules that would have decided otherwise:',
        '    allow web: protocol is 17, not 6, and 1 more',
        '      DIR/web.json:2:3',
        '            { "Type": "ACL", "Settings": {',
        '            ^',
      ].join('\n'),
    );
  });

  it('says the line of the rule that dropped', () => {
    const message = messageOf(() => expectOf(host).toAllow([toWeb, toSsh]));
    expect(message).toContain('packet 2 of 2: tcp 10.9.9.9:4000 > 10.1.0.5:22 [S] in at endpoint');
    expect(message).toContain('drop by no-ssh (switch, rule)');
    expect(message).toContain('DIR/web.json:5:3\n            { "Type": "ACL", "Settings": {\n');
  });

  it('says what was expected instead', () => {
    expect(messageOf(() => expectOf(host).toDrop(toSsh, { by: 'web', stage: 'host' }))).toContain(
      'expected to be drop by web (host), but tcp 10.9.9.9:4000 > 10.1.0.5:22 [S] in at endpoint: drop by no-ssh',
    );
    expect(messageOf(() => expectOf(host).toDrop(toWeb))).toContain('expected to be drop, but tcp');
    expect(messageOf(() => expectOf(host).toBeDecidedBy(toDns, 'web'))).toContain(
      'expected to be decided by web, but udp',
    );
    expect(messageOf(() => expectOf(host).toBeDecidedBy(toSsh, null))).toContain(
      'expected to be decided by a default, but tcp',
    );
    expect(messageOf(() => expectOf(host).toAllowReply(toSsh))).toContain(
      'expected to be allow of the packet and its reply, but the packet: tcp',
    );
  });

  it('says what should not have been', () => {
    expect(messageOf(() => expectOf(host).not.toAllow(toWeb))).toContain(
      'expected not to be allow, but tcp 10.9.9.9:4000 > 10.1.0.5:80 [S] in at endpoint: allow (host, default-allow-inbound)',
    );
    expect(messageOf(() => expectOf(host).not.toAllow([toWeb, toWeb]))).toContain(
      'all 2 packets; the last: tcp',
    );
    expect(messageOf(() => expectOf(host).not.toDrop(toSsh, { by: 'no-ssh' }))).toContain(
      'expected not to be drop by no-ssh, but tcp',
    );
    expect(messageOf(() => expectOf(host).not.toAllowReply(toWeb))).toContain('the reply: tcp');
    expect(messageOf(() => expectOf(host).not.toBeDecidedBy(toSsh, 'no-ssh'))).toContain(
      'expected not to be decided by no-ssh',
    );
  });

  it.each<[string, (about: PortaclMatchers) => unknown, string]>([
    [
      'what no endpoint judges',
      (about) => about.toDrop(raw(Uint8Array.of(1))),
      'no endpoint judges',
    ],
    ['what is no packet', (about) => about.toAllow({} as never), 'packet 0 is an object'],
    ['no packet at all', (about) => about.toAllow([]), 'the number of packets is 0'],
    [
      'a packet without a known reply',
      (about) => about.toAllowReply(raw(toWeb.bytes, { ...IN, link: 'ip' })),
      'no reply to this packet',
    ],
    [
      'an expectation of another name',
      (about) => about.toDrop(toSsh, { rule: 'x' } as object),
      '"rule" is no option here',
    ],
    [
      'a decision of the wrong kind',
      (about) => about.toBeDecidedBy(toSsh, 7 as never),
      'the options is 7',
    ],
  ])('refuses %s, negated or not', (_name, expectation, message) => {
    expect(messageOf(() => expectation(expectOf(host)))).toContain(message);
    expect(messageOf(() => expectation(expectOf(host).not))).toContain(message);
    expect(() => expectation(expectOf(host))).toThrow(PortaclError);
  });

  it('refuses what is no host', () => {
    for (const subject of [undefined, null, 7, {}, [], { compiled: 1 }]) {
      expect(messageOf(() => expectOf(subject).toAllow(toWeb))).toContain('a compiled host');
    }
  });
});

describe('an asymmetric matcher', () => {
  it('looks into what is compared', () => {
    const asymmetric = expect as unknown as PortaclMatchers & { readonly not: PortaclMatchers };
    expect({ host }).toEqual({ host: asymmetric.toAllow(toWeb) });
    expect({ host }).toEqual({ host: asymmetric.not.toAllow(toSsh) });
    expect({ host }).not.toEqual({ host: asymmetric.toAllow(toSsh) });
    const jest = jestExpect as unknown as PortaclMatchers;
    jestExpect({ host }).toEqual({ host: jest.toDrop(toSsh, { by: 'no-ssh' }) });
  });
});
