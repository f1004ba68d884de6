/** Address and port lists with their keywords filled in, as far as they are known. */
import { addressSet, EMPTY_SET, unionOf } from '../normalise/address-set.js';
import type { AddressSet, PortRange } from '../normalise/normalised-host.js';
import { mergePorts } from '../normalise/ports.js';
import type { InterfaceFacts, MachineFacts } from './facts.js';
import type { AddressItem, FirewallRule, PortItem } from './firewall-rule.js';
import type { AddressKeyword, PortKeyword } from './keywords.js';
import { complementOf } from './region.js';

export interface ResolvedAddresses {
  /** Null: any address. */
  readonly known: AddressSet | null;
  /** Where a keyword that nothing settles may hold; null: nowhere. */
  readonly unknown: AddressSet | null;
}

const ALL_IPV4: AddressSet = addressSet([{ from: 0n, to: 0xffffffffn }], []);
const ALL_IPV6: AddressSet = addressSet([], [{ from: 0n, to: (1n << 128n) - 1n }]);

/** Sets that are empty unless somebody says otherwise. Source: windows-firewall.md 3.2. */
const NORMALLY_EMPTY: ReadonlySet<AddressKeyword> = new Set(['PlayToDevice', 'CaptivePortal']);

export function resolveAddresses(
  items: readonly AddressItem[],
  dynamic: readonly string[],
  machine: MachineFacts,
  facts: InterfaceFacts,
): ResolvedAddresses {
  if (items.length === 0 && dynamic.length === 0) return { known: null, unknown: null };
  const known: AddressSet[] = dynamic.map(
    (guid) => machine.dynamicAddresses.get(guid.toUpperCase()) ?? EMPTY_SET,
  );
  const unknown: AddressSet[] = [];
  for (const item of items) {
    const all = item.family === 4 ? ALL_IPV4 : ALL_IPV6;
    if (item.kind === 'range') {
      const range = [{ from: item.from, to: item.to }];
      known.push(item.family === 4 ? addressSet(range, []) : addressSet([], range));
      continue;
    }
    const set = keywordSet(item.keyword, item.family, machine, facts);
    if (set === null) unknown.push(all);
    else known.push(item.family === 4 ? addressSet(set.ipv4, []) : addressSet([], set.ipv6));
  }
  return { known: unionOf(known), unknown: unknown.length === 0 ? null : unionOf(unknown) };
}

/** Null when it is not known. */
function keywordSet(
  keyword: AddressKeyword,
  family: 4 | 6,
  machine: MachineFacts,
  facts: InterfaceFacts,
): AddressSet | null {
  const given = machine.addressSets.get(keyword);
  if (given !== undefined) return given;
  if (keyword === 'LocalSubnet') return localSubnet(family, facts);
  if (keyword === 'Internet') return internet(machine);
  return NORMALLY_EMPTY.has(keyword) ? EMPTY_SET : null;
}

/** Assumption: W5. A family the interface has no address of has no subnet either. */
function localSubnet(family: 4 | 6, { prefixes, families }: InterfaceFacts): AddressSet | null {
  const ranges = family === 4 ? prefixes.ipv4 : prefixes.ipv6;
  if (ranges.length > 0) return prefixes;
  return families.length === 0 || families.includes(family) ? null : EMPTY_SET;
}

/** What is neither local nor remote intranet. Source: windows-firewall.md 3.2. */
function internet({ addressSets }: MachineFacts): AddressSet | null {
  const intranet = addressSets.get('Intranet');
  const remote = addressSets.get('IntranetRemoteAccess');
  return intranet === undefined || remote === undefined
    ? null
    : complementOf(unionOf([intranet, remote]));
}

export interface ResolvedPorts {
  /** Null: any. */
  readonly known: readonly PortRange[] | null;
  /** Ports that a keyword is taken to stand for, without anything that says so. */
  readonly assumed: readonly PortRange[];
}

const one = (port: number): PortRange => ({ from: port, to: port });

/** Source: windows-firewall.md 3.3, the last column. */
const PORT_DEFAULTS: Readonly<Record<PortKeyword, readonly PortRange[]>> = {
  RPC: [{ from: 49152, to: 65535 }],
  RPCEPMap: [one(135)],
  Teredo: [],
  IPHTTPSIn: [],
  IPHTTPSOut: [],
  DHCP: [one(68), one(546)],
  PlayToDiscovery: [],
  mDNS: [one(5353)],
  CortanaOut: [],
  TcpCDPSvc: [],
};

export function resolvePorts(items: readonly PortItem[], machine: MachineFacts): ResolvedPorts {
  if (items.length === 0) return { known: null, assumed: [] };
  const known: PortRange[] = [];
  const assumed: PortRange[] = [];
  for (const item of items) {
    if (item.kind === 'range') {
      known.push({ from: item.from, to: item.to });
      continue;
    }
    const given = machine.portSets.get(item.keyword);
    // RPC servers hold some of the dynamic ports, not all.
    const isGuess = given === undefined && item.keyword === 'RPC';
    const ports: readonly PortRange[] = given ?? PORT_DEFAULTS[item.keyword];
    (isGuess ? assumed : known).push(...ports);
  }
  return { known: mergePorts(known), assumed: mergePorts(assumed) };
}

/** ICMP types with their codes as numbers; null: any. */
export function resolveIcmp({ icmp }: FirewallRule): readonly PortRange[] | null {
  if (icmp.length === 0) return null;
  return mergePorts(
    icmp.map(({ type, code }) =>
      type === null
        ? { from: 0, to: 0xffff }
        : { from: (type << 8) | (code ?? 0), to: (type << 8) | (code ?? 0xff) },
    ),
  );
}
