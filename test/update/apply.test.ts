/** Changes of policy in a session: each sentence of docs/semantics/updates.md by an example. */
import { describe, expect, it } from 'vitest';
import { Session, compileHost, tcp, udp, type CompiledHost, type Packet } from '../../src/index.js';
import { FakeHns } from '../../src/hns.js';
import { acl, compiledOf, compiledOfHost } from '../worked/model.js';

const PLATFORM = { windows: 'ltsc2022', driver: 'L2Bridge', isolation: 'process' } as const;
const HYPERV = { ...PLATFORM, isolation: 'hyperv' } as const;
const rule = (Id: string, action: 'Allow' | 'Block', port: number, more: object = {}): object =>
  acl(action, 'In', {
    ...{ Id, Protocols: '6', LocalPorts: String(port), Priority: 200, RuleType: 'Switch' },
    ...more,
  });
const WEB = compiledOf(HYPERV, rule('web', 'Allow', 80));
const CLOSED = compiledOf(HYPERV, rule('no-web', 'Block', 80));
const OPEN = compiledOf(HYPERV);

const syn = tcp('10.9.9.9:4000', '10.1.0.5:80', { dir: 'in' });
const answer = tcp('10.1.0.5:80', '10.9.9.9:4000', { dir: 'out', flags: 'SA', ack: 1 });

function withFlow(host: CompiledHost = WEB): Session {
  const session = new Session(host);
  expect(session.send(syn).verdict).toBe('allow');
  return session;
}

describe('a change of policy, flows of the switch stage', () => {
  it('keep lets an established connection live on, and says by what', () => {
    const session = withFlow();
    expect(session.apply(CLOSED)).toMatchObject({
      ...{ mode: 'keep', survived: 1, changed: 0, cut: 0 },
      flows: [
        {
          ...{ fate: 'survived', stage: 'switch', rule: 'web', action: 'allow', flows: 1 },
          now: { rule: 'web', retired: true },
          examples: [{ id: 1, remote: '10.9.9.9', remote_port: 4000, rule: 'web' }],
        },
      ],
    });
    expect(session.send(answer)).toMatchObject({ verdict: 'allow', rule: 'web', group: null });
    // The control: without the flow it is refused.
    expect(session.send(tcp('10.9.9.9:4001', '10.1.0.5:80', { dir: 'in' }))).toMatchObject({
      ...{ verdict: 'drop', rule: 'no-web' },
    });
  });

  it.each(['reevaluate', 'reset'] as const)('%s cuts what the new rules refuse', (mode) => {
    const session = withFlow();
    const update = session.apply(CLOSED, { mode });
    expect(update).toMatchObject({ survived: 0, changed: 0, cut: 1 });
    expect(update.flows[0]!.now).toEqual(
      mode === 'reset' ? null : { rule: 'no-web', reason: 'rule', action: 'block', retired: false },
    );
    expect(session.send(answer)).toMatchObject({ verdict: 'drop', reason: 'implicit-deny' });
  });

  it('lets a flow live on at every change, though no packet came under the rule in between', () => {
    const session = withFlow();
    const other = compiledOf(HYPERV, rule('other', 'Allow', 80));
    expect(session.apply(other, { mode: 'reevaluate' })).toMatchObject({ changed: 1, cut: 0 });
    const third = compiledOf(HYPERV, rule('third', 'Allow', 80));
    expect(session.apply(third, { mode: 'reevaluate' })).toMatchObject({ changed: 1, cut: 0 });
    expect(session.apply(CLOSED)).toMatchObject({ survived: 1, cut: 0 });
    expect(session.send(answer)).toMatchObject({ verdict: 'allow', rule: 'third' });
    expect(session.apply(CLOSED, { mode: 'reevaluate' })).toMatchObject({ cut: 1 });
  });

  it('reevaluate keeps what is still allowed, and reset does not', () => {
    const wider = compiledOf(HYPERV, rule('web', 'Allow', 80, { LocalPorts: '80,443' }));
    const session = withFlow();
    expect(session.apply(wider, { mode: 'reevaluate' })).toMatchObject({ survived: 1, cut: 0 });
    expect(session.send(answer)).toMatchObject({ verdict: 'allow', flow: 1 });
    expect(session.apply(wider, { mode: 'reset' })).toMatchObject({ survived: 0, cut: 1 });
    expect(session.flows()).toEqual([]);
  });

  it('reevaluate moves a flow to the rule that lets it in now', () => {
    const renamed = compiledOf(HYPERV, rule('site', 'Allow', 80));
    const session = withFlow();
    expect(session.apply(renamed, { mode: 'reevaluate' })).toMatchObject({
      ...{ survived: 0, changed: 1, cut: 0 },
      flows: [{ fate: 'changed', rule: 'web', now: { rule: 'site', retired: false } }],
    });
    expect(session.send(answer)).toMatchObject({ rule: 'site', reason: 'established' });
  });

  it.each(['keep', 'reevaluate', 'reset'] as const)('%s loses them with their layer', (mode) => {
    const session = withFlow();
    expect(session.apply(OPEN, { mode })).toMatchObject({
      ...{ cut: 1, flows: [{ fate: 'cut', now: null }] },
    });
    // While it is absent it filters nothing; afterwards its flows do not come back.
    expect(session.send(answer)).toMatchObject({ verdict: 'allow', reason: 'no-acl-layer' });
    session.apply(WEB, { mode });
    expect(session.send(answer).verdict).toBe('drop');
  });

  it('takes a rule whose action is turned round for another one', () => {
    const session = withFlow();
    const update = session.apply(compiledOf(HYPERV, rule('web', 'Block', 80)));
    expect(update.flows[0]!.now).toMatchObject({ rule: 'web', action: 'allow', retired: true });
    const counters = session.counters().filter((each) => each.rule === 'web');
    expect(counters.map(({ action, packets }) => [action, packets])).toEqual([
      ['block', 0],
      ['allow', 1],
    ]);
  });
});

