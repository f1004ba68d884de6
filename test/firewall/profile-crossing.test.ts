/**
 * Flows of rules with profile crossing, when the profile of their interface changes.
 * Source: windows-firewall.md 6.7; docs/semantics/updates.md 2. Assumption: W19.
 */
import { describe, expect, it } from 'vitest';

import { Session, tcp, type CompiledHost } from '../../src/index.js';
import { machine, OWN, PEER, type MachineSpec } from './machine.js';

const CROSSING = {
  ...{ Name: 'web', Protocol: 'TCP', LocalPort: 80, Profile: ['Private'] },
  AllowProfileCrossing: true,
};
const STAYING = { ...CROSSING, AllowProfileCrossing: false };

/** The machine in a network of that profile. */
function inProfile(profile: string, rule: object, more: MachineSpec = {}): CompiledHost {
  const { rules = [], interface: eth } = more;
  return machine({ ...more, rules: [rule, ...rules], interface: { ...eth, profile } }).compiled;
}

const syn = tcp(`${PEER}:4000`, `${OWN}:80`);
const answer = tcp(`${OWN}:80`, `${PEER}:4000`, { flags: 'SA', ack: 1 });
const data = tcp(`${PEER}:4000`, `${OWN}:80`, { flags: 'PA', seq: 2, ack: 2 });
const another = tcp(`${PEER}:4001`, `${OWN}:80`);

function withFlow(rule: object, more?: MachineSpec): Session {
  const session = new Session(inProfile('private', rule, more));
  expect(session.send(syn)).toMatchObject({ verdict: 'allow', rule: 'web', reason: 'rule' });
  return session;
}

describe('a flow of a rule with profile crossing', () => {
  it('lives on where the rule does not count any more, and nobody else is let in by it', () => {
    const session = withFlow(CROSSING);
    expect(session.apply(inProfile('public', CROSSING))).toMatchObject({
      ...{ mode: 'keep', survived: 1, changed: 0, cut: 0 },
      flows: [{ fate: 'survived', stage: 'host', rule: 'web', now: { retired: true } }],
    });
    expect(session.send(answer)).toMatchObject({ verdict: 'allow', reason: 'established' });
    expect(session.send(data)).toMatchObject({ verdict: 'allow', rule: 'web' });
    expect(session.send(another)).toMatchObject({
      ...{ verdict: 'drop', reason: 'query-user-default' },
    });
  });

  it('is cut where the rule does not say it', () => {
    const session = withFlow(STAYING);
    expect(session.apply(inProfile('public', STAYING))).toMatchObject({ survived: 0, cut: 1 });
    expect(session.send(data).verdict).toBe('drop');
  });

  it('lives on at every further change of the profile, and is cut by the first of the rules', () => {
    const session = withFlow(CROSSING);
    for (const profile of ['public', 'domain', 'private', 'public']) {
      expect(session.apply(inProfile(profile, CROSSING))).toMatchObject({ survived: 1, cut: 0 });
    }
    const other = { rules: [{ Name: 'ssh', Protocol: 'TCP', LocalPort: 22 }] };
    expect(session.apply(inProfile('public', CROSSING, other))).toMatchObject({ cut: 1 });
  });

  it.each<readonly [string, MachineSpec]>([
    ['a rule', { rules: [{ Name: 'ssh', Protocol: 'TCP', LocalPort: 22 }] }],
    ['a setting', { profiles: { Domain: { DisableStealthMode: true } } }],
    ['the interface', { interface: { prefixes: ['192.168.0.0/16'] } }],
    ['an option', { options: { plainTraffic: 'block' } }],
  ])('is asked again where %s changes too', (_, more) => {
    const session = withFlow(CROSSING);
    expect(session.apply(inProfile('public', CROSSING, more))).toMatchObject({ cut: 1 });
    // The control: the same, both before and after.
    const same = withFlow(CROSSING, more);
    expect(same.apply(inProfile('public', CROSSING, more))).toMatchObject({ survived: 1, cut: 0 });
  });

  it('is asked again where the profile stays', () => {
    const session = withFlow(CROSSING);
    const blocked = { rules: [{ Name: 'no', Action: 'Block', Protocol: 'TCP', LocalPort: 80 }] };
    expect(session.apply(inProfile('private', CROSSING, blocked))).toMatchObject({ cut: 1 });
  });

  it.each(['reevaluate', 'reset'] as const)('is not spared by %s', (mode) => {
    const session = withFlow(CROSSING);
    expect(session.apply(inProfile('public', CROSSING), { mode })).toMatchObject({ cut: 1 });
  });

  it('lives on in a profile that takes no connection, and ends with a firewall that is off', () => {
    const shielded = { profiles: { Public: { AllowInboundRules: false } } };
    const session = withFlow(CROSSING, shielded);
    expect(session.apply(inProfile('public', CROSSING, shielded))).toMatchObject({ survived: 1 });
    expect(session.send(another)).toMatchObject({ verdict: 'drop', reason: 'shielded' });
    const off = { profiles: { Public: { Enabled: false } } };
    const open = withFlow(CROSSING, off);
    expect(open.apply(inProfile('public', CROSSING, off))).toMatchObject({ cut: 1 });
    expect(open.send(data)).toMatchObject({ verdict: 'allow', reason: 'firewall-off' });
  });
});
