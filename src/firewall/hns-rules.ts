/**
 * The rules that the service for containers adds to the local store of the host, so that containers
 * on its NAT networks resolve names. Source: windows-firewall.md 9.4.
 */
import type { FirewallDocument } from './firewall-document.js';
import { firewallFromValue } from './load.js';

const DRIVERS: readonly string[] = ['nat', 'ics'];
const HOST_COMPARTMENT = 1;
const RULES = [
  { title: 'DNS (UDP-In)', Protocol: 'UDP' },
  { title: 'ICS DNS (TCP-In)', Protocol: 'TCP' },
];

/** How the host calls its interface on a network. Assumption: W13. */
export function interfaceOf(network: string): string {
  return `vEthernet (${network})`;
}

/** Local rules, so that Group Policy can switch them off. */
export function hnsRules(
  networks: readonly { readonly name: string; readonly driver: string }[],
): FirewallDocument {
  const rules = networks
    .filter(({ driver }) => DRIVERS.includes(driver))
    .flatMap(({ name }) =>
      RULES.map(({ title, Protocol }) => ({
        Name: `HNS Container Networking - ${title} - ${name} - 0`,
        ...{ Protocol, LocalPort: 53, InterfaceAlias: interfaceOf(name) },
        Compartment: HOST_COMPARTMENT,
      })),
    );
  return firewallFromValue({ version: 1, rules }, '<hnsRules>', { strict: true });
}
