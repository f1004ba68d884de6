/** The oracle is itself held against hand-made answers, among them the worked verdicts V1 to V25. */
import { describe, expect, it } from 'vitest';
import type { NormalisedHost } from '../../src/normalise/normalised-host.js';
import type { Tuple } from '../../src/simulate/tuple.js';
import { type AclSpec, buildHost, podHost } from './hosts.js';
import type { ReferenceRecord } from './record.js';
import { Reference } from './reference.js';

const POD = '10.1.0.5';
const PEER = '10.9.9.9';

const tcp = (src: string, dst: string, more: Partial<Tuple> = {}): Tuple => {
  const [source, sport] = split(src);
  const [destination, dport] = split(dst);
  return { proto: 6, src: source, dst: destination, sport, dport, ...more };
};
const udp = (src: string, dst: string, more: Partial<Tuple> = {}): Tuple => ({
  ...tcp(src, dst, more),
  proto: 17,
});
const ip = (proto: number, src: string, dst: string, more: Partial<Tuple> = {}): Tuple => ({
  ...{ proto, src, dst },
  ...more,
});

function split(text: string): [string, number] {
  const at = text.lastIndexOf(':');
  return [text.slice(0, at), Number(text.slice(at + 1))];
}

const line = ({ verdict, stage, rule, reason }: ReferenceRecord): string =>
  [verdict, stage, rule ?? reason].filter((word) => word !== null).join(' ');

/** One line for every packet: the last record is the one that decided. */
const verdicts = (host: NormalisedHost, tuples: readonly Tuple[]): string[] => {
  const reference = new Reference(host, { stateless: false });
  return tuples.map((tuple) => line(reference.judge(tuple).at(-1)!));
};

const verdict = (host: NormalisedHost, tuple: Tuple): string => verdicts(host, [tuple])[0]!;

const ALLOW_ALL: readonly AclSpec[] = [
  { name: 'all-in', direction: 'in', action: 'allow', priority: 65500 },
  { name: 'all-out', direction: 'out', action: 'allow', priority: 65500 },
];
const BLOCK_NINE: AclSpec = {
  name: 'block-nine',
  direction: 'out',
  action: 'block',
  priority: 200,
  remote: ['10.0.0.9'],
};
const ALLOW_443: AclSpec = {
  name: 'allow-443',
  direction: 'out',
  action: 'allow',
  priority: 300,
  protocols: [6],
  remotePorts: [443],
};

