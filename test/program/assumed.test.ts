/** What the format says of the firewall's rules, and what the engine makes of it. */
import { describe, expect, it } from 'vitest';

import { compileHost, compileModel, type CompiledHost } from '../../src/compile/compile-host.js';
import type { LayerModel, ProgramModel, RuleModel } from '../../src/program/program-model.js';
import type { PacketRecord } from '../../src/report/packet-record.js';
import { Simulator } from '../../src/simulate/simulate.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { podHost } from '../oracle/hosts.js';

const DECISION = {
  ...{ name: null, terminating: true, stateful: true, priority: 0, flowMs: 0, source: null },
} as const;

const rule = (name: string, more: Partial<RuleModel>): RuleModel => ({
  ...{ ...DECISION, name, action: 'allow', reason: 'rule', conditions: {} },
  ...more,
});

interface Lists {
  readonly default?: 'allow' | 'block';
  readonly lists: readonly (readonly RuleModel[])[];
  readonly report?: boolean;
  readonly stealth?: boolean;
}

/** A pod whose host stage is the layer that is given. */
function hostWith({ lists, stealth = false, report = false, ...more }: Lists): CompiledHost {
  // Counters are told apart by the author's rule: one stands behind each rule of the lists.
  const authored = lists.flat().map(({ name }) => ({
    ...({ name: name!, direction: 'in', action: 'allow', stage: 'host' } as const),
  }));
  const compiled = compileHost(podHost(authored));
  let source = 0;
  const action = more.default ?? 'block';
  const noMatch = {
    ...DECISION,
    action,
    reason: 'query-user-default',
    stateful: action === 'allow',
  };
  const layer: LayerModel = {
    ...{ name: 'HOST_FIREWALL', priority: 0, stage: 'host', stateful: true, hasSay: true, stealth },
    noMatch: {
      in: noMatch as LayerModel['noMatch']['in'],
      out: { ...DECISION, action: 'allow', reason: 'default-outbound-allow' },
    },
    groups: lists.map((rules, i) => ({
      ...{ name: `LIST${i}`, priority: i + 1, direction: 'in', family: 4 },
      rules: rules.map((each) => ({ ...each, source: source++ })),
    })),
  };
  const model: ProgramModel = {
    options: { ...compiled.model.options, unknownConditions: report ? 'report' : 'no-match' },
    endpoints: compiled.model.endpoints.map((endpoint) => ({ ...endpoint, hostLayer: layer })),
  };
  return compileModel(compiled.host, model);
}

const PEER = '10.9.9.9';
const POD = '10.1.0.5';
const syn = (dport: number): Tuple => ({
  ...{ dir: 'in', proto: 'tcp', src: PEER, sport: 4000, dst: POD, dport, flags: 'S' },
});
const icmp = (dir: 'in' | 'out', type: number, code: number): Tuple => ({
  ...{ dir, proto: 1, src: dir === 'in' ? PEER : POD, dst: dir === 'in' ? POD : PEER, type, code },
});

const judge = (host: CompiledHost, ...tuples: Tuple[]): PacketRecord[] =>
  new Simulator(host).judge(tuples).map((records) => records[0]!);

describe('ICMP conditions', () => {
  const host = hostWith({
    lists: [[rule('too-big', { conditions: { icmp: [{ from: 0x0304, to: 0x0304 }] } })]],
  });

  it('compare type and code', () => {
    expect(judge(host, icmp('in', 3, 4))[0]).toMatchObject({ verdict: 'allow', rule: 'too-big' });
    expect(judge(host, icmp('in', 3, 3))[0]).toMatchObject({ verdict: 'drop', rule: null });
  });

  it('match nothing that has no type', () => {
    const any = hostWith({
      lists: [[rule('any-type', { conditions: { icmp: [{ from: 0, to: 0xffff }] } })]],
    });
    expect(judge(any, icmp('in', 0, 0))[0]).toMatchObject({ verdict: 'allow' });
    expect(judge(any, syn(80))[0]).toMatchObject({ verdict: 'drop' });
  });
});

