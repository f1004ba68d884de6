/**
 * The two questions on the defaults of process isolation that no source settles: what each option
 * makes of one packet. Source: hns.md Q5, Q13; docs/semantics/firewall.md W16, W17.
 */
import { describe, expect, it } from 'vitest';

import { Simulator, decidingRecord, hostView, type Tuple } from '../../src/index.js';
import type { SemanticOptionsInput } from '../../src/normalise/options.js';
import { machine } from '../firewall/machine.js';
import { acl, compiledWith, raw, tcp, udp } from './model.js';

const POD = '10.1.0.5';
const PEER = '10.9.9.9';
const POD6 = 'fd00::5';
const PEER6 = 'fd00::9';
const P = {
  ...{ windows: 'ws2022', driver: 'nat', isolation: 'process' },
  endpoint: `web=${POD},${POD6}`,
};
const OLD = { ...P, windows: '14393' };

const icmp = (dir: 'in' | 'out', src: string, dst: string, type: number): Tuple => ({
  ...raw(dir, src.includes(':') ? 58 : 1, src, dst),
  ...{ type, code: 0, id: 7 },
});

type Judge = (...tuples: readonly Tuple[]) => string[];

/** The container without rules of the host, and with one that is about something else. */
function judges(options: SemanticOptionsInput, platform: typeof P): [string, Judge][] {
  const firewalled = machine({
    ...{ windows: platform.windows, options },
    rules: [{ Name: 'other', Action: 'Block', Protocol: 'TCP', LocalPort: 9 }],
    endpoints: [{ name: 'web', network: 'nat', isolation: 'process', addresses: [POD, POD6] }],
  });
  const judge =
    (compiled: ConstructorParameters<typeof Simulator>[0]): Judge =>
    (...tuples) =>
      new Simulator(compiled)
        .judge(tuples.map((tuple) => ({ ...tuple, endpoint: 'web' })))
        .map((records) => {
          const { verdict, reason } = decidingRecord(records);
          return `${verdict} ${reason}`;
        });
  return [
    ['alone', judge(compiledWith(options, platform))],
    ['among rules of the host', judge(firewalled.compiled)],
  ];
}

const OUT = 'allow default-allow-outbound';
const OPEN = 'allow default-allow-inbound';
const OTHER = 'drop default-deny-other-protocol';
const SHUT = 'drop default-deny-inbound';

describe.each(judges({}, P))('answers to other protocols, by default, %s', (_, judge) => {
  it('come in, and what nobody asked for does not', () => {
    const [out, back] = [raw('out', 47, POD, PEER), raw('in', 47, PEER, POD)];
    expect(judge(out, back)).toEqual([OUT, 'allow established']);
    expect(judge(back)).toEqual([OTHER]);
  });
});

describe.each(judges({ otherProtocolReplies: 'drop' }, P))(
  'answers to other protocols, with otherProtocolReplies: drop, %s',
  (_, judge) => {
    it.each([47, 50, 132])('do not come in for protocol %i, which goes out', (protocol) => {
      const [out, back] = [raw('out', protocol, POD, PEER), raw('in', protocol, PEER, POD)];
      expect(judge(out, back, out)).toEqual([OUT, OTHER, OUT]);
    });

    it('come in for TCP, UDP, ICMP, ICMPv6 and IGMP', () => {
      expect(
        judge(
          tcp('out', `${POD}:5000`, `${PEER}:80`),
          tcp('in', `${PEER}:80`, `${POD}:5000`, { flags: 'SA' }),
          udp('out', `${POD}:5000`, `${PEER}:53`),
          udp('in', `${PEER}:53`, `${POD}:5000`),
          icmp('out', POD, PEER, 8),
          icmp('in', PEER, POD, 0),
          icmp('out', POD6, PEER6, 128),
          icmp('in', PEER6, POD6, 129),
          raw('out', 2, POD, PEER),
          raw('in', 2, PEER, POD),
        ),
      ).toEqual(Array.from({ length: 5 }, () => [OUT, 'allow established']).flat());
    });

    it('do not come in for the number of ICMPv6 in IPv4', () => {
      const back = raw('in', 58, PEER, POD);
      expect(judge(raw('out', 58, POD, PEER), back)).toEqual([OUT, OTHER]);
    });
  },
);