describe('worked verdicts', () => {
  const none = podHost([]);

  it('V1 lets TCP in by default', () => {
    expect(verdict(none, tcp(`${PEER}:4000`, `${POD}:80`))).toBe(
      'allow host default-allow-inbound',
    );
  });

  it('V2 drops protocol 47 out of the blue', () => {
    expect(verdict(none, ip(47, PEER, POD))).toBe('drop host default-deny-other-protocol');
  });

  it('V3 lets protocol 47 answer', () => {
    expect(verdicts(none, [ip(47, POD, PEER), ip(47, PEER, POD)])).toEqual([
      'allow host default-allow-outbound',
      'allow host established',
    ]);
  });

  it('V4 lets everything into a Hyper-V-isolated container', () => {
    const host = podHost([], { endpoint: { isolation: 'hyperv' } });
    expect(verdict(host, ip(47, PEER, POD))).toBe('allow host guest-default-allow');
  });

  describe('on build 14393 with a NAT network', () => {
    const old = podHost([], { build: 14393, drivers: ['nat'] });
    const mapped = podHost([], {
      ...{ build: 14393, drivers: ['nat'] },
      endpoint: { mappings: [{ protocol: 6, internalPort: 80 }] },
    });

    it('V5 drops what comes in', () => {
      expect(verdict(old, tcp(`${PEER}:4000`, `${POD}:80`))).toBe('drop host default-deny-inbound');
    });

    it('V6 lets a published port in', () => {
      expect(verdict(mapped, tcp(`${PEER}:4000`, `${POD}:80`))).toBe(
        'allow host port-mapping-allow',
      );
    });

    it('V7 drops the same port of another protocol', () => {
      expect(verdict(mapped, udp(`${PEER}:4000`, `${POD}:80`))).toBe(
        'drop host default-deny-inbound',
      );
    });
  });

  it('V8 drops by implicit deny what a lone Block rule does not name', () => {
    expect(verdict(podHost([BLOCK_NINE]), tcp(`${POD}:4000`, '10.0.0.8:443'))).toBe(
      'drop switch implicit-deny',
    );
  });

  it('V9, V10 ask the lower number first', () => {
    const host = podHost([BLOCK_NINE, ...ALLOW_ALL]);
    expect(verdict(host, tcp(`${POD}:4000`, '10.0.0.8:443'))).toBe('allow switch all-out');
    expect(verdict(host, tcp(`${POD}:4000`, '10.0.0.9:443'))).toBe('drop switch block-nine');
  });

  it('V11 lets the answer of an allowed connection in', () => {
    const host = podHost([ALLOW_443]);
    expect(
      verdicts(host, [
        tcp(`${POD}:4000`, '10.0.0.8:443'),
        tcp('10.0.0.8:443', `${POD}:4000`, { flags: 'SA' }),
      ]),
    ).toEqual(['allow switch allow-443', 'allow host established']);
  });

  it('V12 drops what comes in beside it', () => {
    expect(verdict(podHost([ALLOW_443]), tcp('10.0.0.8:5000', `${POD}:80`))).toBe(
      'drop switch implicit-deny',
    );
  });

  it('V13 drops by the lower number', () => {
    const host = podHost([
      ...[{ name: 'ten', direction: 'in', action: 'allow', priority: 300 } as const].map((acl) => ({
        ...acl,
        remote: ['10.0.0.0/8'],
      })),
      {
        ...{ name: 'no-ssh', direction: 'in', action: 'block', priority: 200 },
        ...{ protocols: [6], localPorts: [22] },
      },
    ]);
    expect(verdict(host, tcp('10.0.0.8:5000', `${POD}:22`))).toBe('drop switch no-ssh');
    expect(verdict(host, tcp('10.0.0.8:5000', `${POD}:23`))).toBe(
      'allow host default-allow-inbound',
    );
  });

  it('V14 asks Block before Allow at equal priority', () => {
    const host = podHost([
      { name: 'allow', direction: 'in', action: 'allow', priority: 1000 },
      { name: 'block', direction: 'in', action: 'block', priority: 1000 },
    ]);
    expect(verdict(host, tcp(`${PEER}:1`, `${POD}:80`))).toBe('drop switch block');
  });

  it('V18, V19 replace the host defaults by one Host ACL', () => {
    const host = podHost([
      {
        ...{ name: 'no-web', stage: 'host', direction: 'in', action: 'block' },
        ...{ protocols: [6], localPorts: [80] },
      },
    ]);
    expect(verdict(host, tcp(`${PEER}:1`, `${POD}:80`))).toBe('drop host no-web');
    expect(verdict(host, udp(`${PEER}:1`, `${POD}:53`))).toBe('drop host implicit-deny');
  });

  it('V20 never matches IPv6 by an IPv4 list', () => {
    const host = podHost([
      { name: 'ten', direction: 'in', action: 'allow', priority: 300, remote: ['10.0.0.0/8'] },
    ]);
    expect(verdict(host, tcp('fd00::9:1', 'fd00::5:80'))).toBe('drop switch implicit-deny');
  });

  it('V23 drops ICMP where only TCP is allowed', () => {
    const host = podHost([
      { name: 'tcp', direction: 'in', action: 'allow', priority: 300, protocols: [6] },
    ]);
    expect(verdict(host, ip(1, PEER, POD, { type: 8, code: 0 }))).toBe('drop switch implicit-deny');
  });

  it('V24 judges sender first, then receiver', () => {
    const host = buildHost({
      endpoints: [
        { name: 'sender', addresses: ['10.1.0.6'], acls: ALLOW_ALL },
        {
          name: 'receiver',
          addresses: [POD],
          acls: [{ name: 'none', direction: 'in', action: 'block', priority: 200 }],
        },
      ],
    });
    const records = new Reference(host, { stateless: false }).judge(
      tcp('10.1.0.6:4000', `${POD}:80`),
    );
    expect(records.map((each) => `${each.endpoint} ${each.direction} ${line(each)}`)).toEqual([
      'sender out allow switch all-out',
      'receiver in drop switch none',
    ]);
  });

  it('V25 lets explicit Host rules replace the default of four protocols', () => {
    const host = podHost(
      [
        {
          ...{ name: 'no-imds', stage: 'host', direction: 'out', action: 'block', priority: 200 },
          remote: ['169.254.169.254'],
        },
        { name: 'in', stage: 'host', direction: 'in', action: 'allow', priority: 300 },
        { name: 'out', stage: 'host', direction: 'out', action: 'allow', priority: 300 },
      ],
      { drivers: ['transparent'] },
    );
    expect(verdict(host, tcp(`${POD}:1`, '169.254.169.254:80'))).toBe('drop host no-imds');
    // The switch stage has no ACL layer and so no say: the record names the host stage.
    expect(verdict(host, tcp(`${POD}:1`, '8.8.8.8:443'))).toBe('allow host out');
    expect(verdict(host, ip(47, PEER, POD))).toBe('allow host in');
  });
});