describe('rules with an unknown condition', () => {
  const port = (p: number): RuleModel['conditions'] => ({ destinationPorts: [{ from: p, to: p }] });
  const unknownBlock = rule('maybe-block', {
    action: 'pass',
    assumes: 'block',
    terminating: false,
  });
  const unknownAllow = rule('maybe-allow', {
    action: 'pass',
    assumes: 'allow',
    terminating: false,
  });
  const allow80 = rule('allow-80', { conditions: port(80) });
  const block80 = rule('block-80', { action: 'block', conditions: port(80) });

  /** Verdict of one SYN to port 80, and at which rules it was counted as assumed. */
  function assumed(
    lists: Lists['lists'],
    more: Partial<Lists> = {},
  ): readonly [string, ...string[]] {
    const host = hostWith({ ...more, lists });
    const simulator = new Simulator(host);
    const [records] = simulator.judge([syn(80)]);
    const counted = simulator.counters().filter((row) => row.assumed > 0);
    expect(counted.map((row) => row.assumed)).toEqual(counted.map(() => 1));
    return [records![0]!.verdict, ...counted.map((row) => row.rule ?? row.reason)];
  }

  it('decide nothing, and are named where they could turn the verdict', () => {
    expect(assumed([[unknownBlock], [allow80]])).toEqual(['allow', 'maybe-block']);
    expect(assumed([[unknownAllow]])).toEqual(['drop', 'maybe-allow']);
    expect(assumed([[unknownBlock]], { default: 'allow' })).toEqual(['allow', 'maybe-block']);
  });

  it('are not named where they could not', () => {
    expect(assumed([[block80], [unknownBlock], [unknownAllow]])).toEqual(['drop']);
    expect(assumed([[unknownBlock]])).toEqual(['drop']);
    expect(assumed([[allow80], [unknownAllow]])).toEqual(['allow']);
    expect(assumed([[unknownAllow]], { default: 'allow' })).toEqual(['allow']);
  });

  it('are named when they decide although they are assumed to match', () => {
    const rpc = rule('rpc', { assumes: 'allow', conditions: port(80) });
    expect(assumed([[rpc]])).toEqual(['allow', 'rpc']);
  });

  it('leave the packet indeterminate when the option says so', () => {
    const host = hostWith({ lists: [[unknownAllow], [allow80]], report: true });
    expect(judge(host, syn(80))[0]).toMatchObject({ verdict: 'allow', reason: 'rule' });
    expect(judge(host, syn(81))[0]).toMatchObject({ verdict: 'drop', reason: 'indeterminate' });
  });

  it('are counted for every packet that asks the rules, with and without the flow cache', () => {
    const counts = [true, false].map((unifiedFlows) => {
      const simulator = new Simulator(hostWith({ lists: [[unknownAllow]] }), { unifiedFlows });
      simulator.judge([syn(80), syn(80), syn(80)]);
      return simulator.counters().find((row) => row.rule === 'maybe-allow')!.assumed;
    });
    expect(counts).toEqual([3, 3]);
  });
});

describe('a stealthy layer', () => {
  const open = { lists: [[rule('all', {})]], stealth: true };
  const rst: Tuple = {
    ...{ dir: 'out', proto: 'tcp', src: POD, sport: 80, dst: PEER, dport: 4000, flags: 'RA' },
  };
  const synAck: Tuple = { ...rst, flags: 'SA' };

  it('says nothing of closed ports', () => {
    const unreachable = icmp('out', 3, 3);
    expect(judge(hostWith(open), unreachable)[0]).toMatchObject({
      verdict: 'drop',
      reason: 'stealth',
    });
    expect(judge(hostWith({ ...open, stealth: false }), unreachable)[0]!.verdict).toBe('allow');
    expect(judge(hostWith(open), icmp('out', 8, 0))[0]!.verdict).toBe('allow');
    expect(judge(hostWith(open), icmp('in', 3, 3))[0]!.verdict).toBe('allow');
  });

  it.each([true, false])(
    'holds back the RST that answers a SYN (flow cache: %s)',
    (unifiedFlows) => {
      const last = (host: CompiledHost, ...tuples: Tuple[]): PacketRecord =>
        new Simulator(host, { unifiedFlows }).judge(tuples).at(-1)![0]!;
      expect(last(hostWith(open), syn(80), rst)).toMatchObject({
        verdict: 'drop',
        reason: 'stealth',
      });
      expect(last(hostWith(open), syn(80), synAck, rst)).toMatchObject({ flow_event: 'reset' });
      expect(last(hostWith({ ...open, stealth: false }), syn(80), rst).verdict).toBe('allow');
      expect(last(hostWith(open), rst)).toMatchObject({ reason: 'non-syn-without-state' });
    },
  );
});
