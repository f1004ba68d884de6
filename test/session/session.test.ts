/** Sessions: verdicts, the virtual clock, batches, snapshots, and what they refuse. */
import { describe, expect, it } from 'vitest';
import {
  NO_ROW,
  PortaclError,
  Session,
  Simulator,
  compileHost,
  ethernet,
  icmp,
  raw,
  tcp,
  tcpConversation,
  udp,
  vlan,
} from '../../src/index.js';
import { acl, compiledOf, compiledOfHost } from '../worked/model.js';
import { drawSession } from './tuple-packets.js';

const PLATFORM = { windows: 'ltsc2022', driver: 'L2Bridge', isolation: 'process' } as const;
const WEB = compiledOf(
  PLATFORM,
  acl('Allow', 'In', {
    Id: 'web',
    Protocols: '6',
    LocalPorts: '80',
    Priority: 200,
    RuleType: 'Switch',
  }),
);
const PAIR = compiledOfHost({
  windows: 'ltsc2022',
  networks: [{ name: 'pods', driver: 'L2Bridge', subnets: ['10.1.0.0/24'] }],
  endpoints: [
    { name: 'web', network: 'pods', isolation: 'process', addresses: ['10.1.0.5'] },
    { name: 'db', network: 'pods', isolation: 'process', addresses: ['10.1.0.6'] },
  ],
});

const syn = tcp('10.9.9.9:4000', '10.1.0.5:80', { dir: 'in' });
const toSsh = tcp('10.9.9.9:4000', '10.1.0.5:22', { dir: 'in' });
const answer = tcp('10.1.0.5:80', '10.9.9.9:4000', { dir: 'out', flags: 'SA', ack: 1 });

describe('a session', () => {
  it('judges packets one after the other', () => {
    const session = new Session(WEB);
    expect(session.send(answer)).toMatchObject({ verdict: 'drop', reason: 'implicit-deny' });
    expect(session.send(syn)).toMatchObject({
      frame: 2,
      verdict: 'allow',
      flow: 1,
      flow_event: 'new',
    });
    expect(session.send(answer)).toMatchObject({ rule: 'web', reason: 'established', flow: 1 });
    expect(session.send(toSsh)).toMatchObject({ verdict: 'drop', stage: 'switch', rule: null });
    expect(session.counters().find(({ rule }) => rule === 'web')).toMatchObject({
      packets: 2,
      flows: 1,
    });
  });

  it('has flows of its own', () => {
    const [one, other] = [new Session(WEB), new Session(WEB)];
    one.send(syn);
    expect(one.send(answer).verdict).toBe('allow');
    expect(other.send(answer).verdict).toBe('drop');
  });

  it('says what both ends of a packet said', () => {
    const session = new Session(PAIR);
    const sent = session.send(udp('10.1.0.5:4000', '10.1.0.6:53'));
    expect(sent).toMatchObject({ endpoint: 'db', direction: 'in', verdict: 'allow' });
    expect(sent.records).toMatchObject([{ endpoint: 'web', direction: 'out' }, { endpoint: 'db' }]);
    expect(session.send(udp('10.9.9.9:4000', '10.1.0.6:53'))).not.toHaveProperty('records');
  });

  it('judges a packet at the endpoint that it names, whatever its addresses', () => {
    const session = new Session(PAIR);
    const packet = udp('10.9.9.9:1', '10.1.0.5:53', { dir: 'in', endpoint: 'db' });
    expect(session.send(packet)).toMatchObject({ endpoint: 'db', direction: 'in' });
    expect(() => session.send(udp('10.9.9.9:1', '10.1.0.5:53', { dir: 'in' }))).toThrow('web, db');
    const lost = { ...packet, endpoint: 'cache' };
    expect(() => session.send(lost)).toThrow('endpoint "cache" is not in the model');
  });

  it('lets what a sender sends to many be decided by the sender', () => {
    const session = new Session(PAIR);
    const packet = udp('10.1.0.5:5353', '224.0.0.251:5353');
    for (const each of [packet, vlan(5, packet), udp('10.1.0.5:68', '255.255.255.255:67')]) {
      expect(session.send(each)).toMatchObject({ endpoint: 'web', direction: 'out' });
    }
    expect(session.send(udp('10.1.0.5:4000', '10.1.0.6:53')).endpoint).toBe('db');
  });

  it('reads frames and raw packets alike, and what is neither', () => {
    const session = new Session(PAIR);
    const plain = udp('10.9.9.9:1', '10.1.0.5:53');
    for (const packet of [plain, ethernet(plain), vlan(5, plain)]) {
      expect(session.send(packet)).toMatchObject({ endpoint: 'web', verdict: 'allow' });
    }
    expect(session.send(raw(Uint8Array.of(1)))).toMatchObject({ verdict: 'pass', endpoint: null });
    const arp = raw(new Uint8Array(42).fill(6, 13, 14).fill(8, 12, 13));
    expect(session.send({ ...arp, dir: 'in', endpoint: 'db' })).toMatchObject({ reason: 'not-ip' });
  });

  it('keeps time by its packets and by what it is told', () => {
    const session = new Session(WEB);
    session.send(syn);
    session.advance(1.5);
    expect(session.now).toBe(1.5);
    expect(session.send({ ...answer, after: 0.25 }).time_ns).toBe(1_750_000_000n);
    expect(session.send({ ...answer, at: 1 }).time_ns).toBe(1_750_000_000n); // never backwards
    session.send({ ...answer, at: 10 });
    expect(session.now).toBe(10);
  });

  it('forgets a flow that was idle, and no other', () => {
    const talk = tcpConversation('10.9.9.9:4000', '10.1.0.5:80', { dir: 'in' }).handshake();
    for (const [idle, verdict] of [
      [239, 'allow'],
      [241, 'drop'],
    ] as const) {
      const session = new Session(WEB);
      for (const packet of talk.idleFor(idle).reply('late')) session.send(packet);
      expect(session.send(answer).verdict).toBe(verdict);
    }
  });

  it('judges every packet from an empty state when stateless', () => {
    const session = new Session(WEB, { stateless: true });
    session.send(syn);
    expect(session.send(answer).verdict).toBe('drop');
  });

  it('ends when it is closed', () => {
    const session = new Session(WEB);
    session.close();
    session.close();
    for (const call of [
      () => session.send(syn),
      () => session.sendAll([]),
      () => session.counters(),
      () => session.snapshot(),
      () => session.advance(1),
    ]) {
      expect(call).toThrow('the session is closed');
    }
  });
});