describe('placing', () => {
  const two = buildHost({
    endpoints: [
      { name: 'a', addresses: ['10.1.0.1'] },
      { name: 'b', addresses: ['10.1.0.2'] },
      { name: 'c', addresses: ['10.2.0.1'], network: 1 },
      { name: 'd', addresses: ['10.1.0.2'], network: 1 },
    ],
    drivers: ['l2bridge', 'overlay'],
  });
  const places = (tuple: Tuple): string[] =>
    new Reference(two, { stateless: false })
      .judge(tuple)
      .map((each) => `${each.endpoint ?? each.reason} ${each.direction ?? '-'}`);

  it('sends multicast to the other endpoints of the sender’s network', () => {
    expect(places(udp('10.1.0.1:1', '224.0.0.251:5353'))).toEqual(['a out', 'b in']);
    expect(places(udp('10.9.9.9:1', '255.255.255.255:67'))).toEqual([
      'a in',
      'b in',
      'c in',
      'd in',
    ]);
  });

  it('passes what nobody owns, what two own, loopback and own address', () => {
    expect(places(tcp('8.8.8.8:1', '9.9.9.9:1'))).toEqual(['no-endpoint -']);
    expect(places(tcp('8.8.8.8:1', '10.1.0.2:1'))).toEqual(['ambiguous-endpoint -']);
    expect(places(tcp('127.0.0.1:1', '127.0.0.1:1'))).toEqual(['loopback -']);
    expect(places(tcp('127.0.0.1:1', '10.1.0.1:1'))).toEqual(['a in']);
    expect(places(tcp('10.1.0.1:1', '10.1.0.1:1'))).toEqual(['own-address -']);
  });

  it('believes a direction that is given', () => {
    expect(places(tcp('1.1.1.1:1', '2.2.2.2:1', { dir: 'out', endpoint: 'c' }))).toEqual(['c out']);
  });
});

