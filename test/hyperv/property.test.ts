/**
 * Drawn port ACLs and packets: the compiled host against a naive reading of the JSON itself, written
 * from docs/semantics/hyperv.md alone. `PORTACL_SEED=n` draws from that seed.
 */
import { describe, expect, it } from 'vitest';

import { compileHost } from '../../src/compile/compile-host.js';
import { normaliseHost } from '../../src/normalise/normalise-host.js';
import { policyFromValue } from '../../src/policy/load.js';
import { Simulator } from '../../src/simulate/simulate.js';
import { Random } from '../oracle/random.js';

const FIRST_SEED = Number(process.env['PORTACL_SEED'] ?? 70_001);
const ROUNDS = Number(process.env['PORTACL_ROUNDS'] ?? 60);
const PACKETS = 80;

interface Acl {
  readonly Action: string;
  readonly Direction: string;
  readonly LocalAddress?: string;
  readonly RemoteAddress?: string;
  readonly LocalIPAddress?: string;
  readonly RemoteIPAddress?: string;
  readonly LocalPort?: string;
  readonly RemotePort?: string;
  readonly Protocol?: string;
  readonly Weight?: number;
  readonly Stateful?: boolean;
}
interface Drawn {
  readonly dir: 'in' | 'out';
  readonly proto: 'udp' | 'icmp';
  readonly src: string;
  readonly dst: string;
  readonly smac: string;
  readonly dmac: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly type?: number;
  readonly code?: number;
}

const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.1.1', '10.1.0.1', '192.0.2.1'];
const PREFIXES = ['ANY', '0.0.0.0/0', '10.0.0.0/8', '10.0.0.0/16', '10.0.0.0/24', '10.0.0.0/31'];
const PORTS = [79, 80, 81, 100];
const MACS = ['02-00-00-00-00-01', '02-00-00-00-00-02', '02-00-00-00-00-03'];

function drawBasic(random: Random): Acl {
  const side = random.pick(['LocalAddress', 'RemoteAddress']);
  return {
    Action: random.pick(['Allow', 'Deny']),
    Direction: random.pick(['Inbound', 'Outbound', 'Both']),
    [side]: random.pick([...PREFIXES, ...ADDRESSES]),
  };
}

function drawMac(random: Random): Acl {
  const side = random.pick(['LocalAddress', 'RemoteAddress']);
  return {
    Action: random.pick(['Allow', 'Deny']),
    Direction: random.pick(['Inbound', 'Outbound', 'Both']),
    [side]: random.pick(['ANY', ...MACS]),
    [`${side}Type`]: 'Mac',
  };
}

function drawExtended(random: Random, Weight: number): Acl {
  const Protocol = random.pick(['ANY', 'UDP', '17', 'ICMP', 'TCP']);
  const port = (): string => random.pick(['ANY', '', '80', '80-81', '79']);
  const hasPorts = Protocol !== 'ICMP';
  return {
    ...{ Action: random.pick(['Allow', 'Deny']), Direction: random.pick(['Inbound', 'Outbound']) },
    LocalIPAddress: random.pick([...PREFIXES, ...ADDRESSES]),
    RemoteIPAddress: random.pick([...PREFIXES, ...ADDRESSES]),
    ...(hasPorts && { LocalPort: port(), RemotePort: port() }),
    ...{ Protocol, Weight, Stateful: random.chance(0.5) },
  };
}

function drawPacket(random: Random): Drawn {
  const [src, dst] = [random.pick(ADDRESSES), random.pick(ADDRESSES)];
  const dir = random.pick(['in', 'out'] as const);
  const ends = { dir, src, dst, smac: random.pick(MACS), dmac: random.pick(MACS) };
  if (random.chance(0.2)) return { ...ends, proto: 'icmp', type: 3, code: 1 };
  return { ...ends, proto: 'udp', sport: random.pick(PORTS), dport: random.pick(PORTS) };
}

// The naive reading.

const number = (text: string): number =>
  text.split('.').reduce((value, part) => value * 256 + Number(part), 0);

/** Bits of the prefix when it holds the address, else -1. */
function prefix(item: string | undefined, address: string): number {
  if (item === undefined || item === '' || item === 'ANY') return 0;
  if (address.includes('-')) return item === address ? 48 : -1;
  const [base = '', bits = '32'] = item.split('/');
  const size = 2 ** (32 - Number(bits));
  const same = Math.floor(number(base) / size) === Math.floor(number(address) / size);
  return same ? Number(bits) : -1;
}

function portHolds(item: string | undefined, port: number | undefined): boolean {
  if (item === undefined || item === '' || item === 'ANY') return true;
  if (port === undefined) return false;
  const [from = '', to = from] = item.split('-');
  return Number(from) <= port && port <= Number(to);
}

