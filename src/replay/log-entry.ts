/** What is compared of a line of a firewall log. */
import type { FirewallLogEntry } from '../firewall/firewall-log.js';
import type { IpAddressValue } from '../normalise/normalised-host.js';

/** Events that the log says it lost. */
export function lostEvents(entries: readonly FirewallLogEntry[]): number {
  const lost = entries.filter(({ action }) => action === 'INFO-EVENTS-LOST');
  return lost.reduce((sum, { info }) => sum + (Number(info) || 0), 0);
}

/** What is of the age of Windows XP, forwarded, or of no path has nothing to be compared with. */
export function isComparable({ action, path: way }: FirewallLogEntry): boolean {
  return (action === 'ALLOW' || action === 'DROP') && (way === 'SEND' || way === 'RECEIVE');
}

export const actionOf = ({ action }: FirewallLogEntry): 'allow' | 'drop' =>
  action === 'ALLOW' ? 'allow' : 'drop';

export const addressKey = ({ family, value }: IpAddressValue): string => `${family}:${value}`;
const sideOf = (address: IpAddressValue | null, port: number | null): string =>
  `${address === null ? '-' : addressKey(address)} ${port ?? '-'}`;

export function keyOf(entry: FirewallLogEntry): string {
  const { protocol, path: way, icmpType, icmpCode } = entry;
  const sides = [
    sideOf(entry.source, entry.sourcePort),
    sideOf(entry.destination, entry.destinationPort),
  ];
  return [way, protocol, ...sides, icmpType, icmpCode].join(' ');
}

type Side = readonly [address: IpAddressValue | null, port: number | null];

/** The same for both directions. */
export function connectionKeyOf(protocol: number | null, ...sides: readonly [Side, Side]): string {
  // Only TCP and UDP have ports in a log.
  const hasPorts = protocol === 6 || protocol === 17;
  const names = sides.map(([address, port]) => sideOf(address, hasPorts ? port : null));
  return [protocol, ...names.sort()].join(' ');
}

export function connectionKey(entry: FirewallLogEntry): string {
  const { protocol, source, destination, sourcePort, destinationPort } = entry;
  return connectionKeyOf(protocol, [source, sourcePort], [destination, destinationPort]);
}

/** Multicast, and what ends like a broadcast. */
export function isMany({ family, value }: IpAddressValue): boolean {
  if (family === 6) return value >> 120n === 0xffn;
  return value >> 28n === 0xen || (value & 0xffn) === 0xffn;
}

/** As if the log told UTC. */
export function localSeconds({ date, time }: FirewallLogEntry): number {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const [hour, minute, second] = time.split(':').map(Number) as [number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}
