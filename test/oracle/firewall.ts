/**
 * Windows Firewall read a second time, naively: every rule against one packet, in three values, and
 * the classes of windows-firewall.md 5.1 and 10.2 over all of them. Shares nothing with `src`.
 */
import type { Random } from './random.js';

export type Three = 'yes' | 'unknown' | 'no';

/** A rule in the words of `New-NetFirewallRule`, as the tests write it. */
export interface DrawnRule {
  readonly Name: string;
  readonly Direction: 'Inbound' | 'Outbound';
  readonly Action: 'Allow' | 'Block';
  readonly Enabled: boolean;
  readonly Profile: readonly string[];
  readonly Protocol: number | 'Any';
  readonly LocalPort: readonly string[];
  readonly RemotePort: readonly string[];
  readonly IcmpType: readonly string[];
  readonly LocalAddress: readonly string[];
  readonly RemoteAddress: readonly string[];
  readonly Program?: string;
  readonly Service?: string;
}

export interface DrawnProcess {
  readonly protocol?: number;
  readonly localPort?: number;
  readonly program?: string;
  readonly service?: string;
}

export interface DrawnPacket {
  readonly direction: 'in' | 'out';
  readonly protocol: number;
  readonly local: string;
  readonly remote: string;
  readonly localPort: number;
  readonly remotePort: number;
  readonly type: number;
  readonly code: number;
}

export interface DrawnMachine {
  readonly rules: readonly DrawnRule[];
  readonly processes: readonly DrawnProcess[];
  /** Prefixes of the interface; empty: not known. */
  readonly prefixes: readonly string[];
  readonly defaults: { readonly in: 'allow' | 'block'; readonly out: 'allow' | 'block' };
}

export interface FirewallAnswer {
  readonly verdict: 'allow' | 'drop';
  /** The first rule of the class that decides; null for the default. */
  readonly rule: string | null;
  readonly assumed: boolean;
}

/** Source: windows-firewall.md 10.2, with unknown conditions counted as not met. */
export function judgeFirewall(machine: DrawnMachine, packet: DrawnPacket): FirewallAnswer {
  const answers = machine.rules.map((rule) => [rule, matchRule(machine, rule, packet)] as const);
  const best = (action: string): Three => {
    const of = answers.filter(([rule]) => rule.Action === action).map(([, answer]) => answer);
    return of.includes('yes') ? 'yes' : of.includes('unknown') ? 'unknown' : 'no';
  };
  const first = (action: string): string | null =>
    answers.find(([rule, answer]) => rule.Action === action && answer === 'yes')?.[0].Name ?? null;
  const [k, a] = [best('Block'), best('Allow')];
  const byDefault = machine.defaults[packet.direction];
  const mayAllow = k !== 'yes' && (a !== 'no' || byDefault === 'allow');
  const mayBlock = k !== 'no' || (a !== 'yes' && byDefault === 'block');
  const assumed = mayAllow && mayBlock;
  if (k === 'yes') return { verdict: 'drop', rule: first('Block'), assumed };
  if (a === 'yes') return { verdict: 'allow', rule: first('Allow'), assumed };
  return { verdict: byDefault === 'allow' ? 'allow' : 'drop', rule: null, assumed };
}

function matchRule(machine: DrawnMachine, rule: DrawnRule, packet: DrawnPacket): Three {
  const yesNo = (value: boolean): Three => (value ? 'yes' : 'no');
  const process = machine.processes.find((each) => owns(each, packet));
  const told = (wanted: string | undefined, found: string | undefined): Three =>
    wanted === undefined ? 'yes' : found === undefined ? 'unknown' : yesNo(wanted === found);
  // A service that is named stands for its program.
  const service = told(rule.Service, process?.service);
  const stands = rule.Service !== undefined && service === 'yes' && process?.program === undefined;
  const conditions: Three[] = [
    yesNo(rule.Enabled),
    yesNo((rule.Direction === 'Inbound') === (packet.direction === 'in')),
    yesNo(rule.Profile.length === 0 || rule.Profile.includes('Public')),
    yesNo(rule.Protocol === 'Any' || rule.Protocol === packet.protocol),
    yesNo(portIn(rule.LocalPort, packet.localPort)),
    yesNo(portIn(rule.RemotePort, packet.remotePort)),
    yesNo(rule.IcmpType.length === 0 || rule.IcmpType.some((item) => typeIs(item, packet))),
    addressIn(machine, rule.LocalAddress, packet.local),
    addressIn(machine, rule.RemoteAddress, packet.remote),
    stands ? 'yes' : told(rule.Program, process?.program),
    service,
  ];
  if (conditions.includes('no')) return 'no';
  return conditions.includes('unknown') ? 'unknown' : 'yes';
}