describe('a batch', () => {
  it('is what the same packets are one by one', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { host, packets } = drawSession(seed, 80);
      const compiled = compileHost(host);
      const session = new Session(compiled);
      const single = packets.flatMap((packet) => {
        const sent = session.send(packet);
        return sent.records ?? [sent];
      });
      const batch = new Session(compiled).sendAll(packets);
      expect([...batch], `seed ${seed}`).toEqual(single);
      expect(batch.length).toBe(single.length);
    }
  });

  it('has columns that its dictionary explains', () => {
    const batch = new Session(WEB).sendAll([syn, toSsh, raw(Uint8Array.of(1))]);
    const { dictionary } = batch;
    expect([...batch.verdict].map((v) => dictionary.verdicts[v])).toEqual([
      'allow',
      'drop',
      'pass',
    ]);
    expect(batch.rule[0] !== NO_ROW && dictionary.rules[batch.rule[0]!]!.rule).toBe(null);
    expect(batch.endpoint[2]).toBe(NO_ROW);
    expect(batch.record(1).reason).toBe('implicit-deny');
    expect(() => batch.record(3)).toThrow(RangeError);
  });

  it('takes any iterable, also an empty one', () => {
    const session = new Session(WEB);
    const talk = tcpConversation('10.9.9.9:4000', '10.1.0.5:80', { dir: 'in' }).handshake();
    expect(session.sendAll(talk).length).toBe(3);
    expect([...session.sendAll(new Set())]).toEqual([]);
    expect(session.send(syn).frame).toBe(4);
  });

  it('is judged whole or not at all', () => {
    const session = new Session(WEB);
    expect(() => session.sendAll([syn, { ...syn, dir: 'up' } as never])).toThrow(PortaclError);
    expect(session.send(answer)).toMatchObject({ frame: 1, verdict: 'drop' });
    const endless = {
      *[Symbol.iterator]() {
        for (;;) yield syn;
      },
    };
    expect(() => session.sendAll(endless)).toThrow('up to 1048576');
  });
});

