/** Drawn rules and packets: the engine and the naive reading agree, and so do changed policies. */
import { describe, expect, it } from 'vitest';

import { Simulator, type Tuple } from '../../src/index.js';
import {
  drawFirewallPacket,
  drawMachine,
  judgeFirewall,
  type DrawnMachine,
  type DrawnPacket,
  type DrawnRule,
  type FirewallAnswer,
} from '../oracle/firewall.js';
import { Random } from '../oracle/random.js';
import { machine, OWN, type Machine } from './machine.js';

const SEED = 4;
const MACHINES = 300;
const PACKETS = 40;

function build({ rules, processes, prefixes, defaults }: DrawnMachine): Machine {
  const action = (word: 'allow' | 'block'): string => (word === 'allow' ? 'Allow' : 'Block');
  return machine({
    rules,
    profiles: {
      Public: {
        ...{
          DefaultInboundAction: action(defaults.in),
          DefaultOutboundAction: action(defaults.out),
        },
        // The naive reading knows rules, not stealth.
        DisableStealthMode: true,
      },
    },
    interface: { addresses: [OWN], processes, prefixes },
  });
}

function tupleOf({
  direction,
  protocol,
  local,
  remote,
  localPort,
  remotePort,
  type,
  code,
}: DrawnPacket): Tuple {
  const [src, dst] = direction === 'in' ? [remote, local] : [local, remote];
  const [sport, dport] = direction === 'in' ? [remotePort, localPort] : [localPort, remotePort];
  return {
    ...{ dir: direction, proto: protocol, src, dst },
    ...((protocol === 6 || protocol === 17) && { sport, dport }),
    ...(protocol === 1 && { type, code, id: 1 }),
  };
}

function answersOf({ compiled }: Machine, packets: readonly DrawnPacket[]): FirewallAnswer[] {
  const simulator = new Simulator(compiled, { stateless: true });
  let counted = 0;
  return packets.map((packet) => {
    const [records] = simulator.judge([tupleOf(packet)]);
    const { verdict, rule } = records![0]!;
    const before = counted;
    counted = simulator.counters().reduce((sum, row) => sum + row.assumed, 0);
    const assumed = counted > before;
    return { verdict: verdict === 'allow' ? 'allow' : 'drop', rule, assumed };
  });
}

function* drawn(count: number): Generator<readonly [DrawnMachine, DrawnPacket[], Random]> {
  const random = new Random(SEED);
  for (let i = 0; i < count; i++) {
    const host = drawMachine(random, OWN);
    const packets = Array.from({ length: PACKETS }, () => drawFirewallPacket(random, OWN));
    yield [host, packets, random];
  }
}

const verdicts = (answers: readonly FirewallAnswer[]): string[] =>
  answers.map(({ verdict }) => verdict);

describe(`drawn machines (seed ${SEED})`, () => {
  it('are judged as the naive reading judges them', () => {
    let assumed = 0;
    for (const [host, packets] of drawn(MACHINES)) {
      const expected = packets.map((packet) => judgeFirewall(host, packet));
      assumed += expected.filter((answer) => answer.assumed).length;
      expect({ host, answers: answersOf(build(host), packets) }).toEqual({
        host,
        answers: expected,
      });
    }
    // The draw is worth something: all three values occur.
    expect(assumed).toBeGreaterThan(MACHINES);
  });

  const change = (
    title: string,
    to: (rules: readonly DrawnRule[], random: Random) => readonly DrawnRule[],
    holds: (before: readonly string[], after: readonly string[]) => void,
  ): void =>
    it(title, () => {
      for (const [host, packets, random] of drawn(60)) {
        const before = verdicts(answersOf(build(host), packets));
        const after = verdicts(
          answersOf(build({ ...host, rules: to(host.rules, random) }), packets),
        );
        holds(before, after);
      }
    });

  const EVERY: DrawnRule = {
    ...{ Name: 'added', Direction: 'Inbound', Action: 'Allow', Enabled: true, Profile: [] },
    ...{ Protocol: 'Any', LocalPort: [], RemotePort: [], IcmpType: [], LocalAddress: [] },
    RemoteAddress: ['128.0.0.0/1'],
  };

  change(
    'say the same in any order of rules',
    (rules, random) => random.some(rules, rules.length),
    (before, after) => expect(after).toEqual(before),
  );
  change(
    'say the same without the rules that are disabled',
    (rules) => rules.filter(({ Enabled }) => Enabled),
    (before, after) => expect(after).toEqual(before),
  );
  change(
    'never block more for another Allow',
    (rules) => [...rules, EVERY, { ...EVERY, Name: 'out', Direction: 'Outbound' }],
    (before, after) =>
      before.forEach((verdict, i) => expect([verdict, 'allow']).toContain(after[i])),
  );
  change(
    'never allow more for another Block',
    (rules) => [...rules, { ...EVERY, Action: 'Block' }],
    (before, after) =>
      before.forEach((verdict, i) => expect([verdict, 'drop']).toContain(after[i])),
  );
  change(
    'never allow more for a Block that is wider',
    (rules) =>
      rules.map((rule) =>
        rule.Action === 'Block' ? { ...rule, RemoteAddress: [], LocalAddress: [] } : rule,
      ),
    (before, after) =>
      before.forEach((verdict, i) => expect([verdict, 'drop']).toContain(after[i])),
  );
  change(
    'say the same when a list is split over two rules',
    (rules) =>
      rules.flatMap((rule) =>
        rule.RemoteAddress.length < 2
          ? [rule]
          : rule.RemoteAddress.map((item, i) => ({
              ...rule,
              Name: `${rule.Name}-${i}`,
              RemoteAddress: [item],
            })),
      ),
    (before, after) => expect(after).toEqual(before),
  );
});