describe('answers to what an ACL lets out', () => {
  it('come in whatever otherProtocolReplies says, for the ACL is stateful', () => {
    const compiled = compiledWith(
      { otherProtocolReplies: 'drop' },
      P,
      acl('Allow', 'Out', { RuleType: 'Host' }),
    );
    const packets = [raw('out', 47, POD, PEER), raw('in', 47, PEER, POD)];
    expect(
      new Simulator(compiled).judge(packets).map((records) => decidingRecord(records).reason),
    ).toEqual(['rule', 'established']);
  });
});

/** From the side of the peer, unsolicited. */
const INBOUND: readonly (readonly [string, Tuple])[] = [
  ['an echo request', icmp('in', PEER, POD, 8)],
  ['an echo request in IPv6', icmp('in', PEER6, POD6, 128)],
  ['an answer of DHCP', udp('in', `${PEER}:67`, `${POD}:68`)],
  ['an answer of DHCPv6', udp('in', `[${PEER6}]:547`, `[${POD6}]:546`)],
  ['what comes from a DNS server', udp('in', `${PEER}:53`, `${POD}:5000`)],
];
const REFUSED: readonly (readonly [string, Tuple])[] = [
  ['TCP', tcp('in', `${PEER}:4000`, `${POD}:80`)],
  ['TCP from port 53', tcp('in', `${PEER}:53`, `${POD}:5000`)],
  ['UDP to port 53', udp('in', `${PEER}:4000`, `${POD}:53`)],
  ['a request of DHCP', udp('in', `${PEER}:68`, `${POD}:67`)],
  ['an answer of DHCP to another port', udp('in', `${PEER}:67`, `${POD}:69`)],
  ['the number of ICMPv6 in IPv4', raw('in', 58, PEER, POD)],
  ['IGMP', raw('in', 2, PEER, POD)],
];

describe.each(judges({ legacyInboundExceptions: 'on' }, OLD))(
  'a build below 16299 with legacyInboundExceptions, %s',
  (_, judge) => {
    it.each(INBOUND)('lets in %s', (_name, tuple) => {
      expect(judge(tuple)).toEqual([OPEN]);
    });

    it.each(REFUSED)('does not let in %s', (_name, tuple) => {
      expect(judge(tuple)).toEqual([SHUT]);
    });
  },
);

describe.each(judges({}, OLD))('a build below 16299 without them, %s', (_, judge) => {
  it.each([...INBOUND, ...REFUSED])('does not let in %s', (_name, tuple) => {
    expect(judge(tuple)).toEqual([SHUT]);
  });
});

describe.each(judges({ legacyInboundExceptions: 'on' }, P))(
  'a build that lets four protocols in, %s',
  (_, judge) => {
    it('is not changed by legacyInboundExceptions', () => {
      expect(judge(tcp('in', `${PEER}:4000`, `${POD}:80`))).toEqual([OPEN]);
      expect(judge(raw('in', 47, PEER, POD))).toEqual([OTHER]);
    });
  },
);

describe('the view of a host', () => {
  it('tells what the two options open and shut', () => {
    const hostOf = (options: SemanticOptionsInput, platform: typeof P): unknown =>
      hostView(compiledWith(options, platform).host).compartments[1]!.host!.default;
    expect(hostOf({ legacyInboundExceptions: 'on' }, OLD)).toEqual({
      in: 'allow ICMP, ICMPv6, UDP 67 to 68, UDP 547 to 546, UDP 53 to any (default-allow-inbound), else drop (default-deny-inbound)',
      out: 'allow (default-allow-outbound)',
    });
    expect(hostOf({ otherProtocolReplies: 'drop' }, P)).toMatchObject({
      out: 'allow (default-allow-outbound), answers of ICMP, IGMP, TCP, UDP, ICMPv6 only',
    });
  });
});