describe('a packet of bytes', () => {
  it('gets the verdict that the tuple gets', () => {
    let judged = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { host, tuples, packets } = drawSession(seed, 100);
      const compiled = compileHost(host);
      const simulator = new Simulator(compiled);
      const session = new Session(compiled);
      tuples.forEach((tuple, i) => {
        const said = simulator.judge([tuple])[0]!.map((record) => ({ ...record, time_ns: null }));
        const sent = session.send(packets[i]!);
        const records = (sent.records ?? [sent]).map((record) => ({ ...record, time_ns: null }));
        expect(records, `seed ${seed}, packet ${i}: ${JSON.stringify(tuple)}`).toEqual(said);
        judged += 1;
      });
    }
    expect(judged).toBeGreaterThan(3000);
  });
});

describe('the flows of a session', () => {
  it('name what let them in, and end', () => {
    const session = new Session(WEB);
    session.send(syn);
    session.send(tcp('10.9.9.9:4001', '10.1.0.5:22', { dir: 'in' }));
    session.send(udp('10.1.0.5:53', '10.0.0.10:53', { dir: 'in' }));
    const both = { id: 1, endpoint: 'endpoint', opened: 'in', protocol: 6, tcp_state: 'syn' };
    expect(session.flows()).toMatchObject([
      { ...both, stage: 'switch', rule: 'web', local: '10.1.0.5', local_port: 80 },
      { ...both, stage: 'host', rule: null, remote: '10.9.9.9', remote_port: 4000 },
    ]);
    const [first] = session.flows();
    session.advance(first!.ends_at! - 0.001);
    expect(session.flows()[0]).toEqual(first);
    session.advance(0.001);
    expect(session.flows().filter(({ stage }) => stage === 'switch')).toEqual([]);
  });

  it('have no ports where the protocol has none', () => {
    const session = new Session(PAIR);
    session.send(icmp('10.9.9.9', '10.1.0.5'));
    expect(session.flows()).toMatchObject([{ protocol: 1, local_port: null, tcp_state: null }]);
  });
});

describe('an explanation', () => {
  it('says what is then said, and changes nothing', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { host, packets } = drawSession(seed, 80);
      const compiled = compileHost(host);
      const [asked, plain] = [new Session(compiled), new Session(compiled)];
      packets.forEach((packet, i) => {
        const { decision } = asked.explain(packet);
        const sent = asked.send(packet);
        expect(sent, `seed ${seed}, packet ${i}`).toEqual(plain.send(packet));
        if (sent.records === undefined || sent.verdict === 'drop') {
          expect(sent, `seed ${seed}, packet ${i}`).toMatchObject(decision);
        }
      });
      expect(asked.counters()).toEqual(plain.counters());
    }
  });
});

describe('a snapshot', () => {
  it('goes on as if nothing had happened in between', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { host, packets } = drawSession(seed, 120);
      const compiled = compileHost(host);
      const session = new Session(compiled, { unifiedFlows: seed % 2 === 0 });
      const half = packets.slice(0, packets.length / 2);
      const rest = packets.slice(packets.length / 2);
      session.sendAll(half);
      const snapshot = session.snapshot();
      const once = { records: [...session.sendAll(rest)], counters: session.counters() };
      session.restore(snapshot);
      const again = { records: [...session.sendAll(rest)], counters: session.counters() };
      expect(again, `seed ${seed}`).toEqual(once);
      const other = new Session(compiled);
      other.restore(snapshot);
      expect([...other.sendAll(rest)], `seed ${seed}`).toEqual(once.records);
    }
  });

  it('goes back in time', () => {
    const session = new Session(WEB);
    session.send(syn);
    const snapshot = session.snapshot();
    session.advance(1000);
    expect(session.send(answer).verdict).toBe('drop');
    session.restore(snapshot);
    expect(session.now).toBe(0);
    expect(session.send(answer).verdict).toBe('allow');
    session.advance(1000);
    expect(session.send(answer).verdict).toBe('drop');
  });

  it('is of one compiled host', () => {
    const snapshot = new Session(WEB).snapshot();
    expect(() => new Session(PAIR).restore(snapshot)).toThrow('one of a session on the same host');
    expect(() => new Session(WEB).restore({ now: 0 })).toThrow('the snapshot is an object');
  });
});