describe('state', () => {
  const opener = podHost([{ ...ALLOW_443, protocols: [6, 17] }]);
  const out = (at: number, flags: string, more: Partial<Tuple> = {}): Tuple =>
    tcp(`${POD}:4000`, '10.0.0.8:443', { at, flags, ...more });
  const back = (at: number, flags: string, more: Partial<Tuple> = {}): Tuple =>
    tcp('10.0.0.8:443', `${POD}:4000`, { at, flags, ...more });
  const events = (tuples: readonly Tuple[], host = opener): (string | null)[] => {
    const reference = new Reference(host, { stateless: false });
    return tuples.map((tuple) => {
      const { flow, flow_event: event, verdict: said, reason } = reference.judge(tuple).at(-1)!;
      return said === 'allow' ? `${flow} ${event ?? '-'}` : reason;
    });
  };

  it('follows a TCP connection from SYN to the second FIN and its successor', () => {
    expect(
      events([
        out(0, 'S', { seq: 100 }),
        out(1, 'S', { seq: 100 }),
        back(2, 'SA', { seq: 500, ack: 101 }),
        out(3, 'A', { seq: 101, ack: 500 }),
        out(4, 'A', { seq: 101, ack: 501 }),
        back(5, 'FA', { seq: 501, ack: 101 }),
        back(6, 'FA', { seq: 501, ack: 101 }),
        out(7, 'FA', { seq: 101, ack: 502 }),
        back(8, 'A'),
        out(9, 'S'),
      ]),
    ).toEqual([
      ...['1 new', '1 -', '1 -', '1 -', '1 established', '1 closing', '1 -', '1 closed', '1 -'],
      '2 new',
    ]);
  });

  it('ends a flow when its idle time is over and not a millisecond earlier', () => {
    const udpOut = (at: number): Tuple => udp(`${POD}:4000`, '10.0.0.8:443', { at });
    const udpBack = (at: number): Tuple => udp('10.0.0.8:443', `${POD}:4000`, { at });
    // The switch keeps it 240 s; the host (60 s) lets UDP in by default, beside the same flow.
    expect(events([udpOut(0), udpBack(239.999)])).toEqual(['1 new', '1 -']);
    expect(events([udpOut(0), udpBack(240)])).toEqual(['1 new', 'implicit-deny']);
  });

  it('adopts mid-stream TCP by the rules, or drops it where told', () => {
    expect(events([out(0, 'A'), back(1, 'A')])).toEqual(['1 midstream', '1 -']);
    expect(events([back(0, 'A')])).toEqual(['implicit-deny']);
    const strict = podHost([ALLOW_443], { options: { midstream: 'strict' } });
    expect(events([out(0, 'A')], strict)).toEqual(['non-syn-without-state']);
  });

  it('keeps a reset flow five seconds on the switch and not at all on the host', () => {
    const hyperv = podHost([ALLOW_443], { endpoint: { isolation: 'hyperv' } });
    expect(events([out(0, 'S'), back(1, 'RA'), back(5.999, 'RA'), back(6, 'RA')], hyperv)).toEqual([
      '1 new',
      '1 reset',
      '1 -',
      'implicit-deny',
    ]);
    expect(events([out(0, 'S'), back(1, 'RA'), back(2, 'RA')])).toEqual([
      ...['1 new', '1 reset', 'non-syn-without-state'],
    ]);
  });

  it('makes nothing when a stage drops', () => {
    const host = podHost([
      ...ALLOW_ALL,
      { name: 'host-none', stage: 'host', direction: 'in', action: 'block' },
    ]);
    const reference = new Reference(host, { stateless: false });
    reference.judge(tcp(`${PEER}:1`, `${POD}:80`));
    expect(reference.flowCount()).toBe(0);
    expect(reference.counters()).toEqual([
      { name: 'all-in', packets: 1, flows: 0 },
      { name: 'host-none', packets: 1, flows: 0 },
    ]);
  });

  it('relates an ICMP error to the flow it quotes and does not renew it', () => {
    const error: Tuple = {
      ...ip(1, '10.0.0.1', POD, { type: 3, code: 4, at: 200 }),
      quoted: { proto: 6, src: POD, dst: '10.0.0.8', sport: 4000, dport: 443 },
    };
    const hyperv = podHost([ALLOW_443], { endpoint: { isolation: 'hyperv' } });
    expect(verdicts(hyperv, [out(0, 'S'), error, back(240, 'A')])).toEqual([
      ...['allow switch allow-443', 'allow switch related', 'drop switch implicit-deny'],
    ]);
    const byRules = podHost([ALLOW_443], { options: { icmpErrors: 'rules' } });
    expect(verdicts(byRules, [out(0, 'S'), error])[1]).toBe('drop switch implicit-deny');
  });

  it('tells who asks: a request of the peer is no answer to ours', () => {
    const host = podHost([
      { name: 'ping', direction: 'out', action: 'allow', priority: 300, protocols: [1] },
    ]);
    const ping = (src: string, dst: string, type: number): Tuple =>
      ip(1, src, dst, { type, code: 0, id: 7 });
    expect(verdicts(host, [ping(POD, PEER, 8), ping(PEER, POD, 0), ping(PEER, POD, 8)])).toEqual([
      ...['allow switch ping', 'allow host established', 'drop switch implicit-deny'],
    ]);
  });

  it('gives later fragments the verdict of the first, for sixty seconds', () => {
    const web = podHost([
      {
        ...{ name: 'dns', direction: 'in', action: 'allow', priority: 300 },
        ...{ protocols: [17], localPorts: [53] },
      },
    ]);
    const piece = (at: number, id: number, offset: number, dport: number): Tuple =>
      udp(`${PEER}:9`, `${POD}:${dport}`, { at, fragment: { id, offset } });
    expect(
      verdicts(web, [
        piece(0, 1, 0, 53),
        piece(1, 1, 185, 53),
        piece(2, 2, 0, 54),
        piece(3, 2, 185, 54),
        piece(4, 3, 185, 53),
        piece(59.999, 1, 370, 53),
        piece(60, 1, 555, 53),
      ]),
    ).toEqual([
      'allow host default-allow-inbound',
      'allow host default-allow-inbound',
      'drop switch implicit-deny',
      'drop switch implicit-deny',
      'drop switch fragment-without-first',
      'allow host default-allow-inbound',
      'drop switch fragment-without-first',
    ]);
  });

  it('drops the packet that needs one flow too many', () => {
    const host = podHost(ALLOW_ALL, { options: { flowLimit: 2 } });
    const to = (port: number): Tuple => tcp(`${PEER}:1`, `${POD}:${port}`);
    expect(verdicts(host, [to(1), to(2), to(3), to(1)])).toEqual([
      ...['allow host default-allow-inbound', 'allow host default-allow-inbound'],
      ...['drop switch flow-limit', 'allow host established'],
    ]);
  });

  it('forgets everything when stateless', () => {
    const reference = new Reference(opener, { stateless: true });
    const lines = [out(0, 'A'), back(1, 'SA'), back(2, 'R')].map((tuple) =>
      line(reference.judge(tuple)[0]!),
    );
    expect(lines).toEqual([
      ...['allow switch allow-443', 'drop switch implicit-deny', 'drop switch implicit-deny'],
    ]);
    expect(reference.flowCount()).toBe(0);
  });

  it('never turns the clock back', () => {
    const host = podHost([ALLOW_443], { endpoint: { isolation: 'hyperv' } });
    expect(events([out(0, 'S'), out(300, 'S'), back(1, 'SA')], host)).toEqual([
      ...['1 new', '2 new', '2 -'],
    ]);
  });
});