function protocolHolds(item: string | undefined, proto: string): boolean {
  const names: Record<string, string> = { UDP: 'udp', '17': 'udp', ICMP: 'icmp', TCP: 'tcp' };
  return item === 'ANY' || names[item ?? ''] === proto;
}

interface Sides {
  readonly local: string;
  readonly remote: string;
  readonly localPort: number | undefined;
  readonly remotePort: number | undefined;
}

const sidesOf = ({ dir, src, dst, sport, dport }: Drawn): Sides =>
  dir === 'in'
    ? { local: dst, remote: src, localPort: dport, remotePort: sport }
    : { local: src, remote: dst, localPort: sport, remotePort: dport };

const isMac = (acl: Acl): boolean => 'LocalAddressType' in acl || 'RemoteAddressType' in acl;
/** The packet as an ACL for MAC addresses sees it. */
const framed = (packet: Drawn): Drawn => ({ ...packet, src: packet.smac, dst: packet.dmac });

/** Rank of an ACL that holds for the packet; -1 when it does not. Greater decides. */
function rank(acl: Acl, packet: Drawn): number {
  const { local, remote, localPort, remotePort } = sidesOf(packet);
  const direction = packet.dir === 'in' ? 'Inbound' : 'Outbound';
  if (acl.Direction !== direction && acl.Direction !== 'Both') return -1;
  if (acl.Weight === undefined) {
    return acl.LocalAddress !== undefined
      ? prefix(acl.LocalAddress, local)
      : prefix(acl.RemoteAddress, remote);
  }
  const holds =
    protocolHolds(acl.Protocol, packet.proto) &&
    prefix(acl.LocalIPAddress, local) >= 0 &&
    prefix(acl.RemoteIPAddress, remote) >= 0 &&
    portHolds(acl.LocalPort, localPort) &&
    portHolds(acl.RemotePort, remotePort);
  return holds ? acl.Weight : -1;
}

/** The ACL that decides; undefined when none holds. */
function decider(acls: readonly Acl[], packet: Drawn): Acl | undefined {
  const best = Math.max(-1, ...acls.map((acl) => rank(acl, packet)));
  if (best < 0) return undefined;
  const equals = acls.filter((acl) => rank(acl, packet) === best);
  return equals.find(({ Action }) => Action === 'Deny') ?? equals[0];
}

/** Verdicts of packets one after another, all within the time that flows live. */
function verdicts(acls: readonly Acl[], packets: readonly Drawn[]): string[] {
  const macs = acls.filter(isMac);
  const basic = acls.filter((acl) => acl.Weight === undefined && !isMac(acl));
  const extended = acls.filter(({ Weight }) => Weight !== undefined);
  const flows = new Set<string>();
  return packets.map((packet) => {
    const key = JSON.stringify([packet.proto, sidesOf(packet)]);
    if (decider(basic, packet)?.Action === 'Deny') return 'drop';
    if (decider(macs, framed(packet))?.Action === 'Deny') return 'drop';
    if (flows.has(key)) return 'allow';
    const decided = decider(extended, packet);
    if (decided?.Action === 'Deny') return 'drop';
    if (decided?.Stateful === true && packet.proto === 'udp') flows.add(key);
    return 'allow';
  });
}

function simulator(acls: readonly Acl[]): Simulator {
  const { host, diagnostics } = normaliseHost({
    documents: [policyFromValue(acls, 'acls.json', { strict: true })],
    platform: { windows: 'ws2022', driver: 'transparent', isolation: 'hyperv', endpoint: 'vm' },
    strict: true,
  });
  if (host === null) throw new Error(JSON.stringify(diagnostics[0]));
  return new Simulator(compileHost(host));
}

describe(`port ACLs of seeds ${FIRST_SEED} to ${FIRST_SEED + ROUNDS - 1}`, () => {
  it('judge as the naive reading of their JSON', () => {
    const seen = { allow: 0, drop: 0 };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
      const random = new Random(seed);
      const basic = Array.from({ length: random.below(7) }, () => drawBasic(random));
      const extended = Array.from({ length: random.below(9) + (basic.length === 0 ? 1 : 0) }, () =>
        drawExtended(random, random.below(12)),
      );
      const macs = Array.from({ length: random.below(3) }, () => drawMac(random));
      const acls = [...basic, ...macs, ...extended];
      const packets = Array.from({ length: PACKETS }, () => drawPacket(random));
      const expected = verdicts(acls, packets);
      const records = simulator(acls).judge(packets);
      packets.forEach((packet, i) => {
        const [record] = records[i]!;
        const { verdict } = record!;
        expect({ seed, i, packet, verdict, acls, record }).toMatchObject({ verdict: expected[i] });
        seen[verdict as 'allow' | 'drop']++;
      });
    }
    expect(Math.min(seen.allow, seen.drop)).toBeGreaterThan((ROUNDS * PACKETS) / 10);
  });
});
