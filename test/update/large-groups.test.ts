/**
 * Changes of a group that is large enough to be asked through the search it had: whatever changes, and
 * whenever a search of its own is there, packets meet what they would meet in a session that began
 * with the policy.
 */
import { describe, expect, it } from 'vitest';
import { Session, tcp, type CompiledHost, type Packet } from '../../src/index.js';
import { loadProgram } from '../../src/native/engine.js';
import { randomOf } from '../source/random.js';
import { acl, compiledOf } from '../worked/model.js';

const PLATFORM = { windows: 'ltsc2022', driver: 'L2Bridge', isolation: 'hyperv' } as const;

interface Rule {
  readonly id: string;
  readonly action: 'Allow' | 'Block';
  readonly port: number;
  readonly network: number;
}

const compiledRules = (rules: readonly Rule[]): CompiledHost =>
  compiledOf(
    PLATFORM,
    ...rules.map(({ id, action, port, network }, i) =>
      acl(action, 'In', {
        ...{ Id: id, Protocols: '6', LocalPorts: `${port}-${port + 40}`, RuleType: 'Switch' },
        ...{ RemoteAddresses: `10.${network}.0.0/16`, Priority: 100 + i },
      }),
    ),
  );

/** Reasons for which the groups of a program are searched as they are. */
const reasons = (host: CompiledHost): string[] =>
  loadProgram(host.program)
    .groups()
    .map(({ reason }) => reason);
const isPutOff = (host: CompiledHost): boolean =>
  reasons(host).some((reason) => reason.includes('before it changed'));

describe('changes of a large group', () => {
  it('hold for the next packet, and for those after its search is built', async () => {
    const below = randomOf(7);
    const draw = (id: string): Rule => ({
      ...{ id, action: below(2) === 0 ? 'Allow' : 'Block', port: 1000 + below(300) },
      network: below(20),
    });
    let rules = Array.from({ length: 300 }, (_, i) => draw(`r${i}`));
    let next = rules.length;
    const packets = (): Packet[] =>
      Array.from({ length: 150 }, () =>
        tcp(`10.${below(20)}.0.9:4000`, `10.1.0.5:${990 + below(360)}`, { dir: 'in' }),
      );
    const told = (from: Session, sent: readonly Packet[]): string[] =>
      [...from.sendAll(sent)].map(({ verdict, rule, reason }) => `${verdict} ${rule} ${reason}`);
    const verdicts = new Set<string>();
    let host = compiledRules(rules);
    for (let step = 0; step < 30; step++) {
      // Nothing has counted yet, so that what is applied is what judges, without earlier rules.
      using session = new Session(host, { stateless: true });
      const changes = step % 7 === 6 ? 60 : 1 + below(3);
      for (let i = 0; i < changes; i++) {
        const at = below(rules.length);
        const kind = below(3);
        const came = kind === 1 ? [] : [draw(`r${next++}`)];
        rules = rules.toSpliced(at, kind === 0 ? 0 : 1, ...came);
      }
      host = compiledRules(rules);
      session.apply(host);
      using fresh = new Session(compiledRules(rules), { stateless: true });
      const sent = packets();
      const expected = told(fresh, sent);
      expect(told(session, sent), `step ${step}`).toEqual(expected);
      // Every third change waits for the search of its own; the others begin from what there is.
      if (step % 3 === 0) {
        await expect.poll(() => isPutOff(host), { timeout: 30_000 }).toBe(false);
        expect(told(session, sent), `step ${step}, built`).toEqual(expected);
      }
      for (const each of expected) verdicts.add(each.split(' ')[0]!);
    }
    expect(verdicts).toEqual(new Set(['allow', 'drop']));
  }, 60_000);

  it('do not reach a policy that was left', () => {
    const rules = Array.from({ length: 300 }, (_, i): Rule => ({
      id: `r${i}`,
      action: 'Allow',
      port: 1000 + i,
      network: 1,
    }));
    const open = compiledRules(rules);
    const closed = compiledRules(rules.map((rule) => ({ ...rule, action: 'Block', network: 2 })));
    const one = compiledRules(rules.toSpliced(0, 1, { ...rules[0]!, port: 5000 }));
    const packet = tcp('10.1.0.9:4000', '10.1.0.5:5000', { dir: 'in' });
    using session = new Session(open);
    const snapshot = session.snapshot();
    session.apply(one);
    expect(session.send(packet)).toMatchObject({ verdict: 'allow', rule: 'r0' });
    session.apply(closed, { mode: 'reset' });
    expect(session.send(packet)).toMatchObject({ verdict: 'drop' });
    session.restore(snapshot);
    expect(session.send(packet)).toMatchObject({ verdict: 'drop', reason: 'implicit-deny' });
    session.apply(one);
    expect(session.send(packet)).toMatchObject({ verdict: 'allow', rule: 'r0' });
  });
});