function owns({ protocol, localPort }: DrawnProcess, packet: DrawnPacket): boolean {
  return (
    (protocol === undefined || protocol === packet.protocol) &&
    (localPort === undefined || localPort === packet.localPort)
  );
}

function portIn(items: readonly string[], port: number): boolean {
  return (
    items.length === 0 ||
    items.some((item) => {
      const [from = '', to = from] = item.split('-');
      return Number(from) <= port && port <= Number(to);
    })
  );
}

function typeIs(item: string, { type, code }: DrawnPacket): boolean {
  const [wantedType, wantedCode] = item.split(':');
  return Number(wantedType) === type && (wantedCode === '*' || Number(wantedCode) === code);
}

/** IPv4 only, which is enough to tell sets apart. */
function addressIn(machine: DrawnMachine, items: readonly string[], address: string): Three {
  if (items.length === 0) return 'yes';
  const answers = items.map((item): Three => {
    if (item !== 'LocalSubnet') return inPrefix(item, address) ? 'yes' : 'no';
    if (machine.prefixes.length === 0) return 'unknown';
    return machine.prefixes.some((prefix) => inPrefix(prefix, address)) ? 'yes' : 'no';
  });
  return answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : 'no';
}

function inPrefix(prefix: string, address: string): boolean {
  const [base = '', length = '32'] = prefix.split('/');
  const number = (text: string): number =>
    text.split('.').reduce((n, part) => n * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(length));
  return Math.floor(number(base) / size) === Math.floor(number(address) / size);
}

const ADDRESSES = ['192.168.1.9', '192.168.1.254', '192.168.2.1', '10.1.2.3', '198.51.100.7'];
const PREFIXES = ['192.168.1.0/24', '192.168.1.8/31', '10.0.0.0/8', '198.51.100.7', '128.0.0.0/1'];
const PORTS = ['80', '81', '80-81', '443', '1024-65535', '0-79'];
const NUMBERS = [79, 80, 81, 82, 443, 1024, 50000];
const PROGRAMS = ['c:\\a.exe', 'c:\\b.exe'];
const SERVICES = ['alpha', 'beta'];
const TYPES = ['8:*', '8:0', '3:4', '0:0'];

export function drawMachine(random: Random, ownAddress: string): DrawnMachine {
  const some = (items: readonly string[]): string[] =>
    random.chance(0.5) ? [] : random.some(items, 1 + random.below(2));
  const rules = Array.from({ length: random.below(9) }, (_, i): DrawnRule => {
    const Protocol = random.pick(['Any', 6, 6, 17, 1, 47] as const);
    const hasPorts = Protocol === 6 || Protocol === 17;
    return {
      Name: `rule${i}`,
      Direction: random.pick(['Inbound', 'Outbound']),
      Action: random.pick(['Allow', 'Block']),
      Enabled: random.chance(0.9),
      Profile: random.pick([[], [], ['Public'], ['Domain'], ['Domain', 'Public']]),
      Protocol,
      LocalPort: hasPorts ? some(PORTS) : [],
      RemotePort: hasPorts ? some(PORTS) : [],
      IcmpType: Protocol === 1 ? some(TYPES) : [],
      LocalAddress: random.chance(0.8) ? [] : [random.pick([ownAddress, '10.0.0.0/8'])],
      RemoteAddress: some([...PREFIXES, 'LocalSubnet']),
      ...(random.chance(0.3) && { Program: random.pick(PROGRAMS) }),
      ...(random.chance(0.3) && { Service: random.pick(SERVICES) }),
    };
  });
  const processes = Array.from({ length: random.below(4) }, (): DrawnProcess => {
    const protocol = random.pick([6, 17, undefined]);
    return {
      ...(protocol !== undefined && { protocol }),
      ...(protocol !== undefined && random.chance(0.7) && { localPort: random.pick(NUMBERS) }),
      ...(random.chance(0.7) && { program: random.pick(PROGRAMS) }),
      ...(random.chance(0.5) && { service: random.pick(SERVICES) }),
    };
  });
  return {
    rules,
    processes,
    prefixes: random.pick([[], ['192.168.1.0/24'], ['192.168.1.0/24', '10.1.0.0/16']]),
    defaults: { in: random.pick(['allow', 'block']), out: random.pick(['allow', 'block']) },
  };
}

export function drawFirewallPacket(random: Random, ownAddress: string): DrawnPacket {
  const protocol = random.pick([6, 6, 17, 1, 47]);
  const [type, code] = random.pick([
    [8, 0],
    [8, 5],
    [3, 4],
    [0, 0],
  ] as const);
  return {
    direction: random.pick(['in', 'out']),
    ...{ protocol, local: ownAddress, remote: random.pick(ADDRESSES) },
    localPort: random.pick(NUMBERS),
    remotePort: random.pick(NUMBERS),
    ...{ type, code },
  };
}