describe('a change of policy, flows of the host stage', () => {
  const host = (...documents: object[]): CompiledHost =>
    compiledOf({ ...PLATFORM, driver: 'nat' }, ...documents);
  const ssh = tcp('10.9.9.9:4000', '10.1.0.5:22', { dir: 'in' });
  const allowed = host(acl('Allow', 'In', { Id: 'a', Protocols: '6', RuleType: 'Host' }));

  it('are asked again by keep: a block that is added cuts', () => {
    const session = new Session(allowed);
    session.send(ssh);
    const blocked = host(
      acl('Allow', 'In', { Id: 'a', Protocols: '6', RuleType: 'Host' }),
      acl('Block', 'In', { Id: 'b', Protocols: '6', LocalPorts: '22', RuleType: 'Host' }),
    );
    expect(session.apply(blocked)).toMatchObject({
      ...{ cut: 1, flows: [{ stage: 'host', rule: 'a', now: { rule: 'b', action: 'block' } }] },
    });
  });

  it('live on where the rules still allow', () => {
    const session = new Session(allowed);
    session.send(ssh);
    expect(session.apply(allowed)).toMatchObject({ survived: 1, cut: 0 });
  });
});

describe('a change of policy', () => {
  it('keeps what was counted, of rules that are gone and of those that stay', () => {
    const other = compiledOf(HYPERV, rule('web', 'Allow', 80), rule('ssh', 'Allow', 22));
    const session = withFlow(other);
    session.send(tcp('10.9.9.9:4000', '10.1.0.5:22', { dir: 'in' }));
    session.apply(WEB);
    session.send(answer);
    const counted = session.counters().filter((each) => each.rule !== null);
    expect(counted).toMatchObject([
      { rule: 'web', packets: 2, flows: 1, first_frame: 1, last_frame: 3 },
      { rule: 'ssh', packets: 1, flows: 1, retired: true },
    ]);
    expect(counted[0]).not.toHaveProperty('retired');
  });

  it('forgets retired rules that never counted', () => {
    const other = compiledOf(HYPERV, rule('web', 'Allow', 80), rule('ssh', 'Allow', 22));
    const session = withFlow(other);
    session.apply(WEB);
    expect(session.counters().map((each) => each.rule)).not.toContain('ssh');
  });

  it('goes by the names of endpoints, not by their places', () => {
    const pods = (...names: string[]): CompiledHost =>
      compiledOfHost({
        windows: 'ltsc2022',
        networks: [{ name: 'pods', driver: 'L2Bridge', subnets: ['10.1.0.0/24'] }],
        endpoints: names.map((name) => ({
          ...{ name, network: 'pods', isolation: 'process' },
          addresses: [name === 'web' ? '10.1.0.5' : '10.1.0.6'],
          policies: [rule('in', 'Allow', 80)],
        })),
      });
    const session = new Session(pods('db', 'web'));
    session.send(tcp('10.9.9.9:4000', '10.1.0.5:80'));
    session.send(tcp('10.9.9.9:4000', '10.1.0.6:80'));
    const update = session.apply(pods('web'));
    expect(update.flows.map(({ endpoint, fate }) => [endpoint, fate])).toEqual([
      ['db', 'cut'],
      ['db', 'cut'],
      ['web', 'survived'],
      ['web', 'survived'],
    ]);
    expect(session.send(tcp('10.1.0.5:80', '10.9.9.9:4000', { flags: 'SA' }))).toMatchObject({
      ...{ endpoint: 'web', reason: 'established', flow: 1 },
    });
    expect(session.send(tcp('10.9.9.9:4000', '10.1.0.6:80')).reason).toBe('no-endpoint');
    const gone = tcp('10.9.9.9:4000', '10.1.0.6:80', { dir: 'in', endpoint: 'db' });
    expect(() => session.send(gone)).toThrow(/db/);
    expect(session.counters().find((each) => each.endpoint === 'db')).toBeDefined();
    // What is gone hears no multicast either.
    const heard = session.send(udp('10.9.9.9:1', '224.0.0.1:1'));
    expect(heard.endpoint).toBe('web');
  });

  it('is undone by a snapshot from before it', () => {
    const session = withFlow();
    const before = session.snapshot();
    session.apply(CLOSED, { mode: 'reset' });
    expect(session.host).toBe(CLOSED);
    const after = session.snapshot();
    session.restore(before);
    expect(session.host).toBe(WEB);
    expect(session.send(answer)).toMatchObject({ verdict: 'allow', rule: 'web' });
    session.restore(after);
    expect(session.send(answer).verdict).toBe('drop');
  });

  it('takes its mode from the option of the new host', () => {
    const options = { ...CLOSED.host.options, onPolicyChange: 'reset' } as const;
    const session = withFlow();
    expect(session.apply(compileHost({ ...CLOSED.host, options }))).toMatchObject({
      ...{ mode: 'reset', cut: 1 },
    });
  });

  it('brings shorter timers, which make room in time', () => {
    const timed = (switchFlow: number): CompiledHost => {
      const { options } = WEB.host;
      const timers = { ...options.timers, switchFlow };
      return compileHost({ ...WEB.host, options: { ...options, timers, flowLimit: 1 } });
    };
    const packet = (port: number, at: number): Packet =>
      tcp(`10.9.9.9:${port}`, '10.1.0.5:80', { dir: 'in', flags: 'A', at });
    const blocked = tcp('10.9.9.9:4000', '10.1.0.5:81', { dir: 'in', at: 5 });
    const verdicts = (later: CompiledHost): string[] => {
      const session = new Session(timed(100));
      const first = session.send(packet(4000, 0)).verdict;
      session.apply(later);
      // Time passes without the flow, and then it is renewed, with a deadline before its old one.
      const others = [blocked, packet(4000, 6), packet(4001, 8)];
      return [first, ...others.map((each) => session.send(each).verdict)];
    };
    expect(verdicts(timed(1))).toEqual(['allow', 'drop', 'allow', 'allow']);
    // The control: the flow is alive still.
    expect(verdicts(timed(100))).toEqual(['allow', 'drop', 'allow', 'drop']);
  });

  it('refuses what is no host and no mode, and changes nothing then', () => {
    const session = withFlow();
    expect(() => session.apply({} as CompiledHost)).toThrow(
      expect.objectContaining({ code: 'bad-argument' }),
    );
    const mode = 'drop' as 'keep';
    expect(() => session.apply(CLOSED, { mode })).toThrow(/keep, reevaluate, reset/);
    expect(session.host).toBe(WEB);
    expect(session.send(answer)).toMatchObject({ verdict: 'allow', flow: 1 });
  });

  it('follows a controller on the fake service', () => {
    const hns = new FakeHns({ windows: 'ltsc2022' });
    const network = hns.createNetwork({ Name: 'pods', Type: 'L2Bridge' });
    const endpoint = hns.createEndpoint(network['ID'] as string, {
      Name: 'web',
      IpConfigurations: [{ IpAddress: '10.1.0.5', PrefixLength: 24 }],
    });
    const id = endpoint['ID'] as string;
    const policy = rule('web', 'Allow', 80) as Readonly<Record<string, unknown>>;
    hns.applyPolicy(id, 'Add', [policy]);
    const session = new Session(hns.compiled);
    expect(session.send(tcp('10.9.9.9:4000', '10.1.0.5:80')).verdict).toBe('allow');
    hns.applyPolicy(id, 'Update', [rule('no', 'Block', 80) as Readonly<Record<string, unknown>>]);
    session.apply(hns.compiled);
    const reply = tcp('10.1.0.5:80', '10.9.9.9:4000', { flags: 'SA', ack: 1 });
    expect(session.send(reply)).toMatchObject({ verdict: 'allow', reason: 'established' });
    expect(session.send(tcp('10.9.9.9:4001', '10.1.0.5:80')).verdict).toBe('drop');
  });
});
